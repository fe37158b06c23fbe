"""Conventions of the frameworks: the table, and the converters over it."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from bnbook import BatchNorm
from bnbook.cs231n import batchnorm_forward
from bnbook.norm import initial_state, updated
from bnbook.norm.conventions import (
    CONVENTIONS,
    biased_variance,
    converted_momentum,
    exported,
    imported,
    unbiased_variance,
)

PARAMS = {"gamma": np.array([1.0, 2, 3]), "beta": np.array([4.0, 5, 6])}
STATE = {"running_mean": np.array([7.0, 8, 9]), "running_var": np.array([1.0, 4, 2]),
         "num_batches": 5}
NAMES = {
    "bnbook": ["gamma", "beta", "running_mean", "running_var", "num_batches"],
    "cs231n": ["gamma", "beta", "running_mean", "running_var"],
    "onnx": ["scale", "B", "input_mean", "input_var"],
    "pytorch": ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"],
    "keras": ["gamma", "beta", "moving_mean", "moving_variance"],
}


STORED = json.loads((Path(__file__).parent / "oracle/conventions.json").read_text())


@pytest.mark.parametrize("case", STORED["cases"],
                         ids=lambda c: f"{c['framework']} {np.ndim(c['x'])}")
def test_a_row_says_what_the_library_did(case):
    """One batch in training and one in inference, with the library's defaults."""
    c, x = CONVENTIONS[case["framework"]], np.array(case["x"])
    assert case["version"].startswith(c.version)
    assert set(case["new"]) == set(map("/".join, c.names.values()))
    new, trained = ({"/".join(path): np.array(case[when]["/".join(path)])
                     for path in c.names.values()} for when in ("new", "trained"))
    mean, var = ("/".join(c.names[name]) for name in ("running_mean", "running_var"))
    for name, start in zip((mean, var), c.start):
        np.testing.assert_array_equal(new[name], np.full(3, start))

    layer = BatchNorm(3, eps=c.eps, unbiased_running_var=c.running_var == "unbiased",
                      momentum=converted_momentum(
                          c.momentum, case["framework"], "bnbook"))
    layer.state["running_mean"], layer.state["running_var"] = new[mean], new[var]
    layer.forward(x, training=True)
    for ours, theirs in (("running_mean", mean), ("running_var", var)):
        np.testing.assert_allclose(layer.state[ours], trained[theirs], rtol=1e-5)
    nested = {}
    for path in c.names.values():
        place = nested.setdefault(path[0], {}) if path[1:] else nested
        place[path[-1]] = trained["/".join(path)]
    layer.params, layer.state = imported(nested, case["framework"])
    y = layer.forward(x, training=False)
    np.testing.assert_allclose(y, case["y"], rtol=1e-5, atol=1e-5)


def test_the_row_of_onnx_is_its_reference_implementations():
    c, x = CONVENTIONS["onnx"], np.random.default_rng(0).normal(1, 2, size=(6, 3))
    names = [c.names[name][0] for name in (
        "gamma", "beta", "running_mean", "running_var")]
    node = onnx.helper.make_node("BatchNormalization", ["X", *names],
                                 ["Y", "mean", "var"], training_mode=1)
    values = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.DOUBLE, None)
              for n in ("X", *names, "Y", "mean", "var")]
    graph = onnx.helper.make_graph([node], "g", values[:5], values[5:])
    opset = onnx.helper.make_opsetid("", int(c.version.split()[1]))
    model = onnx.helper.make_model(graph, opset_imports=[opset])
    given = np.ones(3), np.zeros(3), np.full(3, 5.0), np.full(3, 7.0)
    y, mean, var = ReferenceEvaluator(model).run(
        None, {"X": x, **dict(zip(names, given))})
    assert c.weighs == "old"
    np.testing.assert_allclose(mean, c.momentum * 5 + (1 - c.momentum) * x.mean(0))
    np.testing.assert_allclose(var, c.momentum * 7 + (1 - c.momentum) * x.var(0))
    np.testing.assert_allclose(y, (x - x.mean(0)) / np.sqrt(x.var(0) + c.eps))


