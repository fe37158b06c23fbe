"""A reader's code on the probes of a kind: how it is read, and what it gave."""

from typing import NamedTuple

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.told import Told
from bnbook.check.kinds.calling import Ran, run
from bnbook.check.kinds.table import KINDS, LAYOUTS, draw
from bnbook.check.kinds.wrong import GENERIC, WRONG, values


class Seen(NamedTuple):
    """One probe: its values, the right outputs, the reader's run."""

    v: dict
    right: dict
    ran: Ran

    def got(self, out):
        """What the reader's code gave, in the right shape if it has as many values."""
        a = self.ran.y if out == "y" else self.ran.gradients.get(out)
        fit = a is not None and out != "y" and a.size == self.right[out].size
        return a.reshape(self.right[out].shape) if fit else a


class Reading(NamedTuple):
    """How code is read: its layout, its own settings; what it gave, and what broke it.
    """

    layout: str
    own: dict
    seen: list
    broke: list

    @property
    def right(self):
        """Whether y is."""
        return bool(self.seen) and all(fits(s.ran.y, s.right["y"]) for s in self.seen)

    def run(self, code, kind, v, dy=None):
        ways = LAYOUTS[self.layout]
        return run(code, kind, lambda name, a, back=0: (
            ways[name][back](a) if name in ways else a), v, dy)


def reading(name, code, seed, whole=True):
    """The layout and own settings under which y is right, or named, or just runs.

    whole: with gradients, and with the names of a wrong y, which take longer.
    """
    kind, tried = KINDS[name], []
    for layout in kind.layouts:
        for own in ({}, *kind.free):
            read = _tried(kind, code, Reading(layout, own, [], []), seed, whole)
            if read.right:
                return read
            tried.append(read)
    able = [read for read in tried if read.seen]
    if not able:
        raise tried[0].broke[0]
    return next((read for read in able if whole and named(name, "y", read.seen)),
                able[0])


def _tried(kind, code, read, seed, whole):
    """A reading with what code gave on each probe that runs; none if the first breaks.
    """
    rng, upstream = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    for given in [draw(kind, *one, rng) for one in kind.probes]:
        v = given | read.own  # not handed over: the code has them, or it has not
        y, back = kind.of(v)
        dy = np.array(1.0) if kind.loss else upstream.normal(size=y.shape)
        right = dict(zip(("y", *kind.gradients), (y, *back(dy))))
        try:
            ran = read.run(code, kind, given, dy if whole else None)
            read.seen.append(Seen(v | {"dy": dy}, right, ran))
        except Broke as error:
            if not read.seen or v.get("size", 1) is not None:  # it had all it may need
                read.broke.append(error)
            if not read.seen:
                break
    return read


def named(name, out, seen):
    """The row that an output fits in all probes, as it is told; or None."""
    of = KINDS[name].of if name in KINDS else None
    given = [values(name, of, s.v, s.right) for s in seen]
    for row in (*WRONG.get(name, ()), *GENERIC):
        if row.output == out and all(_fits(s.got(out), row.value(v))
                                     for s, v in zip(seen, given)):
            told = Told(row.name, row.node or out, row.sentence)
            return told._replace(kind="note") if row.is_note else told
    return None


def _fits(got, value):
    return np.size(got) == np.size(value) and fits(got, np.reshape(value, got.shape))
