"""Argument checks: one line that names the argument, what it was, what it may be."""

import numpy as np

REAL, COMPLEX = "iuf", "iufc"


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


def prepared(names, inputs):
    """Copies of the inputs in the order of `names` and in the dtype of the arrays."""
    if set(inputs) != set(names):
        raise ValueError(f"inputs: got {sorted(inputs)}, expected {sorted(names)}")
    arrays = {name: array(name, inputs[name], kinds=COMPLEX) for name in names}
    if empty := [name for name, a in arrays.items() if not a.size]:
        raise ValueError(f"{empty[0]}: shape {arrays[empty[0]].shape}, expected values")
    dtype = np.result_type(1.0, *(a if a.ndim else a.item() for a in arrays.values()))
    return {name: np.array(a, dtype=dtype) for name, a in arrays.items()}
