"""What the functions of `nn` ask of their arguments, each in one line that names it."""

import numpy as np

from bnbook.norm.arguments import *


def summed(a, axis) -> np.ndarray:
    """Sums of a in its dtype; float16 is added up in float32, where it saturates not.
    """
    return a.sum(axis=axis, dtype=np.result_type(a, np.float32)).astype(a.dtype)


def labels(name, value, n, classes) -> np.ndarray:
    """`value` as an int64 array of n class numbers from 0 to classes - 1."""
    a = plain(name, value)
    if a.dtype.kind not in "iu":
        raise TypeError(f"{name}: dtype {a.dtype}, expected integers")
    if a.shape != (n,):
        raise ValueError(f"{name}: shape {a.shape}, expected {(n,)}")
    if n and not (a.min() >= 0 and a.max() < classes):
        raise ValueError(
            f"{name}: values from {a.min()} to {a.max()}, expected 0 to {classes - 1}")
    return a.astype(np.int64)


def scores(name, value) -> np.ndarray:
    """`value` as a real array (N, K) with one row and one class or more."""
    a = array(name, value, ndim=2)
    if 0 in a.shape:
        raise ValueError(f"{name}: shape {a.shape}, expected one row or more")
    return a


def counts(name, value) -> tuple[int, ...]:
    """`value`, several integers of at least 1, as a tuple of ints."""
    found = several(name, value, "several integers, as in (64, 10)")
    return tuple(count(name, n) for n in found)


def generator(name, value) -> np.random.Generator:
    """`value`, a NumPy random generator."""
    return instance(name, value, np.random.Generator, "numpy.random.default_rng(seed)")
