"""Running a reader's code on inputs that tell faults apart."""

from typing import NamedTuple

import numpy as np

from bnbook.check.checks import draw
from bnbook.check.diagnosis.calls import Broke
from bnbook.norm.textbook import EPS

TOLERANCE = 1e-8  # of the largest magnitude: rounding is far below, 1e-6 off above
MOMENTUM = 0.7  # not the 0.9 that code may have written in it
EPSILONS = (EPS, 1e-3, 1e-6, 1e-8, 1e-7, 1e-4, 1e-10, 1e-12, 0.0)


class Probe(NamedTuple):
    """One input of a reader's code."""

    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    eps: float
    dy: np.ndarray
    kept: tuple = ()  # running statistics, and what weighs the old, where they are read

    def shape(self, output):
        """The right shape of y, or of the gradient of x, gamma or beta."""
        return self.x.shape if output in ("x", "y") else self.gamma.shape


class Seen(NamedTuple):
    """What the reader's code gave for a probe: arrays under y, x, gamma, beta."""

    probe: Probe
    results: dict
    shapes: dict
    session: object


def made_for(probes, features):
    """The probes with as many channels as a reader's object has."""
    if features is None:
        return probes
    return tuple(probe(i, p.x.shape[0], features, *p.x.shape[2:], eps=p.eps,
                       spread=p.x.std()) for i, p in enumerate(probes))


def probe(seed, *shape, eps=EPS, spread=1.0):
    """Random, with gamma not 1, beta not 0 and a random upstream gradient."""
    inputs, dy = draw(np.random.default_rng(seed), *shape)
    inputs["x"] = inputs["x"] * spread
    return Probe(**inputs, eps=eps, dy=dy)


def batches(seed):
    """Six probes of different N and C; where spread is small, eps weighs."""
    return (
        probe(seed, 5, 3), probe(seed + 1, 8, 2, spread=0.01),
        probe(seed + 2, 7, 4, eps=0.1, spread=0.5), probe(seed + 3, 6, 3, eps=0.02),
        probe(seed + 4, 4, 5, spread=0.02), probe(seed + 5, 9, 4))


def squares(seed):
    """Square ones, for code that runs at no others."""
    return tuple(probe(seed + i, n, n, eps=eps, spread=0.3)
                 for i, (n, eps) in enumerate(((4, EPS), (5, 0.1), (6, EPS))))


def images(seed):
    return (probe(seed, 3, 2, 4, 5), probe(seed + 1, 4, 3, 2, 5, spread=0.02))


def trained(session, p):
    """(name, array) of what a forward and a backward give, one after the other."""
    yield "y", session.forward(p.x).copy()
    yield from session.backward(p.dy).items()


def copied(p):
    """A probe whose arrays the reader's code may change."""
    return p._replace(**{n: getattr(p, n).copy() for n in ("x", "gamma", "beta", "dy")})


def started(reader, p):
    """A new session for a probe, with its arrays."""
    own = p.kept and reader.takes_momentum
    return reader.start(p.gamma, p.beta, p.eps, MOMENTUM if own else 0.9)


def observe(reader, p):
    """One forward and backward on copies; Broke if the forward raises.

    What the backward raises is the session's `broke`; y is there all the same. The
    probe becomes what the code had: its own eps, γ and β where they cannot be set.
    """
    results, given = {}, copied(p)
    session = started(reader, given)
    try:
        results |= trained(session, given)
    except Broke as broke:
        if not results:
            raise
        session.broke = str(broke)
    p = reader.stands(p, results["y"], session)
    shapes = {name: a.shape for name, a in results.items()}
    return Seen(p, fitted(results, p), shapes, session)


def fitted(results, p):
    """Results in their right shapes, where they have as many values."""
    return {name: a.reshape(p.shape(name)) if a.size == np.prod(p.shape(name)) else a
            for name, a in results.items()}


def error(got, expected):
    """The largest difference over the largest magnitude expected; inf if no match."""
    if np.shape(got) != np.shape(expected):
        return np.inf
    if not np.size(expected):
        return 0.0
    with np.errstate(all="ignore"):
        scale = np.abs(expected).max() or 1.0
        worst = np.abs(got - expected).max() / scale
    return worst if np.isfinite(worst) else np.inf


def compared(got, expected):
    """What is wrong in one line: a ratio, or the place where it is worst."""
    if np.shape(got) != np.shape(expected):
        return f"its shape is {np.shape(got)}, expected {np.shape(expected)}"
    got, expected = np.asarray(got, float), np.asarray(expected, float)
    with np.errstate(all="ignore"):
        ratio = (got / expected)[np.abs(expected) > 1e-9 * np.abs(expected).max()]
    if ratio.size and np.isfinite(ratio).all() and np.ptp(ratio) < 1e-7:
        return f"it is {ratio.mean():.6g} times what it should be"
    with np.errstate(all="ignore"):
        off = np.nan_to_num(np.abs(got - expected), nan=np.inf)
    worst = np.unravel_index(np.argmax(off), got.shape)
    place = ", ".join(map(str, worst))
    return f"at [{place}] it is {got[worst]:.4g}, expected {expected[worst]:.4g}"


def fits(got, expected, tolerance=TOLERANCE):
    """Whether they agree, as far as the digits of got's dtype go."""
    digits = {"float32": 1e-3, "float16": 0.05}.get(str(np.asarray(got).dtype), 0)
    return error(got, expected) <= max(tolerance, digits)


def alike(seen):
    """What was seen, without gradients if the backward broke on any of the probes."""
    broke = next((s.session.broke for s in seen if s.session.broke), "")
    if not broke:
        return seen
    for s in seen:
        s.session.broke = broke
    return [s._replace(results={"y": s.results["y"]}, shapes={"y": s.shapes["y"]})
            for s in seen]


def tried(reader, probes):
    """What was seen, or the line that says why nothing was."""
    try:
        probes = made_for(probes, getattr(reader, "features", None))
        return alike([observe(reader, p) for p in probes]), ""
    except Broke as broke:
        if isinstance(broke.__cause__, MemoryError):
            raise  # other probes would take all there is again
        return [], str(broke)
