"""Batch norm as a layer of a network: state goes in and comes out.

Each forward returns (y, cache, new state). With `batch_statistics` it normalizes with
the batch's and averages them into the state, if there is one; without, or where it is
frozen, it normalizes with the state's and leaves it as it is. Where it is synchronized,
the batch is that of all ranks.
"""

import numpy as np
from numpy.typing import ArrayLike

from bnbook.nn import arguments
from bnbook.norm import stable
from bnbook.norm.ranks import ALONE
from bnbook.norm.synchronized import synchronized_batch_norm


def batch_norm(x, gamma, beta, *, batch_statistics, state, frozen=False, **options):
    """One statistic a channel. options: eps, momentum and
    unbiased_running_var."""
    frozen = arguments.flag("frozen", frozen)
    return stable.batch_norm(x, {"gamma": gamma, "beta": beta}, state or {},
                             training=batch_statistics and not frozen, **options)


def batch_norm_of_ranks(x, gamma, beta, *, batch_statistics, state, ranks=None,
                        synchronized=False, frozen=False, **options):
    """`batch_norm`, where `synchronized` over the rows of all ranks."""
    if not arguments.flag("synchronized", synchronized):
        return batch_norm(x, gamma, beta, batch_statistics=batch_statistics,
                          state=state, frozen=frozen, **options)
    frozen = arguments.flag("frozen", frozen)
    return synchronized_batch_norm(
        x, {"gamma": gamma, "beta": beta}, state or {}, ranks or ALONE,
        training=batch_statistics and not frozen, **options)


def detached_backward(dy: ArrayLike,
                      cache: stable.Cache) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""(dx, dgamma, dbeta) as if the batch's statistics had been given.

        dx = \gamma dy / \sqrt{var + eps}

    Book: eq-detached in chapter 7. It lacks the paths through the mean and the variance
    and is not the gradient of what ran.
    """
    arguments.instance("cache", cache, stable.Cache)
    return stable.batch_norm_vjp(dy, cache._replace(computed=False))


def pixel_batch_norm(x, gamma, beta, **keywords):
    """One statistic a value of a row: each pixel of each channel is its own."""
    y, cache, state = batch_norm(x.reshape(len(x), -1), gamma, beta, **keywords)
    return y.reshape(x.shape), cache, state


def pixel_batch_norm_backward(dy, cache):
    dx, dgamma, dbeta = stable.batch_norm_vjp(dy.reshape(len(dy), -1), cache)
    return dx.reshape(dy.shape), dgamma, dbeta
