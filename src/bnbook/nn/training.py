"""Training a network, measuring it, and the first chapter's experiment."""

from itertools import product
from typing import NamedTuple

import numpy as np

from bnbook.nn import arguments
from bnbook.nn.inference import predict, statistics
from bnbook.nn.losses import (
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
)
from bnbook.nn.network import Network, checked_input
from bnbook.nn.optimizers import sgd
from bnbook.norm.arguments import nonnegative


class Log(NamedTuple):
    """Loss and accuracy of every batch just before its step, each (epochs, batches)."""

    loss: np.ndarray
    accuracy: np.ndarray


def accuracy(logits, labels):
    """The share of rows whose largest logit is the label's; a row with NaN is wrong."""
    logits = arguments.array("logits", logits, ndim=2)
    labels = arguments.labels("labels", labels, *logits.shape)
    if not len(labels):
        raise ValueError("logits: no rows, expected at least one")
    sure = ~np.isnan(logits).any(axis=1)
    return float((sure & (logits.argmax(axis=1) == labels)).mean())


def evaluate(network, params, x, labels, reference):
    """The accuracy on x, with batch norm's statistics taken from the batch `reference`.

    Give the training set as the reference: then no test row helps to judge another.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        known = statistics(network, params, reference)
        return accuracy(predict(network, params, x, known), labels)


def step(network, params, x, labels, lr):
    """One step of SGD on one batch: (new params, loss, accuracy), both before the step.

    A network that diverges reaches inf and NaN without a warning.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        logits, run = network.forward(params, x)
        loss, cache = softmax_cross_entropy_forward(logits, labels)
        grads, _ = network.backward(softmax_cross_entropy_backward(cache), run)
        return sgd(params, grads, lr), loss, accuracy(logits, labels)


def train(network, params, x, labels, *, epochs, batch_size, lr, rng):
    """SGD on softmax cross-entropy: (new params, Log).

    An epoch goes once through the rows in a new order, in the fewest batches of at most
    `batch_size` rows, equal to within one row. x (N, D), labels (N,); rng: makes the
    orders. Raises TypeError or ValueError, also if batch norm would meet a single row.
    """
    x = checked_input(network, params, x)
    labels = arguments.labels("labels", labels, len(x), network.sizes[-1])
    batches = -(-len(x) // arguments.count("batch_size", batch_size))
    if network.batch_norm and len(x) < 2 * batches:
        raise ValueError(f"batch_size: {batch_size} leaves a batch of one of {len(x)} "
                         "rows, expected two or more in each")
    log = np.empty((arguments.count("epochs", epochs), batches, 2))
    nonnegative("lr", lr)
    arguments.generator("rng", rng)
    for epoch in log:
        order = np.array_split(rng.permutation(len(x)), batches)
        for k, rows in enumerate(order):
            params, *epoch[k] = step(network, params, x[rows], labels[rows], lr)
    return params, Log(log[..., 0], log[..., 1])


class Curves(NamedTuple):
    """The runs of one setting: accuracy in training, (seeds, points), each point the
    mean of some consecutive batches; and on the test rows after training, (seeds,)."""

    train: np.ndarray
    test: np.ndarray


def accuracy_curves(digits, scales, *, activations=("sigmoid", "relu"), seeds=range(3),
                    hidden=(100,) * 5, epochs=4, batch_size=100, lr=0.5, points=13):
    """Train every network of a grid: (activation, scale, batch_norm) -> Curves.

    scales: what initial_params takes as `init`. A seed fixes the first weights and the
    order of the rows; all settings share them, with and without batch norm. Runs are in
    float32, as networks usually train, at two thirds of float64's time. points: at most
    the number of batches in all (ValueError).
    """
    x, labels, x_test, labels_test = digits
    x, x_test = np.float32(x), np.float32(x_test)
    curves = {}
    for activation, scale, bn in product(activations, scales, (False, True)):
        network = Network((x.shape[1], *hidden, 10), activation, bn)
        runs = []
        for rng in map(np.random.default_rng, seeds):
            params = network.initial_params(rng, scale)
            params = {name: np.float32(a) for name, a in params.items()}
            params, log = train(network, params, x, labels, epochs=epochs,
                                batch_size=batch_size, lr=lr, rng=rng)
            if points > log.accuracy.size:
                raise ValueError(f"points: {points}, expected at most the number of "
                                 f"batches, {log.accuracy.size}")
            parts = np.array_split(log.accuracy.ravel(), points)
            test = evaluate(network, params, x_test, labels_test, x)
            runs.append(([part.mean() for part in parts], test))
        curves[activation, scale, bn] = Curves(*map(np.array, zip(*runs, strict=True)))
    return curves
