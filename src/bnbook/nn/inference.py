"""A trained network at test time: batch norm with given statistics, not the batch's."""

import numpy as np

from bnbook.nn import arguments
from bnbook.nn.network import checked
from bnbook.nn.structure import initial_state_of, steps

# A diverged network gives NaN without a warning.
quiet = np.errstate(over="ignore", invalid="ignore")


@quiet
def statistics(network, params, x):
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
            "momentum": 0.0, "unbiased": False}
    found = {}
    for name, _, _, *new in steps(network.layers, params, x, state, mode):
        if name in state:
            (found[name],) = new
    return found


@quiet
def predict(network, params, state, x):
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


def evaluate(network, params, state, x, labels):
    """The accuracy on x in inference mode."""
    return accuracy(predict(network, params, state, x), labels)


def accuracy(logits, labels):
    """The share of rows whose largest logit is the label's; a row with NaN is wrong."""
    logits = arguments.array("logits", logits, ndim=2)
    labels = arguments.labels("labels", labels, *logits.shape)
    if not len(labels):
        raise ValueError("logits: no rows, expected at least one")
    sure = ~np.isnan(logits).any(axis=1)
    return float((sure & (logits.argmax(axis=1) == labels)).mean())
