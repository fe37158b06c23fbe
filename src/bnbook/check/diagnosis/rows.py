"""The faults of a backward that multiply a part of a gradient, as data."""

from typing import NamedTuple

import numpy as np

S, V, M, G, B = "straight", "variance", "mean", "gamma", "beta"
DX = (S, V, M)
BOTH = "variance, then mean"  # it is 0 wherever xmu is centred
OUTPUT = {S: "x", V: "x", M: "x", G: "gamma", B: "beta"}

# What a part may be multiplied by: a function of a Term.
FACTORS = {
    "0": lambda q: 0.0, "-1": lambda q: -1.0, "2": lambda q: 2.0,
    "1/2": lambda q: 0.5, "-2": lambda q: -2.0, "N": lambda q: q.m,
    "1/N": lambda q: 1 / q.m, "N/(N-1)": lambda q: q.m / (q.m - 1),
    "γ": lambda q: q.gamma, "1/γ": lambda q: 1 / q.gamma, "std": lambda q: q.std,
    "1/std": lambda q: 1 / q.std, "var": lambda q: q.std**2,
    "1/var": lambda q: 1 / q.std**2, "std³": lambda q: q.std**3,
    "no eps": lambda q: q.loss, "no eps³": lambda q: q.loss**3,
    "N·H·W/N": lambda q: q.m / q.n, "N/C": lambda q: q.m / q.c,
}


class Term(NamedTuple):
    """What factors are made of; loss: sqrt(1 + eps / var), what leaving eps out costs;
    m: how many values have one mean, n: how many rows, c: how many channels.
    """

    m: float
    gamma: np.ndarray
    std: np.ndarray
    loss: np.ndarray
    n: float
    c: float


class Row(NamedTuple):
    """A fault of the backward: these parts are multiplied by this factor."""

    name: str
    node: str
    parts: tuple
    factor: str
    sentence: str


