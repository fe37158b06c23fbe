"""Layers without state: a forward that leaves a cache, a backward that reads it.

Every `forward` returns (y, cache), every `backward` takes (dy, cache), where d<name> is
the gradient of the loss by <name>. A cache holds its own copies: what the caller does
to x, w, y or dy after a call changes nothing, and a cache can be used again. Integers
become float64; other dtypes follow NumPy's promotion. Masked, bool, object and string
arrays raise TypeError, a shape that does not fit ValueError.
"""

import math
from typing import NamedTuple

import numpy as np

from bnbook.nn import arguments


class ReluCache(NamedTuple):
    positive: np.ndarray


class SigmoidCache(NamedTuple):
    y: np.ndarray


class TanhCache(NamedTuple):
    y: np.ndarray


class AddCache(NamedTuple):
    """The sum's shape."""

    shape: tuple[int, ...]


class AffineCache(NamedTuple):
    """Copies of what was multiplied."""

    x: np.ndarray
    w: np.ndarray


def affine_forward(x, w, b):
    r"""Multiply by a matrix and add a row: (y, cache).

        y = x w + b

    x (N, *d), each x_n read as one row of D numbers, D the product of d; w (D, H),
    b (H,) -> y (N, H). Real or complex.
    """
    x = arguments.array("x", x, kinds=arguments.COMPLEX)
    if x.ndim < 2:
        raise ValueError(
            f"x: shape {x.shape}, expected 2 dimensions or more: (N, *d)")
    rows = _as_rows(x)
    w = arguments.array("w", w, ndim=2, kinds=arguments.COMPLEX)
    if w.shape[0] != rows.shape[1]:
        raise ValueError(f"w: shape {w.shape}, expected ({rows.shape[1]}, H)")
    b = arguments.shaped("b", b, w.shape[1:], kinds=arguments.COMPLEX)
    return rows @ w + b, AffineCache(x.copy(), w.copy())


def affine_backward(dy, cache):
    r"""The gradients by all three inputs: (dx, dw, db).

        dx = dy w^T,   dw = x^T dy,   db = \sum_n dy_n

    dy (N, H) -> dx (N, *d) as x was, dw (D, H), db (H,).
    """
    x, w = arguments.instance("cache", cache, AffineCache)
    dy = arguments.shaped("dy", dy, (len(x), w.shape[1]), kinds=arguments.COMPLEX)
    return ((dy @ w.T).reshape(x.shape), _as_rows(x).T @ dy,
            arguments.summed(dy, axis=0))


def _as_rows(x):
    """(N, D); D is named, for a batch of none does not tell it."""
    return x.reshape(len(x), math.prod(x.shape[1:]))


def add_forward(x, earlier):
    r"""A skip: add what an earlier layer gave, (y, cache), y = x + earlier.

    Any shape, both of the same. Real or complex. Source: He et al. 2016, eq. 1.
    """
    x = arguments.array("x", x, kinds=arguments.COMPLEX)
    y = x + arguments.shaped("earlier", earlier, x.shape, kinds=arguments.COMPLEX)
    return y, AddCache(y.shape)


def add_backward(dy, cache):
    r"""The gradients by both summands, dx = dy and dearlier = dy, copies."""
    shape, = arguments.instance("cache", cache, AddCache)
    dy = arguments.shaped("dy", dy, shape, kinds=arguments.COMPLEX)
    return dy.copy(), dy.copy()


def sigmoid_forward(x):
    r"""Squash to (0, 1), elementwise, any shape: (y, cache).

        y = 1 / (1 + e^{-x})

    Where e^{-x} is beyond the largest float, y is 0. Real, or complex with a
    real part above -700.
    """
    x = arguments.array("x", x, kinds=arguments.COMPLEX)
    with np.errstate(over="ignore"):
        y = 1 / (1 + np.exp(-x))
    return y, SigmoidCache(y.copy())


def sigmoid_backward(dy, cache):
    r"""dx = dy y (1 - y), of dy's shape; at most a quarter of dy."""
    y, = arguments.instance("cache", cache, SigmoidCache)
    return arguments.shaped("dy", dy, y.shape, kinds=arguments.COMPLEX) * y * (1 - y)


def tanh_forward(x):
    r"""Squash to (-1, 1), elementwise, any shape: (y, cache), y = \tanh x.

    Real or complex.
    """
    y = np.tanh(arguments.array("x", x, kinds=arguments.COMPLEX))
    return y, TanhCache(y.copy())


def tanh_backward(dy, cache):
    r"""dx = dy (1 - y^2), of dy's shape."""
    y, = arguments.instance("cache", cache, TanhCache)
    dy = arguments.shaped("dy", dy, y.shape, kinds=arguments.COMPLEX)
    return dy * ((1 - y) * (1 + y))


def relu_forward(x):
    r"""Cut off what is negative, elementwise, any shape: (y, cache), y = \max(x, 0).

    Real numbers only: complex ones have no order, so the complex step cannot check this
    layer. NaN stays NaN.
    """
    x = arguments.array("x", x)
    return np.maximum(x, 0), ReluCache(x > 0)


def relu_backward(dy, cache):
    r"""dx = dy where x > 0, else 0, of dy's shape; 0 at exactly 0, as is the custom."""
    positive, = arguments.instance("cache", cache, ReluCache)
    return np.where(positive, arguments.shaped("dy", dy, positive.shape), 0)
