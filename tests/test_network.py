import numpy as np
import pytest

from bnbook import nn
from bnbook.nn.table import ACTIVATIONS
from bnbook.norm import batch_norm_backward_detached, batch_norm_forward
from common import assert_refused, central, rng

GROUPED = nn.layer("group_norm", groups=2)
RIGHT = tuple(kind for kind in nn.NORMALIZATIONS if kind != "detached_batch_norm")
DENSE = (None, *(kind for kind in RIGHT if kind != "instance_norm"))
BATCH_NORMS = ("batch_norm", "pixel_batch_norm")


def shaken(network, seed=5):
    """Parameters none of which is 0 or 1."""
    r = rng(seed)
    return {name: p + 0.3 * r.normal(size=p.shape)
            for name, p in network.initial_params(r, "xavier").items()}


def batch(network, n=7, seed=6):
    r = rng(seed)
    return r.normal(size=(n, *network.input_shape)), r.integers(3, size=n)


def mlp_case(normalization=None, activation="tanh", **options):
    network = nn.mlp((6, 8, 4, 3), activation, normalization=normalization, **options)
    return network, shaken(network), *batch(network)


def conv_case(normalization="batch_norm", **options):
    network = nn.conv_net((2, 8, 4), (2, 4), 3, "tanh", normalization=normalization,
                          **options)
    return network, shaken(network), *batch(network, 4)


def assert_gradients(case, **options):
    network, params, x, labels = case
    # A generator of the same seed for each: the masks must be the same.
    step = nn.loss_and_grads(network, params, x, labels, rng=rng(3), **options)
    truth = nn.numerical_gradients(network, params, x, labels, rng=rng(3), **options)
    assert set(step.grads) == set(truth) == set(params)
    # h = 1e-5 leaves rounding of 1e-16 / h = 1e-11 and truncation of order h^2, times
    # third derivatives that statistics of few values make large.
    for name in params:
        np.testing.assert_allclose(step.grads[name], truth[name], atol=2e-8,
                                   err_msg=name)


@pytest.mark.parametrize("normalization", DENSE)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_gradient_of_a_dense_network_is_right(normalization, activation):
    assert_gradients(mlp_case(normalization, activation))


@pytest.mark.parametrize("normalization", [None, *RIGHT])
def test_every_gradient_of_a_conv_net_is_right(normalization):
    assert_gradients(conv_case(normalization))


@pytest.mark.parametrize("loss", nn.LOSSES)
@pytest.mark.parametrize("case", [mlp_case, conv_case])
def test_gradients_are_right_with_dropout_decay_and_either_loss(case, loss):
    assert_gradients(case("batch_norm", dropout=0.4), weight_decay=0.3, loss=loss)


@pytest.mark.parametrize("case", [mlp_case("rms_norm"), conv_case(GROUPED)])
def test_the_gradient_by_the_input_is_right(case):
    network, params, x, _ = case
    y, run = network.forward(params, x, training=True)
    dy = rng(8).normal(size=y.shape)
    truth = central(
        lambda x: (network.forward(params, x, training=True)[0] * dy).sum(), x)
    np.testing.assert_allclose(network.input_gradient(dy, run), truth, atol=2e-8)


@pytest.mark.parametrize("normalization", [*BATCH_NORMS, GROUPED])
def test_gradients_in_inference_mode_are_those_of_fixed_statistics(normalization):
    network, params, x, _ = conv_case(normalization)
    state = nn.statistics(network, params, x + 1)
    y, run = network.forward(params, x, state=state, training=False)
    dy = rng(8).normal(size=y.shape)
    grads, doutputs = network.backward(dy, run)

    def loss(x, **changed):
        return (nn.predict(network, params | changed, state, x) * dy).sum()

    np.testing.assert_allclose(doutputs["x"], central(loss, x), atol=1e-8)
    truth = central(lambda w: loss(x, w1=w), params["w1"])
    np.testing.assert_allclose(grads["w1"], truth, atol=1e-8)


