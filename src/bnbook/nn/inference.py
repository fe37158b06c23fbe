"""A trained network at test time: batch norm with given statistics, not the batch's."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from bnbook.graph.types import Arrays, States
from bnbook.nn import arguments
from bnbook.nn.network import Network, checked
from bnbook.nn.structure import initial_state_of, steps

# A diverged network gives NaN without a warning.
quiet = np.errstate(over="ignore", invalid="ignore")


@quiet
def statistics(network: Network, params: Arrays,
               x: ArrayLike) -> dict[str, dict[str, Any]]:
    """What each batch norm sees of the batch x, as a state for `predict`.

    x is a reference batch, say the whole training set: with one, nothing is estimated
    by a running average. Layer by layer: each batch norm normalizes with the statistics
    of x before the next one sees it, and nothing drops. The variance is biased. Layer
    name -> {"running_mean": (C,), "running_var": (C,), "num_batches": 1}. A network
    without batch norm gives {}. Source: Wu & Johnson 2021, PreciseBN, with one batch.
    """
    params, x, _ = checked(network, params, x)
    wide = np.result_type(x, np.float64)
    state = {layer.name: initial_state_of(layer, wide) for layer in network.stateful}
    mode = {"training": False, "batch_statistics": True, "rng": None,
            "momentum": 0.0, "unbiased_running_var": False, "frozen": False}
    found = {}
    for name, _, _, *new in steps(network.layers, params, x, state, mode):
        if name in state:
            (found[name],) = new
    return found


class StatisticsGap(NamedTuple):
    """How far one batch norm's stored statistics are from those of some rows.

    mean: in standard deviations of the rows; var: stored over the rows', each with eps;
    both of the channel where they are worst.
    """

    layer: str
    mean: float
    var: float


@quiet
def statistics_gaps(network: Network, params: Arrays, state: States,
                    x: ArrayLike) -> list[StatisticsGap]:
    r"""Which layer's stored statistics do not fit the rows x: a list of StatisticsGap.

        mean = \max_c |running\_mean_c - mean_c| / \sqrt{var_c + eps},
        var = (running\_var_c + eps) / (var_c + eps) furthest from 1

    The worst layer comes first. mean_c and var_c are those of `statistics`: each layer
    sees the rows as they are when the layers before it are right. Nothing is changed,
    and nothing drops. x: many training rows; few differ from sound statistics too.
    """
    params, x, state = checked(network, params, x, state, training=False)
    seen, gaps = statistics(network, params, x), []
    for layer in network.stateful:
        stored, found = state[layer.name], seen[layer.name]
        eps = layer.options["eps"]
        width = found["running_var"] + eps
        mean = np.abs(stored["running_mean"] - found["running_mean"]) / np.sqrt(width)
        ratio = (stored["running_var"] + eps) / width
        worst = np.abs(np.log(ratio)).argmax()
        gaps.append(StatisticsGap(layer.name, float(mean.max()), float(ratio[worst])))
    return sorted(gaps, key=lambda gap: -max(gap.mean, abs(np.log(gap.var))))


@quiet
def predict(network: Network, params: Arrays, state: States | None,
            x: ArrayLike) -> np.ndarray:
    r"""The scores (N, K) of x in inference mode, each row on its own: N may be 1, or 0.

    Batch norm uses the state's mean and variance, those that training left or that
    `statistics` computed:

        y = \gamma (x - mu) / \sqrt{var + eps} + \beta

    Raises ValueError if they are not those of this network's layers.
    """
    params, x, state = checked(network, params, x, state, training=False)
    mode = {"training": False, "batch_statistics": False, "rng": None}
    *_, (_, y, *_) = steps(network.layers, params, x, state, mode)
    return y


def evaluate(network: Network, params: Arrays, state: States | None, x: ArrayLike,
             labels: ArrayLike) -> float:
    """The accuracy on x in inference mode."""
    return accuracy(predict(network, params, state, x), labels)


def accuracy(logits: ArrayLike, labels: ArrayLike) -> float:
    """The share of rows whose largest logit is the label's; a row with NaN is wrong."""
    logits = arguments.array("logits", logits, ndim=2)
    labels = arguments.labels("labels", labels, *logits.shape)
    if not len(labels):
        raise ValueError("logits: no rows, expected at least one")
    sure = ~np.isnan(logits).any(axis=1)
    return float((sure & (logits.argmax(axis=1) == labels)).mean())
