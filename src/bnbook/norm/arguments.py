"""What batch norm asks of its arguments, each in one line that names it."""

from collections.abc import Mapping

import numpy as np

from bnbook.graph.arguments import *

FLOATS = np.float16, np.float32, np.float64, np.longdouble


def batch(x, least=2) -> np.ndarray:
    """x as a batch: (N, C, *spatial), `least` values or more a channel."""
    x = array("x", x)
    if not 2 <= x.ndim <= 5:
        raise ValueError(f"x: {x.ndim} dimensions, expected 2 to 5: (N, C, *spatial)")
    values = x.size // x.shape[1] if x.shape[1] else 0
    if values < least:
        raise ValueError(f"x: shape {x.shape} gives a channel {values} values, "
                         f"expected at least {least}")
    return x


def like(name, value, other) -> np.ndarray:  # type: ignore[no-redef]
    """`value` in the shape and the dtype of `other`; broadcasting is not an answer."""
    return shaped(name, value, other.shape).astype(other.dtype, copy=False)


def per_channel(name, value, x) -> np.ndarray:
    """A parameter of shape (C,), copied, in x's dtype, shaped to broadcast against x.
    """
    a = of_channels(name, value, x.shape[1])
    return a.astype(x.dtype).reshape(-1, *[1] * (x.ndim - 2))


def of_channels(name, value, c) -> np.ndarray:
    """`value` as an array of shape (C,)."""
    a = array(name, value)
    if a.shape != (c,):
        hint = f"; reshape it with {name}.reshape(-1)" if a.ndim > 1 else ""
        raise ValueError(f"{name}: shape {a.shape}, expected (C,) = {(c,)}{hint}")
    return a


def variance(name, a) -> np.ndarray:
    """The array a, with no value below 0. NaN passes: it belongs to its channel."""
    if np.fmin.reduce(a, axis=None, initial=0) < 0:
        raise ValueError(f"{name}: smallest value {np.nanmin(a)}, expected at least 0")
    return a


def keyed(name, value, keys):
    """`value`, a mapping with exactly these keys."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name}: {type(value).__name__}, expected a dict")
    if set(value) != set(keys):
        raise ValueError(f"{name}: keys {list(value)}, expected {list(keys)}")
    return value


def empty(value) -> bool:
    """Whether `value` is a mapping without keys."""
    return isinstance(value, Mapping) and not value


def momentum(value) -> float | None:
    """`value` as a float from 0 to 1, or None for the cumulative average."""
    return None if value is None else fraction("momentum", value)


def floating(name, value) -> np.dtype:
    """`value` as the dtype of a real float that NumPy computes with."""
    try:
        dtype = np.dtype(value)
    except (TypeError, ValueError):
        dtype = None
    if value is None or dtype not in FLOATS:
        expected = ", ".join(t.__name__ for t in FLOATS)
        raise TypeError(f"{name}: {shown(value)}, expected one of {expected}")
    return dtype


def nonnegative(name, value) -> float:
    """A finite number >= 0."""
    if not _number(value):
        raise TypeError(f"{name}: {shown(value)}, expected a number >= 0")
    if not 0 <= value < np.inf:
        raise ValueError(f"{name}: {shown(value)}, expected a number >= 0")
    return value


def positive(name, value):
    """A finite number > 0."""
    if not nonnegative(name, value):
        raise ValueError(f"{name}: {shown(value)}, expected a number > 0")
    return value


def _number(value):
    """Whether it is a real number, NumPy's or Python's."""
    return type(value) is float or (
        np.isscalar(value) and np.asarray(value).dtype.kind in REAL)


def computed(x) -> np.ndarray:
    """x in the dtype it is computed in: float16 in float32, others in their own."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


def samples(x, least_ndim=2) -> np.ndarray:
    """x as samples (N, C, *spatial). N may be 0: a sample's statistics are its own."""
    x = array("x", x)
    if not least_ndim <= x.ndim <= 5:
        raise ValueError(f"x: {x.ndim} dimensions, expected {least_ndim} to 5: "
                         "(N, C, *spatial)")
    return x


def enough(x, values, least, part):
    """Refuse an x that gives a part of it fewer values than `least`."""
    if values < least:
        raise ValueError(f"x: shape {x.shape} gives a {part} {values} values, "
                         f"expected at least {least}")


def divisor(name, value, channels) -> int:
    """`value` as an int that divides the number of channels."""
    n = count(name, value)
    if channels % n:
        raise ValueError(f"{name}: {n}, expected a divisor of C = {channels}")
    return n


def fraction(name, value, *, below=False) -> float:
    """`value` as a float from 0 to 1; not 1 itself if `below`."""
    expected = f"a number from 0 to {'below ' * below}1"
    if not _number(value):
        raise TypeError(f"{name}: {shown(value)}, expected {expected}")
    if not 0 <= value <= 1 or (below and value == 1):
        raise ValueError(f"{name}: {shown(value)}, expected {expected}")
    return float(value)
