"""The closed form comes out of the backward pass by rules; each line of it is dx."""

from fractions import Fraction

import numpy as np
import pytest

from bnbook.graph import (
    BATCH_NORM,
    FAMILY,
    GROUP_NORM,
    INFERENCE,
    closed_form,
    grouped,
    parse,
    run,
)
from bnbook.graph.expressions import steps_of
from bnbook.graph.products import as_tree, factor, power
from bnbook.show import form_tex, rules_applied
from bnbook.show.formulas import MEANS, PLAIN, printed

RULES = ["substitute", "pair", "recognize", "take out", "centre", "factor"]
BATCH = "gamma · ivar · (dy − mean(dy) − xhat · mean(dy · xhat))"
LAYER = "ivar · (dy · gamma − mean(dy · gamma) − xhat · mean(dy · gamma · xhat))"
RMS = "irms · (dy · gamma − xhat · mean(dy · gamma · xhat))"


def traced(rng, name, shape, eps=0.1):
    graph, axes = FAMILY[name]
    each = (1, shape[1], *[1] * (len(shape) - 2))
    given = {"x": rng.normal(size=shape), "gamma": rng.uniform(1, 2, each), "eps": eps,
             "beta": rng.normal(size=each)}
    reads = {step_input for step in graph for step_input in step.inputs}
    given = {name: a for name, a in given.items() if name in reads}
    ops = grouped(2)
    axes = axes(len(shape))
    return run(graph, given, rng.normal(size=shape), axes=axes, ops=ops)


def value(trace, tree):
    """What an expression is worth in a trace."""
    count = trace.values["x"].size / trace.values[
        "ivar" if "ivar" in trace.values else "irms"].size
    given = trace.values | {"dy": trace.sums["dy"], "m": count}
    steps = steps_of("form", tree, set(given))
    read = {i for step in steps for i in step.inputs}
    given = {name: a for name, a in given.items() if name in read}
    return run(steps, given, axes=trace.axes).values["form"]


@pytest.mark.parametrize("name, shape, form", [
    ("batch", (5, 3), BATCH), ("batch", (3, 4, 2, 3), BATCH),
    ("layer", (5, 3), LAYER), ("layer", (3, 4, 2, 3), LAYER),
    ("instance", (3, 4, 2, 3), BATCH), ("rms", (5, 3), RMS), ("rms", (3, 4, 2, 3), RMS),
])
def test_every_rule_gives_dx_and_the_last_the_closed_form(rng, name, shape, form):
    trace = traced(rng, name, shape)
    changes = closed_form(trace)
    assert [c.rule for c in changes] == [r for r in RULES
                                         if name != "rms" or r != "centre"]
    for change in changes:
        np.testing.assert_allclose(value(trace, change.tree), trace.grads["x"],
                                   atol=1e-13, err_msg=change.rule)
    assert printed(changes[-1].tree, PLAIN | MEANS) == form


def test_factors_may_change_places_and_names_may_end_in_a_digit(rng):
    graph = tuple(step._replace(inputs=tuple(
        "x1" if i == "x" else i
        for i in (step.inputs[::-1] if step.name == "xhat" else step.inputs)))
        for step in BATCH_NORM)
    given = {"x1": rng.normal(size=(5, 3)), "gamma": np.ones(3), "beta": np.ones(3)}
    trace = run(graph, {**given, "eps": 0.1}, rng.normal(size=(5, 3)))
    assert printed(closed_form(trace, "x1")[-1].tree, PLAIN | MEANS) == BATCH


def test_the_parameters_gradients_are_m_times_a_mean(rng):
    trace = traced(rng, "batch", (5, 3))
    last = {name: printed(closed_form(trace, name)[-1].tree, PLAIN | MEANS)
            for name in ("gamma", "beta")}
    assert last == {"gamma": "m · mean(dy · xhat)", "beta": "m · mean(dy)"}


def test_what_came_by_variance_and_mean_is_the_term_that_centring_drops(rng):
    changes = {c.rule: printed(c.tree, PLAIN | MEANS)
               for c in closed_form(traced(rng, "batch", (5, 3)))}
    assert changes["take out"] == (
        changes["centre"] + " + gamma · ivar · mean(dy · xhat) · mean(xhat)")


