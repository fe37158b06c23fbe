"""Faults of max pooling: x is (N, C, H, W), pool_param has height, width and stride."""

import numpy as np


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
