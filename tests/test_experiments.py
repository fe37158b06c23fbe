"""What the experiments need of networks: skips, noise, freezing, curvature, rows."""

import numpy as np
import pytest

from bnbook import nn
from common import assert_refused, rng
from test_network import assert_gradients, batch, shaken

FROZEN = {"frozen": True}


def residual(normalization="batch_norm", **options):
    network = nn.residual_mlp(5, 2, inputs=6, classes=3, activation="tanh",
                              normalization=normalization, **options)
    return network, shaken(network), *batch(network)


@pytest.mark.parametrize("normalization", [None, "batch_norm", "layer_norm"])
def test_gradients_through_skips_are_right(normalization):
    assert_gradients(residual(normalization))


def test_a_layer_read_twice_and_the_input_itself_get_the_sum_of_both_gradients():
    network = nn.Network((4,), [
        nn.layer("affine", width=4), nn.layer("add", of="affine1"), "tanh",
        nn.layer("add", of="x"), nn.layer("affine", width=3)])
    case = network, shaken(network), *batch(network)
    assert_gradients(case)
    _, params, x, _ = case
    y, run = network.forward(params, x, training=True)
    np.testing.assert_array_equal(run.outputs["add1"], 2 * run.outputs["affine1"])
    dy = rng(8).normal(size=y.shape)
    moved = x + 1e-6 * (v := rng(9).normal(size=x.shape))
    slope = ((network.forward(params, moved, training=True)[0] - y) * dy).sum() / 1e-6
    assert (network.input_gradient(dy, run) * v).sum() == pytest.approx(slope, rel=1e-4)


def test_a_block_adds_to_what_it_is_given():
    network, params, x, _ = residual()
    assert [layer.name for layer in network.layers] == [
        "affine1", "batch_norm1", "tanh1", "affine2", "add2",
        "batch_norm2", "tanh2", "affine3", "add3", "affine4"]
    outputs = network.forward(params, x, training=True)[1].outputs
    np.testing.assert_array_equal(
        outputs["add3"], outputs["affine3"] + outputs["add2"])
    plain = residual(skip=False)[0]
    assert not any(layer.kind == "add" for layer in plain.layers)
    assert plain.param_shapes() == network.param_shapes()


@pytest.mark.parametrize("of", ["affine2", None, "add1", 3])
def test_a_skip_from_a_layer_that_is_not_before_it_is_refused(of):
    affine = nn.layer("affine", width=4)
    assert_refused(ValueError, "of", lambda: nn.Network(
        (4,), [affine, nn.layer("add", of=of), affine]))


def test_a_skip_between_other_shapes_is_refused():
    assert_refused(ValueError, "earlier", lambda: nn.Network(
        (4,), [nn.layer("affine", width=3), nn.layer("add", of="x")]))


def test_noise_moves_means_and_spreads_from_step_to_step_and_not_in_inference():
    x, generator = rng(1).normal(size=(4000, 3)), rng(2)
    seen = [nn.noise_forward(x, generator, training=True)[0] for _ in range(40)]
    means = np.array([y.mean(axis=0) for y in seen])
    assert 0.4 < np.abs(means).max() < 0.6 and np.abs(means.mean(axis=0)).max() < 0.15
    assert 1.1 < np.max([y.std(axis=0) for y in seen]) < 1.4
    y, cache = nn.noise_forward(x, None, training=False)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(nn.noise_backward(x, cache), x)


def test_gradients_through_noise_are_right():
    specs = [nn.layer("affine", width=5), "batch_norm", "noise", "tanh",
             nn.layer("affine", width=3)]
    network = nn.Network((6,), specs)
    assert_gradients((network, shaken(network), *batch(network)))


# Freezing


def frozen_case():
    network = nn.mlp((6, 5, 4, 3), "tanh", normalization="batch_norm")
    params, (x, labels) = shaken(network), batch(network)
    return network, params, nn.statistics(network, params, x + 1), x, labels


def test_a_frozen_batch_norm_trains_with_the_stored_statistics_and_keeps_them():
    network, params, state, x, _ = frozen_case()
    frozen = network.with_options("batch_norm", **FROZEN)
    y, run = frozen.forward(params, x, training=True, state=state)
    np.testing.assert_array_equal(y, nn.predict(network, params, state, x))
    for name, kept in state.items():
        for key, value in kept.items():
            np.testing.assert_array_equal(run.state[name][key], value)
    dy = rng(8).normal(size=y.shape)
    grads, _ = frozen.backward(dy, run)
    expected, _ = network.backward(
        dy, network.forward(params, x, training=False, state=state)[1])
    for name in expected:
        np.testing.assert_array_equal(grads[name], expected[name])


