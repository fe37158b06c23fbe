"""What the reader's lines tell of a wrong output: edits of a program, a line each.

An array that a line made is sought among the program's values, else among those that
one edit would make; that edit is applied and the walk goes on. It is believed only
where the edited program gives exactly what was returned.
"""

from typing import NamedTuple

import numpy as np

from bnbook.check.edits.edits import edits_of
from bnbook.check.edits.programs import is_backward, line_of
from bnbook.check.edits.table import case, singles
from bnbook.check.lines.layouts import Values
from bnbook.graph.expressions import PART

FAULTS = 3  # in one story
TRIES = 5  # runs of all edits while a story of several faults is sought
PROGRAMS = 2  # that are tried
TIED = 6  # stories that are as likely by what the lines have
GUESSES = 2  # edits that are followed from one line, and lines that are looked at


class Story(NamedTuple):
    """Edits one after the other; how many of the lines' arrays the end has, and how
    many of them as a line of the program and no part of one; what the edits cost.
    """

    edits: tuple
    known: tuple
    cost: float

    @property
    def rank(self):
        return len(self.edits), *(-n for n in self.known)


def split(story):
    """The story of one edit of several lines as one of an edit a line."""
    edit, parts = story.edits[0], []
    for change in edit.changes:
        base = parts[-1].graph if parts else edit.base
        parts.append(edit._replace(at=line_of(change[0]), changes=(change,), base=base,
                                   fault=None))
    return story._replace(edits=tuple(parts))


class Teller:
    """Tells the stories of one output, by the arrays of one probe."""

    def __init__(self, base, seen, evidence, output):
        self.base, self.seen, self.output = base, seen, output
        self.evidence, self.left = evidence, TRIES

    def told(self, edits=()):
        """The best stories, of edits at different lines, the likeliest first.

        edits: known ones.
        """
        programs = sorted(self.base.programs, key=lambda p: self.known(p[1]),
                          reverse=True)[:PROGRAMS]
        found = [Story((e,), self.known(e.graph), e.cost) for e in edits
                 if self.output in self.base.fits(e.graph, self.seen)]
        for program in programs:
            found += self.follow(program, 1)
        for program in programs:
            found = found or self.follow(program, FAULTS)
        found.sort(key=lambda story: story.rank)
        best = [s for s in found if s.rank == found[0].rank]
        best.sort(key=lambda story: story.cost, reverse=True)
        apart = {tuple(e.at for e in story.edits): story for story in best}
        named = [s for s in found if s.edits[0].fault and len(s.edits) == 1]
        if named and self.base.of_state:  # a line that would do as well is none
            return named + [split(s) for s in named if len(s.edits[0].lines) > 1]
        return named + [s for s in [*apart.values()][::-1][:TIED] if s not in named]

    def names(self, graph):
        """The names of the values that each of the reader's arrays is."""
        values = Values(case(graph, self.evidence.seen).values)
        return [values.called(a) for _, a in self.evidence.laid]

    def known(self, graph):
        """How many arrays are values of a graph, and how many of its lines."""
        names = self.names(graph)
        return sum(map(bool, names)), sum(
            any(not n.endswith(PART) for n in some) for some in names)

    def follow(self, program, most):
        """The stories of a program that needs one edit; or else of more, `most`.

        program: as `edits_of` takes it.
        """
        graph, edits = program[1], edits_of(*program)
        here, names = case(graph, self.evidence.seen), self.names(graph)
        if self.output not in here.got or self.output not in here.values:
            return []
        right = set().union(*names)
        free = [e for e in edits if (is_backward(self.output) and not is_backward(e.at))
                or not right & {name for name, steps in e.changes if steps}]
        ends = [Story((e,), self.known(e.graph), e.cost)
                for e, fits in singles(graph, free, here, (self.output,))
                if self.output in fits & self.base.fits(e.graph, self.seen)]
        if ends or most == 1 or self.left <= 0:
            return ends
        unknown = [a for (_, a), found in zip(self.evidence.laid, names) if not found]
        rests = (self.after(edit, most) for a in unknown[:GUESSES]
                 for edit in self.guesses(graph, free, here, a, right))
        return next(filter(None, rests), [])

    def after(self, edit, most):
        """The stories that begin with an edit."""
        start = sum(not is_backward(s.name) for s in edit.graph) % len(edit.graph)
        rest = self.follow((edit.program, edit.graph, start), most - 1)
        return [Story((edit, *r.edits), r.known, r.cost + edit.cost) for r in rest]

    def guesses(self, graph, edits, here, a, right):
        """The edits that make a value which a line of the reader's has."""
        wanted = {s.name: np.broadcast_to(a, np.broadcast_shapes(
            a.shape, here.values[s.name].shape)) for s in graph if s.name not in right}
        self.left -= 1
        hits = singles(graph, edits, here._replace(got=wanted), tuple(wanted))
        some = sorted((e for e, _ in hits), key=lambda e: e.cost)[:20]
        ranked = sorted(((-self.known(e.graph)[0], len(e.lines), e.cost, k)
                         for k, e in enumerate(some)))
        return [some[k] for known, *_, k in ranked[:GUESSES]
                if -known > self.known(graph)[0]]
