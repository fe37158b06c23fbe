"""What test files share: seeds, derivatives by definition, refused arguments."""

import numpy as np
import pytest

from bnbook.norm import Moments, batch_norm, initial_state

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


def training_forward(x, gamma, beta, eps=1e-5):
    """(y, cache, the batch's Moments) of batch_norm: with momentum 0 it keeps those."""
    x = np.asarray(x)
    state = initial_state(x.shape[1], np.result_type(x, np.float64))
    y, cache, state = batch_norm(x, {"gamma": gamma, "beta": beta}, state,
                                 training=True, eps=eps, momentum=0.0)
    count = x.size // x.shape[1]
    return y, cache, Moments(state["running_mean"], state["running_var"], count)


def inference_forward(x, gamma, beta, mean, var, eps=1e-5):
    """(y, cache) of batch_norm with this mean and variance."""
    state = {"running_mean": mean, "running_var": var, "num_batches": 0}
    return batch_norm(x, {"gamma": gamma, "beta": beta}, state, training=False,
                      eps=eps)[:2]
