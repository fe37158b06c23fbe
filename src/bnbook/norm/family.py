r"""Layer, group and instance normalization, derived by hand.

x is (N, C) or (N, C, *spatial), axis 1 the channel axis; gamma and beta are (C,). Batch
norm's statistics go over the samples. These go over a part of one sample: all of it
(layer), a group of its channels (group), one of its channels (instance). A sample's y
and dx depend on no other sample; only gamma and beta are shared. With mean, var and
mean(...) over a part,

    xhat = (x - mean) / \sqrt{var + eps},    y = \gamma xhat + \beta
    dx = (dxhat - mean(dxhat) - xhat mean(dxhat xhat)) / \sqrt{var + eps}
    dxhat = \gamma dy,   dgamma = \sum dy xhat,   dbeta = \sum dy

where the sums go over samples and positions. The derivation is batch norm's, but gamma
varies within a part, so that it cannot be drawn out of the means. Layer norm is group
norm with one group, instance norm is group norm with a channel a group: one pair of
functions does all three.

The variance is biased and eps stands inside the root. N may be 0 or 1. The functions
are pure: no argument changes, and the cache shares no memory with one. y and dx have
x's dtype (integers become float64), dgamma and dbeta that of the arithmetic: for
float16 it is float32. TypeError or ValueError, in one line, for input that is not real,
shapes that do not fit, eps < 0, or a part of fewer than two values.
"""

import math
from typing import NamedTuple

import numpy as np

from bnbook.graph.family import FAMILY, split
from bnbook.norm import arguments
from bnbook.norm.normalize import (
    NormCache,
    normalize,
    parameter_gradients,
    through_statistics,
)
from bnbook.norm.statistics import statistics
from bnbook.norm.textbook import EPS


class SampleNormCache(NamedTuple):
    """What the backward needs: arrays with channels split; x's shape and dtype."""

    arrays: NormCache
    shape: tuple
    dtype: np.dtype


def layer_norm_forward(x, gamma, beta, *, eps=EPS):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, statistics of each whole sample.

    The means go over (C, *spatial), at least two values. gamma and beta are (C,), where
    some libraries have one a value. Returns y, of x's shape and dtype, and the cache.
    Errors: see the module. Source: Ba, Kiros & Hinton 2016, equation 4.
    """
    x = arguments.samples(x)
    return _forward(x, gamma, beta, eps, 1, "sample")


def layer_norm_backward(dy, cache):
    """dx = (dxhat - mean(dxhat) - xhat mean(dxhat xhat)) / sqrt(var + eps).

    dxhat = gamma dy, and the means go over (C, *spatial) of each sample. dy: the
    upstream gradient, of y's shape exactly (ValueError otherwise). Returns dx, of x's
    shape, dgamma = sum(dy xhat) and dbeta = sum(dy), both (C,).
    """
    return _backward(dy, cache)


def group_norm_forward(x, gamma, beta, groups, *, eps=EPS):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, statistics of a sample's groups.

    Neighbouring channels form a group, C / groups of them; the means go over a group's
    channels and positions, at least two values. gamma and beta are (C,). Returns y, of
    x's shape and dtype, and the cache. Errors: see the module; ValueError if groups
    does not divide C. Source: Wu & He 2018, equations 1 to 7.
    """
    x = arguments.samples(x)
    groups = arguments.divisor("groups", groups, x.shape[1])
    return _forward(x, gamma, beta, eps, groups, "group")


def group_norm_backward(dy, cache):
    """dx = (dxhat - mean(dxhat) - xhat mean(dxhat xhat)) / sqrt(var + eps).

    dxhat = gamma dy, and the means go over a group of a sample. dy: the upstream
    gradient, of y's shape exactly (ValueError otherwise). Returns dx, of x's shape,
    dgamma = sum(dy xhat) and dbeta = sum(dy), both (C,).
    """
    return _backward(dy, cache)


def instance_norm_forward(x, gamma, beta, *, eps=EPS):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, statistics of a sample's channels.

    The means go over the positions, at least two, so that x has three to five
    dimensions. gamma and beta are (C,). Returns y, of x's shape and dtype, and the
    cache. Errors: see the module. Source: Ulyanov, Vedaldi & Lempitsky 2016, eq. 4.
    """
    x = arguments.samples(x, least_ndim=3)
    return _forward(x, gamma, beta, eps, x.shape[1], "channel")


def instance_norm_backward(dy, cache):
    """dx = gamma (dy - mean(dy) - xhat mean(dy xhat)) / sqrt(var + eps).

    The means go over the positions of a channel of a sample; gamma is one number there,
    and comes out of them. dy: the upstream gradient, of y's shape exactly (ValueError
    otherwise). Returns dx, of x's shape, dgamma = sum(dy xhat) and dbeta = sum(dy),
    both (C,).
    """
    return _backward(dy, cache)


def _forward(x, gamma, beta, eps, groups, part):
    values = math.prod(x.shape[1:]) // max(groups, 1)
    arguments.enough(x, values, 2, part)
    wide = arguments.computed(x)
    gamma, beta = (
        split(arguments.per_channel(name, value, wide)[None], groups)
        for name, value in (("gamma", gamma), ("beta", beta))
    )
    eps = arguments.nonnegative("eps", eps)
    _, var, xmu = statistics(split(wide, groups), FAMILY["group"].axes(x.ndim))
    y, arrays = normalize(xmu, var, gamma, beta, eps)
    y = y.reshape(x.shape).astype(x.dtype, copy=False)
    return y, SampleNormCache(arrays, x.shape, x.dtype)


def _backward(dy, cache):
    arrays, shape, dtype = arguments.instance("cache", cache, SampleNormCache)
    dy = arguments.shaped("dy", dy, shape).astype(arrays.xhat.dtype, copy=False)
    dy = dy.reshape(arrays.xhat.shape)
    dx = through_statistics(dy, arrays, FAMILY["group"].axes(len(shape)))
    sums = parameter_gradients(dy, arrays, (0, *range(3, dy.ndim)))
    return dx.reshape(shape).astype(dtype, copy=False), *(g.reshape(-1) for g in sums)
