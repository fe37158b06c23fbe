import numpy as np
import pytest

from bnbook import cs231n, graph, nn, norm
from bnbook.nn.table import ACTIVATIONS
from common import assert_refused, central, complex_step, rng


def away_from_zero(shape, seed=0):
    """Values with |x| >= 0.2: no central difference crosses the kink of relu."""
    x = rng(seed).normal(size=shape)
    return x + 0.2 * np.sign(x)


def affine_arguments():
    return [rng(k).normal(size=shape) for k, shape in enumerate([(5, 3), (3, 4), (4,)])]


ELEMENTWISE = {
    name: (getattr(nn, f"{name}_forward"), getattr(nn, f"{name}_backward"))
    for name in ACTIVATIONS
}
every_activation = pytest.mark.parametrize("name", ELEMENTWISE)


def test_affine_is_the_sum_over_inputs_plus_the_bias():
    x, w, b = affine_arguments()
    y, _ = nn.affine_forward(x, w, b)
    by_hand = [[sum(x[n, d] * w[d, h] for d in range(3)) + b[h] for h in range(4)]
               for n in range(5)]
    np.testing.assert_allclose(y, by_hand, rtol=1e-14, atol=1e-15)


def test_sigmoid_of_log_odds_is_the_probability():
    p = np.array([1e-12, 0.1, 0.5, 0.75, 0.999])
    y, _ = nn.sigmoid_forward(np.log(p / (1 - p)))
    np.testing.assert_allclose(y, p, rtol=1e-14)


def test_sigmoid_neither_overflows_nor_warns_far_out():
    y, cache = nn.sigmoid_forward([-1e4, 1e4])
    np.testing.assert_array_equal(y, [0, 1])
    np.testing.assert_array_equal(nn.sigmoid_backward([1.0, 1.0], cache), [0, 0])


def test_relu_cuts_what_is_negative_and_keeps_nan():
    y, _ = nn.relu_forward([-2, 0, 3, np.nan])
    np.testing.assert_array_equal(y, [0, 0, 3, np.nan])


def test_relu_lets_no_gradient_through_at_exactly_zero():
    _, cache = nn.relu_forward([-1.0, 0.0, 1.0])
    np.testing.assert_array_equal(nn.relu_backward([5.0, 6.0, 7.0], cache), [0, 0, 7])


def test_relu_stops_even_an_infinite_gradient():
    _, cache = nn.relu_forward([-1.0, 1.0])
    np.testing.assert_array_equal(nn.relu_backward([np.inf, 2.0], cache), [0, 2])


@pytest.mark.parametrize("k", [0, 1, 2])
def test_affine_gradients_agree_with_the_complex_step(k):
    args = affine_arguments()
    dy = rng(3).normal(size=(5, 4))
    _, cache = nn.affine_forward(*args)

    def loss(z):
        return (nn.affine_forward(*args[:k], z, *args[k + 1:])[0] * dy).sum()

    # Both are sums of at most 5 products of order 1: a few units in the last place.
    np.testing.assert_allclose(
        nn.affine_backward(dy, cache)[k], complex_step(loss, args[k]), atol=1e-14)


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_smooth_activations_agree_with_the_complex_step(name):
    forward, backward = ELEMENTWISE[name]
    x, dy = 3 * rng().normal(size=(5, 4)), rng(1).normal(size=(5, 4))
    _, cache = forward(x)
    truth = complex_step(lambda z: (forward(z)[0] * dy).sum(), x)
    np.testing.assert_allclose(backward(dy, cache), truth, atol=1e-14)


def test_relu_agrees_with_central_differences_away_from_its_kink():
    x, dy = away_from_zero((5, 4)), rng(1).normal(size=(5, 4))
    _, cache = nn.relu_forward(x)
    # Piecewise linear, so only rounding is left: 1e-16 of a sum of 5, over h.
    truth = central(lambda z: (nn.relu_forward(z)[0] * dy).sum(), x)
    np.testing.assert_allclose(nn.relu_backward(dy, cache), truth, atol=1e-9)


