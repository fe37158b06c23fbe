"""A reader's code compared with what it is: values, gradients, and whose they are."""

import dis
import inspect
import linecache

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.probes import compared, fits
from bnbook.check.diagnosis.told import Finding, Told, as_findings, note
from bnbook.check.gradients import numerical_gradient
from bnbook.check.kinds.calling import NotChecked
from bnbook.check.kinds.observe import named, reading
from bnbook.check.kinds.table import KINDS
from bnbook.check.kinds.wrong import WORD

JOINED = (lambda y: np.maximum(y, 0), np.tanh, lambda y: 1 / (1 + np.exp(-y)))
NUMERICAL = 1e-5  # of central differences through a reader's code


def check(name, code, seed=0):
    """The findings of code of a kind; Broke if it cannot be run, or not be read."""
    kind = KINDS[name]
    try:
        read = reading(name, code, seed)
    except Broke as broke:
        if _divides(broke):
            return as_findings([Told(
                "sizes by /", "y", "sizes are divided with /, which gives floats; use "
                f"//: {broke}")], (0,), part="y")
        if len(code) == 1:  # how it is made and called was a guess
            raise NotChecked(f"it breaks on what was tried: {broke}") from broke
        raise
    if kind.loss or inspect.isclass(code[0]):
        _of_its_shape(read.seen)
    return [*_about_y(name, read),
            *about_gradients(name, kind, read.seen, read.right,
                             lambda v: read.run(code, kind, v).y),
            *as_findings(_conduct(read), read.seen, part="conduct")]


def _of_its_shape(seen):
    """NotChecked if a y has another shape: then it is something else."""
    for s in seen:
        if s.ran.y.shape != s.right["y"].shape:
            raise NotChecked(f"its y has shape {s.ran.y.shape}, expected "
                             f"{s.right['y'].shape}")


def _raised_in(broke):
    """(code, line) of the reader's that raised; (None, 0) if nothing did."""
    at = broke.__cause__ and broke.__cause__.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    return (at.tb_frame.f_code, at.tb_lineno) if at else (None, 0)


def _divides(broke):
    """Whether a TypeError came out of a function that divides with /."""
    return isinstance(broke.__cause__, TypeError) and any(
        step.argrepr == "/" for step in dis.get_instructions(_raised_in(broke)[0]))


def _refuses(broke):
    """Whether the code says itself that it does not take what it was given."""
    code, line = _raised_in(broke)
    return code is not None and linecache.getline(
        code.co_filename, line).strip().startswith(("raise", "assert"))


def _conduct(read):
    found = [note("refuses", "y", f"it refuses some inputs: {broke}")
             if _refuses(broke) else
             Told("breaks", "y", f"it breaks on some inputs: {broke}")
             for broke in read.broke if not isinstance(broke, NotChecked)][:1]
    if read.layout and read.layout[0] != "(":
        found.append(note("layout", "x", f"arrays are read so: {read.layout}"))
    if dict(read.own) not in ({}, {"eps": 1e-5}):
        found.append(note("own eps", "", "the loss is the sum over the batch, not its "
                          "mean" if "sum" in read.own else ", ".join(
                              f"{key} is {a:g}" for key, a in read.own.items())))
    return found + overwritten(read.seen)


def overwritten(seen):
    return [Told(f"{n} overwritten", n if n in WORD else "y", f"{n} is overwritten by "
                 f"the {'back' if n == 'dout' else 'for'}ward")
            for n in sorted({n for s in seen for n in s.ran.changed})]


def _about_y(name, read):
    seen = read.seen
    if read.right:
        return [fine("y", "y is right.")]
    for joined in JOINED:
        if all(fits(s.ran.y, joined(s.right["y"])) for s in seen):
            raise NotChecked(f"it is {name} with an activation in it")
    told = named(name, "y", seen) or Told("values", "y", f"y is not that of {name}: "
                                          f"{_worst('y', seen)}", False)
    return as_findings([told], seen, part="y")


def about_gradients(name, kind, seen, y_is_right, forward):
    """What is told of all gradients; forward(v) -> y is the reader's own."""
    broke = next((s.ran.broke for s in seen if s.ran.broke), None)
    if broke and y_is_right and not (isinstance(broke, NotChecked) or kind.loss):
        raise Broke(f"the backward breaks: {broke}") from broke.__cause__
    if not any(s.ran.gradients for s in seen):
        why = broke or "there is no backward, or it returned nothing"
        return as_findings([note("no backward", "x", f"no gradient is checked: {why}")],
                           seen)
    return [f for out in kind.gradients
            for f in _about(name, out, seen, y_is_right, forward)]


def _about(name, out, seen, y_is_right, forward):
    d, whose = WORD[out], "is right" if y_is_right else "is that of the right forward"
    if any(s.got(out) is None for s in seen):
        told = Told("gradients missing", out, f"the backward returned no {d}")
    elif all(fits(s.got(out), s.right[out]) for s in seen):
        return [fine(out, f"{d} {whose}.")]
    elif not y_is_right and _fits_own(out, seen[0], forward):
        return [fine(out, f"{d} fits your forward.")]
    else:
        told = named(name, out, seen) or Told(
            "unnamed", out, f"{d} is not the gradient of {name}: {_worst(out, seen)}",
            False)
    right = [fine(out, f"{d} {whose}.")] if told.kind == "note" else []
    return right + as_findings([told], seen, part=d)


def _fits_own(out, one, forward):
    """Whether a gradient is that of the reader's own forward."""
    if one.ran.y.shape != one.right["y"].shape:
        return False
    try:
        own = numerical_gradient(lambda **a: forward(one.v | a), {out: one.v[out]}, out,
                                 one.v["dy"], "central difference")
    except Broke:
        return False
    return fits(one.got(out), own, NUMERICAL)


def fine(out, sentence):
    return Finding("right", WORD[out], out, sentence, part=WORD[out])


def _worst(out, seen):
    return next(compared(s.got(out), s.right[out]) for s in seen
                if not fits(s.got(out), s.right[out]))