def test_a_frozen_network_without_statistics_is_refused_and_one_row_is_enough():
    network, params, state, x, _ = frozen_case()
    frozen = network.with_options("batch_norm", **FROZEN)
    assert_refused(TypeError, "state", lambda: frozen.forward(params, x, training=True))
    assert frozen.least_rows == 1 and not frozen.mixing
    frozen.forward(params, x[:1], training=True, state=state)


def test_statistics_of_a_frozen_network_are_those_of_the_rows():
    network, params, _, x, _ = frozen_case()
    frozen = network.with_options("batch_norm", **FROZEN)
    found, expected = (nn.statistics(n, params, x) for n in (frozen, network))
    np.testing.assert_array_equal(found["batch_norm2"]["running_var"],
                                  expected["batch_norm2"]["running_var"])


def test_options_of_a_kind_that_is_not_there_are_refused():
    network = frozen_case()[0]
    assert_refused(ValueError, "kind",
                   lambda: network.with_options("layer_norm", eps=1e-3))
    assert_refused(ValueError, "nope",
                   lambda: network.with_options("batch_norm", nope=1))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_frozen_parameters_stay_and_the_others_move_as_they_would(optimizer, tmp_path):
    network, _, state, x, labels = frozen_case()
    options = {"optimizer": optimizer, "batch_size": 7, "state": state}

    def trained(**more):
        trainer = nn.Trainer(network, x, labels, **options, **more)
        return trainer, trainer.run(1).params

    trainer, params = trained(frozen=["w1", "gamma2"])
    _, free = trained()
    for name, p in params.items():
        if name in ("w1", "gamma2"):
            np.testing.assert_array_equal(p, trainer.params[name])
        else:
            np.testing.assert_array_equal(p, free[name])  # after one step
    trainer.save(tmp_path / "run.npz")
    assert_refused(ValueError, "path", lambda: trained()[0].load(tmp_path / "run.npz"))
    assert_refused(ValueError, "frozen", lambda: trained(frozen=["w9"]))


def test_training_starts_from_a_given_state():
    network, _, state, x, labels = frozen_case()
    frozen = network.with_options("batch_norm", **FROZEN)
    progress = nn.Trainer(frozen, x, labels, state=state).run(2)
    np.testing.assert_array_equal(progress.state["batch_norm1"]["running_mean"],
                                  state["batch_norm1"]["running_mean"])
    part = {"batch_norm1": state["batch_norm1"]}
    assert_refused(ValueError, "state",
                   lambda: nn.Trainer(network, x, labels, state=part))


# Curvature


def smooth_case():
    network = nn.mlp((6, 5, 4, 3), "tanh", normalization=nn.layer("batch_norm", eps=0))
    return network, shaken(network), *batch(network, 20)


def direction(params, seed):
    return {name: rng(seed).normal(size=p.shape) for name, p in params.items()}


def product(a, b):
    return sum((a[name] * b[name]).sum() for name in a)


def test_a_hessian_vector_product_is_symmetric_and_the_losses_second_difference():
    case = smooth_case()
    u, v = (direction(case[1], seed) for seed in (1, 2))
    hu, hv = (nn.hessian_vector_product(*case, a, weight_decay=0.1) for a in (u, v))
    assert product(v, hu) == pytest.approx(product(u, hv), rel=1e-7)
    t = 1e-4
    before, here, after = (step.loss for step in nn.steps_along(
        *case, v, (-t, 0, t), weight_decay=0.1))
    assert product(v, hv) == pytest.approx((before - 2 * here + after) / t**2, rel=1e-4)


def test_along_weights_before_batch_norm_the_hessian_gives_minus_their_gradient():
    """With eps 0 the loss does not change with their size: g(w) w = 0, so H w = -g."""
    case = smooth_case()
    params = case[1]
    v = {name: np.zeros(p.shape) for name, p in params.items()} | {"w1": params["w1"]}
    found = nn.hessian_vector_product(*case, v)["w1"]
    expected = -nn.loss_and_grads(*case).grads["w1"]
    np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(expected).max())


def test_no_direction_has_no_product_and_steps_begin_where_they_stand():
    case = smooth_case()
    nothing = {name: 0 * p for name, p in case[1].items()}
    assert not any(a.any() for a in nn.hessian_vector_product(*case, nothing).values())
    here, = nn.steps_along(*case, direction(case[1], 3), [0])
    assert here.loss == nn.loss_and_grads(*case).loss


