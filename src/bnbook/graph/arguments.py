"""Argument checks: one line that names the argument, what it was, what it may be."""

import operator
from collections.abc import Iterable

import numpy as np

from bnbook.graph.steps import Step

REAL, COMPLEX = "iuf", "iufc"
BOOL = bool, np.bool_


def plain(name, value) -> np.ndarray:
    """`value` as an array of whatever dtype it has, no copy if it is one."""
    if type(value) is np.ndarray:
        return value
    if _masked(value):
        raise TypeError(f"{name}: a masked array, expected a plain one (fill it first)")
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: rows of unequal length, expected an array") from None


def array(name, value, *, ndim=None, kinds=REAL) -> np.ndarray:
    """`value` as an array of floats (integers become float64), no copy if it is one."""
    a = plain(name, value)
    if a.dtype.kind not in kinds:
        expected = "real numbers" if kinds == REAL else "real or complex numbers"
        raise TypeError(f"{name}: dtype {a.dtype}, expected {expected}")
    if ndim is not None and a.ndim != ndim:
        raise ValueError(f"{name}: shape {a.shape}, expected {ndim} dimensions")
    return a if a.dtype.kind in "fc" else a.astype(np.float64)


def finite(name, value, ndim=None) -> np.ndarray:
    """`value` as a real array without NaN and inf."""
    a = array(name, value, ndim=ndim)
    if not np.isfinite(a).all():
        raise ValueError(f"{name}: not finite, expected real numbers")
    return a


def shaped(name, value, shape, *, kinds=REAL) -> np.ndarray:
    """`value` as an array of exactly `shape`; broadcasting is not an answer."""
    a = array(name, value, kinds=kinds)
    if a.shape != tuple(shape):
        raise ValueError(f"{name}: shape {a.shape}, expected {tuple(shape)}")
    return a


def shown(value) -> str:
    """A value in one line of a message; of an array or what is long, its kind."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}, dtype {value.dtype}"
    text = repr(value)
    short = len(text) <= 80 and "\n" not in text
    return text if short else f"a {type(value).__name__}"


def _masked(value):
    """Whether it is a masked array, or a list with one in it: NumPy would unmask it."""
    return isinstance(value, np.ma.MaskedArray) or (
        isinstance(value, list | tuple) and any(map(_masked, value)))


def choice(name, value, options) -> str:
    """`value`, one of the strings in `options`."""
    if not isinstance(value, str) or value not in options:
        expected = ", ".join(map(repr, options))
        raise ValueError(f"{name}: {shown(value)}, expected one of {expected}")
    return value


def flag(name, value) -> bool:
    """`value`, True or False."""
    if not isinstance(value, BOOL):
        raise TypeError(f"{name}: {shown(value)}, expected True or False")
    return bool(value)


def count(name, value, least=1) -> int:
    """`value` as an int of at least `least`."""
    try:
        n = operator.index(value)
    except TypeError:
        n = None
    if n is None or isinstance(value, BOOL):
        raise TypeError(f"{name}: {shown(value)}, expected an integer")
    if n < least:
        raise ValueError(f"{name}: {n}, expected at least {least}")
    return n


def instance(name, value, kind, expected="what the forward returned"):
    """`value`, an instance of `kind`."""
    if not isinstance(value, kind):
        raise TypeError(f"{name}: {type(value).__name__}, expected {expected}")
    return value


def several(name, value, expected, fits=lambda one: True, least=0) -> tuple:
    """`value` as a tuple, if it is `least` or more of what fits."""
    text = isinstance(value, str | bytes) or not isinstance(value, Iterable)
    found = () if text else tuple(value)
    if text or len(found) < least or not all(map(fits, found)):
        wrong, kind = (value, TypeError) if text else ([*found], ValueError)
        raise kind(f"{name}: {shown(wrong)}, expected {expected}")
    return found


def names(name, value, known, expected="names out of") -> tuple[str, ...]:
    """`value`, several of the names in `known`, as a tuple."""
    return several(name, value, f"{expected} {list(known)}",
                   lambda one: isinstance(one, str) and one in known)


def steps(name, value) -> tuple[Step, ...]:
    """`value`, one Step or more, of strings and in whatever order, as a tuple."""
    def fits(step):
        texts = (*step[:2], *(step[2] or ())) if isinstance(step, Step) else (None,)
        return {*map(type, texts)} == {str} and all(texts)

    return several(name, value, "Steps, as in BATCH_NORM", fits, least=1)


def like(name, value, a) -> np.ndarray:
    """`value` in the shape and the dtype of `a`; complex only where `a` is."""
    kinds = COMPLEX if a.dtype.kind == "c" else REAL
    return shaped(name, value, a.shape, kinds=kinds).astype(a.dtype)
