import pickle
from functools import partial

import numpy as np
import pytest

from bnbook import nn
from common import assert_refused, rng

NORMED = nn.mlp((6, 8, 3), normalization="batch_norm", dropout=0.2)
SETTINGS = {"batch_size": 4, "lr": 0.05, "seed": 3}


def rows(network=NORMED, n=11, seed=1):
    r = rng(seed)
    return r.normal(size=(n, *network.input_shape)), r.integers(3, size=n)


def trainer(network=NORMED, **options):
    settings = {"validation": rows(network, 5, 2)} | SETTINGS | options
    return nn.Trainer(network, *rows(network), **settings)


def leaves(value):
    """Every number in a tree of dicts and tuples, by its path."""
    if isinstance(value, tuple):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return {"": np.asarray(value)}
    return {f"{key}/{path}": a for key, inner in value.items()
            for path, a in leaves(inner).items()}


def assert_same(a, b):
    a, b = leaves(tuple(a)), leaves(tuple(b))
    assert a.keys() == b.keys()
    for path in a:
        assert a[path].dtype == b[path].dtype
        np.testing.assert_array_equal(a[path], b[path], err_msg=path)


class StopAfter:
    """A report that raises, as Ctrl-C would, at its n-th line."""

    def __init__(self, n):
        self.left = n

    def __call__(self, line):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


every_optimizer = pytest.mark.parametrize("optimizer", nn.OPTIMIZERS)


@every_optimizer
@pytest.mark.parametrize("steps", [1, 3, 4])
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(optimizer, steps):
    expected = trainer(optimizer=optimizer, lr_decay=0.9).run(4)
    stopped = trainer(optimizer=optimizer, lr_decay=0.9, report=StopAfter(steps),
                      report_every=1)
    with pytest.raises(KeyboardInterrupt):
        stopped.run(4)
    assert stopped.progress.steps == steps
    assert_same(stopped.run(4), expected)


def test_an_interrupt_inside_a_step_loses_that_step_alone():
    expected = trainer().run(2)
    calls = iter([None, None, KeyboardInterrupt])

    def interrupted(*args, lr):
        if next(calls, None):
            raise KeyboardInterrupt
        return nn.OPTIMIZERS["sgd"](*args, lr=lr)

    stopped = trainer(optimizer=interrupted)
    with pytest.raises(KeyboardInterrupt):
        stopped.run(2)
    assert stopped.progress.steps == 2
    assert_same(stopped.run(2), expected)


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_run_goes_on_from_a_file(optimizer, dtype, tmp_path):
    x, labels = rows()
    make = partial(nn.Trainer, NORMED, x.astype(dtype), labels, optimizer=optimizer,
                   validation=(x[:5].astype(dtype), labels[:5]), **SETTINGS)
    expected = make().run(4)
    first, second = make(), make()
    first.run(2)
    first.save(tmp_path / "here.npz")
    second.load(tmp_path / "here.npz")
    assert_same(second.progress, first.progress)
    assert_same(second.run(4), expected)


def test_a_trainer_can_be_pickled_half_way():
    expected = trainer(optimizer="adam").run(3)
    half = trainer(optimizer="adam")
    half.run(1)
    assert_same(pickle.loads(pickle.dumps(half)).run(3), expected)


def test_a_conv_net_with_cumulative_statistics_goes_on_from_a_file(tmp_path):
    network = nn.conv_net((1, 4, 4), (2, 3), 3, dropout=0.1,
                          normalization=nn.layer("batch_norm", momentum=None))
    expected = trainer(network).run(2)
    first, second = trainer(network), trainer(network)
    first.run(1)
    first.save(tmp_path / "here")
    second.load(tmp_path / "here")
    assert_same(second.run(2), expected)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "here.npz"
    nn.save(path, {"a": {"b": np.arange(3.0)}, "n": 7})

    def write_half(file, array, **keywords):
        file.write(bytes(8))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(np.lib.format, "write_array", write_half)
        nn.save(path, {"a": np.zeros(3)})
    tree = nn.load(path)
    np.testing.assert_array_equal(tree["a"]["b"], [0, 1, 2])
    assert tree["n"] == 7 and type(tree["n"]) is int


def test_the_same_seed_repeats_bit_for_bit_and_another_does_not():
    assert_same(trainer().run(2), trainer().run(2))
    other = trainer(seed=4).run(2)
    assert not np.array_equal(trainer().run(2).params["w1"], other.params["w1"])


