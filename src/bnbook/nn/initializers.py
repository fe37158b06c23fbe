"""How large the weights are before training."""

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from bnbook.nn import arguments

Init: TypeAlias = float | Literal["xavier", "he"]

STD = {
    "xavier": lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out)),
    "he": lambda fan_in, fan_out: math.sqrt(2 / fan_in),
}


def initial_std(init: Init, fan_in: int, fan_out: int) -> float:
    r"""The standard deviation of a layer's first weights, a number.

        "xavier": \sqrt{2 / (fan_in + fan_out)},   "he": \sqrt{2 / fan_in}

    A number stands for itself. fan_in and fan_out: how many values one output is made
    of, and one input goes into. Sources: Glorot & Bengio 2010, eq. 12 (there as a
    variance); He et al. 2015, eq. 10. Raises ValueError or TypeError for anything else.
    """
    fan_in = arguments.count("fan_in", fan_in)
    fan_out = arguments.count("fan_out", fan_out)
    if isinstance(init, str):
        return STD[arguments.choice("init", init, STD)](fan_in, fan_out)
    return arguments.nonnegative("init", init)


def fans(shape):
    """(fan_in, fan_out) of an affine layer's (D, H) or a convolution's (F, C, h, w)."""
    if len(shape) not in (2, 4):
        raise ValueError(f"shape: {shape}, expected (D, H) or (F, C, h, w)")
    if len(shape) == 2:
        return shape
    filters, channels, *window = shape
    return channels * math.prod(window), filters * math.prod(window)


def initial_weights(rng: np.random.Generator, shape: Sequence[int],
                    init: Init) -> np.ndarray:
    """Normal weights of `shape`, float64, mean 0, of `initial_std`'s deviation.

    shape: (D, H) of an affine layer or (F, C, h, w) of a convolution. The draws depend
    on the generator alone: another `init` rescales the same weights.
    """
    shape = arguments.counts("shape", shape)
    std = initial_std(init, *fans(shape))
    return std * arguments.generator("rng", rng).standard_normal(shape)
