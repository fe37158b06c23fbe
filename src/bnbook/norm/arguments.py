"""Argument checks: one line that names the argument, what it was, what it may be."""

import numpy as np


def real_array(name, value, like=None):
    """`value` as a real floating array; integers become float64, the rest is refused.

    With `like`, the shape must be exactly that of `like`: broadcasting is no answer.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name}: masked array, expected a plain array (fill it first)")
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name}: dtype {array.dtype}, expected real numbers")
    if like is not None and array.shape != like.shape:
        raise ValueError(f"{name}: shape {array.shape}, expected {like.shape}")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def batch(x):
    """x as a training batch: (N, C, *spatial), two values or more a channel."""
    x = real_array("x", x)
    if not 2 <= x.ndim <= 5:
        raise ValueError(f"x: {x.ndim} dimensions, expected 2 to 5: (N, C, *spatial)")
    values = x.size // x.shape[1] if x.shape[1] else 0
    if values < 2:
        raise ValueError(
            f"x: shape {x.shape} gives a channel {values} values, expected at least 2"
        )
    return x


def per_channel(name, value, x):
    """A parameter of shape (C,), copied to x's dtype, shaped to broadcast against x."""
    array = real_array(name, value)
    if array.shape != x.shape[1:2]:
        hint = f"; reshape it with {name}.reshape(-1)" if array.ndim > 1 else ""
        raise ValueError(
            f"{name}: shape {array.shape}, expected (C,) = {x.shape[1:2]}{hint}"
        )
    return array.astype(x.dtype).reshape(-1, *[1] * (x.ndim - 2))


def nonnegative(name, value):
    """A finite number >= 0."""
    if not np.isscalar(value) or isinstance(value, (str, bytes, bool, complex)):
        raise TypeError(f"{name}: {value!r}, expected a number >= 0")
    if not 0 <= value < np.inf:
        raise ValueError(f"{name}: {value!r}, expected a number >= 0")
    return value
