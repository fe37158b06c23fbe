"""Where in the reader's code an edit stands: the line that, mended, mends all."""

import re

import numpy as np

from bnbook.check.diagnosis.calls import meanings
from bnbook.check.edits.edits import changed
from bnbook.check.edits.programs import line_of, values_of
from bnbook.check.lines.layouts import Values
from bnbook.check.lines.watching import HANDED, RETURNED
from bnbook.graph import graph_inputs
from bnbook.graph.expressions import PART

OF = re.compile("(l?d_?l?_?d?|grad(ient)?|delta|g)_?(.+)")  # a gradient's name


def meant(made):
    """The program's values that the name of an array may mean."""
    word = made.name.split(".")[-1]
    of = OF.fullmatch(word)
    return {*meanings(word), *meanings(word.split("_")[-1]),
            *(f"d{name}" for name in meanings(of[3] if of else ""))}


class Finder:
    """Finds the lines of a story's edits by what the lines made, on one probe."""

    def __init__(self, base, edits, output, evidence):
        self.base, self.edits, self.output = base, edits, output
        self.evidence = evidence
        self.own = evidence.laid
        self.wrong = values_of(edits[-1].graph, evidence.inputs)
        self.fits = base.fits(edits[-1].graph, [evidence.seen])

    def place(self, edit):
        """(the Made at whose line an edit is, what it should make); None if unsure.

        It is the first line which mends all if it makes what it should. If something
        unknown goes into it, that may be at fault.
        """
        if {"dgamma", "dbeta"} <= {*edit.lines}:
            return self.returned(), self.output
        graph = changed(self.edits[0].base, tuple(
            c for e in self.edits if e is not edit for c in e.changes))
        if not self.evidence.inputs.keys() >= {*graph_inputs(graph)}:
            return None
        for group in self.exchanges(edit, graph):
            made, _, name, doubt = group[0]
            doubt |= len(edit.lines) > 1 and not {*edit.lines} <= {
                one[2] for one in group}  # several lines, or a number that all read
            if self.evidence.mends([one[:2] for one in group], lambda seen:
                                   self.base.fits(graph, [seen]) >= self.fits):
                return None if doubt or self.unsure(made) else (made, name)
        return None

    def unsure(self, made):
        """Whether something unknown goes into what a line makes."""
        ends = Values(self.wrong)
        return any(self.evidence.influences(one, made) for one, a in self.own
                   if one.number < made.number and one.place != made.place
                   and not ends.called(a))

    def exchanges(self, edit, graph):
        """[(Made, what it should be, its name, doubt)] of lines that may be at fault.

        One that makes what another line of the program should make is at fault if that
        was made before (these come first), or if its name is used again or says so. It
        is not if its name says that it is the other, and else there is doubt.
        """
        right, wrong = values_of(graph, self.evidence.inputs), self.wrong
        suspects = [(wrong[n], right[n], n, True) for n in right if n in wrong
                    and not _alike(right[n], wrong[n])]
        suspects += [(wrong[b], right[a], a, False) for a, b in operands(edit)
                     if a in right and b in wrong]
        lines = Values({n: a for n, a in right.items() if not n.endswith(PART)})
        found = {}
        for k, (made, a) in enumerate(self.own):
            whole, (again, renamed) = lines.called(a), self.before(k)
            for value, should, name, pair in suspects:
                says, other = name in meant(made), whole & meant(made)
                if Values({name: value}).called(a) and (says or not other) and not (
                        whole and name.endswith(PART)):
                    sure = not whole or again or (pair and (renamed or says))
                    found.setdefault((not (whole and again), made.place), []).append(
                        (made, should, line_of(name), not sure))
        return [found[key] for key in sorted(found, key=lambda key: key[0])]

    def before(self, k):
        """Whether the k-th array was made before, and whether its name stood before."""
        made, a = self.own[k]
        earlier, (first, _, rest) = self.own[:k], made.name.partition(".")
        stored = first in (RETURNED, HANDED) or (rest and made.shared)
        again = not stored and any(np.array_equal(a, b) for _, b in earlier)
        return again, Values(self.evidence.inputs).called(a) or any(
            m.name == made.name and m.place.file == made.place.file for m, _ in earlier)

    def returned(self):
        """Where an output that is another value of the program's was named."""
        value = Values({self.output: self.wrong[self.output]})
        called = [made for made, a in self.own
                  if value.called(a) and self.output in meant(made)]
        ends = [made for made, _ in self.own if made.name.startswith(RETURNED)]
        return (called[:1] or ends[-1:])[0]


def _alike(a, b):
    return a.shape == b.shape and np.allclose(a, b, 1e-9, 0)


def operands(edit):
    """(the operand that should stand, what stands instead) of steps that are changed.
    """
    was = {step.name: step for step in edit.base}
    return [(a, b) for _, steps in edit.changes for new in steps
            if new.name in was and new.op == was[new.name].op
            for a, b in zip(was[new.name].inputs, new.inputs) if a != b]
