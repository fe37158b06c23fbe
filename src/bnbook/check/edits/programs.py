"""The forwards and backwards of batch norm that people write, as graphs.

A program is a graph of the op table below. That is the book's with ops beside it which
only faults need: sums and means over other axes, |a|, a cube, the count of a mean.
All take stacks: axes are counted from the last, and what stands before them is kept.
"""

import re

import numpy as np

from bnbook.graph import BATCH_NORM, OPS, Op, Step, gradient, graph_inputs, parse
from bnbook.graph.expressions import PART
from bnbook.graph.ops import count
from bnbook.graph.steps import evaluate

# What a mistaken sum goes over, counted from the last of ndim axes.
OVER = {
    "all": lambda ndim: tuple(range(-ndim, 0)), "features": lambda ndim: (1 - ndim,),
    "rows": lambda ndim: (-ndim,),
    "pixels": lambda ndim: tuple(range(2 - ndim, 0)) or (-1,),
    "row": lambda ndim: tuple(range(1 - ndim, 0))}


def channel_axes(ndim):
    """What batch norm's means go over, counted from the last of ndim axes."""
    return (-ndim, *range(2 - ndim, 0))


def _sum(axes, a, like):
    """`a` summed over the axes along which `like` has one value."""
    over = tuple(k for k in range(min(axes), 0) if like.shape[k] == 1 != a.shape[k])
    return a.sum(over, keepdims=True)


def _copy(a, like):
    return np.broadcast_to(a, np.broadcast_shapes(a.shape, like.shape))


def _size(of):
    """The op of a count, in an array of as many axes as others have."""
    return Op(lambda axes, a: np.full((1,) * -min(axes), of(axes, a), float), (None,),
              "")


def _over(kind, over):
    """A sum and a mean over other axes, and what the mean sends back."""
    return {
        f"sum_{kind}": Op(lambda axes, a: a.sum(over(-min(axes)), keepdims=True),
                          ("copy(g, a)",), ""),
        f"mean_{kind}": Op(lambda axes, a: a.mean(over(-min(axes)), keepdims=True),
                           (f"spread_{kind}(g, a)",), ""),
        f"spread_{kind}": Op(lambda axes, a, b: _copy(
            a / count(over(-min(axes)), b), b), ("", None), "")}


def _but_last(axes, a):
    return a * (np.arange(a.shape[min(axes)]) < a.shape[min(axes)] - 1).reshape(
        -1, *[1] * (-1 - min(axes)))


TABLE = OPS | {
    "sum": OPS["sum"]._replace(forward=_sum),
    "copy": OPS["copy"]._replace(forward=lambda axes, a, b: _copy(a, b)),
    "spread": OPS["spread"]._replace(
        forward=lambda axes, a, b: _copy(a / count(axes, b), b)),
    "total": Op(lambda axes, a: a.sum(axes, keepdims=True), ("copy(g, a)",), ""),
    "but_last": Op(_but_last, ("but_last(g)",), ""),
    "cube": Op(lambda axes, a: a * a * a, ("3 * g * square(a)",), ""),
    "abs": Op(lambda axes, a: np.abs(a), ("g * sign(a)",), ""),
    "sign": Op(lambda axes, a: np.sign(a), (None,), ""),
    "count": _size(count), "rows": _size(lambda axes, a: a.shape[min(axes)]),
    "channels": _size(lambda axes, a: a.shape[min(axes) + 1]),
    # A mean over features that drops its dims stands as if it were over the batch.
    "row_means": Op(lambda axes, a: np.swapaxes(a.mean(-1, keepdims=True), -1, -2),
                    ("row_spread(g, a)",), ""),
    "row_spread": Op(lambda axes, a, b: _copy(
        np.swapaxes(a, -1, -2) / b.shape[-1], b), ("", None), ""),
} | {op: row for kind, over in OVER.items() for op, row in _over(kind, over).items()}
READ = {op: row._replace(rules=("",) * len(row.rules)) for op, row in TABLE.items()}
KEPT = ("runmean", "runvar", "keep")  # running statistics, and what weighs the old
SIZES = {"N": "count(x)", "n": "rows(x)", "C": "channels(x)"}


