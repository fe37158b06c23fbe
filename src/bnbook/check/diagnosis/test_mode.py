"""A reader's forward in test mode, and a backward after it."""

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.probes import (
    EPSILONS,
    TOLERANCE,
    Seen,
    compared,
    copied,
    error,
    fits,
    observe,
)
from bnbook.check.diagnosis.told import Told, note
from bnbook.check.edits import explain
from bnbook.check.edits.programs import TESTED, inputs_of, values_of
from bnbook.check.lines import located, made_at
from bnbook.check.reading.judge import textbook
from bnbook.check.reading.session import RUNNING

CLOSE, FLOAT32, IN_TEST = 1e-7, 2e-5, "test mode"
NO_SWITCH = note("no test mode", "y", "no way to run it in test mode was found; if "
                 "there is one, --train NAME tells")
NO_RUNNING = note("no test mode", "y", "no running statistics were found, and test "
                  "mode is not judged; if there are any, --running-mean and "
                  "--running-var tell")
MOVES = Told("test mode moves the statistics", "mu", "the running statistics change in "
             "test mode")
NO_BACKWARD = note("no backward in test mode", "x", "there is no backward after a "
                   "forward in test mode")
TRAINED = note("training gradient after a test forward", "x", "backward after a "
               "forward in test mode returns the gradient of the training forward "
               "before it")
BATCH = Told("uses the batch", "mu", "your forward uses the batch's statistics, not "
             "the running ones")


def tested(before):
    """How a forward in test mode is run: after one of another batch in training."""
    def drive(session, p):
        session.forward(before.copy())  # some keep nothing before it
        if not session.set_running(*p.kept):
            return
        old = session.running()  # as the code keeps them, in float32 say
        yield "y", session.forward(p.x, training=False)
        for name, a, b in zip(RUNNING, old, session.running() or old):
            if not np.array_equal(a, b):
                yield name, b
    return drive


def test_mode(reader, p):
    """What a forward in test mode, and a backward after it, do."""
    if reader.takes_eps:
        p = p._replace(eps=0.1)  # large enough to be seen beside a variance of 1
    before = p._replace(x=p.x[::-1].copy())  # not the batch of the test
    trained = observe(reader, before).results
    session = reader.on(p)
    if reader.kind == "layer" and not session.switches:
        return [NO_SWITCH]
    if reader.kind == "layer" and not reader.reading.running:
        return [by_practice(session, p, trained["y"][::-1]) or NO_RUNNING]
    rng = np.random.default_rng(4)
    spread = min(1, 1e3 * p.eps) or 1  # so that eps shows
    p = p._replace(kept=(rng.normal(size=p.gamma.size),
                         spread * rng.uniform(0.5, 2, p.gamma.size)))
    drive = tested(before.x)
    seen = Seen(p, dict(drive(session, copied(p))), {}, session)
    if not seen.results:
        return []
    told = located(reader, [seen], {"y": _output(seen, trained["y"][::-1])}, drive,
                   explain.IN_TEST)["y"]
    told = [t._replace(name=f"{IN_TEST} {t.name}" if t.name == BATCH.name else
                       f"{IN_TEST}, {t.name}" if t.edit else t.name,
                       sentence=f"in test mode {t.sentence}") for t in told]
    moved = [name for name in RUNNING if name in seen.results]
    return told + [made_at(reader, seen, drive, MOVES, name) for name in moved[:1]] or (
        _after_test(session, p, trained))


def by_practice(session, p, trained):
    """A fault: after much training on one batch test mode gives another y; None where
    it gives the same, or where the statistics still move.
    """
    seen = []
    for _ in range(2):
        for _ in range(300):
            session.forward(p.x.copy())
        seen.append(session.forward(p.x.copy(), training=False))
    if error(*seen) > CLOSE or error(seen[1], trained) < 0.3:  # unbiased, say
        return None
    return Told("test mode", "xhat", "in test mode y is another one, though one batch "
                "was all the training: " + compared(seen[1], trained), False)


def _output(seen, trained):
    """A fault of y in test mode; eps may be any, unless training showed which."""
    p, y = seen.probe, seen.results["y"]
    off = error(trained, textbook(p, p.eps)["y"])
    close = FLOAT32 if CLOSE < off < FLOAT32 else CLOSE
    if TOLERANCE < off < FLOAT32:  # float32 somewhere: few digits of a fault, too
        seen.results["y"] = y.astype(np.float32)
    right = [eps for eps in (p.eps, *EPSILONS) if fits(
        y, values_of(TESTED, inputs_of(*p._replace(eps=eps)))["y"], close)]
    if right and (off >= FLOAT32 or right[0] == p.eps):
        return []
    if fits(y, trained, CLOSE):
        return [BATCH]
    return explain.told(explain.explained(explain.IN_TEST, [seen], "y")) or [Told(
        "test mode", "xhat", "y differs in a way that has no name: " + compared(
            y, values_of(TESTED, inputs_of(*p))["y"]), False)]


def _after_test(session, p, trained):
    """Told where backward after a test forward returns the training gradient."""
    if "x" not in trained:
        return []
    try:
        dx = session.backward(p.dy.copy())["x"]
    except Broke:
        return [NO_BACKWARD]
    return [TRAINED] if error(dx, trained["x"]) <= CLOSE else []
