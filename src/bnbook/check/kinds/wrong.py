"""What the wrong values of a kind are called: each is a row of WRONG.

value(v) is the wrong value. v has the inputs, dy, n (samples) and the right outputs as
y, dx, dgamma, ...; of a norm also X, G, B, D (x, gamma, beta and dy, a row for each
part that has a statistic of its own), m (the mean of a part) and what is made of them.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from bnbook.nn.windows import grid, under

WORD = {"y": "y", "x": "dx", "gamma": "dgamma", "beta": "dbeta", "w": "dw", "b": "db"}
PARTS = {"layer norm": lambda v: 1, "RMS norm": lambda v: 1,
         "group norm": lambda v: v.groups, "instance norm": lambda v: v.x.shape[1]}


class Row(NamedTuple):
    """A wrong value of an output, at a node; or a note, of another convention."""

    output: str
    name: str
    sentence: str
    value: Callable
    node: str = ""
    is_note: bool = False


def values(kind, of, v, right):
    """All that the rows of a kind read."""
    made = SimpleNamespace(**v, of=of, n=len(v["x"]),
                           **{WORD[name]: a for name, a in right.items()})
    if kind in PARTS:
        _of_norm(made, PARTS[kind](made), kind == "RMS norm")
    return made


def _of_norm(v, parts, keeps_mean):
    def rows(a):
        a = np.reshape(a, (-1, *[1] * (v.x.ndim - 2))) if np.ndim(a) == 1 else a
        return np.broadcast_to(a, v.x.shape).reshape(v.n * parts, -1)

    v.all = (0, *range(2, v.x.ndim))
    v.m = lambda a: a.mean(axis=1, keepdims=True)
    v.X, v.G, v.D = rows(v.x), rows(v.gamma), rows(v.dy)
    v.B = rows(0.0 if keeps_mean else v.beta)
    v.xmu = v.X if keeps_mean else v.X - v.m(v.X)
    v.var, v.dxhat = v.m(v.xmu**2), v.G * v.D
    v.ivar = 1 / np.sqrt(v.var + v.eps)
    v.xhat = v.xmu * v.ivar
    v.over = lambda a: rows(a.reshape(v.x.shape).mean(axis=v.all, keepdims=True))
    v.by = lambda xmu, divisor: v.G * xmu / divisor + v.B


def _back(v, d, mean, first=True, second=True):
    """dx of a norm by d, with other means or without one of the two paths."""
    return v.ivar * (d - first * mean(d) - second * v.xhat * mean(d * v.xhat))


def _over_samples(v):
    xmu = v.X - v.over(v.X)
    return v.by(xmu, np.sqrt(v.over(xmu**2) + v.eps))


def _pooled(way, add=True):
    """value(v): dx of pooling if each window's gradient is shared in that way."""
    def value(v):
        dx, window = np.zeros_like(v.x), (v.height, v.width)
        for n, c, i, j in np.ndindex(v.dy.shape):
            there = under(dx[n, c], i, j, window, v.stride)
            share = _shares(under(v.x[n, c], i, j, window, v.stride))[way]
            there[...] = there * add + v.dy[n, c, i, j] * share
        return dx
    return value


def _shares(window):
    """What each value of a window gets of its gradient, by who gets some."""
    top = window == window.max()
    nth = top.cumsum().reshape(top.shape)
    return {"first": top & (nth == 1), "last": top & (nth == top.sum()), "every": top,
            "tied": top / top.sum(), "all": 1 / top.size}


def _square(v):
    """Max pooling whose windows are as high as they are wide."""
    y = np.empty((*v.x.shape[:2], *grid(v.x.shape[2:], (v.height, v.width), v.stride)))
    for n, c, i, j in np.ndindex(y.shape):
        y[n, c, i, j] = under(v.x[n, c], i, j, (v.width, v.width), v.stride).max()
    return y


def _hot(v):
    return np.eye(v.x.shape[1])[v.labels]


OVERWRITE = "where windows overlap, gradient is lost: the backward assigns, not adds"
GENERIC = tuple(
    Row(out, name, f"{d} {words}", lambda v, d=d, by=by: getattr(v, d) * by(v.n))
    for out, d in WORD.items() if out != "y" for name, words, by in (
        ("wrong sign", "has the wrong sign", lambda n: -1),
        ("averaged", "is divided by N once too often", lambda n: 1 / n),
        ("not averaged", "is not divided by N", lambda n: n)))
