"""Where a reader's running statistics start, and whether there are any."""

import inspect

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.told import Told, note

CLOSE = 1e-7
ZERO = note("zero start", "var", "the running variance starts at 0, so that test mode "
            "is far off before much training (cs231n's)")
ONE = note("start", "var", "running mean and variance start at 0 and 1")
FIRST = note("start", "var", "running statistics start at the first batch's")


def stateless(reader, p):
    """Whether functions take a bn_param and read nothing of it but eps."""
    if reader.kind != "functions" or not reader.has_state:
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
    kept = session.running()
    if kept is None or not inspect.isclass(reader.thing):
        return []
    mean, var = (np.unique(a) for a in kept)
    return _said(mean, var) if mean.size == var.size == 1 else []


def start_of_functions(reader, p, w, batch):
    """Where functions start them, seen at the first batch; w: old's weight, new's."""
    a, b = w
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps, momentum=0.7)
    session.forward(p.x.copy())
    kept = session.running()
    if kept is None or abs(a) < CLOSE:
        return []
    m = p.x.size / p.gamma.size
    if fits(kept[0].ravel(), batch[0], CLOSE):
        return [FIRST]
    mean = _constant((kept[0].ravel() - b * batch[0]) / a)
    found = [_constant((kept[1].ravel() - b * v) / a)
             for v in (batch[1], batch[1] * m / (m - 1))]
    var = next((v for v in found if v is not None), None)
    return _said(mean, var) if mean is not None else []


def _constant(a):
    return np.round(a[:1], 9) if np.ptp(a) < CLOSE else None


def _said(mean, var):
    if abs(mean[0]) > CLOSE:
        return [Told("running mean's start", "mu", f"the running mean starts at "
                     f"{mean[0]:g}, not 0")]
    if var is None or var[0] not in (0, 1):
        return []
    return [ZERO] if var[0] == 0 else [ONE]
