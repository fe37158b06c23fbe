r"""Means and variances that keep their digits, over any axes.

The chapters' batch norm subtracts the mean once and sums as NumPy does. With a mean far
larger than the deviations both lose digits. Here sums are made in pairs, in float64 or
wider, and the mean is subtracted twice: what the first subtraction left of it through
rounding, the second one removes. Sources: Higham 1993 for the sums; Chan, Golub &
LeVeque 1983 for centring again.
"""

from typing import NamedTuple

import numpy as np


class Statistics(NamedTuple):
    """mean and var, dims kept, and xmu, the deviations.

    xmu is of x's dtype, mean and var in float64 or wider: float32 cannot hold the
    square of a deviation of 1e20, nor a mean of 1e7 to better than a half.
    """

    mean: np.ndarray
    var: np.ndarray
    xmu: np.ndarray


def total(a, axes):
    """The sum over `axes`, dims kept, in float64 or wider.

    For float16 and float32 a float64 sum has digits to spare. In other dtypes halves
    are added to halves, so that a value passes through log2(m) additions, not m.
    """
    wide = np.result_type(a.dtype, np.float64)
    if a.dtype.itemsize < wide.itemsize or not a.size:
        return a.sum(axis=tuple(axes), keepdims=True, dtype=wide)
    for axis in axes:
        a = a.swapaxes(0, axis)
        while len(a) > 1:
            half = len(a) // 2
            pairs = a[:half] + a[half : 2 * half]
            pairs[: len(a) % 2] += a[2 * half :]  # the odd one out
            a = pairs
        a = a.swapaxes(0, axis)
    return a


def mean(a, axes):
    """The mean over `axes`, dims kept, rounded once to a's dtype."""
    m = np.prod([a.shape[axis] for axis in axes])
    return (total(a, axes) / m).astype(a.dtype)


def centred(a, axes):
    """(a minus its mean, centred twice, of a's dtype; the mean, as wide as a sum)."""
    first = mean(a, axes)
    once = a - first
    second = mean(once, axes)
    wide = np.result_type(a.dtype, np.float64)
    return once - second, np.add(first, second, dtype=wide)


def statistics(x, axes):
    """Mean, biased variance and deviations of x over `axes`: a Statistics."""
    xmu, mu = centred(x, axes)
    squares = np.square(xmu, dtype=np.result_type(xmu.dtype, np.float64))
    return Statistics(mu, mean(squares, axes), xmu)
