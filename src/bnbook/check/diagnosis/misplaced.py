"""A y that is right but for one thing: whose statistics, its places, its limits."""

import numpy as np

from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.told import Told
from bnbook.graph import BATCH_NORM, run
from bnbook.norm.batch_norm import statistics_axes

LOOSE = 1e-6


def truth(p):
    """The trace of the right forward and backward on a probe."""
    shape = (-1, *[1] * (p.x.ndim - 2))
    inputs = {"x": p.x, "eps": p.eps, "gamma": p.gamma.reshape(shape),
              "beta": p.beta.reshape(shape)}
    return run(BATCH_NORM, inputs, p.dy, axes=statistics_axes(p.x))


def _scaled(p, xhat):
    shape = (-1, *[1] * (p.x.ndim - 2))
    return p.gamma.reshape(shape) * xhat + p.beta.reshape(shape)


def by_running(seen):
    """A fault: in training y is normalized by the running statistics."""
    wrong = None
    for s in seen:
        p, kept = s.probe, getattr(s.session, "running", lambda: None)()
        if kept is None or any(np.size(a) != p.gamma.size for a in kept):
            return None
        axes, shape = statistics_axes(p.x), (-1, *[1] * (p.x.ndim - 2))
        batch = p.x.mean(axes, keepdims=True), p.x.var(axes, keepdims=True)
        mean, var = (a.reshape(shape) for a in kept)
        found = {words for words, m, v in (
            ("", mean, var), (" in the mean", mean, batch[1]),
            (" in the variance", batch[0], var))
            if fits(s.results["y"], _scaled(p, (p.x - m) / np.sqrt(v + p.eps)), LOOSE)}
        wrong = found if wrong is None else wrong & found
    if not wrong:
        return None
    where = wrong.pop()
    what = where[8:] or "statistics"
    return Told("training by running statistics", "var" if "var" in where else "mu",
                f"in training y is normalized by the running {what}, not the batch's")


def moved(seen):
    """A fault: y's numbers are right, or nearly, and stand in the wrong places."""
    def every(value):
        return all(s.probe.x.ndim == 4 and fits(s.results["y"], value(s), LOOSE)
                   for s in seen)

    def unmoved(s):
        rows = s.probe.x.reshape(-1, s.probe.x.shape[1])
        xhat = (rows - rows.mean(0)) / np.sqrt(rows.var(0) + s.probe.eps)
        return (xhat * s.probe.gamma + s.probe.beta).reshape(s.probe.x.shape)

    def not_back(s):
        y = np.moveaxis(truth(s.probe).values["y"], 1, -1)
        return y.reshape(s.probe.x.shape)

    if every(unmoved):
        return Told("reshape mixes channels", "mu", "(N, C, H, W) is reshaped to rows "
                    "of C without moving the channels last: each statistic mixes "
                    "channels")
    if every(not_back):
        return Told("reshape not undone", "y", "y's numbers are right and stand in "
                    "wrong places: move the channels back to axis 1 after the reshape")
    return None


def clipped(got, expected):
    """The limits between which every expected array was cut, or None."""
    low, high = min(a.min() for a in got), max(a.max() for a in got)
    if all(fits(g, np.clip(e, low, high), LOOSE) for g, e in zip(got, expected)):
        return low, high
    return None


def cut(seen):
    """A fault: y is cut off at a limit, as by a ReLU."""
    limits = clipped([s.results["y"] for s in seen],
                     [truth(s.probe).values["y"] for s in seen])
    if not limits:
        return None
    if abs(limits[0]) < LOOSE:
        return Told("relu in y", "y", "y is max(0, y): there is a ReLU in your forward")
    return Told("y clipped", "y", f"y is cut off at {limits[0]:.4g} and "
                f"{limits[1]:.4g}")
