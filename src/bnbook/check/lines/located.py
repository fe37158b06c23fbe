"""Lines for what is told of a reader's code."""

import numpy as np

from bnbook.check.diagnosis.probes import trained
from bnbook.check.diagnosis.told import Line, Told, is_fault
from bnbook.check.edits.explain import TEXTBOOK, Base, Found, Y, bases, telling
from bnbook.check.edits.named import NODES
from bnbook.check.edits.sentences import compared, said
from bnbook.check.edits.table import NAMES
from bnbook.check.lines.evidence import Evidence
from bnbook.check.lines.places import Finder
from bnbook.check.lines.stories import Teller

# The parameters' gradients may be read by x's.
ORDER = ("y", "gamma", "beta", "x", "running_mean", "running_var")


def located(reader, seen, told, drive=trained, base=None):
    """What is told, with the reader's lines where they are known.

    told: "y", "x", "gamma", "beta" -> what is told of that output, a list of Told and
    notes too; so is the result. The reader's code is run again, on the probe where
    eps weighs most; its lines are believed only where the edits that they show give
    all that was seen. What the lines show replaces what else would fit. drive, base:
    how it is run, and the programs of that, if it is not a step of training.
    """
    wrong = [o for o in ORDER if any(map(is_fault, told.get(o, ())))]
    evidence = Evidence(reader, telling(seen), drive) if wrong else None
    found = dict(told)
    for output in wrong:
        if useless := [s for s in seen if _useless(s, output)]:
            made = Evidence(reader, useless[0], drive).useless(output)
            at = {t.name: made.place for t in told[output] if made and is_fault(t)}
            found[output] = with_places(told[output], at)
        elif evidence.raw:
            found[output] = explained(evidence, seen, output, found, base)
    return found


def _useless(s, output):
    """Whether an output is not finite, or a parameter's gradient has another size."""
    a, channels = s.results[output], s.probe.gamma.size
    return not np.isfinite(a).all() or (
        a.size != channels and output in ("gamma", "beta"))


def with_places(told, places):
    """What is told, with the places of faults by their names."""
    return [t._replace(line=_line(places[t.name], (t.node, "", "")))
            if is_fault(t) and t.name in places else t for t in told]


def spoiling(reader, seen, told):
    """What is told, with the lines that first change the caller's arrays."""
    changed = [t for t in told if is_fault(t) and t.caller]
    spoilt = Evidence(reader, seen).spoilt if changed else {}
    return with_places(told, {t.name: spoilt[t.caller] for t in changed
                              if t.caller in spoilt})


def made_at(reader, seen, drive, told, output):
    """What is told, with the line that last makes an output as it was seen."""
    made = Evidence(reader, seen, drive).made_as(seen.results[output])
    return with_places([told], {told.name: made[-1].place} if made else {})[0]


def explained(evidence, seen, output, found, given=None):
    """What is told of an output, by the first story whose lines are its edits'."""
    base, best = given or (
        Y if output == "y" else backwards(found.get("y", ()))), []
    if base not in (Y, TEXTBOOK, given) and (NAMES[output] in base.right(seen) or any(
            {"y", NAMES[output]} <= TEXTBOOK.right([s]) for s in evidence.mended)):
        return []  # it fits what is told of y, or is right where y is mended
    of = (output, "gamma", "beta")[:1 if output == "y" else 3]
    edits = [t.edit for o in of for t in found.get(o, ()) if is_fault(t) and t.edit]
    teller = Teller(base, seen, evidence, NAMES[output])
    for story in teller.told(edits):
        finder = Finder(base, story.edits, NAMES[output], evidence)
        lines = [(edit, finder.place(edit)) for edit in story.edits]
        best = best or lines
        if all(at and at[1] in edit.lines for edit, at in lines):
            best = lines
            break
    if not any(at for _, at in best):
        return found[output]
    return [_told(*one) for one in best] + [
        t for t in found[output] if not is_fault(t)]


def backwards(told_of_y):
    """The programs that a gradient may be edited from: on the forward as it is told."""
    made = tuple(t.edit for t in told_of_y if is_fault(t) and t.edit)
    if not made:
        return TEXTBOOK
    if made[-1].base != made[0].base:  # one after the other: the last has them all
        made = made[-1:]
    found = bases(Found(made))
    return Base("all", sum((base.programs for base in found), ()))


def _told(edit, at):
    """An edit as Told; what its line has and needs only if it changes one line."""
    rows = compared(edit)
    line = at and _line(at[0].place, rows[0] if len(rows) == 1 else (edit.at, "", ""))
    return Told(*said(edit)[:3], edit=edit, line=line)


def _line(place, row):
    node = NODES.get(row[0], row[0])
    return Line(place.shown, place.number, place.source, node, *row[1:])
