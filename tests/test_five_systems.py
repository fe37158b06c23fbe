"""What one could do with each of the five systems one can do here, and right.

In the order of the rows of the systems' table: shape, backward, eps, the start of the
running variance, 4-D input, what else it has; then what was wrong with it.
"""

import copy

import numpy as np
import pytest

from bnbook import BatchNorm, cs231n, nn
from bnbook.check import check_gradients, numerical_gradient, relative_error
from bnbook.check.checks import close, draw, pass_through
from bnbook.check.implementations import TRACE
from bnbook.norm import (
    added,
    batch_norm_backward,
    batch_norm_backward_staged,
    batch_norm_forward,
    batch_norm_vjp,
    folded,
    initial_state,
    pooled,
    updated,
)
from common import inference_forward, rng, training_forward


def case(n=8, features=3, seed=0):
    """(x, gamma, beta, dy)."""
    inputs, dy = draw(rng(seed), n, features)
    return *inputs.values(), dy


def truth(x, gamma, beta, dy):
    """(y, dx, dgamma, dbeta) of the graph."""
    return pass_through(TRACE, {"x": x, "gamma": gamma, "beta": beta}, dy)


def a_layer(gamma, beta, **options):
    layer = BatchNorm(len(gamma), **options)
    layer.params = {"gamma": gamma, "beta": beta}
    return layer


def of_layer(layer, x, dy, training=True):
    y = layer.forward(x, training)
    dx = layer.backward(dy)
    return y, dx, layer.grads["gamma"], layer.grads["beta"]


def trained(gamma, beta, batches=5, **options):
    layer = a_layer(gamma, beta, **options)
    for seed in range(batches):
        layer.forward(case(seed=seed)[0], training=True)
    return layer


# S0, the layer class.

def test_s0_a_layer_is_made_at_the_first_forward():
    layer = BatchNorm()
    layer.forward(np.ones((4, 5)), training=True)
    assert layer.num_features == 5
    assert {name: a.shape for name, a in layer.params.items()} == {
        "gamma": (5,), "beta": (5,)}


def test_s0_params_gradients_hyperparams():
    layer = BatchNorm(3, eps=1e-4, momentum=0.8)
    of_layer(layer, *case()[::3])
    assert set(layer.params) == set(layer.grads) == {"gamma", "beta"}
    assert layer.hyperparams["eps"] == 1e-4
    assert BatchNorm(**layer.hyperparams).hyperparams == layer.hyperparams


@pytest.mark.parametrize("name", nn.OPTIMIZERS)
def test_s0_an_optimizer_a_layer(name):
    x, _, _, _ = case()
    target = case(seed=1)[0]
    layer, state, losses = BatchNorm(3), {}, []
    for _ in range(20):
        error = layer.forward(x, training=True) - target
        losses.append((error**2).sum() / 2)
        layer.backward(error)
        layer.params, state = nn.OPTIMIZERS[name](
            layer.params, layer.grads, state, lr=0.01)
    assert losses[-1] < losses[0]


def test_s0_a_summary_with_the_optimizers_state_can_be_saved_and_taken_up(tmp_path):
    x, _, _, dy = case()

    def step(layer, state):
        of_layer(layer, x, dy)
        layer.params, state = nn.adam(layer.params, layer.grads, state, lr=0.1)
        return state

    layer = BatchNorm(3)
    state = step(layer, {})
    nn.save(tmp_path / "layer.npz", {"params": layer.params, "state": layer.state,
                                     "optimizer": {"state": state, "lr": 0.1}})
    saved = nn.load(tmp_path / "layer.npz")
    again = BatchNorm(**layer.hyperparams)
    again.params, again.state = saved["params"], saved["state"]
    step(layer, state)
    step(again, saved["optimizer"]["state"])
    assert saved["optimizer"]["lr"] == 0.1
    assert close([*again.params.values()], [*layer.params.values()], 0)


def test_s0_the_closed_form():
    x, gamma, beta, dy = case()
    _, cache = batch_norm_forward(x, gamma, beta)
    assert close(batch_norm_backward(dy, cache), truth(x, gamma, beta, dy)[1:], 1e-12)


def test_s0_eps_and_the_start_of_the_running_statistics():
    layer = BatchNorm(3)
    assert layer.eps == 1e-5
    assert layer.state["running_mean"].tolist() == [0, 0, 0]
    assert layer.state["running_var"].tolist() == [1, 1, 1]


