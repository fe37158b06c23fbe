"""Batch norm at test time: one scale and one shift a channel, in its neighbours too."""

import math
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from bnbook.norm import arguments

Layout: TypeAlias = Literal["affine", "conv", "conv_transposed"]
LAYOUTS: tuple[Layout, ...] = ("affine", "conv", "conv_transposed")


def folded(gamma: ArrayLike | None, beta: ArrayLike | None, mean: ArrayLike,
           var: ArrayLike, *, eps: float) -> tuple[np.ndarray, np.ndarray]:
    r"""(scale, shift) with which inference is y = scale x + shift.

        scale = \gamma / \sqrt{var + eps},   shift = \beta - mean scale

    All four arrays are (C,), var not negative, whichever convention it was kept by;
    gamma and beta may be None, for a layer without; eps a number >= 0. scale and shift
    are (C,), of the arrays' common dtype (integers become float64; float16 is computed
    in float32). For images, reshape both to (C, 1, 1). `fold_in_front` and
    `fold_behind` put them into the weights of a neighbour. A mean far larger than the
    deviation costs the digits that subtracting it first would keep. Raises TypeError or
    ValueError. Source: Jacob et al. 2018.
    """
    mean = arguments.array("mean", mean, ndim=1)
    given = {"gamma": np.ones_like(mean) if gamma is None else gamma,
             "beta": np.zeros_like(mean) if beta is None else beta, "var": var}
    arrays = [mean, *(arguments.shaped(n, a, mean.shape) for n, a in given.items())]
    dtype = np.result_type(*arrays)
    mean, gamma, beta, var = (arguments.computed(a.astype(dtype)) for a in arrays)
    eps = arguments.nonnegative("eps", eps)
    scale = gamma / np.sqrt(arguments.variance("var", var) + eps)
    return scale.astype(dtype), (beta - mean * scale).astype(dtype)


def fold_in_front(w: ArrayLike, b: ArrayLike | None, scale: ArrayLike,
                  shift: ArrayLike, *, layout: Layout,
                  groups: int = 1) -> tuple[np.ndarray, np.ndarray]:
    r"""(w, b) of the layer in front, with which it does a batch norm's work too.

        w_f \leftarrow scale_f w_f,   b_f \leftarrow scale_f b_f + shift_f

    f is a channel of the layer's output, w_f all weights that make it. layout:
    "affine", w (D, F); "conv", w (F, C / groups, *kernel); "conv_transposed",
    w (C, F / groups, *kernel). b (F,), or None for a layer without; scale and shift,
    those of `folded`, (F,). Right for every stride, padding and dilation: what comes
    out, at the border too, is scaled and shifted afterwards. New arrays of the common
    dtype; float16 is computed in float32. Raises TypeError or ValueError. Source:
    Jacob et al. 2018.
    """
    form, back = _grouped(w, layout, groups)
    groups, _, outputs, *kernel = form.shape
    shape = (groups * outputs,)
    (form, bias, by, plus), dtype = _wide(form, _bias(b, shape, form), *(
        arguments.shaped(n, a, shape) for n, a in (("scale", scale), ("shift", shift))))
    form = form * by.reshape(groups, 1, outputs, *[1] * len(kernel))
    return back(form).astype(dtype), (bias * by + plus).astype(dtype)


def fold_behind(w: ArrayLike, b: ArrayLike | None, scale: ArrayLike, shift: ArrayLike,
                *, layout: Layout, groups: int = 1, stride: int = 1,
                pad: int = 0) -> tuple[np.ndarray, np.ndarray]:
    r"""(w, b) of the layer behind, with which it does a batch norm's work too.

        w_{fc} \leftarrow scale_c w_{fc},   b_f \leftarrow b_f + \sum_c shift_c w_{fc}

    c is a channel of the layer's input; the sum goes over a kernel's places too, and w
    on its right is the old one. Layouts, dtypes as in `fold_in_front`; scale, shift
    (C,). An affine layer may read images, channel by channel: then its D is a multiple
    of C.

    ValueError where it is not right, unless shift is 0. With pad > 0 a convolution
    reads zeros beyond the border, which come after the batch norm and are not shifted.
    In a transposed convolution the number of inputs that reach an output differs from
    place to place; only a kernel of 1 at stride 1 is right. Otherwise raises as
    `fold_in_front`. Source: Jacob et al. 2018.
    """
    form, back = _grouped(w, layout, groups)
    stride, pad = arguments.count("stride", stride), arguments.count("pad", pad, 0)
    groups, inputs, outputs, *kernel = form.shape
    (form, bias, by, plus), dtype = _wide(
        form, _bias(b, (groups * outputs,), form), *(
            _of_inputs(name, a, groups * inputs, layout)
            for name, a in (("scale", scale), ("shift", shift))))
    if plus.any():
        _refuse_places(layout, kernel, stride, pad)
    by, plus = (a.reshape(groups, inputs, 1, *[1] * len(kernel)) for a in (by, plus))
    moved = (form * plus).sum(axis=(1, *range(3, form.ndim))).reshape(-1)
    return back(form * by).astype(dtype), (bias + moved).astype(dtype)


def _refuse_places(layout, kernel, stride, pad):
    """Refuse a layer that does not hand on the shift alike in all places."""
    if layout == "conv" and pad:
        raise ValueError(f"pad: {pad}, expected 0: the zeros beyond the border come "
                         "after the batch norm and are not shifted")
    if layout == "conv_transposed" and (stride > 1 or math.prod(kernel) > 1):
        raise ValueError(
            f"w: a transposed kernel of {tuple(kernel)} at stride {stride}, expected "
            "1 and 1: its places get the shift a different number of times")


def _grouped(w, layout, groups):
    """w as (groups, inputs, outputs, *kernel), and the way back to the layout."""
    arguments.choice("layout", layout, LAYOUTS)
    groups, w = arguments.count("groups", groups), arguments.array("w", w)
    shape, kernel = w.shape, w.shape[2:]
    if layout == "affine" and (w.ndim != 2 or groups > 1):
        raise ValueError(f"w: shape {shape} in {groups} groups, expected (D, F) in 1")
    if layout != "affine" and w.ndim < 3:
        raise ValueError(f"w: shape {shape}, expected 3 dimensions or more")
    if not w.size or shape[0] % groups:
        raise ValueError(f"w: shape {shape}, expected none of it 0 and the first "
                         f"divided by groups = {groups}")
    form = w.reshape(groups, shape[0] // groups, shape[1], *kernel)
    if layout == "conv":
        return form.swapaxes(1, 2), lambda a: a.swapaxes(1, 2).reshape(shape)
    return form, lambda a: a.reshape(shape)


def _of_inputs(name, a, inputs, layout):
    """A value for each input: of an affine layer's, several may be of one channel."""
    a = arguments.array(name, a, ndim=1)
    if layout == "affine" and a.size and inputs % a.size == 0:
        return a.repeat(inputs // a.size)
    return arguments.shaped(name, a, (inputs,))


def _bias(b, shape, form):
    return np.zeros(shape, form.dtype) if b is None else arguments.shaped("b", b, shape)


def _wide(*arrays):
    """The arrays in the dtype that is computed in, and their common dtype."""
    dtype = np.result_type(*arrays)
    return [arguments.computed(a.astype(dtype)) for a in arrays], dtype
