"""Max pooling, in loops as it is taught, and fast; both with the same caches.

Caches hold copies and can be used again, also by the other implementation's backward.
"""

from typing import NamedTuple

import numpy as np

from bnbook.nn import arguments
from bnbook.nn.windows import at_place, grid, under


class PoolCache(NamedTuple):
    """Input and output, and how the windows stand."""

    x: np.ndarray
    y: np.ndarray
    window: tuple
    stride: int


def max_pool_forward(x, *, height, width, stride):
    r"""The largest value of every window, a channel at a time: (y, cache).

        y_{ncij} = \max_{uv} x_{n, c, i stride + u, j stride + v}

    x (N, C, H, W) real -> y (N, C, H', W') of its dtype, with
    H' = 1 + \lfloor (H - height) / stride \rfloor, and W' likewise. Windows overlap if
    stride is below their size; rows and columns that fill no whole stride take no part,
    as in PyTorch. A window with a NaN gives NaN. Raises TypeError or ValueError.
    """
    x, window, stride = _prepared(x, height, width, stride)
    y = np.max(_places(x, window, stride), axis=0)
    return y, PoolCache(x.copy(), y.copy(), window, stride)


def max_pool_backward(dy, cache):
    r"""The gradient by x: dx.

        dx_m \mathrel{+}= dy_{ncij} / k   for each of the k maxima m of window (i, j)

    Tied maxima share equally, windows that overlap add up, and what is no window's
    maximum gets 0. In a window with NaN, the NaN are the maxima. dy (N, C, H', W') ->
    dx (N, C, H, W). Frameworks give all to one of the tied; the sum is the same.
    """
    x, y, window, stride = arguments.instance("cache", cache, PoolCache)
    dy = arguments.shaped("dy", dy, y.shape)
    chosen = _chosen(np.stack(_places(x, window, stride)), y)
    share = dy / chosen.sum(axis=0, dtype=dy.dtype.type)
    dx = np.zeros(x.shape, dy.dtype)
    for place, here in zip(_places(dx, window, stride), chosen):
        place += np.where(here, share, 0)
    return dx


def max_pool_forward_naive(x, *, height, width, stride):
    """`max_pool_forward` in loops, one window at a time."""
    x, window, stride = _prepared(x, height, width, stride)
    y = np.empty((*x.shape[:2], *grid(x.shape[2:], window, stride)), x.dtype)
    for n, c, i, j in np.ndindex(y.shape):
        y[n, c, i, j] = under(x[n, c], i, j, window, stride).max()
    return y, PoolCache(x.copy(), y.copy(), window, stride)


def max_pool_backward_naive(dy, cache):
    """`max_pool_backward` in loops: each window sends to its maxima."""
    x, y, window, stride = arguments.instance("cache", cache, PoolCache)
    dy = arguments.shaped("dy", dy, y.shape)
    dx = np.zeros(x.shape, dy.dtype)
    for n, c, i, j in np.ndindex(y.shape):
        chosen = _chosen(under(x[n, c], i, j, window, stride), y[n, c, i, j])
        share = dy[n, c, i, j] / chosen.sum(dtype=dy.dtype.type)
        under(dx[n, c], i, j, window, stride)[chosen] += share
    return dx


def _prepared(x, height, width, stride):
    """The checked arguments: (x, window, stride)."""
    x = arguments.array("x", x, ndim=4)
    height = arguments.count("height", height)
    width = arguments.count("width", width)
    stride = arguments.count("stride", stride)
    for name, size, limit in zip(("height", "width"), (height, width), x.shape[2:]):
        if size > limit:
            raise ValueError(f"{name}: {size}, expected at most the image's, {limit}")
    return x, (height, width), stride


def _places(a, window, stride):
    """For each place in a window, the view of `a` that all windows have there."""
    shape = grid(a.shape[2:], window, stride)
    return [at_place(a, place, shape, stride) for place in np.ndindex(window)]


def _chosen(values, largest):
    """Which values are the largest: no NaN equals itself, so those are asked for."""
    return (values == largest) | np.isnan(values)
