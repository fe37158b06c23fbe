"""What training has made so far, as one value."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from bnbook.nn import arguments


class Progress(NamedTuple):
    """All that training has made so far; no value in it ever changes.

    loss and accuracy: of each batch, just before its step. train_accuracy and
    val_accuracy: after each epoch, in inference mode, if there are validation rows.
    best_params and best_state: those of the first epoch with the highest val_accuracy,
    {} before it.
    """

    steps: int
    params: dict[str, np.ndarray]
    state: dict[str, dict[str, Any]]
    optimizer_state: dict[str, Any]
    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    val_accuracy: tuple[float, ...]
    best_params: dict[str, np.ndarray]
    best_state: dict[str, dict[str, Any]]

    def line(self, batches: int, epochs: int) -> str:
        """Where training stands, in words; batches: those of one epoch."""
        batches = arguments.count("batches", batches)
        arguments.count("epochs", epochs, least=0)
        epoch, measured = -(-self.steps // batches), self.steps % batches == 0
        line = (f"epoch {epoch} of {epochs}, step {self.steps}: "
                f"loss {self.loss[-1]:.4f}, batch accuracy {self.accuracy[-1]:.3f}")
        if measured and self.val_accuracy:
            line += (f", training {self.train_accuracy[-1]:.3f}, "
                     f"validation {self.val_accuracy[-1]:.3f}")
        return line


def at_start(params, state) -> Progress:
    """The Progress before the first step."""
    return Progress(0, params, state, {}, (), (), (), (), {}, {})


def finite(tree: Any) -> bool:
    """Whether no number in a tree of dicts and tuples is NaN or inf."""
    if isinstance(tree, Mapping):
        return all(map(finite, tree.values()))
    if isinstance(tree, tuple):
        return all(map(finite, tree))
    return bool(np.isfinite(tree).all())


def from_tree(tree: Mapping[str, Any]) -> Progress:
    """The Progress that stands in a nested dict as `saving.load` reads it: histories of
    numbers, one for each step, or for each epoch. Raises TypeError or ValueError."""
    start = at_start({}, {})._asdict()
    dicts = {n: empty for n, empty in start.items() if isinstance(empty, dict)}
    tree = {**dicts, **tree}  # a file keeps no empty dicts
    arguments.keyed("progress", tree, start)
    found = Progress(**{name: _like(name, empty, tree[name])
                        for name, empty in start.items()})
    for names, length in ((("loss", "accuracy"), found.steps), (
            ("val_accuracy",), len(found.train_accuracy))):
        for name in names:
            arguments.shaped(name, getattr(found, name), (length,))
    return found


def _like(name, empty, value):
    """Histories as tuples of Python's floats."""
    if isinstance(empty, dict):
        return dict(arguments.keyed(name, value, value))
    if isinstance(empty, int):
        return arguments.count(name, value, least=0)
    return tuple(map(float, arguments.array(name, value, ndim=1)))
