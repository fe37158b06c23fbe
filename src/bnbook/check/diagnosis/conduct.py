"""What a reader's code does to memory, and to inputs at the edge of what is asked."""

from contextlib import suppress

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.digits import batch_of_one, constant, digits, float32
from bnbook.check.diagnosis.probes import error, observe
from bnbook.check.diagnosis.told import Told, note
from bnbook.check.edits.table import NAMES

SLACK = 1e-9
ADD_UP = note("gradients add up", "gamma", "gradients of γ and β add up from call to "
              "call (PyTorch's convention): set them to 0")
NOT_REPEATABLE = Told("backward not repeatable", "x", "a second backward of the same "
                      "forward gives other gradients")
LATEST = Told("only the last forward", "xhat", "backward uses the values of the latest "
              "forward, not of the cache that it is given")
ANY_MODE = note("unknown mode", "y", "an unknown mode does not raise")


def gathered(checks):
    """What the checks tell; one in which the reader's code breaks says nothing."""
    told = []
    for check in checks:
        with suppress(Broke):
            told += check()
    return told


def same(results, expected):
    """Whether results are what they were; NaN is NaN again."""
    return all(error(*(np.nan_to_num(np.ravel(b), nan=1e9) for b in (results[name], a)))
               <= SLACK for name, a in expected.items() if name in results)


def ran(reader, p, **kept):
    """A session after one forward of a probe."""
    session = reader.on(p, **kept)
    session.forward(p.x.copy())
    return session


def overwritten(reader, p):
    given = {"x": p.x, "gamma": p.gamma, "beta": p.beta, "dout": p.dy}
    arrays = {name: a.copy() for name, a in given.items()}
    session, told = reader.start(arrays["gamma"], arrays["beta"], p.eps), {}
    for where, run in (("forward", lambda: session.forward(arrays["x"])),
                       ("backward", lambda: session.backward(arrays["dout"]))):
        run()
        for name, a in arrays.items():
            if not np.array_equal(a, given[name]):
                told.setdefault(name, Told(
                    f"{name} overwritten", "y" if name == "dout" else name, f"{name} "
                    f"is overwritten: your {where} works in the caller's array",
                    caller=name))
    return list(told.values())


def not_repeatable(reader, p):
    """A fault: calling backward twice gives two results; or a note, if grads add up."""
    session = ran(reader, p)
    first, again = (session.backward(p.dy.copy()) for _ in range(2))
    if same(again, first):
        return []
    adds = reader.kind == "layer" and error(again["x"], first["x"]) <= SLACK
    return [ADD_UP if adds else NOT_REPEATABLE]


def last_forward(reader, p, other):
    """A fault: functions whose backward uses the latest forward, not its cache."""
    seen = observe(reader, p)
    if reader.kind == "layer" or seen.session.broke:
        return []
    session = ran(reader, p)
    ran(reader, other)
    with suppress(Broke):
        if same(session.backward(p.dy.copy()), seen.results):
            return []
    return [LATEST]


def references(reader, p):
    """Notes: editing x, gamma or y after the forward changes the gradients."""
    expected, told = observe(reader, p).results, []
    del expected["y"]
    for name in ("x", "y", "gamma")[:3 if reader.kind == "functions" else 2]:
        x, gamma = p.x.copy(), p.gamma.copy()
        session = reader.start(gamma, p.beta.copy(), p.eps)
        edited = {"y": session.forward(x), "x": x, "gamma": gamma}[name]
        session.x = p.x.copy()  # for a backward(x, dy), which is handed x once more
        if edited.dtype.kind != "f" or not edited.flags.writeable:
            continue
        edited *= np.linspace(1, 2, edited.size).reshape(edited.shape)
        if not same(session.backward(p.dy.copy()), expected):
            told.append(note(
                f"keeps the caller's {name}", name, f"the cache keeps {name} itself, "
                f"not a copy: editing {name} after the forward changes the gradients"))
    return told


def wrong_shapes(seen):
    """Right numbers in another shape: a fault of y and dx, else a note."""
    told = {}
    for name in ("y", "x", "gamma", "beta"):
        for shape, right in ((s.shapes.get(name), s.probe.shape(name)) for s in seen):
            if shape in (None, right) or np.prod(shape) != np.prod(right):
                continue
            what = NAMES[name]
            told.setdefault(name, Told(
                f"{what} in another shape", name,
                f"{what} has shape {shape}, not {right}") if name in ("y", "x") else
                note(f"{what} keeps its dims", name,
                     f"{what} keeps its dims: it is {shape}, not {right}"))
    return [*told.values()]


def unknown_mode(reader, p):
    """A note: an unknown mode is taken, or gives None."""
    if reader.kind == "backward" or not reader.takes_mode:
        return []
    session = reader.on(p)
    try:
        session.forward(p.x.copy(), mode="no such mode")
    except Broke as broke:
        if broke.__cause__:
            return []
    return [ANY_MODE]


def conduct(reader, probes, right):
    """All of it; of what breaks nothing."""
    p, other, forward = probes[0], probes[-1], reader.kind != "backward"
    checks = [lambda: overwritten(reader, p), lambda: not_repeatable(reader, p),
              lambda: last_forward(reader, p, other), lambda: unknown_mode(reader, p)]
    if forward:
        checks += [lambda: references(reader, p)]
    if right and forward and p.x.ndim == 2:
        checks += [lambda check=check: check(reader)
                   for check in (digits, float32, batch_of_one, constant)]
    return gathered(checks)
