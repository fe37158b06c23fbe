"""The hand derivations: held to the trace, to themselves, and to their contract."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bnbook.graph import BATCH_NORM, INFERENCE, run
from bnbook.norm import (
    batch_norm_backward,
    batch_norm_backward_detached,
    batch_norm_backward_staged,
    batch_norm_forward,
    staged_gradients,
)
from bnbook.norm.textbook import statistics_axes

SHAPES = [(7, 3), (2, 5), (4, 3, 6), (3, 2, 4, 5), (2, 3, 2, 3, 4)]


def case(shape, seed=0, scale=3.0, shift=1.0):
    rng = np.random.default_rng(seed)
    c = shape[1]
    x = scale * rng.normal(size=shape) + shift
    return x, rng.normal(size=c) + 2, rng.normal(size=c) - 1, rng.normal(size=shape)


def traced(x, gamma, beta, dy, eps=1e-5):
    column = (-1, *[1] * (x.ndim - 2))
    inputs = {"x": x, "gamma": gamma.reshape(column), "beta": beta.reshape(column)}
    return run(BATCH_NORM, {**inputs, "eps": eps}, dy, axes=statistics_axes(x))


def close(a, b):
    """Equal to 1e-12 of the largest magnitude: some hundred roundings in float64."""
    b = np.reshape(b, np.shape(a))
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-12 * max(abs(b).max(), 1))


@pytest.mark.parametrize("shape", SHAPES)
def test_forward_and_cache_are_the_traces_values(shape):
    x, gamma, beta, dy = case(shape)
    y, cache = batch_norm_forward(x, gamma, beta)
    values = traced(x, gamma, beta, dy).values
    close(y, values["y"])
    for name in cache._fields:
        close(getattr(cache, name), values[name])


@pytest.mark.parametrize("shape", SHAPES)
def test_staged_gradients_are_the_traces_at_every_node(shape):
    x, gamma, beta, dy = case(shape)
    staged = staged_gradients(dy, batch_norm_forward(x, gamma, beta)[1])
    grads = traced(x, gamma, beta, dy).grads
    assert set(grads) - set(staged) == {"y", "eps"}
    for name, gradient in staged.items():
        close(gradient, grads[name])


@settings(deadline=None, max_examples=50, derandomize=True)
@example(2, 1, 324, 0.01, 10.0)
@given(st.integers(2, 20), st.integers(1, 6), st.integers(0, 1000),
       st.floats(1e-2, 1e2), st.floats(-10, 10))
def test_closed_form_is_staged(n, c, seed, scale, shift):
    """To 1e-12 of gamma * ivar * dy: at n = 2 dx is what is left of it, about 0."""
    x, gamma, beta, dy = case((n, c), seed, scale, shift)
    _, cache = batch_norm_forward(x, gamma, beta)
    size = max(abs(cache.gamma * cache.ivar).max() * abs(dy).max(), 1)
    for a, b in zip(batch_norm_backward(dy, cache),
                    batch_norm_backward_staged(dy, cache)):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12 * size)


@pytest.mark.parametrize("shape", SHAPES)
def test_closed_form_is_staged_at_every_rank(shape):
    x, gamma, beta, dy = case(shape)
    _, cache = batch_norm_forward(x, gamma, beta)
    for a, b in zip(batch_norm_backward(dy, cache),
                    batch_norm_backward_staged(dy, cache)):
        close(a, b)


def test_detached_is_the_inference_graph_fed_with_the_batchs_statistics():
    x, gamma, beta, dy = case((7, 3))
    inputs = {"x": x, "mu": x.mean(0), "var": x.var(0), "eps": 1e-5,
              "gamma": gamma, "beta": beta}
    grads = run(INFERENCE, inputs, dy).grads
    dx, dgamma, dbeta = batch_norm_backward_detached(
        dy, batch_norm_forward(x, gamma, beta)[1])
    close(dx, grads["x"])
    close(dgamma, grads["gamma"])
    close(dbeta, grads["beta"])


def test_dx_has_no_part_along_ones_or_along_xhat():
    x, gamma, beta, dy = case((9, 4))
    _, cache = batch_norm_forward(x, gamma, beta, eps=0.0)
    dx, _, _ = batch_norm_backward(dy, cache)
    assert abs(dx.sum(0)).max() < 1e-12
    assert abs((dx * cache.xhat).sum(0)).max() < 1e-12


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_the_dtype_stays(dtype):
    x, gamma, beta, dy = (a.astype(dtype) for a in case((7, 3)))
    y, cache = batch_norm_forward(x, gamma, beta)
    assert y.dtype == dtype
    assert all(a.dtype == dtype for a in batch_norm_backward(dy, cache))


def test_gradients_keep_xs_dtype_whatever_dys():
    x, gamma, beta, dy = case((7, 3))
    _, cache = batch_norm_forward(np.float32(x), gamma, beta)
    for upstream in (dy, np.ones((7, 3), int)):
        for a in batch_norm_backward(upstream, cache):
            assert a.dtype == np.float32


def test_integers_become_float64():
    y, _ = batch_norm_forward([[1, 2], [3, 5]], [1, 1], [0, 0])
    assert y.dtype == np.float64


def test_later_changes_of_the_arguments_change_nothing():
    x, gamma, beta, dy = case((7, 3))
    y, cache = batch_norm_forward(x, gamma, beta)
    before = batch_norm_backward(dy, cache)
    for array in (x, gamma, beta, y):
        array[:] = 9
    for a, b in zip(before, batch_norm_backward(dy, cache)):
        np.testing.assert_array_equal(a, b)


def test_no_argument_changes():
    arrays = case((7, 3))
    copies = [a.copy() for a in arrays]
    x, gamma, beta, dy = arrays
    _, cache = batch_norm_forward(x, gamma, beta)
    staged_gradients(dy, cache)
    batch_norm_backward(dy, cache)
    batch_norm_backward_detached(dy, cache)
    for a, b in zip(arrays, copies):
        np.testing.assert_array_equal(a, b)


def test_nan_stays_in_its_channel():
    x, gamma, beta, dy = case((7, 3))
    x[2, 1] = np.nan
    y, cache = batch_norm_forward(x, gamma, beta)
    dx, dgamma, _ = batch_norm_backward(dy, cache)
    assert np.isnan(y[:, 1]).all() and np.isfinite(y[:, [0, 2]]).all()
    assert np.isfinite(dx[:, [0, 2]]).all() and np.isfinite(dgamma[[0, 2]]).all()


GOOD = {"x": np.ones((4, 3)), "gamma": np.ones(3), "beta": np.ones(3), "eps": 1e-5}


@pytest.mark.parametrize(
    "change, message",
    [
        ({"x": np.ones(4)}, "x: 1 dimensions, expected 2 to 5: (N, C, *spatial)"),
        ({"x": np.ones((1, 3))},
         "x: shape (1, 3) gives a channel 1 values, expected at least 2"),
        ({"x": np.ones((0, 3))},
         "x: shape (0, 3) gives a channel 0 values, expected at least 2"),
        ({"x": np.ones((4, 0))},
         "x: shape (4, 0) gives a channel 0 values, expected at least 2"),
        ({"x": np.ones((4, 3), complex)}, "x: dtype complex128, expected real numbers"),
        ({"x": [["a", "b"]]}, "x: dtype <U1, expected real numbers"),
        ({"x": np.ma.ones((4, 3))},
         "x: a masked array, expected a plain one (fill it first)"),
        ({"gamma": np.ones((1, 3))}, "gamma: shape (1, 3), expected (C,) = (3,); "
         "reshape it with gamma.reshape(-1)"),
        ({"beta": np.ones(4)}, "beta: shape (4,), expected (C,) = (3,)"),
        ({"eps": -1e-5}, "eps: -1e-05, expected a number >= 0"),
        ({"eps": np.nan}, "eps: nan, expected a number >= 0"),
        ({"eps": float("inf")}, "eps: inf, expected a number >= 0"),
        ({"eps": "1"}, "eps: '1', expected a number >= 0"),
        ({"eps": True}, "eps: True, expected a number >= 0"),
        ({"x": np.ones((2, 3, 1, 1, 1, 1))},
         "x: 6 dimensions, expected 2 to 5: (N, C, *spatial)"),
    ],
)
def test_bad_input_gets_one_line(change, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        batch_norm_forward(**{**GOOD, **change})
    assert str(caught.value) == message


@pytest.mark.parametrize("backward", [
    batch_norm_backward, batch_norm_backward_staged, batch_norm_backward_detached])
def test_dy_is_not_broadcast(backward):
    x, gamma, beta, _ = case((7, 3))
    with pytest.raises(ValueError, match=r"^dy: shape \(3,\), expected \(7, 3\)$"):
        backward(np.ones(3), batch_norm_forward(x, gamma, beta)[1])
