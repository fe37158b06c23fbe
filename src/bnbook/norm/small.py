"""The kernel for a small (N, C): one block, where the number of calls is the cost.

As in `kernel`, but d and dy are centred for good, so that delta is 0.
"""

import functools

import numpy as np

from bnbook.norm.blocks import WIDE, unbuffered
from bnbook.norm.kernel import apart

SAMPLES, BYTES = 256, 1 << 19


def fits(a):
    """Whether `forward` and `backward` here are for arrays like a."""
    return (a.ndim == 2 and len(a) <= SAMPLES and a.nbytes <= BYTES
            and a.itemsize <= 8)


@functools.lru_cache(maxsize=128)
def _sheet(n, c, dtype):
    """Shapes of a row and of (N, C) with several samples side by side; weights."""
    most = min(n, max(WIDE // c, 1))
    beside = next(r for r in range(most, 0, -1) if n % r == 0)
    return (beside, c), (n // beside, beside * c), np.full(n, 1 / n, dtype)


@unbuffered
def forward(x, gamma, beta, eps):
    """(y, Kept, mean, var) with the batch's own mean and variance, biased, (C,)."""
    samples, sheet, weights = _sheet(*x.shape, x.dtype)
    row = np.empty(samples, x.dtype)
    everywhere = row.reshape(-1)
    row[:] = first = x[0]
    d = x.reshape(sheet) - everywhere
    xmu = d.reshape(x.shape)
    row[:] = delta = np.dot(weights, xmu)
    d -= everywhere
    mean = np.add(first, delta, dtype=gamma.dtype)
    var = np.einsum("nc,nc->c", xmu, xmu).astype(gamma.dtype, copy=False) / len(x)
    kept = apart(x, gamma, eps, mean, var, xmu, np.zeros_like(mean))
    row[:] = gamma * kept.scale
    y = d * everywhere
    row[:] = beta
    y += everywhere
    return y.reshape(x.shape), kept, mean, var


@unbuffered
def backward(dy, kept):
    """(dx, dgamma, dbeta) through the statistics."""
    samples, sheet, weights = _sheet(*dy.shape, dy.dtype)
    row = np.empty(samples, dy.dtype)
    everywhere, d = row.reshape(-1), kept.d.reshape(sheet)
    row[:] = mean = np.dot(weights, dy)
    e = dy.reshape(sheet) - everywhere
    dx = e.reshape(dy.shape)
    row[:] = np.dot(weights, dx)
    e -= everywhere
    products = e * d
    projection = np.dot(weights, products.reshape(dy.shape)) * kept.scale
    row[:] = projection * kept.scale
    np.multiply(d, everywhere, products)
    e -= products
    row[:] = kept.a
    e *= everywhere
    return dx, projection * len(dy), mean * len(dy)
