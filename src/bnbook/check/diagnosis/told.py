"""What is told of a reader's code: one fault or note, and how it is handed out."""

from typing import NamedTuple


class Told(NamedTuple):
    """One fault: name, node, what is said, and whether it is surely this one."""

    name: str
    node: str
    sentence: str
    sure: bool = True


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
        kind, fault = one if isinstance(one, tuple) and one[0] == "note" else (
            "fault", one)
        found.append(Finding(kind, fault.name, fault.node, where + fault.sentence,
                             _sure(fault, len(seen))))
    return found


def _sure(fault, count):
    if fault.name == "unnamed" or not fault.sure:
        return "likely: it fits no fault that is known"
    if fault.sentence.startswith("either"):
        return f"likely: several faults give the same in all {count} probes"
    return f"sure: seen in all {count} probes" if count > 1 else "sure: seen"


def name_of(told):
    return told[1].name if told[0] == "note" else told.name
