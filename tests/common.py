"""What test files share: seeds, derivatives by definition, refused arguments."""

import numpy as np
import pytest

H = 1e-200  # a complex step this small has no truncation error, and cannot cancel


def rng(seed=0):
    return np.random.default_rng(seed)


def complex_step(f, x):
    """df/dx, element by element, of a function that gives one number."""
    grad = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        z = x.astype(complex)
        z[i] += 1j * H
        grad[i] = f(z).imag / H
    return grad


def central(f, x, h=1e-5):
    """df/dx by central differences: for f near 1, right to about 1e-10."""
    grad = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        grad[i] = (f(up) - f(down)) / (2 * h)
    return grad


def no_faults(found, remedy):
    """Fail with every fault that a guard found, a line each, and what to do."""
    if found := [*map(str, found)]:
        pytest.fail("\n".join([*found, remedy]), pytrace=False)


def assert_refused(kind, start, call):
    """`call` raises one line that starts so."""
    with pytest.raises(kind) as raised:
        call()
    message = str(raised.value)
    assert message.startswith(start) and "\n" not in message