ROWS = (
    Row("no variance path", "var", (V,), "0", "dx lacks the path through the variance"),
    Row("no mean path", "mu", (M,), "0", "dx lacks the path through the mean"),
    Row("no straight path", "xhat", (S,), "0", "dx lacks what comes straight from "
                                               "xhat"),
    Row("dx = 0", "x", DX, "0", "dx is all zeros"),
    Row("last message wins at xmu", "xmu", (S, M), "0",
        "xmu's gradient is assigned, not added: only what came by way of sq is left"),
    Row("last message wins at x", "x", (S, V), "0",
        "x's gradient is assigned, not added: only what came by way of mu is left"),
    Row("mean sends all of g", "mu", (V, M), "N",
        "the means lack 1/N in the backward: dsq and dx get all of dvar and dmu"),
    Row("dvar lacks 1/N", "var", (V,), "N", "dvar lacks 1/N on its way to sq"),
    Row("dmu lacks 1/N", "mu", (M,), "N", "dmu lacks 1/N on its way to x"),
    Row("dvar divided twice", "var", (V,), "1/N", "dvar is divided by N twice"),
    Row("dmu divided twice", "mu", (M,), "1/N", "dmu is divided by N twice"),
    Row("dvar over N - 1", "var", (V,), "N/(N-1)", "dvar is divided by N − 1, not N"),
    Row("dmu over N - 1", "mu", (M,), "N/(N-1)", "dmu is divided by N − 1, not N"),
    Row("square without the 2", "sq", (V,), "1/2",
        "the gradient of the square lacks its 2: dxmu gets 2 · xmu · dsq"),
    Row("sqrt without the 1/2", "std", (V,), "2",
        "dvar lacks 1/2: the gradient of the root is 1 / (2 · std)"),
    Row("dvar lacks -1/2", "std", (V,), "-2", "dvar lacks its −1/2"),
    Row("reciprocal's sign", "ivar", (V,), "-1",
        "dvar has the wrong sign: the gradient of 1/std is −1/std²"),
    Row("reciprocal's power", "ivar", (V,), "std",
        "dstd has 1/std where it should have 1/std² (in the closed form: x − mu stands "
        "where xhat should)"),
    Row("dvar's power", "ivar", (V,), "var",
        "dvar has (var + eps)^(−1/2) where it should have (var + eps)^(−3/2)"),
    Row("dvar lacks ivar³", "ivar", (V,), "std³", "dvar lacks (var + eps)^(−3/2)"),
    Row("dvar over std once more", "ivar", (V,), "1/std",
        "dvar is divided by std once too often"),
    Row("dvar over var once more", "ivar", (V,), "1/var",
        "dvar is divided by var + eps once too often"),
    Row("subtract's sign", "mu", (M,), "-1", "dmu has the wrong sign"),
    Row("straight's sign", "xhat", (S,), "-1",
        "what comes straight from xhat has the wrong sign"),
    Row("dx's sign", "x", DX, "-1", "dx has the wrong sign"),
    Row("dx without gamma", "xhat", DX, "1/γ",
        "dx lacks γ: dxhat is γ · dy, not dy"),
    Row("dx with gamma twice", "xhat", DX, "γ", "dx is multiplied by γ twice"),
    Row("dvar without gamma", "xhat", (V,), "1/γ", "dvar lacks γ: it sums dy, not "
                                                   "dxhat"),
    Row("dmu without gamma", "xhat", (M,), "1/γ", "dmu lacks γ: it sums dy, not dxhat"),
    Row("straight without gamma", "xhat", (S,), "1/γ",
        "what comes straight from xhat lacks γ"),
    Row("dxmu without ivar", "xmu", (S, M), "std",
        "dxmu lacks 1/std: dxhat reaches xmu unscaled"),
    Row("dmu without ivar", "mu", (M,), "std", "dmu lacks 1/std"),
    Row("straight without ivar", "xmu", (S,), "std",
        "what comes straight from xhat lacks 1/std"),
    Row("dxmu over var", "xmu", (S, M), "1/std",
        "dxhat is divided by var + eps on its way to xmu, not by std"),
    Row("dx without ivar", "ivar", DX, "std", "dx lacks 1/std"),
    Row("dx over var", "ivar", DX, "1/std", "dx is divided by var + eps, not by std"),
    Row("dvar's root lacks eps", "vareps", (V,), "no eps",
        "dvar has 1 / sqrt(var) where it should have 1 / sqrt(var + eps)"),
    Row("dvar lacks eps", "vareps", (V,), "no eps³",
        "dvar has var^(−3/2) where it should have (var + eps)^(−3/2)"),
    Row("dxmu lacks eps", "vareps", (S, M), "no eps",
        "dxhat reaches xmu divided by sqrt(var), without eps"),
    Row("dx lacks eps", "vareps", DX, "no eps", "dx is divided by sqrt(var), without "
                                                "eps"),
    Row("dx lacks 1/N", "x", DX, "N", "dx lacks 1/N"),
    Row("dx averaged", "x", DX, "1/N", "dx is divided by N once too often"),
    Row("dy lacks N", "x", (S,), "1/N", "in dx, dy lacks N: N · dy − Σ…"),
    Row("both means over N - 1", "mu", (V, M), "N/(N-1)",
        "the backward divides by N − 1, not N"),
    *(Row(f"{what} over {name}", node, parts, factor, f"{words} by {wrong}")
      for what, node, parts, words in (
          ("both means", "mu", (V, M), "the means in the backward divide"),
          ("dvar", "var", (V,), "dvar is divided"),
          ("dmu", "mu", (M,), "dmu is divided"))
      for name, factor, wrong in (
          ("N, not N·H·W", "N·H·W/N", "N, not N·H·W"),
          ("the features", "N/C", "C, the number of features, not by N"))),
    Row("dmu counted twice", "mu", (M,), "2", "dmu is counted twice"),
    Row("dmu halved", "mu", (M,), "1/2", "dmu is halved"),
    Row("dgamma averaged", "gamma", (G,), "1/N",
        "dgamma is the mean over the batch, not the sum"),
    Row("dgamma's sign", "gamma", (G,), "-1", "dgamma has the wrong sign"),
    Row("dgamma = 0", "gamma", (G,), "0", "dgamma is all zeros"),
    Row("dgamma doubled", "gamma", (G,), "2", "dgamma is twice too large"),
    Row("dgamma from xmu", "gamma", (G,), "std", "dgamma sums dy · xmu, not dy · xhat"),
    Row("dgamma over std", "gamma", (G,), "1/std", "dgamma is divided by std too "
                                                   "often"),
    Row("dgamma from dxhat", "gamma", (G,), "γ",
        "dgamma sums γ · dy · xhat, not dy · xhat"),
    Row("dbeta averaged", "beta", (B,), "1/N",
        "dbeta is the mean over the batch, not the sum"),
    Row("dbeta's sign", "beta", (B,), "-1", "dbeta has the wrong sign"),
    Row("dbeta = 0", "beta", (B,), "0", "dbeta is all zeros"),
    Row("dbeta doubled", "beta", (B,), "2", "dbeta is twice too large"),
    Row("dbeta from dxhat", "beta", (B,), "γ", "dbeta sums γ · dy, not dy"),
)

# The node and the words of faults that multiply nothing; others say their own sentence.
SPECIAL_WORDS = {
    "dgamma from x": ("gamma", "dgamma sums dy · x, not dy · xhat"),
    "backward without eps": ("vareps", "the backward divides by sqrt(var), without "
                                       "eps"),
    "dgamma without xhat": ("gamma", ""), "dgamma from y": ("gamma", ""),
    "dgamma from dxhat": ("gamma", ""), "dgamma and dbeta swapped": ("gamma", ""),
    "dbeta from dx": ("beta", ""), "divar from x": ("ivar", ""),
    "dsq times x": ("sq", ""), "dsq times centred x": ("sq", ""),
    "variance path without its deviations": ("sq", ""),
    "divar without xmu": ("ivar", ""),
    "divar not summed": ("ivar", ""), "dmu not summed": ("mu", ""),
    "closed form with y": ("xhat", ""), "dx is dy": ("x", ""),
    "closed form without xhat": ("sq", ""), "dmu over the features": ("mu", ""),
    "closed form, dy for dy xhat": ("ivar", ""), "dmu over everything": ("mu", ""),
    "closed form over N - 1": ("x", ""),
}