NORM = (
    Row("y", "over the samples", "the statistics go over the samples, as batch norm's "
        "do", _over_samples, "mu"),
    Row("y", "no eps", "eps is left out", lambda v: v.by(v.xmu, np.sqrt(v.var)),
        "vareps"),
    Row("y", "eps outside the root", "eps is added outside the root",
        lambda v: v.by(v.xmu, np.sqrt(v.var) + v.eps), "vareps"),
    Row("y", "no root", "the root is left out", lambda v: v.by(v.xmu, v.var + v.eps),
        "std"),
    Row("y", "unbiased variance", "the variance is divided by m - 1, not by m",
        lambda v: v.by(v.xmu, np.sqrt(v.var * v.X.shape[1] / (v.X.shape[1] - 1)
                                      + v.eps)), "var"),
    Row("y", "mean subtracted", "the mean is subtracted: that is layer norm",
        lambda v: v.by(v.X - v.m(v.X), np.sqrt(v.m((v.X - v.m(v.X))**2) + v.eps)),
        "xmu"),
    Row("y", "no gamma", "gamma is left out", lambda v: v.xhat + v.B, "gx"),
    Row("y", "no beta", "beta is left out", lambda v: v.G * v.xhat),
    Row("x", "no mean path", "dx lacks the path through the mean",
        lambda v: _back(v, v.dxhat, v.m, first=False), "mu"),
    Row("x", "no variance path", "dx lacks the path through the variance",
        lambda v: _back(v, v.dxhat, v.m, second=False), "var"),
    Row("x", "mean path too", "dx has a path through a mean, and none is taken",
        lambda v: _back(v, v.dxhat, v.m)),
    Row("x", "constants", "dx takes the statistics for constants: it is dxhat · ivar",
        lambda v: v.dxhat * v.ivar),
    Row("x", "over the samples", "the means in the backward go over the samples, as "
        "batch norm's do", lambda v: _back(v, v.dxhat, v.over), "mu"),
    Row("x", "N for m", "the means in the backward divide by N, not by how many values "
        "a statistic has", lambda v: _back(
            v, v.dxhat, lambda a: a.sum(axis=1, keepdims=True) / v.n), "mu"),
    Row("x", "gamma outside", "gamma multiplies the whole of dx: it differs from "
        "feature to feature and belongs inside the means",
        lambda v: v.G * _back(v, v.D, v.m), "xhat"),
    Row("x", "no gamma", "gamma is left out of dx", lambda v: _back(v, v.D, v.m),
        "xhat"),
    Row("gamma", "dbeta for dgamma", "dgamma is dbeta", lambda v: v.dy.sum(v.all)),
    Row("gamma", "x for xhat", "dgamma has x where xhat should stand",
        lambda v: (v.dy * v.x).sum(v.all)),
    Row("beta", "dgamma for dbeta", "dbeta is dgamma", lambda v: v.dgamma))
RELU = (
    Row("y", "absolute", "y is |x|", lambda v: np.abs(v.x)),
    Row("x", "open at 0", "the gradient passes where x is exactly 0; it should be 0 "
        "there", lambda v: v.dy * (v.x >= 0)),
    Row("x", "no mask", "dx is dy: the gradient passes where x is negative",
        lambda v: v.dy),
    Row("x", "times y", "dx is dy · y, not dy where x > 0", lambda v: v.dy * v.y),
    Row("x", "mask of dy", "the mask is of dy, not of x", lambda v: v.dy * (v.dy > 0)),
    Row("x", "no dy", "dx is the mask alone: dy is left out", lambda v: v.x > 0))
NO_BIAS = Row("y", "no bias", "the bias is left out", lambda v: v.y - np.reshape(
    v.b, (-1, *[1] * (v.x.ndim - 2))))
NO_CLASS = "right class left out"
WRONG = {
    **dict.fromkeys(PARTS, NORM), "relu": RELU,
    "leaky relu": (*RELU[2:], Row("x", "slope left out", "dx is 0 where x is negative: "
                                  "the slope is left out", lambda v: v.dy * (v.x > 0))),
    "max pool": (
        Row("y", "width for height", "y is wrong where a window is not square: its "
            "height and width are taken for each other", _square),
        *(Row("x", "one tie gets all", "one of tied maxima gets all of the gradient "
              "(as in frameworks)", _pooled(way), is_note=True)
          for way in ("first", "last")),
        Row("x", "every tie gets all", "each tied maximum gets the whole gradient: "
            "they should share it", _pooled("every")),
        *(Row("x", "windows overwrite", OVERWRITE, _pooled(way, add=False))
          for way in ("tied", "first", "every"))),
    "average pool": (
        Row("y", "summed", "y is the sum of each window, not its mean",
            lambda v: v.y * v.height * v.width),
        Row("x", "not shared", "each value of a window gets the whole gradient",
            lambda v: v.dx * v.height * v.width),
        Row("x", "windows overwrite", OVERWRITE, _pooled("all", add=False))),
    "convolution": (NO_BIAS, Row(
        "y", "kernel turned", "the kernel is turned around: layers do not turn it",
        lambda v: v.of({**vars(v), "w": v.w[..., ::-1, ::-1]})[0])),
    "affine": (NO_BIAS, Row("y", "bias subtracted", "the bias is subtracted",
                            lambda v: v.y - 2 * v.b)),
    "softmax loss": (Row("x", NO_CLASS, "dx lacks the -1 at the right class",
                         lambda v: v.dx + _hot(v) / v.n),),
    "svm loss": (
        Row("y", "right class counted", "the right class is counted too: the loss is "
            "larger by the margin", lambda v: v.y + 1),
        Row("x", NO_CLASS, "dx lacks minus the count of violated margins at the right "
            "class", lambda v: v.dx * (1 - _hot(v))),
        Row("x", "right class gets -1", "the right class gets -1, not minus the count "
            "of violated margins",
            lambda v: v.dx * (1 - _hot(v)) - _hot(v) / v.n)),
    "cross-entropy": (Row(
        "x", "through the softmax", "dx is the gradient by the logits of a softmax "
        "before it", lambda v: (v.x - _hot(v)) / v.n, is_note=True),),
    "dropout": (
        Row("x", "backward not scaled", "dx has the mask and lacks its scale",
            lambda v: v.dy * (v.y != 0)),
        Row("x", "backward without mask", "dx is dy: the backward lacks the mask",
            lambda v: v.dy),
        Row("x", "mask twice", "dx is scaled twice",
            lambda v: v.dy * (v.y / v.x)**2)),
}