def test_cs231ns_row_is_its_functions():
    c, x = CONVENTIONS["cs231n"], np.random.default_rng(0).normal(1, 2, size=(6, 3))
    param = {"mode": "train"}
    y, _ = batchnorm_forward(x, np.ones(3), np.zeros(3), param)
    new = 1 - c.momentum
    np.testing.assert_allclose(param["running_mean"], new * x.mean(0))
    np.testing.assert_allclose(param["running_var"], new * x.var(0))
    np.testing.assert_allclose(y, (x - x.mean(0)) / np.sqrt(x.var(0) + c.eps))


def test_every_row_says_of_what_and_where_it_was_read():
    for framework, c in CONVENTIONS.items():
        assert c.version and c.source
        assert c.source.startswith("https://") or framework == "bnbook"


def test_our_row_is_the_layers():
    ours, layer = CONVENTIONS["bnbook"], BatchNorm(1)
    assert (ours.momentum, ours.eps) == (layer.momentum, layer.eps)
    assert ours.start == (layer.state["running_mean"], layer.state["running_var"])
    assert ours.running_var == "biased" and not layer.unbiased_running_var


def test_momentum_is_turned_round_where_it_weighs_the_other_value():
    assert converted_momentum(0.1, "pytorch", "bnbook") == 0.9
    assert converted_momentum(0.25, "keras", "pytorch") == 0.75
    assert converted_momentum(0.99, "flax", "bnbook") == 0.99
    assert converted_momentum(None, "bnbook", "bnbook") is None


def test_no_momentum_is_refused_where_averages_weigh_otherwise():
    for pair in (("bnbook", "pytorch"), ("pytorch", "bnbook"), ("keras", "keras")):
        with pytest.raises(ValueError, match=r"^momentum: None, expected a number: "):
            converted_momentum(None, *pair)


def test_the_variances_convert_both_ways():
    x = np.random.default_rng(0).normal(size=(7, 3))
    for count in (2, 6, 7):
        biased, unbiased = (x[:count].var(axis=0, ddof=d) for d in (0, 1))
        np.testing.assert_allclose(unbiased_variance(biased, count), unbiased)
        np.testing.assert_allclose(biased_variance(unbiased, count), biased)
    for convert in (unbiased_variance, biased_variance):
        with pytest.raises(ValueError, match=r"^count: 1, expected at least 2$"):
            convert(np.ones(3), 1)


def test_a_whole_running_variance_converts_if_batches_are_of_one_size():
    """From a start of 0: a start of 1 is no batch's, and would be scaled too."""
    ours = theirs = initial_state(3) | {"running_var": np.zeros(3)}
    for seed in range(4):
        x = np.random.default_rng(seed).normal(size=(7, 3))
        ours = updated(ours, x.mean(0), x.var(0), 7)
        theirs = updated(theirs, x.mean(0), x.var(0), 7, unbiased_running_var=True)
    np.testing.assert_allclose(
        unbiased_variance(ours["running_var"], 7), theirs["running_var"])


@pytest.mark.parametrize("framework", NAMES)
def test_a_layers_arrays_get_the_frameworks_names(framework):
    theirs = exported(PARAMS, STATE, framework)
    assert list(theirs) == NAMES[framework]
    for value, name in zip(theirs.values(), [*PARAMS, *STATE]):
        np.testing.assert_array_equal(value, {**PARAMS, **STATE}[name])


def test_flax_keeps_two_collections():
    theirs = exported(PARAMS, STATE, "flax")
    assert {name: list(part) for name, part in theirs.items()} == {
        "params": ["scale", "bias"], "batch_stats": ["mean", "var"]}
    np.testing.assert_array_equal(theirs["batch_stats"]["var"], STATE["running_var"])


@pytest.mark.parametrize("framework", CONVENTIONS)
def test_there_and_back_gives_the_same_y_and_shares_no_memory(framework):
    theirs = exported(PARAMS, STATE, framework)
    params, state = imported(theirs, framework)
    a, b = BatchNorm(3), BatchNorm(3)
    a.params, a.state, b.params, b.state = PARAMS, STATE, params, state
    x = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_array_equal(a.forward(x, False), b.forward(x, False))
    kept = "num_batches" in CONVENTIONS[framework].names
    assert state["num_batches"] == (5 if kept else 0)
    assert not np.shares_memory(params["gamma"], PARAMS["gamma"])


def test_a_cumulative_layer_comes_back_with_its_count():
    state = STATE | {"num_values": 40}
    assert imported(exported(PARAMS, state, "bnbook"), "bnbook")[1]["num_values"] == 40


