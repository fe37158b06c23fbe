"""What a diagnosis says: a line, a text for a terminal, a table for a notebook."""

from dataclasses import dataclass
from html import escape
from textwrap import fill
from zlib import crc32

import numpy as np

from bnbook.check.diagnosis.told import Finding
from bnbook.graph import BATCH_NORM, run
from bnbook.show import draw
from bnbook.show.live import inline

CONVENTIONS = {
    "own eps", "momentum weighs the old value", "momentum weighs the new value",
    "biased running variance", "unbiased running variance", "zero start", "start"}


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """What was found: `right` if there is no fault; `findings`; `ran` if it could run.
    """

    what: str
    findings: tuple[Finding, ...]
    ran: bool = True

    @property
    def right(self):
        """Whether the code ran and no fault was found; notes are no faults."""
        return self.ran and not self.faults

    @property
    def faults(self):
        """The findings that are faults."""
        return self.of("fault")

    @property
    def notes(self):
        """The findings that are right and worth knowing."""
        return self.of("note")

    def of(self, kind):
        return tuple(f for f in self.findings if f.kind == kind)

    @property
    def verdict(self):
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
            for f in folded(self.of(kind)):
                node = f" [node {f.node}]" if kind == "fault" and f.node else ""
                sure = f" — {f.sure}" if kind == "fault" and f.sure else ""
                lines.append(fill(f"{mark} {_sentence(f)}{node}{sure}", 88,
                                  subsequent_indent="  ", break_long_words=False))
        return "\n".join(line for line in lines if line)

    def _repr_html_(self):
        rows = "".join(
            f'<tr><th scope="row">{f.kind}</th><td>{escape(_sentence(f))}</td>'
            f"<td><code>{escape(f.node)}</code></td><td>{escape(f.sure)}</td></tr>"
            for kind in ("right", "fault", "note") for f in folded(self.of(kind)))
        return (
            f'<table class="bn-table"><caption>{escape(self.verdict)}</caption><thead>'
            '<tr><th scope="col">kind</th><th scope="col">what</th><th scope="col">node'
            f'</th><th scope="col">how sure</th></tr></thead><tbody>{rows}</tbody>'
            f"</table>{self._picture()}")

    def _picture(self):
        """The graph with the nodes at fault lit, named by the faults."""
        trace = _example()
        told = [f for f in self.faults if f.node in trace.values]
        lit = sorted({f.node for f in told})
        if not lit:
            return ""
        faults = " ".join(map(_sentence, told))
        words = f"The graph of batch norm with {' and '.join(lit)} lit. {faults}"
        prefix = f"diagnosis-{crc32(repr(self).encode()):08x}"
        return inline(draw(trace, lit), prefix, words)


@dataclass(frozen=True, repr=False)
class Several:
    """The diagnoses of all that a module holds, and of all of them together."""

    each: tuple[Diagnosis, ...]

    @property
    def right(self):
        """Whether all are right."""
        return all(d.right for d in self.each)

    @property
    def ran(self):
        """Whether all ran, or one that ran is wrong."""
        return all(d.ran for d in self.each) or any(
            d.ran and d.faults for d in self.each)

    @property
    def findings(self):
        return tuple(f for d in self.each for f in d.findings)

    @property
    def faults(self):
        """The findings that are faults."""
        return tuple(f for d in self.each for f in d.faults)

    @property
    def notes(self):
        """The findings that are right and worth knowing."""
        return tuple(f for d in self.each for f in d.notes)

    @property
    def verdict(self):
        """One line each."""
        return "\n".join(d.verdict for d in self.each)

    def __repr__(self):
        return "\n\n".join(map(repr, self.each))

    def _repr_html_(self):
        return "".join(d._repr_html_() for d in self.each)


def folded(findings):
    """Findings with the conventions in one line, and what the cache keeps in another.
    """
    rest, conventions, kept = [], [], []
    for f in findings:
        if f.kind == "note" and f.name in CONVENTIONS:
            conventions.append(f)
        elif f.kind == "note" and f.name.startswith("keeps the caller's "):
            kept.append(f)
        else:
            rest.append(f)
    if conventions:
        line = "conventions: " + ", ".join(f.sentence for f in conventions)
        rest.insert(0, Finding("note", "conventions", "", line))
    if len(kept) > 1:
        names = ", ".join(f.node for f in kept[:-1]) + f" and {kept[-1].node}"
        kept = [Finding("note", "kept", "", f"the cache keeps {names} themselves, not "
                        "copies: editing them after the forward changes the gradients")]
    return rest + kept


def _sentence(finding):
    text = finding.sentence
    return text if text.endswith(".") else text + "."


def _example():
    rng = np.random.default_rng(0)
    inputs = {"x": rng.normal(size=(5, 3)), "eps": 1e-5, "gamma": np.full(3, 1.5),
              "beta": np.ones(3)}
    return run(BATCH_NORM, inputs, rng.normal(size=(5, 3)))
