"""What is told of y, of the gradients, and of both on images."""

from typing import NamedTuple

import numpy as np

from bnbook.check.diagnosis.conduct import wrong_shapes
from bnbook.check.diagnosis.probes import images, tried
from bnbook.check.diagnosis.products import Parts, by_op, products
from bnbook.check.diagnosis.told import Told, as_findings, note
from bnbook.check.diagnosis.unnamed import (
    few_digits,
    fits_own_forward,
    seen_at,
    unnamed,
    unusable,
)
from bnbook.check.edits import explain
from bnbook.check.edits.table import NAMES as WORD


class Gradients(NamedTuple):
    """What is told of each gradient, and what one without fault fits.

    fits: "own" forward, "textbook", "on own values", or "unknown".
    """

    told: dict
    fits: dict

    @property
    def untold(self):
        return {output for output, base in self.fits.items() if base == "unknown"}


def forward_findings(seen, known=None):
    """(what is told of y, its explanation or None). known: one that may do."""
    sound = [s for s in seen if np.isfinite(s.results["y"]).all()] or seen
    found = [known] if known and known.edits and "y" in explain.Y.fits(
        known.graph, sound) else explain.explain_forward(sound)
    if found and (found[0].edits or len(sound) == len(seen)):
        return (explain.told(found) if found[0].edits else []), found[0]
    if bad := unusable(seen, "y"):
        return bad, None
    parts = Parts(seen)
    if few := few_digits(parts, "y"):
        return few, explain.RIGHT
    return products(parts, "y") or [unnamed(parts, "y")], None


def backward_findings(reader, seen, forward, known=()):
    """What is told of the gradients, given the explanation of y: Gradients, or None.

    known: gradients whose faults are told already.
    """
    seen = [s for s in seen if np.isfinite(s.results["y"]).all()] or seen
    outputs = [name for name in ("x", "gamma", "beta")
               if name in seen[0].results and name not in known]
    if seen[0].results.keys() <= {"y"}:
        return None
    bases = explain.bases(forward)
    right = [(base.name, base.right(seen)) for base in bases]
    fits = {o: next((name for name, fit in right if WORD[o] in fit), "")
            for o in outputs}
    told = {o: [] if fits[o] else unusable(seen, o) for o in outputs}
    wrong, parts = [o for o in outputs if not fits[o] and not told[o]], Parts(seen)
    if not forward:  # y is not understood: only what is sure is told
        fits |= {o: _owned(reader, parts, o) for o in wrong}
        wrong = [o for o in wrong if not fits[o]]
    for o, found in _explained(seen, bases, wrong, parts, forward).items():
        told[o] = found
        if not found and forward and forward.edits:
            fits[o] = _owned(reader, parts, o)
            told[o] = [] if fits[o] else [Told(
                "unnamed", o, f"{WORD[o]} is not the gradient of your own forward, nor "
                "the textbook's; " + seen_at(parts, o), False)]
        elif not found:
            told[o], fits[o] = ([unnamed(parts, o)], "") if forward else ([], "unknown")
    return Gradients(told, {o: base for o, base in fits.items() if base})


def _explained(seen, bases, wrong, parts, forward):
    """Output -> what is told of it: single edits, named pairs, a product, any pair."""
    told, single = {}, explain.single(bases, seen, [WORD[o] for o in wrong])
    off = by_op(parts, wrong) if len(bases) == 1 and not any(single.values()) else None
    for o in wrong:
        if off:
            told[o] = [off]
        elif found := explain.likely(bases, seen, WORD[o], single[WORD[o]]):
            told[o] = explain.told(found)
        else:
            several = products(parts, o)
            told[o] = several[:len(several) == 1] or few_digits(parts, o) or (
                explain.told(explain.two(bases, seen, WORD[o])) if forward else [])
            told[o] = told[o] or several
    return told


def _owned(reader, parts, output):
    """"own" for a gradient of the reader's forward, "" for none, or "unknown"."""
    checks = (fits_own_forward(reader, s, output) for s in parts.seen[:4])
    own = next((fine for fine in checks if not fine), True)
    return "own" if own else "unknown" if own is None else ""


def image_findings(reader, seen, told, forward, gradients, seed):
    """What (N, C, H, W) shows beyond what (N, C) did."""
    pictures, _ = tried(reader, tuple(
        p._replace(eps=p.eps if reader.takes_eps else seen[0].probe.eps)
        for p in images(seed)))
    if not pictures:
        return [] if reader.kind == "backward" else as_findings(
            [note("no images", "x", "it takes (N, C) only")], seen)
    sizes = {n: a.shape for s in pictures for n, a in s.results.items()
             if a.shape != s.probe.shape(n)}
    if sizes:
        name, shape = next(iter(sizes.items()))
        return as_findings([note("no images", "x", "it takes (N, C) only: of (N, C, H, "
                                 f"W) {WORD[name]} comes back as {shape}")], seen)
    known = {f.name for f in told}
    if "unnamed" in known:
        return []
    now, forward = forward_findings(pictures, forward)
    new = [f for f in now if f.name not in known]
    old = {f.name for faults in gradients.values() for f in faults}
    grads = backward_findings(reader, pictures, forward,
                              [o for o, faults in gradients.items() if faults])
    new += [f for faults in (grads.told if grads else {}).values()
            for f in faults if f.name not in old]
    if "unnamed" in {f.name for f in new}:
        new = new[:1]
    shapes = [f for f in wrong_shapes(pictures)
              if not new and f.name not in known]
    return as_findings(new, pictures, "on images (N, C, H, W): ") + as_findings(
        shapes, pictures)