def test_training_changes_no_argument_and_keeps_none():
    x, labels = rows()
    params = NORMED.initial_params(rng())
    kept = {name: p.copy() for name, p in params.items()}
    t = nn.Trainer(NORMED, x, labels, params=params, **SETTINGS)
    expected = nn.Trainer(NORMED, x, labels, params=params, **SETTINGS).run(2)
    assert all(np.array_equal(params[n], kept[n]) for n in kept)
    for array in (x, labels, *params.values()):
        array[:] = 0
    assert_same(t.run(2), expected)


def test_a_run_is_the_steps_it_says():
    t = trainer(optimizer="momentum", weight_decay=0.1, loss="svm", validation=None)
    params, state, carried = t.progress.params, t.progress.state, {}
    order = rng(np.random.SeedSequence(3, spawn_key=(1, 0))).permutation(11)
    for k, chosen in enumerate(np.array_split(order, 3)):
        masks = rng(np.random.SeedSequence(3, spawn_key=(2, k)))
        step = nn.loss_and_grads(NORMED, params, t.x[chosen], t.labels[chosen],
                                 loss="svm", weight_decay=0.1, state=state, rng=masks)
        state = step.state
        params, carried = nn.OPTIMIZERS["momentum"](params, step.grads, carried,
                                                    lr=0.05)
    now = t.run(1)
    assert now.loss[-1] == step.loss
    assert_same((now.params, now.state, now.optimizer_state), (params, state, carried))


def test_the_learning_rate_decays_after_each_epoch():
    rates = []

    def noted(params, grads, state, *, lr):
        rates.append(lr)
        return params, state

    trainer(optimizer=noted, lr_decay=0.5).run(3)
    assert rates == 3 * [0.05] + 3 * [0.025] + 3 * [0.0125]


def test_an_optimizer_may_treat_layers_differently():
    def first_layer_frozen(params, grads, state, *, lr):
        moving = {n: g for n, g in grads.items() if not n.endswith("1")}
        new, state = nn.adam({n: params[n] for n in moving}, moving, state, lr=lr)
        return params | new, state

    t = trainer(optimizer=first_layer_frozen)
    before = t.progress.params
    after = t.run(2).params
    assert all(np.array_equal(before[n], after[n]) == n.endswith("1") for n in before)


def test_the_history_has_a_loss_a_step_and_accuracies_an_epoch():
    now = trainer().run(4)
    assert len(now.loss) == len(now.accuracy) == 12
    assert len(now.train_accuracy) == len(now.val_accuracy) == 4
    assert now.val_accuracy[-1] == nn.evaluate(NORMED, now.params, now.state,
                                               *rows(n=5, seed=2))


def test_the_best_parameters_are_those_of_the_first_best_epoch():
    now = trainer(lr=0.5).run(8)
    first = 1 + now.val_accuracy.index(max(now.val_accuracy))
    assert_same((now.best_params,), (trainer(lr=0.5).run(first).params,))
    assert now.val_accuracy.count(max(now.val_accuracy)) > 1
    validation = rows(n=5, seed=2)
    best = nn.evaluate(NORMED, now.best_params, now.best_state, *validation)
    assert best == max(now.val_accuracy) > now.val_accuracy[-1]


def test_progress_is_told_every_so_often_and_after_each_epoch():
    lines = []
    trainer(report=lines.append, report_every=2).run(2)
    assert [line.split(":")[0] for line in lines] == [
        "epoch 1 of 2, step 2", "epoch 1 of 2, step 3", "epoch 2 of 2, step 4",
        "epoch 2 of 2, step 6"]
    assert "validation" in lines[1] and "validation" not in lines[0]


def test_training_is_silent_unless_asked(capsys):
    trainer().run(1)
    assert capsys.readouterr() == ("", "")


def test_without_running_statistics_validation_uses_those_of_the_training_rows():
    t = trainer(track_running_stats=False)
    now = t.run(2)
    assert now.state == {}
    exact = nn.statistics(NORMED, now.params, t.x)
    assert now.val_accuracy[-1] == nn.evaluate(NORMED, now.params, exact,
                                               *rows(n=5, seed=2))


@pytest.mark.parametrize("network", [
    nn.mlp((6, 20, 3), normalization="batch_norm"),
    nn.conv_net((1, 8, 8), (4, 4), 3)], ids=["dense", "conv"])
def test_a_tiny_set_is_learned_by_heart(network):
    x, labels = rows(network, 8)
    now = nn.Trainer(network, x, labels, optimizer="adam", lr=0.01).run(80)
    state = nn.statistics(network, now.params, x)
    assert now.loss[-1] < 0.05
    assert nn.evaluate(network, now.params, state, x, labels) == 1


