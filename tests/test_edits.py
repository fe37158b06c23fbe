"""Edits of a backward pass: a message not sent, and all that follows from it."""

import numpy as np
import pytest

from bnbook.graph import (
    BATCH_NORM,
    FAMILY,
    PATHS,
    Step,
    dropped,
    gradient,
    graph_inputs,
    parse,
    paths,
    run,
    without,
)
from bnbook.norm import batch_norm_backward_detached, batch_norm_forward

SHAPES = [(7, 4), (3, 2, 4, 5)]
EXACT = 1e-12  # sums in another order, relative to the largest value


def case(shape=(7, 4), axes=None, seed=0):
    """(inputs, dy, axes) of a run of batch norm."""
    rng = np.random.default_rng(seed)
    column = (shape[1], *[1] * (len(shape) - 2))
    inputs = {"x": 3 * rng.normal(size=shape) + 1, "gamma": rng.normal(size=column) + 2,
              "beta": rng.normal(size=column), "eps": 0.1}
    return inputs, rng.normal(size=shape), axes or FAMILY["batch"].axes(len(shape))


@pytest.fixture(params=SHAPES, ids=str)
def trace(request):
    inputs, dy, axes = case(request.param)
    return run(BATCH_NORM, inputs, dy, axes=axes)


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=0, atol=EXACT * abs(b).max())


def steps(text):
    """Steps from a string: name op inputs, a step between bars."""
    lines = (line.split() for line in text.split("|"))
    return tuple(Step(name, op, tuple(inputs)) for name, op, *inputs in lines)


@pytest.mark.parametrize("names, left", [
    ([], "a same g | b same g | s add a b | t square s"),
    (["a"], "b same g | s same b | t square s"),
    (["b"], "a same g | s same a | t square s"),
    (["s"], "a same g | b same g"),
    (["a", "b"], ""),
    (["t"], "a same g | b same g | s add a b"),
])
def test_a_sum_loses_a_term_and_what_is_made_of_nothing_is_not_made(names, left):
    whole = steps("a same g | b same g | s add a b | t square s")
    assert dropped(whole, names) == (steps(left) if left else ())


def test_a_sum_of_three_keeps_two():
    sent = "a same g | b same g | c same g | s' add a b | s add s' c"
    for names, left in {
        "a": "b same g | c same g | s' same b | s add s' c",
        "ab": "c same g | s same c",
        "c": "a same g | b same g | s' add a b | s same s'",
    }.items():
        assert dropped(steps(sent), [*names]) == steps(left)


def test_a_product_of_what_is_not_made_is_not_made():
    whole = steps("a same g | p multiply a x | q negate p | r multiply x x")
    assert dropped(whole, ["a"]) == steps("r multiply x x")


def test_the_steps_themselves_stay_as_they_were():
    whole = steps("a same g | b same g | s add a b")
    before = tuple(whole)
    dropped(whole, ["a"])
    assert whole == before


def test_without_a_cut_the_trace_is_the_trace(trace):
    same = without(trace, ())
    assert same.back == trace.back and same.grads.keys() == trace.grads.keys()
    for name, grad in trace.grads.items():
        np.testing.assert_array_equal(same.grads[name], grad)
    assert [m[:2] for m in same.messages] == [m[:2] for m in trace.messages]


def test_an_edge_that_sends_nothing_is_refused(trace):
    for edge in (("y", "x"), ("nothing", "x")):
        with pytest.raises(ValueError, match=r"^edges: .*, expected the \(step, "):
            without(trace, {edge})


def test_a_sum_loses_the_message_that_is_cut(trace):
    by_xhat, by_sq = (m.gradient for m in trace.into("xmu"))
    assert [m.step for m in trace.into("xmu")] == ["xhat", "sq"]
    np.testing.assert_array_equal(without(trace, {("sq", "xmu")}).grads["xmu"], by_xhat)
    np.testing.assert_array_equal(without(trace, {("xhat", "xmu")}).grads["xmu"], by_sq)


def test_a_cut_of_the_only_message_ends_all_that_is_made_of_it(trace):
    """Nothing comes by ivar: std, vareps, var, eps and sq have no gradient."""
    left = without(trace, {("xhat", "ivar")})
    assert set(trace.grads) - set(left.grads) == {
        "ivar", "std", "vareps", "var", "eps", "sq"}
    assert [m.step for m in left.into("xmu")] == ["xhat"]


