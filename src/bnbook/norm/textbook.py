"""Batch normalization in training mode, derived by hand.

x is (N, C) or (N, C, *spatial); axis 1 is the channel axis and each channel has its own
statistics over its m = N * prod(spatial) values. gamma and beta are (C,). The
variance is biased (divided by m) and eps stands inside the root. The functions are
pure: no argument changes, and the cache shares no memory with one. Names are the
graph's, and d<name> is the gradient of the loss by <name>. The tests hold each
function to the trace. The arithmetic is the textbook's, in x's own dtype, with no care
for digits: float16 overflows where a deviation reaches 256, and its sums, dbeta among
them, stop growing at 2048. `batch_norm` of `stable` has neither fault.

Source: Ioffe & Szegedy 2015, algorithm 1, and their section 3 for the gradients.
"""

from typing import NamedTuple

import numpy as np

from bnbook.norm import arguments

EPS = 1e-5  # cs231n's, PyTorch's, Flax's and ONNX's


class BatchNormCache(NamedTuple):
    """What the backward needs: the values of the forward, statistics with dims kept."""

    mu: np.ndarray
    xmu: np.ndarray
    sq: np.ndarray
    var: np.ndarray
    vareps: np.ndarray
    std: np.ndarray
    ivar: np.ndarray
    xhat: np.ndarray
    gamma: np.ndarray


def statistics_axes(x):
    """Every axis but the channel axis."""
    return (0, *range(2, x.ndim))


def batch_norm_forward(x, gamma, beta, *, eps=EPS):
    """y = gamma * (x - mean) / sqrt(var + eps) + beta, and the cache for the backward.

    Book: eq-forward in chapter 1. Returns y, of x's shape and dtype (integers become
    float64), and a BatchNormCache. Raises TypeError or ValueError for input that is not
    real, shapes that do not fit, eps < 0, or fewer than two values a channel.
    """
    x = arguments.batch(x)
    gamma, beta = (
        arguments.per_channel(name, value, x)
        for name, value in (("gamma", gamma), ("beta", beta))
    )
    eps = x.dtype.type(arguments.nonnegative("eps", eps))
    axes = statistics_axes(x)
    mu = x.mean(axis=axes, keepdims=True)
    xmu = x - mu
    sq = xmu * xmu
    var = sq.mean(axis=axes, keepdims=True)
    vareps = var + eps
    std = np.sqrt(vareps)
    ivar = 1 / std
    xhat = xmu * ivar
    gx = gamma * xhat
    y = gx + beta
    return y, BatchNormCache(mu, xmu, sq, var, vareps, std, ivar, xhat, gamma)


def staged_gradients(dy, cache):
    """The gradient of the loss by every node, one line a node, last node first.

    Book: eq-dgx to eq-dx in chapter 4. Returns name -> gradient, each of its value's
    shape (statistics keep their dims); gamma and beta are (C,).
    """
    arguments.instance("cache", cache, BatchNormCache)
    dy = arguments.like("dy", dy, cache.xhat)
    axes = statistics_axes(dy)
    m = dy.size // dy.shape[1]
    dgx = dy.copy()
    dbeta = dy.sum(axis=axes)
    dgamma = (dgx * cache.xhat).sum(axis=axes)
    dxhat = dgx * cache.gamma
    divar = (dxhat * cache.xmu).sum(axis=axes, keepdims=True)
    dstd = -divar * cache.ivar**2
    dvareps = dstd / (2 * cache.std)
    dvar = dvareps.copy()
    dsq = np.broadcast_to(dvar / m, dy.shape)
    dxmu = dxhat * cache.ivar + 2 * dsq * cache.xmu
    dmu = -dxmu.sum(axis=axes, keepdims=True)
    dx = dxmu + dmu / m
    return {
        "gx": dgx, "beta": dbeta, "gamma": dgamma, "xhat": dxhat, "ivar": divar,
        "std": dstd, "vareps": dvareps, "var": dvar, "sq": dsq, "xmu": dxmu,
        "mu": dmu, "x": dx,
    }


def batch_norm_backward_staged(dy, cache):
    """(dx, dgamma, dbeta) by way of every node: chapter 4, eq-dgx to eq-dx.

    dy: the upstream gradient, of y's shape exactly (ValueError otherwise).
    """
    gradients = staged_gradients(dy, cache)
    return gradients["x"], gradients["gamma"], gradients["beta"]


def batch_norm_backward(dy, cache):
    """dx = gamma * ivar * (dy - mean(dy) - xhat * mean(dy * xhat)), dgamma, dbeta.

    Book: eq-closed-form in chapter 5. Means are per channel. dy: the upstream gradient,
    of y's shape exactly (ValueError otherwise). Returns dx (of x's shape) and the sums
    dgamma = sum(dy * xhat) and dbeta = sum(dy), both (C,).
    """
    arguments.instance("cache", cache, BatchNormCache)
    dy = arguments.like("dy", dy, cache.xhat)
    axes = statistics_axes(dy)
    dy_mean = dy.mean(axis=axes, keepdims=True)
    dy_xhat_mean = (dy * cache.xhat).mean(axis=axes, keepdims=True)
    dx = cache.gamma * cache.ivar * (dy - dy_mean - cache.xhat * dy_xhat_mean)
    return dx, (dy * cache.xhat).sum(axis=axes), dy.sum(axis=axes)


def batch_norm_backward_detached(dy, cache):
    """dx = gamma * ivar * dy: the gradient if mean and variance were constants.

    Book: eq-detached in chapter 7. dgamma and dbeta are those of the full backward: the
    statistics stand before them. It is not the gradient of batch_norm_forward.
    """
    arguments.instance("cache", cache, BatchNormCache)
    dy = arguments.like("dy", dy, cache.xhat)
    axes = statistics_axes(dy)
    dx = cache.gamma * cache.ivar * dy
    return dx, (dy * cache.xhat).sum(axis=axes), dy.sum(axis=axes)
