"""The diagnosis of a batch norm: values, gradients, images, memory and state."""

from bnbook.check.diagnosis import outputs
from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.conduct import conduct, wrong_shapes
from bnbook.check.diagnosis.probes import batches, images, squares, tried
from bnbook.check.diagnosis.state import state
from bnbook.check.diagnosis.told import (
    FEW_DIGITS,
    Finding,
    Told,
    as_findings,
    is_fault,
    joined,
    note,
)
from bnbook.check.diagnosis.use import use
from bnbook.check.edits import explain
from bnbook.check.edits.table import NAMES as WORD
from bnbook.check.lines import located, spoiling
from bnbook.graph import BATCH_NORM
from bnbook.norm.textbook import EPS

FITS = {  # what the gradients fit -> what is said of all of them, and of one
    "own": ("your backward fits your forward: mend both", "fits your forward."),
    "on own values": ("your backward is the textbook's, on your forward's values: mend "
                      "the forward, and it fits", "is the textbook's on your values"),
    "textbook": ("your backward is that of the right forward", "is that of the right "
                 "forward"),
    "unknown": ("whether your gradients fit is not told while y is wrong", "")}


def diagnose_batch_norm(reader, seed=0):
    """The findings, faults first found first."""
    return Diagnosing(reader, seed).findings()


class Diagnosing:
    """One diagnosis: told of y, `of` each gradient, and what is `found` so far."""

    STEPS = ("outputs", "shapes", "whose", "gradients", "images", "late")

    def __init__(self, reader, seed):
        self.reader, self.seed = reader, seed
        self.back_alone = reader.kind == "backward"
        self.seen, notes = with_eps(reader, observed(reader, seed))
        self.told, self.forward = outputs.forward_findings(self.seen)
        self.wrong_y = any(map(is_fault, self.told))
        self.fits = outputs.backward_findings(reader, self.seen, self.forward)
        self.of = dict(self.fits.told) if self.fits else {}
        self.found = self._as(notes, "y")

    def _as(self, told, part):
        return as_findings(told, self.seen, part=part)

    def findings(self):
        """What is right, and then all that the steps find."""
        for step in self.STEPS:
            getattr(self, f"_{step}")()
        return self._right() + self.found

    def _outputs(self):
        """What is told of y and the gradients, with the reader's lines if they show."""
        if not (self.back_alone and self.wrong_y):
            told = located(self.reader, self.seen, {"y": self.told, **self.of})
            self.told, self.of = told.pop("y"), told
        self.found += self._as(self.told, "y")

    def _shapes(self):
        for one in wrong_shapes(self.seen) + missing(self.reader, self.seen):
            self.told.append(one)
            self.found += self._as([one], WORD[one.node])

    def _whose(self):
        """Which forward the gradients are of, where y is wrong."""
        if self.wrong_y and self.fits and (
                self.fits.untold or not any(self.of.values())):
            bases = {*self.fits.fits.values()}
            base = next((b for b in ("unknown", "on own values") if b in bases),
                        "own" if bases == {"own"} else "textbook")
            self.told.append(note("backward's forward", "y", FITS[base][0]))
            self.found += self._as(self.told[-1:], "y")

    def _gradients(self):
        for name, faults in self.of.items():
            self.found = joined(self.found, self._as(faults, WORD[name]))

    def _images(self):
        if len(self.seen) == 6 and not self.back_alone:  # not on squares or images only
            self.found += [f._replace(part="images") for f in outputs.image_findings(
                self.reader, self.seen, self.told, self.forward, self.of, self.seed)]

    def _late(self):
        """Memory, running statistics, test mode, use: what is not told already."""
        reader, first = self.reader, self.seen[:1]
        names = {f.name for f in self.found}
        right = not (any(f.kind == "fault" for f in self.found) or names & FEW_DIGITS)
        memory = conduct(reader, [s.probe for s in self.seen], right)
        parts = [("conduct", spoiling(reader, first[0], memory)),
                 *state(reader, first[0].probe, self._own_graph())]
        if right and not self.back_alone:
            parts.append(("conduct", use(reader, first[0].probe,
                                         "no images" not in names)))
        late = [f for part, told in parts for f in as_findings(told, first, part=part)]
        known = {f"test mode, {t.name}" for t in self.told} | (
            {"test mode"} if self.wrong_y else set())
        if "no test mode" in {f.name for f in late}:
            known.add("unknown mode")
        said = {(f.kind, f.name) for f in self.found}
        self.found += [f for f in late if f.name not in known
                       and (f.kind, f.name) not in said]

    def _own_graph(self):
        """The graph of the reader's own forward; () if it is not known."""
        edited = self.forward and self.forward.edits
        return self.forward.graph if edited else BATCH_NORM if self.forward else ()

    def _right(self):
        """What is said of each output that has no fault."""
        wrong = {o for o, faults in self.of.items() if any(map(is_fault, faults))}
        wrong |= self.fits.untold if self.fits else set()
        wrong |= {"y"} if self.wrong_y or self.back_alone else set()
        where = " on (N, C)" if any("on images" in f.sentence
                                    for f in self.found) else ""
        return [Finding("right", WORD[o], o, f"{WORD[o]} " + (
            self._fits(o) if self.wrong_y else f"is right{where}."), part=WORD[o])
            for o in WORD if o in self.seen[0].results and o not in wrong]

    def _fits(self, output):
        """What is said of a gradient without fault while y has faults."""
        base = self.fits.fits.get(output, "unknown")
        at = {f.node for f in self.told if is_fault(f)}
        if base == "own" or (output in ("gamma", "beta") and not at & {"gx", "y"}):
            return FITS["own"][1]
        other = ", not your forward's gradient" if self.forward else ""
        return f"{FITS[base][1]}{other}." if FITS[base][1] else "is not told."


def missing(reader, seen):
    """A fault of functions whose backward does not return every gradient."""
    if reader.kind != "functions" or "x" not in seen[0].results:
        return []
    lost = [n for n in ("gamma", "beta") if n not in seen[0].results]
    words = ("dx alone: dgamma and dbeta are" if len(lost) == 2 else
             f"two gradients: d{''.join(lost)} is")
    return [Told("gradients missing", n, f"the backward returned {words} missing")
            for n in lost[:1]]


def observed(reader, seed):
    """What was seen on batches, or square ones, or images; Broke if nothing runs."""
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
    eps = explain.own_eps(seen)
    if eps is None:
        return explain.with_eps(seen, explain.likely_eps(seen)), []
    whose = " (Keras's convention)" if eps == 1e-3 else ""
    told = [] if eps == EPS else [note("own eps", "vareps", f"eps is {eps:g}{whose}")]
    return explain.with_eps(seen, eps), told
