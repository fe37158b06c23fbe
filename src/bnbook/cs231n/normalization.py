"""Batch, layer and group normalization with the assignment's contract.

`norm` does the work; here are the assignment's names, dictionaries and returns.
"""

from typing import NamedTuple

import numpy as np

from bnbook.cs231n.contract import returned, setting, training, upstream
from bnbook.norm import arguments
from bnbook.norm.family import (
    group_norm_backward,
    group_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
)
from bnbook.norm.running import STATISTICS
from bnbook.norm.stable import batch_norm, batch_norm_vjp
from bnbook.norm.textbook import EPS

MOMENTUM = 0.9


def batchnorm_forward(x, gamma, beta, bn_param):
    r"""Batch normalization, one statistic a column: (out, cache).

        out = \gamma (x - mean) / \sqrt{var + eps} + \beta
        running = momentum running + (1 - momentum) batch

    x (N, D), gamma and beta (D,) -> out (N, D). bn_param: "mode", "train" for the
    batch's statistics or "test" for the running ones; "eps", 1e-5 if absent;
    "momentum", the weight of the old value, 0.9 if absent. The variance is biased, to
    normalize and to store. bn_param receives "running_mean" and "running_var", new
    arrays (D,) that start at 0 and 0, and nothing else; after t batches their variance
    has 1 - momentum^t of its weight, so test mode is of no use before training.
    Raises TypeError or ValueError, in one line that names the argument, before bn_param
    changes; also for a training batch of fewer than two rows.
    """
    return _batchnorm(arguments.array("x", x, ndim=2), gamma, beta, bn_param)


def batchnorm_backward(dout, cache):
    """(dx, dgamma, dbeta) in the mode of the forward that made the cache.

    In test mode mean and variance are constants. dout (N, D) -> dx (N, D), dgamma and
    dbeta (D,). dx by the closed form of chapter 5.
    """
    return batch_norm_vjp(*upstream(dout, cache))


def batchnorm_backward_alt(dout, cache):
    """(dx, dgamma, dbeta), the same: `batchnorm_backward` is the closed form already.
    """
    return batchnorm_backward(dout, cache)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    """`batchnorm_forward` for images, one statistic a channel: (out, cache).

    x (N, C, H, W), gamma and beta (C,) -> out (N, C, H, W).
    """
    return _batchnorm(arguments.array("x", x, ndim=4), gamma, beta, bn_param)


def spatial_batchnorm_backward(dout, cache):
    """(dx, dgamma, dbeta) from dout (N, C, H, W), as `batchnorm_backward`."""
    return batch_norm_vjp(*upstream(dout, cache))


def layernorm_forward(x, gamma, beta, ln_param):
    r"""Layer normalization, one statistic a row: (out, cache).

        out = \gamma (x - mean) / \sqrt{var + eps} + \beta

    x (N, D), gamma and beta (D,) -> out (N, D). ln_param: "eps", 1e-5 if absent; it is
    left as it is. Raises TypeError or ValueError.
    """
    x = arguments.array("x", x, ndim=2)
    eps = setting("ln_param", ln_param, "eps", EPS)
    return returned(*layer_norm_forward(x, gamma, beta, eps=eps))


def layernorm_backward(dout, cache):
    """(dx, dgamma, dbeta) from dout (N, D)."""
    return layer_norm_backward(*upstream(dout, cache))


class GroupCache(NamedTuple):
    """The cache of group norm, and the shapes in which gamma and beta came."""

    inner: object
    shapes: tuple


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    r"""Group normalization of images, one statistic a group of a sample: (out, cache).

        out = \gamma (x - mean) / \sqrt{var + eps} + \beta

    x (N, C, H, W); G groups of C / G neighbouring channels; gamma and beta (C,) or
    (1, C, 1, 1), for the assignment had both -> out (N, C, H, W). gn_param: "eps", 1e-5
    if absent; it is left as it is. Raises TypeError or ValueError.
    """
    x = arguments.array("x", x, ndim=4)
    groups = arguments.divisor("G", G, x.shape[1])
    eps = setting("gn_param", gn_param, "eps", EPS)
    parameters = [_flat(name, value, x)
                  for name, value in (("gamma", gamma), ("beta", beta))]
    out, inner = group_norm_forward(x, *parameters, groups, eps=eps)
    return returned(out, GroupCache(inner, (np.shape(gamma), np.shape(beta))))


def spatial_groupnorm_backward(dout, cache):
    """(dx, dgamma, dbeta), the latter in the shapes of gamma and beta."""
    dout, cache = upstream(dout, cache)
    inner, shapes = arguments.instance("cache", cache, GroupCache)
    dx, *gradients = group_norm_backward(dout, inner)
    return dx, *map(np.reshape, gradients, shapes)


def _batchnorm(x, gamma, beta, bn_param):
    train = training("bn_param", bn_param)
    momentum = arguments.fraction("momentum", bn_param.get("momentum", MOMENTUM))
    out, inner, state = batch_norm(
        x, {"gamma": gamma, "beta": beta}, _state(bn_param, x), training=train,
        eps=bn_param.get("eps", EPS), momentum=momentum)
    for name in STATISTICS:
        if train or name not in bn_param:
            bn_param[name] = state[name]
    return returned(out, inner)


def _state(bn_param, x):
    """The running statistics in bn_param, or the assignment's start, 0 and 0."""
    wide = np.result_type(x, np.float32)  # a variance of float16 does not fit into one
    start = np.zeros(x.shape[1], wide)
    state = {name: bn_param.get(name, start.copy()) for name in STATISTICS}
    return state | {"num_batches": 0}


def _flat(name, value, x):
    """A parameter (C,) or (1, C, 1, 1) as (C,)."""
    a = arguments.array(name, value)
    return a.reshape(-1) if a.shape == (1, x.shape[1], 1, 1) else a
