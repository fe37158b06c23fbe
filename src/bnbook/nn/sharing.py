"""One loss over the rows of several ranks: what is checked, scaled and added up."""

import zlib

import numpy as np

from bnbook.nn import arguments
from bnbook.nn.network import checked
from bnbook.norm.ranks import Fact, Ranks, RanksError, agreeing


def checked_rows(network, params, x,
                 labels) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """(params, x, labels) as they are used, one label a row, if they fit the network.
    """
    params, x, _ = checked(network, params, x)
    classes = network.output_shape[-1]
    return params, x, arguments.labels("labels", labels, len(x), classes)


def decaying(network, weight_decay):
    """The names of the parameters that decay, if any do."""
    return [name for name, p in network.params.items() if p.decays and weight_decay > 0]


def shared_loss_and_grads(network, params, x, labels, loss, weight_decay, state, rng,
                          ranks):
    """(loss, grads, scores, state) of the rows of all ranks.

    Each rank's part of the loss is scaled before its backward, since in a synchronized
    layer one rank's gradient meets the others'.
    """
    arguments.instance("ranks", ranks, Ranks, "Ranks")
    facts = {}
    with agreeing(ranks, facts):
        weight_decay = float(arguments.nonnegative("weight_decay", weight_decay))
        params, x, labels = checked_rows(network, params, x, labels)
        facts |= _facts(params, weight_decay)
    scores, run = network.forward(
        params, x, training=True, state=state, rng=rng, ranks=ranks)
    forward, backward = loss
    value, cache = forward(scores, labels) if len(x) else (0, None)
    value, n = ranks.summed(np.array([len(x) * value, len(x)], np.float64))
    if not n:
        raise RanksError("x: no rows on any rank, expected at least 1")
    own = backward(cache) if len(x) else np.zeros_like(scores)
    grads, _ = network.backward((own * (len(x) / n)).astype(own.dtype), run)
    grads, value = _summed(grads, ranks), value / n
    for name in decaying(network, weight_decay):
        value += weight_decay / 2 * (params[name] ** 2).sum()
        grads[name] = grads[name] + weight_decay * params[name]
    return float(value), grads, scores, run.state


def _facts(params, weight_decay):
    """What has to be the same on all ranks."""
    facts = {"pass": Fact("loss", "loss_and_grads"),
             "weight_decay": Fact(weight_decay, str(weight_decay))}
    for name, p in params.items():
        shown = f"shape {p.shape}, dtype {p.dtype.name}"
        facts[f"params[{name!r}]"] = Fact(
            (shown, zlib.crc32(p.astype(np.float64).tobytes())),
            f"{shown}, values of sum {float(p.sum())!r}")
    return facts


def _summed(grads, ranks):
    """The sum over the ranks of every gradient: one all-reduce of all of them."""
    flat = ranks.summed(np.concatenate([g.ravel() for g in grads.values()]))
    cuts = np.cumsum([g.size for g in grads.values()])[:-1]
    parts = zip(grads.items(), np.split(flat, cuts))
    return {name: part.reshape(g.shape).astype(g.dtype) for (name, g), part in parts}
