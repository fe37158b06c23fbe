"""A reader's layer in use: step after step, evaluations between, options, 4-D input."""

import inspect

import numpy as np

from bnbook.check.diagnosis.calls import (
    Broke,
    asks_for,
    attempt,
    find,
    meanings,
    parameters,
)
from bnbook.check.diagnosis.conduct import gathered
from bnbook.check.diagnosis.probes import error, fits, observe, probe
from bnbook.check.diagnosis.told import Told, note

SLACK = 1e-7


def _dx(session, p):
    try:
        return session.backward(p.dy.copy())["x"]
    except Broke:
        return None


def second_step(reader, p):
    """Faults: an earlier step, or an evaluation, changes a later gradient."""
    right = observe(reader, p).results["x"]
    other = probe(31, len(p.x) + 3, p.x.shape[1])
    told = []
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
    session.forward(other.x.copy())
    _dx(session, other)
    session.forward(p.x.copy())
    dx = _dx(session, p)
    if dx is None or error(dx, right) > SLACK:
        return [Told("second step", "x", "the second step's dx is wrong: what the "
                     "first forward left behind is still there")]
    if session.switches:
        session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
        session.forward(p.x.copy())
        _dx(session, p)
        session.forward(other.x.copy(), training=False)
        session.forward(p.x.copy())
        dx = _dx(session, p)
        if dx is None or error(dx, right) > SLACK:
            told.append(Told("evaluation kept", "x", "after a forward in test mode the "
                             "next training step's dx is wrong: the evaluation was "
                             "kept"))
    return told


def options(reader, p):
    """A fault: an option of forward that says nothing of the mode changes y."""
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
    session.forward(p.x.copy())
    f = getattr(session.layer, "forward", None) or session.layer
    told = []
    for q in parameters(f):
        if not isinstance(q.default, bool) or meanings(q.name):
            continue
        y, changed = attempt(f, p.x.copy()), None
        changed = attempt(f, p.x.copy(), **{q.name: not q.default})
        if not isinstance(y, tuple) and error(changed, y) > SLACK:
            told.append(Told(f"{q.name} changes y", "mu", f"{q.name}={not q.default} "
                             "changes y in training: other statistics are used"))
    return told


def starts(reader, p):
    """Notes: gamma starts at random; what eps and momentum are by default."""
    told = []
    if not inspect.isclass(reader.thing):
        return told
    started = []
    for _ in range(2):
        session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps, keep=True)
        session.forward(p.x.copy())
        place = find(session.layer, "gamma")
        started.append(place and np.array(place[0][place[1]], float))
    if None not in [a if a is None else 0 for a in started] and (
            not np.array_equal(*started)):
        told.append(note("random gamma", "gamma", "γ starts at random numbers without "
                         "a seed: two runs differ"))
    default = next((q.default for q in parameters(reader.thing)
                    if "eps" in meanings(q.name)), None)
    if isinstance(default, float) and default != 1e-5:
        whose = " (Keras's convention)" if default == 1e-3 else ""
        told.append(note("own eps", "vareps",
                         f"eps is {default:g} unless told otherwise{whose}"))
    return told


def handed_x(reader, p):
    """A note: backward(x, dy) takes any x."""
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
    if not asks_for(session.layer.backward, "x"):
        return []
    right = observe(reader, p).results["x"]
    session.forward(p.x.copy())
    session.x = p.x**2
    dx = _dx(session, p)
    if dx is None or error(dx, right) <= SLACK:
        return []
    return [note("x handed in again", "x", "backward trusts the x that it is handed: "
                 "another x than the forward's gives another dx without a word")]


def one_cache(reader, p):
    """A note: a layer keeps one forward."""
    session = reader.start(p.gamma.copy(), p.beta.copy(), p.eps)
    session.forward(p.x.copy())
    if session.cache:
        return []
    return [note("one cache in the layer", "xhat", "the layer keeps one forward: a "
                 "second one makes the first one's backward wrong")]


def pixels(reader):
    """A fault: images run only as one row of features each, a statistic a pixel."""
    p = probe(32, 5, 2, 3, 4)
    n = p.x[0].size
    session = reader.start(np.ones(n), np.zeros(n), p.eps)
    y = session.forward(p.x.copy())
    xhat = (p.x - p.x.mean(axis=0)) / np.sqrt(p.x.var(axis=0) + 1e-5)
    if y.size != xhat.size or error(y.ravel(), xhat.ravel()) > 0.1:
        return []
    words = "statistics are per pixel: images are flattened to (N, C·H·W)"
    if y.shape != p.x.shape:
        words += f", and their shape is not restored: y is {y.shape}"
    return [Told("a statistic per pixel", "mu", words)]


def unchecked(reader):
    """A note: 4-D input is refused by chance only."""
    p = probe(33, 4, 4, 4, 4)
    seen = observe(reader, p)
    axes = (0, 2, 3)
    right = (p.x - p.x.mean(axes, keepdims=True)) / np.sqrt(
        p.x.var(axes, keepdims=True) + seen.probe.eps)
    right = right * p.gamma.reshape(-1, 1, 1) + p.beta.reshape(-1, 1, 1)
    if fits(seen.results["y"], right, 1e-3):
        return []
    return [note("any number of dimensions", "x", "the dimensions of x are not "
                 "checked: (4, 4, 4, 4) runs and is wrong")]


def float16(reader):
    """A note: squares overflow in float16."""
    x = (300 * np.random.default_rng(5).normal(size=(64, 2))).astype(np.float16)
    p = probe(34, 64, 2)
    y = observe(reader, p._replace(x=x)).results["y"].astype(float)
    wide = observe(reader, p._replace(x=x.astype(float))).results["y"]
    if error(y, wide) < 0.05:
        return []
    return [note("float16 squares", "sq", "in float16 the squares overflow: N(0, 300) "
                 "gives a wrong y")]


def use(reader, p, takes_images):
    """All that applies; what breaks says nothing."""
    checks = [lambda: float16(reader)]
    if not takes_images:
        checks += [lambda: unchecked(reader)]
    if reader.kind == "layer":
        checks += [lambda: second_step(reader, p), lambda: options(reader, p),
                   lambda: starts(reader, p), lambda: handed_x(reader, p),
                   lambda: one_cache(reader, p)]
        if not takes_images:
            checks += [lambda: pixels(reader)]
    return gathered(checks)
