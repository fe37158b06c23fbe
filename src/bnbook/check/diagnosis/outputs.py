"""What is told of y, of the gradients, and of both on images."""

from dataclasses import replace

import numpy as np

from bnbook.check.diagnosis.backward import Base, on_own_values
from bnbook.check.diagnosis.conduct import wrong_shapes
from bnbook.check.diagnosis.forward import TEXTBOOK, agree, explain_forward, traced
from bnbook.check.diagnosis.leftover import seen_at
from bnbook.check.diagnosis.misplaced import by_running
from bnbook.check.diagnosis.probes import error, fits, images, tried
from bnbook.check.diagnosis.products import wanted_shape
from bnbook.check.diagnosis.rows import BOTH
from bnbook.check.diagnosis.search import explain_backward
from bnbook.check.diagnosis.told import Told, as_findings, name_of
from bnbook.check.diagnosis.unnamed import first_kept, fits_own_forward, unnamed_forward

WORD = {"y": "y", "x": "dx", "gamma": "dgamma", "beta": "dbeta"}


def empirical(seen):
    """The textbook's backward on the xhat and ivar that y itself shows; or None."""
    traces = []
    for s in seen:
        p, y = s.probe, s.results["y"]
        if p.x.ndim != 2 or y.shape != p.x.shape or not np.isfinite(y).all():
            return None
        xhat = (y - p.beta) / p.gamma
        ivar = np.array([np.polyfit(a, b, 1)[0] for a, b in zip(p.x.T, xhat.T)])[None]
        trace = traced(TEXTBOOK, p)
        values = {**trace.values, "xhat": xhat, "ivar": ivar, "xmu": xhat / ivar}
        traces.append(on_own_values(replace(trace, values=values)))
    return traces


def forward_findings(reader, seen):
    """(what is told of y, the backwards that may go with it)."""
    right = [traced(TEXTBOOK, s.probe) for s in seen]
    textbook = Base("textbook", seen, right)
    found = explain_forward(seen)
    if not found:
        if max(error(s.results["y"], t.values["y"])
               for s, t in zip(seen, right)) < 2e-5:
            return [Told("forward in float32", "y", "the forward computes in float32: "
                         "y is right to seven digits")], [textbook]
        own = empirical(seen)
        return [by_running(seen) or unnamed_forward(seen)], [textbook, *(
            [Base("on own values", seen, own)] if own else [])]
    faults, traces = found[0]
    if not faults:
        return [], [textbook]
    told = [Told(f.name, f.node, f.sentence) for f in faults]
    if len(found) > 1 and len(faults) == 1:
        others = [f for fs, _ in found for f in fs]
        same_node = {f.node for f in others} == {faults[0].node}
        if not same_node:
            told = [Told(faults[0].name, faults[0].node, "either " + "; or ".join(
                f.sentence for f in others))]
    own = [on_own_values(t) for t in traces]
    bases = [Base("own", seen, traces), textbook]
    if None not in own:
        bases += [Base("on own values", seen, own), *_closed(seen, own)]
    return told, bases


def _closed(seen, traces):
    """The closed form on a forward's own xhat, where its deviations are not centred."""
    values = [{**t.values, "xmu": t.values["xhat"] / t.values["ivar"]} for t in traces]
    if all(fits(v["xmu"], t.values["xmu"]) and np.abs(v["xmu"].mean(t.axes)).max()
           < 1e-9 * np.abs(v["xmu"]).max() for v, t in zip(values, traces)):
        return []
    base = Base("on own values", seen, [replace(t, values=v)
                                        for v, t in zip(values, traces)])
    for parts in base.parts:
        parts[BOTH] = 0.0 * parts[BOTH]
    return [base]


