"""Convolution: both implementations held to ONNX, the complex step and each other."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from bnbook import nn
from bnbook.check import numerical_gradient

NAIVE = nn.conv_forward_naive, nn.conv_backward_naive
FAST = nn.conv_forward, nn.conv_backward
both = pytest.mark.parametrize("conv", [NAIVE, FAST], ids=["naive", "fast"])
# Non-square, and with one row or column left over or none: image, kernel, stride, pad.
PLACINGS = [((5, 4), (3, 2), 1, 0), ((5, 6), (2, 3), 2, 1), ((6, 4), (1, 1), 1, 0),
            ((4, 7), (4, 3), 3, 0), ((3, 5), (3, 3), 2, 2)]
every_placing = pytest.mark.parametrize("placing", PLACINGS, ids=str)


def case(placing, n=3, c=2, f=4, seed=0, dtype=float):
    """(x, w, b), dy and the settings, all drawn."""
    image, kernel, stride, pad = placing
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=s).astype(dtype)
              for s in ((n, c, *image), (f, c, *kernel), (f,))]
    counts = [1 + (i + 2 * pad - k) // stride for i, k in zip(image, kernel)]
    dy = rng.normal(size=(n, f, *counts)).astype(dtype)
    return arrays, dy, {"stride": stride, "pad": pad}


def onnx_conv(x, w, b, stride, pad):
    node = helper.make_node("Conv", ["x", "w", "b"], ["y"], strides=[stride] * 2,
                            pads=[pad] * 4)
    inputs = [helper.make_tensor_value_info(n, TensorProto.DOUBLE, a.shape)
              for n, a in (("x", x), ("w", w), ("b", b))]
    y = helper.make_tensor_value_info("y", TensorProto.DOUBLE, None)
    model = helper.make_model(helper.make_graph([node], "conv", inputs, [y]))
    return ReferenceEvaluator(model).run(None, {"x": x, "w": w, "b": b})[0]


def close(a, b, tolerance=1e-12):
    """Equal to `tolerance` of the largest magnitude: sums in another order."""
    assert a.shape == b.shape
    assert abs(a - b).max(initial=0) <= tolerance * abs(b).max(initial=0)


@both
@every_placing
def test_the_forward_is_onnxs(conv, placing):
    args, _, how = case(placing)
    close(conv[0](*args, **how)[0], onnx_conv(*args, **how))


@both
@every_placing
@pytest.mark.parametrize("k", range(3))
def test_gradients_agree_with_the_complex_step(conv, placing, k):
    args, dy, how = case(placing)
    _, cache = conv[0](*args, **how)
    inputs = dict(zip("xwb", args))
    truth = numerical_gradient(
        lambda x, w, b: nn.conv_forward(x, w, b, **how)[0], inputs, "xwb"[k], dy,
        "complex step")
    close(conv[1](dy, cache)[k], truth)


@both
def test_complex_images_go_through_part_by_part(conv):
    (x, w, b), _, how = case(PLACINGS[1])
    y, _ = conv[0](x + 1j, w, b, **how)
    close(y, conv[0](x, w, b, **how)[0] + 1j * conv[0](x * 0 + 1, w, b * 0, **how)[0])


axis = st.tuples(st.integers(1, 4), st.integers(0, 5), st.integers(0, 2))


@settings(deadline=None, max_examples=60, derandomize=True)
@example((1, 0, 0), (1, 0, 0), 1, 1, 1, 1)
@given(axis, axis, st.integers(1, 4), st.integers(0, 4), st.integers(1, 3),
       st.integers(1, 3))
def test_fast_is_naive_whatever_the_shapes(rows, columns, stride, n, c, f):
    # Kernel k, and an image that the padding makes at least as large.
    pad = max(rows[2], columns[2])
    kernel = rows[0], columns[0]
    image = [max(k + more - 2 * pad, 1) for k, more, _ in (rows, columns)]
    args, dy, how = case((image, kernel, stride, pad), n, c, f)
    (slow, slow_cache), (y, cache) = (f(*args, **how) for f in (NAIVE[0], FAST[0]))
    close(y, slow)
    for a, b in zip(FAST[1](dy, cache), NAIVE[1](dy, slow_cache)):
        close(a, b)


def test_they_agree_at_the_size_that_the_benchmark_times():
    args, dy, how = case(((8, 8), (3, 3), 1, 1), n=32, c=8, f=16)
    (slow, slow_cache), (y, cache) = (f(*args, **how) for f in (NAIVE[0], FAST[0]))
    close(y, slow)
    for a, b in zip(FAST[1](dy, cache), NAIVE[1](dy, slow_cache)):
        close(a, b)


@pytest.mark.parametrize(
    "forward, backward", [(NAIVE[0], FAST[1]), (FAST[0], NAIVE[1])])
def test_a_cache_serves_the_other_implementations_backward(forward, backward):
    args, dy, how = case(PLACINGS[1])
    expected = FAST[1](dy, FAST[0](*args, **how)[1])
    for a, b in zip(backward(dy, forward(*args, **how)[1]), expected):
        close(a, b)


@both
def test_what_no_window_reaches_does_not_matter(conv):
    (x, w, b), dy, how = case(((6, 7), (3, 2), 2, 0))  # (6 - 3) / 2 and (7 - 2) / 2
    y, cache = conv[0](x, w, b, **how)
    changed = x.copy()
    changed[:, :, 5], changed[..., 6] = 9, 9
    np.testing.assert_array_equal(conv[0](changed, w, b, **how)[0], y)
    dx = conv[1](dy, cache)[0]
    assert not dx[:, :, 5].any() and not dx[..., 6].any() and dx[:, :, :5, :6].all()


@both
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_the_dtype_stays(conv, dtype):
    args, dy, how = case(PLACINGS[1], dtype=dtype)
    y, cache = conv[0](*args, **how)
    assert all(a.dtype == dtype for a in (y, *conv[1](dy, cache)))


@both
def test_integers_become_float64(conv):
    x, w, b = np.ones((1, 1, 3, 3), int), np.ones((1, 1, 2, 2), int), [1]
    y, cache = conv[0](x, w, b)
    np.testing.assert_array_equal(y, np.full((1, 1, 2, 2), 5.0))
    assert conv[1](np.ones((1, 1, 2, 2), int), cache)[0].dtype == np.float64


@both
@every_placing
def test_edits_of_arguments_and_results_change_no_gradient(conv, placing):
    args, dy, how = case(placing, n=1, c=1, f=1)  # where a reshape may be a view
    kept = [a.copy() for a in (*args, dy)]
    y, cache = conv[0](*args, **how)
    before = conv[1](dy, cache)
    for a, b in zip((*args, dy), kept):
        np.testing.assert_array_equal(a, b)
    expected = [a.copy() for a in before]
    for array in (*args, y, *before):
        array[:] = 9
    for a, b in zip(conv[1](dy, cache), expected):
        np.testing.assert_array_equal(a, b)


@both
def test_nan_stays_in_the_windows_that_hold_it(conv):
    (x, w, b), _, _ = case(((5, 6), (3, 3), 1, 0))
    x[1, 0, 0, 0] = np.nan
    y, _ = conv[0](x, w, b)
    assert np.isnan(y[1, :, 0, 0]).all() and np.isnan(y).sum() == y.shape[1]


X, W, B = np.ones((2, 3, 4, 5)), np.ones((2, 3, 3, 3)), np.ones(2)
ERRORS = [
    (ValueError, "x: shape (3, 4, 5), expected 4 dim", (X[0], W, B), {}),
    (ValueError, "w: shape (3, 3, 3), expected 4 dim", (X, W[0], B), {}),
    (ValueError, "w: shape (2, 1, 3, 3), expected (F, 3, ", (X, W[:, :1], B), {}),
    (ValueError, "w: shape (2, 3, 0, 3), expected", (X, W[:, :, :0], B), {}),
    (ValueError, "w: shape (0, 3, 3, 3), expected", (X, W[:0], B[:0]), {}),
    (ValueError, "w: a kernel of (3, 3), expected at most the padded image, (2, 5)",
     (X[:, :, :2], W, B), {}),
    (ValueError, "w: a kernel of (3, 3), expected at most the padded image, (6, 2)",
     (X[..., :0], W, B), {"pad": 1}),
    (ValueError, "b: shape (1, 2), expected (2,)", (X, W, B[None]), {}),
    (TypeError, "x: dtype bool", (X > 0, W, B), {}),
    (TypeError, "w: a masked array", (X, np.ma.array(W), B), {}),
    (TypeError, "b: dtype object", (X, W, [None, 1]), {}),
    (ValueError, "stride: 0, expected at least 1", (X, W, B), {"stride": 0}),
    (TypeError, "stride: (1, 1), expected an integer", (X, W, B), {"stride": (1, 1)}),
    (ValueError, "pad: -1, expected at least 0", (X, W, B), {"pad": -1}),
    (TypeError, "pad: 1.0, expected an integer", (X, W, B), {"pad": 1.0}),
]


@both
@pytest.mark.parametrize(("kind", "start", "args", "how"), ERRORS,
                         ids=[e[1] for e in ERRORS])
def test_bad_arguments_are_named_in_one_line(conv, kind, start, args, how):
    with pytest.raises(kind) as raised:
        conv[0](*args, **how)
    message = str(raised.value)
    assert message.startswith(start) and "\n" not in message


@both
def test_dy_is_not_broadcast(conv):
    _, cache = conv[0](X, W, B)
    with pytest.raises(ValueError, match=r"^dy: shape \(2, 1, 1\), .* \(2, 2, 2, 3\)$"):
        conv[1](np.ones((2, 1, 1)), cache)


@pytest.mark.parametrize("backward", [nn.conv_backward, nn.conv_backward_naive])
def test_float16_gradients_of_many_places_do_not_saturate(backward):
    x, w = np.ones((1, 1, 64, 64), np.float16), np.ones((1, 1, 1, 1), np.float16)
    y, cache = nn.conv_forward(x, w, np.zeros(1, np.float16))
    for a in backward(np.ones_like(y), cache)[1:]:
        assert a.ravel() == [4096] and a.dtype == np.float16
