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
from bnbook.check.diagnosis.told import Finding, Told, as_findings, name_of
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
    wrong_y = bool(told)
    gradients, base = backward_findings(reader, seen, bases)
    told += wrong_shapes(reader, seen)
    if wrong_y and base and not any(gradients.values()):
        told.append(("note", Told("backward's forward", "y", _whose(base))))
    found = as_findings([*notes, *told], seen)
    for faults in gradients.values():
        known = [(f.name, f.sentence) for f in found]
        found += [f for f in as_findings(faults, seen)
                  if (f.name, f.sentence) not in known]
    if len(seen) == 6 and reader.kind != "backward":  # not on squares or images alone
        found += image_findings(reader, seen, told, gradients, seed)
    right = not any(f.kind == "fault" for f in found)
    late = conduct(reader, [s.probe for s in seen], right)
    late += state(reader, seen[0].probe, seen[0], _own_statistics(seen, wrong_y))
    if right and reader.kind != "backward":
        late += use(reader, seen[0].probe, not any(f.name == "no "
                                                             "images" for f in found))
    known = {f"test mode, {name_of(t)}" for t in told} | (
        {"test mode"} if "unnamed" in map(name_of, told) else set())
    found += [f for f in as_findings(late, seen[:1]) if f.name not in known
              and (f.kind, f.name) not in {(g.kind, g.name) for g in found}]
    wrong = {name for name, faults in gradients.items() if faults}
    wrong |= {"y"} if wrong_y else set()
    fine = [n for n in WORD if n in seen[0].results and n not in wrong
            and not (reader.kind == "backward" and n == "y")]
    said = "fits your forward." if wrong_y and base and base.name == "own" else (
        "is right on (N, C)." if any("on images" in f.sentence for f in found)
        else "is right.")
    return [Finding("right", WORD[n], n, f"{WORD[n]} {said}") for n in fine] + found


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


