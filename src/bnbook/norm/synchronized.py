r"""Synchronized batch normalization: one batch whose rows lie on several ranks.

    mean = \frac{1}{m} \sum_r \sum_i x_{r,i}
    y = \gamma (x - mean) / \sqrt{var + eps} + \beta

x_r are the rows of rank r, m all values of a channel on all ranks. What `stable` says
of dtypes, purity and digits holds here, too: y, the state and the gradients are those
of one process that has all the rows.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from bnbook.graph.types import Arrays, State
from bnbook.norm import across, arguments, stable
from bnbook.norm.ranks import Fact, Ranks, agreeing
from bnbook.norm.running import averaged
from bnbook.norm.textbook import EPS


class SynchronizedCache(NamedTuple):
    """What `synchronized_batch_norm_vjp` needs."""

    shared: across.Shared
    dtype: np.dtype
    ranks: Ranks


def synchronized_batch_norm(
        x: ArrayLike, params: Arrays, state: State, ranks: Ranks, *, training: bool,
        eps: float = EPS, momentum: float | None = 0.9,
        unbiased_running_var: bool = False, block: int | None = None,
) -> tuple[np.ndarray, SynchronizedCache | stable.Cache, dict | State]:
    """(y, cache, state) as of `batch_norm`, with the statistics of all ranks' rows.

    x: this rank's rows, any number, or none; in training all ranks together need two
    values a channel. One all-reduce of 2C + 1 numbers, after one of three that compares
    shapes, dtypes, parameters and states (`Ranks(check=False)` leaves it out). The
    state that comes out is the same on all ranks. In inference nothing is sent.

    block: rows in a block of a grid. Then y and dx have the same bits however the
    blocks are dealt out: each rank holds whole blocks, in the ranks' order, the very
    last one may be shorter, and 2C + 1 numbers a block travel. Raises RanksError, on
    all ranks, if one was given what does not fit, and TimeoutError.
    """
    arguments.instance("ranks", ranks, Ranks, "Ranks")
    training = arguments.flag("training", training)
    if not (training or arguments.empty(state)):
        return stable.batch_norm(x, params, state, training=False, eps=eps,
                                 momentum=momentum,
                                 unbiased_running_var=unbiased_running_var)
    given = _agreed(ranks, x, params, state, eps, momentum, unbiased_running_var, block,
                    training)
    return _normalized(ranks, given, state, training)


def synchronized_batch_norm_vjp(
        dy: ArrayLike, cache: SynchronizedCache | stable.Cache,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(dx, dgamma, dbeta) of `synchronized_batch_norm`, for this rank's rows.

    dy: this rank's part of the gradient of *one* loss, that of all ranks. dx is right
    as it is. dgamma and dbeta are this rank's share: as with any other parameter,
    their sum over the ranks is the gradient. One all-reduce of 2C numbers.
    """
    if isinstance(cache, stable.Cache):
        return stable.batch_norm_vjp(dy, cache)
    arguments.instance("cache", cache, SynchronizedCache, "synchronized_batch_norm's")
    shared, dtype, ranks = cache
    with agreeing(ranks, {"pass": Fact("backward", "a backward")}):
        dy = np.ascontiguousarray(arguments.like("dy", dy, shared.kept.d))
    dx, *sums = across.backward(dy, shared, ranks)
    dgamma, dbeta = (a.astype(shared.kept.d.dtype) for a in sums)
    return dx.astype(dtype, copy=False), dgamma, dbeta


def _agreed(ranks, x, params, state, eps, momentum, unbiased, block, training):
    """What is used, if this rank's arguments are right and fit the other ranks'."""
    facts = {}
    with agreeing(ranks, facts):
        x = arguments.batch(x, least=0)
        c, momentum = x.shape[1], arguments.momentum(momentum)
        unbiased = arguments.flag("unbiased_running_var", unbiased)
        eps = arguments.nonnegative("eps", eps)
        known = stable.known_state(state, c, momentum, training)
        gamma, beta = stable.parameters(params, c, stable.contiguous(x[:0]).dtype)
        if block is not None:
            block = arguments.count("block", block)
        given = x, gamma, beta, known, eps, momentum, unbiased, block
        facts |= _facts(*given)
    return given


def _normalized(ranks, given, state, training):
    """(y, cache, state) of what was agreed on."""
    x, gamma, beta, known, eps, momentum, unbiased, block = given
    y, shared, mean, var = across.forward(
        stable.contiguous(x), gamma, beta, eps, ranks, block)
    if training and known:
        state = averaged(known, mean, var, shared.m, momentum, unbiased)
    return (y.astype(x.dtype, copy=False),
            SynchronizedCache(shared, x.dtype, ranks), state)


def _facts(x, gamma, beta, known, eps, momentum, unbiased, block):
    """What has to be the same on all ranks, first what is most often not."""
    shape = ", ".join(map(str, ("N", *x.shape[1:])))
    facts = {"pass": Fact("forward", "a forward"),
             "x": Fact((x.ndim, x.shape[1], x.dtype.name),
                       f"shape ({shape}), dtype {x.dtype.name}")}
    settings = {"eps": eps, "momentum": momentum, "block": block,
                         "unbiased_running_var": unbiased}
    facts |= {name: Fact(value, str(value)) for name, value in settings.items()}
    for name, value in {"gamma": gamma, "beta": beta, **known}.items():
        a = np.asarray(value)
        shown = f"values of sum {float(a.sum())!r}" if a.ndim else str(a)
        facts[name] = Fact(_bytes(a), shown)
    return facts


def _bytes(a):
    """The bytes of a's values: a longdouble's own have some that stand for nothing."""
    high = a.astype(np.float64)
    low = (a - high).astype(np.float64)  # NaN where it is infinite
    return high.tobytes() + low.tobytes() if a.dtype.itemsize > 8 else high.tobytes()
