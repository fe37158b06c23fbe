"""The graph: it runs as data says, keeps all it did, and refuses what does not fit."""

import numpy as np
import pytest

from bnbook.graph import (
    BATCH_NORM,
    INFERENCE,
    OPS,
    RMS_NORM,
    Step,
    graph_inputs,
    paths,
    run,
    without,
)
from bnbook.graph.arguments import array, several
from bnbook.graph.ops import unbroadcast


@pytest.fixture
def inputs(rng):
    x = 3 * rng.normal(size=(7, 4)) + 1
    gamma, beta = rng.normal(size=(2, 4))
    return {"x": x, "gamma": gamma, "beta": beta, "eps": 1e-5}


@pytest.fixture
def dy(rng):
    return rng.normal(size=(7, 4))


def test_training_is_ten_named_steps_and_eps_is_an_input():
    names = " ".join(step.name for step in BATCH_NORM)
    assert names == "mu xmu sq var vareps std ivar xhat gx y"
    assert set(graph_inputs(BATCH_NORM)) == {"x", "gamma", "beta", "eps"}


def test_forward_is_the_textbook_formula(inputs):
    x, gamma, beta, eps = (inputs[name] for name in ("x", "gamma", "beta", "eps"))
    y = gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta
    np.testing.assert_allclose(run(BATCH_NORM, inputs).values["y"], y, rtol=1e-13)


def test_inference_reads_the_statistics_and_gives_the_same_output(inputs):
    x = inputs["x"]
    given = {**inputs, "mu": x.mean(0), "var": x.var(0)}
    expected = run(BATCH_NORM, inputs).values["y"]
    np.testing.assert_allclose(run(INFERENCE, given).values["y"], expected, rtol=1e-13)


def test_messages_into_a_value_add_up_to_its_gradient(inputs, dy):
    trace = run(BATCH_NORM, inputs, dy)
    for name in set(trace.grads) - {"y"}:
        total = sum(message.gradient for message in trace.into(name))
        np.testing.assert_array_equal(total, trace.grads[name])


def test_a_gradient_has_the_shape_of_its_value(inputs, dy):
    trace = run(BATCH_NORM, inputs, dy)
    assert {name: grad.shape for name, grad in trace.grads.items()} == {
        name: trace.values[name].shape for name in trace.values
    }


def test_only_x_and_xmu_receive_two_messages(inputs, dy):
    trace = run(BATCH_NORM, inputs, dy)
    twice = {name for name in trace.values if len(trace.into(name)) == 2}
    assert twice == {"x", "xmu"}


def test_a_value_used_twice_in_one_step_receives_both_messages(rng):
    a = rng.normal(size=5)
    trace = run((Step("s", "multiply", ("a", "a")),), {"a": a}, np.ones(5))
    assert len(trace.into("a")) == 2
    np.testing.assert_allclose(trace.grads["a"], 2 * a)


def test_paths_add_up_to_dx(inputs, dy):
    trace = run(BATCH_NORM, inputs, dy)
    parts = paths(trace)
    np.testing.assert_allclose(sum(parts.values()), trace.grads["x"], rtol=1e-12)
    assert all(abs(part).max() > 1e-3 for part in parts.values())


def test_what_came_by_the_variance_sends_nothing_to_the_mean(inputs, dy):
    trace = run(BATCH_NORM, inputs, dy)
    by_variance = without(trace, {("xhat", "xmu")}).grads["mu"]
    assert abs(by_variance).max() < 1e-12 * abs(trace.grads["mu"]).max()


def test_a_step_that_does_not_reach_the_output_has_no_gradient(rng):
    graph = (Step("unused", "square", ("a",)), Step("y", "add", ("a", "b")))
    trace = run(graph, {"a": rng.normal(size=3), "b": 1.0}, np.ones(3))
    assert "unused" not in trace.grads


def test_unbroadcast_sums_the_copies():
    gradient = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(unbroadcast(gradient, (4,)), gradient.sum((0, 1)))
    kept = unbroadcast(gradient, (2, 1, 4))
    np.testing.assert_array_equal(kept, gradient.sum(1, keepdims=True))
    assert unbroadcast(gradient, ()) == gradient.sum()


