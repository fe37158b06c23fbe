"""A reader's code on the probes of a kind: how it is read, and what it gave."""

import inspect
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.told import Told
from bnbook.check.kinds.calling import NotChecked, Ran, run
from bnbook.check.kinds.table import KINDS, LAYOUTS, draw
from bnbook.check.kinds.wrong import GENERIC, WRONG, values


class Reading(NamedTuple):
    """How code is read: its layout, what it ran on, its own settings, whether y fits.
    """

    layout: str
    drawn: list
    broke: list
    own: dict = MappingProxyType({})
    right: bool = False

    def run(self, code, kind, v, dy=None):
        return run(code, kind, partial(_turned, LAYOUTS[self.layout]), v, dy)


class Seen(NamedTuple):
    """One probe: its values, the right outputs, the reader's run."""

    v: dict
    right: dict
    ran: Ran

    def got(self, out):
        return self.ran.y if out == "y" else self.ran.gradients.get(out)


def _turned(ways, name, a, back=0):
    return ways[name][back](a) if name in ways else a


def reading(name, code, seed, names=True):
    """The layout and own settings under which y is right, or named, or just runs.

    names: whether a wrong y's names are sought, which takes longer.
    """
    kind, rng = KINDS[name], np.random.default_rng(seed)
    drawn = [draw(kind, *one, rng) for one in kind.probes]
    tries = [_tried(kind, code, layout, drawn) for layout in kind.layouts]
    able = [(read, ys) for read, ys in tries if ys]
    if not able:
        raise tries[0][0].broke[0]
    for fitting in (_right, _named_y)[:1 + names]:
        for read, ys in able:
            for own in ({}, *kind.free):
                if fitting(name, ys, [v | own for v in read.drawn]):
                    return read._replace(own=own, right=fitting is _right)
    return able[0][0]


def _tried(kind, code, layout, drawn):
    """(a reading, the y of each probe that ran): none if the first breaks."""
    read, ys = Reading(layout, [], []), []
    for v in drawn:
        try:
            ys.append(read.run(code, kind, v).y)
            read.drawn.append(v)
        except Broke as error:
            if not ys:
                return read._replace(broke=[error]), ys
            if v.get("size", 1) is not None:  # all that it may ask for was there
                read.broke.append(error)
    return read, ys


def _right(name, ys, drawn):
    return all(fits(y, KINDS[name].of(v)[0]) for y, v in zip(ys, drawn))


def _named_y(name, ys, drawn):
    of = KINDS[name].of
    return named(name, "y", [Seen(v | {"dy": 0.0}, {"y": of(v)[0]}, Ran(y))
                             for y, v in zip(ys, drawn)])


def observed(kind, code, read, seed):
    """A forward and a backward on every probe that runs."""
    rng, found = np.random.default_rng(seed + 1), []
    for v in (v | read.own for v in read.drawn):
        y, back = kind.of(v)
        dy = np.array(1.0) if kind.loss else rng.normal(size=y.shape)
        right = dict(zip(("y", *kind.gradients), (y, *back(dy))))
        ran = read.run(code, kind, v)
        if ran.y.shape == y.shape:
            ran = read.run(code, kind, v, dy)
        elif kind.loss or inspect.isclass(code[0]):
            raise NotChecked(f"its y has shape {ran.y.shape}, expected {y.shape}")
        found.append(Seen(v | {"dy": dy}, right, ran._replace(gradients={
            n: a.reshape(right[n].shape) if a.size == right[n].size else a
            for n, a in ran.gradients.items()})))
    return found


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
