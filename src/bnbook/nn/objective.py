"""The loss of a network on a batch, with its gradient by every parameter."""

from copy import deepcopy
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from bnbook.graph.types import Arrays, States
from bnbook.nn import arguments, losses
from bnbook.nn.network import Network, Run
from bnbook.nn.sharing import checked_rows, decaying, shared_loss_and_grads
from bnbook.norm.ranks import Ranks

Loss: TypeAlias = Literal["softmax", "svm"]
LOSSES = {
    "softmax": (losses.softmax_cross_entropy_forward,
                losses.softmax_cross_entropy_backward),
    "svm": (losses.svm_forward, losses.svm_backward),
}


class LossAndGrads(NamedTuple):
    """What one batch gives: the loss, its gradients by name, the scores, the new state.
    """

    loss: float
    grads: dict[str, np.ndarray]
    scores: np.ndarray
    state: dict[str, dict[str, Any]]


def loss_and_grads(network: Network, params: Arrays, x: ArrayLike, labels: ArrayLike, *,
                   loss: Loss = "softmax", weight_decay: float = 0.0,
                   state: States | None = None,
                   rng: np.random.Generator | None = None,
                   ranks: Ranks | None = None) -> LossAndGrads:
    r"""The loss on a batch in training mode, and its gradient by every parameter.

        loss = L(scores, labels) + \frac{1}{2} weight\_decay \sum w^2

    loss: "softmax" or "svm". Weights w decay; biases, gamma and beta do not. state and
    rng: those of `Network.forward`. ranks: x and labels are this rank's rows, perhaps
    none; loss and grads, the same on all ranks, are those of all rows, each row of the
    same weight, and scores those of this rank's. Then state is the same everywhere if
    batch norm is synchronized, and else this rank's own.
    """
    _, backward = LOSSES[arguments.choice("loss", loss, LOSSES)]
    if ranks is not None:
        return LossAndGrads(*shared_loss_and_grads(
            network, params, x, labels, LOSSES[loss], weight_decay, state, rng, ranks))
    params, value, cache, scores, run = _loss(
        network, params, x, labels, loss, weight_decay, state, rng)
    grads, _ = network.backward(backward(cache), run)
    for name in decaying(network, weight_decay):
        grads[name] = grads[name] + float(weight_decay) * params[name]
    return LossAndGrads(value, grads, scores, run.state)


def per_sample_gradients(network: Network, params: Arrays, x: ArrayLike,
                         labels: ArrayLike, *, loss: Loss = "softmax",
                         state: States | None = None) -> dict[str, np.ndarray]:
    """Each row's own gradient by every parameter: name -> (N, *shape).

    Their mean over the rows is that of `loss_and_grads`. Row by row, without dropout's
    draws. Batch norm in training has none: a row's output is made of all rows. So
    ValueError, unless it is frozen and uses `state`; and for dropout or noise, which
    would need a generator for each row.
    """
    params, x, labels = checked_rows(network, params, x, labels)
    if network.mixing:
        raise ValueError(f"network: {network.mixing[0].name} mixes the rows of a batch,"
                         " expected it frozen, or a norm within a row")
    rows = [loss_and_grads(network, params, x[n:n + 1], labels[n:n + 1], loss=loss,
                           state=state).grads for n in range(len(x))]
    return {name: np.array([row[name] for row in rows]).reshape(-1, *p.shape)
            for name, p in params.items()}


def numerical_gradients(network: Network, params: Arrays, x: ArrayLike,
                        labels: ArrayLike, *, loss: Loss = "softmax",
                        weight_decay: float = 0.0,
                        rng: np.random.Generator | None = None,
                        h: float = 1e-5) -> dict[str, np.ndarray]:
    r"""The gradient of the same loss by every parameter, by central differences.

        dp = (loss(p + h) - loss(p - h)) / 2h   for each number p

    Two forwards for each number: for small networks. Every forward draws the same
    dropout masks, from a copy of rng. For losses near 1, right to about 1e-9.
    """
    h = arguments.positive("h", h)
    arguments.choice("loss", loss, LOSSES)
    params, x, labels = checked_rows(network, params, x, labels)
    grads = {name: np.empty(p.shape) for name, p in params.items()}
    for name, grad in grads.items():
        for i in np.ndindex(grad.shape):
            p = np.array(params[name], float)
            values = []
            for value in (p[i] + h, p[i] - h):
                p[i] = value
                values.append(_loss(network, params | {name: p}, x, labels, loss,
                                    weight_decay, None, deepcopy(rng))[1])
            grad[i] = (values[0] - values[1]) / (2 * h)
    return grads


def _loss(network, params, x, labels, loss, weight_decay, state,
          rng) -> tuple[dict[str, np.ndarray], float, Any, np.ndarray, Run]:
    weight_decay = float(arguments.nonnegative("weight_decay", weight_decay))
    params, x, labels = checked_rows(network, params, x, labels)  # before rng is used
    scores, run = network.forward(
        params, x, training=True, state=state, rng=rng)
    value, cache = LOSSES[loss][0](scores, labels)
    for name in decaying(network, weight_decay):
        value += weight_decay / 2 * (params[name] ** 2).sum()
    return params, value, cache, scores, run
