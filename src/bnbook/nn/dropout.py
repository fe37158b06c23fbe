"""Inverted dropout: what is kept in training is scaled up, so that nothing else is."""

from typing import NamedTuple

import numpy as np

from bnbook.nn import arguments


class DropoutCache(NamedTuple):
    """Which elements were kept, and the probability to drop."""

    kept: np.ndarray
    p: float


def dropout_forward(x, p, rng, *, training):
    r"""Drop each element with probability p, and scale up what is kept: (y, cache).

        y = x \cdot mask / (1 - p),   mask \in \{0, 1\}, 1 with probability 1 - p

    p is the probability to DROP (the paper's p, and that of later cs231n assignments,
    is the probability to keep). Every element has its own mask; the mean of y over
    masks is x. x real or complex, of any shape; y of its shape and dtype, exactly 0
    where dropped, whatever x is there; p = 0 keeps and p = 1 drops all of it. rng: a
    NumPy generator; it gives as many numbers as x has elements, whatever p is. Not in
    training: y is a copy of x, and rng is not used (it may be None). Raises TypeError
    or ValueError, before rng is used. Source: Srivastava et al. 2014.
    """
    x = arguments.array("x", x, kinds=arguments.COMPLEX)
    p = arguments.fraction("p", p)
    if not arguments.flag("training", training):
        p, kept = 0.0, np.ones(x.shape, bool)
    else:
        kept = arguments.generator("rng", rng).random(x.shape) >= p
    return _masked(x, kept, p), DropoutCache(kept, p)


def dropout_backward(dy, cache):
    r"""dx = dy \cdot mask / (1 - p), of dy's shape, with the forward's mask."""
    kept, p = arguments.instance("cache", cache, DropoutCache)
    dy = arguments.shaped("dy", dy, kept.shape, kinds=arguments.COMPLEX)
    return _masked(dy, kept, p)


def _masked(a, kept, p):
    # Dividing only where kept gives zeros at p = 1, for inf and NaN as well.
    return np.divide(a, 1 - p, out=np.zeros_like(a), where=kept)
