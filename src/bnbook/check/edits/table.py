"""Which edits of a program give what was seen: all single ones at once, and pairs.

The edits of one step are run as one stack: their values stand on a leading axis, and
what is downstream is run once for all of them. Nothing is matched by NaN or infinity.
"""

from itertools import chain
from typing import NamedTuple

import numpy as np

from bnbook.check.edits.edits import downstream
from bnbook.check.edits.programs import (
    TABLE,
    channel_axes,
    inputs_of,
    is_backward,
    values_of,
)

TOLERANCE = 1e-8
NATURAL = 1.26  # the cost up to which an edit is one of a pair
NAMES = {"y": "y", "x": "dx", "gamma": "dgamma", "beta": "dbeta",
         "running_mean": "newmean", "running_var": "newvar"}


class Case(NamedTuple):
    """One probe: what a program reads, its values, and what the reader's code gave.

    got: "y", "dx", "dgamma", "dbeta" -> array of the program's number of axes.
    """

    inputs: dict
    values: dict
    got: dict

    @property
    def axes(self):
        return channel_axes(self.inputs["x"].ndim)


def case(graph, seen):
    """A graph on what was seen of one probe."""
    inputs = inputs_of(*seen.probe)
    shape = inputs["gamma"].shape  # a parameter's gradient has it in a program
    got = {NAMES[name]: a.reshape(shape) if a.size == np.prod(shape) else a
           for name, a in seen.results.items()}
    return Case(inputs, values_of(graph, inputs), {
        name: a for name, a in got.items()
        if a.ndim == len(shape) and np.isfinite(a).all()})


def agrees(value, got, tolerance=TOLERANCE):
    """Whether a value, or which of a stack of them, is what was seen."""
    k = got.ndim
    if value.shape[value.ndim - k:] != got.shape:
        return np.zeros(value.shape[:value.ndim - k], bool)
    off = np.abs(value - got).max(axis=tuple(range(-k, 0)))
    digits = {"float32": 1e-3, "float16": 0.05}.get(str(got.dtype), 0)
    return off <= max(tolerance, digits) * np.abs(got).max()


def runs(edit, shape):
    """Whether an edit's arrays fit each other: means of rows need a square batch."""
    square = shape[0] == shape[1] and len(shape) == 2
    return square or not any(step.op == "row_means" for _, steps in edit.changes
                             for step in steps)


def rerun(steps, new, values, axes, changed=()):
    """`new` values of a program, and what its steps make of them.

    Those are run that are `changed` or read a new value; `values` are the others.
    """
    new = dict(new)
    for name, op, inputs in steps:
        if name not in new and (name in changed or not new.keys().isdisjoint(inputs)):
            new[name] = TABLE[op].forward(axes, *[
                new[i] if i in new else values[i] if i in values else
                np.full((1,) * -min(axes), float(i)) for i in inputs])
    return new


def stacks(edits, values, axes, depth=0):
    """(edits, their values of the step as one stack) for each shape that they have."""
    groups = {}
    for edit in edits:
        (name, steps), *_ = edit.changes
        value = rerun(steps, {}, values, axes, {s.name for s in steps})[name]
        value = value.reshape((1,) * (depth - min(axes) - value.ndim) + value.shape)
        groups.setdefault(value.shape, []).append((edit, value))
    return [(some, np.stack(found)) for some, found in (
        zip(*group) for group in groups.values())]


def variants(graph, at, values, axes, depth=0):
    """(step name, edits, what the graph makes with each) of the edits of one step."""
    for name, edits in at.items():
        for group, stack in stacks(edits, values, axes, depth):
            yield name, group, rerun(graph, {name: stack}, values, axes)


def distinct(edits, values, axes):
    """Of edits of one step, the first of those with equal values."""
    first = {}
    for group, stack in stacks(edits, values, axes):
        for edit, value in zip(group, stack):
            most = np.abs(value).max()
            key = value.shape, f"{most:.9e}", np.round(value / (most or 1), 9).tobytes()
            first.setdefault(key, edit)
    return list(first.values())


def by_step(graph, edits, shape):
    """Step name -> the edits that change it alone, the cheapest first; and the rest."""
    at, rest = {step.name: [] for step in graph}, []
    for edit in sorted(edits, key=lambda e: e.cost):
        if runs(edit, shape):
            alone = all(not steps for _, steps in edit.changes[1:])
            (at[edit.changes[0][0]] if alone else rest).append(edit)
    return at, rest


@np.errstate(all="ignore")
def singles(graph, edits, case, wrong):
    """[(edit, the outputs that it gives as they were seen)], each one of `wrong`."""
    (at, rest), found = by_step(graph, edits, case.inputs["x"].shape), []
    several = (("", [e], {name: a[None] for name, a in rerun(
        e.graph, {}, case.values, case.axes, makes(e)).items()}) for e in rest)
    for _, group, new in chain(variants(graph, at, case.values, case.axes), several):
        fit = {o: np.broadcast_to(agrees(new.get(o, case.values[o]), got), len(group))
               for o, got in case.got.items() if o in case.values}
        for k in np.flatnonzero(np.any([fit[o] for o in wrong], axis=0)):
            found.append((group[k], frozenset(o for o in fit if fit[o][k])))
    return found


def makes(edit):
    """The names of the steps that an edit puts in."""
    return {step.name for _, steps in edit.changes for step in steps}


@np.errstate(all="ignore")
def pairs(graph, edits, case, wrong):
    """[(edit, edit)] of two steps that together give an output `wrong` as it was seen.
    """
    natural = [e for e in edits if e.cost <= NATURAL
               and is_backward(e.at) == is_backward(wrong)]
    at, found = by_step(graph, natural, case.inputs["x"].shape)[0], []
    at = {name: distinct(some, case.values, case.axes) for name, some in at.items()
          if wrong in downstream(graph, name)}
    for one, first, new in variants(graph, at, case.values, case.axes):
        known, later = case.values | new, dict([*at.items()][[*at].index(one) + 1:])
        for _, second, end in variants(graph, later, known, case.axes, 1):
            if wrong in end:
                fit = np.broadcast_to(agrees(end[wrong], case.got[wrong]),
                                      (len(second), len(first)))
                found += [(first[k], second[j]) for j, k in zip(*np.nonzero(fit))
                          if makes(first[k]).isdisjoint(makes(second[j]))]
    return found
