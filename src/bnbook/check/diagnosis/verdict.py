"""What a diagnosis says: a line, a text for a terminal, a table for a notebook."""

from dataclasses import dataclass
from html import escape
from textwrap import fill
from zlib import crc32

import numpy as np

from bnbook.check import checks
from bnbook.check.diagnosis.told import Finding
from bnbook.graph import BATCH_NORM, run
from bnbook.show import draw
from bnbook.show.live import inline

CONVENTIONS = {
    "own eps", "momentum weighs the old value", "momentum weighs the new value",
    "biased running variance", "unbiased running variance", "zero start", "start"}
KEPT = {f"keeps the caller's {name}" for name in ("x", "y", "gamma")}
NORMS = {"batch norm", "layer norm", "group norm", "instance norm"}  # of one graph
WIDE = 88


class Findings:
    """What holds `findings`: which of them are of a kind."""

    def of(self, kind):
        return tuple(f for f in self.findings if f.kind == kind)

    @property
    def faults(self):
        """The findings that are faults."""
        return self.of("fault")

    @property
    def notes(self):
        """The findings that are right and worth knowing."""
        return self.of("note")


@dataclass(frozen=True, repr=False)
class Diagnosis(Findings):
    """What was found: `right` if there is no fault; `findings`; `ran` if it could run.

    kind: what it was checked as.
    """

    what: str
    findings: tuple[Finding, ...]
    ran: bool = True
    kind: str = ""

    @property
    def right(self) -> bool:
        """Whether the code ran and no fault was found; notes are no faults."""
        return self.ran and not self.faults

    @property
    def verdict(self) -> str:
        """One line: right, or how many faults."""
        if not self.ran:
            return f"{self.what} could not be run."
        count = len(self.faults)
        if not count:
            return f"{self.what} is right."
        return f"{self.what} has {count} fault{'s' if count > 1 else ''}."

    def __repr__(self):
        lines = [self.verdict, " ".join(f.sentence for f in self.of("right"))]
        for mark, kind in (("✗", "fault"), ("·", "note")):
            lines += [_as_text(mark, f) for f in folded(self.of(kind))]
        return "\n".join(line for line in lines if line)

    def _repr_html_(self):
        rows = "".join(
            f'<tr><th scope="row">{f.kind}</th><td>{_line_as_html(f.line)}'
            f"{escape(_sentence(f))}</td>"
            f"<td><code>{escape(f.node)}</code></td><td>{escape(f.sure)}</td></tr>"
            for kind in ("right", "fault", "note") for f in folded(self.of(kind)))
        return (
            f'<table class="bn-table"><caption>{escape(self.verdict)}</caption><thead>'
            '<tr><th scope="col">kind</th><th scope="col">what</th><th scope="col">node'
            f'</th><th scope="col">how sure</th></tr></thead><tbody>{rows}</tbody>'
            f"</table>{self._picture()}")

    def _picture(self):
        """The graph of a norm with the nodes at fault lit, named by the faults."""
        trace = _example() if self.kind in NORMS else None
        told = [f for f in self.faults if trace and f.node in trace.values]
        if not told:
            return ""
        lit, faults = sorted({f.node for f in told}), " ".join(map(_sentence, told))
        words = f"The graph of batch norm with {' and '.join(lit)} lit. {faults}"
        prefix = f"diagnosis-{crc32(repr(self).encode()):08x}"
        return inline(draw(trace, lit), prefix, words)


@dataclass(frozen=True, repr=False)
class Several(Findings):
    """The diagnoses of all that a module holds, and of all of them together."""

    each: tuple[Diagnosis, ...]

    @property
    def right(self) -> bool:
        """Whether all are right."""
        return all(d.right for d in self.each)

    @property
    def ran(self) -> bool:
        """Whether all ran, or one that ran is wrong."""
        return all(d.ran for d in self.each) or any(
            d.ran and d.faults for d in self.each)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(f for d in self.each for f in d.findings)

    @property
    def verdict(self) -> str:
        """One line each."""
        return "\n".join(d.verdict for d in self.each)

    def __repr__(self):
        return "\n\n".join(map(repr, self.each))

    def _repr_html_(self):
        return "".join(d._repr_html_() for d in self.each)


def folded(findings):
    """Findings with the conventions in one line, what the cache keeps in another."""
    notes = [f for f in findings if f.kind == "note"]
    conventions = [f for f in notes if f.name in CONVENTIONS]
    kept = [f for f in notes if f.name in KEPT]
    rest = [f for f in findings if f not in conventions and f not in kept]
    if conventions:
        rest.insert(0, Finding("note", "conventions", "", "conventions: " + ", ".join(
            f.sentence for f in conventions)))
    if len(kept) > 1:
        names = ", ".join(f.node for f in kept[:-1]) + f" and {kept[-1].node}"
        kept = [Finding("note", "kept", "", f"the cache keeps {names} themselves, not "
                        "copies: editing them after the forward changes the gradients")]
    return rest + kept


def _as_text(mark, finding):
    """A finding for a terminal: its line, if it has one, and what is told of it."""
    fault, place = finding.kind == "fault", finding.line
    node = place.node if place and place.node else finding.node
    node = f"  [node {node}]" if fault and node else ""
    sure = f" — {finding.sure}" if fault and finding.sure else ""
    words = fill(f"{'' if place else mark} {_sentence(finding)}{node}{sure}".strip(),
                 WIDE, initial_indent="  " * bool(place), subsequent_indent="  ",
                 break_long_words=False)
    if not place:
        return words
    line = f"{mark} {place.file}:{place.number}  {place.source}"
    return f"{line if len(line) <= WIDE else line[:WIDE - 1] + '…'}\n{words}"


def _line_as_html(line):
    """The reader's line, to stand above what is told of it."""
    if not line:
        return ""
    place = f"{line.file}:{line.number}"
    return f"<code>{escape(place)}&ensp;<mark>{escape(line.source)}</mark></code><br>"


def _sentence(finding):
    """What is told, and of a line what it has and what it needs."""
    line, text = finding.line, finding.sentence.removesuffix(".")
    if not (line and line.has and line.should):
        return f"{text}."
    told = f"has {line.has}, needs {line.should}"
    told = "on images " * (finding.part == "images") + told
    said = line.has in text and line.should in text
    tested = "in test mode " * (finding.part == "test mode")
    return tested + told if said else f"{text}: {told}"


def _example():
    inputs, dy = checks.draw(np.random.default_rng(0), 5, 3)
    return run(BATCH_NORM, inputs | {"eps": 1e-5}, dy)
