"""Batch norm at test time as one scale and one shift a channel."""

import numpy as np

from bnbook.norm import arguments


def folded(gamma, beta, mean, var, eps):
    r"""(scale, shift) with which inference is y = scale x + shift.

        scale = \gamma / \sqrt{var + eps},   shift = \beta - mean scale

    All four arrays are (C,), var not negative, whichever convention it was kept by; eps
    a number >= 0. scale and shift are (C,), of the arrays' common dtype (integers
    become float64; float16 is computed in float32). For images, reshape both to
    (C, 1, 1). A mean far larger than the deviation costs the digits that subtracting it
    first would keep. Raises TypeError or ValueError. Source: Jacob et al. 2018.
    """
    gamma = arguments.array("gamma", gamma, ndim=1)
    others = {"beta": beta, "mean": mean, "var": var}
    arrays = [gamma, *(arguments.shaped(n, a, gamma.shape) for n, a in others.items())]
    dtype = np.result_type(*arrays)
    gamma, beta, mean, var = (arguments.computed(a.astype(dtype)) for a in arrays)
    eps = arguments.nonnegative("eps", eps)
    scale = gamma / np.sqrt(arguments.variance("var", var) + eps)
    return scale.astype(dtype), (beta - mean * scale).astype(dtype)
