r"""The loss around a point: along a line, and how fast its gradient turns.

All in training mode and without dropout: with batch norm, the statistics are those of
the rows given, at every point. A direction is a dict of arrays with the names and
shapes of the parameters.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bnbook.graph.types import Arrays
from bnbook.nn import arguments
from bnbook.nn.network import Network
from bnbook.nn.objective import LossAndGrads, checked_rows, loss_and_grads


def steps_along(network: Network, params: Arrays, x: ArrayLike, labels: ArrayLike,
                direction: Arrays, distances: ArrayLike,
                **options: Any) -> list[LossAndGrads]:
    r"""Loss and gradients at p + t direction for each t in distances: a list of
    LossAndGrads.

    A step of gradient descent goes along direction = -dp, so t is a learning rate.
    options: loss and weight_decay, as in `loss_and_grads`. Raises TypeError or
    ValueError.
    """
    params, x, labels = checked_rows(network, params, x, labels)
    direction = _direction("direction", direction, params)
    return [loss_and_grads(network, _moved(params, direction, t), x, labels, **options)
            for t in arguments.finite("distances", distances, ndim=1)]


def hessian_vector_product(network: Network, params: Arrays, x: ArrayLike,
                           labels: ArrayLike, v: Arrays, *, h: float = 1e-5,
                           **options: Any) -> dict[str, np.ndarray]:
    r"""H v, the derivative of the gradient along v: a dict like params, float64.

        H v = |v| (dp(p + h u) - dp(p - h u)) / 2h,   u = v / |v|

    H is the matrix of the loss's second derivatives by all parameters; it is never
    made. The gradients are exact, so one difference is taken, not two: with h = 1e-5
    some ten digits are right where no ReLU changes its side within h. options: loss and
    weight_decay. Raises TypeError or ValueError. Source: Pearlmutter 1994, section 2.
    """
    h = arguments.positive("h", h)
    params, x, labels = checked_rows(network, params, x, labels)
    point, u = ({name: np.asarray(a, float) for name, a in arrays.items()}
                for arrays in (params, _direction("v", v, params)))
    size = np.sqrt(sum((a**2).sum() for a in u.values()))
    if not size:
        return {name: np.zeros_like(p) for name, p in point.items()}
    plus, minus = (loss_and_grads(network, _moved(point, u, t), x, labels, **options)
                   for t in (h / size, -h / size))
    return {name: size * (plus.grads[name] - minus.grads[name]) / (2 * h)
            for name in point}


def _direction(name, value, params):
    arguments.keyed(name, value, params)
    return {n: arguments.shaped(f"{name}[{n!r}]", value[n], p.shape).astype(float)
            for n, p in params.items()}


def _moved(params, direction, t):
    return {name: p + (t * direction[name]).astype(p.dtype)
            for name, p in params.items()}
