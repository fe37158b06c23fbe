"""Weights averaged over training, with the statistics that belong to them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from bnbook.graph.types import Arrays
from bnbook.nn import arguments
from bnbook.nn.inference import statistics
from bnbook.nn.network import Network, checked


class Averaged(NamedTuple):
    """Averaged parameters, and the state with which they are used."""

    params: dict[str, np.ndarray]
    state: dict[str, dict[str, Any]]


def averaged(network: Network, several: Iterable[Arrays], x: ArrayLike, *,
             weights: ArrayLike | None = None) -> Averaged:
    r"""The mean of several parameters, and the statistics of x with it: an Averaged.

        p = \sum_k a_k p_k / \sum_k a_k

    several: one or more dicts of the network's parameters, such as those after each
    epoch (SWA). weights: a, (K,), at least 0 and not all 0; None: all alike. Powers
    0.9**(K - 1), ..., 0.9, 1 make it an exponential moving average (EMA). x: training
    rows, for `statistics`: each layer's input under the averaged weights is another
    than under any of the several, so none of their running statistics fits. Computed in
    float64 or wider; an array keeps the first one's dtype. Raises TypeError or
    ValueError. Source: Izmailov et al. 2018, algorithm 1.
    """
    several = arguments.several("several", several, "dicts of parameters", least=1)
    given = [checked(network, params, x)[0] for params in several]
    share = _shares(weights, len(given))
    mean = {name: np.tensordot(share, [params[name] for params in given], axes=1)
            .astype(p.dtype) for name, p in given[0].items()}
    return Averaged(mean, statistics(network, mean, x))


def _shares(weights, number):
    """weights as numbers that add up to 1."""
    a = arguments.shaped("weights", np.ones(number) if weights is None else weights,
                         (number,))
    arguments.finite("weights", a)
    if a.min() < 0 or not a.any():
        raise ValueError(f"weights: {arguments.shown(a.tolist())}, expected numbers of "
                         "at least 0, not all 0")
    return a.astype(np.result_type(a, np.float64)) / a.max() / (a / a.max()).sum()
