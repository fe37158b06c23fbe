"""Noise that shifts and scales every activation anew: a test of a claim about means."""

from typing import NamedTuple

import numpy as np

from bnbook.nn import arguments


class NoiseCache(NamedTuple):
    """What each element was multiplied by."""

    factor: np.ndarray


def noise_forward(x, rng, *, training, shift=0.5, spread=1.25, jitter=0.1):
    r"""Shift and scale each element by draws of a new distribution a step: (y, cache).

        y = s x + t,   s_{nc} \sim N(a_c, jitter),   t_{nc} \sim U(b_c \pm jitter)

    a_c in [1, spread] and b_c in [-shift, shift] are drawn first, one for each value of
    a row, in every call: so the mean and the spread of a unit differ from step to step.
    x real, (N, *d); y of its shape and dtype. shift and jitter at least 0, spread at
    least 1. rng: a NumPy generator. Not in training: y is a copy of x, and rng is not
    used (it may be None). Raises TypeError or ValueError, before rng is used. Source:
    Santurkar et al. 2018, appendix A, with their numbers as defaults.
    """
    x = arguments.array("x", x)
    shift, jitter = (float(arguments.nonnegative(name, value))
                     for name, value in (("shift", shift), ("jitter", jitter)))
    spread = float(arguments.nonnegative("spread", spread))
    if spread < 1:
        raise ValueError(f"spread: {spread}, expected at least 1")
    if not arguments.flag("training", training):
        return x.copy(), NoiseCache(np.ones_like(x))
    rng = arguments.generator("rng", rng)
    a, b = rng.uniform(1, spread, x.shape[1:]), rng.uniform(-shift, shift, x.shape[1:])
    factor = rng.normal(a, jitter, x.shape).astype(x.dtype)
    offset = rng.uniform(b - jitter, b + jitter, x.shape).astype(x.dtype)
    return factor * x + offset, NoiseCache(factor)


def noise_backward(dy, cache):
    r"""dx = s dy, of dy's shape, with the forward's draws."""
    factor, = arguments.instance("cache", cache, NoiseCache)
    return arguments.shaped("dy", dy, factor.shape) * factor
