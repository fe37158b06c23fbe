"""Batch norm as a layer of a network: state goes in and comes out.

Each forward returns (y, cache, new state). With `batch_statistics` it normalizes with
the batch's and averages them into the state, if there is one; without, it normalizes
with the state's and leaves it as it is.
"""

from bnbook.nn import arguments
from bnbook.norm.batch_norm_layer import (
    LayerCache,
    inference_forward,
    layer_backward,
    training_forward,
)
from bnbook.norm.running import updated


def batch_norm(x, gamma, beta, *, batch_statistics, state, eps, momentum, unbiased):
    """One statistic a channel."""
    arguments.momentum(momentum)
    arguments.flag("unbiased", unbiased)
    if not batch_statistics:
        known = state["running_mean"], state["running_var"]
        return *inference_forward(x, gamma, beta, *known, eps), state
    y, cache, seen = training_forward(x, gamma, beta, eps)
    if state is not None:
        state = updated(state, seen.mean, seen.var, x.size // x.shape[1],
                        momentum=momentum, unbiased=unbiased)
    return y, cache, state


def detached_backward(dy, cache):
    r"""(dx, dgamma, dbeta) as if the batch's statistics had been given.

        dx = \gamma dy / \sqrt{var + eps}

    Book: eq-detached in chapter 7. It lacks the paths through the mean and the variance
    and is not the gradient of what ran.
    """
    arguments.instance("cache", cache, LayerCache)
    return layer_backward(dy, cache._replace(computed=False))


def pixel_batch_norm(x, gamma, beta, **keywords):
    """One statistic a value of a row: each pixel of each channel is its own."""
    y, cache, state = batch_norm(x.reshape(len(x), -1), gamma, beta, **keywords)
    return y.reshape(x.shape), cache, state


def pixel_batch_norm_backward(dy, cache):
    dx, dgamma, dbeta = layer_backward(dy.reshape(len(dy), -1), cache)
    return dx.reshape(dy.shape), dgamma, dbeta
