r"""Convolution, in loops as it is taught, and fast; both with the same caches.

    y_{nfij} = b_f + \sum_{cuv} xp_{n, c, i stride + u, j stride + v} w_{fcuv}

xp is x with `pad` rows and columns of zeros on every side. (Mathematics calls this
cross-correlation: w is not flipped.) Caches hold copies and can be used again, also by
the other implementation's backward. dtypes as in `layers`.
"""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bnbook.nn import arguments
from bnbook.nn.windows import at_place, grid, under


class ConvCache(NamedTuple):
    """The padded input, the filters, and how the windows stand."""

    xp: np.ndarray
    w: np.ndarray
    stride: int
    pad: int

    @property
    def grid(self):
        """(H', W')."""
        return grid(self.xp.shape[2:], self.w.shape[2:], self.stride)


def conv_forward(x, w, b, *, stride=1, pad=0):
    r"""Convolve images with filters, by one matrix product: (y, cache).

        y_{nf} = b_f + \sum_c xp_{nc} * w_{fc}

    x (N, C, H, W), w (F, C, HH, WW), b (F,) -> y (N, F, H', W') with
    H' = 1 + \lfloor (H + 2 pad - HH) / stride \rfloor, and W' likewise. Rows and
    columns left over, less than a stride, take no part, as in PyTorch; cs231n assumes
    that none are. Real or complex. Raises TypeError or ValueError, also for a kernel
    larger than the padded image.
    """
    cache, b = _prepared(x, w, b, stride, pad)
    y = _as_matrix(cache.w) @ _columns(cache) + b[:, None]
    y = _images_first(y.reshape(len(b), *cache.grid, len(cache.xp)))
    return np.ascontiguousarray(y), cache


def conv_backward(dy, cache):
    r"""The gradients by all three inputs: (dx, dw, db).

        dxp_{nc, i stride + u, j stride + v} \mathrel{+}= \sum_f w_{fcuv} dy_{nfij},
        dw_{fcuv} = \sum_{nij} dy_{nfij} xp_{n, c, i stride + u, j stride + v},
        db_f = \sum_{nij} dy_{nfij}

    dy (N, F, H', W') -> dx (N, C, H, W), dw (F, C, HH, WW), db (F,); dx is dxp without
    its border.
    """
    dy, (xp, w, stride, pad) = _upstream(dy, cache), cache
    by_filter = _as_matrix(_images_last(dy))
    dw = (by_filter @ _columns(cache).T).reshape(w.shape)
    dcolumns = _images_first((_as_matrix(w).T @ by_filter).reshape(
        *w.shape[1:], *cache.grid, len(xp)))
    dxp = _images_first(np.zeros((*xp.shape[1:], len(xp)), dcolumns.dtype))
    for u, v in np.ndindex(w.shape[2:]):
        at_place(dxp, (u, v), cache.grid, stride)[...] += dcolumns[:, :, u, v]
    dx = np.ascontiguousarray(_cropped(dxp, pad))
    return dx, dw, arguments.summed(by_filter, axis=1)


def conv_forward_naive(x, w, b, *, stride=1, pad=0):
    """`conv_forward` in loops, one window and one filter at a time."""
    cache, b = _prepared(x, w, b, stride, pad)
    xp, w = cache.xp, cache.w
    y = np.empty((len(xp), len(w), *cache.grid), np.result_type(xp, w, b))
    for n, f, i, j in np.ndindex(y.shape):
        window = under(xp[n], i, j, w.shape[2:], stride)
        y[n, f, i, j] = (window * w[f]).sum() + b[f]
    return y, cache


def conv_backward_naive(dy, cache):
    """`conv_backward` in loops: each output sends to what it was made of."""
    dy, (xp, w, stride, pad) = _upstream(dy, cache), cache
    wide = dy.astype(np.result_type(dy, np.float32))  # float16 saturates in sums
    dxp, dw = (np.zeros(a.shape, np.result_type(wide, a)) for a in (xp, w))
    db = np.zeros(len(w), wide.dtype)
    for n, f, i, j in np.ndindex(dy.shape):
        under(dxp[n], i, j, w.shape[2:], stride)[...] += wide[n, f, i, j] * w[f]
        dw[f] += wide[n, f, i, j] * under(xp[n], i, j, w.shape[2:], stride)
        db[f] += wide[n, f, i, j]
    dtypes = np.result_type(dy, w), np.result_type(dy, xp), dy.dtype
    return tuple(a.astype(t) for a, t in zip((_cropped(dxp, pad), dw, db), dtypes))


def _prepared(x, w, b, stride, pad):
    """The checked arguments: (cache, b)."""
    x = arguments.array("x", x, ndim=4, kinds=arguments.COMPLEX)
    w = arguments.array("w", w, ndim=4, kinds=arguments.COMPLEX)
    if w.shape[1] != x.shape[1] or not w.size:
        raise ValueError(
            f"w: shape {w.shape}, expected (F, {x.shape[1]}, HH, WW), none of them 0")
    b = arguments.shaped("b", b, w.shape[:1], kinds=arguments.COMPLEX)
    stride = arguments.count("stride", stride)
    pad = arguments.count("pad", pad, least=0)
    image, kernel = tuple(n + 2 * pad for n in x.shape[2:]), w.shape[2:]
    if any(k > n for k, n in zip(kernel, image)):
        raise ValueError(
            f"w: a kernel of {kernel}, expected at most the padded image, {image}")
    xp = np.pad(_images_last(x), ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    return ConvCache(_images_first(xp), w.copy(), stride, pad), b


def _upstream(dy, cache):
    arguments.instance("cache", cache, ConvCache)
    shape = (len(cache.xp), len(cache.w), *cache.grid)
    return arguments.shaped("dy", dy, shape, kinds=arguments.COMPLEX)


def _columns(cache):
    """Each window as a column, (C HH WW, H' W' N)."""
    xp, w, stride, _ = cache
    windows = sliding_window_view(xp, w.shape[2:], (2, 3))[:, :, ::stride, ::stride]
    return windows.transpose(1, 4, 5, 2, 3, 0).reshape(w[0].size, -1)


def _as_matrix(a):
    return a.reshape(len(a), -1)


# The fast functions keep images last in memory: what they copy and add then lies in
# longer runs than the rows of a small image, at up to twice the speed.
def _images_last(a):
    return np.moveaxis(a, 0, -1)


def _images_first(a):
    return np.moveaxis(a, -1, 0)


def _cropped(dxp, pad):
    rows, columns = (slice(pad, n - pad) for n in dxp.shape[2:])
    return dxp[..., rows, columns]
