"""What is wrong with a reader's gradients, in the fewest named faults that fit."""

import numpy as np

from bnbook.check.diagnosis.backward import SPECIAL, Base
from bnbook.check.diagnosis.leftover import misshapen, not_finite, unnamed
from bnbook.check.diagnosis.more_backward import LATER_NODES
from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.products import coefficients, multiple, products
from bnbook.check.diagnosis.rows import (
    BOTH,
    DX,
    OUTPUT,
    ROWS,
    SPECIAL_WORDS,
    B,
    G,
    M,
    S,
    V,
)
from bnbook.check.diagnosis.told import Told


def explain_backward(seen, bases):
    """(the base whose backward it is, output -> the faults told of it, by output)."""
    best = None
    for base in bases:
        told = _by_special(base) or {
            output: _explain(base, output) for output in _outputs(seen)}
        cost = sum(_cost(faults) for faults in told.values())
        if best is None or cost < best[0]:
            best = cost, base, told
        if cost == 0:
            break
    return best[1:]


def _outputs(seen):
    return [name for name in ("x", "gamma", "beta") if name in seen[0].results]


def _cost(faults):
    return sum((2 if " times " in f.name else 1) if f.sure else 4 for f in faults)


def _specials(base):
    """Each special fault with what it gives on every probe, computed once a base."""
    if base.specials is None:
        base.specials = list(_computed(base))
    return base.specials


def _computed(base):
    for special in SPECIAL:
        with np.errstate(all="ignore"):
            try:
                grads = [special.implementation.backward(s.probe.dy.copy(), t)
                         for s, t in zip(base.seen, base.traces)]
            except (ValueError, KeyError, TypeError):
                continue
        yield special, [dict(zip(("x", "gamma", "beta"), g)) for g in grads]


def _special_told(special):
    node, sentence = SPECIAL_WORDS.get(special.name) or (LATER_NODES[special.name], "")
    return Told(special.name, node, sentence or special.sentence)


def _fit(base, output, predicted):
    return all(fits(s.results[output], np.reshape(g[output], s.results[output].shape)
                    if np.size(g[output]) == s.results[output].size else g[output])
               for s, g in zip(base.seen, predicted))


def _by_special(base):
    """One special fault, if it explains several wrong outputs together."""
    outputs = _outputs(base.seen)
    wrong = [o for o in outputs if not base.fits(o)]
    if len(wrong) < 2:
        return None
    for special, grads in _specials(base):
        if all(_fit(base, o, grads) for o in outputs):
            return {o: [_special_told(special)] if o in wrong else [] for o in outputs}
    return _by_op(base, wrong, outputs)


def _by_op(base, wrong, outputs):
    """An op of which every message is the same factor too large."""
    k = {part: multiple(base, part) for part in OUTPUT
         if OUTPUT[part] in outputs}
    for op, times in (("add", {S: 0, V: 1, M: 0, G: 0, B: 1}),
                      ("add", {S: 1, V: 2, M: 1, G: 1, B: 1}),
                      ("multiply", {S: 2, V: 2, M: 2, G: 1, B: 0})):
        factor = k.get(B if op == "add" else G)
        if factor is None or any(k[part] is None for part in k) or factor == 1:
            continue
        if all(abs(k[part] - factor ** times[part]) < 1e-8 for part in k):
            said = Told(f"{op} off", "y" if op == "add" else "gx",
                        f"every message of {op} is {factor:.10g} times what it "
                        "should be")
            return {o: [said] if o in wrong else [] for o in outputs}
    return None


def _explain(base, output):
    """The faults told of one output."""
    if wrong := misshapen(base, output) or not_finite(base, output):
        return wrong
    found = base.explain(output)
    if found and len(found[0]) <= 1:
        return _either(found)
    for special, grads in _specials(base):
        if _fit(base, output, grads):
            return [_special_told(special)]
    if found:
        return _either(found)
    return _special_and_row(base, output) or products(base, output) or unnamed(
        base, output)


def _special_and_row(base, output):
    """A special fault in what comes by way of the variance, and a row beside it."""
    if output != "x":
        return None
    right = base.parts
    try:
        for special, grads in _specials(base):
            with np.errstate(all="ignore"):
                base.parts = [{**part, BOTH: 0.0, V: g["x"] - part[S] - part[M]}
                              for part, g in zip(right, grads)]
            for row in (r for r in ROWS if r.parts[0] in DX):
                if base.fits(output, (row,)):
                    return [_special_told(special),
                            Told(row.name, row.node, row.sentence)]
    finally:
        base.parts = right
    return None


def _either(found):
    """Rows as faults; where several fit equally, one that names them all."""
    if len(found) == 1 or not found[0]:
        return [Told(r.name, r.node, r.sentence) for r in found[0]]
    if len(found[0]) > 1:
        found = [found[0]]
        return [Told(r.name, r.node, r.sentence) for r in found[0]]
    rows = [r for (r,) in found]
    words = "; or ".join(r.sentence for r in rows)
    return [Told(rows[0].name, rows[0].node, "either " + words)]


__all__ = ["Base", "Told", "coefficients", "explain_backward"]
