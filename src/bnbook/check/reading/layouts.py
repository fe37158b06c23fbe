"""Where the channels stand: this book's x to a reader's and back."""

from typing import NamedTuple

import numpy as np


class Layout(NamedTuple):
    """name: what `--layout` calls it; order: the reader's axes, by the book's.

    shape: that in which gamma and beta are handed over.
    """

    name: str
    words: str
    order: tuple
    shape: tuple

    def into(self, a):
        """x, y or a gradient as the reader has it: the same memory, other axes."""
        return a.transpose(self.order)

    def back(self, a):
        """The same from the reader's."""
        return a.transpose(np.argsort(self.order))


LAYOUTS = [Layout(name, words, order, shape) for name, words, order, shapes in (
    ("rows", "(N, C)", (0, 1), ((-1,), (1, -1))),
    ("columns", "(C, N), features as rows", (1, 0), ((-1, 1), (-1,))),
    ("channels first", "(N, C, H, W)", (0, 1, 2, 3),
     ((-1,), (1, -1, 1, 1), (-1, 1, 1))),
    ("channels last", "(N, H, W, C), channels last", (0, 2, 3, 1),
     ((-1,), (1, 1, 1, -1), (1, -1))),
    ("columns", "(C, N, H, W), channels as rows", (1, 0, 2, 3), ((-1, 1, 1, 1),)),
    ) for shape in shapes]


def layouts(ndim, told=None, handed=True):
    """The layouts of x with so many dimensions, the book's own first; or the one told.

    handed: in each of the shapes in which gamma and beta may be handed over.
    """
    group = [layout for layout in LAYOUTS if len(layout.order) == ndim]
    group = [layout for layout in group if layout.name == told] or group
    return group if handed else [*{a.name: a for a in group[::-1]}.values()][::-1]
