"""The batch normalization layer: parameters, running statistics and two modes.

A thin class over the pure functions of `stable`: what it holds is checked here, once.
"""

import copy
import inspect
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from bnbook.norm import arguments
from bnbook.norm.running import STATISTICS, checked_state, initial_state
from bnbook.norm.stable import batch_norm_vjp, normalized
from bnbook.norm.textbook import EPS


def _setting(name):
    return property(lambda self: self._settings[name], doc=f"{name}, as constructed.")


class BatchNorm:
    r"""Batch normalization of (N, C) or (N, C, *spatial), one statistic a channel.

        y = \gamma (x - mean) / \sqrt{var + eps} + \beta
        running = momentum running + (1 - momentum) batch

    In training mean and var are the batch's, in inference the running ones, which start
    at 0 and 1. var is biased; unbiased_running_var=True keeps m / (m - 1) of it, as
    PyTorch does. Momentum weighs the OLD value (PyTorch: the new one, 0.1);
    momentum=None is the cumulative average, each batch weighed by its values a channel.
    affine=False: gamma 1 and beta 0, no parameters. track_running_stats=False: the
    batch's statistics in both modes, no state. num_features=None takes C from the first
    forward; params and state are {} until then.

    params {"gamma", "beta"} and grads (the same keys; {} before the first backward) are
    dicts of arrays (C,) of the layer's dtype: float16, float32, float64 or longdouble.
    state {"running_mean", "running_var", "num_batches"} (and "num_values" with
    momentum=None) has arrays (C,) of float64, or longdouble if that is the layer's: an
    average of squares overflows where the values do not. params and state, their keys
    and their arrays are yours to assign to, in any real dtype; every forward checks
    them, and one in training puts a new state in place. y and dx have x's dtype
    (integers become float64); float16 is computed in float32. x has 2 to 5 dimensions,
    in training with two values a channel or more; in inference N may be 0. NaN and inf
    stay in their channel, in its running statistics until they are reset. A copy shares
    nothing with the layer.

    Raises TypeError or ValueError in one line that names the argument, and then changes
    nothing. Source: Ioffe & Szegedy 2015; for the digits, `bnbook.norm.statistics`.

    >>> layer = BatchNorm(3)
    >>> y = layer.forward(np.arange(12.0).reshape(4, 3), training=True)
    >>> layer.backward(np.ones((4, 3))).shape, sorted(layer.grads)
    ((4, 3), ['beta', 'gamma'])
    """

    params: dict[str, np.ndarray]
    grads: dict[str, np.ndarray]
    state: dict[str, Any]

    def __init__(self, num_features: int | None = None, *, eps: float = EPS,
                 momentum: float | None = 0.9, affine: bool = True,
                 track_running_stats: bool = True, unbiased_running_var: bool = False,
                 dtype: DTypeLike = np.float64) -> None:
        if num_features is not None:
            num_features = arguments.count("num_features", num_features)
        self._settings = {
            "num_features": num_features,
            "eps": float(arguments.nonnegative("eps", eps)),
            "momentum": arguments.momentum(momentum),
            "affine": arguments.flag("affine", affine),
            "track_running_stats": arguments.flag(
                "track_running_stats", track_running_stats),
            "unbiased_running_var": arguments.flag(
                "unbiased_running_var", unbiased_running_var),
            "dtype": arguments.floating("dtype", dtype),
        }
        self.params, self.grads = self._initial_params(num_features), {}
        self._cache = None
        self.reset_running_stats()

    num_features: int | None = _setting("num_features")
    eps: float = _setting("eps")
    momentum: float | None = _setting("momentum")
    affine: bool = _setting("affine")
    track_running_stats: bool = _setting("track_running_stats")
    unbiased_running_var: bool = _setting("unbiased_running_var")
    dtype: np.dtype = _setting("dtype")

    @property
    def _wide(self) -> np.dtype:
        """The dtype of the state."""
        return np.result_type(self.dtype, np.float64)

    @property
    def hyperparams(self) -> dict[str, Any]:
        """A new dict of the constructor's arguments: BatchNorm(**hyperparams) is alike.

        num_features is None until it is known, then C.
        """
        return dict(self._settings)

    def reset_running_stats(self) -> None:
        """Put the running statistics and counts back to the start."""
        self.state = self._initial_state(self.num_features)

    def forward(self, x: ArrayLike, training: bool) -> np.ndarray:
        """y, of x's shape and dtype. training (True or False) chooses the mode.

        In training the running statistics move. The last forward is the one `backward`
        goes through.
        """
        training = arguments.flag("training", training)
        of_batch = training or not self.track_running_stats
        x = arguments.batch(x, least=2 if of_batch else 0)
        c, new = self._channels(x), self.num_features is None
        params, state = self._params(c), self._state(c)
        y, cache, after = normalized(
            x, params, state, training, self.eps, self.momentum,
            self.unbiased_running_var)
        vars(self).update(  # at once: an interrupt leaves the old layer or the new
            _cache=cache, _settings=self._settings | {"num_features": c},
            params=params if new else self.params,
            state=after if new or training else self.state)
        return y

    def backward(self, dy: ArrayLike, *, input_only: bool = False) -> np.ndarray:
        """dx, of x's shape and dtype, right for the mode of the last forward.

        dy: the loss's gradient by y, of its shape exactly. `grads` becomes a new dict
        of gamma's and beta's gradients; input_only=True leaves it alone. It may be
        called again. RuntimeError before the first forward.
        """
        input_only = arguments.flag("input_only", input_only)
        if self._cache is None:
            raise RuntimeError("backward: no forward yet, expected one before it")
        if input_only or not self.affine:
            return batch_norm_vjp(dy, self._cache)[0]
        dx, *gradients = batch_norm_vjp(dy, self._cache)
        self.grads = {name: g.astype(self.dtype, copy=False)
                      for name, g in zip(("gamma", "beta"), gradients)}
        return dx

    def __repr__(self) -> str:
        defaults = inspect.signature(BatchNorm).parameters
        shown = [f"{name}={getattr(value, 'name', value)!r}"
                 for name, value in self._settings.items()
                 if name != "num_features" and value != defaults[name].default]
        return f"BatchNorm({', '.join([str(self.num_features), *shown])})"

    def __copy__(self) -> "BatchNorm":
        return copy.deepcopy(self)

    def _channels(self, x):
        """C, if x has as many channels as the layer."""
        c = x.shape[1]
        if c != (self.num_features or c):
            raise ValueError(
                f"x: shape {x.shape}, expected {self.num_features} channels on axis 1")
        return arguments.count("x: channels", c)

    def _params(self, c):
        """The parameters for C channels, of the names they should have."""
        if self.num_features is None and arguments.empty(self.params):
            return self._initial_params(c)
        names = ("gamma", "beta") if self.affine else ()
        return arguments.keyed("params", self.params, names)

    def _state(self, c):
        """The state for C channels, its arrays as wide as they are kept."""
        if self.num_features is None and arguments.empty(self.state):
            return self._initial_state(c)
        if not self.track_running_stats:
            return arguments.keyed("state", self.state, ())
        state = checked_state(self.state, c, cumulative=self.momentum is None)
        return state | {name: state[name].astype(self._wide, copy=False)
                        for name in STATISTICS}

    def _initial_params(self, c):
        if not (c and self.affine):
            return {}
        return {"gamma": np.ones(c, self.dtype), "beta": np.zeros(c, self.dtype)}

    def _initial_state(self, c):
        if c is None or not self.track_running_stats:
            return {}
        return initial_state(c, self._wide, cumulative=self.momentum is None)
