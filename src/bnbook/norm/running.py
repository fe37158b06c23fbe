r"""Running statistics: what training remembers for inference.

State is a plain dict, {"running_mean", "running_var", "num_batches"}, of two arrays
(C,) and a count. It goes in and a new one comes out; none is ever changed. Momentum
weighs the OLD value (the convention of cs231n, Keras and ONNX; PyTorch's weighs the
new one):

    running = momentum running + (1 - momentum) batch

momentum=None is the cumulative average. There a batch counts as many times as it gives
a channel values, not once: the average of a batch of 10,000 is a thousand times surer
(in variance) than that of a batch of 10, and weighted so, the average of the batches'
means is the mean of all values. For that the state has a fourth key, "num_values".
The average of the batches' variances lacks the spread between their means: `merged`
and `pooled` give the exact statistics.
"""

from collections.abc import Iterable
from functools import reduce
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from bnbook.graph.types import State
from bnbook.norm import arguments
from bnbook.norm.statistics import statistics
from bnbook.norm.textbook import statistics_axes

STATISTICS = ("running_mean", "running_var")
COUNTS = ("num_batches", "num_values")


class Moments(NamedTuple):
    """mean and biased var, (C,), of `count` values a channel."""

    mean: np.ndarray
    var: np.ndarray
    count: int  # type: ignore[assignment]  # a tuple's `count` gives way


Parts: TypeAlias = Moments | tuple[ArrayLike, ArrayLike, int]


def initial_state(num_features: int, dtype: DTypeLike = np.float64, *,
                  cumulative: bool = False) -> dict[str, Any]:
    """A state before any batch: running mean 0 and variance 1, both (C,), counts 0.

    cumulative: for momentum=None, with "num_values". Raises TypeError or ValueError.
    """
    c = arguments.count("num_features", num_features)
    cumulative = arguments.flag("cumulative", cumulative)
    dtype = arguments.floating("dtype", dtype)
    state = {"running_mean": np.zeros(c, dtype), "running_var": np.ones(c, dtype),
             "num_batches": 0}
    return state | {"num_values": 0} if cumulative else state


def checked_state(state: State, num_features: int, *,
                  cumulative: bool = False) -> dict[str, Any]:
    """A new dict of `state`'s arrays, (C,), and ints: TypeError or ValueError if amiss.

    A negative variance is refused. NaN and inf are not: a batch may have left them, and
    they stay in their channel.
    """
    counts = COUNTS[: 1 + cumulative]
    arguments.keyed("state", state, (*STATISTICS, *counts))
    checked = {name: arguments.of_channels(name, state[name], num_features)
               for name in STATISTICS}
    arguments.variance("running_var", checked["running_var"])
    return checked | {name: arguments.count(name, state[name], 0) for name in counts}


def updated(state: State, mean: ArrayLike, var: ArrayLike, count: int, *,
            momentum: float | None = 0.9,
            unbiased_running_var: bool = False) -> dict[str, Any]:
    r"""The state after one more batch: a new dict of new arrays.

        running = w running + (1 - w) batch,   w = momentum, or M / (M + m) if None

    mean, var: the batch's, (C,) or with dims kept, var biased; count: m, the values it
    gave each channel; M: `num_values` so far. unbiased_running_var=True keeps
    var m / (m - 1), PyTorch's convention. Arrays keep the state's dtype and are
    computed in float64 or wider. A NaN stays, in its channel, until the state is reset.
    Raises TypeError or ValueError.
    """
    w = arguments.momentum(momentum)
    unbiased = arguments.flag("unbiased_running_var", unbiased_running_var)
    m = arguments.count("count", count, least=2 if unbiased else 1)
    mean, var = _flat("mean", mean), arguments.variance("var", _flat("var", var))
    arguments.of_channels("var", var, len(mean))
    old = checked_state(state, len(mean), cumulative=w is None)
    return averaged(old, mean, var, m, w, unbiased)


def averaged(old, mean, var, m, w, unbiased):
    """`updated`, of a state that was checked and of numbers that are right."""
    if w is None:
        w = old["num_values"] / (old["num_values"] + m)
    batch = mean, var * (m / (m - 1)) if unbiased else var
    new = {name: _mixed(w, old[name], a) for name, a in zip(STATISTICS, batch)}
    more = zip(COUNTS, (1, m))
    return new | {name: old[name] + n for name, n in more if name in old}


def moments(x: ArrayLike) -> Moments:
    """The Moments of one batch, (N, C, *spatial) with one value a channel or more."""
    x = arguments.computed(arguments.batch(x, least=1))
    mean, var, _ = statistics(x, statistics_axes(x))
    return Moments(mean.reshape(-1), var.reshape(-1), x.size // x.shape[1])


def merged(a: Parts, b: Parts) -> Moments:
    r"""The Moments of two parts together, exactly: not the average of two variances.

        var = (1 - s) var_a + s var_b + s (1 - s) (mean_b - mean_a)^2,   s = m_b / m

    a, b: (mean, var, count), var biased, (C,); computed in float64 or wider. A part may
    be empty (its mean and var are not read), not both. Raises TypeError or ValueError.
    Source: Chan, Golub & LeVeque 1983, equation 2.1.
    """
    a, b = _moments("a", a), _moments("b", b)
    arguments.of_channels("b.mean", b.mean, len(a.mean))
    m = arguments.count("a.count + b.count", a.count + b.count)
    return joined(a, b, m)


def joined(a, b, m) -> Moments:
    """`merged`, of Moments that were checked."""
    if not (a.count and b.count):
        return a if a.count else b
    s, delta = b.count / m, b.mean - a.mean
    var = (1 - s) * a.var + s * b.var + s * (1 - s) * delta**2
    return Moments(a.mean + s * delta, var, m)


def pooled(batches: Iterable[ArrayLike]) -> Moments:
    """The Moments of all values of all batches, an iterable of x; one pass, one batch
    in memory at a time. A batch may be empty. Raises TypeError or ValueError, also if
    all are, or if there is none."""
    if not isinstance(batches, Iterable):
        raise TypeError(f"batches: {arguments.shown(batches)}, expected several")
    parts = (moments(x) for x in batches if np.size(x))
    first = next(parts, None)
    if first is None:
        raise ValueError("batches: none with a value, expected one or more")
    return reduce(merged, parts, first)


def _moments(name, value) -> Moments:
    if not isinstance(value, tuple) or len(value) != 3:
        raise TypeError(
            f"{name}: {arguments.shown(value)}, expected (mean, var, count)")
    mean, var, count = value
    mean, var = _flat(f"{name}.mean", mean), _flat(f"{name}.var", var)
    arguments.of_channels(f"{name}.var", arguments.variance(f"{name}.var", var),
                          len(mean))
    return Moments(mean, var, arguments.count(f"{name}.count", count, least=0))


def _flat(name, value) -> np.ndarray:
    a = arguments.array(name, value).reshape(-1)
    return a.astype(np.result_type(a, np.float64))


def _mixed(w, old, new):
    wide = old if old.itemsize >= 8 else old.astype(np.float64)
    return (w * wide + (1 - w) * new).astype(old.dtype, copy=False)