def test_s0_images_are_not_refused_and_four_twos_are_right():
    x = rng().normal(size=(2, 2, 2, 2))
    gamma, beta = np.array([1.0, 2]), np.array([3.0, 4])
    assert close(of_layer(a_layer(gamma, beta), x, x[::-1]),
                 truth(x, gamma, beta, x[::-1]), 1e-12)


def test_s0_reset_of_the_running_statistics():
    layer = trained(*case()[1:3])
    layer.reset_running_stats()
    assert close([*layer.state.values()][:2], [np.zeros(3), np.ones(3)], 0)
    assert layer.state["num_batches"] == 0


def test_s0_a_forward_with_nothing_kept_still_takes_the_batchs_statistics():
    x, gamma, beta, dy = case()
    y, *_ = training_forward(x, gamma, beta)
    assert close([y], truth(x, gamma, beta, dy)[:1], 1e-12)


def test_s0_dx_without_parameter_gradients():
    x, gamma, beta, dy = case()
    layer = a_layer(gamma, beta)
    layer.forward(x, training=True)
    dx = layer.backward(dy, input_only=True)
    assert close([dx], truth(x, gamma, beta, dy)[1:2], 1e-12)
    assert layer.grads == {}


def test_s0_several_forwards_then_upstream_gradients_in_and_dx_out():
    _, gamma, beta, _ = case()
    runs = [case(n, seed=n) for n in (8, 5, 4)]
    caches = [training_forward(x, gamma, beta)[1] for x, *_ in runs]
    results = [batch_norm_vjp(dy, cache)
               for (*_, dy), cache in zip(runs, caches, strict=True)]
    expected = [truth(x, gamma, beta, dy)[1:] for x, _, _, dy in runs]
    for got, right in zip(results, expected, strict=True):
        assert close(got, right, 1e-12)
    total = {"gamma": 0.0 * gamma, "beta": 0.0 * beta}
    for _, dgamma, dbeta in results:
        total = added(total, {"gamma": dgamma, "beta": dbeta})
    assert close([*total.values()], np.sum([e[1:] for e in expected], axis=0), 1e-12)


def test_s0_was_wrong_a_second_step_is_the_second_batchs():
    first, second = case(seed=1), case(seed=2)
    layer = a_layer(*first[1:3])
    of_layer(layer, first[0], first[3])
    assert close(of_layer(layer, second[0], second[3]),
                 truth(second[0], *first[1:3], second[3]), 1e-12)


def test_s0_was_wrong_an_evaluation_before_a_step_leaves_it_alone():
    x, gamma, beta, dy = case()
    layer = a_layer(gamma, beta)
    layer.forward(case(seed=1)[0], training=False)
    assert close(of_layer(layer, x, dy), truth(x, gamma, beta, dy), 1e-12)


def test_s0_was_wrong_gamma_starts_at_1():
    assert BatchNorm(3).params["gamma"].tolist() == [1, 1, 1]


# S1, the staged class in a network.

LABELS = np.array([0, 2, 1, 1, 0, 2, 0])


def a_network(activation="relu", dropout=0.3, normalization="batch_norm"):
    """(network, x)."""
    network = nn.mlp((4, 6, 5, 3), activation, dropout=dropout,
                     normalization=normalization)
    return network, rng(1).normal(size=(7, 4))


def test_s1_a_batch_norm_with_given_parameters_momentum_and_statistics():
    x, gamma, beta, _ = case()
    layer = a_layer(gamma, beta, momentum=0.5)
    mean, var = np.array([1.0, 2, 3]), np.array([4.0, 5, 6])
    layer.state |= {"running_mean": mean, "running_var": var}
    expected = gamma * (x - mean) / np.sqrt(var + 1e-5) + beta
    assert close([layer.forward(x, training=False)], [expected], 1e-12)
    layer.forward(x, training=True)
    assert close([layer.state["running_mean"]], [(mean + x.mean(axis=0)) / 2], 1e-12)


def test_s1_a_backward_in_stages():
    x, gamma, beta, dy = case()
    _, cache = batch_norm_forward(x, gamma, beta)
    assert close(batch_norm_backward_staged(dy, cache), truth(x, gamma, beta, dy)[1:],
                 1e-12)


def test_s1_eps_of_1e_6():
    x, gamma, beta, _ = case()
    y = a_layer(gamma, beta, eps=1e-6).forward(x, training=True)
    expected = gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-6) + beta
    assert close([y], [expected], 1e-12)


