"""The kernel for a small (N, C): one block, where the number of calls is the cost.

As in `kernel`, but d and dy are centred for good, so that delta is 0.
"""

import functools

import numpy as np

from bnbook.norm.blocks import WIDE, unbuffered
from bnbook.norm.kernel import apart

SAMPLES, VALUES = 256, 1 << 18


def fits(a):
    """Whether `forward` and `backward` here are for arrays like a."""
    return (a.ndim == 2 and len(a) <= SAMPLES and a.size <= VALUES
            and a.itemsize <= 8)


class Sheet:
    """(N, C) with several samples side by side, so that a row is long."""

    def __init__(self, n, c, dtype):
        beside = _divisor(n, WIDE // (c * dtype.itemsize))
        self.parts = 1 if n <= 128 else _divisor(n, 16)
        self.samples, self.shape = (beside, c), (n // beside, beside * c)
        self.ones = np.ones(self.parts, dtype)
        self.weights = np.full(n // self.parts, 1 / n, dtype)

    def mean(self, a):
        """The mean of each channel of a, (N, C); many values are added in parts."""
        if self.parts == 1:
            return np.dot(self.weights, a).astype(float)
        parts = np.dot(self.weights, a.reshape(len(self.weights), -1))
        return np.dot(self.ones, parts.reshape(self.parts, -1)).astype(float)


def _divisor(n, most):
    return max(r for r in range(1, max(min(n, most), 1) + 1) if n % r == 0)


_sheet = functools.lru_cache(maxsize=128)(Sheet)


@unbuffered
def forward(x, gamma, beta, eps):
    """(y, Kept, mean, var) with the batch's own mean and variance, biased, (C,)."""
    sheet = _sheet(*x.shape, x.dtype)
    row = np.empty(sheet.samples, x.dtype)
    everywhere = row.reshape(-1)
    row[:] = first = x[0]
    d = x.reshape(sheet.shape) - everywhere
    xmu = d.reshape(x.shape)
    row[:] = delta = sheet.mean(xmu)
    d -= everywhere
    with np.errstate(over="ignore"):  # `apart` squares these again
        y = d * d
    mean, var = first.astype(float) + delta, sheet.mean(y.reshape(x.shape))
    kept = apart(x, gamma, eps, mean, var, xmu, np.zeros(len(mean)))
    row[:] = gamma * kept.scale
    np.multiply(d, everywhere, y)
    row[:] = beta
    y += everywhere
    return y.reshape(x.shape), kept, mean, var


@unbuffered
def backward(dy, kept):
    """(dx, dgamma, dbeta) through the statistics."""
    sheet = _sheet(*dy.shape, dy.dtype)
    row = np.empty(sheet.samples, dy.dtype)
    everywhere, d = row.reshape(-1), kept.d.reshape(sheet.shape)
    row[:] = mean = sheet.mean(dy)
    e = dy.reshape(sheet.shape) - everywhere
    dx = e.reshape(dy.shape)
    row[:] = sheet.mean(dx)
    e -= everywhere
    products = e * d
    projection = sheet.mean(products.reshape(dy.shape)) * kept.scale
    row[:] = projection * kept.scale
    np.multiply(d, everywhere, products)
    e -= products
    row[:] = kept.a
    e *= everywhere
    return dx, projection * len(dy), mean * len(dy)
