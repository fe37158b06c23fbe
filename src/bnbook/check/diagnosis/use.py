"""A reader's layer in use: step after step, evaluations between, options, 4-D input."""

import inspect

import numpy as np

from bnbook.check.diagnosis.calls import Broke, meanings, parameters
from bnbook.check.diagnosis.conduct import gathered, ran
from bnbook.check.diagnosis.probes import error, fits, observe, probe
from bnbook.check.diagnosis.told import Told, note
from bnbook.check.reading.judge import off, textbook

SLACK = 1e-7
RANDOM = note("random gamma", "gamma", "γ starts at random numbers without a seed: two "
              "runs differ")
HANDED = note("x handed in again", "x", "backward trusts the x that it is handed: "
              "another x than the forward's gives another dx without a word")
ONE_CACHE = note("one cache in the layer", "xhat", "the layer keeps one forward: a "
                 "second one makes the first one's backward wrong")
UNCHECKED = note("any number of dimensions", "x", "the dimensions of x are not "
                 "checked: (4, 4, 4, 4) runs and is wrong")
OVERFLOWS = note("float16 squares", "sq", "in float16 the squares overflow: N(0, 300) "
                 "gives a wrong y")


def _dx(session, p):
    """dx of a session's last forward, None if backward breaks."""
    try:
        return session.backward(p.dy.copy())["x"]
    except Broke:
        return None


def _wrong(dx, right):
    return dx is None or error(dx, right) > SLACK


def second_step(reader, p):
    """Faults: an earlier step, or an evaluation, changes a later gradient."""
    right = observe(reader, p).results.get("x")
    if right is None:
        return []
    other = probe(31, len(p.x) + 3, p.x.shape[1])._replace(gamma=p.gamma, beta=p.beta)
    session = ran(reader, other)
    _dx(session, other)
    session.forward(p.x.copy())
    if _wrong(_dx(session, p), right):
        return [Told("second step", "x", "the second step's dx is wrong: what the "
                     "first forward left behind is still there")]
    if not session.switches:
        return []
    session = ran(reader, p)
    _dx(session, p)
    session.forward(other.x.copy(), training=False)
    session.forward(p.x.copy())
    return [Told("evaluation kept", "x", "after a forward in test mode the next "
                 "training step's dx is wrong: the evaluation was kept")] if _wrong(
                     _dx(session, p), right) else []


def options(reader, p):
    """A fault: an option of forward that says nothing of the mode changes y."""
    y, switch = observe(reader, p).results["y"], reader.reading.switch
    asked = [q for q in parameters(reader.forward_of()) if isinstance(q.default, bool)
             and not meanings(q.name) and not (switch and switch.where == q.name)]
    return [Told(f"{q.name} changes y", "mu", f"{q.name}={not q.default} changes y in "
                 "training: other statistics are used")
            for q in asked if error(reader.on(p).forward(
                p.x.copy(), **{q.name: not q.default}), y) > SLACK]


def starts(reader, p):
    """Notes: gamma starts at random; what eps is by default."""
    if not inspect.isclass(reader.thing):
        return []
    first, again = (ran(reader, p, keep=True).parameters().get("gamma", 0.0)
                    for _ in range(2))
    eps = next((q.default for q in parameters(reader.thing)
                if "eps" in meanings(q.name)), None)
    whose = " (Keras's convention)" if eps == 1e-3 else ""
    own = isinstance(eps, float) and eps != 1e-5
    return [RANDOM] * (not np.array_equal(first, again)) + own * [note(
        "own eps", "vareps", f"eps is {eps} unless told otherwise{whose}")]


def handed_x(reader, p):
    right = observe(reader, p).results.get("x")
    if right is None or "x" not in reader.reading.backward.sources():
        return []
    session = ran(reader, p)
    session.x = p.x**2
    dx = _dx(session, p)
    return [HANDED] if dx is not None and error(dx, right) > SLACK else []


def one_cache(reader, p):
    return [] if ran(reader, p).cache else [ONE_CACHE]


def pixels(reader, p):
    """A note: images run only as one row of features each, a statistic a pixel."""
    p = probe(32, 5, 2, 3, 4)
    n = p.x[0].size
    y = reader.start(np.ones(n), np.zeros(n), p.eps).forward(p.x.copy())
    xhat = (p.x - p.x.mean(axis=0)) / np.sqrt(p.x.var(axis=0) + 1e-5)
    if off(y, xhat) > 0.1:
        return []
    lost = (f", and their shape is not restored: y is {y.shape}"
            if y.shape != p.x.shape else "")
    return [note("a statistic per pixel", "mu", "statistics are per pixel: images are "
                 f"flattened to (N, C·H·W){lost}")]


def unchecked(reader, p):
    seen = observe(reader, probe(33, 4, 4, 4, 4))
    right = textbook(seen.probe, seen.probe.eps)["y"]
    return [] if fits(seen.results["y"], right, 1e-3) else [UNCHECKED]


def float16(reader, p):
    p = probe(34, 64, 2)
    x = (300 * np.random.default_rng(5).normal(size=(64, 2))).astype(np.float16)
    y, wide = (observe(reader, p._replace(x=a)).results["y"].astype(float)
               for a in (x, x.astype(float)))
    return [] if error(y, wide) < 0.05 else [OVERFLOWS]


def use(reader, p, takes_images):
    """All that applies; what breaks says nothing."""
    layer = reader.kind == "layer"
    checks = [float16] + [unchecked] * (not takes_images)
    checks += [second_step, options, starts, handed_x, one_cache] * layer
    checks += [pixels] * (layer and not takes_images)
    return gathered(lambda check=check: check(reader, p) for check in checks)
