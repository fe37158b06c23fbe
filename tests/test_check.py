"""Gradient checks: they agree with the op table, and they say what does not fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from bnbook.check import (
    METHODS,
    Report,
    Row,
    bound,
    check_gradients,
    check_trace,
    numerical_gradient,
    relative_error,
    scaled_rules,
)
from bnbook.graph import BATCH_NORM, INFERENCE, OPS, Step, run
from bnbook.norm import batch_norm_backward, batch_norm_forward
from bnbook.norm.textbook import staged_gradients

SHAPED = [name for name, op in OPS.items() if None in op.rules]  # b lends its shape
BINARY = [n for n, op in OPS.items() if len(op.rules) == 2 and n not in SHAPED]
TOLERANCE = {"complex step": 1e-12, "projection": 1e-12, "central difference": 1e-7}
INPUTS = {"x": [[1.0, 2.0], [4.0, 3.0], [6.0, -1.0]], "gamma": [1.5, 0.5],
          "beta": [0.2, -0.3]}
UPSTREAM = np.array([[0.3, -1.0], [0.7, 0.2], [-0.4, 0.9]])


def batch_norm(x, gamma, beta):
    return batch_norm_forward(x, gamma, beta)[0]


def graph(**inputs):
    return run(BATCH_NORM, {**inputs, "eps": 1e-5}).values["y"]


def gradients(dy=UPSTREAM):
    x, gamma, beta = map(np.array, INPUTS.values())
    _, cache = batch_norm_forward(x, gamma, beta)
    return dict(zip(INPUTS, batch_norm_backward(dy, cache), strict=True))


def batch_norm_trace(shape=(5, 3), seed=0):
    rng = np.random.default_rng(seed)
    inputs = {"x": rng.normal(2, 1.5, shape), "gamma": rng.uniform(0.5, 2, shape[1]),
              "beta": rng.normal(size=shape[1]), "eps": 1e-5}
    return run(BATCH_NORM, inputs, rng.normal(size=shape))


def one_step(op, shapes, seed, axes=0):
    """A run of one op on inputs that keep away from 0."""
    rng = np.random.default_rng(seed)
    names = "ab"[: len(shapes)]
    inputs = {n: rng.uniform(0.5, 2, s) for n, s in zip(names, shapes, strict=True)}
    step = (Step("y", op, tuple(names)),)
    value = run(step, inputs, axes=axes).values["y"]
    return run(step, inputs, rng.normal(size=value.shape), axes=axes)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("op", BINARY)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4),
       seed=st.integers(0, 2**32 - 1))
def test_vjp_of_two_inputs_fits_at_any_broadcast(op, method, shapes, seed):
    report = check_trace(one_step(op, shapes.input_shapes, seed), method)
    assert report.within(TOLERANCE[method]), report


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("op", sorted({*OPS} - {*BINARY, *SHAPED}))
@settings(max_examples=25, deadline=None, derandomize=True)
@given(shape=st.lists(st.integers(1, 4), min_size=1, max_size=3), data=st.data(),
       seed=st.integers(0, 2**32 - 1))
def test_vjp_of_one_input_fits_at_any_shape_and_axis(op, method, shape, data, seed):
    axes = data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1))
    report = check_trace(one_step(op, [shape], seed, tuple(axes)), method)
    assert report.within(TOLERANCE[method]), report


@pytest.mark.parametrize("op", OPS)
def test_central_differences_agree_with_every_vjp_to_nine_digits(op):
    shapes = {"sum": [(5, 3), (1, 3)], "spread": [(1, 3), (5, 3)],
              "copy": [(1, 3), (5, 3)]}.get(op, [(5, 3), (3,)][:len(OPS[op].rules)])
    assert check_trace(one_step(op, shapes, 0), "central difference").within(1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_complex_step_fits_every_node_of_batch_norm(seed):
    report = check_trace(batch_norm_trace(seed=seed))
    assert {row.name for row in report.rows} == set(batch_norm_trace().values) - {"y"}
    assert report.within(1e-12), report


def test_central_differences_fit_every_node_of_batch_norm():
    report = check_trace(batch_norm_trace(), "central difference")
    assert report.within(1e-8), report


def test_hand_derived_gradients_of_every_node_fit_the_graph():
    trace = batch_norm_trace()
    arrays = [trace.values[n] for n in ("x", "gamma", "beta")]
    _, cache = batch_norm_forward(*arrays, eps=1e-5)
    grads = staged_gradients(trace.grads["y"], cache)
    assert check_trace(trace, grads=grads).within(1e-12)


def test_inference_fits_at_every_node():
    rng = np.random.default_rng(0)
    inputs = {"x": rng.normal(size=(5, 3)), "mu": rng.normal(size=3),
              "var": rng.uniform(0.5, 2, 3), "eps": 1e-5,
              "gamma": rng.normal(size=3), "beta": rng.normal(size=3)}
    trace = run(INFERENCE, inputs, rng.normal(size=(5, 3)))
    assert check_trace(trace).within(1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("op", sorted({step.op for step in BATCH_NORM}))
def test_every_method_sees_a_vjp_that_is_off_by_a_thousandth(op, method):
    x, gamma, beta = map(np.array, INPUTS.values())
    forward, backward = scaled_rules(op, 1.001)
    grads = backward(UPSTREAM, forward(x, gamma, beta)[1])
    grads = dict(zip(INPUTS, grads, strict=True))
    assert check_gradients(graph, INPUTS, UPSTREAM, grads, method).worst.error > 1e-5


def test_a_repeated_input_gets_both_messages():
    trace = run((Step("y", "multiply", ("a", "a")),), {"a": [2.0, 3.0]}, [1.0, -1.0])
    assert check_trace(trace).within(1e-12)


def test_central_differences_take_a_function_with_np_var():
    def readers(x):
        return (x - x.mean(axis=0)) / np.sqrt(np.var(x, axis=0) + 1e-5)

    dx = gradients(UPSTREAM / INPUTS["gamma"])["x"]
    checked = ({"x": INPUTS["x"]}, UPSTREAM, {"x": dx})
    assert check_gradients(readers, *checked, "central difference").within(1e-8)
    assert check_gradients(readers, *checked, "complex step").worst.error > 0.1


def test_numerical_gradient_has_the_inputs_shape():
    dx = numerical_gradient(batch_norm, INPUTS, "x", UPSTREAM)
    assert np.allclose(dx, gradients()["x"], rtol=0, atol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_a_gradient_that_is_zero_has_a_finite_small_error(method):
    ones = np.ones((3, 2))
    report = check_gradients(
        graph, INPUTS, ones, {"x": gradients(ones)["x"]}, method)
    assert report.within(1e-8)


def test_a_batch_of_one_has_error_zero():
    inputs = {**INPUTS, "x": [[1.0, 2.0]]}
    zeros = {"x": np.zeros((1, 2)), "gamma": np.zeros(2)}
    assert check_gradients(graph, inputs, [[1.0, 2.0]], zeros).worst.error == 0


def test_a_wrong_gradient_is_seen_where_the_right_one_is_zero():
    report = check_gradients(graph, INPUTS, np.ones((3, 2)), {"x": UPSTREAM})
    assert report.worst.error > 0.1


def test_nan_is_the_worst_error():
    grads = {**gradients(), "gamma": [np.nan, 0]}
    report = check_gradients(graph, INPUTS, UPSTREAM, grads)
    assert report.worst.name == "gamma"
    assert not report.within(1e300)


def test_relative_error_is_of_the_largest_magnitude():
    assert relative_error([1.0, 4.5], [1.0, 5.0]) == 0.1
    assert relative_error([0.5], [0.0], unit=2.0) == 0.25


def test_check_leaves_its_inputs_alone():
    def careless(x, gamma, beta):
        y = graph(x=x, gamma=gamma, beta=beta)
        for a in (x, gamma, beta):
            a *= 0
        return y

    inputs = {name: np.array(a) for name, a in INPUTS.items()}
    assert check_gradients(careless, inputs, UPSTREAM, gradients()).within(1e-12)
    assert all(np.array_equal(inputs[n], INPUTS[n]) for n in INPUTS)


def test_check_repeats_exactly():
    def once():
        return check_gradients(graph, INPUTS, UPSTREAM, gradients(), "projection")

    assert once() == once()


@pytest.mark.parametrize("error, text", [
    (0, "< 1e-14"), (3e-16, "< 1e-14"), (2e-14, "< 1e-13"), (9.9e-6, "< 1e-05"),
    (0.333, "0.33"), (36.0, "36"), (np.nan, "nan"), (np.inf, "inf")])
def test_small_errors_print_as_bounds_and_large_ones_as_digits(error, text):
    assert bound(error) == text


def test_report_prints_one_line_a_row():
    report = Report("complex step", (Row("x", (3, 2), 3e-16), Row("gamma", (2,), 0.25)))
    assert str(report).splitlines() == [
        "Against the complex step",
        "gradient by  shape   largest relative error",
        "x            (3, 2)  < 1e-14",
        "gamma        (2,)    0.25",
    ]


def test_report_html_has_a_caption_and_scoped_escaped_headers():
    html = Report("complex step", (Row("x", (3, 2), 3e-16),))._repr_html_()
    assert "<caption>" in html
    assert '<th scope="row" class="bn-short">x</th>' in html
    assert "&lt; 1e-14" in html


@pytest.mark.parametrize("changes, error, message", [
    ({"method": "magic"}, ValueError, "method: got 'magic', expected one of ['complex"),
    ({"grads": {"w": 1.0}}, ValueError, "grads: got 'w', expected one of ['x',"),
    ({"grads": {"x": np.ones(2)}}, ValueError,
     "grads['x']: shape (2,), expected (3, 2)"),
    ({"upstream": np.ones(2)}, ValueError, "upstream: shape (2,), expected (3, 2)"),
    ({"inputs": {**INPUTS, "beta": ["a", "b"]}}, TypeError,
     "inputs['beta']: dtype <U1, expected real numbers"),
    ({"upstream": UPSTREAM + 0j}, TypeError,
     "upstream: dtype complex128, expected real numbers"),
    ({"grads": {"gamma": np.ma.array([1.0, 2.0])}}, TypeError,
     "grads['gamma']: a masked array, expected a plain one"),
    ({"f": lambda x, gamma, beta: x.real}, TypeError,
     "f: returned float64 for complex input, expected complex"),
])
def test_what_does_not_fit_is_named_in_one_line(changes, error, message):
    fitting = {"f": graph, "inputs": INPUTS, "upstream": UPSTREAM, "grads": gradients()}
    with pytest.raises(error) as caught:
        check_gradients(**{**fitting, **changes})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_trace_without_gradients_is_refused():
    trace = run(BATCH_NORM, {**INPUTS, "eps": 1e-5})
    with pytest.raises(ValueError, match=r"^trace: has no gradients"):
        check_trace(trace)


def test_gradients_of_names_that_the_trace_lacks_are_refused():
    with pytest.raises(ValueError, match=r"^grads: got 'w', expected one of"):
        check_trace(batch_norm_trace(), grads={"w": np.ones(3)})


def test_a_check_of_nothing_is_not_passed():
    assert not Report("complex step", ()).within(1)


def test_a_relative_error_is_not_broadcast():
    with pytest.raises(ValueError, match=r"claimed: shape \(3,\), expected \(4, 3\)"):
        relative_error(np.ones(3), np.ones((4, 3)))
