import numpy as np
import pytest

from bnbook import nn
from bnbook.nn.network import ACTIVATIONS, Network

H = 1e-200  # a complex step this small has no truncation error, and cannot cancel


def rng(seed=0):
    return np.random.default_rng(seed)


def away_from_zero(shape, seed=0):
    """Values with |x| >= 0.2: no central difference crosses the kink of relu."""
    x = rng(seed).normal(size=shape)
    return x + 0.2 * np.sign(x)


def complex_step(f, x):
    """df/dx, element by element, of a function that gives one number."""
    grad = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        z = x.astype(complex)
        z[i] += 1j * H
        grad[i] = f(z).imag / H
    return grad


def central(f, x, h=1e-5):
    """df/dx by central differences: for f near 1, right to about 1e-10."""
    grad = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        grad[i] = (f(up) - f(down)) / (2 * h)
    return grad


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
    w = nn.initial_weights(rng(), 300, 200, "he")
    # The deviation of 60000 draws scatters by 0.3 %; 2 % is seven times that.
    assert w.std() == pytest.approx(np.sqrt(2 / 300), rel=0.02)
    assert w.shape == (300, 200)


def test_sgd_goes_against_the_gradient_and_changes_no_argument():
    params = {"w": np.array([[1.0, 2], [3, 4]]), "b": np.array([5.0])}
    grads = {"b": np.array([10.0]), "w": np.array([[1.0, 0], [0, -1]])}
    new = nn.sgd(params, grads, 0.1)
    np.testing.assert_allclose(new["w"], [[0.9, 2], [3, 4.1]])
    np.testing.assert_allclose(new["b"], [4])
    np.testing.assert_array_equal(params["w"], [[1, 2], [3, 4]])
    np.testing.assert_array_equal(grads["b"], [10])


SIZES = (6, 5, 4, 3)


def network_case(activation, batch_norm):
    """A network with no parameter at 0 or 1, a batch of 7, its labels."""
    network = Network(SIZES, activation, batch_norm)
    r = rng(5)
    params = {name: p + 0.3 * r.normal(size=p.shape)
              for name, p in network.initial_params(r, "xavier").items()}
    return network, params, r.normal(size=(7, 6)), r.integers(3, size=7)


def gradients(network, params, x, labels):
    logits, run = network.forward(params, x)
    _, cache = nn.softmax_cross_entropy_forward(logits, labels)
    return network.backward(nn.softmax_cross_entropy_backward(cache), run)


every_network = pytest.mark.parametrize(
    "case", [(a, bn) for a in ACTIVATIONS for bn in (False, True)],
    ids=lambda case: f"{case[0]}{'-bn' * case[1]}")


@every_network
def test_every_gradient_of_a_network_agrees_with_central_differences(case):
    network, params, x, labels = network_case(*case)
    grads, doutputs = gradients(network, params, x, labels)

    def loss(params, x):
        logits, _ = network.forward(params, x)
        return nn.softmax_cross_entropy_forward(logits, labels)[0]

    # h = 1e-5 leaves rounding of 1e-16 / h = 1e-11 and truncation of order h^2 = 1e-10.
    for name, p in params.items():
        truth = central(lambda z, name=name: loss(params | {name: z}, x), p)
        np.testing.assert_allclose(grads[name], truth, atol=2e-9, err_msg=name)
    truth = central(lambda z: loss(params, z), x)
    np.testing.assert_allclose(doutputs["x"], truth, atol=2e-9)


def test_no_relu_of_the_gradient_check_is_near_its_kink():
    for bn in (False, True):
        network, params, x, _ = network_case("relu", bn)
        _, run = network.forward(params, x)
        before = "batch_norm" if bn else "affine"
        for i in (1, 2):
            # A step of 1e-5 in any parameter moves no input of a relu this far.
            assert np.abs(run.outputs[f"{before}{i}"]).min() > 3e-4


@every_network
def test_a_gradient_comes_for_every_output_and_every_parameter(case):
    network, params, x, labels = network_case(*case)
    _, run = network.forward(params, x)
    grads, doutputs = gradients(network, params, x, labels)
    assert {n: g.shape for n, g in grads.items()} == network.param_shapes()
    expected = {n: a.shape for n, a in run.outputs.items()} | {"x": x.shape}
    assert {n: g.shape for n, g in doutputs.items()} == expected


