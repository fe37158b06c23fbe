"""What training has made so far, as one value."""

from typing import NamedTuple


class Progress(NamedTuple):
    """All that training has made so far; no value in it ever changes.

    loss and accuracy: of each batch, just before its step. train_accuracy and
    val_accuracy: after each epoch, in inference mode, if there are validation rows.
    best_params and best_state: those of the first epoch with the highest val_accuracy,
    {} before it.
    """

    steps: int
    params: dict
    state: dict
    optimizer_state: dict
    loss: tuple
    accuracy: tuple
    train_accuracy: tuple
    val_accuracy: tuple
    best_params: dict
    best_state: dict

    def line(self, batches, epochs):
        """Where training stands, in words; batches: those of one epoch."""
        epoch, measured = -(-self.steps // batches), self.steps % batches == 0
        line = (f"epoch {epoch} of {epochs}, step {self.steps}: "
                f"loss {self.loss[-1]:.4f}, batch accuracy {self.accuracy[-1]:.3f}")
        if measured and self.val_accuracy:
            line += (f", training {self.train_accuracy[-1]:.3f}, "
                     f"validation {self.val_accuracy[-1]:.3f}")
        return line


def at_start(params, state):
    """The Progress before the first step."""
    return Progress(0, params, state, {}, (), (), (), (), {}, {})


def from_tree(tree):
    """The Progress that stands in a nested dict as `saving.load` reads it."""
    start = at_start({}, {})._asdict()
    return Progress(**{name: _like(empty, tree.get(name, empty))
                       for name, empty in start.items()})


def _like(empty, value):
    """Histories as tuples of Python's floats."""
    return tuple(map(float, value)) if isinstance(empty, tuple) else value
