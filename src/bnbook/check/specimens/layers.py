"""Faults of dropout, ReLU, convolution and max pooling, each in one function.

p is the probability to drop, and x (N, ...); in pooling x is (N, C, H, W), and
pool_param has height, width and stride.
"""

import numpy as np


def dropout_backward(dout, mask):
    return dout * mask


def dropout_over_p(x, p, rng):
    mask = (rng.random(x.shape) > p) / p
    return x * mask, mask


def dropout_one_row(x, p, rng):
    mask = (rng.random(x.shape[1:]) >= p) / (1 - p if p < 1 else 1)
    return x * mask, mask


def dropout_over_nothing(x, p, rng):
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


def relu_forward(x):
    return np.maximum(x, 0), x.copy()


def relu_in_place(dout, x):
    dout[x <= 0] = 0
    return dout


def relu_open_at_zero(dout, x):
    return dout * (x >= 0)


def conv_true_division(x, w, b, stride, pad):
    (N, _, H, W), (F, _, HH, WW) = x.shape, w.shape
    out = np.zeros((N, F, 1 + (H + 2 * pad - HH) / stride,
                    1 + (W + 2 * pad - WW) / stride))
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    for n, f, i, j in np.ndindex(out.shape):
        rows = slice(i * stride, i * stride + HH)
        columns = slice(j * stride, j * stride + WW)
        out[n, f, i, j] = (xp[n, :, rows, columns] * w[f]).sum() + b[f]
    return out, (xp, w, stride, pad)


def sizes(x, pool_param):
    """The shape of the output, in whole numbers."""
    (N, C, H, W), stride = x.shape, pool_param["stride"]
    return (N, C, 1 + (H - pool_param["pool_height"]) // stride,
            1 + (W - pool_param["pool_width"]) // stride)


def windows(x, pool_param):
    """The place of every window's value in the output, and what it covers of x."""
    stride = pool_param["stride"]
    for n, c, i, j in np.ndindex(sizes(x, pool_param)):
        yield (n, c, i, j), (
            n, c, slice(i * stride, i * stride + pool_param["pool_height"]),
            slice(j * stride, j * stride + pool_param["pool_width"]))


def pool_forward(x, pool_param):
    out = np.zeros(sizes(x, pool_param))
    for place, covered in windows(x, pool_param):
        out[place] = x[covered].max()
    return out, (x.copy(), pool_param)


def pool_backward(dout, cache):
    x, pool_param = cache
    dx = np.zeros_like(x)
    for place, covered in windows(x, pool_param):
        largest = x[covered] == x[covered].max()
        dx[covered] += dout[place] * largest / largest.sum()
    return dx


def pool_true_division(x, pool_param):
    (N, C, H, W), stride = x.shape, pool_param["stride"]
    out = np.zeros((N, C, 1 + (H - pool_param["pool_height"]) / stride,
                    1 + (W - pool_param["pool_width"]) / stride))
    for place, covered in windows(x, pool_param):
        out[place] = x[covered].max()
    return out, (x.copy(), pool_param)


def pool_width_for_height(x, pool_param):
    out, cache = pool_forward(x, pool_param)
    for place, (n, c, rows, columns) in windows(x, pool_param):
        rows = slice(rows.start, rows.start + pool_param["pool_width"])
        out[place] = x[n, c, rows, columns].max()
    return out, cache


def pool_assigns(dout, cache):
    x, pool_param = cache
    dx = np.zeros_like(x)
    for place, covered in windows(x, pool_param):
        largest = x[covered] == x[covered].max()
        dx[covered] = dout[place] * largest / largest.sum()
    return dx


def pool_all_to_every_tie(dout, cache):
    x, pool_param = cache
    dx = np.zeros_like(x)
    for place, covered in windows(x, pool_param):
        dx[covered] += dout[place] * (x[covered] == x[covered].max())
    return dx