def test_train_is_a_trainers_run():
    x, labels = rows()
    params = NORMED.initial_params(rng())
    new, log = nn.train(NORMED, params, x, labels, epochs=2, **SETTINGS)
    now = nn.Trainer(NORMED, x, labels, params=params, **SETTINGS).run(2)
    assert_same((new,), (now.params,))
    assert log.loss.shape == log.accuracy.shape == (2, 3)
    np.testing.assert_array_equal(log.loss.ravel(), now.loss)


def test_no_epoch_leaves_a_batch_of_one():
    x, labels = rows(n=7)
    # 7 rows at most 3 at a time: 3, 2, 2; batch norm would refuse a batch of one.
    assert nn.train(NORMED, NORMED.initial_params(rng()), x, labels, epochs=1,
                    batch_size=3)[1].loss.shape == (1, 3)


def test_a_batch_of_one_is_enough_where_a_channel_still_has_values():
    network = nn.conv_net((1, 4, 4), (2,), 3)
    x, labels = rows(network, 3)
    assert np.isfinite(nn.Trainer(network, x, labels, batch_size=1).run(1).loss).all()


def test_a_run_that_diverges_warns_of_nothing_and_counts_as_wrong():
    network = nn.mlp((6, 50, 50, 50, 3))
    x, labels = rows(network, 20)
    params, log = nn.train(network, network.initial_params(rng(), 10.0), x, labels,
                           epochs=20, batch_size=20, lr=10.0)
    assert np.isnan(log.loss[-1]).all() and (log.accuracy[-1] == 0).all()
    assert nn.evaluate(network, params, {}, x, labels) == 0


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
    network = nn.mlp((6, 4, 3, 10), normalization="batch_norm")
    curve = curves["relu", "he", True]
    for k, seed in enumerate((3, 8)):
        params = network.initial_params(rng(seed), "he", np.float32)
        params, log = nn.train(network, params, x, labels, epochs=2, batch_size=5,
                               lr=0.5, seed=seed)
        parts = [part.mean() for part in np.array_split(log.accuracy.ravel(), 4)]
        np.testing.assert_array_equal(curve.train[k], parts)
        state = nn.statistics(network, params, x)
        assert curve.test[k] == nn.evaluate(network, params, state, x_test, test_labels)


X, LABELS = rows(n=7)
make = partial(nn.Trainer, NORMED, X, LABELS)
FILE = {"params": {"w1": np.ones(2)}}
ERRORS = [
    (ValueError, "batch_size: 0, expected at least 1", lambda: make(batch_size=0)),
    (ValueError, "batch_size: 1 leaves a batch of one", lambda: make(batch_size=1)),
    (ValueError, "batch_size: 2 leaves a batch of one", lambda: make(batch_size=2)),
    (TypeError, "epochs: True, expected an integer", lambda: make().run(True)),
    (TypeError, "seed: 0.5, expected an integer", lambda: make(seed=0.5)),
    (ValueError, "lr: -1", lambda: make(lr=-1)),
    (ValueError, "lr_decay: -1", lambda: make(lr_decay=-1)),
    (ValueError, "weight_decay: -1", lambda: make(weight_decay=-1)),
    (ValueError, "loss: 'l2', expected one of", lambda: make(loss="l2")),
    (ValueError, "optimizer: 'lion', expected one of 'sgd', ",
     lambda: make(optimizer="lion")),
    (ValueError, "init: 'lecun'", lambda: make(init="lecun")),
    (ValueError, "labels: shape (6,), expected (7,)",
     lambda: nn.Trainer(NORMED, X, LABELS[:6])),
    (ValueError, "labels: values from", lambda: make(validation=(X, LABELS + 3))),
    (TypeError, "x: dtype complex128", lambda: nn.Trainer(NORMED, X + 0j, LABELS)),
    (TypeError, "report: str, expected a function", lambda: make(report="yes")),
    (TypeError, "track_running_stats: 1, expected True or False",
     lambda: make(track_running_stats=1)),
    (ValueError, "points: 9, expected at most the number of batches, 8",
     lambda: nn.accuracy_curves((np.ones((20, 6)), np.zeros(20, int)) * 2, ["he"],
                                hidden=(4,), epochs=2, batch_size=5, points=9)),
]


@pytest.mark.parametrize(("kind", "start", "call"), ERRORS, ids=[e[1] for e in ERRORS])
def test_bad_arguments_are_named_in_one_line(kind, start, call):
    assert_refused(kind, start, call)