def test_batch_norm_stands_between_affine_and_activation_of_hidden_layers_only():
    names = [layer.name for layer in Network((6, 5, 4, 3), "tanh", True).layers]
    assert names == ["affine1", "batch_norm1", "tanh1",
                     "affine2", "batch_norm2", "tanh2", "affine3"]


def test_the_activations_are_the_hidden_outputs_in_order():
    network, params, x, _ = network_case("sigmoid", True)
    _, run = network.forward(params, x)
    first, second = network.activations(run)
    assert first is run.outputs["sigmoid1"] and second is run.outputs["sigmoid2"]


def test_a_bias_before_batch_norm_receives_nothing():
    grads, _ = gradients(*network_case("tanh", True))
    assert max(np.abs(grads[name]).max() for name in ("b1", "b2")) < 1e-14
    assert np.abs(grads["b3"]).max() > 1e-3


def test_edits_of_the_outputs_and_parameters_change_no_gradient():
    network, params, x, _ = network_case("tanh", True)
    logits, run = network.forward(params, x)
    dlogits = rng(8).normal(size=logits.shape)
    before, _ = network.backward(dlogits, run)
    for array in (x, *params.values(), *run.outputs.values()):
        array[:] = 9
    after, _ = network.backward(dlogits, run)
    for name in before:
        np.testing.assert_array_equal(after[name], before[name])


def test_the_output_gradients_are_not_the_callers_array():
    network, params, x, _ = network_case("tanh", False)
    dlogits = np.ones((7, 3))
    _, doutputs = network.backward(dlogits, network.forward(params, x)[1])
    dlogits[:] = 9
    np.testing.assert_array_equal(doutputs["affine3"], np.ones((7, 3)))


def test_the_same_seed_gives_the_same_weights_with_batch_norm_and_at_any_scale():
    plain = Network(SIZES).initial_params(rng(3), 0.5)
    normed = Network(SIZES, batch_norm=True).initial_params(rng(3), 0.25)
    for i in (1, 2, 3):
        np.testing.assert_array_equal(plain[f"w{i}"], 2 * normed[f"w{i}"])
    np.testing.assert_array_equal(normed["gamma2"], np.ones(4))
    assert not any(normed[n].any() for n in ("b1", "b2", "b3", "beta1", "beta2"))


@pytest.mark.parametrize("batch_norm", [False, True])
def test_with_a_batchs_own_statistics_test_time_equals_training(batch_norm):
    network, params, x, _ = network_case("tanh", batch_norm)
    known = nn.statistics(network, params, x)
    logits, _ = network.forward(params, x)
    # The same arithmetic in another order: a few units in the last place.
    at_test_time = nn.predict(network, params, x, known)
    np.testing.assert_allclose(at_test_time, logits, atol=1e-13)


def test_at_test_time_a_row_does_not_depend_on_the_others():
    network, params, x, _ = network_case("relu", True)
    known = nn.statistics(network, params, x)
    together = nn.predict(network, params, x, known)
    alone = np.concatenate([nn.predict(network, params, row[None], known) for row in x])
    np.testing.assert_allclose(alone, together, atol=1e-13)


def test_the_statistics_are_those_of_the_layer_before_batch_norm():
    network, params, x, _ = network_case("relu", True)
    h = nn.affine_forward(x, params["w1"], params["b1"])[0]
    mu, var = nn.statistics(network, params, x)["batch_norm1"]
    np.testing.assert_array_equal(mu, h.mean(axis=0))
    np.testing.assert_array_equal(var, h.var(axis=0))


def test_evaluation_normalises_with_the_reference_not_with_the_rows_it_judges():
    network, params, x, labels = network_case("tanh", True)
    reference = 3 * rng(1).normal(size=(20, 6)) + 1
    logits = nn.predict(network, params, x, nn.statistics(network, params, reference))
    expected = nn.accuracy(logits, labels)
    assert nn.evaluate(network, params, x, labels, reference) == expected
    assert not np.allclose(logits, network.forward(params, x)[0])


