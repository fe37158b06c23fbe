"""Max pooling: both implementations held to ONNX, to differences and to each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from bnbook import nn
from bnbook.check import numerical_gradient

NAIVE = nn.max_pool_forward_naive, nn.max_pool_backward_naive
FAST = nn.max_pool_forward, nn.max_pool_backward
both = pytest.mark.parametrize("pool", [NAIVE, FAST], ids=["naive", "fast"])
# Apart, overlapping, with gaps, and with rows and columns left over.
WINDOWS = [(2, 3, 2), (3, 2, 1), (1, 2, 3), (2, 2, 3), (1, 1, 1)]
every_window = pytest.mark.parametrize("window", WINDOWS, ids=str)


def how(window):
    return dict(zip(("height", "width", "stride"), window))


def case(shape=(3, 2, 5, 7), seed=0, dtype=float):
    """Distinct values at least 1/8 apart: no difference crosses from one to another."""
    return np.random.default_rng(seed).permutation(np.prod(shape)).reshape(
        shape).astype(dtype) / 8


def upstream(y, seed=1):
    return np.random.default_rng(seed).normal(size=y.shape).astype(y.dtype)


def onnx_pool(x, height, width, stride):
    node = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[height, width],
                            strides=[stride] * 2)
    x_info = helper.make_tensor_value_info("x", TensorProto.DOUBLE, x.shape)
    y_info = helper.make_tensor_value_info("y", TensorProto.DOUBLE, None)
    model = helper.make_model(helper.make_graph([node], "pool", [x_info], [y_info]))
    return ReferenceEvaluator(model).run(None, {"x": x})[0]


@both
@every_window
def test_the_forward_is_onnxs(pool, window):
    x = case()
    y, _ = pool[0](x, **how(window))
    np.testing.assert_array_equal(y, onnx_pool(x, **how(window)))


@both
@every_window
def test_the_gradient_agrees_with_central_differences(pool, window):
    x = case()
    y, cache = pool[0](x, **how(window))
    dy = upstream(y)
    truth = numerical_gradient(
        lambda x: FAST[0](x, **how(window))[0], {"x": x}, "x", dy, h=2**-10)
    # Linear where no maximum changes: only the rounding of the sum of dy is left.
    np.testing.assert_allclose(pool[1](dy, cache), truth, atol=1e-12)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.integers(0, 3), st.integers(0, 2),
       st.tuples(st.integers(1, 6), st.integers(1, 6)),
       st.tuples(st.integers(1, 6), st.integers(1, 6)), st.integers(1, 4),
       st.integers(0, 99))
def test_fast_is_naive_with_ties_and_whatever_the_shapes(
        n, c, image, window, stride, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(-1, 2, size=(n, c, *image)).astype(float)
    window = *map(min, image, window), stride
    (slow, slow_cache), (y, cache) = (f(x, **how(window)) for f in (NAIVE[0], FAST[0]))
    np.testing.assert_array_equal(y, slow)
    dy = upstream(y)
    dx = FAST[1](dy, cache)
    # At most 36 windows overlap, in another order.
    np.testing.assert_allclose(dx, NAIVE[1](dy, slow_cache), rtol=0, atol=1e-14)
    assert dx.sum() == pytest.approx(dy.sum(), abs=1e-12)


@pytest.mark.parametrize(
    "forward, backward", [(NAIVE[0], FAST[1]), (FAST[0], NAIVE[1])])
def test_a_cache_serves_the_other_implementations_backward(forward, backward):
    y, cache = forward(case(), **how((3, 2, 1)))
    dy = upstream(y)
    expected = FAST[1](dy, FAST[0](case(), **how((3, 2, 1)))[1])
    np.testing.assert_allclose(backward(dy, cache), expected, rtol=0, atol=1e-14)


@both
def test_height_is_not_width(pool):
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    y, _ = pool[0](x, height=1, width=4, stride=1)
    np.testing.assert_array_equal(y[0, 0], [[3], [7], [11]])


@both
def test_windows_that_overlap_add_up(pool):
    x = np.array([[[[0.0, 5, 1]]]])
    _, cache = pool[0](x, height=1, width=2, stride=1)
    np.testing.assert_array_equal(pool[1]([[[[2, 3]]]], cache), [[[[0, 5, 0]]]])


@both
def test_tied_maxima_share_equally(pool):
    x = np.array([[[[7.0, 1, 7], [7, 0, 2]]]])
    _, cache = pool[0](x, height=2, width=3, stride=1)
    np.testing.assert_array_equal(
        pool[1]([[[[6]]]], cache), [[[[2, 0, 2], [2, 0, 0]]]])


@both
def test_nan_makes_its_window_nan_and_takes_the_gradient(pool):
    x = np.array([[[[7.0, np.nan, 3, np.inf]]]])
    y, cache = pool[0](x, height=1, width=2, stride=2)
    np.testing.assert_array_equal(y, [[[[np.nan, np.inf]]]])
    np.testing.assert_array_equal(pool[1]([[[[2, 3]]]], cache), [[[[0, 2, 0, 3]]]])


@both
def test_an_infinite_gradient_goes_to_the_maximum_alone(pool):
    _, cache = pool[0](np.array([[[[7.0, 1]]]]), height=1, width=2, stride=1)
    np.testing.assert_array_equal(pool[1]([[[[np.inf]]]], cache), [[[[np.inf, 0]]]])


@both
def test_what_no_window_reaches_gets_no_gradient(pool):
    y, cache = pool[0](np.ones((1, 1, 5, 6)), height=2, width=3, stride=2)
    dx = pool[1](np.ones(y.shape), cache)
    assert y.shape == (1, 1, 2, 2) and dx[0, 0, :4, :5].all()
    assert not dx[0, 0, 4].any() and not dx[0, 0, :, 5].any()


@both
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_the_dtype_stays(pool, dtype):
    y, cache = pool[0](case(dtype=dtype), height=3, width=2, stride=1)
    assert y.dtype == dtype and pool[1](upstream(y), cache).dtype == dtype


@both
def test_integers_become_float64(pool):
    y, cache = pool[0]([[[[1, 2]]]], height=1, width=2, stride=1)
    assert y.dtype == pool[1]([[[[1]]]], cache).dtype == np.float64


@both
@every_window
def test_edits_of_arguments_and_results_change_no_gradient(pool, window):
    x = case((1, 1, 5, 7))
    y, cache = pool[0](x, **how(window))
    dy = upstream(y)
    kept = dy.copy()
    dx = pool[1](dy, cache)
    np.testing.assert_array_equal(x, case((1, 1, 5, 7)))
    np.testing.assert_array_equal(dy, kept)
    expected = dx.copy()
    for array in (x, y, dx):
        array[:] = 9
    np.testing.assert_array_equal(pool[1](dy, cache), expected)


X, HOW = np.ones((2, 3, 4, 5)), how((2, 2, 2))
ERRORS = [
    (ValueError, "x: shape (3, 4, 5), expected 4 dim", X[0], HOW),
    (TypeError, "x: dtype complex128, expected real", X * 1j, HOW),
    (TypeError, "x: dtype bool", X > 0, HOW),
    (TypeError, "x: a masked array", np.ma.array(X), HOW),
    (ValueError, "height: 5, expected at most the image's, 4", X, HOW | {"height": 5}),
    (ValueError, "width: 6, expected at most the image's, 5", X, HOW | {"width": 6}),
    (ValueError, "height: 0, expected at least 1", X, HOW | {"height": 0}),
    (TypeError, "width: 2.0, expected an integer", X, HOW | {"width": 2.0}),
    (ValueError, "stride: 0, expected at least 1", X, HOW | {"stride": 0}),
]


@both
@pytest.mark.parametrize(("kind", "start", "x", "settings"), ERRORS,
                         ids=[e[1] for e in ERRORS])
def test_bad_arguments_are_named_in_one_line(pool, kind, start, x, settings):
    with pytest.raises(kind) as raised:
        pool[0](x, **settings)
    message = str(raised.value)
    assert message.startswith(start) and "\n" not in message


@both
def test_dy_is_not_broadcast(pool):
    _, cache = pool[0](X, **HOW)
    with pytest.raises(ValueError, match=r"^dy: shape \(2, 2\), .* \(2, 3, 2, 2\)$"):
        pool[1](np.ones((2, 2)), cache)
