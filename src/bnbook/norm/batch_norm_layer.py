r"""Batch normalization that keeps its digits, in both modes: what the layer is made of.

x is (N, C) or (N, C, *spatial), up to five dimensions; axis 1 is the channel. gamma,
beta, mean and var are (C,). In training the statistics are the batch's, per channel
over its m = N * prod(spatial) values, var biased; at inference they are given:

    y = \gamma (x - mean) / \sqrt{var + eps} + \beta

The mean is subtracted in two parts (`bnbook.norm.statistics`), so that y, dx and
dgamma stay within a few units in the last place whatever the mean. Squares are made in
float64: float32 deviations up to 1e38 are fine; float64's beyond 1e154 overflow, NumPy
warns and y is beta; below 1e-162 they count as 0. A constant channel gives y = beta,
and with eps = 0 NaN. float16 is computed in float32. y and dx have x's dtype (integers
become float64), dgamma and dbeta the dtype of the arithmetic. NaN and inf stay in their
channel.

The functions are pure: no argument changes, and a cache shares no memory with arguments
or results and can be used again. Bad input raises TypeError or ValueError, in one line.
Source: Ioffe & Szegedy 2015, algorithms 1 and 2.
"""

from typing import NamedTuple

import numpy as np

from bnbook.norm import arguments
from bnbook.norm.batch_norm import EPS, statistics_axes
from bnbook.norm.normalize import (
    NormCache,
    normalize,
    parameter_gradients,
    past_statistics,
    through_statistics,
)
from bnbook.norm.statistics import statistics


class LayerCache(NamedTuple):
    """What the backward needs. computed: whether mean and var were computed from x."""

    norm: NormCache
    dtype: np.dtype
    computed: bool


def training_forward(x, gamma, beta, eps=EPS):
    """(y, cache, Statistics) with the batch's own mean and variance.

    Two values a channel or more. The statistics keep their dims and are in float64 or
    wider, ready for `updated`, with x's deviations beside them.
    """
    x = arguments.batch(x)
    wide, gamma, beta, eps = _prepared(x, gamma, beta, eps)
    stats = statistics(wide, statistics_axes(x))
    y, cache = normalize(stats.xmu, stats.var, gamma, beta, eps)
    return y.astype(x.dtype, copy=False), LayerCache(cache, x.dtype, True), stats


def inference_forward(x, gamma, beta, mean, var, eps=EPS):
    """(y, cache) with a given mean and variance: each row on its own. N may be 0."""
    x = arguments.batch(x, least=0)
    wide, gamma, beta, eps = _prepared(x, gamma, beta, eps)
    mean, var = (arguments.per_channel(name, a, wide, least=np.float64)
                 for name, a in (("mean", mean), ("var", var)))
    arguments.variance("var", var)
    high = mean.astype(wide.dtype)  # what rounding drops of a large mean is a deviation
    xmu = wide - high - (mean - high).astype(wide.dtype)
    y, cache = normalize(xmu, var, gamma, beta, eps)
    return y.astype(x.dtype, copy=False), LayerCache(cache, x.dtype, False)


def input_gradient(dy, cache):
    """dx alone, through the statistics if they were computed from x.

    dy: the upstream gradient, of y's shape exactly.
    """
    dy = arguments.like("dy", dy, cache.norm.xhat)
    norm = cache.norm
    if cache.computed:  # gamma waits: gamma dy, before dy is centred, would round
        norm = norm._replace(ivar=norm.gamma * norm.ivar, gamma=1)
        dx = through_statistics(dy, norm, statistics_axes(dy))
    else:
        dx = past_statistics(dy, norm)
    return dx.astype(cache.dtype, copy=False)


def layer_backward(dy, cache):
    """(dx, dgamma, dbeta), right for the mode that made the cache.

    dy: the upstream gradient, of y's shape exactly. dgamma = sum(dy xhat) and
    dbeta = sum(dy) are (C,), float32 for float16.
    """
    dy = arguments.like("dy", dy, cache.norm.xhat)
    dgamma, dbeta = parameter_gradients(dy, cache.norm, statistics_axes(dy))
    return input_gradient(dy, cache), dgamma, dbeta


def added(grads, more):
    """The sum of two dicts of gradients with the same keys: a new dict of new arrays.

    For several forwards before one step: keep each cache, add what each backward gives.
    """
    arguments.keyed("more", more, grads)
    return {name: arguments.array(f"grads[{name!r}]", a)
            + arguments.shaped(f"more[{name!r}]", more[name], np.shape(a))
            for name, a in grads.items()}


def _prepared(x, gamma, beta, eps):
    """x as it is computed, the parameters shaped to it, eps."""
    wide = arguments.computed(x)
    gamma, beta = (arguments.per_channel(name, a, wide)
                   for name, a in (("gamma", gamma), ("beta", beta)))
    return wide, gamma, beta, arguments.nonnegative("eps", eps)
