r"""Batch normalization that keeps its digits, in both modes, as one pure function.

    y = \gamma (x - mean) / \sqrt{var + eps} + \beta

x is (N, C) or (N, C, *spatial), up to five dimensions; axis 1 is the channel. In
training mean and var are the batch's, per channel over its m = N * prod(spatial)
values, var biased; in inference they are the state's. The textbook's functions are
`batch_norm_forward` and its backwards; what is here agrees with them, and y, dx and
dgamma stay within a few units in the last place whatever the mean.

Deviations of float32 up to 1e38 are fine; float64's beyond 1e154 overflow, NumPy warns
and y is beta; below 1e-162 they count as 0. A constant channel gives y = beta, and with
eps = 0 NaN. float16 is computed in float32. y and dx have x's dtype (integers become
float64), dgamma and dbeta the dtype of the arithmetic. NaN and inf stay in their
channel.

The functions are pure: no argument changes, and a cache shares no memory with arguments
or results and can be used again. Bad input raises TypeError or ValueError, in one line.
Here it is checked, once; `kernel` and `small` compute. Source: Ioffe & Szegedy 2015,
algorithms 1 and 2.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from bnbook.graph.types import Arrays, State
from bnbook.norm import arguments, kernel, small
from bnbook.norm.running import STATISTICS, averaged, checked_state
from bnbook.norm.textbook import EPS


class Cache(NamedTuple):
    """What `batch_norm_vjp` needs. computed: whether mean and var were the batch's."""

    kept: kernel.Kept
    dtype: np.dtype
    computed: bool

    @property
    def xhat(self) -> np.ndarray:
        """The normalized values, of x's shape, in the dtype of the arithmetic."""
        d, delta, scale, _ = self.kept
        each = (-1, *[1] * (d.ndim - 2))
        return ((d - delta.reshape(each)) * scale.reshape(each)).astype(d.dtype)


def batch_norm(x: ArrayLike, params: Arrays, state: State, *, training: bool,
               eps: float = EPS, momentum: float | None = 0.9,
               unbiased_running_var: bool = False) -> tuple[np.ndarray, Cache, State]:
    """(y, cache, state): x normalized, and the state with the batch averaged in.

    params: {"gamma", "beta"}, or {} for 1 and 0. state: as `initial_state` makes it, or
    {} for none: then the batch's statistics serve in both modes. momentum and
    unbiased_running_var: as in `updated`. In inference the state comes back as
    it is, and N may be 0.
    """
    training = arguments.flag("training", training)
    unbiased = arguments.flag(
        "unbiased_running_var", unbiased_running_var)
    momentum, eps = arguments.momentum(momentum), arguments.nonnegative("eps", eps)
    of_batch = training or arguments.empty(state)
    x = arguments.batch(x, least=2 if of_batch else 0)
    known = known_state(state, x.shape[1], momentum, training)
    y, cache, after = normalized(x, params, known, training, eps, momentum, unbiased)
    return y, cache, after if training and known else state


def normalized(x, params, known, training, eps, momentum, unbiased):
    """`batch_norm`, of all but params checked; known: the state, {} for none."""
    inner = contiguous(x)
    gamma, beta = parameters(params, x.shape[1], inner.dtype)
    if training or not known:
        forward = small.forward if small.fits(inner) else kernel.forward
        y, kept, mean, var = forward(inner, gamma, beta, eps)
    else:
        mean, var = (known[name].astype(gamma.dtype) for name in STATISTICS)
        y, kept = kernel.forward_given(inner, gamma, beta, eps, mean, var)
    if training and known:
        m = x.size // x.shape[1]
        known = averaged(known, mean, var, m, momentum, unbiased)
    cache = Cache(kept, x.dtype, training or not known)
    return y.astype(x.dtype, copy=False), cache, known


def batch_norm_vjp(dy: ArrayLike,
                   cache: Cache) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(dx, dgamma, dbeta) of `batch_norm`, right for the mode that made the cache.

    dy: the upstream gradient, of y's shape exactly. dgamma = sum(dy xhat) and
    dbeta = sum(dy) are (C,), float32 for float16.
    """
    kept = arguments.instance("cache", cache, Cache, "batch_norm's").kept
    dy = np.ascontiguousarray(arguments.like("dy", dy, kept.d))
    if not cache.computed:
        backward = kernel.backward_given
    else:
        backward = small.backward if small.fits(dy) else kernel.backward
    dx, *sums = backward(dy, kept)
    dgamma, dbeta = (a.astype(dy.dtype, copy=False) for a in sums)
    return dx.astype(cache.dtype, copy=False), dgamma, dbeta


def added(grads: Arrays, more: Arrays) -> dict[str, np.ndarray]:
    """The sum of two dicts of gradients with the same keys: a new dict of new arrays.

    For several forwards before one step: keep each cache, add what each backward gives.
    """
    arguments.keyed("more", more, arguments.keyed("grads", grads, grads))
    arrays = {name: arguments.array(f"grads[{name!r}]", a) for name, a in grads.items()}
    return {name: a + arguments.shaped(f"more[{name!r}]", more[name], a.shape)
            for name, a in arrays.items()}


def contiguous(x):
    """x as it is computed: C-ordered, its dtype native, float16 in float32."""
    return np.ascontiguousarray(x, x.dtype.char.replace("e", "f"))


def known_state(state, c, momentum, training):
    """The state, checked. Inference does not count values, and takes it either way."""
    if arguments.empty(state):
        return {}
    cumulative = momentum is None
    if not training:
        cumulative = isinstance(state, Mapping) and "num_values" in state
    return checked_state(state, c, cumulative=cumulative)


def parameters(params, c, dtype):
    """gamma and beta, (C,), checked, in float64 or wider."""
    wide = np.float64 if dtype.itemsize <= 8 else dtype
    if arguments.empty(params):
        return np.ones(c, wide), np.zeros(c, wide)
    arguments.keyed("params", params, ("gamma", "beta"))
    return [arguments.of_channels(name, params[name], c).astype(wide, copy=False)
            for name in ("gamma", "beta")]
