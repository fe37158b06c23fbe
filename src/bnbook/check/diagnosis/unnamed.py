"""Faults without a name: the first node at which a reader's code leaves the graph."""

import numpy as np

from bnbook.check.diagnosis.calls import Broke, meanings
from bnbook.check.diagnosis.misplaced import cut, moved, truth
from bnbook.check.diagnosis.probes import compared, error, fits
from bnbook.check.diagnosis.told import Told
from bnbook.graph import BATCH_NORM

ORDER = [step.name for step in BATCH_NORM]
LOOSE = 1e-6


def kept_values(session):
    """Name -> array, of what the reader's cache or layer keeps under a name."""
    cache = getattr(session, "cache", None)
    things = [cache[0] if isinstance(cache, list) and len(cache) == 1 else cache,
              getattr(session, "layer", None)]
    found = {}
    for thing in things:
        if hasattr(thing, "_asdict"):
            thing = thing._asdict()
        if not isinstance(thing, dict):
            thing = getattr(thing, "__dict__", {})
        inner = [a for a in thing.values() if isinstance(a, dict)]
        for named in [*inner, thing]:
            found |= {str(k): a for k, a in named.items() if isinstance(a, np.ndarray)}
    return found


def first_kept(seen, backward):
    """The first node, on the way forward or back, whose kept value is not the graph's.
    """
    named = kept_values(seen.session)
    trace = truth(seen.probe)
    values = {f"d{n}": a for n, a in trace.grads.items()} if backward else trace.values
    order = ORDER[::-1] if backward else ORDER
    for node in order:
        for name, a in named.items():
            core = name.lower().replace("_", "")
            if backward and not core.startswith("d"):
                continue
            if node not in meanings(core[1:] if backward else core):
                continue
            right = values["d" + node if backward else node]
            if a.size == right.size and not fits(a.reshape(right.shape), right, LOOSE):
                return node, name
    return None


def unnamed_forward(seen):
    """The fault of a forward that no hypothesis fits."""
    shape, right = seen[0].results["y"].shape, seen[0].probe.x.shape
    if shape != right:
        return Told("y in another shape", "y", f"y has shape {shape}, not {right}")
    if not all(np.isfinite(s.results["y"]).all() for s in seen):
        return Told("y is NaN", "y", "y is NaN or infinite: look for a division by 0 "
                    "or the root of a negative number")
    known = moved(seen) or cut(seen)
    if known:
        return known
    found = first_kept(seen[0], backward=False)
    if found:
        return Told("unnamed", found[0], "y differs in a way that has no name: the "
                    f"first value that diverges is {found[1]} (node {found[0]})", False)
    slopes = [_line(s) for s in seen]
    if any(slope is None for slope in slopes):
        return Told("unnamed", "mu", "y differs in a way that has no name: in a "
                    "channel it is no multiple of x plus a constant, so look from mu "
                    "on; " + _at(seen), False)
    if all(offset < LOOSE for _, offset in slopes):
        node, words = "var", "y is centred at β and has the wrong spread"
    elif all(slope < LOOSE for slope, _ in slopes):
        node, words = "mu", "y has the right spread and the wrong mean"
    else:
        node, words = "mu", "y has the wrong mean and the wrong spread"
    return Told("unnamed", node, f"{words}, in a way that has no name: the first node "
                f"that can diverge is {node}; {_at(seen)}", False)


def _at(seen):
    """Got and expected of y, on the worst probe, in one line."""
    pairs = [(s.results["y"], truth(s.probe).values["y"]) for s in seen]
    return compared(*max(pairs, key=lambda pair: error(*pair)))


def _line(seen):
    """Errors of the slope and of the mean in a channel; None if y is no line of x."""
    p, y = seen.probe, seen.results["y"]
    if y.shape != p.x.shape:
        return None
    right, slopes, means = truth(p).values["y"], [], []
    for c in range(p.x.shape[1]):
        x, got, wanted = (a[:, c].ravel() for a in (p.x, y, right))
        fit, right_fit = (np.polyfit(x - x.mean(), a, 1) for a in (got, wanted))
        if not fits(np.polyval(fit, x - x.mean()), got, LOOSE):
            return None
        slopes.append(error(fit[0], right_fit[0]))
        means.append(abs(fit[1] - right_fit[1]))
    return max(slopes), max(means)


def fits_own_forward(reader, p, results, output="x"):
    """Whether a gradient is the numerical one of the reader's forward; None if unsure.
    """
    given = {"x": p.x, "gamma": p.gamma, "beta": p.beta}
    right = given[output]

    def loss(a):
        now = {name: b.copy() for name, b in {**given, output: a}.items()}
        session = reader.start(now["gamma"], now["beta"], p.eps)
        return float(np.sum(session.forward(now["x"]) * p.dy))

    h = 1e-5 * (right.std() or 1)
    numeric = np.zeros_like(right)
    try:
        for index in np.ndindex(right.shape):
            step = np.zeros_like(right)
            step[index] = h
            numeric[index] = (loss(right + step) - loss(right - step)) / (2 * h)
    except (Broke, ValueError, TypeError):
        return None
    return output in results and error(results[output], numeric) < 1e-5
