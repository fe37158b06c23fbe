"""Argument checks: one line that names the argument, what it was, what it may be."""

import operator
from collections.abc import Iterable, Mapping

import numpy as np

REAL, COMPLEX = "iuf", "iufc"
FIELDS, STEPS = ("name", "op", "inputs"), "Steps, as in BATCH_NORM"


def plain(name, value):
    """`value` as an array of whatever dtype it has, no copy if it is one."""
    if _masked(value):
        raise TypeError(f"{name}: a masked array, expected a plain one (fill it first)")
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: rows of unequal length, expected an array") from None


def array(name, value, *, ndim=None, kinds=REAL):
    """`value` as an array of floats (integers become float64), no copy if it is one."""
    a = plain(name, value)
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


def shown(value):
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


def choice(name, value, options):
    """`value`, one of the strings in `options`."""
    if not isinstance(value, str) or value not in options:
        expected = ", ".join(map(repr, options))
        raise ValueError(f"{name}: {shown(value)}, expected one of {expected}")
    return value


def flag(name, value):
    """`value`, True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: {shown(value)}, expected True or False")
    return bool(value)


def count(name, value, least=1):
    """`value` as an int of at least `least`."""
    try:
        n = operator.index(value)
    except TypeError:
        n = None
    if n is None or isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: {shown(value)}, expected an integer")
    if n < least:
        raise ValueError(f"{name}: {n}, expected at least {least}")
    return n


def instance(name, value, kind, expected="what the forward returned"):
    """`value`, an instance of `kind`."""
    if not isinstance(value, kind):
        raise TypeError(f"{name}: {type(value).__name__}, expected {expected}")
    return value


def several(name, value, expected, fits=lambda one: True):
    """`value` as a tuple, if it is several of what fits."""
    text = isinstance(value, str | bytes)
    made = None if text or not isinstance(value, Iterable) else tuple(value)
    if made is None or not all(map(fits, made)):
        wrong = value if made is None else [*made]
        raise ValueError(f"{name}: {shown(wrong)}, expected {expected}")
    return made


def names(name, value, known, expected="names out of"):
    """`value`, several of the names in `known`, as a tuple."""
    return several(name, value, f"{expected} {list(known)}",
                   lambda one: isinstance(one, str) and one in known)


def word(name, value):
    """`value`, a string that can begin a name."""
    if not isinstance(value, str) or value[:1].isdigit():
        raise TypeError(f"{name}: {shown(value)}, expected a name")
    return value


def steps(name, value):
    """`value`, one Step or more, in whatever order, as a tuple."""
    found = several(name, value, STEPS)
    if not found:
        raise ValueError(f"{name}: no step, expected one or more")
    if not _are_steps(found):
        raise ValueError(f"{name}: {shown([*found])}, expected {STEPS}")
    return found


def _are_steps(found):
    """Whether all are Steps of strings, none of them empty, no name a number."""
    if {getattr(kind, "_fields", None) for kind in map(type, found)} != {FIELDS} or (
            {type(step.inputs) for step in found} != {tuple}):
        return False
    texts = [text for step in found for text in (step.name, step.op, *step.inputs)]
    return {*map(type, texts)} == {str} and all(texts) and not any(
        step.name[0].isdigit() for step in found)


def axes_of_means(axes):
    """`axes`, an int or several, as an int or a tuple of ints."""
    several_axes = isinstance(axes, list | tuple)
    found = tuple(axes) if several_axes else (axes,)
    if len({*map(repr, found)}) < len(found) or not all(
            isinstance(a, int | np.integer) and not isinstance(a, bool) for a in found):
        raise TypeError(f"axes: {shown(axes)}, expected an axis or a tuple of axes")
    return tuple(map(int, found)) if several_axes else int(axes)


def table(ops, used=None):
    """`ops`, an op table, if its rows, or those of the `used` ops, are Ops."""
    instance("ops", ops, Mapping, "a table of Ops, as OPS")
    for row in (ops[op] for op in (ops if used is None else used) if op in ops):
        sent = getattr(row, "rules", None)
        if not (isinstance(sent, tuple) and callable(getattr(row, "forward", None))
                and {*map(type, sent)} <= {str, type(None)}):
            raise TypeError(f"ops: {shown(row)}, expected an Op")
    return ops


def like(name, value, a):
    """`value` in the shape and the dtype of `a`; complex only where `a` is."""
    kinds = COMPLEX if a.dtype.kind == "c" else REAL
    return shaped(name, value, a.shape, kinds=kinds).astype(a.dtype)
