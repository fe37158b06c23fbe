"""A reader's running statistics and test mode, under every documented convention."""

import numpy as np

from bnbook.check.diagnosis.calls import Broke, find
from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.test_mode import test_mode
from bnbook.check.diagnosis.told import Told, note

CLOSE = 1e-7
BACKWARD_NODE = "xhat"


ZERO = note("zero start", "var", "the running variance starts at 0 (cs231n's "
            "convention): in test mode before much training y is far too large")


def weights(new, old, batch):
    """(a, b) with new = a old + b batch, or None."""
    columns = np.stack([old, batch], 1)
    solution = np.linalg.lstsq(columns, new)[0]
    return tuple(solution) if fits(columns @ solution, new, CLOSE) else None


def kept_from(new, old, batch):
    """Whether new is an average of old and batch: weights that add up to 1."""
    w = weights(new.ravel(), old, batch.ravel())
    return w is not None and abs(sum(w) - 1) < CLOSE


def running(reader, p, own=None):
    """What one training forward does to running statistics that were set.

    own: mean and variance of the reader's own forward, which may have a fault.
    """
    rng = np.random.default_rng(3)
    c = p.gamma.size
    old = rng.normal(size=c), rng.uniform(0.5, 2, c)
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps,
                           **({"momentum": 0.9} if reader.takes_momentum else {}))
    start = _start(session, reader, p)
    if not session.set_running(*old):
        return start
    session.forward(p.x.copy())
    now = session.running()
    if now is None or any(np.size(a) != c for a in now):
        return [note("no running statistics", "mu", "no running statistics were found")]
    axes = tuple(i for i in range(p.x.ndim) if i != 1)
    batch = p.x.mean(axis=axes), p.x.var(axis=axes)
    if own == ():  # y is wrong in no known way, and so may its statistics be
        return start
    if own is not None:
        own = [np.broadcast_to(a.ravel(), c) if a.size in (1, c) else b
               for a, b in zip(own, batch)]
        batch = tuple(mine.ravel() if kept_from(now[i], old[i], mine) else right
                      for i, (mine, right) in enumerate(zip(own, batch)))
    w = weights(now[0].ravel(), old[0], batch[0])
    if w is None:
        return [*start, Told("running mean", "mu", "the running mean is no weighted "
                             "sum of the old one and the batch's", False)]
    start += _first(reader, p, w, batch[1])
    return start + _momentum(w, session, reader) + _variance(
        w, now[1].ravel(), old[1], batch, p, batch[1] if own is None else own[1])


def _first(reader, p, w, var):
    """A note where functions start the running variance at 0, seen at the first batch.
    """
    if reader.kind == "layer":
        return []
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
    session.forward(p.x.copy())
    m = p.x.size / p.gamma.size
    kept = session.running()
    zero = kept is not None and any(
        fits(kept[1].ravel(), w[1] * v, CLOSE) for v in (var, var * m / (m - 1)))
    return [ZERO] if zero and abs(w[0]) > CLOSE else []


def _start(session, reader, p):
    """Where running statistics start: a note."""
    kept = session.running()
    if kept is None:
        return []
    mean, var = (np.unique(a) for a in kept)
    if mean.size == var.size == 1 and var[0] == 0:
        return [ZERO]
    return []


def _momentum(w, session, reader):
    a, b = w
    if abs(a + b - 1) > CLOSE:
        return [Told("weights of the running mean", "mu", "the running mean is "
                     f"{a:.4g} · old + {b:.4g} · new: the weights must add up to 1")]
    if abs(b) < CLOSE:
        return [Told("running mean stays", "mu", "the running mean is not updated")]
    if reader.kind == "functions":
        given = 0.9
    else:
        place = find(session.layer, "momentum")
        given = place[0][place[1]] if place else None
        given = given if isinstance(given, (int, float)) else None
    if given is None:
        given = max(a, b) if b <= 0.5 else a
        if b <= 0.5:
            return []
    new = abs(b - given) < CLOSE
    if abs(a - given) < CLOSE and not (new and given == 0.5):
        if reader.kind != "layer":
            return []
        return [note("momentum weighs the old value", "mu", f"momentum, {given:g}, "
                     "weighs the old value (cs231n's, ONNX's and Keras's convention): "
                     "at 1 the statistics never move")]
    if new and given <= 0.5:
        return [note("momentum weighs the new value", "mu", f"momentum, {given:g}, "
                     "weighs the new value (PyTorch's convention)")]
    if new or b > 0.5:
        return [Told("momentum weighs the new value", "mu", "momentum weighs the new "
                     f"value: the running mean is {a:.4g} · old + {b:.4g} · new")]
    return [Told("momentum ignored", "mu", f"the momentum, {given:g}, is not used: the "
                 f"running mean is {a:.4g} · old + {b:.4g} · new")]


def _variance(w, new, old, batch, p, own_var):
    a, b = w
    m = p.x.size // p.gamma.size
    mean, var = batch
    if fits(new, a * old + b * var, CLOSE):
        return []
    if fits(new, a * old + b * var * m / (m - 1), CLOSE):
        return [note("unbiased running variance", "var", "the running variance is "
                     "unbiased, divided by N − 1 (PyTorch's convention)")]
    others = (
        ("running std", np.sqrt(own_var + p.eps),
         "the standard deviation, not of the variance"),
        ("running std", np.sqrt(var), "the standard deviation, not of the variance"),
        ("running std", np.sqrt(var + p.eps),
         "the standard deviation, not of the variance"),
        ("running var with eps", var + p.eps, "the variance with eps in it"),
        ("running mean of squares", var + mean**2, "the mean of x², not of the "
                                                   "variance"),
        ("running var of the mean", mean, "the mean, not of the variance"),
        ("running inverse", 1 / np.sqrt(var + p.eps), "1/std, not of the variance"))
    for name, value, words in others:
        if fits(new, a * old + b * value, CLOSE):
            return [Told(name, "var", f"the running variance is an average of {words}")]
    for value in (var, var * m / (m - 1)):
        if fits(new, b * old + a * value, CLOSE):
            return [Told("momentum weighs the new value", "var", "in the running "
                         "variance momentum weighs the new value, in the running mean "
                         "the old")]
    found = weights(new, old, var)
    if found:
        return [Told("weights of the running variance", "var", "the running variance "
                     f"is {found[0]:.4g} · old + {found[1]:.4g} · new, the mean "
                     f"{a:.4g} and {b:.4g}")]
    return [Told("running variance", "var", "the running variance is no average of "
                 "variances", False)]


def state(reader, p, seen, own=None):
    """Running statistics, then test mode; what breaks on the way is a note."""
    if not reader.has_state:
        return []
    told = []
    for check in (lambda: running(reader, p, own),
                  lambda: test_mode(reader, p, seen.results)):
        try:
            told += check()
        except Broke as broke:
            told.append(note("not run in full", "y", "running statistics or test mode "
                             f"could not be run in full: {broke}"))
        except Exception:  # a comparison of what may be anything
            told.append(note("not run in full", "y", "running statistics or test mode "
                             "gave what cannot be compared"))
    return told
