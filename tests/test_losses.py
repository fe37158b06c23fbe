"""The hinge loss; softmax cross-entropy is in test_nn.py."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnbook import nn
from bnbook.check import numerical_gradient


def case(seed=0, shape=(6, 4)):
    rng = np.random.default_rng(seed)
    return 2 * rng.normal(size=shape), rng.integers(shape[1], size=shape[0])


def in_loops(scores, labels, margin):
    total = 0
    for row, y in zip(scores, labels):
        total += sum(max(0, s - row[y] + margin) for j, s in enumerate(row) if j != y)
    return total / len(labels)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.integers(0, 99), st.integers(1, 6), st.integers(1, 5), st.floats(0, 3))
def test_the_loss_is_the_mean_sum_over_wrong_classes(seed, n, k, margin):
    scores, labels = case(seed, (n, k))
    loss, _ = nn.svm_forward(scores, labels, margin=margin)
    assert loss == pytest.approx(in_loops(scores, labels, margin), rel=1e-13)


def test_the_margin_is_one_unless_given():
    loss, _ = nn.svm_forward([[3.0, 3.5, 0, 2.5]], [0])
    assert loss == 1.5 + 0.5


@pytest.mark.parametrize("margin", [1.0, 0.25])
def test_the_gradient_agrees_with_central_differences(margin):
    scores, labels = case()
    gaps = scores - scores[np.arange(6), labels][:, None] + margin
    assert np.abs(gaps).min() > 1e-3  # no difference crosses a hinge
    _, cache = nn.svm_forward(scores, labels, margin=margin)
    truth = numerical_gradient(
        lambda s: nn.svm_forward(s, labels, margin=margin)[0], {"s": scores}, "s", 1.0,
        h=1e-4)
    # Piecewise linear: 1e-16 of a loss of order 1, over h.
    np.testing.assert_allclose(nn.svm_backward(cache), truth, atol=1e-11)


def test_at_the_hinge_there_is_no_gradient():
    _, cache = nn.svm_forward([[2.0, 1, 1.5]], [0])
    np.testing.assert_array_equal(nn.svm_backward(cache), [[-1, 0, 1]])


def test_every_row_of_the_gradient_adds_up_to_zero():
    _, cache = nn.svm_forward(*case())
    assert np.abs(nn.svm_backward(cache).sum(axis=1)).max() < 1e-15


def test_a_constant_added_to_a_row_changes_nothing():
    scores, labels = case()
    moved = scores + 1024 * np.arange(6)[:, None]
    loss, cache = nn.svm_forward(scores, labels)
    # 5 * 1024 leaves 4e-13 of each score.
    assert nn.svm_forward(moved, labels)[0] == pytest.approx(loss, abs=1e-11)
    np.testing.assert_array_equal(
        nn.svm_backward(nn.svm_forward(moved, labels)[1]), nn.svm_backward(cache))


def test_nan_makes_the_loss_nan_and_leaves_the_other_rows_gradients():
    scores, labels = case()
    expected = nn.svm_backward(nn.svm_forward(scores, labels)[1])
    scores[2, 1] = np.nan
    loss, cache = nn.svm_forward(scores, labels)
    others = np.arange(6) != 2
    assert np.isnan(loss)
    np.testing.assert_array_equal(nn.svm_backward(cache)[others], expected[others])


LOSSES = [
    (nn.svm_forward, nn.svm_backward),
    (nn.softmax_cross_entropy_forward, nn.softmax_cross_entropy_backward),
]
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=["svm", "softmax"])


@every_loss
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_the_dtype_stays(loss, dtype):
    scores, labels = case()
    value, cache = loss[0](scores.astype(dtype), labels)
    assert value.dtype == loss[1](cache).dtype == dtype


def test_the_margins_dtype_does_not_matter():
    scores, labels = case()
    loss, cache = nn.svm_forward(np.float32(scores), labels, margin=np.float64(1))
    assert loss.dtype == nn.svm_backward(cache).dtype == np.float32


@every_loss
def test_integers_become_float64(loss):
    value, cache = loss[0]([[1, 2], [3, 1]], [0, 1])
    assert value.dtype == loss[1](cache).dtype == np.float64


@every_loss
def test_edits_of_arguments_and_results_change_no_gradient(loss):
    scores, labels = case()
    kept = scores.copy(), labels.copy()
    _, cache = loss[0](scores, labels)
    before = loss[1](cache)
    np.testing.assert_array_equal(scores, kept[0])
    np.testing.assert_array_equal(labels, kept[1])
    expected = before.copy()
    scores[:], labels[:], before[:] = 9, 0, 9
    np.testing.assert_array_equal(loss[1](cache), expected)


S, Y = np.ones((2, 3)), [0, 2]
ERRORS = [
    (TypeError, "scores: dtype complex128, expected real", S * 1j, Y, {}),
    (TypeError, "scores: a masked array", np.ma.array(S), Y, {}),
    (ValueError, "scores: shape (3,), expected 2 dimensions", S[0], Y, {}),
    (ValueError, "scores: shape (0, 3), expected one row or more", S[:0], [], {}),
    (ValueError, "labels: values from 0 to 3, expected 0 to 2", S, [0, 3], {}),
    (ValueError, "labels: shape (1,), expected (2,)", S, [0], {}),
    (TypeError, "labels: dtype float64", S, [0., 1.], {}),
    (ValueError, "margin: -1, expected a number >= 0", S, Y, {"margin": -1}),
    (TypeError, "margin: '1', expected a number >= 0", S, Y, {"margin": "1"}),
]


@pytest.mark.parametrize(("kind", "start", "scores", "labels", "how"), ERRORS,
                         ids=[e[1] for e in ERRORS])
def test_bad_arguments_are_named_in_one_line(kind, start, scores, labels, how):
    with pytest.raises(kind) as raised:
        nn.svm_forward(scores, labels, **how)
    message = str(raised.value)
    assert message.startswith(start) and "\n" not in message


LOSSES = {
    "softmax": (nn.softmax_cross_entropy_forward, nn.softmax_cross_entropy_backward),
    "svm": (nn.svm_forward, nn.svm_backward)}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("value, place", [
    (np.nan, (0, 1)), (np.nan, (0, 0)), (np.inf, (0, 0))])
def test_a_score_that_is_no_number_is_none_in_loss_and_gradient(loss, value, place):
    forward, backward = LOSSES[loss]
    scores = np.ones((2, 3))
    scores[place] = value  # row 0's class is 0
    value, cache = forward(scores, [0, 2])
    gradient = backward(cache)
    if loss == "softmax" or np.isnan(scores).any():
        assert np.isnan(value) and np.isnan(gradient[0]).any()
    else:  # an infinitely sure row costs nothing
        assert value == 1 and not gradient[0].any()
    assert np.isfinite(gradient[1]).all()
