"""A trainer that can be stopped at any moment and goes on as if it had not been."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from bnbook.graph.types import Arrays, States
from bnbook.nn import arguments, saving
from bnbook.nn.inference import accuracy, evaluate, quiet, statistics
from bnbook.nn.initializers import Init, initial_std
from bnbook.nn.network import Network, checked
from bnbook.nn.objective import LOSSES, Loss, checked_rows, loss_and_grads
from bnbook.nn.optimizers import OPTIMIZERS
from bnbook.nn.progress import Progress, at_start, finite
from bnbook.nn.resuming import resumed, settings
from bnbook.nn.stepping import Stepped

Optimizer: TypeAlias = Callable[..., Stepped] | Literal[
    "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"]


@dataclass
class Trainer:
    """Train a network: trainer.run(10) goes on to the end of epoch 10.

    x (N, *input_shape), labels (N,); validation: None or such a pair. params: None for
    new ones of x's dtype (`init` as in initial_params); state: None for that before
    any batch. optimizer: a name of
    OPTIMIZERS, or a function of its contract, f(params, grads, state, lr=lr); lr is
    multiplied by lr_decay after each epoch. loss and weight_decay: see loss_and_grads.
    track_running_stats: False saves their time, and validation then uses the exact
    statistics of the training rows (`statistics`).
    frozen: names of parameters that stay as they are.
    skip_nonfinite: True passes over a step in whose loss, gradients, scores or running
    statistics NaN or inf stands: parameters, optimizer and running statistics stay as
    they were before its batch. It counts, and its loss is in the history. (To leave out
    the optimizer's part alone is not enough: the forward moved the statistics.)
    report: gets one line after each epoch, and after every `report_every` steps if that
    is not 0; `print` shows them.

    An epoch goes once through the rows in a new order, in the fewest batches of at most
    `batch_size` rows, equal to within one row. All that is random follows from the
    seed: first weights, the order of each epoch, the dropout masks of each step.

    What is done stands in `progress`, which each step replaces as a whole. So Ctrl-C
    loses at most the step it hits; run again, or pickle the trainer, or `save` and
    `load`, and the numbers are those of a run that was never stopped. Raises TypeError
    or ValueError, also if batch norm would meet a single value.
    """

    network: Network
    x: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    validation: tuple[np.ndarray, np.ndarray] | None = field(default=None, repr=False)
    params: Arrays | None = field(default=None, repr=False)
    state: States | None = field(default=None, repr=False)
    init: Init = "he"
    optimizer: Optimizer = "sgd"
    lr: float = 0.1
    lr_decay: float = 1.0
    batch_size: int = 100
    loss: Loss = "softmax"
    weight_decay: float = 0.0
    track_running_stats: bool = True
    frozen: Iterable[str] = ()
    skip_nonfinite: bool = False
    seed: int = 0
    report: Callable[[str], object] | None = None
    report_every: int = 0

    def __post_init__(self) -> None:
        initial_std(self.init, 1, 1)
        arguments.count("seed", self.seed, least=0)
        arguments.count("report_every", self.report_every, least=0)
        for name in ("track_running_stats", "skip_nonfinite"):
            arguments.flag(name, getattr(self, name))
        arguments.choice("loss", self.loss, LOSSES)
        for name in ("lr", "lr_decay", "weight_decay"):
            arguments.nonnegative(name, getattr(self, name))
        if self.report is not None:
            arguments.instance("report", self.report, Callable, "a function of a line")
        if not callable(self.optimizer):
            arguments.choice("optimizer", self.optimizer, OPTIMIZERS)
        if self.params is None:
            self.params = self._first_params()
        self.params, self.x, self.labels = self._checked(self.x, self.labels)
        self.frozen = arguments.names("frozen", self.frozen, self.params)
        if self.validation is not None:
            if not isinstance(self.validation, tuple) or len(self.validation) != 2:
                raise TypeError(f"validation: {type(self.validation).__name__}, "
                                "expected None or a tuple, (x, labels)")
            self.validation = self._checked(*self.validation)[1:]
        self.batches = batches(self.network, len(self.x), self.batch_size)
        if self.state is None and self.track_running_stats:
            self.state = self.network.initial_state()
        *_, state = checked(self.network, self.params, self.x, self.state)
        self.progress = at_start(self.params, state)

    @property
    def epoch(self) -> int:
        """The epochs that are complete."""
        return self.progress.steps // self.batches

    def run(self, epochs: int) -> Progress:
        """Train to the end of epoch `epochs`, counted from the first: the Progress."""
        arguments.count("epochs", epochs, least=0)
        while self.epoch < epochs:
            for rows in self._order()[self.progress.steps % self.batches:]:
                self.progress = now = self._next(rows)
                self._tell(epochs)
                if self.progress is not now:  # the report ran on, or loaded
                    break
        return self.progress

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the progress to `path`, a .npz file, whole or not at all."""
        saving.save(path, {"made_by": settings(self), **self.progress._asdict()})

    def load(self, path: str | os.PathLike[str]) -> None:
        """Take up the progress that a trainer with the same arguments saved.

        lr, lr_decay, weight_decay, validation and report may be others. Raises
        ValueError in one line where something else is, or where the file is amiss, and
        changes nothing.
        """
        tree = saving.load(path)
        try:
            self.progress = resumed(self, tree)
        except (TypeError, ValueError) as error:
            raise ValueError(f"path: {path}: {error}") from None

    def _first_params(self):
        dtype = arguments.array("x", self.x).dtype
        return self.network.initial_params(self._rng(0), self.init, dtype)

    def _checked(self, x, labels):
        params, x, labels = checked_rows(self.network, self.params, x, labels)
        return {name: p.copy() for name, p in params.items()}, x.copy(), labels

    def _rng(self, *key):
        """A generator of its own for each use, so that none has to be remembered."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def _order(self):
        order = self._rng(1, self.epoch).permutation(len(self.x))
        return np.array_split(order, self.batches)

    @quiet
    def _next(self, rows):
        """The progress after one more step, on these rows."""
        now, labels = self.progress, self.labels[rows]
        step = loss_and_grads(
            self.network, now.params, self.x[rows], labels, state=now.state or None,
            rng=self._rng(2, now.steps), loss=self.loss, weight_decay=self.weight_decay)
        if not self.skip_nonfinite or finite(step):
            params, optimizer_state = self.optimized(now, step.grads)
            now = now._replace(params=params, state=step.state,
                               optimizer_state=optimizer_state)
        now = now._replace(
            steps=now.steps + 1, loss=(*now.loss, float(step.loss)),
            accuracy=(*now.accuracy, accuracy(step.scores, labels)))
        ends = self.validation is not None and now.steps % self.batches == 0
        return self._measured(now) if ends else now

    def optimized(self, now: Progress, grads: Arrays) -> Stepped:
        """(new params, new optimizer state) of one step of the optimizer."""
        arguments.instance("now", now, Progress, "the trainer's progress")
        arguments.keyed("grads", grads, now.params)
        own = self.optimizer
        optimizer = own if callable(own) else OPTIMIZERS[own]
        lr = self.lr * self.lr_decay**self.epoch
        params, grads = ({name: a for name, a in arrays.items()
                          if name not in self.frozen} for arrays in (now.params, grads))
        moved, state = optimizer(params, grads, now.optimizer_state, lr=lr)
        return {name: moved.get(name, p) for name, p in now.params.items()}, state

    def _measured(self, now):
        state = now.state or statistics(self.network, now.params, self.x)
        train, val = (evaluate(self.network, now.params, state, *rows)
                      for rows in ((self.x, self.labels), self.validation))
        if val > max(now.val_accuracy, default=-1):
            now = now._replace(best_params=now.params, best_state=state)
        return now._replace(train_accuracy=(*now.train_accuracy, train),
                            val_accuracy=(*now.val_accuracy, val))

    def _tell(self, epochs):
        steps = self.progress.steps
        due = self.report_every and steps % self.report_every == 0
        if self.report is not None and (due or steps % self.batches == 0):
            self.report(self.progress.line(self.batches, epochs))


def batches(network: Network, rows: int, batch_size: int) -> int:
    """The number of batches in an epoch, if batch norm can have them all."""
    number = -(-rows // arguments.count("batch_size", batch_size))
    if rows < network.least_rows * number:
        raise ValueError(f"batch_size: {batch_size} leaves a batch of one of {rows} "
                         "rows, expected two or more in each")
    return number