# Each row's gradient


@pytest.mark.parametrize("normalization", [None, "layer_norm", "rms_norm"])
def test_the_rows_gradients_have_the_batchs_as_their_mean(normalization):
    network = nn.mlp((6, 4, 3), normalization=normalization)
    case = network, shaken(network), *batch(network)
    rows = nn.per_sample_gradients(*case)
    for name, grad in nn.loss_and_grads(*case).grads.items():
        assert rows[name].shape == (7, *grad.shape)
        np.testing.assert_allclose(rows[name].mean(axis=0), grad, atol=1e-14)


def test_batch_norm_has_no_gradient_of_a_row_unless_frozen():
    network, params, state, x, labels = frozen_case()
    assert_refused(ValueError, "network: batch_norm1",
                   lambda: nn.per_sample_gradients(network, params, x, labels))
    frozen = network.with_options("batch_norm", **FROZEN)
    rows = nn.per_sample_gradients(frozen, params, x, labels, state=state)
    whole = nn.loss_and_grads(frozen, params, x, labels, state=state).grads
    np.testing.assert_allclose(rows["w1"].mean(axis=0), whole["w1"], atol=1e-14)


# Averages, and batches that are passed over


def averages_case():
    network, params, _, x, _ = frozen_case()
    return network, [params, shaken(network, 8)], x


def test_the_average_has_the_weights_mean_and_the_statistics_that_fit_it():
    network, several, x = averages_case()
    for weights, share in ((None, (0.5, 0.5)), ((1, 3), (0.25, 0.75)),
                           ((1e308, 1e308), (0.5, 0.5))):
        params, state = nn.averaged(network, several, x, weights=weights)
        for name, p in params.items():
            expected = share[0] * several[0][name] + share[1] * several[1][name]
            np.testing.assert_allclose(p, expected, rtol=1e-14)
        gaps = nn.statistics_gaps(network, params, state, x)
        assert all(gap.mean == 0 and gap.var == 1 for gap in gaps)
        stale = nn.statistics(network, several[1], x)
        assert nn.statistics_gaps(network, params, stale, x)[0].mean > 0.1


def test_the_average_of_one_is_it_and_keeps_its_dtype():
    network, (params, _), x = averages_case()
    params = {name: p.astype("f4") for name, p in params.items()}
    found = nn.averaged(network, iter([params]), x).params
    for name, p in params.items():
        np.testing.assert_array_equal(found[name], p)
        assert found[name].dtype == "f4" and not np.shares_memory(found[name], p)


@pytest.mark.parametrize("weights", [[1], [-1, 2], [0, 0], [np.nan, 1]])
def test_weights_that_are_no_shares_are_refused(weights):
    network, several, x = averages_case()
    assert_refused(ValueError, "weights",
                   lambda: nn.averaged(network, several, x, weights=weights))


def skipping_case(**options):
    network, _, _, x, labels = frozen_case()
    bad = x.copy()
    bad[3, 2] = np.inf
    return nn.Trainer(network, bad, labels, batch_size=4, optimizer="momentum",
                      **options)


@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_step_that_is_not_finite_leaves_all_as_it_was_before_its_batch():
    trainer, seen = skipping_case(skip_nonfinite=True), []
    trainer.report = lambda line: seen.append(trainer.progress)
    trainer.report_every = 1
    start, done = trainer.progress, trainer.run(2)
    assert done.steps == len(done.loss) == 4
    assert np.isnan(done.loss).sum() == 2  # once an epoch
    for before, after, loss in zip([start, *seen], seen, done.loss):
        for part in ("params", "state", "optimizer_state"):
            same = repr(getattr(before, part)) == repr(getattr(after, part))
            assert same == np.isnan(loss)
    assert done.state["batch_norm1"]["num_batches"] == 2
    assert all(np.isfinite(p).all() for p in done.params.values())


@pytest.mark.filterwarnings("ignore:invalid value")
def test_otherwise_it_ruins_parameters_and_statistics():
    done = skipping_case().run(1)
    assert np.isnan(done.params["w1"]).any()
    assert np.isnan(done.state["batch_norm1"]["running_var"]).any()


def test_a_run_without_such_a_step_is_the_same():
    network, _, _, x, labels = frozen_case()
    skipping, plain = (nn.Trainer(network, x, labels, skip_nonfinite=skip).run(2)
                       for skip in (True, False))
    assert repr(skipping) == repr(plain)
