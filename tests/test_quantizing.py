"""Weights in a few bits: how far off, which codes, and what folding does to them."""

import numpy as np
import pytest

from bnbook import nn, norm
from common import assert_refused, rng


@pytest.mark.parametrize("bits", [2, 4, 8, 12, 16])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_nothing_is_off_by_more_than_half_a_step(bits, axis):
    w = rng().normal(size=(7, 5)) * [1, 10, 0.1, 1e-3, 1]
    q = nn.quantized(w, bits=bits, axis=axis)
    assert (abs(q.values - w) <= q.step * (0.5 + 1e-12)).all()
    top = 2 ** (bits - 1) - 1
    rest = None if axis is None else 1 - axis
    np.testing.assert_array_equal(abs(q.codes).max(axis=rest), top)


@pytest.mark.parametrize("axis, shape", [(None, (1, 1, 1, 1)), (0, (4, 1, 1, 1)),
                                         (1, (1, 3, 1, 1))])
def test_a_step_a_tensor_or_a_channel(axis, shape):
    w = rng().normal(size=(4, 3, 2, 2))
    q = nn.quantized(w, axis=axis)
    assert q.step.shape == shape and q.codes.shape == w.shape
    largest = abs(w).max(axis=tuple(k for k in range(4) if k != axis), keepdims=True)
    np.testing.assert_allclose(q.step, largest / 127)


def test_eight_bits_by_hand():
    q = nn.quantized([[-2.54, 1.0, 0.009], [0.0, 0.031, 0.029]])
    np.testing.assert_array_equal(q.codes, [[-127, 50, 0], [0, 2, 1]])
    np.testing.assert_allclose(q.values, 0.02 * q.codes)


@pytest.mark.parametrize("bits, dtype", [(8, np.int8), (9, np.int16), (16, np.int16)])
def test_codes_are_as_small_as_they_may_be(bits, dtype):
    assert nn.quantized(rng().normal(size=5), bits=bits).codes.dtype == dtype


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", np.longdouble])
def test_the_values_have_the_weights_dtype(dtype):
    w = rng().normal(size=(3, 2)).astype(dtype)
    q = nn.quantized(w, axis=1)
    assert q.step.dtype == q.values.dtype == w.dtype
    assert abs(q.values - w).max() < 0.02


def test_what_is_0_stays_0_and_a_channel_of_none_too():
    w = np.array([[0.0, 3.0], [0.0, 0.0]])
    for axis in (None, 0, 1):
        q = nn.quantized(w, axis=axis)
        np.testing.assert_array_equal(q.codes, [[0, 127], [0, 0]])
    assert (nn.quantized(np.full((2, 2), 5e-324)).codes == 0).all()


def test_signs_are_treated_alike():
    w = rng().normal(size=(6, 4))
    one, other = nn.quantized(w, axis=1), nn.quantized(-w, axis=1)
    np.testing.assert_array_equal(one.codes, -other.codes)


def test_folding_in_front_changes_no_code_of_a_channel():
    r = rng(3)
    w, shift = r.normal(size=(40, 6)), np.zeros(6)
    scale = r.normal(size=6) * [1, 10, 100, 1e-3, 1, 1]
    new, _ = norm.fold_in_front(w, None, scale, shift, layout="affine")
    one, other = (nn.quantized(a, axis=1) for a in (w, new))
    np.testing.assert_array_equal(other.codes, one.codes * np.sign(scale))
    assert (nn.quantized(new).codes[:, 3] == 0).all()  # a step for all loses a channel


@pytest.mark.parametrize("given, kind, message", [
    ({"w": [np.nan, 1]}, ValueError, "w: not finite"),
    ({"w": []}, ValueError, "w: shape (0,), expected one number or more"),
    ({"w": "a"}, TypeError, "w: dtype <U1"),
    ({"bits": 1}, ValueError, "bits: 1, expected at least 2"),
    ({"bits": 17}, ValueError, "bits: 17, expected at most 16"),
    ({"bits": 8.0}, TypeError, "bits: 8.0, expected an integer"),
    ({"axis": 2}, ValueError, "axis: 2, expected below 2"),
    ({"axis": -1}, ValueError, "axis: -1, expected at least 0")])
def test_bad_input_gets_one_line(given, kind, message):
    assert_refused(kind, message,
                   lambda: nn.quantized(**{"w": np.ones((2, 2))} | given))
