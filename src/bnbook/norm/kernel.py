r"""Batch norm's arithmetic, fast and with its digits kept: its passes over the arrays.

The forward makes d = x - shift, a private copy, where shift is a cheap estimate of the
mean, and sums d and d^2. What the estimate missed is delta = mean(d), and while
delta^2 <= 2 var, var = mean(d^2) - delta^2 loses no digits. With
scale = 1 / \sqrt{var + eps},

    xhat = (d - delta) scale,   y = d (\gamma scale) + (\beta - delta \gamma scale)
    dx = \gamma scale (dy + d q + b)
    q = -scale mean(dy xhat),   b = -mean(dy) - delta q

The last walk goes backwards, and meets what the cache still holds. Nothing is checked
here, that is `stable`'s task: arrays are C-ordered and of one native dtype, numbers of
a channel are (C,) and float64 or wider. No channel's digits depend on another's values.

Sources: Chan, Golub & LeVeque 1983 for the shifted sums; Ioffe & Szegedy 2015.
"""

import functools
from typing import NamedTuple

import numpy as np

from bnbook.norm.blocks import aligned, unbuffered, walk
from bnbook.norm.statistics import statistics, total


class Kept(NamedTuple):
    """What the backward needs: d and the numbers of each channel that go with it.

    xhat = (d - delta) scale, and a = gamma / sqrt(var + eps).
    """

    d: np.ndarray
    delta: np.ndarray
    scale: np.ndarray
    a: np.ndarray


@unbuffered
def forward(x, gamma, beta, eps):
    """(y, Kept, mean, var) with the batch's own mean and variance, biased, (C,)."""
    d, shift, delta, var = deviations(x)
    mean, var = shift + delta, var.astype(gamma.dtype, copy=False)
    kept = apart(x, gamma, eps, mean, var, d, delta)
    a = gamma * kept.scale
    return scaled(d, a, beta - delta * a), kept, mean, var


@unbuffered
def forward_given(x, gamma, beta, eps, mean, var):
    """(y, Kept) with a mean and a variance that are given."""
    shift, scale = mean.astype(x.dtype), 1 / np.sqrt(var + eps)
    delta = mean - shift  # what rounding drops of a large mean is a deviation
    d, a = shifted(x, shift), gamma * scale
    return scaled(d, a, beta - delta * a), Kept(d, delta, scale, a)


@unbuffered
def backward(dy, kept):
    """(dx, dgamma, dbeta) through the statistics."""
    d, delta, scale, a = kept
    m, t = walk(dy.shape, dy.dtype).m, 0
    dy_sum, products, large = sums(dy, d)
    if large.any():
        t = np.where(large, dy_sum / m, 0).astype(dy.dtype)
        dy = shifted(dy, t)
        dy_sum, products, _ = sums(dy, d)
    dgamma = ((products - delta * dy_sum) * scale).astype(a.dtype, copy=False)
    q = dgamma * scale / -m
    return combined(dy, d, q, -dy_sum / m - delta * q, a), dgamma, dy_sum + m * t


@unbuffered
def backward_given(dy, kept):
    """(dx, dgamma, dbeta) where mean and variance were given: dx = a dy."""
    d, delta, scale, a = kept
    dbeta, products, _ = sums(dy, d)
    dx = scaled(dy, a, np.zeros_like(a))
    return dx, (products - delta * dbeta) * scale, dbeta


def deviations(x):
    """(d, shift, delta, var): d = x - shift, and its mean and variance."""
    blocks, d, shift = walk(x.shape, x.dtype), aligned(x), estimate(x)
    for _ in range(4):
        both = first, second = np.zeros((2, *blocks.sums), x.dtype)
        for b, x_, s_, d_ in zip(
                blocks.blocks, blocks.cut(x), blocks.rows(shift), blocks.cut(d)):
            np.subtract(x_, s_, d_)
            blocks.sum(d_, first[b.sums])
            blocks.dot(d_, d_, second[b.sums])
        delta, square = blocks.total(both) / blocks.m
        missed = delta * delta
        var = square - missed
        poor = missed > 2 * var  # NaN is not
        if not poor.any():
            break
        shift = np.where(poor, shift + delta, shift).astype(x.dtype)
    return d, shift, delta, var


