"""Batch norm at test time folded into one scale and shift."""

import numpy as np
import pytest

from bnbook import nn
from bnbook.norm.folding import folded
from common import inference_forward


def case(dtype=float, channels=3):
    rng = np.random.default_rng(0)
    return {"gamma": rng.uniform(0.5, 2, channels).astype(dtype),
            "beta": rng.normal(size=channels).astype(dtype),
            "mean": rng.normal(size=channels).astype(dtype),
            "var": rng.uniform(0.1, 4, channels).astype(dtype)}


@pytest.mark.parametrize("eps", [0, 1e-5, 1e-1])
def test_scale_and_shift_give_inference(eps):
    x, known = np.random.default_rng(1).normal(size=(7, 3)), case()
    scale, shift = folded(**known, eps=eps)
    y, _ = inference_forward(x, **known, eps=eps)
    # A few roundings of numbers of about 1.
    np.testing.assert_allclose(scale * x + shift, y, rtol=0, atol=1e-14)


def test_images_take_them_shaped_to_channels():
    x, known = np.random.default_rng(1).normal(size=(4, 3, 5, 2)), case()
    scale, shift = (a.reshape(3, 1, 1) for a in folded(**known, eps=1e-3))
    y, _ = inference_forward(x, **known, eps=1e-3)
    np.testing.assert_allclose(scale * x + shift, y, rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_the_dtype_stays(dtype):
    assert [a.dtype for a in folded(**case(dtype), eps=1e-5)] == [dtype] * 2


def test_half_precision_is_computed_in_single():
    half = {name: a.astype(np.float16) for name, a in case().items()}
    single = {name: a.astype(np.float32) for name, a in half.items()}
    for got, expected in zip(folded(**half, eps=1e-5), folded(**single, eps=1e-5)):
        assert got.dtype == np.float16
        np.testing.assert_array_equal(got, expected.astype(np.float16))


def test_integers_become_float64():
    scale, shift = folded([2], [3], [1], [4], eps=0)
    assert (scale, shift) == ([1.0], [2.0])
    assert scale.dtype == shift.dtype == np.float64


def test_no_argument_changes_and_no_memory_is_shared():
    known = case()
    before = {name: a.copy() for name, a in known.items()}
    results = folded(**known, eps=1e-5)
    for name, a in known.items():
        np.testing.assert_array_equal(a, before[name])
        assert not any(np.shares_memory(a, result) for result in results)


def test_a_layer_without_gamma_and_beta_folds_as_with_1_and_0():
    known = case()
    plain = known | {"gamma": None, "beta": None}
    ones = known | {"gamma": np.ones(3), "beta": np.zeros(3)}
    for a, b in zip(folded(**plain, eps=1e-5), folded(**ones, eps=1e-5)):
        np.testing.assert_array_equal(a, b)


def test_it_goes_into_the_convolution_in_front():
    r, known = np.random.default_rng(3), case()
    x, w, b = r.normal(size=(2, 2, 6, 5)), r.normal(size=(3, 2, 3, 3)), r.normal(size=3)
    y, _ = inference_forward(nn.conv_forward(x, w, b, pad=1)[0], **known, eps=1e-5)
    scale, shift = folded(**known, eps=1e-5)
    one, _ = nn.conv_forward(
        x, w * scale[:, None, None, None], b * scale + shift, pad=1)
    np.testing.assert_allclose(one, y, atol=1e-12)


@pytest.mark.parametrize("change, message", [
    ({"gamma": np.ones((1, 3))}, r"gamma: shape \(1, 3\), expected \(3,\)"),
    ({"mean": np.ones((1, 3))}, r"mean: shape \(1, 3\), expected 1 dimensions"),
    ({"beta": np.ones(2)}, r"beta: shape \(2,\), expected \(3,\)"),
    ({"mean": np.ones(3, complex)}, "mean: dtype complex128, expected real numbers"),
    ({"var": [1, -2, 3]}, "var: "),
    ({"eps": -1}, "eps: -1, expected a number >= 0"),
])
def test_bad_input_gets_one_line(change, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}") as error:
        folded(**{**case(), "eps": 1e-5, **change})
    assert "\n" not in str(error.value)
