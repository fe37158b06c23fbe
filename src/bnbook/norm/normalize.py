r"""What every normalization does with its statistics, forward and backward.

    xhat = xmu / \sqrt{var + eps},   y = \gamma xhat + \beta

The members of the family differ only in the axes their statistics go over.
"""

from typing import NamedTuple

import numpy as np

from bnbook.norm.statistics import centred, mean, total


class NormCache(NamedTuple):
    """What the backward needs: xhat, 1 / sqrt(var + eps), gamma shaped to broadcast."""

    xhat: np.ndarray
    ivar: np.ndarray
    gamma: np.ndarray


def normalize(xmu, var, gamma, beta, eps):
    """(y, cache) from deviations and a variance, all shaped to broadcast against x."""
    ivar = (1 / np.sqrt(var + eps)).astype(xmu.dtype, copy=False)
    xhat = xmu * ivar
    return gamma * xhat + beta, NormCache(xhat, ivar, gamma)


def parameter_gradients(dy, cache, axes):
    r"""(dgamma, dbeta) = (\sum dy xhat, \sum dy) over `axes`, each without its dims."""
    dgamma, dbeta = total(dy * cache.xhat, axes), total(dy, axes)
    return tuple(g.astype(dy.dtype).squeeze(axes) for g in (dgamma, dbeta))


def through_statistics(dy, cache, axes):
    r"""dx where mean and variance were computed from x, over `axes`.

        dx = ivar (dxhat - mean(dxhat) - xhat mean(dxhat xhat)),   dxhat = \gamma dy

    dxhat is centred twice, as x was.
    """
    dxhat, _ = centred(cache.gamma * dy, axes)
    return cache.ivar * (dxhat - cache.xhat * mean(dxhat * cache.xhat, axes))
