"""What `ranks_worker` runs on every rank. Arguments named `all_*` hold every row."""

import numpy as np

from bnbook import nn
from bnbook.norm import (
    Ranks,
    synchronized_batch_norm,
    synchronized_batch_norm_vjp,
)
from bnbook.norm.ranks import Fact, agree


def layer(ranks, all_x, all_dy, cuts, params, state, options):
    """(y, dx, dgamma, dbeta, state) of this rank's rows; the gradients summed."""
    mine = slice(*cuts[ranks.rank:ranks.rank + 2])
    y, cache, state = synchronized_batch_norm(
        all_x[mine], params, state, ranks, training=True, **options)
    dx, *sums = synchronized_batch_norm_vjp(all_dy[mine], cache)
    return y, dx, *(ranks.summed(a) for a in sums), state


def each_its_own(ranks, calls, dys=None, check=True):
    """A forward of rank r with calls[r], and a backward with dys[r]; what remains."""
    ranks = Ranks(ranks._comm, timeout=1, check=check)
    x, params, state, options = calls[ranks.rank]
    y, cache, _ = synchronized_batch_norm(
        x, params, state, ranks, **({"training": True} | options))
    return synchronized_batch_norm_vjp(dys[ranks.rank], cache)[0] if dys else y


def primitives(ranks):
    """What Ranks itself gives."""
    mine = np.arange(3.0) + ranks.rank
    named = ranks.reduced(mine, lower_then_higher)
    return (ranks.summed(mine), named, ranks.gathered(np.full((ranks.rank, 2), 7.0)),
            ranks.all("r" * ranks.rank))


def lower_then_higher(low, high):
    """A merge that shows its order: digits appended, as with 1 and 2 to 12."""
    return low * 10 ** np.ceil(np.log10(high + 1)) + high


def waits(ranks):
    """Rank 0 calls a sum that no other one calls."""
    if ranks.rank == 0:
        ours = Ranks(ranks._comm, timeout=0.5)
        try:
            ours.summed(np.ones(2))
        except TimeoutError as error:
            return str(error), refused(ours)
    return ranks.rank


def refused(ranks):
    try:
        ranks.summed(np.ones(2))
    except RuntimeError as error:
        return str(error)


def facts(ranks, told):
    agree(ranks, {n: Fact(v, str(v)) for n, v in told[ranks.rank].items()})


def training(ranks, network, params, all_x, all_labels, cuts, steps, options):
    """Losses of some steps, the parameters and the state after them."""
    mine, state, losses = slice(*cuts[ranks.rank:ranks.rank + 2]), None, []
    state = network.initial_state()
    for _ in range(steps):
        one = nn.loss_and_grads(network, params, all_x[mine], all_labels[mine],
                                state=state, ranks=ranks, **options)
        params, _ = nn.sgd(params, one.grads, {}, lr=0.5)
        state = one.state
        losses.append(one.loss)
    return losses, params, state


def other_params(ranks, network, all_params, x, labels):
    return nn.loss_and_grads(network, all_params[ranks.rank], x, labels, ranks=ranks)
