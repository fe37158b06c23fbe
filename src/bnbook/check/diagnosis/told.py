"""What is told of a reader's code: one fault or note, and how it is handed out."""

from typing import NamedTuple


class Told(NamedTuple):
    """One fault: name, node, what is said, and whether it is surely this one."""

    name: str
    node: str
    sentence: str
    sure: bool = True


# Right but for the digits: told as notes.
FEW_DIGITS = {"forward in float32", "backward in float32"}


def is_fault(told):
    """Whether what is told is a fault, not a note."""
    return told[0] != "note" and told.name not in FEW_DIGITS


def note(name, node, sentence):
    return ("note", Told(name, node, sentence))


class Finding(NamedTuple):
    """One thing that was found.

    kind: "right", "note" (right, but worth knowing) or "fault". name: the fault's, or
    the output's. node: the graph's node that it is at. sentence: in plain words. sure:
    "sure: …" or "likely: …", with what it rests on.
    """

    kind: str
    name: str
    node: str
    sentence: str
    sure: str = ""


def as_findings(told, seen, where=""):
    """Told, and ("note", Told), as Findings."""
    found = []
    for one in told:
        kind, fault = one if one[0] == "note" else ("fault", one)
        kind = kind if is_fault(one) else "note"
        found.append(Finding(kind, fault.name, fault.node, where + fault.sentence,
                             _sure(fault, len(seen))))
    return found


def _sure(fault, count):
    if fault.name == "unnamed" or not fault.sure:
        return "likely: it fits no fault that is known"
    if fault.sentence.startswith("either"):
        return f"likely: several faults give the same in all {count} probes"
    return f"sure: seen in all {count} probes" if count > 1 else (
        "sure: seen in the one probe of it")


def name_of(told):
    return told[1].name if told[0] == "note" else told.name
