r"""The arithmetic of batch norm over several ranks: what a rank sums, and what travels.

As in `kernel`, a rank keeps d = x - shift with a shift of its own, and sums of its own
rows. Forward, the (count, mean, var) of the ranks are merged by Chan's formula,
2C + 1 numbers, in the next wider dtype; backward, sum(dy) and sum(dy xhat) are added,
2C numbers. A grid of blocks gives bits that do not depend on the split: then every
block's numbers travel, and every rank adds them in the same order.

Sources: Chan, Golub & LeVeque 1983, equation 2.1; Ioffe & Szegedy 2015.
"""

from typing import NamedTuple

import numpy as np

from bnbook.norm import kernel
from bnbook.norm.blocks import unbuffered
from bnbook.norm.ranks import RanksError
from bnbook.norm.running import Moments, joined
from bnbook.norm.statistics import statistics, total


class Shard(NamedTuple):
    """A rank's own d, the base to which d is relative and the Moments of its values."""

    d: np.ndarray
    base: np.ndarray
    own: Moments


class Shared(NamedTuple):
    """What the backward needs. m: the values of a channel on all ranks; drift: the sum
    of xhat / scale over this rank's; block: as given to the forward."""

    kept: kernel.Kept
    m: int
    drift: np.ndarray
    block: int | None


@unbuffered
def forward(x, gamma, beta, eps, ranks, block):
    """(y, Shared, mean, var) with the mean and the variance of all ranks' rows."""
    if block is None:
        shard = _shard(x, eps)
        whole = _unpacked(ranks.reduced(_packed(shard.own), _merge))
    else:
        whole = _by_blocks(x, ranks, block)
        base = whole.mean.astype(x.dtype)
        own = Moments(whole.mean, whole.var, _values(x))
        shard = Shard(kernel.shifted(x, base), base, own)
    if whole.count < 2:
        raise RanksError(f"x: {whole.count} values a channel on all ranks, "
                         "expected at least 2")
    kept, drift = _kept(shard, whole, gamma, eps)
    a = gamma * kept.scale
    mean, var = (v.astype(gamma.dtype) for v in whole[:2])
    y = kernel.scaled(kept.d, a, beta - kept.delta * a)
    return y, Shared(kept, whole.count, drift, block), mean, var


@unbuffered
def backward(dy, shared, ranks):
    """(dx, dgamma, dbeta): dx through the statistics of all ranks, the others this
    rank's share."""
    (d, delta, scale, a), m, drift, block = shared
    own, t = _values(dy), 0
    if block is None:
        dbeta, products, large = kernel.sums(dy, d) if own else np.zeros((3, len(a)))
        if np.any(large):
            t = np.where(large, dbeta / own, 0).astype(dy.dtype)
            dy = kernel.shifted(dy, t)
            dbeta, products, _ = kernel.sums(dy, d)
            t = t.astype(_wide(dy))  # own t has more digits than t
        dgamma = (products - delta * dbeta + t * drift) * scale
        dbeta = dbeta + own * t
        both = ranks.summed(np.concatenate([dbeta, dgamma]).astype(_wide(dy)))
    else:
        parts = [_products(dy[i:i + block], d[i:i + block], delta, scale)
                 for i in range(0, len(dy), block)]
        parts = np.array(parts, _wide(dy)).reshape(-1, 2 * len(a))
        dbeta, dgamma = np.split(parts.sum(0), 2)
        both = _in_order(np.concatenate(ranks.gathered(parts)), np.add)
    dy_mean, projection = (v.astype(a.dtype) for v in np.split(both / m, 2))
    q = -projection * scale
    return kernel.combined(dy, d, q, t - dy_mean - delta * q, a), dgamma, dbeta


def _shard(x, eps):
    """The Shard of x: as `kernel` makes it, and near the ends of the dtype's range as
    `statistics` does."""
    wide, c = _wide(x), x.shape[1]
    if not x.size:
        nothing = np.zeros(c, wide)
        return Shard(x.copy(), nothing, Moments(nothing, nothing, 0))
    d, base, delta, var = kernel.deviations(x)
    base, var = base.astype(wide), var.astype(wide)
    mean = base + delta
    which = ~kernel.ordinary(var, eps, x.dtype)
    if which.any():
        mu, v, xmu = statistics(x[:, which], _axes(x))
        mean[which] = base[which] = mu.ravel()
        d[:, which], var[which] = xmu, v.ravel()
    return Shard(d, base, Moments(mean, var, _values(x)))


