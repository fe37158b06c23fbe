"""Folding into the layer in front or behind, over a grid of layers; what is refused."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

from bnbook import nn
from bnbook.norm import fold_behind, fold_in_front, folded
from common import assert_refused, inference_forward

EPS, INPUTS, OUTPUTS = 1e-3, 4, 8


class Case(NamedTuple):
    """A layer beside a batch norm, and the batch norm's sort."""

    layout: str
    size: int = 1
    stride: int = 1
    pad: int = 0
    groups: int = 1
    bias: bool = True
    affine: bool = True
    images: bool = False  # that an affine layer reads

    def __str__(self):
        return "-".join(map(str, self))


GRID = [
    *(Case("affine", bias=b, affine=a, images=i)
      for b, a, i in product((True, False), repeat=3)),
    *(Case(*rest) for rest in product(
        ("conv", "conv_transposed"), (1, 3), (1, 2), (0, 1), (1, 2, INPUTS),
        (True, False), (True, False)))]


def right_behind(case):
    """Whether the layer hands on a constant input alike everywhere."""
    return {"affine": True, "conv": case.pad == 0,
            "conv_transposed": case.size == case.stride == 1}[case.layout]


def weights(case):
    r = np.random.default_rng(5)
    kernel, groups = (case.size, case.size), case.groups
    shape = {"affine": (INPUTS * (1 + 5 * case.images), OUTPUTS),
             "conv": (OUTPUTS, INPUTS // groups, *kernel),
             "conv_transposed": (INPUTS, OUTPUTS // groups, *kernel)}[case.layout]
    return r.normal(size=shape), r.normal(size=OUTPUTS) if case.bias else None


def inputs(case):
    shape = (4, INPUTS) if case.layout == "affine" else (2, INPUTS, 6, 5)
    return np.random.default_rng(6).normal(
        size=(4, INPUTS, 3, 2) if case.images else shape)


def layer(case, x, w, b):
    """What the layer gives: a group at a time, transposed by conv's own backward."""
    b = np.zeros(OUTPUTS) if b is None else b
    if case.layout == "affine":
        return nn.affine_forward(x, w, b)[0]
    one = convolved if case.layout == "conv" else transposed
    parts = zip(*(np.split(a, case.groups, axis=k) for a, k in ((x, 1), (w, 0))))
    y = [one(part, filters, case.stride, case.pad) for part, filters in parts]
    return np.concatenate(y, axis=1) + b[:, None, None]


def convolved(x, w, stride, pad):
    return nn.conv_forward(x, w, np.zeros(len(w)), stride=stride, pad=pad)[0]


def transposed(x, w, stride, pad):
    sides = (stride * (n - 1) + k - 2 * pad for n, k in zip(x.shape[2:], w.shape[2:]))
    zeros = np.zeros((len(x), w.shape[1], *sides))
    cache = nn.conv_forward(zeros, w, np.zeros(len(w)), stride=stride, pad=pad)[1]
    return nn.conv_backward(x, cache)[0]


def statistics(case, channels):
    r = np.random.default_rng(7)
    known = {"gamma": r.normal(size=channels), "beta": r.normal(size=channels),
             "mean": r.normal(size=channels), "var": r.uniform(0.1, 4, channels)}
    return known if case.affine else known | {"gamma": None, "beta": None}


def without_shift(known):
    zero = np.zeros(len(known["mean"]))
    return known | {"mean": zero, "beta": None if known["beta"] is None else zero}


def normalized(x, known):
    ones = np.ones(len(known["mean"]))
    whole = {"gamma": ones, "beta": 0 * ones} if known["gamma"] is None else {}
    return inference_forward(x, **known | whole, eps=EPS)[0]


def behind(case, known, **change):
    given = {"groups": case.groups, "stride": case.stride, "pad": case.pad} | change
    return fold_behind(*weights(case), *folded(**known, eps=EPS),
                       layout=case.layout, **given)


def test_the_grid_is_wide():
    assert len(GRID) >= 200
    assert 0 < sum(map(right_behind, GRID)) < len(GRID)


@pytest.mark.parametrize("case", GRID, ids=str)
def test_in_front_it_is_always_right(case):
    x, (w, b), known = inputs(case), weights(case), statistics(case, OUTPUTS)
    new = fold_in_front(w, b, *folded(**known, eps=EPS), layout=case.layout,
                        groups=case.groups)
    np.testing.assert_allclose(
        layer(case, x, *new), normalized(layer(case, x, w, b), known), atol=1e-12)


@pytest.mark.parametrize("case", GRID, ids=str)
def test_behind_it_is_right_or_refused(case):
    x, known = inputs(case), statistics(case, INPUTS)
    expected = layer(case, normalized(x, known), *weights(case))
    if right_behind(case):
        y = layer(case, x, *behind(case, known))
        np.testing.assert_allclose(y, expected, atol=1e-12)
        return
    word = "pad" if case.layout == "conv" else "w"
    assert_refused(ValueError, f"{word}: ", lambda: behind(case, known))
    scaled = normalized(x, without_shift(known))
    moved = expected - layer(case, scaled, *weights(case))
    assert np.ptp(moved, axis=(2, 3)).max() > 0.1  # no bias is that
    if case.layout == "conv":  # it would have been wrong at the border alone
        off = abs(layer(case, x, *behind(case, known, pad=0)) - expected)
        assert off.max() > 0.1
        whole = slice(case.pad, -case.pad)
        assert off[..., whole, whole].max() < 1e-12


@pytest.mark.parametrize(
    "case", [case for case in GRID if not right_behind(case)], ids=str)
def test_without_a_shift_it_is_right_everywhere(case):
    known = without_shift(statistics(case, INPUTS))
    expected = layer(case, normalized(inputs(case), known), *weights(case))
    y = layer(case, inputs(case), *behind(case, known))
    np.testing.assert_allclose(y, expected, atol=1e-12)


def test_volumes_and_sequences_have_kernels_too():
    scale, shift = np.array([2.0, 3.0]), np.array([1.0, -1.0])
    for kernel in ((3,), (2, 2, 2)):
        w = np.ones((2, 2, *kernel))
        front, b = fold_in_front(w, None, scale, shift, layout="conv")
        np.testing.assert_array_equal(front, w * scale.reshape(2, *[1] * (w.ndim - 1)))
        np.testing.assert_array_equal(b, shift)
        back, b = fold_behind(w, [1.0, 1.0], scale, shift, layout="conv")
        np.testing.assert_array_equal(
            back, w * scale.reshape(1, 2, *[1] * len(kernel)))
        np.testing.assert_array_equal(b, [1.0, 1.0])


@pytest.mark.parametrize("fold", [fold_in_front, fold_behind])
def test_the_common_dtype_comes_out_and_half_is_computed_in_single(fold):
    r = np.random.default_rng(0)
    arrays = [r.normal(size=s) for s in ((3, 3), 3, 3, 3)]
    for dtype in (np.float32, np.longdouble):
        given = [a.astype(dtype) for a in arrays]
        assert {a.dtype for a in fold(*given, layout="affine")} == {np.dtype(dtype)}
    half = [a.astype(np.float16) for a in arrays]
    single = fold(*(a.astype(np.float32) for a in half), layout="affine")
    for got, expected in zip(fold(*half, layout="affine"), single):
        assert got.dtype == np.float16
        np.testing.assert_array_equal(got, expected.astype(np.float16))
    mixed = fold(half[0], None, arrays[2], arrays[3], layout="affine")
    assert {a.dtype for a in mixed} == {np.dtype(float)}


@pytest.mark.parametrize("fold", [fold_in_front, fold_behind])
@pytest.mark.parametrize("layout", ["affine", "conv", "conv_transposed"])
def test_nothing_changes_and_nothing_is_shared(fold, layout):
    w = np.ones((2, 2) if layout == "affine" else (2, 2, 1))
    given = [w, *np.ones((3, 2))]
    before = [a.copy() for a in given]
    for new in fold(*given, layout=layout):
        assert not any(np.shares_memory(a, new) for a in given)
    for a, b in zip(given, before):
        np.testing.assert_array_equal(a, b)


W, ONE = np.ones((4, 2, 3, 3)), np.ones(4)


@pytest.mark.parametrize("fold, change, message", [
    (fold_in_front, {"layout": "dense"}, "layout: 'dense', expected one of 'affine'"),
    (fold_in_front, {"groups": 0}, "groups: 0, expected at least 1"),
    (fold_in_front, {"groups": 3}, "w: shape (4, 2, 3, 3), expected none of it 0 and"),
    (fold_in_front, {"w": W[:0]}, "w: shape (0, 2, 3, 3), expected none of it 0"),
    (fold_in_front, {"w": W[:, :, 0, 0]}, "w: shape (4, 2), expected 3 dimensions"),
    (fold_in_front, {"layout": "affine"}, "w: shape (4, 2, 3, 3) in 2 groups"),
    (fold_in_front, {"w": np.ones((4, 4)), "layout": "affine"}, "w: shape (4, 4) in 2"),
    (fold_in_front, {"b": ONE[:3]}, "b: shape (3,), expected (4,)"),
    (fold_in_front, {"scale": ONE[:2]}, "scale: shape (2,), expected (4,)"),
    (fold_in_front, {"layout": "conv_transposed", "shift": ONE[:2]}, "shift: shape (2"),
    (fold_behind, {"shift": ONE[:2]}, "shift: shape (2,), expected (4,)"),
    (fold_behind, {"scale": np.ones(3), "w": np.ones((4, 4)), "layout": "affine",
                   "groups": 1}, "scale: shape (3,), expected (4,)"),
    (fold_behind, {"pad": -1}, "pad: -1, expected at least 0"),
    (fold_behind, {"stride": 0}, "stride: 0, expected at least 1"),
    (fold_behind, {"pad": 1}, "pad: 1, expected 0: the zeros beyond the border come"),
    (fold_behind, {"layout": "conv_transposed"}, "w: a transposed kernel of (3, 3) at"),
    (fold_behind, {"layout": "conv_transposed", "w": W[..., :2, :1]},
     "w: a transposed kernel of (2, 1) at stride 1, expected 1 and 1"),
    (fold_behind, {"layout": "conv_transposed", "w": W[..., :1, :1], "stride": 2},
     "w: a transposed kernel of (1, 1) at stride 2, expected 1 and 1"),
])
def test_bad_input_gets_one_line(fold, change, message):
    given = {"w": W, "b": ONE, "scale": ONE, "shift": ONE, "layout": "conv",
             "groups": 2} | change
    assert_refused(ValueError, message, lambda: fold(**given))
