"""Where a reader's running statistics start, and whether there are any."""

import inspect

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.told import Told, note

CLOSE = 1e-7
STARTS = {  # the running variance's start -> what is told of it
    0: note("zero start", "var", "the running variance starts at 0, so that test mode "
            "is far off before much training (cs231n's)"),
    1: note("start", "var", "running mean and variance start at 0 and 1")}
FIRST = note("start", "var", "running statistics start at the first batch's")


def stateless(reader, p):
    """Whether functions take a bn_param and read nothing of it but eps."""
    if reader.kind != "functions" or not reader.has_state or reader.keeps:
        return False
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
    given = set(session.bn_param) | {"mode"}
    try:
        y = session.forward(p.x.copy())
        if set(session.bn_param) != given:
            return False
        session.set_running(np.full(p.gamma.size, 3.0), np.full(p.gamma.size, 5.0))
        return all(np.array_equal(y, session.forward(p.x.copy(), mode=mode))
                   for mode in ("test", "no such mode"))
    except Broke:
        return False


def start_of_layer(session, reader):
    """Where a class's running statistics start, before a forward."""
    kept = session.running() if inspect.isclass(reader.thing) else None
    return _said(*map(_constant, kept)) if kept is not None else []


def start_of_functions(reader, p, w, batch):
    """Where functions start them, seen at the first batch; w: old's weight, new's."""
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps, momentum=0.7)
    session.forward(p.x.copy())
    kept = session.running()
    if kept is None or abs(w[0]) < CLOSE:
        return []
    mean, var = (a.ravel() for a in kept)
    if fits(mean, batch[0], CLOSE):
        return [FIRST]
    m = p.x.size / p.gamma.size
    found = [_constant((var - w[1] * v) / w[0])
             for v in (batch[1], batch[1] * m / (m - 1))]
    return _said(_constant((mean - w[1] * batch[0]) / w[0]),
                 next((v for v in found if v is not None), None))


def _constant(a):
    """The one value of an array, or None."""
    return round(float(a.flat[0]), 9) if np.ptp(a) < CLOSE else None


def _said(mean, var):
    if mean:
        return [Told("running mean's start", "mu", f"the running mean starts at "
                     f"{mean:g}, not 0")]
    return [STARTS[var]] if mean == 0 and var in STARTS else []