@pytest.mark.parametrize("given, gamma, beta", [
    ({"beta": np.array([4, 5.0])}, [1, 1], [4, 5]),
    ({"gamma": np.array([4, 5.0])}, [4, 5], [0, 0]),
])
def test_a_parameter_that_keras_left_out_is_1_or_0(given, gamma, beta):
    params, state = imported(given, "keras")
    np.testing.assert_array_equal(params["gamma"], gamma)
    np.testing.assert_array_equal(params["beta"], beta)
    assert state == {}


def test_no_arrays_are_a_layer_without_parameters_and_state():
    assert imported(exported({}, {}, "pytorch"), "pytorch") == ({}, {})


@pytest.mark.parametrize("values, framework, message", [
    ({}, ["keras"], "framework: ['keras'], expected one of 'bnbook', 'cs231n', 'onnx', "
     "'pytorch', 'keras', 'flax'"),
    (None, "keras", "values: NoneType, expected a dict"),
    ({"running_mean": [1], "running_var": [1], "num_batches_tracked": 3.7}, "pytorch",
     "num_batches_tracked: 3.7, expected an integer"),
    ({}, "theano", "framework: 'theano', expected one of 'bnbook', 'cs231n', 'onnx', "
     "'pytorch', 'keras', 'flax'"),
    ({"gamma": 1}, "pytorch", "values: pytorch has no gamma, expected weight, bias, "
     "running_mean, running_var, num_batches_tracked"),
    ({"params": {"gamma": 1}}, "flax", "values: flax has no params/gamma, expected "
     "params/scale, params/bias, batch_stats/mean, batch_stats/var"),
    ({"moving_mean": np.ones(3)}, "keras",
     "values: no moving_variance, expected both statistics or none"),
])
def test_imported_refuses(values, framework, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        imported(values, framework)
    assert str(caught.value) == message


def test_a_count_of_shape_1_is_a_count():
    values = {"running_mean": [1.0], "running_var": [1.0], "num_batches_tracked": [7]}
    assert imported(values, "pytorch")[1]["num_batches"] == 7


def test_onnx_gets_the_scale_and_the_shift_that_it_needs():
    theirs = exported({}, STATE, "onnx")
    assert list(theirs) == ["scale", "B", "input_mean", "input_var"]
    np.testing.assert_array_equal(theirs["scale"], np.ones(3))
    np.testing.assert_array_equal(theirs["B"], np.zeros(3))
    layer = BatchNorm(3, affine=False)
    layer.state = STATE
    x = np.random.default_rng(0).normal(size=(4, 3))
    params, state = imported(theirs, "onnx")
    other = BatchNorm(3)
    other.params, other.state = params, state
    np.testing.assert_array_equal(layer.forward(x, False), other.forward(x, False))


@pytest.mark.parametrize("value, words", [
    (None, "dtype object"), ("1", "dtype <U1"), (np.ma.ones(3), "a masked array"),
    (np.ones(3, bool), "dtype bool"), (np.ones((1, 3)), "shape (1, 3)"),
    (np.ones(2), "shape (2,)"), (np.ones(3, complex), "dtype complex128")])
@pytest.mark.parametrize("framework", CONVENTIONS)
def test_arrays_are_checked_both_ways(value, words, framework):
    for part, name in (("params", "beta"), ("state", "running_var")):
        given = {"params": PARAMS, "state": STATE}
        given[part] = given[part] | {name: value}
        with pytest.raises((TypeError, ValueError)) as caught:
            exported(given["params"], given["state"], framework)
        assert str(caught.value).startswith(f"{part}[{name!r}]: {words}")
        path = CONVENTIONS[framework].names[name]
        theirs = exported(PARAMS, STATE, framework)
        place = theirs[path[0]] if path[1:] else theirs
        place[path[-1]] = value
        with pytest.raises((TypeError, ValueError)) as caught:
            imported(theirs, framework)
        assert str(caught.value).startswith(f"{'/'.join(path)}: {words}")


@pytest.mark.parametrize("params, state", [
    (None, STATE), (PARAMS, None), ({"weight": np.ones(3)}, STATE), (PARAMS, {"a": 1})])
def test_exported_refuses_other_dicts(params, state):
    with pytest.raises((TypeError, ValueError), match=r"^(params|state): .*expected"):
        exported(params, state, "keras")
