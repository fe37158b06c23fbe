"""What is told of an output that no edit explains: its shape, NaN, digits, the node."""

import numpy as np

from bnbook.check.diagnosis.calls import Broke, meanings, number
from bnbook.check.diagnosis.misplaced import LOOSE, misplaced
from bnbook.check.diagnosis.probes import compared, error, fits
from bnbook.check.diagnosis.products import PARTS
from bnbook.check.diagnosis.told import Told
from bnbook.check.edits.table import NAMES
from bnbook.check.gradients import numerical_gradient
from bnbook.check.reading.slots import places, words
from bnbook.graph import BATCH_NORM

ORDER = [step.name for step in BATCH_NORM]
NO_SUM = {"y": ("mu", "no multiple of x plus a constant"),
          "x": ("gx", "no sum of dy, xhat and a constant")}
NO_NAME = "in a way that has no name"


def unusable(seen, output):
    """A fault of another shape, of NaN or infinity, in a list; or none."""
    name = NAMES[output]
    for s in seen:
        a, right = s.results[output], s.probe.shape(output)
        if a.shape != right:
            why = ": it is not summed over the batch" if a.shape == s.probe.x.shape \
                else "" if a.shape else ": the sum has no axis"
            return [Told(f"{name} in another shape", output,
                         f"{name} has shape {a.shape}, not {right}{why}")]
        if not np.isfinite(a).all():
            word = "NaN" if np.isnan(a).any() else "infinite"
            where = " in places" if np.isfinite(a).any() else ""
            return [Told(f"{name} is {word}", output, f"{name} is {word}{where}: look "
                         "for a division by 0 or the root of a negative number")]
    return []


def few_digits(parts, output):
    """What is told of an output that is right to few digits: a note, in a list."""
    where = "forward" if output == "y" else "backward"
    worst = max(error(s.results[output], right)
                for s, right in zip(parts.seen, parts.right(output)))
    return [Told(f"{where} in float32", "y", f"the {where} computes in float32: what "
                 "it gives has few digits")] if worst < 2e-5 else []


def unnamed(parts, output):
    """The first node, in the output's own order, at which it must diverge."""
    if known := misplaced(parts, output) or first_kept(parts, output):
        return known
    at, found = seen_at(parts, output), parts.coefficients(output)
    if output not in NO_SUM:
        return Told("unnamed", output, f"the sum differs {NO_NAME}: {at}", False)
    if found is None:
        node, words = NO_SUM[output]
        return Told("unnamed", node, f"{NAMES[output]} is {words} in each channel: "
                    f"look from {node} on; {at}", False)
    wrong = [PARTS[p] for p, k in found.items() if np.abs(k - 1).max() > 1e-7]
    node = wrong[0].node if wrong else output
    names = " and ".join(part.words for part in wrong)
    return Told("unnamed", node, f"{names} differ{'s' * (len(wrong) == 1)} {NO_NAME}: "
                f"the first node that diverges is {node}; {at}", False)


def seen_at(parts, output):
    """Got and expected, on the worst probe, in one line."""
    pairs = [(s.results[output], right)
             for s, right in zip(parts.seen, parts.right(output))]
    worst = max(pairs, key=lambda pair: error(*pair))
    return f"in {NAMES[output]}, {compared(*worst)}"


def kept_values(session):
    """Name -> array, of what the reader's cache or layer keeps under a name."""
    things = [a._asdict() if hasattr(a, "_asdict") else a for a in session.cache or ()]
    return {str(path[-1][1]): a for path, a in places([things, session.layer]).items()
            if words(path) and isinstance(a, np.ndarray)}


def first_kept(parts, output):
    """Told of the first node whose value, kept by name, is not the graph's; or None."""
    named, d = kept_values(parts.seen[0].session), "d" if output == "x" else ""
    for node in {"y": ORDER, "x": ORDER[::-1]}.get(output, ()):
        right = parts.values[0][d + node]
        for name, a in named.items():
            core = name.lower().replace("_", "")
            if (core.startswith(d) and node in meanings(core.removeprefix(d))
                    and a.size == right.size
                    and not fits(a.reshape(right.shape), right, LOOSE)):
                return Told("unnamed", node, f"{NAMES[output]} differs {NO_NAME}: the "
                            f"first kept value that diverges is {name}", False)
    return None


def fits_own_forward(reader, s, output):
    """Whether a gradient is the reader's forward's, numerically; None if unsure."""
    def forward(x, gamma, beta):
        session = reader.start(gamma, beta, s.probe.eps)
        return number("y", session.forward(x), s.probe.dy.shape)

    given = {name: getattr(s.probe, name) for name in ("x", "gamma", "beta")}
    try:
        numeric = numerical_gradient(forward, given, output, s.probe.dy)
    except Broke:
        return None
    return error(s.results[output], numeric) < 1e-5
