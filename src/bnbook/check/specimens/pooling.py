"""Faults of max pooling: x is (N, C, H, W), pool_param has height, width and stride."""

import numpy as np


def sizes(x, pool_param):
    """The shape of the output, in whole numbers."""
    (N, C, H, W), stride = x.shape, pool_param["stride"]
    return (N, C, 1 + (H - pool_param["pool_height"]) // stride,
            1 + (W - pool_param["pool_width"]) // stride)


def windows(x, pool_param):
    """(n, c, i, j, rows, columns) of every window."""
    stride = pool_param["stride"]
    for n, c, i, j in np.ndindex(sizes(x, pool_param)):
        yield (n, c, i, j,
               slice(i * stride, i * stride + pool_param["pool_height"]),
               slice(j * stride, j * stride + pool_param["pool_width"]))


def pool_forward(x, pool_param):
    out = np.zeros(sizes(x, pool_param))
    for n, c, i, j, rows, columns in windows(x, pool_param):
        out[n, c, i, j] = x[n, c, rows, columns].max()
    return out, (x.copy(), pool_param)


def pool_backward(dout, cache):
    x, pool_param = cache
    dx = np.zeros_like(x)
    for n, c, i, j, rows, columns in windows(x, pool_param):
        window = x[n, c, rows, columns]
        largest = window == window.max()
        dx[n, c, rows, columns] += dout[n, c, i, j] * largest / largest.sum()
    return dx


def pool_true_division(x, pool_param):
    (N, C, H, W), stride = x.shape, pool_param["stride"]
    out = np.zeros((N, C, 1 + (H - pool_param["pool_height"]) / stride,
                    1 + (W - pool_param["pool_width"]) / stride))
    for n, c, i, j, rows, columns in windows(x, pool_param):
        out[n, c, i, j] = x[n, c, rows, columns].max()
    return out, (x.copy(), pool_param)


def pool_width_for_height(x, pool_param):
    out, cache = pool_forward(x, pool_param)
    width = pool_param["pool_width"]
    for n, c, i, j, rows, columns in windows(x, pool_param):
        rows = slice(rows.start, rows.start + width)
        out[n, c, i, j] = x[n, c, rows, columns].max()
    return out, cache


def pool_assigns(dout, cache):
    x, pool_param = cache
    dx = np.zeros_like(x)
    for n, c, i, j, rows, columns in windows(x, pool_param):
        window = x[n, c, rows, columns]
        largest = window == window.max()
        dx[n, c, rows, columns] = dout[n, c, i, j] * largest / largest.sum()
    return dx


def pool_all_to_every_tie(dout, cache):
    x, pool_param = cache
    dx = np.zeros_like(x)
    for n, c, i, j, rows, columns in windows(x, pool_param):
        window = x[n, c, rows, columns]
        dx[n, c, rows, columns] += dout[n, c, i, j] * (window == window.max())
    return dx
