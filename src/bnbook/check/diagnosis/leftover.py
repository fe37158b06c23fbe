"""What is told of a gradient that no named fault explains: its shape, NaN, the node."""

import numpy as np

from bnbook.check.diagnosis.misplaced import clipped
from bnbook.check.diagnosis.probes import compared, error, fits
from bnbook.check.diagnosis.products import TAKEN, coefficients, wanted_shape
from bnbook.check.diagnosis.rows import DX
from bnbook.check.diagnosis.told import Told


def misshapen(base, output):
    """A fault where an output has another number of elements than it should."""
    for s in base.seen:
        shape, right = s.results[output].shape, wanted_shape(s, output)
        if shape != right:
            what = "y" if output == "y" else f"d{output}"
            why = ": it is not summed over the batch" if (
                shape == s.probe.x.shape) else (
                ": the sum has no axis" if not shape else "")
            return [Told(f"{what} in another shape", output,
                         f"{what} has shape {shape}, not {right}{why}")]
    return []


def not_finite(base, output):
    """A fault where an output is NaN or infinite."""
    for s in base.seen:
        a = s.results[output]
        if not np.isfinite(a).all():
            word = "NaN" if np.isnan(a).any() else "infinite"
            where = "" if not np.isfinite(a).any() else " in places"
            return [Told(f"d{output} is {word}", output, f"d{output} is {word}{where}: "
                         "look for a division by 0 or the root of a negative number")]
    return []


def _cut(base, output):
    """A fault: a gradient is right and cut off at limits."""
    right = [base.gradient(output, (), k) for k in range(len(base.seen))]
    limits = clipped([s.results[output] for s in base.seen], right)
    return [Told(f"d{output} clipped", output, f"d{output} is cut off at "
                 f"{limits[0]:.4g} and {limits[1]:.4g}")] if limits else None


def _by_running(base, output):
    """A fault: the backward's last division is by the running deviation."""
    for k, s in enumerate(base.seen):
        kept = getattr(s.session, "running", lambda: None)()
        std = base.terms[k][0].std
        if output != "x" or kept is None or kept[1].size != std.size:
            return None
        running = np.sqrt(kept[1].reshape(std.shape) + s.probe.eps)
        if not fits(s.results[output], base.gradient(output, (), k) * std / running):
            return None
    return [Told("backward by running variance", "var", "dx is divided by the running "
                 "standard deviation, not by the batch's")]


def seen_at(base, output):
    """Got and expected, on the worst probe, in one line."""
    pairs = [(s.results[output], base.gradient(output, (), k))
             for k, s in enumerate(base.seen)]
    return compared(*max(pairs, key=lambda pair: error(*pair)))


def unnamed(base, output):
    """No name fits: the first node, in backward order, at which it must diverge."""
    worst = max(error(s.results[output], base.gradient(output, (), k))
                for k, s in enumerate(base.seen))
    if worst < 2e-5:
        return [Told("backward in float32", "y", "the backward computes in float32: "
                     "its gradients have few digits")]
    if known := _cut(base, output) or _by_running(base, output):
        return known
    found = coefficients(base, output)
    if output != "x":
        return [Told("unnamed", output, f"d{output} differs in a way that has no name: "
                     + seen_at(base, output), False)]
    if found is None:
        return [Told("unnamed", "gx", "dx is no sum of dy, xhat and a constant in each "
                     "channel: look from gx on; " + seen_at(base, output), False)]
    wrong = [part for part in DX
             if any(np.abs(c[part] - 1).max() > 1e-7 for c in found)]
    node = TAKEN[wrong[0]][0] if wrong else "x"
    names = " and ".join(TAKEN[part][1] for part in wrong)
    return [Told("unnamed", node, f"{names} differ{'s' * (len(wrong) == 1)} in a way "
                 "that has no name: the first node that diverges on the way back is "
                 f"{node}; in dx, {seen_at(base, output)}", False)]
