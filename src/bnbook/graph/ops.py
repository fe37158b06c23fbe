"""The op table: what each operation computes, and what it sends back.

Every derivative of the book's graphs stands here. A rule says what an op sends to one
of its inputs: g is the gradient by the op's value y, the upstream gradient; a and b are
the inputs. Rules are made of the table's ops, so a backward pass is a graph of it too.
`sum(g, a)` adds up what was copied when a was read; where nothing was, it is left out.
All ops take complex numbers: the complex step can check the rules.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Op(NamedTuple):
    """A row of the table: forward(axes, *inputs) is the value.

    rules: what is sent to each input, its VJP (vector-Jacobian product), as text; None
    where an input lends its shape alone. tex: its LaTeX, with $a and $b for the inputs.
    """

    forward: Callable
    rules: tuple[str | None, ...]
    tex: str


def unbroadcast(a, shape):
    """Sum `a` over the axes along which an array of `shape` was copied to a's shape."""
    padded = (1,) * (a.ndim - len(shape)) + tuple(shape)
    axes = [i for i, (n, m) in enumerate(zip(padded, a.shape)) if n != m]
    return a.sum(axis=tuple(axes), keepdims=True).reshape(shape)


def count(axes, a):
    """m: how many values of `a` have one mean."""
    return int(np.prod(np.take(a.shape, axes)))


OPS = {
    "add": Op(lambda axes, a, b: a + b, ("sum(g, a)", "sum(g, b)"), "$a + $b"),
    "subtract": Op(lambda axes, a, b: a - b, ("sum(g, a)", "-sum(g, b)"), "$a - $b"),
    "multiply": Op(lambda axes, a, b: a * b, ("sum(g * b, a)", "sum(g * a, b)"),
                   r"$a \cdot $b"),
    "divide": Op(lambda axes, a, b: a / b, ("sum(g / b, a)", "-sum(g * y / b, b)"),
                 r"\frac{$a}{$b}"),
    "square": Op(lambda axes, a: a * a, ("2 * g * a",), "$a^2"),
    "sqrt": Op(lambda axes, a: np.sqrt(a), ("g / (2 * y)",), r"\sqrt{$a}"),
    "reciprocal": Op(lambda axes, a: 1 / a, ("-(g * square(y))",), r"\frac{1}{$a}"),
    "negate": Op(lambda axes, a: -a, ("-g",), "-$a"),
    "same": Op(lambda axes, a: +a, ("g",), "$a"),
    "mean": Op(lambda axes, a: a.mean(axis=axes, keepdims=True), ("spread(g, a)",),
               r"\frac{1}{m}\sum $a"),
    "spread": Op(lambda axes, a, b: np.broadcast_to(a / count(axes, b), b.shape),
                 ("mean(g)", None), r"\frac{1}{m}\,$a"),
    "sum": Op(lambda axes, a, b: unbroadcast(a, b.shape), ("copy(g, a)", None),
              r"\sum $a"),
    "copy": Op(lambda axes, a, b: np.broadcast_to(a, b.shape), ("sum(g, a)", None),
               "$a"),
}