def test_the_loss_is_the_mean_surprise():
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5], [0.2, 0.2, 0.6]])
    loss, _ = nn.softmax_cross_entropy_forward(np.log(p) + 5, [0, 1, 0, 2])
    expected = -np.log([0.7, 0.6, 0.25, 0.6]).mean()
    assert loss == pytest.approx(expected, rel=1e-14)


def test_the_loss_gradient_agrees_with_central_differences():
    logits, labels = rng().normal(size=(5, 4)), rng(1).integers(4, size=5)
    _, cache = nn.softmax_cross_entropy_forward(logits, labels)
    truth = central(lambda z: nn.softmax_cross_entropy_forward(z, labels)[0], logits)
    np.testing.assert_allclose(
        nn.softmax_cross_entropy_backward(cache), truth, atol=1e-10)


def test_huge_logits_overflow_nothing():
    loss, cache = nn.softmax_cross_entropy_forward([[1e4, 0], [0, 1e4], [-1e4, 0]],
                                                   [0, 0, 1])
    assert loss == pytest.approx(1e4 / 3)
    assert np.isfinite(nn.softmax_cross_entropy_backward(cache)).all()


def test_edits_after_the_forward_change_no_affine_gradient():
    args = affine_arguments()
    dy = rng(3).normal(size=(5, 4))
    y, cache = nn.affine_forward(*args)
    before = nn.affine_backward(dy, cache)
    for array in (*args, y, *(g.copy() for g in before)):
        array[:] = 9
    for a, b in zip(nn.affine_backward(dy, cache), before, strict=True):
        np.testing.assert_array_equal(a, b)


@every_activation
def test_edits_after_the_forward_change_no_activation_gradient(name):
    forward, backward = ELEMENTWISE[name]
    x, dy = rng().normal(size=(5, 3)), rng(1).normal(size=(5, 3))
    y, cache = forward(x)
    before = backward(dy, cache)
    kept = before.copy()
    x[:], y[:] = 9, 9
    np.testing.assert_array_equal(backward(dy, cache), kept)
    before[:] = 9
    np.testing.assert_array_equal(backward(dy, cache), kept)


def test_a_loss_gradient_that_is_edited_leaves_the_cache_alone():
    logits = rng().normal(size=(5, 3))
    _, cache = nn.softmax_cross_entropy_forward(logits, [0, 1, 2, 0, 1])
    first = nn.softmax_cross_entropy_backward(cache)
    kept = first.copy()
    first[:] = 9
    np.testing.assert_array_equal(nn.softmax_cross_entropy_backward(cache), kept)


@every_activation
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_activations_keep_the_dtype(name, dtype):
    forward, backward = ELEMENTWISE[name]
    y, cache = forward(np.array([-2, 1, 3], dtype))
    assert y.dtype == dtype
    assert backward(np.ones(3, dtype), cache).dtype == dtype


def test_initial_scales_are_the_published_ones():
    assert nn.initial_std("xavier", 64, 36) == pytest.approx(np.sqrt(0.02), rel=1e-15)
    assert nn.initial_std("he", 64, 36) == pytest.approx(np.sqrt(1 / 32), rel=1e-15)
    assert nn.initial_std(0.3, 64, 36) == 0.3


def test_weights_have_the_asked_deviation():
    w = nn.initial_weights(rng(), (300, 200), "he")
    # The deviation of 60000 draws scatters by 0.3 %; 2 % is seven times that.
    assert w.std() == pytest.approx(np.sqrt(2 / 300), rel=0.02)
    assert w.shape == (300, 200)


def test_a_convolutions_fans_count_its_window():
    w = nn.initial_weights(rng(), (64, 32, 3, 5), "xavier")
    # 30720 draws: 0.4 %.
    assert w.std() == pytest.approx(np.sqrt(2 / (32 * 15 + 64 * 15)), rel=0.02)


