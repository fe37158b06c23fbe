"""Where running statistics start, which value momentum weighs, which number it is."""

import inspect
from contextlib import suppress

import numpy as np

from bnbook.check.diagnosis.calls import Broke, meanings, parameters
from bnbook.check.diagnosis.probes import MOMENTUM, fits
from bnbook.check.diagnosis.running_variance import CLOSE, REVERSED, weights
from bnbook.check.diagnosis.told import Told, note
from bnbook.check.reading.parameters import number_named

STARTS = {  # the running variance's start -> what is told of it
    0: note("zero start", "var", "the running variance starts at 0, so that test mode "
            "is far off before much training (cs231n's)"),
    1: note("start", "var", "running mean and variance start at 0 and 1")}
FIRST = note("start", "var", "running statistics start at the first batch's")
STAYS = Told("running mean stays", "mu", "the running mean is not updated")
LATEST = note("running statistics of one batch", "mu", "the running statistics are the "
              "latest batch's")


def momentum(a, b, given, own, reader):
    """What is told of the weights of the running mean, a · old + b · new."""
    words = f"the running mean is {a:.4g} · old + {b:.4g} · new"
    asked = reader.kind == "layer" or reader.takes_momentum
    rows = (  # the first that holds is told
        (abs(a + b - 1) > CLOSE, Told("weights of the running mean", "mu", f"{words}: "
                                      "the weights must add up to 1")),
        (abs(b) < CLOSE, STAYS), (abs(a) < CLOSE, LATEST),
        (abs(b - given) < CLOSE and own <= 0.5, note(
            REVERSED, "mu", f"momentum {own:g} weighs the new value (PyTorch's)")),
        (abs(a - given) < CLOSE, _old(reader, own)),
        (b > 0.5 + CLOSE, Told(REVERSED, "mu", f"{REVERSED}: {words}",
                               not np.isnan(given))),
        (asked and not np.isnan(given), Told("momentum ignored", "mu", "the momentum, "
                                             f"{given:g}, is not used: {words}")))
    return [told for holds, told in rows if holds][:1]


def momenta(session, reader, other):
    """(the momentum that it ran with, the one that is its own); NaN if not known."""
    if reader.kind == "layer":
        own = number_named(session.layer, "momentum")
        return (np.nan if own is None else own,) * 2
    defaults = [q.default for q in parameters(reader.theirs[0])
                if "momentum" in meanings(q.name) and isinstance(q.default, float)]
    return MOMENTUM, next(iter(defaults), other)


def default(w, reader, p, old, mean):
    """The momentum that functions have if their dict has none; NaN if not known."""
    session = reader.on(p)
    given = [abs(a - MOMENTUM) < CLOSE for a in w]
    if reader.kind != "functions" or not any(given):
        return np.nan
    session.set_running(*old)
    session.bn_param.pop("momentum")
    with suppress(Broke):
        session.forward(p.x.copy())
        again = weights(session.running()[0].ravel(), old[0], mean)
        return again[given.index(True)] if again else np.nan
    return np.nan


def _old(reader, own):
    """A note; a fault of code that has PyTorch's number in the other convention."""
    words = "momentum" if np.isnan(own) else f"momentum {own:g}"
    if own < 0.5 and (reader.kind != "layer" or inspect.isclass(reader.thing)):
        return Told("momentum's number", "mu", f"{words} weighs the old value: the "
                    f"running mean is {own:g} · old + {1 - own:g} · new. {own:g} is "
                    "the number of frameworks in which it weighs the new value")
    return note("momentum weighs the old value", "mu", f"{words} weighs the old value "
                "(cs231n's, ONNX's and Keras's)")


def stateless(reader, p):
    """Whether functions take a bn_param and read nothing of it but eps."""
    if reader.kind != "functions" or not reader.has_state or reader.keeps:
        return False
    session = reader.on(p)
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
    session = reader.on(p, momentum=0.7)
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
