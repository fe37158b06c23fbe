r"""RMS normalization, derived by hand: layer norm without the mean and the shift.

    xhat = x / \sqrt{ms + eps},   ms = mean(x^2),   y = \gamma xhat

The mean goes over (C, *spatial) of each sample, one value or more: nothing is taken
away, so that a single value keeps its sign. dxhat = \gamma dy reaches x straight,
through xhat = x irms, and by way of ms, through irms = (ms + eps)^{-1/2}:

    dms = -\tfrac{1}{2} irms^3 \sum dxhat x,   dx = dxhat irms + \tfrac{2}{m} dms x
       = irms (dxhat - xhat mean(dxhat xhat))

Names are the graph's, RMS_NORM. Contract and errors are those of `norm.family`.
"""

import math
from typing import NamedTuple

import numpy as np

from bnbook.graph.family import FAMILY
from bnbook.norm import arguments
from bnbook.norm.normalize import NormCache, parameter_gradients
from bnbook.norm.statistics import mean
from bnbook.norm.textbook import EPS


class RmsNormCache(NamedTuple):
    """What the backward needs: arrays that broadcast; x's shape and dtype."""

    arrays: NormCache
    shape: tuple
    dtype: np.dtype


def rms_norm_forward(x, gamma, *, eps=EPS):
    """y = gamma x / sqrt(mean(x^2) + eps), the mean over (C, *spatial) of each sample.

    gamma is (C,); there is no beta. Returns y, of x's shape and dtype (integers become
    float64; float16 is computed in float32), and the cache. Raises TypeError or
    ValueError for input that is not real, shapes that do not fit, eps < 0, or a sample
    without values. Source: Zhang & Sennrich 2019, equation 4, which has no eps.
    """
    x = arguments.samples(x)
    arguments.enough(x, math.prod(x.shape[1:]), 1, "sample")
    wide = arguments.computed(x)
    gamma = arguments.per_channel("gamma", gamma, wide)
    eps = arguments.nonnegative("eps", eps)
    squares = np.square(wide, dtype=np.result_type(wide, np.float64))
    ms = mean(squares, FAMILY["rms"].axes(x.ndim))
    irms = (1 / np.sqrt(ms + eps)).astype(wide.dtype)
    xhat = wide * irms
    y = (gamma * xhat).astype(x.dtype, copy=False)
    return y, RmsNormCache(NormCache(xhat, irms, gamma), x.shape, x.dtype)


def rms_norm_backward(dy, cache):
    """dx = (dxhat - xhat mean(dxhat xhat)) / sqrt(mean(x^2) + eps), dxhat = gamma dy.

    The mean goes over (C, *spatial) of each sample. dy: the upstream gradient, of y's
    shape exactly (ValueError otherwise). Returns dx, of x's shape, and
    dgamma = sum(dy xhat), of shape (C,).
    """
    arrays, shape, dtype = arguments.instance("cache", cache, RmsNormCache)
    xhat, irms, gamma = arrays
    dy = arguments.shaped("dy", dy, shape).astype(xhat.dtype, copy=False)
    dxhat = gamma * dy
    dx = irms * (dxhat - xhat * mean(dxhat * xhat, FAMILY["rms"].axes(dy.ndim)))
    dgamma, _ = parameter_gradients(dy, arrays, (0, *range(2, dy.ndim)))
    return dx.astype(dtype, copy=False), dgamma