def test_accuracy_counts_rows_and_calls_nan_wrong():
    logits = [[1, 0], [0, 1], [5, 2], [np.nan, 0], [2, np.nan]]
    assert nn.accuracy(logits, [0, 1, 1, 0, 0]) == 2 / 5


def test_training_is_the_steps_it_says():
    network, params, x, labels = network_case("tanh", True)
    trained, log = nn.train(network, params, x, labels, epochs=1, batch_size=4, lr=0.1,
                            rng=rng(4))
    first, second = np.array_split(rng(4).permutation(7), 2)
    by_hand, loss, hits = nn.step(network, params, x[first], labels[first], 0.1)
    by_hand, *_ = nn.step(network, by_hand, x[second], labels[second], 0.1)
    assert (log.loss[0, 0], log.accuracy[0, 0]) == (loss, hits)
    for name in by_hand:
        np.testing.assert_array_equal(trained[name], by_hand[name])


def test_a_step_lowers_the_loss_of_its_batch():
    network, params, x, labels = network_case("tanh", True)
    new, before, _ = nn.step(network, params, x, labels, 0.1)
    _, after, _ = nn.step(network, new, x, labels, 0.1)
    assert after < before


def test_training_repeats_bit_for_bit_and_changes_no_argument():
    network, params, x, labels = network_case("relu", True)
    kept = {name: p.copy() for name, p in params.items()}
    runs = [nn.train(network, params, x, labels, epochs=3, batch_size=3, lr=0.1,
                     rng=rng(4))[0] for _ in range(2)]
    for name in params:
        np.testing.assert_array_equal(runs[0][name], runs[1][name])
        np.testing.assert_array_equal(params[name], kept[name])


def test_no_epoch_leaves_a_batch_of_one():
    network, params, x, labels = network_case("relu", True)
    # 7 rows at most 3 at a time: 3, 2, 2; batch norm would refuse a batch of one.
    _, log = nn.train(network, params, x, labels, epochs=2, batch_size=3, lr=0.1,
                      rng=rng())
    assert log.loss.shape == (2, 3)


def test_a_run_that_diverges_warns_of_nothing_and_counts_as_wrong():
    network = Network((6, 50, 50, 50, 3))
    x, labels = rng().normal(size=(20, 6)), rng(1).integers(3, size=20)
    params, log = nn.train(network, network.initial_params(rng(), 10.0), x, labels,
                           epochs=20, batch_size=20, lr=10.0, rng=rng())
    assert np.isnan(log.loss[-1]).all() and (log.accuracy[-1] == 0).all()
    assert nn.evaluate(network, params, x, labels, x) == 0


def test_curves_come_for_every_setting_and_seed():
    x, labels = rng().normal(size=(20, 6)), rng(1).integers(10, size=20)
    curves = nn.accuracy_curves((x, labels, x[:5], labels[:5]), [0.1, "he"],
                                seeds=range(2), hidden=(4, 3), epochs=2, batch_size=5,
                                points=4)
    assert set(curves) == {(a, s, bn) for a in ("sigmoid", "relu") for s in (0.1, "he")
                           for bn in (False, True)}
    for curve in curves.values():
        assert curve.train.shape == (2, 4) and curve.test.shape == (2,)


def test_a_curve_is_the_run_of_its_seed():
    x, x_test = rng().normal(size=(2, 20, 6)).astype(np.float32)
    labels, test_labels = rng(1).integers(10, size=(2, 20))
    curves = nn.accuracy_curves((x, labels, x_test, test_labels), ["he"], seeds=(3, 8),
                                hidden=(4, 3), epochs=2, batch_size=5, lr=0.5, points=4)
    network, curve = Network((6, 4, 3, 10), "relu", True), curves["relu", "he", True]
    for k, seed in enumerate((3, 8)):
        r = rng(seed)
        params = {n: np.float32(a) for n, a in network.initial_params(r, "he").items()}
        params, log = nn.train(network, params, x, labels, epochs=2, batch_size=5,
                               lr=0.5, rng=r)
        parts = [part.mean() for part in np.array_split(log.accuracy.ravel(), 4)]
        np.testing.assert_array_equal(curve.train[k], parts)
        assert curve.test[k] == nn.evaluate(network, params, x_test, test_labels, x)