def test_s1_a_statistic_a_pixel_for_who_wants_it():
    x = rng().normal(size=(6, 2, 3, 4))
    layer = BatchNorm()
    y = layer.forward(x.reshape(6, -1), training=True).reshape(x.shape)
    assert np.abs(y.mean(axis=0)).max() < 1e-12
    per_channel = BatchNorm(2).forward(x, training=True)
    assert np.abs(per_channel.mean(axis=(0, 2, 3))).max() < 1e-12
    assert np.abs(per_channel.mean(axis=0)).max() > 0.1


@pytest.mark.parametrize("sizes", [(4, 3), (4, 6, 3), (4, 6, 5, 8, 3)])
def test_s1_hidden_sizes(sizes):
    network = nn.mlp(sizes, normalization="batch_norm")
    params = network.initial_params(rng())
    y, _ = network.forward(params, rng(1).normal(size=(7, 4)), training=True)
    assert y.shape == (7, 3)
    assert sum(name.startswith("gamma") for name in params) == len(sizes) - 2


@pytest.mark.parametrize("init, std", [
    (0.01, 0.01), ("xavier", np.sqrt(2 / 700)), ("he", np.sqrt(2 / 400))])
def test_s1_the_initial_scale_of_the_weights(init, std):
    w = nn.mlp((400, 300, 2)).initial_params(rng(), init)["w1"]
    # The deviation of 120,000 normal numbers is known to 0.2 %.
    np.testing.assert_allclose(w.std(), std, rtol=0.01)


@pytest.mark.parametrize("normalization", [None, "batch_norm", "layer_norm"])
@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_s1_every_parameters_gradient_is_the_numerical_one(activation, normalization):
    network, x = a_network(activation, normalization=normalization)
    params = {name: p + 0.3 * rng(2).normal(size=p.shape)  # no ReLU at exactly 0
              for name, p in network.initial_params(rng()).items()}
    options = {"weight_decay": 0.1, "loss": "softmax"}
    got = nn.loss_and_grads(network, params, x, LABELS, rng=rng(5), **options).grads
    expected = nn.numerical_gradients(
        network, params, x, LABELS, rng=rng(5), **options)
    assert set(got) == set(expected) == set(params)
    for name, gradient in expected.items():
        # A bias before batch norm has no effect: both are rounding around 0.
        assert relative_error(got[name], gradient, unit=1.0) < 1e-6, name


def test_s1_loss_with_weight_decay():
    network, x = a_network(dropout=0)
    params = network.initial_params(rng())
    plain, decayed = (nn.loss_and_grads(network, params, x, LABELS, weight_decay=d).loss
                      for d in (0, 0.1))
    squares = sum((p**2).sum() for name, p in params.items() if name[0] == "w")
    np.testing.assert_allclose(decayed - plain, 0.05 * squares)


def test_s1_accuracy():
    network, x = a_network(dropout=0)
    params = network.initial_params(rng())
    state = nn.statistics(network, params, x)
    best = nn.predict(network, params, state, x).argmax(axis=1)
    assert nn.evaluate(network, params, state, x, best) == 1
    assert nn.evaluate(network, params, state, x, (best + 1) % 3) == 0


def test_s1_an_sgd_update():
    network, x = a_network(dropout=0)
    params = network.initial_params(rng())
    grads = nn.loss_and_grads(network, params, x, LABELS).grads
    new, _ = nn.sgd(params, grads, {}, lr=0.5)
    assert all(close([new[n]], [params[n] - 0.5 * grads[n]], 1e-12) for n in params)


def test_s1_the_network_learns():
    network, x = a_network(dropout=0.1)
    progress = nn.Trainer(network, x, LABELS, lr=0.1, batch_size=7).run(200)
    assert np.mean(progress.loss[-10:]) < np.mean(progress.loss[:10]) / 2


@pytest.mark.parametrize("small, large", [(10, 10_000)])
def test_s1_asks_and_a_batch_of_10_weighs_a_thousandth_of_one_of_10000(small, large):
    batches = [1 + rng(n).normal(size=(n, 3)) for n in (small, large)]
    layer = BatchNorm(3, momentum=None)
    for x in batches:
        layer.forward(x, training=True)
    of_all = np.concatenate(batches).mean(axis=0)
    assert close([layer.state["running_mean"]], [of_all], 1e-12)
    assert close(pooled(batches)[:1], [of_all], 1e-12)
    weighed_alike = np.mean([x.mean(axis=0) for x in batches], axis=0)
    assert not close([weighed_alike], [of_all], 1e-2)


