"""An output right but for one thing: whose statistics, its places, its limits."""

import numpy as np

from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.told import Told
from bnbook.check.edits.programs import TESTED, inputs_of, values_of
from bnbook.check.edits.table import NAMES
from bnbook.graph import BATCH_NORM

LOOSE = 1e-6


def misplaced(parts, output):
    """A fault of this kind, or None."""
    own = by_running(parts) or moved(parts) if output == "y" else None
    return own or clipped(parts, output)


def by_running(parts):
    """A fault: in training y is normalized by the running statistics."""
    for s in parts.seen:
        kept = getattr(s.session, "running", lambda: None)()
        if kept is None or any(np.size(a) != s.probe.gamma.size for a in kept):
            return None
        given = inputs_of(*s.probe._replace(kept=kept))
        if not fits(s.results["y"], values_of(TESTED, given)["y"], LOOSE):
            return None
    return Told("training by running statistics", "mu", "in training y is normalized "
                "by the running statistics, not the batch's")


def moved(parts):
    """A fault: y's numbers are right, or nearly, and stand in the wrong places."""
    if any(s.probe.x.ndim != 4 for s in parts.seen):
        return None
    if all(fits(s.results["y"], _unmoved(s.probe), LOOSE) for s in parts.seen):
        return Told("reshape mixes channels", "mu", "(N, C, H, W) is reshaped to rows "
                    "of C without moving the channels last: each statistic mixes "
                    "channels")
    if all(fits(s.results["y"], np.moveaxis(y, 1, -1).reshape(y.shape), LOOSE)
           for s, y in zip(parts.seen, parts.right("y"))):
        return Told("reshape not undone", "y", "y's numbers are right and stand in "
                    "wrong places: move the channels back to axis 1 after the reshape")
    return None


def _unmoved(p):
    rows = p._replace(x=p.x.reshape(-1, p.x.shape[1]))
    return values_of(BATCH_NORM, inputs_of(*rows))["y"].reshape(p.x.shape)


def clipped(parts, output):
    """A fault: an output is cut off at limits, as by a ReLU."""
    got, name = [s.results[output] for s in parts.seen], NAMES[output]
    low, high = min(a.min() for a in got), max(a.max() for a in got)
    if not all(fits(a, np.clip(right, low, high), LOOSE)
               for a, right in zip(got, parts.right(output))):
        return None
    if output == "y" and abs(low) < LOOSE:
        return Told("relu in y", "y", "y is max(0, y): there is a ReLU in your forward")
    return Told(f"{name} clipped", output, f"{name} is cut off at {low:.4g} and "
                f"{high:.4g}")
