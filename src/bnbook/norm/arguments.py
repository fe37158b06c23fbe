"""Argument checks: one line that names the argument, what it was, what it may be."""

import numpy as np

REAL, COMPLEX = "iuf", "iufc"


def array(name, value, *, ndim=None, kinds=REAL):
    """`value` as an array of floats (integers become float64), no copy if it is one."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name}: a masked array, expected a plain one (fill it first)")
    try:
        a = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: rows of unequal length, expected an array") from None
    if a.dtype.kind not in kinds:
        expected = "real numbers" if kinds == REAL else "real or complex numbers"
        raise TypeError(f"{name}: dtype {a.dtype}, expected {expected}")
    if ndim is not None and a.ndim != ndim:
        raise ValueError(f"{name}: shape {a.shape}, expected {ndim} dimensions")
    return a if a.dtype.kind in "fc" else a.astype(np.float64)


def shaped(name, value, shape, *, kinds=REAL):
    """`value` as an array of exactly `shape`; broadcasting is not an answer."""
    a = array(name, value, kinds=kinds)
    if a.shape != tuple(shape):
        raise ValueError(f"{name}: shape {a.shape}, expected {tuple(shape)}")
    return a


def batch(x):
    """x as a training batch: (N, C, *spatial), two values or more a channel."""
    x = array("x", x)
    if not 2 <= x.ndim <= 5:
        raise ValueError(f"x: {x.ndim} dimensions, expected 2 to 5: (N, C, *spatial)")
    values = x.size // x.shape[1] if x.shape[1] else 0
    if values < 2:
        raise ValueError(
            f"x: shape {x.shape} gives a channel {values} values, expected at least 2")
    return x


def per_channel(name, value, x):
    """A parameter of shape (C,), copied to x's dtype, shaped to broadcast against x."""
    a = array(name, value)
    if a.shape != x.shape[1:2]:
        hint = f"; reshape it with {name}.reshape(-1)" if a.ndim > 1 else ""
        raise ValueError(
            f"{name}: shape {a.shape}, expected (C,) = {x.shape[1:2]}{hint}")
    return a.astype(x.dtype).reshape(-1, *[1] * (x.ndim - 2))


def nonnegative(name, value):
    """A finite number >= 0."""
    if not np.isscalar(value) or isinstance(value, (str, bytes, bool, complex)):
        raise TypeError(f"{name}: {value!r}, expected a number >= 0")
    if not 0 <= value < np.inf:
        raise ValueError(f"{name}: {value!r}, expected a number >= 0")
    return value