def test_the_detached_kind_has_the_textbooks_forward_and_the_detached_backward():
    network = nn.Network((5,), ["detached_batch_norm"])
    params, (x, _) = shaken(network), batch(network)
    y, run = network.forward(params, x, training=True)
    expected, cache = batch_norm_forward(x, params["gamma0"], params["beta0"])
    np.testing.assert_allclose(y, expected, atol=1e-13)
    dy = rng(1).normal(size=y.shape)
    grads, doutputs = network.backward(dy, run)
    dx, dgamma, dbeta = batch_norm_backward_detached(dy, cache)
    np.testing.assert_allclose(doutputs["x"], dx, atol=1e-13)
    np.testing.assert_allclose(grads["gamma0"], dgamma, atol=1e-13)
    np.testing.assert_allclose(grads["beta0"], dbeta, atol=1e-13)


def test_a_normalization_stands_between_affine_and_activation_of_hidden_layers_only():
    network = nn.mlp((6, 5, 4, 3), "tanh", normalization="layer_norm", dropout=0.1)
    assert [layer.name for layer in network.layers] == [
        "affine1", "layer_norm1", "tanh1", "dropout1",
        "affine2", "layer_norm2", "tanh2", "dropout2", "affine3"]


def test_a_conv_net_is_two_blocks_and_an_affine_layer():
    network = nn.conv_net()
    assert [layer.name for layer in network.layers] == [
        "conv1", "batch_norm1", "relu1", "max_pool1",
        "conv2", "batch_norm2", "relu2", "max_pool2", "affine3"]
    assert network.layers[-2].shape == (16, 2, 2) and network.output_shape == (10,)
    assert network.param_shapes()["w2"] == (16, 8, 3, 3)


def test_a_statistic_a_pixel_has_a_gamma_a_pixel():
    shapes = nn.conv_net(normalization="pixel_batch_norm").param_shapes()
    assert shapes["gamma1"] == (8 * 8 * 8,) and shapes["gamma2"] == (16 * 4 * 4,)


def test_any_list_of_layers_is_a_network_and_no_two_share_a_name():
    network = nn.Network((1, 4, 4), ["relu", nn.layer("affine", width=3), "rms_norm",
                                     "relu", "relu", "rms_norm", "layer_norm"])
    names = [layer.name for layer in network.layers]
    assert names == ["relu0", "affine1", "rms_norm1", "relu1", "relu1'", "rms_norm1'",
                     "layer_norm1''"]
    assert list(network.param_shapes()) == [
        "w1", "b1", "gamma1", "gamma1'", "gamma1''", "beta1''"]


def test_a_reader_can_add_a_kind(monkeypatch):
    double = nn.Kind(lambda x: (2 * x, None), lambda dy, cache: 2 * dy)
    monkeypatch.setitem(nn.LAYERS, "double", double)
    network = nn.Network((3,), ["double", "double"])
    y, run = network.forward({}, np.ones((2, 3)), training=True)
    np.testing.assert_array_equal(y, np.full((2, 3), 4))
    np.testing.assert_array_equal(network.input_gradient(y, run), np.full((2, 3), 16))


def with_options(kind):
    """The kind with what it has to be given, small."""
    needed = [name for name, default in nn.LAYERS[kind].options.items()
              if default is None]
    return nn.layer(kind, **dict.fromkeys(needed, "x" if kind == "add" else 4))


@pytest.mark.parametrize("kind", nn.LAYERS)
def test_a_new_network_with_any_kind_tells_its_inputs_apart_and_learns(kind):
    network = nn.Network((2, 8, 8), ["relu", with_options(kind),
                                     nn.layer("affine", width=3)])
    x, labels = batch(network, 12)
    params = network.initial_params(rng(1))
    scores = network.forward(params, x, rng=rng(2), training=True)[0]
    assert (scores.std(axis=0) > 1e-3).all()
    before = {name: p.copy() for name, p in params.items()}
    losses = []
    for _ in range(30):
        step = nn.loss_and_grads(network, params, x, labels, rng=rng(2))
        losses.append(step.loss)
        params, _ = nn.sgd(params, step.grads, {}, lr=0.05)
    assert losses[-1] < 0.5 * losses[0]
    for name in params:
        assert np.abs(params[name] - before[name]).max() > 1e-6, name


