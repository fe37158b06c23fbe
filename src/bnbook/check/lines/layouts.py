"""The reader's arrays beside a program's values, whatever their layout."""

import numpy as np

from bnbook.check.edits.programs import channel_axes
from bnbook.check.edits.table import agrees


def arranged(a, shape):
    """An array as a program has it that runs on x of this shape; None if it has none.

    As it is; channels last, or features as rows; flattened; without kept dims.
    """
    moved, whole = (shape[0], *shape[2:], shape[1]), a.size == np.prod(shape)
    if a.size == shape[1]:
        return a.reshape(1, -1, *[1] * (len(shape) - 2))
    if a.size == shape[0] and len(shape) == 2:
        return a.reshape(-1, 1)  # one number a row: of a sum over the features
    if _within(a.shape, shape):
        return a
    if _within(a.shape, moved):
        return np.moveaxis(a, -1, 1)
    if _within(a.shape, (np.prod(shape) // shape[1], shape[1])) and a.shape[0] > 1:
        return np.moveaxis(a.reshape(*moved[:-1], a.shape[1]), -1, 1)
    if whole and a.shape[0] == shape[1]:
        return np.moveaxis(a.reshape(shape[1], shape[0], *shape[2:]), 0, 1)
    return None


def _within(some, shape):
    """Whether some dims are those of a shape, or 1."""
    return len(some) == len(shape) and all(k in (1, n) for k, n in zip(some, shape))


def laid(a, shape):
    """The same, in one row if all rows are the same; None of what tells nothing."""
    a = arranged(a, shape) if np.isfinite(a).all() and np.ptp(a) else None
    return None if a is None else reduced(a)


def like(value, a, shape):
    """The arrays that a program's value may be in the place of one of the reader's.

    In its layout; or, of a value a channel, in any layout, if it has more or fewer.
    """
    index, found = arranged(np.arange(a.size).reshape(a.shape), shape), []
    if _within(value.shape, index.shape):
        found.append(np.empty(a.size))
        found[0][index.ravel()] = np.broadcast_to(value, index.shape).ravel()
        found[0] = found[0].reshape(a.shape)
    if value.size == shape[1] != a.size:
        row = value.ravel()
        found += [row, row[None], row[:, None], value]
    return found


def reduced(a):
    """One row of what is the same along all that batch norm's means go over."""
    over = {axis % a.ndim for axis in channel_axes(a.ndim)}
    row = a[tuple(slice(0, 1) if k in over else slice(None) for k in range(a.ndim))]
    same = np.abs(a - row).max() <= 1e-12 * np.abs(a).max()
    return row if same else a


class Values:
    """The values of a graph on one probe, to find those that an array is."""

    def __init__(self, values):
        self.by_shape = {}
        for name, a in values.items():
            if np.isfinite(a).all() and np.ptp(a):
                a = reduced(a)
                self.by_shape.setdefault(a.shape, []).append((name, a))

    def called(self, a):
        """The names of the values that an array is."""
        some = self.by_shape.get(a.shape, ())
        if not some:
            return set()
        same = agrees(np.stack([value for _, value in some]), a)
        return {name for (name, _), hit in zip(some, same) if hit}
