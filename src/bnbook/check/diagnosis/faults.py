"""Faults that people write beside those of `faults`: what a diagnosis compares with.

The derivatives here are wrong on purpose, or those of the wrong functions.
"""

import numpy as np

from bnbook.check.implementations import Specimen, from_graph
from bnbook.check.mutants import altered, rewired, with_eps
from bnbook.graph import OPS, Op, Step

SUM = Op(
    lambda axes, a: a.sum(axis=axes, keepdims=True),
    lambda axes, g, y, a: (np.broadcast_to(g, a.shape),), "", ())
ONE_MEAN = Op(
    lambda axes, a: a.mean(keepdims=True),
    lambda axes, g, y, a: (np.broadcast_to(g / a.size, a.shape),), "", ())
ABS = Op(lambda axes, a: np.abs(a), lambda axes, g, y, a: (g * np.sign(a),), "", ())
FLIPPED = Op(lambda axes, a, b: b - a, lambda axes, g, y, a, b: (-g, g), "", ())


def _rewired(name, sentence, ops=OPS, axes=None, **steps):
    options = {} if axes is None else {"axes": axes}
    steps = {key: tuple(Step(*row) for row in rows) for key, rows in steps.items()}
    return Specimen(name, sentence, from_graph(rewired(**steps), ops, **options))


MORE_FORWARD = (
    _rewired("gamma forgotten", "your forward leaves γ out", gx=(
        ("zero", "subtract", ("gamma", "gamma")), ("gx", "add", ("zero", "xhat")))),
    _rewired("beta subtracted", "β is subtracted where it should be added",
             y=(("y", "subtract", ("gx", "beta")),)),
    _rewired("gamma and beta swapped", "γ is added and β multiplies",
             gx=(("gx", "multiply", ("beta", "xhat")),),
             y=(("y", "add", ("gx", "gamma")),)),
    _rewired("gamma added", "γ is added to xhat where it should multiply",
             gx=(("gx", "add", ("gamma", "xhat")),)),
    _rewired("beta multiplied", "β multiplies where it should be added",
             y=(("y", "multiply", ("gx", "beta")),)),
    _rewired("divided by gamma", "xhat is divided by γ", gx=(
        ("over", "reciprocal", ("gamma",)), ("gx", "multiply", ("over", "xhat")))),
    _rewired("mean added", "the mean is added to x where it should be subtracted",
             xmu=(("xmu", "add", ("x", "mu")),)),
    _rewired("x scaled, not xmu", "x is divided by the standard deviation without its "
             "mean subtracted", xhat=(("xhat", "multiply", ("x", "ivar")),)),
    _rewired("deviation's sign", "xmu is mu − x: the deviation has the wrong sign",
             {**OPS, "flipped": FLIPPED}, xmu=(("xmu", "flipped", ("x", "mu")),)),
    _rewired("mean is a sum", "mu lacks 1/N: it is a sum, not a mean",
             {**OPS, "sum": SUM}, mu=(("mu", "sum", ("x",)),)),
    _rewired("variance is a sum", "var lacks 1/N: it is a sum, not a mean",
             {**OPS, "sum": SUM}, var=(("var", "sum", ("sq",)),)),
    _rewired("one mean for all", "the mean is one number for the whole batch, not one "
             "a channel", {**OPS, "one mean": ONE_MEAN},
             mu=(("mu", "one mean", ("x",)),)),
    _rewired("one variance for all", "the variance is one number for the whole batch, "
             "not one a channel", {**OPS, "one mean": ONE_MEAN},
             var=(("var", "one mean", ("sq",)),)),
    _rewired("mean absolute deviation", "xmu is divided by the mean of |xmu|: the "
             "deviations are not squared", {**OPS, "abs": ABS},
             sq=(("sq", "abs", ("xmu",)),), std=(("std", "add", ("var", "eps")),),
             vareps=()),
    _rewired("deviations not squared", "var is the mean of |xmu|, not of xmu²",
             {**OPS, "abs": ABS}, sq=(("sq", "abs", ("xmu",)),)),
    _rewired("eps subtracted", "eps is subtracted from the variance",
             vareps=(("vareps", "subtract", ("var", "eps")),)),
    _rewired("eps squared", "eps is squared before it is added to the variance",
             vareps=(("eps2", "square", ("eps",)), ("vareps", "add", ("var", "eps2")))),
    _rewired("eps added twice", "eps is added twice", vareps=(
        ("once", "add", ("var", "eps")), ("vareps", "add", ("once", "eps")))),
    _rewired("eps added at the end", "eps is added to 1/std, not to the variance",
             vareps=(("std", "sqrt", ("var",)),),
             std=(("ivars", "reciprocal", ("std",)),),
             ivar=(("ivar", "add", ("ivars", "eps")),)),
    _rewired("standard deviation multiplied",
             "xmu is multiplied by the standard deviation, not divided by it",
             ivar=(("zero", "subtract", ("std", "std")),
                   ("ivar", "add", ("zero", "std")))),
    _rewired("root of the root", "the root is taken twice",
             ivar=(("root", "sqrt", ("std",)), ("ivar", "reciprocal", ("root",)))),
    _rewired("not scaled", "xmu is not divided by the standard deviation",
             ivar=(("over", "reciprocal", ("std",)),
                   ("ivar", "multiply", ("std", "over")))),
    _rewired("variance not squared", "the variance is squared: var² stands in place of "
             "var", vareps=(("var2", "square", ("var",)),
                            ("vareps", "add", ("var2", "eps")))),
    _rewired("instance norm", "statistics are of each row's own pixels: instance norm",
             axes=lambda x: tuple(range(2, x.ndim)) or 1),
    _rewired("layer norm", "each row has its own statistics: layer norm",
             axes=lambda x: tuple(range(1, x.ndim))),
    *(Specimen(f"eps of {eps:g}", f"your eps is {eps:g} whatever the caller says",
               with_eps(eps))
      for eps in (1e-5, 1e-6, 1e-8, 1e-7, 1e-4, 1e-12, 1e-2)),
    Specimen("eps forgotten", "eps is left out: 1 / sqrt(var)", with_eps(0.0)),
)