@pytest.mark.parametrize("name", ["weight", "g"])
def test_a_parameters_name_decides_neither_start_nor_decay(monkeypatch, name):
    gain = nn.Kind(lambda x, g: (g * x, (x, g)),
                   lambda dy, cache: (cache[1] * dy, (cache[0] * dy).sum(0)),
                   params=lambda shape, options: {name: nn.Param(shape, 1, False)})
    monkeypatch.setitem(nn.LAYERS, "gain", gain)
    network = nn.Network((3,), ["gain", nn.layer("affine", width=2)])
    params, x = network.initial_params(rng(1)), batch(network, 4)[0]
    np.testing.assert_array_equal(params[name + "0"], np.ones(3))
    labels = np.array([0, 1, 0, 1])
    plain = nn.loss_and_grads(network, params, x, labels)
    decayed = nn.loss_and_grads(network, params, x, labels, weight_decay=0.5)
    for other in params:
        same = np.array_equal(plain.grads[other], decayed.grads[other])
        assert same == (other != "w1")


def test_the_activations_are_the_hidden_outputs_in_order():
    network, params, x, _ = mlp_case("batch_norm", "sigmoid")
    _, run = network.forward(params, x, training=True)
    first, second = network.activations(run)
    assert first is run.outputs["sigmoid1"] and second is run.outputs["sigmoid2"]


@pytest.mark.parametrize("case", [mlp_case("batch_norm"), conv_case("layer_norm")])
def test_a_gradient_comes_for_every_output_and_every_parameter(case):
    network, params, x, _ = case
    y, run = network.forward(params, x, training=True)
    grads, doutputs = network.backward(y, run)
    assert {n: g.shape for n, g in grads.items()} == network.param_shapes()
    expected = {n: a.shape for n, a in run.outputs.items()} | {"x": x.shape}
    assert {n: g.shape for n, g in doutputs.items()} == expected


def test_a_bias_before_batch_norm_receives_nothing():
    grads = nn.loss_and_grads(*mlp_case("batch_norm")).grads
    assert max(np.abs(grads[name]).max() for name in ("b1", "b2")) < 1e-14
    assert np.abs(grads["b3"]).max() > 1e-3


@pytest.mark.parametrize("case", [mlp_case("batch_norm"), conv_case("instance_norm")])
def test_edits_after_the_forward_change_no_gradient(case):
    network, params, x, _ = case
    y, run = network.forward(params, x, state=network.initial_state(), training=True)
    dy = rng(8).normal(size=y.shape)
    before, _ = network.backward(dy, run)
    for array in (x, *params.values(), *run.outputs.values()):
        array[:] = 9
    after, _ = network.backward(dy, run)
    for name in before:
        np.testing.assert_array_equal(after[name], before[name])


def test_the_output_gradients_are_not_the_callers_array():
    network, params, x, _ = mlp_case()
    dy = np.ones((7, 3))
    _, doutputs = network.backward(dy, network.forward(params, x, training=True)[1])
    dy[:] = 9
    np.testing.assert_array_equal(doutputs["affine3"], np.ones((7, 3)))


def test_several_forwards_have_each_its_own_gradient_and_they_add_up():
    network, params, x, _ = mlp_case("layer_norm")  # rows on their own
    dy = rng(8).normal(size=(7, 3))
    whole, _ = network.backward(dy, network.forward(params, x, training=True)[1])
    runs = [network.forward(params, part, training=True)[1] for part in (x[:3], x[3:])]
    first, second = (network.backward(part, run)[0]
                     for part, run in zip((dy[:3], dy[3:]), runs))
    for name, g in nn.added(first, second).items():
        np.testing.assert_allclose(g, whole[name], atol=1e-13)


