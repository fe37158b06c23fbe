"""Faults of dropout, ReLU and convolution, each in one function.

p is the probability to drop, and x (N, ...).
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