def line_of(name):
    """The line that a part belongs to."""
    return name.rstrip(PART)


def is_backward(name):
    return name.startswith("d")


def lines(text):
    """A graph from its lines; N, n and C are the counts of values, rows and channels.
    """
    return parse(re.sub(r"\b[NnC]\b", lambda found: SIZES[found[0]], text), READ)


def inputs_of(x, gamma, beta, eps, dy, kept=()):
    """What a program reads, name -> array of x's number of axes."""
    one = {"gamma": gamma, "beta": beta, "eps": eps} | dict(zip(KEPT, kept))
    shape = (1, -1, *[1] * (x.ndim - 2))
    return {"x": x, "dy": dy} | {
        name: np.asarray(a, float if np.ndim(a) == 0 else None).reshape(shape)
        for name, a in one.items()}


def values_of(graph, inputs):
    """Name -> array, of all that a program reads and makes."""
    with np.errstate(all="ignore"):
        return evaluate(graph, dict(inputs), channel_axes(inputs["x"].ndim), TABLE)


def backward_of(forward):
    """A forward with its staged backward: what sq sends to xmu is called dxmu_sq."""
    inputs = inputs_of(np.eye(3), np.ones(3), np.ones(3), 1.0, np.eye(3))
    forward = renamed(forward, PART)  # as many rows as columns: means of rows run
    read = {name: inputs[name] for name in graph_inputs(forward)}
    return renamed(gradient(forward, [n for n in read if n != "eps"], read,
                            axes=channel_axes(2), ops=TABLE), ".")


def renamed(graph, sign):
    """A graph whose names have _ in the place of a sign."""
    return tuple(Step(step.name.replace(sign, "_"), step.op, tuple(
        i if i[0].isdigit() else i.replace(sign, "_") for i in step.inputs))
        for step in graph)


FORWARDS = {"forward": BATCH_NORM} | {
    name: BATCH_NORM[:2] + lines(text) + BATCH_NORM[4:] for name, text in (
        ("one-pass", "sq = square(x)\nvar = mean(sq) - square(mu)"),
        ("variance apart", "sq = square(x - mean(x))\nvar = mean(sq)"))}
PARAMETERS = "dbeta = sum(dy, beta)\ndgamma = sum(dy * xhat, gamma)\n"
DXHAT = PARAMETERS + "dxhat = dy * gamma\n"
BACKWARDS = {
    "closed": PARAMETERS
    + "dx = gamma * ivar * (dy - mean(dy) - xhat * mean(dy * xhat))",
    "paper": DXHAT + """
        dvar = -(sum(dxhat * xmu, var) * cube(ivar)) / 2
        dmu = -sum(dxhat * ivar, mu)
        dx = dxhat * ivar + dvar * 2 * xmu / N + dmu / N""",
    "closed, over N": DXHAT + """
        dx = ivar / N * (N * dxhat - sum(dxhat, mu) - xhat * sum(dxhat * xhat, mu))""",
    "closed, by dgamma": PARAMETERS
    + "dx = gamma * ivar / N * (N * dy - dbeta - xhat * dgamma)",
    "closed, of dxhat": DXHAT
    + "dx = ivar * (dxhat - mean(dxhat) - xhat * mean(dxhat * xhat))",
    "closed, by xmu": PARAMETERS
    + "dx = gamma * ivar * (dy - mean(dy) - xmu / vareps * mean(dy * xmu))",
    "closed, of dxmu": DXHAT + """
        dxmu = dxhat * ivar
        dx = dxmu - mean(dxmu) - xhat * ivar * mean(dxhat * xhat)"""}
PROGRAMS = {"staged": backward_of(BATCH_NORM)} | {
    name: BATCH_NORM + lines(text) for name, text in BACKWARDS.items()}
TESTED = lines("mu = runmean\nvar = runvar") + tuple(
    step for step in BATCH_NORM if step.name not in ("mu", "sq", "var"))
UPDATES = {name: lines(f"""
    newmean = keep * runmean + (1 - keep) * mu
    newvar = keep * runvar + (1 - keep) * {var}""") for name, var in (
        ("biased", "var"), ("unbiased", "(N / (N - 1) * var)"))}