def test_the_same_seed_gives_the_same_weights_with_any_normalization_and_scale():
    plain = nn.mlp((6, 5, 4, 3)).initial_params(rng(3), 0.5)
    normed = nn.mlp((6, 5, 4, 3), normalization="batch_norm").initial_params(
        rng(3), 0.25, np.float32)
    for i in (1, 2, 3):
        np.testing.assert_array_equal(np.float32(plain[f"w{i}"]), 2 * normed[f"w{i}"])
    np.testing.assert_array_equal(normed["gamma2"], np.ones(4))
    assert not any(normed[n].any() for n in ("b1", "b2", "b3", "beta1", "beta2"))
    assert {p.dtype for p in normed.values()} == {np.dtype("float32")}


@pytest.mark.parametrize("normalization", [None, *RIGHT])
def test_float32_stays_float32(normalization):
    network, params, x, labels = conv_case(normalization, dropout=0.5)
    params = {name: np.float32(p) for name, p in params.items()}
    step = nn.loss_and_grads(network, params, np.float32(x), labels, rng=rng(),
                             weight_decay=0.1, state=network.initial_state())
    assert step.scores.dtype == np.float32
    assert {g.dtype for g in step.grads.values()} == {np.dtype("float32")}


@pytest.mark.parametrize("case", [nn.mlp((64, 50, 10), normalization="batch_norm"),
                                  nn.conv_net()])
def test_the_first_loss_is_that_of_a_guess(case):
    x = rng().normal(size=(50, *case.input_shape))
    params = case.initial_params(rng(1), 1e-3)
    loss = nn.loss_and_grads(case, params, x, rng(2).integers(10, size=50)).loss
    # Scores are of order 1e-3 * sqrt(64): the loss differs from log K by that.
    assert loss == pytest.approx(np.log(10), abs=0.02)


@pytest.mark.parametrize("weight_decay", [np.float64(1e-3), np.float32(1e-3), 1e-3])
def test_the_rates_own_dtype_changes_none(weight_decay):
    network, params, x, labels = mlp_case("batch_norm")
    params = {name: np.float32(p) for name, p in params.items()}
    step = nn.loss_and_grads(network, params, np.float32(x), labels,
                             weight_decay=weight_decay)
    assert {g.dtype for g in step.grads.values()} == {np.dtype(np.float32)}
    assert np.asarray(step.loss).dtype == np.float32


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_is_read_as_an_array():
    network, params, x, labels = mlp_case("batch_norm")
    matrices = {n: np.matrix(p) if p.ndim == 2 else list(p) for n, p in params.items()}
    plain, read = (nn.loss_and_grads(network, p, x, labels, weight_decay=0.5)
                   for p in (params, matrices))
    assert read.loss == plain.loss
    for name, grad in plain.grads.items():
        np.testing.assert_array_equal(read.grads[name], grad)
        assert type(read.grads[name]) is np.ndarray


@pytest.mark.parametrize("case", [mlp_case("batch_norm"), conv_case("layer_norm")])
def test_no_rows_have_no_scores_at_test_time(case):
    network, params, x, _ = case
    state = nn.statistics(network, params, x)
    assert nn.predict(network, params, state, x[:0]).shape == (0, 3)


def test_the_layer_whose_stored_statistics_lie_comes_first():
    network = nn.mlp((6, 8, 4, 3), normalization="batch_norm")
    params, (x, _) = shaken(network), batch(network, 50)
    sound = nn.statistics(network, params, x)
    for gap in nn.statistics_gaps(network, params, sound, x):
        assert gap.mean < 1e-12 and abs(gap.var - 1) < 1e-12
    for name in ("batch_norm1", "batch_norm2"):
        old = sound[name]
        width = np.sqrt(old["running_var"][2] + 1e-5)
        for key, off, mean, var in (
                ("running_mean", 3 * width * (np.arange(len(old["running_mean"])) == 2),
                 3, 1), ("running_var", 3 * (old["running_var"] + 1e-5), 0, 4)):
            state = sound | {name: old | {key: old[key] + off}}
            worst, other = nn.statistics_gaps(network, params, state, x)
            assert worst == (name, pytest.approx(mean, abs=1e-12), pytest.approx(var))
            assert other.mean < 1e-12