def test_a_file_of_another_optimizer_is_refused_and_changes_nothing(tmp_path):
    other, t = make(optimizer="momentum"), make(optimizer="adam")
    other.run(1)
    other.save(tmp_path / "other.npz")
    before = t.progress
    with pytest.raises(ValueError, match=r"other.npz: optimizer: 'momentum', expected"):
        t.load(tmp_path / "other.npz")
    assert t.progress is before


@pytest.mark.parametrize("argument, value", [
    ("optimizer", "adagrad"), ("batch_size", 4), ("x", X[:6]), ("seed", 1),
    ("loss", "svm"), ("track_running_stats", False),
    ("network", nn.mlp((6, 4, 3), "tanh", normalization="batch_norm"))])
def test_a_file_of_another_trainer_is_refused(argument, value, tmp_path):
    given = {"network": NORMED, "x": X, "optimizer": "rmsprop", argument: value}
    other = nn.Trainer(labels=LABELS[:len(given["x"])], **given)
    other.run(1)
    other.save(tmp_path / "other.npz")
    t = make(optimizer="rmsprop")
    before = t.progress
    name = {"x": "rows"}.get(argument, argument)
    assert_refused(ValueError, f"path: {tmp_path}/other.npz: {name}: ",
                   lambda: t.load(tmp_path / "other.npz"))
    assert t.progress is before


def test_another_rate_is_no_other_run(tmp_path):
    first, second = make(), make(lr=0.01, weight_decay=0.1)
    first.run(1)
    first.save(tmp_path / "here.npz")
    second.load(tmp_path / "here.npz")
    assert_same(second.progress, first.progress)


@pytest.mark.parametrize("where, value", [
    ("steps", "6"), ("steps", np.nan), ("steps", -7), ("steps", None), ("steps", True),
    ("loss", np.ones(3)), ("loss", None), ("accuracy", 0.5), ("val_accuracy", ["a"]),
    ("val_accuracy", np.ones(3)), ("train_accuracy", None),
    ("best_params/w1", np.ones(2)), ("best_params", None),
    ("best_state/batch_norm1/running_var", -np.ones(4)), ("state", None),
    ("params/w1", np.ones(2)), ("params/w9", np.ones(2)), ("params", None),
    ("optimizer_state/v/w1", -np.ones((6, 4))), ("optimizer_state/t", -1),
    ("optimizer_state/m", None), ("made_by/rows", 21), ("made_by", None), ("x", 1)])
def test_a_malformed_progress_is_refused_with_its_path(where, value, tmp_path):
    t, path = make(optimizer="adam", validation=(X, LABELS)), tmp_path / "here.npz"
    t.run(2)
    before = t.progress
    t.save(path)
    tree = nn.load(path)
    *parents, name = where.split("/")
    inner = tree
    for parent in parents:
        inner = inner[parent]
    inner.pop(name, None) if value is None else inner.update({name: value})
    nn.save(path, tree)
    assert_refused(ValueError, f"path: {path}: ", lambda: t.load(path))
    assert t.progress is before


def test_a_report_that_trains_on_repeats_no_rows():
    def report(line):
        if t.progress.steps == 1:
            t.run(1)

    t = make(report=report, report_every=1)
    assert_same(t.run(2), make().run(2))


def test_one_row_is_enough_to_validate():
    progress = make(validation=(X[:1], LABELS[:1])).run(1)
    assert len(progress.val_accuracy) == 1


@pytest.mark.parametrize("tree, kind, start", [
    ({"a/b": 1}, ValueError, "tree: name 'a/b', expected a string without \"/\""),
    ({"a": {1: 2}}, ValueError, "tree: name 1, expected a string"),
    ({"a": {"b": None}}, TypeError, "a/b: dtype object, expected numbers"),
])
def test_what_could_not_be_loaded_is_not_saved(tree, kind, start, tmp_path):
    path = tmp_path / "here.npz"
    nn.save(path, {"a": 1})
    with pytest.raises(kind) as raised:
        nn.save(path, tree)
    assert str(raised.value).startswith(start)
    assert nn.load(path) == {"a": 1}


def test_every_other_name_can_be_saved(tmp_path):
    tree = {"file": 1, "allow_pickle": 2, "args": {"file": 3}}
    nn.save(tmp_path / "here.npz", tree)
    assert nn.load(tmp_path / "here.npz") == tree


def test_a_file_of_another_network_is_refused_and_changes_nothing(tmp_path):
    t = make()
    t.run(1)
    before = t.progress
    nn.save(tmp_path / "other.npz", FILE)
    with pytest.raises(ValueError, match=r"other.npz: made_by: keys \[\]"):
        t.load(tmp_path / "other.npz")
    assert t.progress is before
