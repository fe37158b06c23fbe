"""The affine layer on inputs of any trailing shape; on rows, see test_nn.py."""

import numpy as np
import pytest

from bnbook import nn
from bnbook.check import numerical_gradient

SHAPES = [(5, 6), (5, 2, 3), (4, 3, 1, 2), (3, 2, 1, 3, 1)]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def case(shape, dtype=float):
    rng = np.random.default_rng(0)
    sizes = shape, (6, 4), (4,), (shape[0], 4)
    *args, dy = (rng.normal(size=s).astype(dtype) for s in sizes)
    return args, dy


@every_shape
def test_each_input_is_read_as_one_row(shape):
    (x, w, b), dy = case(shape)
    y, cache = nn.affine_forward(x, w, b)
    rows, rows_cache = nn.affine_forward(x.reshape(shape[0], 6), w, b)
    np.testing.assert_array_equal(y, rows)
    gradients = nn.affine_backward(dy, cache)
    for a, b in zip(gradients, nn.affine_backward(dy, rows_cache)):
        np.testing.assert_array_equal(a.ravel(), b.ravel())
    assert [g.shape for g in gradients] == [shape, (6, 4), (4,)]


@every_shape
@pytest.mark.parametrize("name", "xwb")
def test_gradients_agree_with_the_complex_step(shape, name):
    args, dy = case(shape)
    _, cache = nn.affine_forward(*args)
    truth = numerical_gradient(lambda x, w, b: nn.affine_forward(x, w, b)[0],
                               dict(zip("xwb", args)), name, dy, "complex step")
    gradient = nn.affine_backward(dy, cache)["xwb".index(name)]
    # Sums of at most 6 products of order 1: a few units in the last place.
    np.testing.assert_allclose(gradient, truth, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_the_dtype_stays(dtype):
    args, dy = case((5, 2, 3), dtype)
    y, cache = nn.affine_forward(*args)
    assert all(a.dtype == dtype for a in (y, *nn.affine_backward(dy, cache)))


def test_edits_of_arguments_and_results_change_no_gradient():
    args, dy = case((5, 2, 3))
    kept = [a.copy() for a in (*args, dy)]
    y, cache = nn.affine_forward(*args)
    before = nn.affine_backward(dy, cache)
    for a, b in zip((*args, dy), kept):
        np.testing.assert_array_equal(a, b)
    expected = [a.copy() for a in before]
    for array in (*args, y, *before):
        array[:] = 9
    for a, b in zip(nn.affine_backward(dy, cache), expected):
        np.testing.assert_array_equal(a, b)


def test_a_batch_of_none_passes():
    (x, w, b), dy = case((5, 2, 3))
    y, cache = nn.affine_forward(x[:0], w, b)
    dx, dw, db = nn.affine_backward(dy[:0], cache)
    assert y.shape == (0, 4) and dx.shape == (0, 2, 3)
    assert not dw.any() and not db.any()


def test_nan_stays_in_its_row():
    (x, w, b), _ = case((5, 2, 3))
    x[1, 0, 2] = np.nan
    y, _ = nn.affine_forward(x, w, b)
    np.testing.assert_array_equal(np.isnan(y).any(axis=1), [0, 1, 0, 0, 0])


def test_float16_gradients_of_many_rows_do_not_saturate():
    dy = np.ones((4096, 2), np.float16)
    _, cache = nn.affine_forward(dy, np.eye(2, dtype=dy.dtype), dy[0])
    _, dw, db = nn.affine_backward(dy, cache)
    np.testing.assert_array_equal(db, [4096, 4096])
    np.testing.assert_array_equal(dw, np.full((2, 2), 4096))
    assert db.dtype == dw.dtype == np.float16


X, W, B = np.ones((4, 2, 3)), np.ones((6, 2)), np.ones(2)
ERRORS = [
    ("x: shape (4,), expected 2 dimensions or more: (N, *d)",
     lambda: nn.affine_forward(X[:, 0, 0], W, B)),
    ("w: shape (3, 2), expected (6, H)", lambda: nn.affine_forward(X, W[:3], B)),
    ("b: shape (1, 2), expected (2,)", lambda: nn.affine_forward(X, W, B[None])),
    ("dy: shape (2,), expected (4, 2)",
     lambda: nn.affine_backward(B, nn.affine_forward(X, W, B)[1])),
]


@pytest.mark.parametrize(("message", "call"), ERRORS, ids=[e[0] for e in ERRORS])
def test_bad_shapes_are_named_in_one_line(message, call):
    with pytest.raises(ValueError) as raised:
        call()
    assert str(raised.value) == message
