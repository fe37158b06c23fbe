"""The seam: one submission diagnosed, and all that is told of it as plain data.

What stands behind `told` may change; what it returns is what the command shows.
"""

from dataclasses import replace

from bnbook.check.command.sources import loaded
from bnbook.check.command.views import PARTS
from bnbook.check.diagnosis.calls import Broke, attempt
from bnbook.check.diagnosis.diagnose import OUT_OF_MEMORY, diagnose, not_run
from bnbook.check.diagnosis.told import Finding


def told(place, names=(), kind=None, seed=0, hints=None):
    """Outcome, parts, findings and text of the code at a place, as plain data."""
    broke = []
    try:
        code, broke = _code(place, names)
        found = diagnose(*code, kind=kind, seed=seed, **(hints or {}))
    except Broke as error:
        found = not_run(place, error)
    each = [_with_notes(d, broke) for d in getattr(found, "each", (found,))]
    return {"outcome": _outcome(found), "why": _why(each), "parts": _parts(each),
            "findings": [{"of": d.what, **f._asdict(),
                          "line": f.line and f.line._asdict()}
                         for d in each for f in d.findings],
            "text": "\n\n".join(map(repr, each))}


def _code(place, names):
    """(what is to be diagnosed, what broke in a notebook on the way to it)."""
    module, broke = loaded(place)
    if not names:
        return (module,), broke
    return tuple(attempt(getattr, module, name) for name in names), broke


def _with_notes(diagnosis, broke):
    """A diagnosis, and what broke in the notebook around it."""
    kind = "note" if diagnosis.ran else "fault"
    around = tuple(Finding(kind, "cell breaks", "", line) for line in broke)
    return replace(diagnosis, findings=diagnosis.findings + around)


def _outcome(found):
    if any(f.name == OUT_OF_MEMORY for f in found.findings):
        return "memory"
    return "right" if found.right else "wrong" if found.ran else "not run"


def _why(each):
    """Why what did not run did not; with names where several were diagnosed."""
    lost = [d for d in each if not d.ran]
    return "; ".join((f"{d.what}: " if len(each) > 1 else "") + f.sentence
                     for d in lost for f in d.findings)


def _parts(each):
    """right, wrong or noted for each part of which anything is told; {} of nothing."""
    ran = [d for d in each if d.ran]
    return {part: _state([{f.kind for f in d.findings if part in f.part.split(", ")}
                          for d in ran]) for part in PARTS} if ran else {}


def _state(kinds):
    """What is said of one part, by the kinds of its findings, a set a diagnosis."""
    if any("fault" in some for some in kinds):
        return "wrong"
    if any(some == {"note"} for some in kinds):
        return "noted"
    return "right" if any(kinds) else ""
