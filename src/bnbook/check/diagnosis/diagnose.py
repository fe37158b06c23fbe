"""A reader's batch norm, told in plain words what is right, what is wrong and where."""

from dataclasses import dataclass
from html import escape
from textwrap import fill

import numpy as np

from bnbook.check.diagnosis.batch_norm import diagnose_batch_norm
from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.others import OTHERS, kind_of
from bnbook.check.diagnosis.readers import partnered, recognise
from bnbook.check.diagnosis.told import Finding
from bnbook.graph import BATCH_NORM, run
from bnbook.show import draw

KINDS = ("batch norm", *OTHERS)


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
            for f in self.of(kind):
                node = f" [node {f.node}]" if kind == "fault" and f.node else ""
                sure = f" — {f.sure}" if kind == "fault" and f.sure else ""
                lines.append(fill(f"{mark} {_sentence(f)}{node}{sure}", 88,
                                  subsequent_indent="  ", break_long_words=False))
        return "\n".join(line for line in lines if line)

    def _repr_html_(self):
        rows = "".join(
            f'<tr><th scope="row">{f.kind}</th><td>{escape(_sentence(f))}</td>'
            f"<td><code>{escape(f.node)}</code></td><td>{escape(f.sure)}</td></tr>"
            for kind in ("right", "fault", "note") for f in self.of(kind))
        return (
            f'<table class="bn-table"><caption>{escape(self.verdict)}</caption><thead>'
            '<tr><th scope="col">kind</th><th scope="col">what</th><th scope="col">node'
            f'</th><th scope="col">how sure</th></tr></thead><tbody>{rows}</tbody>'
            f"</table>{self._picture()}")

    def _picture(self):
        """The graph with the nodes at fault lit."""
        trace = _example()
        lit = {f.node for f in self.faults} & set(trace.values)
        return str(draw(trace, tuple(sorted(lit)))) if lit else ""


def _sentence(finding):
    text = finding.sentence
    return text if text.endswith(".") else text + "."


def _example():
    rng = np.random.default_rng(0)
    inputs = {"x": rng.normal(size=(5, 3)), "eps": 1e-5, "gamma": np.full(3, 1.5),
              "beta": np.ones(3)}
    return run(BATCH_NORM, inputs, rng.normal(size=(5, 3)))


def diagnose(*code, kind=None, seed=0):
    """Say what is right in a batch norm, what is wrong and where: a Diagnosis.

    code: forward and backward in the cs231n contract, forward(x, gamma, beta, bn_param)
    -> (out, cache) and backward(dout, cache) -> (dx, dgamma, dbeta); or in this book's,
    forward(x, gamma, beta, eps) -> (y, cache); or a class, or an object, with
    forward(x) and backward(dy); or a module with these; or a backward alone: (dout,
    cache), cache a BatchNormCache, or dout and any values of the graph by their names.
    kind: "dropout", "relu" or "max pool" for those, if their names do not say so.
    seed: of the probes. A right implementation under another documented convention
    (eps, momentum, unbiased running variance, start) gets notes, never faults. What the
    code raises is told, not raised. Raises ValueError for another kind.
    """
    if kind not in (None, *KINDS):
        raise ValueError(f"kind: {kind!r}, expected one of {list(KINDS)}")
    what = _name(code)
    try:
        code = partnered(code)
        what, kind = _name(code), kind or kind_of(code)
        if kind in OTHERS:
            found = OTHERS[kind](code, seed)
        else:
            found = diagnose_batch_norm(recognise(*code), seed)
    except Broke as broke:
        why = str(broke)
    except Exception as error:  # a reader's code may return anything at all
        why = f"what it returned could not be compared: {type(error).__name__}: {error}"
    else:
        return Diagnosis(what, tuple(found))
    return Diagnosis(what, (Finding("fault", "does not run", "", why),), False)


def _name(code):
    names = [getattr(c, "__name__", type(c).__name__) for c in code]
    return " with ".join(n for n in names if n) or "Nothing"


__all__ = ["KINDS", "Diagnosis", "Finding", "diagnose"]