def _kept(shard, whole, gamma, eps):
    """(Kept, drift): d as it is, but divided by the deviation where its products would
    come near the ends of the dtype's range."""
    d, base, own = shard
    mean, var, _ = whole
    scale = ivar = (1 / np.sqrt(var + eps)).astype(gamma.dtype)
    delta = (mean - base).astype(gamma.dtype)
    drift = own.count * (own.mean - mean) if own.count else 0 * mean
    plain = kernel.ordinary(var, eps, d.dtype)
    if not plain.all():
        which = ~plain
        inverse = ivar[which]
        d[:, which] *= inverse.astype(d.dtype).reshape(-1, *[1] * (d.ndim - 2))
        delta[which] *= inverse
        drift[which] *= inverse
        scale = np.where(plain, ivar, 1)
    return kernel.Kept(d, delta, scale, gamma * ivar), drift


def _by_blocks(x, ranks, block):
    """The Moments of all ranks' rows, block by block and in their order."""
    parts = [_packed(_moments(x[i:i + block])) for i in range(0, len(x), block)]
    parts = np.array(parts, _wide(x)).reshape(-1, 2 * x.shape[1] + 1)
    parts = ranks.gathered(parts)
    counts = [(rank, n) for rank, part in enumerate(parts) for n in part[:, 0]]
    for rank, n in counts[:-1]:
        if n != counts[0][1]:
            raise RanksError(f"rank {rank}: block: {n:.0f} values a channel in one, "
                             f"expected {counts[0][1]:.0f} in all but the last")
    if not counts:
        raise RanksError("x: no rows on any rank, expected at least 2 values a channel")
    return _unpacked(_in_order(np.concatenate(parts), _merge))


def _moments(x):
    """The Moments of a block, its sums made in pairs, in one order on every machine."""
    wide, axes, m = _wide(x), _axes(x), _values(x)
    first = (total(x, axes) / m).astype(x.dtype)
    rest = x - first
    missed = total(rest, axes) / m
    squares = np.square(rest - missed.astype(x.dtype),
                        dtype=np.result_type(x.dtype, np.float64))
    mean = np.add(first, missed, dtype=wide).ravel()
    return Moments(mean, (total(squares, axes) / m).ravel(), m)


def _products(dy, d, delta, scale):
    """sum(dy) and sum(dy xhat) of a block, in pairs, as one array."""
    each = -1, *[1] * (d.ndim - 2)
    xhat = (d - delta.reshape(each)) * scale.reshape(each)
    return np.concatenate([total(a, _axes(dy)).ravel() for a in (
        dy, (dy * xhat).astype(xhat.dtype))])


def _in_order(parts, merge):
    """The parts merged two and two: an order that only their number decides."""
    parts = [*parts]
    while len(parts) > 1:
        odd = parts[len(parts) // 2 * 2:]
        parts = [merge(a, b) for a, b in zip(parts[::2], parts[1::2])] + odd
    return parts[0]


def _packed(moments):
    """2C + 1 numbers: the count, the means, the variances."""
    mean, var, count = moments
    return np.concatenate([[count], mean, var]).astype(mean.dtype)


def _unpacked(numbers):
    return Moments(*np.split(numbers[1:], 2), int(numbers[0]))


def _merge(low, high):
    """`joined`, of packed Moments."""
    a, b = (Moments(*np.split(v[1:], 2), v[0]) for v in (low, high))
    return _packed(joined(a, b, a.count + b.count))


def _values(x):
    """How many values x gives a channel."""
    return x.size // max(x.shape[1], 1)


def _axes(x):
    return 0, *range(2, x.ndim)


def _wide(x):
    """The dtype that sums of x travel in: the next wider one."""
    return np.dtype(np.float64 if x.itemsize < 8 else np.longdouble)
