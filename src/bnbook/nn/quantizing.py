"""Weights in a few bits, as integers and a step."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from bnbook.nn import arguments


class Quantized(NamedTuple):
    """Integers, and the step between the numbers that they stand for."""

    codes: np.ndarray
    step: np.ndarray

    @property
    def values(self) -> np.ndarray:
        """codes step, in the step's dtype."""
        return (self.codes * self.step).astype(self.step.dtype)


def quantized(w: ArrayLike, *, bits: int = 8, axis: int | None = None) -> Quantized:
    r"""Weights rounded to multiples of a step: a Quantized.

        step = \max |w| / (2^{bits - 1} - 1),   codes = \mathrm{round}(w / step)

    axis: None for one step, per tensor; else the axis of the channels, of which each
    has a step: that of the output is 1 in an affine w (D, H), 0 in a convolution's
    (F, C, h, w). Symmetric: 0 is code 0, and so is all of a channel without weights.
    codes have w's shape and are int8, or int16 from 9 to 16 bits; step has w's dtype
    and broadcasts against it (float16 is computed in float32). Nothing is off by more
    than half a step. Raises TypeError or ValueError, also for NaN and inf. Source:
    Krishnamoorthi 2018, section 2.2.
    """
    w = arguments.finite("w", w)
    if not w.size:
        raise ValueError(f"w: shape {w.shape}, expected one number or more")
    bits, wide = arguments.count("bits", bits, 2), arguments.computed(w)
    if bits > 16:
        raise ValueError(f"bits: {bits}, expected at most 16")
    rest = None
    if axis is not None:
        axis = arguments.count("axis", axis, 0)
        if axis >= w.ndim:
            raise ValueError(f"axis: {axis}, expected below {w.ndim}")
        rest = tuple(k for k in range(w.ndim) if k != axis)
    step = np.abs(wide).max(axis=rest, keepdims=True) / wide.dtype.type(
        2 ** (bits - 1) - 1)
    step = np.where(step > 0, step, 1).astype(w.dtype)
    codes = np.rint(wide / step).astype(np.int8 if bits <= 8 else np.int16)
    return Quantized(codes, step)
