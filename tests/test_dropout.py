"""Inverted dropout: what it drops, how it scales, and where its numbers come from."""

import warnings

import numpy as np
import pytest

from bnbook import nn
from bnbook.check import numerical_gradient
from common import rng


def drop(x, p, seed=0, **how):
    return nn.dropout_forward(x, p, rng(seed), **{"training": True, **how})


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_each_element_is_zero_or_scaled_up(p):
    x = rng(1).normal(size=(7, 5)) + 9
    y, _ = drop(x, p)
    # Dividing by 1 - p, and multiplying by its reciprocal, differ in the last place.
    np.testing.assert_allclose(y[y != 0], (x / (1 - p))[y != 0], rtol=1e-15)
    assert 0 < (y == 0).sum() < y.size


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_a_share_p_is_dropped_and_the_mean_stays(p):
    y, _ = drop(np.ones((500, 400)), p)
    # The share of 200000 draws scatters by 0.0011, the mean by at most 0.0045.
    assert (y == 0).mean() == pytest.approx(p, abs=0.006)
    assert y.mean() == pytest.approx(1, abs=0.025)


def test_every_element_has_its_own_mask():
    kept = drop(np.ones((40, 30, 20)), 0.5)[0] != 0
    for axis, n in enumerate(kept.shape):
        # Of n independent masks; one mask shared along the axis would give 0.5.
        expected = 0.5 / np.sqrt(n)
        assert kept.mean(axis=axis).std() == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("shape", [(), (4,), (3, 2, 4, 5)])
def test_the_gradient_agrees_with_the_complex_step(shape):
    x, dy = rng(1).normal(size=(2, *shape))
    _, cache = drop(x, 0.4)
    truth = numerical_gradient(
        lambda x: drop(x, 0.4)[0], {"x": x}, "x", dy, "complex step")
    np.testing.assert_allclose(nn.dropout_backward(dy, cache), truth, rtol=1e-15)


@pytest.mark.parametrize("x", [[1.0, -2], [np.inf, np.nan]])
def test_dropping_everything_gives_zeros_without_a_warning(x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y, cache = drop(x, 1)
        dx = nn.dropout_backward(x, cache)
    np.testing.assert_array_equal(y, [0, 0])
    np.testing.assert_array_equal(dx, [0, 0])


def test_what_is_dropped_is_zero_even_if_it_was_nan():
    x = np.full((6, 5), np.nan)
    y, cache = drop(x, 0.5)
    dropped = drop(np.ones((6, 5)), 0.5)[0] == 0
    np.testing.assert_array_equal(np.isnan(y), ~dropped)
    np.testing.assert_array_equal(nn.dropout_backward(x, cache)[dropped], 0)


@pytest.mark.parametrize("p, training", [(0, True), (0.7, False), (1, False)])
def test_without_dropping_it_is_a_copy(p, training):
    x, dy = rng(1).normal(size=(2, 4, 3))
    y, cache = drop(x, p, training=training)
    dx = nn.dropout_backward(dy, cache)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(dx, dy)
    assert not np.shares_memory(y, x) and not np.shares_memory(dx, dy)


def test_the_same_generator_drops_the_same():
    x = np.ones((9, 8))
    np.testing.assert_array_equal(drop(x, 0.5)[0], drop(x, 0.5)[0])
    assert (drop(x, 0.5)[0] != drop(x, 0.5, seed=1)[0]).any()


def test_masks_differ_from_call_to_call():
    x, generator = np.ones((9, 8)), rng()
    first, _ = nn.dropout_forward(x, 0.5, generator, training=True)
    assert (first != nn.dropout_forward(x, 0.5, generator, training=True)[0]).any()


def test_a_larger_p_drops_what_a_smaller_one_drops_and_more():
    few, many = (drop(np.ones((9, 8)), p)[0] == 0 for p in (0.2, 0.6))
    assert many[few].all() and many.sum() > few.sum()


@pytest.mark.parametrize("p", [0, 0.5, 1])
def test_it_draws_one_number_an_element_in_training_and_none_else(p):
    used, expected = rng(), rng()
    nn.dropout_forward(np.ones((3, 4)), p, used, training=True)
    expected.random(12)
    assert used.random() == expected.random()
    used = rng()
    nn.dropout_forward(np.ones((3, 4)), p, used, training=False)
    assert used.random() == rng().random()


def test_inference_needs_no_generator():
    y, _ = nn.dropout_forward([1.0, 2.0], 0.5, None, training=False)
    np.testing.assert_array_equal(y, [1, 2])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
@pytest.mark.parametrize("p", [0.5, np.float64(0.5), 1])
def test_the_dtype_stays(dtype, p):
    x = np.ones((3, 4), dtype)
    y, cache = drop(x, p)
    assert y.dtype == nn.dropout_backward(x, cache).dtype == dtype


def test_integers_become_float64():
    y, cache = drop([1, 2], 0.5)
    assert y.dtype == nn.dropout_backward([1, 2], cache).dtype == np.float64


def test_edits_of_arguments_and_results_change_no_gradient():
    x, dy = rng(1).normal(size=(2, 4, 3))
    kept = x.copy(), dy.copy()
    y, cache = drop(x, 0.5)
    dx = nn.dropout_backward(dy, cache)
    np.testing.assert_array_equal((x, dy), kept)
    expected = dx.copy()
    x[:], y[:], dx[:] = 9, 9, 9
    np.testing.assert_array_equal(nn.dropout_backward(dy, cache), expected)


X = np.ones((4, 3))
ERRORS = [
    (TypeError, "x: dtype bool", {"x": X > 0}),
    (TypeError, "x: a masked array", {"x": np.ma.array(X)}),
    (ValueError, "p: -0.1, expected a number from 0 to 1", {"p": -0.1}),
    (ValueError, "p: 1.5, expected a number from 0 to 1", {"p": 1.5}),
    (ValueError, "p: nan, expected a number from 0 to 1", {"p": float("nan")}),
    (TypeError, "p: '0.5', expected a number from 0 to 1", {"p": "0.5"}),
    (TypeError, "p: True, expected a number from 0 to 1", {"p": True}),
    (TypeError, "rng: int, expected numpy.random.default_rng(seed)", {"rng": 0}),
    (TypeError, "rng: NoneType, expected", {"rng": None}),
    (TypeError, "training: 'train', expected True or False", {"training": "train"}),
]


@pytest.mark.parametrize(("kind", "start", "change"), ERRORS,
                         ids=[e[1] for e in ERRORS])
def test_bad_arguments_are_named_before_anything_is_drawn(kind, start, change):
    used = rng()
    with pytest.raises(kind) as raised:
        nn.dropout_forward(
            **{"x": X, "p": 0.5, "rng": used, "training": True, **change})
    message = str(raised.value)
    assert message.startswith(start) and "\n" not in message
    assert used.random() == rng().random()


def test_dy_is_not_broadcast():
    with pytest.raises(ValueError, match=r"^dy: shape \(3,\), expected \(4, 3\)$"):
        nn.dropout_backward(np.ones(3), drop(X, 0.5)[1])