def test_a_layer_behind_one_that_lies_is_not_blamed():
    """No layer sees the error of one in front, and nothing moves."""
    network = nn.mlp((6, 8, 4, 3), normalization="batch_norm")
    params, (x, _) = shaken(network), batch(network, 50)
    state = nn.statistics(network, params, x)
    state["batch_norm1"]["running_mean"] += 5
    kept = {name: s["running_mean"].copy() for name, s in state.items()}
    worst, other = nn.statistics_gaps(network, params, state, x)
    assert worst.layer == "batch_norm1" and other.mean < 1e-12
    for name, mean in kept.items():
        np.testing.assert_array_equal(state[name]["running_mean"], mean)


def test_weights_decay_and_nothing_else_does():
    network, params, x, labels = mlp_case("batch_norm")
    plain = nn.loss_and_grads(network, params, x, labels)
    decayed = nn.loss_and_grads(network, params, x, labels, weight_decay=0.5)
    squares = sum((params[name] ** 2).sum() for name in ("w1", "w2", "w3"))
    assert decayed.loss - plain.loss == pytest.approx(0.25 * squares, rel=1e-12)
    for name, p in params.items():
        more = 0.5 * p * name.startswith("w")
        np.testing.assert_allclose(decayed.grads[name], plain.grads[name] + more)