def test_s1_was_wrong_the_first_of_two_forwards_has_its_backward():
    (x1, gamma, beta, dy), (x2, *_) = case(seed=1), case(seed=2)
    _, first, _ = training_forward(x1, gamma, beta)
    training_forward(x2, gamma, beta)
    assert close(batch_norm_vjp(dy, first), truth(x1, gamma, beta, dy)[1:], 1e-12)


def test_s1_was_wrong_train_on_8_rows_evaluate_and_go_back_on_3():
    x, gamma, beta, dy = case(3)
    layer = trained(gamma, beta)
    _, dx, *_ = of_layer(layer, x, dy, training=False)
    scale = gamma / np.sqrt(layer.state["running_var"] + layer.eps)
    assert close([dx], [scale * dy], 1e-12)


def test_s1_was_wrong_images_of_two_sizes():
    layer = BatchNorm(3)
    for size in ((4, 3, 5, 4), (4, 3, 7, 6)):
        assert layer.forward(rng().normal(size=size), training=True).shape == size


# S2, the functions with a cache.

def test_s2_batchnorm_forward_with_bn_param():
    x, gamma, beta, _ = case()
    bn_param = {"mode": "train", "eps": 1e-4, "momentum": 0.5}
    out, _ = cs231n.batchnorm_forward(x, gamma, beta, bn_param)
    xhat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-4)
    assert close([out], [gamma * xhat + beta], 1e-12)
    assert close([bn_param["running_mean"], bn_param["running_var"]],
                 [x.mean(axis=0) / 2, x.var(axis=0) / 2], 1e-12)


def test_s2_momentum_is_0_9_of_the_old_value_unless_told_otherwise():
    x, gamma, beta, _ = case()
    bn_param = {"mode": "train"}
    cs231n.batchnorm_forward(x, gamma, beta, bn_param)
    assert close([bn_param["running_mean"]], [0.1 * x.mean(axis=0)], 1e-12)


@pytest.mark.parametrize("backward", [
    cs231n.batchnorm_backward, cs231n.batchnorm_backward_alt])
def test_s2_staged_and_alt_backward(backward):
    x, gamma, beta, dy = case()
    _, cache = cs231n.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    assert close(backward(dy, cache), truth(x, gamma, beta, dy)[1:], 1e-12)


def test_s2_the_running_variance_starts_at_0_as_the_assignments_does():
    bn_param = {"mode": "test"}
    cs231n.batchnorm_forward(np.ones((4, 3)), np.ones(3), np.zeros(3), bn_param)
    assert bn_param["running_var"].tolist() == [0, 0, 0]


def test_s2_inverted_dropout():
    x, param = np.ones((300, 200)), {"mode": "train", "p": 0.3, "seed": 0}
    out, cache = cs231n.dropout_forward(x, param)
    assert set(np.unique(out)) == {0, 1 / 0.7}
    assert abs(out.mean() - 1) < 0.02
    assert close([cs231n.dropout_backward(x, cache)], [out], 0)
    assert close([cs231n.dropout_forward(x, {**param, "mode": "test"})[0]], [x], 0)


def test_s2_test_mode_as_one_scale_and_one_shift():
    x, gamma, beta, _ = case()
    layer = trained(gamma, beta)
    known = layer.state["running_mean"], layer.state["running_var"]
    scale, shift = folded(gamma, beta, *known, eps=layer.eps)
    assert close([scale * x + shift], [layer.forward(x, training=False)], 1e-12)


def test_s2_was_wrong_backward_after_test_mode():
    x, gamma, beta, dy = case()
    bn_param = {"mode": "train"}
    cs231n.batchnorm_forward(x, gamma, beta, bn_param)
    _, cache = cs231n.batchnorm_forward(x, gamma, beta, bn_param | {"mode": "test"})
    scale = gamma / np.sqrt(bn_param["running_var"] + 1e-5)
    assert close(cs231n.batchnorm_backward(dy, cache)[:1], [scale * dy], 1e-12)


def test_s2_was_wrong_later_edits_of_x_change_no_gradient():
    x, gamma, beta, dy = case()
    expected = truth(x, gamma, beta, dy)[1:]
    _, cache = cs231n.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    x += 1
    assert close(cs231n.batchnorm_backward(dy, cache), expected, 1e-12)


def test_s2_was_wrong_dropout_of_everything_gives_zeros():
    y, cache = nn.dropout_forward(np.ones((4, 3)), 1, rng(), training=True)
    assert not y.any()
    assert not nn.dropout_backward(np.ones((4, 3)), cache).any()