def test_the_axes_of_the_mean_are_a_parameter_of_the_run(rng):
    x = rng.normal(size=(5, 6))
    given = {"x": x, "gamma": 2.0, "beta": 1.0, "eps": 0.0}
    by_row = run(BATCH_NORM, given, axes=1).values["xhat"]
    np.testing.assert_allclose(by_row.mean(1), 0, atol=1e-14)
    np.testing.assert_allclose(by_row.std(1), 1, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, complex])
def test_the_dtype_of_the_arrays_stays(inputs, dtype):
    given = {name: np.asarray(value, dtype=dtype) for name, value in inputs.items()}
    given["eps"] = 1e-3
    assert all(v.dtype == dtype for v in run(BATCH_NORM, given).values.values())


def test_integers_become_float64():
    trace = run(BATCH_NORM, {"x": [[1], [2], [4]], "gamma": 1, "beta": 0, "eps": 1e-5})
    assert trace.values["y"].dtype == np.float64


def test_no_input_changes_and_none_is_kept(inputs, dy):
    before = {name: np.copy(value) for name, value in inputs.items()}
    trace = run(BATCH_NORM, inputs, dy)
    for name, value in before.items():
        np.testing.assert_array_equal(inputs[name], value)
        assert not np.shares_memory(trace.values[name], inputs[name])
    dx = trace.grads["x"].copy()
    dy[:] = 0
    np.testing.assert_array_equal(without(trace, ()).grads["x"], dx)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"eps": None}, r"^eps: dtype object, expected real or complex numbers$"),
        ({"x": np.ones((3, 4), bool)}, r"^x: dtype bool, expected real or complex"),
        ({"x": np.ma.ones((7, 4))}, r"^x: a masked array, expected a plain one"),
        ({"x": [[1.0], [1.0, 2.0]]}, r"^x: rows of unequal length, expected an array$"),
        ({"x": np.ones((0, 4))}, r"^x: shape \(0, 4\), expected values$"),
        ({"gamma": np.ones(5)}, r"^step gx: multiply of gamma \(5,\), xhat \(7, 4\): "),
        ({"delta": 1.0}, r"^inputs: got .*'delta'.*, expected \['beta', 'eps'"),
    ],
)
def test_bad_input_is_named_in_one_line(inputs, change, message):
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        run(BATCH_NORM, {**inputs, **change})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("upstream, message", [
    (np.ones(4), r"^upstream: shape \(4,\), expected \(7, 4\)$"),
    (np.ones((7, 4), complex), "^upstream: dtype complex128, expected real numbers$"),
    (np.ones((7, 4), bool), "^upstream: dtype bool, expected real numbers$"),
    (np.full((7, 4), None), "^upstream: dtype object, expected real numbers$"),
])
def test_a_bad_upstream_gradient_is_named_in_one_line(inputs, upstream, message):
    with pytest.raises((TypeError, ValueError), match=message):
        run(BATCH_NORM, inputs, upstream)


def test_an_op_that_the_table_lacks_is_named():
    with pytest.raises(ValueError, match=r"^step y: exp of a \(\): 'exp'$"):
        run((Step("y", "exp", ("a",)),), {"a": 1.0})


def test_a_step_that_reads_what_comes_later_is_named(inputs):
    with pytest.raises(ValueError, match=r"^step y: add of gx \(\), beta \(.*: 'gx'$"):
        run(BATCH_NORM[::-1], inputs)


def test_axes_that_are_no_axes_are_named(inputs):
    with pytest.raises(ValueError, match=r"^step mu: mean of x \(7, 4\): "):
        run(BATCH_NORM, inputs, axes=5)


def test_every_op_writes_as_many_messages_as_it_computes(rng):
    for name, op in OPS.items():
        args = rng.uniform(1, 2, size=(len(op.rules), 3, 2))
        step = Step("y", name, tuple("ab")[:len(op.rules)])
        trace = run((step,), dict(zip("ab", args)), op.forward(0, *args))
        assert len(trace.messages) == sum(r is not None for r in op.rules), name