def test_gamma_leaves_the_mean_only_where_it_is_constant(rng):
    assert "mean(dy · gamma)" in rules_applied(
        closed_form(traced(rng, "layer", (5, 3)))).rows[-1][2]


def test_the_last_line_in_latex(rng):
    trace = traced(rng, "batch", (5, 3))
    assert form_tex(trace, closed_form(trace)[-1].tree) == (
        r"\gamma \cdot \mathit{ivar} \cdot (dy - \mathrm{mean}(dy) - \hat{x} \cdot "
        r"\mathrm{mean}(dy \cdot \hat{x}))")


def test_a_sum_over_other_axes_is_refused(rng):
    with pytest.raises(ValueError, match=r"^dgamma: a sum of 5 values, expected m = 3"):
        closed_form(traced(rng, "layer", (5, 3)), "gamma")


def test_ops_that_are_no_arithmetic_are_refused(rng):
    given = {"x": rng.normal(size=(5, 4)), "gamma": 1.0, "beta": 0.0, "eps": 0.1}
    trace = run(GROUP_NORM, given, rng.normal(size=(5, 4)), axes=2, ops=grouped(2))
    with pytest.raises(ValueError, match=r"^dx: made by merge, expected arithmetic$"):
        closed_form(trace)


def test_a_run_without_gradients_is_refused(rng):
    given = {"x": rng.normal(size=(5, 4)), "gamma": 1.0, "beta": 0.0, "eps": 0.1}
    with pytest.raises(ValueError, match=r"^trace: expected an upstream gradient"):
        closed_form(run(BATCH_NORM, given))
    with pytest.raises(ValueError, match=r"^name: 'z', expected one of "):
        closed_form(run(BATCH_NORM, given, np.ones((5, 4))), "z")


def test_inference_has_one_term_and_nothing_to_centre(rng):
    given = {"x": rng.normal(size=(5, 3)), "gamma": rng.normal(size=3), "eps": 0.1,
             "beta": rng.normal(size=3), "mu": rng.normal(size=3), "var": np.ones(3)}
    trace = run(INFERENCE, given, rng.normal(size=(5, 3)))
    assert printed(closed_form(trace)[-1].tree) == "gamma · ivar · dy"


def test_where_nothing_comes_back_the_form_is_zero(rng):
    graph = parse("xmu = x - mean(x)\nr = reciprocal(sqrt(mean(square(xmu)) + 0.1))\n"
                  "xhat = xmu * r\ny = mean(gamma * xhat)")
    trace = run(graph, {"x": rng.normal(size=(5, 3)), "gamma": np.ones(3)},
                np.ones((1, 3)))
    assert closed_form(trace)[-1].tree == closed_form(trace, "gamma")[-1].tree == "0"
    assert abs(trace.grads["x"]).max() < 1e-15


def test_a_value_called_m_is_refused(rng):
    graph = parse("m = mean(x)\nr = reciprocal(m)\ny = x * r")
    trace = run(graph, {"x": rng.uniform(1, 2, (5, 3))}, np.ones((5, 3)))
    with pytest.raises(ValueError, match=r"^m: a name of the graph, expected another"):
        closed_form(trace)


@pytest.mark.parametrize(("n", "tree"), [
    (2, ("square", "ivar")), (3, ("multiply", ("multiply", "ivar", "ivar"), "ivar")),
    (-2, ("divide", "1", ("square", "ivar")))])
def test_a_power_is_written_with_the_ops_of_the_table(n, tree):
    assert as_tree(power(factor("ivar"), n), str, "x") == tree


@pytest.mark.parametrize("number, tree", [
    ("3", ("multiply", "3", "xhat")), ("-1", ("negate", "xhat")),
    ("3/2", ("divide", ("multiply", "3", "xhat"), "2")),
    ("1/2", ("divide", "xhat", "2")),
])
def test_a_number_stands_before_what_it_multiplies(number, tree):
    assert as_tree({(("xhat", 1),): Fraction(number)}, str, "x") == tree