def test_running_statistics_move_in_training_only():
    network, params, x, _ = conv_case()
    state = network.initial_state()
    kept = {n: {k: np.copy(a) for k, a in s.items()} for n, s in state.items()}
    _, run = network.forward(params, x, state=state, training=True)
    h = run.outputs["conv1"]
    new = run.state["batch_norm1"]
    np.testing.assert_allclose(new["running_mean"], 0.1 * h.mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(new["running_var"], 0.9 + 0.1 * h.var(axis=(0, 2, 3)))
    assert new["num_batches"] == 1
    _, at_test_time = network.forward(params, x, state=run.state, training=False)
    for name, s in state.items():
        for key in s:
            np.testing.assert_array_equal(s[key], kept[name][key])
            np.testing.assert_array_equal(at_test_time.state[name][key],
                                          run.state[name][key])


def test_cumulative_statistics_are_those_of_all_batches():
    kind = nn.layer("batch_norm", momentum=None)
    network, params, x, _ = mlp_case(kind)
    state = network.initial_state()
    for part in (x[:2], x[2:]):
        state = network.forward(params, part, state=state, training=True)[1].state
    h = nn.affine_forward(x, params["w1"], params["b1"])[0]
    np.testing.assert_allclose(state["batch_norm1"]["running_mean"], h.mean(axis=0))


@pytest.mark.parametrize("normalization", [None, *RIGHT])
def test_with_a_batchs_own_statistics_inference_equals_training(normalization):
    network, params, x, _ = conv_case(normalization)
    state = nn.statistics(network, params, x)
    y, _ = network.forward(params, x, training=True)
    # The same arithmetic in another order: a few units in the last place.
    np.testing.assert_allclose(nn.predict(network, params, state, x), y, atol=1e-13)


def test_the_statistics_are_those_of_the_layer_before_each_batch_norm():
    network, params, x, _ = mlp_case("batch_norm", dropout=0.3)
    known = nn.statistics(network, params, x)
    without = nn.mlp((6, 8, 4, 3), "tanh", normalization="batch_norm")
    _, run = without.forward(params, x, training=True)
    for i in (1, 2):
        h, state = run.outputs[f"affine{i}"], known[f"batch_norm{i}"]
        np.testing.assert_allclose(state["running_mean"], h.mean(axis=0), atol=1e-15)
        np.testing.assert_allclose(state["running_var"], h.var(axis=0), rtol=1e-13)


@pytest.mark.parametrize("case", [mlp_case("batch_norm", dropout=0.5),
                                  conv_case("pixel_batch_norm", dropout=0.5)])
def test_in_inference_mode_a_row_does_not_depend_on_the_others(case):
    network, params, x, _ = case
    state = nn.statistics(network, params, x + 1)
    together = nn.predict(network, params, state, x)
    alone = np.concatenate([nn.predict(network, params, state, row[None]) for row in x])
    np.testing.assert_allclose(alone, together, atol=1e-13)
    trained, _ = network.forward(params, x, training=True, rng=rng())
    assert not np.allclose(together, trained)


def test_accuracy_counts_rows_and_calls_nan_wrong():
    logits = [[1, 0], [0, 1], [5, 2], [np.nan, 0], [2, np.nan]]
    assert nn.accuracy(logits, [0, 1, 1, 0, 0]) == 2 / 5


NET = nn.mlp((6, 5, 3), normalization="batch_norm")
P = NET.initial_params(rng())
X, LABELS = rng().normal(size=(4, 6)), np.zeros(4, int)
BATCH_NORM_STATE = NET.initial_state()["batch_norm1"]
DROPPING = nn.mlp((6, 5, 3), dropout=0.5)
ERRORS = [
    (ValueError, "sizes: (6,), expected two", lambda: nn.mlp((6,))),
    (ValueError, "sizes: 0, expected at least 1", lambda: nn.mlp((6, 0, 3))),
    (TypeError, "sizes: 2.5, expected an integer", lambda: nn.mlp((6, 2.5, 3))),
    (ValueError, "activation: 'elu'", lambda: nn.mlp((6, 3), "elu")),
    (ValueError, "normalization: True, expected one of 'batch_norm', ",
     lambda: nn.mlp((6, 3), normalization=True)),
    (ValueError, "normalization: 'relu'",
     lambda: nn.mlp((6, 3), normalization=nn.layer("relu"))),
    (ValueError, "dropout: 1.5", lambda: nn.mlp((6, 5, 3), dropout=1.5)),
    (ValueError, "groups: 3, expected", lambda: nn.mlp(
        (6, 5, 3), normalization=nn.layer("group_norm", groups=3))),
    (ValueError, "kind: 'linear', expected one of 'affine', ",
     lambda: nn.layer("linear")),
    (ValueError, "size: no option of relu", lambda: nn.layer("relu", size=3)),
    (TypeError, "width: None, expected an integer",
     lambda: nn.Network((6,), ["affine"])),
    (ValueError, "specs: none", lambda: nn.Network((6,), ())),
    (TypeError, "specs: 3, expected a kind", lambda: nn.Network((6,), (3,))),
    (ValueError, "x: ", lambda: nn.Network((6,), ["max_pool"])),
    (ValueError, "params: keys []", lambda: NET.forward({}, X, training=True)),
    (ValueError, "params['w1']: shape (5, 6), expected (6, 5)",
     lambda: NET.forward(P | {"w1": P["w1"].T}, X, training=True)),
    (ValueError, "x: shape (4, 7), expected (N, 6)",
     lambda: NET.forward(P, np.ones((4, 7)), training=True)),
    (ValueError, "x: shape (0, 6)", lambda: nn.statistics(NET, P, X[:0])),
    (ValueError, "x: shape (1, 5)", lambda: nn.statistics(NET, P, X[:1])),
    (TypeError, "training: 1, expected True", lambda: NET.forward(P, X, training=1)),
    (TypeError, "rng: NoneType, expected", lambda: DROPPING.forward(
        DROPPING.initial_params(rng()), X, training=True)),
    (ValueError, "dy: shape (1, 3), expected (4, 3)",
     lambda: NET.backward(np.ones((1, 3)), NET.forward(P, X, training=True)[1])),
    (ValueError, "state: keys [], expected ['batch_norm1']",
     lambda: nn.predict(NET, P, {}, X)),
    (TypeError, "state: NoneType, expected a dict",
     lambda: nn.predict(NET, P, None, X)),
    (ValueError, "running_mean: shape (1,), expected",
     lambda: nn.predict(NET, P, {"batch_norm1": {
         "running_mean": np.ones(1), "running_var": np.ones(5), "num_batches": 1}},
        X)),
    (TypeError, "state: list, expected a dict",
     lambda: NET.forward(P, X, state={"batch_norm1": []}, training=True)),
    (ValueError, "running_var: smallest value -1.0", lambda: nn.predict(
        NET, P, {"batch_norm1": BATCH_NORM_STATE | {"running_var": -np.ones(5)}}, X)),
    (TypeError, "params: NoneType, expected a dict",
     lambda: NET.forward(None, X, training=True)),
    (ValueError, "params: keys [1, 'w1']",
     lambda: NET.forward({1: X, "w1": X}, X, training=True)),
    (TypeError, "input_shape: 5, expected several", lambda: nn.Network(5, ["relu"])),
    (TypeError, "specs: None, expected several", lambda: nn.Network((5,), None)),
    (TypeError, "specs: 'relu', expected several", lambda: nn.Network((5,), "relu")),
    (TypeError, "specs: Spec(kind='relu', options={}), expected several",
     lambda: nn.Network((5,), nn.layer("relu"))),
    (TypeError, "sizes: 5, expected several", lambda: nn.mlp(5)),
    (TypeError, "filters: 8, expected several", lambda: nn.conv_net(filters=8)),
    (ValueError, "momentum: 2, expected a number from 0 to 1",
     lambda: nn.Network((5,), [nn.layer("batch_norm", momentum=2)])),
    (TypeError, "unbiased_running_var: 'no', expected True or False",
     lambda: nn.Network((5,), [nn.layer("batch_norm", unbiased_running_var="no")])),
    (ValueError, "labels: rows of unequal length",
     lambda: nn.loss_and_grads(NET, P, X, [[0], [0, 1], [1], [2]])),
    (ValueError, "loss: 'hinge', expected one of 'softmax', 'svm'",
     lambda: nn.loss_and_grads(NET, P, X, LABELS, loss="hinge")),
    (ValueError, "weight_decay: -1",
     lambda: nn.loss_and_grads(NET, P, X, LABELS, weight_decay=-1)),
    (ValueError, "labels: shape (3,), expected (4,)",
     lambda: nn.loss_and_grads(NET, P, X, LABELS[:3])),
]


@pytest.mark.parametrize(("kind", "start", "call"), ERRORS, ids=[e[1] for e in ERRORS])
def test_bad_arguments_are_named_in_one_line(kind, start, call):
    assert_refused(kind, start, call)


BEHIND_DROPOUT = nn.Network((6,), [
    "dropout", nn.layer("affine", width=3), "batch_norm"])


@pytest.mark.parametrize("change", [
    {"labels": LABELS[:3]}, {"labels": LABELS + 3}, {"labels": LABELS.astype(float)},
    {"weight_decay": -1}, {"loss": "hinge"}, {"x": X[:1], "labels": LABELS[:1]},
    {"state": {"batch_norm1": None}}, {"state": {"batch_norm1": BATCH_NORM_STATE}},
])
def test_an_error_draws_nothing(change):
    """Also where dropout stands in front of the layer that would refuse."""
    params, generator = BEHIND_DROPOUT.initial_params(rng()), rng()
    arguments = {"x": X, "labels": LABELS, "rng": generator, **change}
    with pytest.raises((TypeError, ValueError)):
        nn.loss_and_grads(BEHIND_DROPOUT, params, **arguments)
    assert generator.bit_generator.state == rng().bit_generator.state


def test_the_state_that_comes_out_shares_no_memory_with_the_one_that_went_in():
    for training in (True, False):
        given = NET.initial_state()
        state = NET.forward(P, X, state=given, training=training)[1].state
        for name in ("running_mean", "running_var"):
            assert not np.shares_memory(
                state["batch_norm1"][name], given["batch_norm1"][name])


@pytest.mark.parametrize("trained, used", [(None, 0.9), (None, None), (0.9, None)])
def test_inference_takes_a_state_whatever_its_momentum(trained, used):
    first, second = (nn.mlp((6, 5, 3), normalization=nn.layer("batch_norm", momentum=m))
                     for m in (trained, used))
    state = first.forward(P, X, training=True, state=first.initial_state())[1].state
    np.testing.assert_array_equal(
        nn.predict(second, P, state, X), nn.predict(first, P, state, X))
