"""More faults of a backward: sums over the wrong things, and another std or eps.

The derivatives here are those of the wrong functions.
"""


import numpy as np

from bnbook.check.diagnosis.faults import _by_variance, _centred, _dx, _sum
from bnbook.check.implementations import Specimen
from bnbook.check.mutants import altered, given_other_inputs

NO_AXIS = "the sum in {} has no axis: one number for all channels"
LAST = "the sum in {} leaves out the last row of the batch"
EPS = "the backward uses another eps, {:g}, than the forward"
OWN_EPS = (1e-5, 1e-3, 1e-6, 1e-7, 1e-8, 1e-4, 1e-12)


def _right_variance(t, v, d):
    return _by_variance(t, v, _sum(t, d * v["xmu"]), v["xmu"])


def _dmu(sent):
    """dx with what goes by way of the mean computed otherwise."""
    return _dx(lambda t, v, d, s: s - sent(v, d, s) + _right_variance(t, v, d))


def _dvar(sent):
    """dx with what goes by way of the variance computed otherwise."""
    return _dx(lambda t, v, d, s: _centred(t, s) - v["xhat"] * v["ivar"] * sent(v, d))


def _m(v):
    return v["x"].size / v["var"].size


def _but_last(t, a):
    return a[:-1].sum(axis=t.axes, keepdims=True)


def _unbiased(dy, t, dx, dgamma, dbeta):
    """The closed form with the standard deviation that divides by N - 1."""
    v = t.values
    m = _m(v)
    std = np.sqrt(v["var"] * m / (m - 1) + v["eps"])
    xhat, d = v["xmu"] / std, dy * v["gamma"]
    dx = (_centred(t, d) - xhat * _sum(t, d * xhat) / m) / std
    return dx, (dy * xhat).sum(axis=t.axes), dbeta


def _with_eps(eps):
    def changed(dy, t, dx, dgamma, dbeta):
        v = t.values
        return dx * v["std"] / np.sqrt(v["var"] + eps), dgamma, dbeta
    return altered(changed)


LATER_BACKWARD = (
    *(Specimen("dmu without axis", NO_AXIS.format("dmu"), _dmu(sent)) for sent in (
        lambda v, d, s: s.sum() / _m(v), lambda v, d, s: s.mean(),
        lambda v, d, s: v["ivar"] * d.sum() / _m(v),
        lambda v, d, s: v["ivar"] * d.mean())),
    *(Specimen("divar without axis", NO_AXIS.format("divar"), _dvar(sent)) for sent in (
        lambda v, d: (d * v["xhat"]).mean(),
        lambda v, d: (d * v["xhat"]).sum() / _m(v),
        lambda v, d: (d * v["xmu"]).sum() * v["ivar"] / _m(v),
        lambda v, d: (d * v["xmu"] * v["ivar"]**3).sum() / v["ivar"]**2 / _m(v))),
    Specimen("dmu without the last row", LAST.format("dmu"), _dx(
        lambda t, v, d, s: s - _but_last(t, s) / _m(v) + _right_variance(t, v, d))),
    Specimen("divar without the last row", LAST.format("divar"), _dx(
        lambda t, v, d, s: _centred(t, s) + _by_variance(
            t, v, _but_last(t, d * v["xmu"]), v["xmu"]))),
    Specimen("dgamma without the last row", LAST.format("dgamma"), altered(
        lambda dy, t, dx, dgamma, dbeta: (
            dx, (dy * t.values["xhat"])[:-1].sum(axis=t.axes), dbeta))),
    Specimen("dbeta without the last row", LAST.format("dbeta"), altered(
        lambda dy, t, dx, dgamma, dbeta: (dx, dgamma, dy[:-1].sum(axis=t.axes)))),
    Specimen("backward over N - 1", "the backward's standard deviation is the unbiased "
             "one: its variance divides by N − 1", altered(_unbiased)),
    *(Specimen("backward's eps", EPS.format(eps), made) for eps in OWN_EPS
      for made in (given_other_inputs(lambda inputs, eps=eps: {**inputs, "eps": eps}),
                   _with_eps(eps))),
)
LATER_NODES = {
    "dmu without axis": "mu", "divar without axis": "ivar",
    "dmu without the last row": "mu", "divar without the last row": "ivar",
    "dgamma without the last row": "gamma", "dbeta without the last row": "beta",
    "backward over N - 1": "var", "backward's eps": "vareps"}
