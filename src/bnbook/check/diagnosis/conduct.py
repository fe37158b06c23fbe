"""What a reader's code does to memory, and to inputs at the edge of what is asked."""

from contextlib import suppress

import numpy as np

from bnbook.check.diagnosis.calls import Broke, asks_for
from bnbook.check.diagnosis.digits import batch_of_one, digits, float32
from bnbook.check.diagnosis.probes import error, observe
from bnbook.check.diagnosis.told import Told

SLACK = 1e-9


def gathered(checks):
    """What the checks tell; one that breaks says nothing.

    A reader's code may return anything, so that a comparison may break in any way.
    """
    told = []
    for check in checks:
        with suppress(Exception):
            told += check()
    return told


def same(results, expected):
    """Whether results are what they were; NaN is NaN again."""
    def equal(now, before):
        return np.array_equal(np.isnan(now), np.isnan(before)) and error(
            np.nan_to_num(now), np.nan_to_num(before)) <= SLACK

    return all(equal(np.ravel(results[name]), a.ravel())
               for name, a in expected.items() if name in results)


def overwritten(reader, p):
    """Faults: the caller's arrays are changed."""
    arrays = {"x": p.x.copy(), "gamma": p.gamma.copy(), "beta": p.beta.copy(),
              "dout": p.dy.copy()}
    session = reader.start(arrays["gamma"], arrays["beta"], p.eps)
    session.forward(arrays["x"])
    told = _changed(arrays, p, "forward", ())
    session.backward(arrays["dout"])
    return told + _changed(arrays, p, "backward", [t.node for t in told])


def _changed(arrays, p, where, known):
    before = {"x": p.x, "gamma": p.gamma, "beta": p.beta, "dout": p.dy}
    nodes = {"dout": "y"}
    return [Told(f"{name} overwritten", nodes.get(name, name),
                 f"{name} is overwritten: your {where} works in the caller's array")
            for name, a in arrays.items()
            if not np.array_equal(a, before[name])
            and nodes.get(name, name) not in known]


def not_repeatable(reader, p):
    """A fault: calling backward twice gives two results; or a note, if grads add up."""
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
    session.forward(p.x.copy())
    first, again = (session.backward(p.dy.copy()) for _ in range(2))
    if same(again, first):
        return []
    if reader.kind == "layer" and error(again["x"], first["x"]) <= SLACK:
        return [("note", Told("gradients add up", "gamma", "gradients of γ and β add "
                              "up from call to call (PyTorch's convention): set them "
                              "to 0"))]
    return [Told("backward not repeatable", "x",
                 "a second backward of the same forward gives other gradients")]


def last_forward(reader, p, other):
    """A fault: functions whose backward uses the latest forward, not its cache."""
    if reader.kind == "layer":
        return []
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
    session.forward(p.x.copy())
    expected = observe(reader, p).results
    reader.start(other.gamma.copy(), other.beta.copy(), other.eps).forward(
        other.x.copy())
    try:
        if same(session.backward(p.dy.copy()), expected):
            return []
    except Broke:
        pass
    return [Told("only the last forward", "xhat", "backward uses the values of the "
                 "latest forward, not of the cache that it is given")]


def references(reader, p):
    """Notes: editing x, gamma or y after the forward changes the gradients."""
    expected, told = observe(reader, p).results, []
    for name in ("x", "y", "gamma")[:3 if reader.kind == "functions" else 2]:
        x, gamma = p.x.copy(), p.gamma.copy()
        session = reader.start(gamma, p.beta.copy(), p.eps)
        y = session.forward(x)
        session.x = p.x.copy()  # for a backward(x, dy), which is handed x once more
        edited = {"x": x, "y": y, "gamma": gamma}[name]
        edited *= np.linspace(1, 2, edited.size).reshape(edited.shape)
        if not same(session.backward(p.dy.copy()), {
                n: a for n, a in expected.items() if n != "y"}):
            told.append(("note", Told(
                f"keeps the caller's {name}", name, f"the cache keeps {name} itself, "
                f"not a copy: editing {name} after the forward changes the gradients")))
    return told


def wrong_shapes(reader, seen):
    """Right numbers in another shape: a fault, but a layer may keep (1, C)."""
    told = []
    for name, wanted in (("y", "x"), ("x", "x"), ("gamma", "gamma"), ("beta", "beta")):
        for s in seen:
            shape, right = s.shapes.get(name), getattr(s.probe, wanted).shape
            if shape in (None, right) or np.prod(shape) != np.prod(right):
                continue
            what = "y" if name == "y" else f"d{name}"
            sentence = (f"{what} has shape {shape}, not {right}" if what in ("y", "dx")
                        else f"{what} keeps its dims: it is {shape}, not {right}")
            fault = Told(f"{what} keeps its dims" if name in ("gamma", "beta")
                         else f"{what} in another shape", name, sentence)
            layer = reader.kind == "layer" and name in ("gamma", "beta")
            told.append(("note", fault) if layer else fault)
            break
    return told


def unknown_mode(reader, p):
    """A fault: an unknown mode gives None."""
    takes = (reader.kind == "functions" and reader.has_state) or (
        reader.kind == "layer" and asks_for(reader.thing.forward, "mode"))
    if not takes:
        return []
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
    try:
        session.forward(p.x.copy(), mode="no such mode")
    except Broke as broke:
        if "returned None" in str(broke):
            return [Told("unknown mode", "y", "an unknown mode returns None; it should "
                         "raise")]
        return []
    return [("note", Told("unknown mode", "y", "an unknown mode is taken without a "
                                               "word"))]


def conduct(reader, probes, right):
    """All of it, faults as Told and notes as ("note", Told); nothing that breaks."""
    p, other = probes[0], probes[-1]
    checks = [lambda: overwritten(reader, p), lambda: not_repeatable(reader, p),
              lambda: last_forward(reader, p, other),
              lambda: unknown_mode(reader, p)]
    if reader.kind != "backward":
        checks += [lambda: references(reader, p)]
    if right and reader.kind != "backward" and p.x.ndim == 2:
        checks += [lambda: digits(reader), lambda: float32(reader),
                   lambda: batch_of_one(reader)]
    return gathered(checks)