def test_a_cut_at_the_last_step_leaves_beta_alone(trace):
    assert set(without(trace, {("y", "gx")}).grads) == {"y", "beta"}


def test_what_is_above_a_cut_is_as_before(trace):
    left = without(trace, {("sq", "xmu")})
    for name in set(trace.grads) - {"xmu", "mu", "x"}:
        np.testing.assert_array_equal(left.grads[name], trace.grads[name])


def test_what_is_below_a_cut_is_computed_anew(trace):
    left = without(trace, {("sq", "xmu")})
    dxmu = trace.into("xmu")[0].gradient
    dmu = -dxmu.sum(axis=trace.axes, keepdims=True)
    close(left.grads["mu"], dmu)
    close(left.grads["x"], dxmu + dmu / (dxmu.size // dmu.size))


def test_the_messages_left_add_up_to_the_gradients_left(trace):
    left = without(trace, {("xhat", "xmu")})
    for name in set(left.grads) - {"y"}:
        total = sum(m.gradient for m in left.into(name))
        np.testing.assert_array_equal(total, left.grads[name])
    assert ("xhat", "xmu") not in {m[:2] for m in left.messages}


def test_statistics_held_constant_are_two_cuts(trace):
    """Mean and variance as constants: what chapter 7 derives by hand."""
    values, dy = trace.values, trace.grads["y"]
    _, cache = batch_norm_forward(
        values["x"], values["gamma"].ravel(), values["beta"].ravel(), eps=0.1)
    dx, dgamma, dbeta = batch_norm_backward_detached(dy, cache)
    left = without(trace, {("sq", "xmu"), ("mu", "x")}).grads
    close(left["x"], dx)
    close(left["gamma"].ravel(), dgamma)
    close(left["beta"].ravel(), dbeta)


def test_the_last_message_wins_is_a_cut_of_the_others(trace):
    """The bug that assigns dxmu where it should add."""
    values, grads = trace.values, trace.grads
    for sent in (grads["xhat"] * values["ivar"], 2 * grads["sq"] * values["xmu"]):
        dxmu = sent
    dmu = -dxmu.sum(axis=trace.axes, keepdims=True)
    dx = dxmu + dmu / (dxmu.size // dmu.size)
    *others, _ = trace.into("xmu")
    left = without(trace, {(m.step, m.input) for m in others})
    close(left.grads["xmu"], dxmu)
    close(left.grads["x"], dx)
    assert dropped(trace.back, {m.name for m in others}) == left.back


def test_cuts_one_after_another_are_one_cut(trace):
    first, second = ("sq", "xmu"), ("xmu", "mu")
    once = without(trace, {first, second})
    for one, other in ((first, second), (second, first)):
        twice = without(without(trace, {one}), {other})
        assert twice.back == once.back and set(twice.grads) == set(once.grads)
        for name, grad in once.grads.items():
            np.testing.assert_array_equal(twice.grads[name], grad)


def test_the_trace_that_was_cut_is_as_before(trace):
    before = {name: grad.copy() for name, grad in trace.grads.items()}
    without(trace, {("xhat", "xmu"), ("y", "beta")})
    assert set(trace.grads) == set(before)
    for name, grad in before.items():
        np.testing.assert_array_equal(trace.grads[name], grad)


def test_both_messages_of_a_step_that_reads_one_input_twice_are_one_edge():
    a = np.arange(1.0, 7.0).reshape(2, 3)
    trace = run(parse("y = a * a + a"), {"a": a}, np.ones((2, 3)))
    np.testing.assert_array_equal(trace.grads["a"], 2 * a + 1)
    left = without(trace, {("y'", "a")})
    np.testing.assert_array_equal(left.grads["a"], np.ones((2, 3)))


def test_a_run_without_a_backward_pass_has_nothing_to_cut():
    inputs, _, axes = case()
    with pytest.raises(ValueError, match=r"^trace: ") as caught:
        without(run(BATCH_NORM, inputs, axes=axes), {("sq", "xmu")})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shape, member", [
    ((7, 4), "batch"), ((3, 2, 4, 5), "batch"), ((4, 5), "layer"),
    ((3, 2, 4, 5), "layer"), ((3, 2, 4, 5), "instance")])
def test_the_parts_of_dx_add_up_whatever_the_axes(shape, member):
    inputs, dy, axes = case(shape, FAMILY[member].axes(len(shape)))
    trace = run(BATCH_NORM, inputs, dy, axes=axes)
    parts = paths(trace)
    assert parts.keys() == PATHS.keys()
    close(sum(parts.values()), trace.grads["x"])


def test_each_part_is_its_term_of_the_closed_form(trace):
    """gamma ivar (dy - mean(dy) - xhat mean(dy xhat)): with x's mean, as it stands."""
    values, axes = trace.values, trace.axes
    scaled = values["gamma"] * values["ivar"] * trace.grads["y"]
    mean = scaled.mean(axis=axes, keepdims=True)
    moved = values["xhat"] * (scaled * values["xhat"]).mean(axis=axes, keepdims=True)
    parts = paths(trace)
    close(parts["straight"], scaled)
    close(parts["mean"], np.broadcast_to(-mean, scaled.shape))
    close(parts["variance"], -moved)


def second_order(shape):
    """A trace of the gradient graph: its messages are of second order."""
    inputs, dy, axes = case(shape)
    first = gradient(BATCH_NORM, ["x"], inputs, prefix="L", axes=axes)
    u = np.random.default_rng(8).normal(size=shape)
    return run(first, inputs | {"Ly": dy}, u, axes=axes)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_edge_of_a_backward_pass_can_be_cut_too(shape):
    """dxmu feeds dx twice; without the way through dmu, what dxmu was sent is u."""
    trace = second_order(shape)
    assert {m.step for m in trace.into("Lxmu")} == {"Lx.xmu", "Lmu'"}
    left = without(trace, {("Lmu'", "Lxmu")})
    np.testing.assert_array_equal(left.grads["Lxmu"], trace.grads["Lx"])
    assert not np.allclose(left.grads["x"], trace.grads["x"])


@pytest.mark.parametrize("shape", SHAPES)
def test_what_one_edge_brings_and_what_the_others_bring_add_up(shape):
    """A pass is linear in what is sent, wherever several messages arrive."""
    trace = second_order(shape)
    several = [name for name in trace.grads if len(trace.into(name)) > 1]
    assert len(several) > 4
    for name in several:
        edges = [(m.step, m.input) for m in trace.into(name)]
        none = without(trace, edges).grads
        alone = [without(trace, {other for other in edges if other != edge}).grads
                 for edge in edges]
        for wrt in ("x", "gamma", "Ly"):
            rest = none.get(wrt, 0)
            total = rest + sum(grads.get(wrt, 0) - rest for grads in alone)
            close(total, trace.grads[wrt])


def test_the_steps_of_a_second_derivative_lose_a_term_too():
    inputs, dy, axes = case()
    given = inputs | {"dy": dy}
    first = gradient(BATCH_NORM, ["x"], inputs, axes=axes)
    graph = gradient(first, ["x"], given, of="dx", upstream="u", prefix="h", axes=axes)
    less = dropped(graph, ["hdxmu.dmu'"])
    assert set(graph_inputs(less)) == set(graph_inputs(graph))
    values = run(less, given | {"u": dy}, axes=axes).values
    np.testing.assert_array_equal(values["hdxmu"], dy)


def test_an_edge_or_a_message_that_is_not_there_is_named():
    trace = run(BATCH_NORM, inputs_of_a_batch(), np.ones((4, 3)))
    for edges in ({("sq", "xm")}, ("sq", "xmu")):
        with pytest.raises(ValueError, match=r"^edges: .*, expected the \(step, "):
            without(trace, edges)
    for names in ("dxmu.sq", ["dxmu.q"]):
        with pytest.raises((TypeError, ValueError),
                           match=r"^names: .*, expected messages among"):
            dropped(trace.back, names)


def inputs_of_a_batch():
    return {"x": np.arange(12.0).reshape(4, 3) ** 2, "gamma": 2.0, "beta": 1.0,
            "eps": 0.1}
