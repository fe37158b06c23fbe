"""What is told of a reader's code: one fault or note, and how it is handed out."""

from typing import NamedTuple


class Line(NamedTuple):
    """A line of the reader's own code that is at fault.

    file, number, source: where it stands and its text. node: the graph's node that it
    makes. has, should: what stands there and what should, in the graph's names.
    """

    file: str
    number: int
    source: str
    node: str
    has: str
    should: str


class Told(NamedTuple):
    """One fault: name, node, what is said; whether it is surely this one; the edit of
    the graph that it is; the reader's line that makes it; whether it is one of several
    that give the same; the caller's array that it changes; "fault" or "note".
    """

    name: str
    node: str
    sentence: str
    sure: bool = True
    edit: object = None
    line: Line | None = None
    either: bool = False
    caller: str = ""
    kind: str = "fault"


# Right but for the digits: told as notes.
FEW_DIGITS = {"forward in float32", "backward in float32"}


def is_fault(told):
    """Whether what is told is a fault, not a note."""
    return told.kind == "fault" and told.name not in FEW_DIGITS


def note(name, node, sentence):
    return Told(name, node, sentence, kind="note")


class Finding(NamedTuple):
    """One thing that was found.

    kind: "right", "note" (right, but worth knowing) or "fault". name: the fault's, or
    the output's. node: the graph's node that it is at. sentence: in plain words.
    certainty: "sure" or "likely", "" where there is no doubt. part: what it is a
    finding of: y, dx, dgamma, dbeta, "images", "running statistics", "test mode" or
    "conduct"; of several, ", " between them. line: the reader's line that it is at, if
    that is known. because: what the certainty rests on.
    """

    kind: str
    name: str
    node: str
    sentence: str
    certainty: str = ""
    part: str = ""
    line: Line | None = None
    because: str = ""

    @property
    def sure(self):
        """The certainty and what it rests on, in words."""
        return f"{self.certainty}: {self.because}" if self.certainty else ""


def as_findings(told, seen, where="", part=""):
    found = []
    for one in told:
        kind = "fault" if is_fault(one) else "note"
        certainty, because = _certainty(one, len(seen))
        found.append(Finding(kind, one.name, one.node, where + one.sentence,
                             certainty, part, one.line, because))
    return found


def joined(found, more):
    """Findings and more of them; what is said already gets another part."""
    found = list(found)
    for f in more:
        said = [k for k, g in enumerate(found)
                if (g.name, g.sentence) == (f.name, f.sentence)]
        for k in said[:1]:
            found[k] = found[k]._replace(part=f"{found[k].part}, {f.part}")
        found += [f] * (not said)
    return found


def _certainty(fault, count):
    if fault.name == "unnamed" or not fault.sure:
        return "likely", "it fits no fault that is known"
    if fault.either:
        return "likely", f"several faults give the same in all {count} probes"
    return "sure", (f"seen in all {count} probes" if count > 1
                    else "seen in the one probe of it")
