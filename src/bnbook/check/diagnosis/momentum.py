"""Which value the momentum of running statistics weighs, and which number it is."""

import inspect
from contextlib import suppress

import numpy as np

from bnbook.check.diagnosis.calls import Broke, meanings, parameters
from bnbook.check.diagnosis.running_variance import CLOSE, REVERSED, weights
from bnbook.check.diagnosis.told import Told, note
from bnbook.check.reading.parameters import number_named

MOMENTUM = 0.7  # not the 0.9 that code may have written in it
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
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
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