# S3, the file with every layer.

def away_from_kinks(*shape):
    """Distinct values, none near 0."""
    size = int(np.prod(shape))
    return (rng().permutation(size) + 0.5 - size / 2).reshape(shape) / 10


CONV, POOL = {"stride": 2, "pad": 1}, {"pool_height": 3, "pool_width": 2, "stride": 1}
IMAGES = rng(3).normal(size=(2, 3, 5, 7))
LAYERS = {
    "affine": (cs231n.affine_forward, cs231n.affine_backward, {
        "x": rng().normal(size=(4, 2, 3)), "w": rng(1).normal(size=(6, 5)),
        "b": rng(2).normal(size=5)}),
    "relu": (cs231n.relu_forward, cs231n.relu_backward, {"x": away_from_kinks(4, 5)}),
    "batchnorm": (
        lambda x, gamma, beta: cs231n.batchnorm_forward(
            x, gamma, beta, {"mode": "train"}),
        cs231n.batchnorm_backward, dict(zip(("x", "gamma", "beta"), case()))),
    "dropout": (
        lambda x: cs231n.dropout_forward(x, {"mode": "train", "p": 0.3, "seed": 1}),
        cs231n.dropout_backward, {"x": rng().normal(size=(4, 5))}),
    "conv": (lambda x, w, b: cs231n.conv_forward_naive(x, w, b, CONV),
             cs231n.conv_backward_naive, {
        "x": IMAGES, "w": rng(1).normal(size=(4, 3, 3, 2)),
        "b": rng(2).normal(size=4)}),
    "max pool": (lambda x: cs231n.max_pool_forward_naive(x, POOL),
                 cs231n.max_pool_backward_naive, {"x": away_from_kinks(2, 3, 5, 4)}),
    "spatial batchnorm": (
        lambda x, gamma, beta: cs231n.spatial_batchnorm_forward(
            x, gamma, beta, {"mode": "train"}),
        cs231n.spatial_batchnorm_backward,
        {"x": IMAGES} | dict(zip(("gamma", "beta"), case()[1:3]))),
}


@pytest.mark.parametrize("name", LAYERS)
def test_s3_every_layers_backward_is_the_gradient_of_its_forward(name):
    forward, backward, inputs = LAYERS[name]
    y, cache = forward(**inputs)
    dy = rng(9).normal(size=y.shape)
    grads = backward(dy, cache)
    grads = dict(zip(inputs, [grads] if len(inputs) == 1 else grads, strict=True))
    report = check_gradients(lambda **inputs: forward(**inputs)[0], inputs, dy, grads,
                             "central difference")
    assert report.within(1e-7), report


@pytest.mark.parametrize("loss", [cs231n.svm_loss, cs231n.softmax_loss])
def test_s3_losses_and_their_gradients(loss):
    scores = rng().normal(size=(7, 3))
    _, dx = loss(scores, LABELS)
    expected = numerical_gradient(
        lambda x: loss(x, LABELS)[0], {"x": scores}, "x", 1.0)
    assert relative_error(dx, expected) < 1e-7


def test_s3_spatial_batch_norm_is_the_layer_on_images():
    _, gamma, beta, _ = case()
    out, _ = cs231n.spatial_batchnorm_forward(IMAGES, gamma, beta, {"mode": "train"})
    assert close([out], [a_layer(gamma, beta).forward(IMAGES, training=True)], 1e-12)


def test_s3_was_wrong_the_means_are_beta():
    x, gamma, beta = rng().normal(size=(200, 3)), [1, 2, 3], [11, 12, 13]
    out, _ = cs231n.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    np.testing.assert_allclose(out.mean(axis=0), beta)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_s3_was_wrong_dropout_keeps_the_mean_with_a_mask_an_element(p):
    y, _ = nn.dropout_forward(np.ones((400, 300)), p, rng(), training=True)
    assert abs(y.mean() - 1) < 0.03  # five standard deviations at p = 0.8
    assert (y.std(axis=0) > 0).all()
    assert (y.std(axis=1) > 0).all()


def test_s3_was_wrong_relu_leaves_dout_alone_and_is_closed_at_0():
    dout, before = np.ones((2, 2)), np.ones((2, 2))
    _, cache = cs231n.relu_forward(np.array([[-1.0, 0], [0.0, 1]]))
    assert cs231n.relu_backward(dout, cache).tolist() == [[0, 0], [0, 1]]
    assert close([dout], [before], 0)


