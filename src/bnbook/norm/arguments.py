"""What batch norm asks of its arguments, each in one line that names it."""

import numpy as np

from bnbook.graph.arguments import COMPLEX, REAL, array, shaped

__all__ = ["COMPLEX", "REAL", "array", "batch", "nonnegative", "per_channel", "shaped"]


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


def like(name, value, other):
    """`value` in the shape and the dtype of `other`; broadcasting is not an answer."""
    return shaped(name, value, other.shape).astype(other.dtype, copy=False)


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
    if not np.isscalar(value) or np.asarray(value).dtype.kind not in REAL:
        raise TypeError(f"{name}: {value!r}, expected a number >= 0")
    if not 0 <= value < np.inf:
        raise ValueError(f"{name}: {value!r}, expected a number >= 0")
    return value