@pytest.mark.parametrize("graph", [INFERENCE, RMS_NORM])
def test_a_graph_without_the_three_paths_is_refused(graph):
    inputs = dict.fromkeys(graph_inputs(graph), 1.0) | {"x": np.ones((4, 3))}
    with pytest.raises(ValueError, match=r"^trace: sent no message .* BATCH_NORM's$"):
        paths(run(graph, inputs, np.ones((4, 3))))


def test_without_nothing_silent_the_gradients_are_the_traces():
    inputs = {"x": np.arange(12.0).reshape(4, 3), "gamma": 3.0, "eps": 0.1}
    trace = run(RMS_NORM, inputs, np.arange(12.0).reshape(4, 3) ** 2)
    for name, gradient in without(trace, ()).grads.items():
        np.testing.assert_array_equal(gradient, trace.grads[name])


def test_a_trace_is_itself_alone_and_keeps_what_it_holds(inputs, dy):
    first, second = run(BATCH_NORM, inputs, dy), run(BATCH_NORM, inputs, dy)
    assert first != second and len({first, second}) == 2
    with pytest.raises(AttributeError):
        first.grads = {}


def test_a_rule_must_answer_each_input(inputs, dy):
    ops = OPS | {"add": OPS["add"]._replace(rules=("g",))}
    with pytest.raises(ValueError, match="zip"):
        run(BATCH_NORM, inputs, dy, ops=ops)


def test_a_complex_run_takes_a_complex_upstream(inputs, dy):
    trace = run(BATCH_NORM, {**inputs, "x": inputs["x"] + 0j}, 1j * dy)
    real = run(BATCH_NORM, inputs, dy)
    np.testing.assert_allclose(trace.grads["x"], 1j * real.grads["x"], atol=1e-12)


def test_the_first_empty_input_is_the_one_named():
    empty = {"x": np.ones((0, 3)), "eps": np.ones(0), "gamma": 1, "beta": 1}
    with pytest.raises(ValueError, match=r"^x: shape \(0, 3\), expected values$"):
        run(BATCH_NORM, empty)


@pytest.mark.parametrize("names", ["x", "x eps gamma beta delta", "x eps gamma theta"])
def test_the_inputs_are_those_that_the_graph_reads(names):
    with pytest.raises(ValueError, match=r"^inputs: got .*expected .*beta"):
        run(BATCH_NORM, dict.fromkeys(names.split(), np.ones((4, 3))))


def test_axes_and_ops_go_by_name(inputs, dy):
    with pytest.raises(TypeError):
        run(BATCH_NORM, inputs, dy, 0)


@pytest.mark.parametrize("value", [np.ones(3), np.ones((3, 1, 1))])
def test_too_few_and_too_many_dimensions_are_refused(value):
    with pytest.raises(ValueError, match=r"^a: shape .*expected 2 dimensions$"):
        array("a", value, ndim=2)


def test_a_name_that_is_made_twice_is_refused():
    graph = (Step("a", "square", ("x",)), Step("a", "square", ("a",)))
    with pytest.raises(ValueError, match=r"^step a: square of a \(3,\): made a second"):
        run(graph, {"x": np.ones(3)})


def test_several_are_any_number_of_anything_unless_more_is_said():
    assert several("a", iter([None, 2]), "some") == (None, 2)
    assert several("a", [], "some") == ()


def test_only_d_and_a_name_that_is_made_asks_for_that_names_shape():
    graph = (Step("y", "square", ("x",)), Step("z", "multiply", ("y", "cy")))
    x, row = np.ones((4, 3)), np.ones(3)
    assert run(graph, {"x": x, "cy": row}).values["z"].shape == (4, 3)
    with pytest.raises(ValueError, match=r"^dy: shape \(3,\), expected \(4, 3\)"):
        run((graph[0], Step("z", "multiply", ("y", "dy"))), {"x": x, "dy": row})
