"""A reader's running statistics and test mode, under every documented convention."""

import inspect

import numpy as np

from bnbook.check.diagnosis.calls import Broke, find
from bnbook.check.diagnosis.running_variance import (
    CLOSE,
    REVERSED,
    running_variance,
    weights,
)
from bnbook.check.diagnosis.start import (
    start_of_functions,
    start_of_layer,
    stateless,
)
from bnbook.check.diagnosis.test_mode import test_mode
from bnbook.check.diagnosis.told import Told, note

MOMENTUM = 0.7  # not the 0.9 that code may have written in it


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
                           **({"momentum": MOMENTUM} if reader.takes_momentum else {}))
    start = start_of_layer(session, reader) if reader.kind == "layer" else []
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
    if reader.kind == "functions":
        start += start_of_functions(reader, p, w, batch)
    means = old[0], now[0].ravel()
    told = _momentum(w, session, reader)
    told += running_variance(w, means, now[1].ravel(), old[1], batch, p,
                             batch[1] if own is None else own[1], told)
    return told + start


def _momentum(w, session, reader):
    a, b = w
    if abs(a + b - 1) > CLOSE:
        return [Told("weights of the running mean", "mu", "the running mean is "
                     f"{a:.4g} · old + {b:.4g} · new: the weights must add up to 1")]
    if abs(b) < CLOSE:
        return [Told("running mean stays", "mu", "the running mean is not updated")]
    if reader.kind == "functions":
        given = MOMENTUM
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
        return _old(reader, given)
    if new and given <= 0.5:
        return [note(REVERSED, "mu", f"momentum {given:g} weighs the new value "
                     "(PyTorch's)")]
    if new or b > 0.5:
        return [Told(REVERSED, "mu", f"{REVERSED}: the running mean is {a:.4g} · old + "
                     f"{b:.4g} · new")]
    return [Told("momentum ignored", "mu", f"the momentum, {given:g}, is not used: the "
                 f"running mean is {a:.4g} · old + {b:.4g} · new")]


def _old(reader, given):
    """A note; a fault of a class that has PyTorch's number in the other convention."""
    words = f"momentum {given:g} weighs the old value"
    if reader.kind != "layer":
        return [note("momentum weighs the old value", "mu", "momentum weighs the old "
                     "value (cs231n's, ONNX's and Keras's)")]
    if given < 0.5 and inspect.isclass(reader.thing):
        return [Told("momentum's number", "mu", f"{words}: the running mean is "
                     f"{given:g} · old + {1 - given:g} · new. {given:g} is the number "
                     "of frameworks in which it weighs the new value")]
    return [note("momentum weighs the old value", "mu", f"{words} (cs231n's, ONNX's "
                 "and Keras's)")]


def state(reader, p, own=None):
    """Running statistics, then test mode; what breaks on the way is a note."""
    if not reader.has_state:
        return []
    if stateless(reader, p):
        return [note("no test mode", "mu", "no test mode: mode is not read, and there "
                     "are no running statistics")]
    told = []
    for check in (lambda: running(reader, p, own), lambda: test_mode(reader, p)):
        try:
            told += check()
        except Broke as broke:
            told.append(note("not run in full", "y", "running statistics or test mode "
                             f"could not be run in full: {broke}"))
        except Exception:  # a comparison of what may be anything
            told.append(note("not run in full", "y", "running statistics or test mode "
                             "gave what cannot be compared"))
    return told
