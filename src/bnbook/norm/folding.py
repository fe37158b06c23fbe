"""Batch norm at test time as one scale and one shift a channel."""

import numpy as np
from numpy.typing import ArrayLike

from bnbook.norm import arguments


def folded(gamma: ArrayLike | None, beta: ArrayLike | None, mean: ArrayLike,
           var: ArrayLike, *, eps: float) -> tuple[np.ndarray, np.ndarray]:
    r"""(scale, shift) with which inference is y = scale x + shift.

        scale = \gamma / \sqrt{var + eps},   shift = \beta - mean scale

    All four arrays are (C,), var not negative, whichever convention it was kept by;
    gamma and beta may be None, for a layer without; eps a number >= 0. scale and shift
    are (C,), of the arrays' common dtype (integers become float64; float16 is computed
    in float32). For images, reshape both to (C, 1, 1).

    In front of the layer, b becomes b scale + shift, and weights are multiplied by the
    scale of the channel that they make: an affine w (D, C) by scale, a convolution's w
    (C, C', h, w), in groups or not, by scale (C, 1, 1, 1), a transposed one's
    (C', C, h, w), not in groups, by scale (C, 1, 1). A mean far larger than the
    deviation costs the digits that subtracting it first would keep. Raises TypeError or
    ValueError. Source: Jacob et al. 2018.
    """
    mean = arguments.array("mean", mean, ndim=1)
    given = {"gamma": np.ones_like(mean) if gamma is None else gamma,
             "beta": np.zeros_like(mean) if beta is None else beta, "var": var}
    arrays = [mean, *(arguments.shaped(n, a, mean.shape) for n, a in given.items())]
    dtype = np.result_type(*arrays)
    mean, gamma, beta, var = (arguments.computed(a.astype(dtype)) for a in arrays)
    eps = arguments.nonnegative("eps", eps)
    scale = gamma / np.sqrt(arguments.variance("var", var) + eps)
    return scale.astype(dtype), (beta - mean * scale).astype(dtype)