def test_sgd_goes_against_the_gradient_and_changes_no_argument():
    params = {"w": np.array([[1.0, 2], [3, 4]]), "b": np.array([5.0])}
    grads = {"b": np.array([10.0]), "w": np.array([[1.0, 0], [0, -1]])}
    new, _ = nn.sgd(params, grads, {}, lr=0.1)
    np.testing.assert_allclose(new["w"], [[0.9, 2], [3, 4.1]])
    np.testing.assert_allclose(new["b"], [4])
    np.testing.assert_array_equal(params["w"], [[1, 2], [3, 4]])
    np.testing.assert_array_equal(grads["b"], [10])


X = np.ones((4, 6))
AFFINE = nn.affine_forward(X, np.ones((6, 2)), np.ones(2))[1]
ERRORS = [
    (ValueError, "x: shape (3,), expected 2 dimensions",
     lambda: nn.affine_forward([1, 2, 3], X, X)),
    (TypeError, "x: dtype bool, exp", lambda: nn.affine_forward(X > 0, X, X)),
    (TypeError, "x: a masked array", lambda: nn.relu_forward(np.ma.ones(3))),
    (TypeError, "x: dtype complex128, expected real", lambda: nn.relu_forward([1j])),
    (TypeError, "x: dtype <U1", lambda: nn.tanh_forward(["a"])),
    (ValueError, "x: rows of unequal", lambda: nn.sigmoid_forward([[1], [1, 2]])),
    (ValueError, "w: shape (5, 2), expected (6, H)",
     lambda: nn.affine_forward(X, np.ones((5, 2)), np.ones(2))),
    (ValueError, "b: shape (1, 2), expected (2,)",
     lambda: nn.affine_forward(X, np.ones((6, 2)), np.ones((1, 2)))),
    (ValueError, "dy: shape (1, 2), expected (4, 2)",
     lambda: nn.affine_backward(np.ones((1, 2)), AFFINE)),
    (ValueError, "dy: shape (), expected (3,)",
     lambda: nn.tanh_backward(1.0, nn.tanh_forward(np.ones(3))[1])),
    (ValueError, "labels: values from 0 to 3, expected 0 to 2",
     lambda: nn.softmax_cross_entropy_forward(np.ones((2, 3)), [0, 3])),
    (ValueError, "labels: values from -1",
     lambda: nn.softmax_cross_entropy_forward(np.ones((2, 3)), [0, -1])),
    (TypeError, "labels: dtype float64",
     lambda: nn.softmax_cross_entropy_forward(np.ones((2, 3)), [0., 1.])),
    (ValueError, "labels: shape (1,), expected (2,)",
     lambda: nn.softmax_cross_entropy_forward(np.ones((2, 3)), [0])),
    (ValueError, "logits: shape (0, 3)",
     lambda: nn.softmax_cross_entropy_forward(np.ones((0, 3)), [])),
    (ValueError, "init: 'lecun', expected one of 'xavier', 'he'",
     lambda: nn.initial_std("lecun", 3, 3)),
    (ValueError, "init: -1", lambda: nn.initial_std(-1, 3, 3)),
    (TypeError, "rng: int, expected", lambda: nn.initial_weights(0, (3, 3), "he")),
    (ValueError, "lr: nan", lambda: nn.sgd({"b": X}, {"b": X}, {}, lr=np.nan)),
    (ValueError, "grads: keys ['w1']", lambda: nn.sgd({"b": X}, {"w1": X}, {}, lr=0.1)),
    (ValueError, "grads['b']: shape (1, 2), expected (2,)",
     lambda: nn.sgd({"b": np.ones(2)}, {"b": np.ones((1, 2))}, {}, lr=1)),
]


@pytest.mark.parametrize(("kind", "start", "call"), ERRORS, ids=[e[1] for e in ERRORS])
def test_bad_arguments_are_named_in_one_line(kind, start, call):
    assert_refused(kind, start, call)


def test_every_public_name_is_there():
    for module in (cs231n, graph, nn, norm):
        assert [name for name in module.__all__ if not hasattr(module, name)] == []
