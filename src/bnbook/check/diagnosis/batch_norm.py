"""The diagnosis of a batch norm: values, gradients, images, memory and state."""

from bnbook.check.diagnosis.calls import Broke, find
from bnbook.check.diagnosis.conduct import conduct, wrong_shapes
from bnbook.check.diagnosis.forward import TEXTBOOK, agree, explain_forward, traced
from bnbook.check.diagnosis.outputs import (
    WORD,
    backward_findings,
    forward_findings,
    image_findings,
)
from bnbook.check.diagnosis.probes import (
    EPSILONS,
    batches,
    images,
    squares,
    tried,
)
from bnbook.check.diagnosis.state import state
from bnbook.check.diagnosis.told import (
    FEW_DIGITS,
    Finding,
    Told,
    as_findings,
    is_fault,
    name_of,
)
from bnbook.check.diagnosis.use import use

CONVENTION = {1e-3: " (Keras's convention)", 1e-5: ""}


def observed(reader, seed):
    """What was seen on batches, or on square ones, or on images; Broke if nothing runs.
    """
    lines = []
    for probes in (batches, squares, images):
        seen, line = tried(reader, probes(seed))
        if seen:
            return seen
        lines.append(line)
    raise Broke(f"your code breaks on a batch (N, C) = (5, 3): {lines[0]}")


def with_eps(reader, seen):
    """What was seen, each probe with the eps that the code uses if it takes none."""
    if reader.takes_eps:
        return seen, []
    place = find(getattr(seen[0].session, "layer", None), "eps")
    kept = place[0][place[1]] if place else None
    own = [kept] if isinstance(kept, float) else []
    options = [[s._replace(probe=s.probe._replace(eps=eps)) for s in seen]
               for eps in (*own, *EPSILONS)]
    for option in options:
        if agree(option, [traced(TEXTBOOK, s.probe) for s in option]):
            return option, _about_eps(option[0].probe.eps)
    for option in options[:4]:
        found = explain_forward(option[:3])
        if found and agree(option, [traced(f, s.probe) for f in found[0][0][:1]
                                    for s in option]):
            return option, []
    return options[0], []


def _about_eps(eps):
    if eps == 1e-5:
        return []
    return [("note", Told("own eps", "vareps", f"eps is {eps:g}"
                          + CONVENTION.get(eps, "")))]


def diagnose_batch_norm(reader, seed=0):
    """The findings, faults first found first."""
    seen, notes = with_eps(reader, observed(reader, seed))
    told, bases = forward_findings(reader, seen)
    wrong_y = any(map(is_fault, told))
    gradients, base = backward_findings(reader, seen, bases)
    told += wrong_shapes(reader, seen) + missing(reader, seen)
    if wrong_y and base and (base.untold or not any(gradients.values())):
        told.append(("note", Told("backward's forward", "y", _whose(base))))
    found = as_findings([*notes, *told], seen)
    for faults in gradients.values():
        known = [(f.name, f.sentence) for f in found]
        found += [f for f in as_findings(faults, seen)
                  if (f.name, f.sentence) not in known]
    if len(seen) == 6 and reader.kind != "backward":  # not on squares or images alone
        found += image_findings(reader, seen, told, gradients, seed)
    right = not any(f.kind == "fault" for f in found)
    few = {f.name for f in found} & FEW_DIGITS
    late = conduct(reader, [s.probe for s in seen], right and not few)
    late += state(reader, seen[0].probe, _own_statistics(seen, wrong_y))
    if "no test mode" in map(name_of, late):
        late = [t for t in late if name_of(t) != "unknown mode"]
    if right and not few and reader.kind != "backward":
        late += use(reader, seen[0].probe, not any(f.name == "no images"
                                                    for f in found))
    known = {f"test mode, {name_of(t)}" for t in told} | (
        {"test mode"} if wrong_y else set())
    found += [f for f in as_findings(late, seen[:1]) if f.name not in known
              and (f.kind, f.name) not in {(g.kind, g.name) for g in found}]
    wrong = {name for name, faults in gradients.items() if any(map(is_fault, faults))}
    wrong |= ({"y"} if wrong_y else set()) | (base.untold if base else set())
    fine = [n for n in WORD if n in seen[0].results and n not in wrong
            and not (reader.kind == "backward" and n == "y")]
    where = " on (N, C)" if any("on images" in f.sentence for f in found) else ""
    at = {f.node for f in told if is_fault(f)}
    return [Finding("right", WORD[n], n, f"{WORD[n]} {_fits(n, base, at)}" if wrong_y
                    else f"{WORD[n]} is right{where}.") for n in fine] + found


def _fits(output, base, at):
    """What is said of a gradient without fault while y has faults at these nodes."""
    if base.name == "own" or (base.own and base.own.fits(output)):
        return "fits your forward."
    if output in ("gamma", "beta") and not at & {"gx", "y"}:
        return "fits your forward."
    other = ", not your forward's gradient" if base.own else ""
    return {"textbook": f"is that of the right forward{other}.",
            "on own values": f"is the textbook's on your values{other}."}.get(
                base.name, "is not told.")


def missing(reader, seen):
    """A fault of functions whose backward does not return every gradient."""
    if reader.kind != "functions" or "x" not in seen[0].results:
        return []
    lost = [n for n in ("gamma", "beta") if n not in seen[0].results]
    words = " and ".join(f"d{n}" for n in lost)
    only = "dx alone" if len(lost) == 2 else "two gradients"
    return [Told("gradients missing", lost[0], f"the backward returned {only}: {words} "
                 f"{'are' if len(lost) == 2 else 'is'} missing")] if lost else []


def _own_statistics(seen, wrong_y):
    """Mean and variance as the reader's own forward has them, if they are known."""
    if not wrong_y:
        return None
    found = explain_forward(seen)
    v = found[0][1][0].values if found else {}
    return (v["mu"], v["var"]) if {"mu", "var"} <= set(v) else ()


def _whose(base):
    return {"own": "your backward fits your forward: mend both",
            "textbook": "your backward is that of the right forward",
            "unknown": "whether your gradients fit is not told while y is wrong",
            "on own values": "your backward is the textbook's, on your forward's "
                             "values: mend the forward, and it fits"}[base.name]