def backward_findings(reader, seen, bases):
    """(output -> what is told of it, the base that it was told against)."""
    if "x" not in seen[0].results:
        return {}, None
    base, told = explain_backward(seen, bases)
    base.own = next((b for b in bases if b.name == "own"), None)
    if bases[0].name == "textbook" and any(f.name == "unnamed" for f in told["x"]):
        kept = first_kept(seen[0], backward=True)
        if kept:
            told["x"] = [Told("unnamed", kept[0], "dx differs in a way that has no "
                              f"name: on the way back {kept[1]} is the first that "
                              "diverges",
                              False)]
    unnamed_y = not any(agree(seen, b.traces) for b in bases)
    if unnamed_y and any(told.values()):
        fits_own = fits_own_forward(reader, seen[0].probe, seen[0].results)
        base.name = "own" if fits_own else "unknown"
        base.untold = set() if fits_own else set(told)
        told = {name: [] if fits_own else _named(faults)
                for name, faults in told.items()}
    elif bases[0].name != "textbook":  # y is wrong: dx against it invents nothing
        told = {name: _against_own(reader, seen, bases, base, name, faults)
                for name, faults in told.items()}
    return told, base


def _recentred(seen, bases):
    """The textbook's backward on a forward's own ivar and the right deviations."""
    found = []
    for base in bases:
        if base.name == "on own values":
            xmu = [s.probe.x - s.probe.x.mean(t.axes, keepdims=True)
                   for s, t in zip(seen, base.traces)]
            found.append(Base(base.name, seen, [
                replace(t, values={**t.values, "xmu": a, "xhat": a * t.values["ivar"]})
                for a, t in zip(xmu, base.traces)]))
    return found


def _against_own(reader, seen, bases, base, output, faults):
    """Faults of a gradient where y has known faults; without a name only if checked."""
    if _named(faults) == faults:
        return faults
    others = [*bases, *_recentred(seen, bases)]
    if any(b.fits(output) for b in others):  # another base's than the rest: no fault
        base.name, base.untold = "unknown", base.untold | {output}
        return _named(faults)
    checks = [fits_own_forward(reader, s.probe, s.results, output) for s in seen]
    if None in checks:
        base.name, base.untold = "unknown", base.untold | {output}
        return _named(faults)
    if all(checks):
        base.name = "own" if base.name != "unknown" else base.name
        return _named(faults)
    return [Told("unnamed", output, f"{WORD[output]} is not the gradient of your own "
                 "forward, nor the textbook's; for your forward, "
                 + seen_at(base.own or base, output), False)]


def _named(faults):
    return [f for f in faults if f.name != "unnamed"]


def image_findings(reader, seen, told, gradients, seed):
    """What (N, C, H, W) shows beyond what (N, C) did."""
    pictures, _ = tried(reader, tuple(
        p._replace(eps=p.eps if reader.takes_eps else seen[0].probe.eps)
        for p in images(seed)))
    if not pictures:
        if reader.kind == "backward":
            return []
        return as_findings([("note", Told("no images", "x", "it takes (N, C) only"))],
                           seen)
    sizes = {n: a.shape for s in pictures for n, a in s.results.items()
             if a.shape != wanted_shape(s, n)}
    if sizes:
        name, shape = next(iter(sizes.items()))
        return as_findings([("note", Told(
            "no images", "x", "it takes (N, C) only: of (N, C, H, W) "
            f"{WORD[name]} comes back as {shape}"))], seen)
    known = {name_of(f) for f in told}
    if "unnamed" in known:
        return []
    now, bases = forward_findings(reader, pictures)
    new = [f for f in now if name_of(f) not in known]
    grads, _ = backward_findings(reader, pictures, bases)
    old = {f.name for faults in gradients.values() for f in faults}
    new += [f for output, faults in grads.items() if not gradients.get(output)
            for f in faults if f.name not in old]
    if "unnamed" in map(name_of, new):
        new = new[:1]
    return as_findings(new, pictures, "on images (N, C, H, W): ") + as_findings(
        [f for f in wrong_shapes(reader, pictures) if not new and f not in told
         and name_of(f) not in {name_of(k) for k in told}], pictures)