def _dgamma(words):
    return altered(lambda dy, t, dx, dgamma, dbeta: (
        dx, (dy * words(t)).sum(axis=t.axes), dbeta))


def _dx(change):
    """dx with the part along the variance path computed otherwise."""
    def changed(dy, t, dx, dgamma, dbeta):
        v = t.values
        dxhat = dy * v["gamma"]
        straight = dxhat * v["ivar"]
        return change(t, v, dxhat, straight), dgamma, dbeta
    return altered(changed)


def _sum(t, a):
    return a.sum(axis=t.axes, keepdims=True)


def _mean(t, a):
    return a.mean(axis=t.axes, keepdims=True)


def _centred(t, a):
    return a - a.mean(axis=t.axes, keepdims=True)


def _by_variance(t, v, divar, with_):
    """What comes by way of the variance, from divar and the deviations it meets."""
    m = v["x"].size / v["var"].size
    return -divar * v["ivar"] ** 3 * with_ / m


MORE_BACKWARD = (
    Specimen("dgamma without xhat", "dgamma is the sum of dy: it lacks xhat",
             _dgamma(lambda t: np.ones_like(t.values["x"]))),
    Specimen("dgamma from y", "dgamma sums dy · y, not dy · xhat",
             _dgamma(lambda t: t.values["y"])),
    Specimen("dgamma from dxhat", "dgamma sums γ · dy · xhat, not dy · xhat",
             _dgamma(lambda t: t.values["gx"])),
    Specimen("dgamma and dbeta swapped", "dgamma and dbeta are returned in each "
             "other's "
             "place", altered(lambda dy, t, dx, dgamma, dbeta: (dx, dbeta, dgamma))),
    Specimen("dbeta from dx", "dbeta sums dxhat or dx, not dy",
             altered(lambda dy, t, dx, dgamma, dbeta: (dx, dgamma, dx.sum(t.axes)))),
    Specimen("divar from x", "divar sums dxhat · x, not dxhat · xmu",
             _dx(lambda t, v, d, s: _centred(t, s) + _by_variance(
                 t, v, _sum(t, d * v["x"]), v["xmu"]))),
    Specimen("dsq times x", "the gradient of the square is 2 · dsq · x, not 2 · dsq · "
             "xmu", _dx(lambda t, v, d, s: _centred(t, s) + _by_variance(
                 t, v, _sum(t, d * v["xmu"]), v["x"]))),
    Specimen("dsq times centred x", "the gradient of the square is 2 · dsq · x, not 2 "
             "· dsq · xmu, and its mean is taken off again",
             _dx(lambda t, v, d, s: _centred(t, s + _by_variance(
                 t, v, _sum(t, d * v["x"]), v["x"])))),
    Specimen("variance path without its deviations", "the path through the variance is "
             "not multiplied by xmu", _dx(lambda t, v, d, s: _centred(t, s)
             + _by_variance(t, v, _sum(t, d * v["xmu"]), 1))),
    Specimen("divar without xmu", "divar sums dxhat, not dxhat · xmu",
             _dx(lambda t, v, d, s: _centred(t, s) + _by_variance(
                 t, v, _sum(t, d), v["xmu"]))),
    Specimen("divar not summed", "divar is not summed over the batch",
             _dx(lambda t, v, d, s: _centred(t, s) + _by_variance(
                 t, v, d * v["xmu"], v["xmu"]))),
    Specimen("dmu not summed", "dmu is not summed over the batch",
             _dx(lambda t, v, d, s: s - s * (v["var"].size / s.size) + _by_variance(
                 t, v, _sum(t, d * v["xmu"]), v["xmu"]))),
    Specimen("closed form with y", "y stands where xhat should in dx",
             _dx(lambda t, v, d, s: _centred(t, s) - v["ivar"] * v["y"] * _sum(
                 t, d * v["y"]) * (v["var"].size / s.size))),
    Specimen("closed form without xhat", "in dx, Σ dy · xhat lacks the xhat before it",
             _dx(lambda t, v, d, s: _centred(t, s) - v["ivar"] * _mean(
                 t, d * v["xhat"]))),
    Specimen("closed form, dy for dy xhat", "in dx, xhat stands before Σ dy, not "
             "before Σ dy · xhat", _dx(lambda t, v, d, s: _centred(t, s)
                                - v["ivar"] * v["xhat"] * _mean(t, d))),
    Specimen("closed form over N - 1", "in dx, dy is multiplied by N − 1, not N",
             _dx(lambda t, v, d, s: _centred(t, s) - s * (v["var"].size / s.size)
                 + _by_variance(t, v, _sum(t, d * v["xmu"]), v["xmu"]))),
    Specimen("dmu over the features", "in dx, dy is summed over the features, not over "
             "the batch", _dx(lambda t, v, d, s: s - v["gamma"] * v["ivar"] * (
                 d / v["gamma"]).sum(axis=1, keepdims=True) * (v["var"].size / s.size)
                 + _by_variance(t, v, _sum(t, d * v["xmu"]), v["xmu"]))),
    Specimen("dmu over everything", "in dx, dy is summed over the whole batch, not a "
             "channel at a time", _dx(lambda t, v, d, s: s - v["gamma"] * v["ivar"] * (
                 d / v["gamma"]).sum() * (v["var"].size / s.size)
                 + _by_variance(t, v, _sum(t, d * v["xmu"]), v["xmu"]))),
    Specimen("dx is dy", "dx is dy itself",
             altered(lambda dy, t, dx, dgamma, dbeta: (dy.copy(), dgamma, dbeta))),
)