def test_s3_was_wrong_windows_may_be_higher_than_wide():
    x = np.arange(24.0).reshape(1, 1, 6, 4)
    out, _ = cs231n.max_pool_forward_naive(
        x, {"pool_height": 3, "pool_width": 2, "stride": 2})
    assert out.tolist() == [[[[9, 11], [17, 19]]]]


def test_s3_was_wrong_overlapping_windows_add_up():
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1  # the maximum of all four windows
    _, cache = nn.max_pool_forward(x, height=2, width=2, stride=1)
    dx = nn.max_pool_backward(np.ones((1, 1, 2, 2)), cache)
    assert dx[0, 0, 1, 1] == 4
    assert dx.sum() == 4


def test_s3_was_wrong_tied_maxima_share():
    _, cache = nn.max_pool_forward(np.ones((1, 1, 2, 2)), height=2, width=2, stride=2)
    dx = nn.max_pool_backward(np.ones((1, 1, 1, 1)), cache)
    assert dx.ravel().tolist() == [0.25] * 4


# S4, the graph class.

def test_s4_a_class_with_features_eps_and_momentum():
    x, gamma, beta, dy = case()
    layer = a_layer(gamma, beta, eps=1e-4, momentum=0.8)
    y, cache = batch_norm_forward(x, gamma, beta, eps=1e-4)
    expected = y, *batch_norm_backward_staged(dy, cache)
    assert close(of_layer(layer, x, dy), expected, 1e-12)
    assert close([layer.state["running_mean"]], [0.2 * x.mean(axis=0)], 1e-12)


def test_s4_forward_in_two_modes():
    x, gamma, beta, _ = case()
    layer = trained(gamma, beta, batches=200)
    train, test = (layer.forward(x, training) for training in (True, False))
    assert not close([test], [train], 1e-3)
    expected, _ = inference_forward(
        x, gamma, beta, layer.state["running_mean"], layer.state["running_var"])
    assert close([test], [expected], 1e-12)


def test_s4_images_keep_their_shape():
    assert BatchNorm(3).forward(IMAGES, training=True).shape == IMAGES.shape


def test_s4_running_statistics_as_state_in_and_state_out():
    x, gamma, beta, _ = case()
    _, _, batch = training_forward(x, gamma, beta)
    state = updated(initial_state(3), batch.mean, batch.var, len(x), momentum=0.9)
    layer = trained(gamma, beta, batches=1)
    assert set(state) == set(layer.state)
    assert all(np.array_equal(state[name], layer.state[name]) for name in state)


def test_s4_was_wrong_backward_needs_no_x():
    x, gamma, beta, dy = case()
    layer = a_layer(gamma, beta)
    layer.forward(x, training=True)
    x[...] = 0
    assert close([layer.backward(dy)], truth(*case())[1:2], 1e-12)


@pytest.mark.parametrize("mode", ["train", "validation", None, 1])
def test_s4_was_wrong_an_unknown_mode_is_refused(mode):
    layer = BatchNorm(3)
    before = copy.deepcopy(layer.state)
    with pytest.raises(TypeError, match=r"^training: "):
        layer.forward(case()[0], mode)
    assert repr(layer.state) == repr(before)


def test_s4_was_wrong_momentum_1_keeps_a_start_that_does_no_harm():
    layer = BatchNorm(3, momentum=1)
    x = case()[0]
    layer.forward(x, training=True)
    # The start is 0 and 1, and eps is 1e-5.
    assert close([layer.forward(x, training=False)], [x], 1e-5)


# All five.

def test_all_were_wrong_a_batch_of_one_is_refused():
    with pytest.raises(ValueError, match=r"^x: "):
        BatchNorm(3).forward(np.ones((1, 3)), training=True)


def test_all_were_wrong_float32_at_a_mean_of_1e4():
    x = np.float32(1e4 + rng().normal(size=(4096, 3)))
    exact = x.astype(np.longdouble)
    expected = (exact - exact.mean(axis=0)) / np.sqrt(exact.var(axis=0) + 1e-5)
    y = BatchNorm(3).forward(x, training=True)
    assert y.dtype == np.float32
    assert close([y], [expected], 16 * np.finfo(np.float32).eps)


def test_all_were_wrong_float16_at_a_deviation_of_300():
    x = np.float16(300 * rng().normal(size=(64, 3)))
    y = BatchNorm(3).forward(x, training=True)
    assert y.dtype == np.float16
    np.testing.assert_allclose(y.astype(float).std(axis=0), 1, rtol=1e-3)