def test_more_points_than_batches_are_refused():
    x, labels = rng().normal(size=(20, 6)), rng(1).integers(10, size=20)
    with pytest.raises(ValueError, match=r"points: 9, expected at most .* batches, 8"):
        nn.accuracy_curves((x, labels, x, labels), ["he"], hidden=(4,), epochs=2,
                           batch_size=5, points=9)


@pytest.mark.parametrize("rows, batch_size", [(7, 1), (7, 2), (3, 2)])
def test_a_batch_of_one_is_refused_before_anything_moves(rows, batch_size):
    network, params, x, labels = network_case("relu", True)
    used = rng(4)
    with pytest.raises(ValueError, match=f"batch_size: {batch_size} leaves a batch"):
        nn.train(network, params, x[:rows], labels[:rows], epochs=1,
                 batch_size=batch_size, lr=0.1, rng=used)
    assert used.random() == rng(4).random()


def test_a_refused_training_leaves_the_generator_where_it_was():
    network, params, x, labels = network_case("relu", True)
    used = rng(4)
    with pytest.raises(ValueError, match="lr: -1"):
        nn.train(network, params, x, labels, epochs=1, batch_size=4, lr=-1, rng=used)
    assert used.random() == rng(4).random()


NET = Network((6, 5, 3), batch_norm=True)
P = NET.initial_params(np.random.default_rng(0))
X, LABELS = np.ones((4, 6)), np.zeros(4, int)
SETTINGS = {"epochs": 1, "batch_size": 2, "lr": 0.1}
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
    (TypeError, "rng: int, expected", lambda: nn.initial_weights(0, 3, 3, "he")),
    (ValueError, "lr: nan", lambda: nn.sgd(P, P, float("nan"))),
    (ValueError, "grads: got ['w1']", lambda: nn.sgd(P, {"w1": P["w1"]}, 0.1)),
    (ValueError, "grads['b']: shape (1, 2), expected (2,)",
     lambda: nn.sgd({"b": np.ones(2)}, {"b": np.ones((1, 2))}, 0.1)),
    (ValueError, "sizes: (6,), expected two", lambda: Network((6,))),
    (ValueError, "sizes: 0, expected at least 1", lambda: Network((6, 0, 3))),
    (TypeError, "sizes: 2.5, expected an integer", lambda: Network((6, 2.5, 3))),
    (ValueError, "activation: 'elu'", lambda: Network((6, 3), "elu")),
    (TypeError, "batch_norm: 1, expected True", lambda: Network((6, 3), batch_norm=1)),
    (ValueError, "params: got []", lambda: NET.forward({}, X)),
    (ValueError, "params['w1']: shape (5, 6), expected (6, 5)",
     lambda: NET.forward(P | {"w1": P["w1"].T}, X)),
    (ValueError, "x: shape (4, 7), expected (N, 6)",
     lambda: NET.forward(P, np.ones((4, 7)))),
    (ValueError, "x: shape (0, 6)", lambda: nn.statistics(NET, P, X[:0])),
    (ValueError, "dlogits: shape (1, 3), expected (4, 3)",
     lambda: NET.backward(np.ones((1, 3)), NET.forward(P, X)[1])),
    (ValueError, "statistics: got [], expected ['batch_norm1']",
     lambda: nn.predict(NET, P, X, {})),
    (ValueError, "mu: shape (1,), expected (5,)",
     lambda: nn.predict(NET, P, X, {"batch_norm1": (np.ones(1), np.ones(5))})),
    (ValueError, "batch_size: 0, expected at least 1",
     lambda: nn.train(NET, P, X, LABELS, **SETTINGS | {"batch_size": 0}, rng=rng())),
    (TypeError, "epochs: True, expected an integer",
     lambda: nn.train(NET, P, X, LABELS, **SETTINGS | {"epochs": True}, rng=rng())),
    (TypeError, "rng: int", lambda: nn.train(NET, P, X, LABELS, **SETTINGS, rng=3)),
]


@pytest.mark.parametrize(("kind", "start", "call"), ERRORS, ids=[e[1] for e in ERRORS])
def test_bad_arguments_are_named_in_one_line(kind, start, call):
    with pytest.raises(kind) as raised:
        call()
    message = str(raised.value)
    assert message.startswith(start) and "\n" not in message
