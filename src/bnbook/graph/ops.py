r"""The op table: what each operation computes, and what it sends back.

Every derivative of the graph stands in this file. An op's VJP (vector-Jacobian product)
takes the upstream gradient, the gradient of the loss by the op's value, and returns the
gradient of the loss by each input, in the shape to which the inputs broadcast. Summing
down to an input's own shape is `unbroadcast`, applied in one place, the backward loop.
All rules take complex numbers, so that the complex step can check them.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Op(NamedTuple):
    """One row of the table.

    forward(axes, *inputs) is the value; vjp(axes, g, y, *inputs) has one gradient per
    input, g the upstream gradient, y the value. `tex`, `vjp_tex` write the same: $a, $b
    the inputs, $y, $g, and $sum where broadcast axes are summed.
    """

    forward: Callable
    vjp: Callable
    tex: str
    vjp_tex: tuple[str, ...]


def unbroadcast(gradient, shape):
    """Sum `gradient` over axes along which an input of `shape` was copied forward."""
    new = gradient.ndim - len(shape)
    padded = (1,) * new + tuple(shape)
    axes = [i for i, (n, m) in enumerate(zip(padded, gradient.shape)) if n != m]
    return gradient.sum(axis=tuple(axes), keepdims=True).reshape(shape)


OPS = {
    "mean": Op(
        lambda axes, a: a.mean(axis=axes, keepdims=True),
        lambda axes, g, y, a: (np.broadcast_to(g * (y.size / a.size), a.shape),),
        r"\frac{1}{m}\sum $a", (r"\frac{1}{m}\,$g",)),
    "subtract": Op(lambda axes, a, b: a - b, lambda axes, g, y, a, b: (g, -g),
                   "$a - $b", ("$sum$g", "-$sum$g")),
    "add": Op(lambda axes, a, b: a + b, lambda axes, g, y, a, b: (g, g),
              "$a + $b", ("$sum$g", "$sum$g")),
    "multiply": Op(lambda axes, a, b: a * b, lambda axes, g, y, a, b: (g * b, g * a),
                   r"$a \cdot $b", (r"$sum$g \cdot $b", r"$sum$g \cdot $a")),
    "square": Op(lambda axes, a: a * a, lambda axes, g, y, a: (2 * g * a,),
                 "$a^2", (r"2\,$g \cdot $a",)),
    "sqrt": Op(lambda axes, a: np.sqrt(a), lambda axes, g, y, a: (g / (2 * y),),
               r"\sqrt{$a}", (r"\frac{$g}{2\,$y}",)),
    "reciprocal": Op(lambda axes, a: 1 / a, lambda axes, g, y, a: (-g * y * y,),
                     r"\frac{1}{$a}", (r"-$g \cdot $y^2",)),
}