def estimate(x):
    """A value near each channel's mean, from some sixteen; a constant channel's own."""
    n, c = x.shape[:2]
    x = x.reshape(n, c, -1)
    high, wide = (16, 1) if x.shape[2] == 1 else (4, 4)
    some = x[:: -(-n // high), :, :: -(-x.shape[2] // wide)]
    some = some.swapaxes(1, 2).reshape(-1, c)
    weights = np.full(len(some), 1 / len(some), x.dtype)
    return some[0] + np.dot(weights, some - some[0])


def apart(x, gamma, eps, mean, var, d, delta):
    """The Kept of d. Channels whose squares come near the ends of the dtype's range,
    and all of the widest dtype, are first done anew by `statistics`, in place."""
    scale = ivar = 1 / np.sqrt(var + eps)
    most, least = _limits(x.dtype)
    if not (eps > least and var.max() < most):  # NaN is not
        which = ~ordinary(var, eps, x.dtype)
        mu, v, xmu = statistics(x[:, which], (0, *range(2, x.ndim)))
        inverse = 1 / np.sqrt(v + eps)
        mean[which], var[which], ivar[which] = mu.ravel(), v.ravel(), inverse.ravel()
        d[:, which], delta[which] = xmu * inverse.astype(x.dtype), 0
        scale = np.where(which, 1, ivar)
    return Kept(d, delta, scale, gamma * ivar)


def ordinary(var, eps, dtype):
    """In which channels squares stay far from the ends of the range. NaN is not one."""
    most, least = _limits(dtype)
    return (var < most) & (var + eps > least)


@functools.lru_cache(maxsize=8)
def _limits(dtype):
    """The most of var, and the least of var + eps, far from the ends of the range."""
    most = float(np.finfo(dtype).max)
    return (most**0.375, most**-0.5) if dtype.itemsize <= 8 else (0, np.inf)


def scaled(d, a, b):
    """d a + b, last block first."""
    blocks, y = walk(d.shape, d.dtype), aligned(d)
    numbers = map(blocks.rows, (a, b))
    for d_, y_, a_, b_ in reversed([*zip(*map(blocks.cut, (d, y)), *numbers)]):
        np.multiply(d_, a_, y_)
        np.add(y_, b_, y_)
    return y


def shifted(x, shift):
    """x - shift."""
    blocks, d = walk(x.shape, x.dtype), aligned(x)
    for x_, s_, d_ in zip(blocks.cut(x), blocks.rows(shift), blocks.cut(d)):
        np.subtract(x_, s_, d_)
    return d


def sums(dy, d):
    """The sums of dy and of dy d, and where dy is little else than its mean."""
    blocks = walk(dy.shape, dy.dtype)
    if dy.itemsize > 8:  # no dtype is wider: add in pairs
        axes = (0, *range(2, dy.ndim))
        s, products, squares = (total(a, axes).ravel() for a in (dy, dy * d, dy * dy))
        return s, products, s * s > 0.8 * blocks.m * squares
    three = first, product, square = np.zeros((3, *blocks.sums), dy.dtype)
    for b, dy_, d_ in zip(blocks.blocks, blocks.cut(dy), blocks.cut(d)):
        blocks.sum(dy_, first[b.sums])
        if b.sample:
            blocks.dot(dy_, dy_, square[b.sums])
        blocks.dot(dy_, d_, product[b.sums])
    s, products, squares = blocks.total(three)
    return s, products, s * s * blocks.sampled > 0.8 * blocks.m**2 * squares


def combined(dy, d, q, b, a):
    """a (dy + d q + b), last block first."""
    blocks, dx = walk(dy.shape, dy.dtype), aligned(dy)
    arrays, numbers = map(blocks.cut, (dy, d, dx)), map(blocks.rows, (q, b, a))
    for dy_, d_, dx_, q_, b_, a_ in reversed([*zip(*arrays, *numbers)]):
        np.multiply(d_, q_, dx_)
        np.add(dx_, dy_, dx_)
        np.add(dx_, b_, dx_)
        np.multiply(dx_, a_, dx_)
    return dx
