"""Training in one call, and the first chapter's experiment."""

from collections.abc import Iterable
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from bnbook.graph.types import Arrays
from bnbook.nn import arguments
from bnbook.nn.builders import mlp
from bnbook.nn.inference import evaluate, statistics
from bnbook.nn.initializers import Init
from bnbook.nn.network import Network
from bnbook.nn.table import Activation
from bnbook.nn.trainer import Trainer


class Log(NamedTuple):
    """Loss and accuracy of every batch just before its step, each (epochs, batches)."""

    loss: np.ndarray
    accuracy: np.ndarray


def train(network: Network, params: Arrays, x: np.ndarray, labels: np.ndarray, *,
          epochs: int, **options: Any) -> tuple[dict[str, np.ndarray], Log]:
    """Train for some epochs: (new params, Log). The options are those of `Trainer`.

    Running statistics are not kept: `statistics` computes those of the final params.
    """
    epochs = arguments.count("epochs", epochs)
    trainer = Trainer(network, x, labels, params=params, track_running_stats=False,
                      **options)
    progress = trainer.run(epochs)
    log = np.reshape((progress.loss, progress.accuracy), (2, epochs, trainer.batches))
    return progress.params, Log(*log)


class Curves(NamedTuple):
    """The runs of one setting: accuracy in training, (seeds, points), each point the
    mean of some consecutive batches; and on the test rows after training, (seeds,)."""

    train: np.ndarray
    test: np.ndarray


def accuracy_curves(digits: Iterable[ArrayLike], scales: Iterable[Init], *,
                    activations: Iterable[Activation] = ("sigmoid", "relu"),
                    seeds: Iterable[int] = range(3), hidden: Iterable[int] = (100,) * 5,
                    epochs: int = 4, batch_size: int = 100, lr: float = 0.5,
                    points: int = 13) -> dict[tuple[Activation, Init, bool], Curves]:
    """Train every network of a grid: (activation, scale, batch_norm) -> Curves.

    scales: what initial_params takes as `init`; batch_norm: False or True. A seed fixes
    the first weights and the order of the rows; all settings share them, with and
    without batch norm. Test rows are judged with the statistics of the training set.
    Runs are in float32, as networks usually train, at two thirds of float64's time.
    points: at most the number of batches in all (ValueError).
    """
    points = arguments.count("points", points)
    x, labels, x_test, labels_test, *_ = arguments.several(
        "digits", digits, "(x, labels, x_test, labels_test)", least=4)
    x, x_test = (arguments.array(name, a).astype(np.float32)
                 for name, a in (("x", x), ("x_test", x_test)))
    activations, scales, seeds = (  # each is gone through again
        arguments.several(name, value, "one or more", least=1) for name, value in (
            ("activations", activations), ("scales", scales), ("seeds", seeds)))
    seeds = [arguments.count("seeds", seed, least=0) for seed in seeds]
    hidden = arguments.counts("hidden", hidden)
    curves = {}
    for activation, scale, bn in product(activations, scales, (False, True)):
        network = mlp((x.shape[1], *hidden, 10), activation,
                      normalization="batch_norm" if bn else None)
        runs = []
        for seed in seeds:
            params = network.initial_params(np.random.default_rng(seed), scale, x.dtype)
            params, log = train(network, params, x, labels, epochs=epochs,
                                batch_size=batch_size, lr=lr, seed=seed)
            if points > log.accuracy.size:
                raise ValueError(f"points: {points}, expected at most the number of "
                                 f"batches, {log.accuracy.size}")
            parts = np.array_split(log.accuracy.ravel(), points)
            known = statistics(network, params, x)
            test = evaluate(network, params, known, x_test, labels_test)
            runs.append(([part.mean() for part in parts], test))
        curves[activation, scale, bn] = Curves(*map(np.array, zip(*runs, strict=True)))
    return curves
