"""The gradient of a graph is a graph: named, of the same table, right to any order."""

import re
import tokenize
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bnbook
from bnbook.graph import (
    BATCH_NORM,
    FAMILY,
    INFERENCE,
    OPS,
    Step,
    gradient,
    graph_inputs,
    grouped,
    parse,
    run,
)
from bnbook.norm import batch_norm_forward, staged_gradients
from common import complex_step

H = 1e-100  # its square still has an exponent to spare, and so has its cube
TABLE = grouped(2)
EXACT = 1e-12  # some hundred roundings in float64, relative to the size of what is held

# What is differentiated, by what its gradient is called, and the prefix of the names.
ORDERS = [("y", "dy", "d"), ("dx", "u", "h"), ("hx", "w", "t")]


class Case(NamedTuple):
    """A graph and all that a run of it takes, the upstream gradients too."""

    graph: tuple
    inputs: dict
    axes: int | tuple = 0
    ops: dict = TABLE

    def values(self, graph, inputs):
        """name -> array, of a run that is given more than `graph` reads."""
        chosen = {name: inputs[name] for name in graph_inputs(graph)}
        return run(graph, chosen, axes=self.axes, ops=self.ops).values

    def gradient(self, graph, wrt, **names):
        reads = {name: self.inputs[name] for name in graph_inputs(graph)}
        return gradient(graph, wrt, reads, axes=self.axes, ops=self.ops, **names)


SHAPES = {
    "batch": [(5, 3), (3, 2, 4, 5)], "layer": [(4, 5), (3, 2, 4, 5)],
    "instance": [(3, 2, 5), (3, 2, 4, 5)], "group": [(4, 6), (3, 4, 5, 2)],
    "rms": [(4, 5), (3, 2, 4, 5)], "inference": [(5, 3), (3, 2, 4, 5)],
}
every_member = pytest.mark.parametrize(
    "name, shape", [(name, shape) for name in SHAPES for shape in SHAPES[name]])


def member(name, shape, seed=0):
    """One of the family on a random batch: gamma is not 1, no two axes are alike."""
    rng = np.random.default_rng(seed)
    graph, axes = FAMILY["batch"] if name == "inference" else FAMILY[name]
    graph = INFERENCE if name == "inference" else graph
    column = (shape[1], *[1] * (len(shape) - 2))
    known = {
        "x": 3 * rng.normal(size=shape) + 1, "eps": np.array(0.1),
        "gamma": rng.normal(size=column) + 2, "beta": rng.normal(size=column),
        "mu": rng.normal(size=column), "var": rng.uniform(1, 2, column),
    }
    inputs = {name: known[name] for name in graph_inputs(graph)}
    upstreams = {u: rng.normal(size=shape) for u in ("dy", "u", "w")}
    return Case(graph, inputs | upstreams, axes(len(shape)))


def size(a):
    return np.linalg.norm(np.ravel(a))


def errors(case, order, graph, rng):
    """How far the derivatives of <upstream, of> are from the complex step's.

    Returns (input -> error, the gradient graph). Errors are those along a random
    direction, relative to the lengths of derivative and direction. A derivative that
    the gradient leaves out is 0.
    """
    of, upstream, prefix = order
    reads = graph_inputs(graph)
    made = case.gradient(graph, reads, of=of, upstream=upstream, prefix=prefix)
    found, off = case.values(made, case.inputs), {}
    for name in reads:
        value = case.inputs[name]
        derivative = found.get(prefix + name, np.zeros(value.shape))
        if derivative.shape != value.shape:
            return {name: np.inf}, made
        direction = rng.normal(size=value.shape)
        moved = case.inputs | {name: value + 1j * H * direction}
        y = case.values(graph, moved)[of]
        expected = np.sum(case.inputs[upstream] * y).imag / H
        scale = size(derivative) * size(direction)
        gap = abs(np.sum(derivative * direction) - expected)
        off[name] = gap / scale if scale else gap
    return off, made


def worst(case):
    """The largest of `errors` of each order in turn, while there is a derivative."""
    graph, rng = case.graph, np.random.default_rng(1)
    for order in ORDERS:
        if order[0] in {step.name for step in graph}:
            off, graph = errors(case, order, graph, rng)
            yield np.max([*off.values()])


NAMED = """dgx dbeta dgamma dxhat dxmu.xhat divar dstd dvareps dvar dsq dxmu.sq dxmu
dx.xmu dmu dx.mu dx"""
STEPS = """
dgx same dy
dbeta sum dy beta
dgamma' multiply dgx xhat
dgamma sum dgamma' gamma
dxhat multiply dgx gamma
dxmu.xhat multiply dxhat ivar
divar' multiply dxhat xmu
divar sum divar' ivar
dstd'' square ivar
dstd' multiply divar dstd''
dstd negate dstd'
dvareps' multiply 2 std
dvareps divide dstd dvareps'
dvar same dvareps
dsq spread dvar sq
dxmu.sq' multiply 2 dsq
dxmu.sq multiply dxmu.sq' xmu
dxmu add dxmu.xhat dxmu.sq
dx.xmu same dxmu
dmu' sum dxmu mu
dmu negate dmu'
dx.mu spread dmu x
dx add dx.xmu dx.mu
"""
PARAMETERS = ("x", "gamma", "beta")


@pytest.fixture
def batch():
    return member("batch", (5, 3))


def back(case, wrt=PARAMETERS, **names):
    """The steps of the backward pass alone."""
    return case.gradient(case.graph, wrt, **names)[len(case.graph):]


def test_the_backward_pass_of_batch_norm_is_sixteen_named_lines(batch):
    assert [s.name for s in back(batch) if "'" not in s.name] == NAMED.split()


def test_the_backward_pass_of_batch_norm_is_these_steps(batch):
    steps = [" ".join((step.name, step.op, *step.inputs)) for step in back(batch)]
    assert steps == STEPS.split("\n")[1:-1]


@pytest.mark.parametrize("shape", [(5, 3), (3, 2, 4), (3, 2, 4, 5)])
def test_its_lines_are_the_hand_derivation_by_name(shape):
    case = member("batch", shape)
    x, dy = case.inputs["x"], case.inputs["dy"]
    gamma, beta = (case.inputs[name].ravel() for name in ("gamma", "beta"))
    _, cache = batch_norm_forward(x, gamma, beta, eps=0.1)
    found = case.values(case.gradient(BATCH_NORM, PARAMETERS), case.inputs)
    for name, by_hand in staged_gradients(dy, cache).items():
        ours = found[f"d{name}"].reshape(by_hand.shape)
        np.testing.assert_allclose(ours, by_hand, rtol=0, atol=EXACT * size(by_hand))


def test_the_graph_stands_before_its_backward_pass(batch):
    assert batch.gradient(BATCH_NORM, PARAMETERS)[:10] == BATCH_NORM


def test_it_is_made_of_steps_whose_ops_the_table_has(batch):
    second = batch.gradient(batch.gradient(BATCH_NORM, ["x"]), ["x", "gamma", "dy"],
                            of="dx", upstream="u", prefix="h")
    assert all(type(step) is Step and step.op in OPS for step in second)


@pytest.mark.parametrize("wrt", [["x"], ["gamma"], ["beta"], ["xmu"], ["eps", "x"],
                                 ["var", "gamma"], ["sq", "xhat"]])
def test_what_is_asked_for_is_made_and_is_what_it_is_among_all(batch, wrt):
    everything = [*graph_inputs(BATCH_NORM), *(step.name for step in BATCH_NORM)]
    whole = batch.values(batch.gradient(BATCH_NORM, everything), batch.inputs)
    found = batch.values(batch.gradient(BATCH_NORM, wrt), batch.inputs)
    for name in wrt:
        np.testing.assert_array_equal(found[f"d{name}"], whole[f"d{name}"])


def test_whoever_asks_for_nothing_gets_the_forward_steps_alone(batch):
    assert batch.gradient(BATCH_NORM, ()) == BATCH_NORM


@pytest.mark.parametrize("wrt", [["x"], ["gamma"], ["beta"], ["xmu"], ["eps", "xhat"]])
def test_no_line_is_written_for_nothing(batch, wrt):
    steps = back(batch, wrt)
    read = {name for step in steps for name in step.inputs}
    assert {step.name for step in steps} - read <= {f"d{name}" for name in wrt}


def test_what_the_value_does_not_depend_on_is_left_out(batch):
    assert back(batch, ["gamma", "beta"], of="xhat") == ()
    assert {s.name for s in back(batch, ["x", "gamma"], of="var")} == {
        "dsq", "dxmu", "dxmu'", "dx.xmu", "dmu", "dmu'", "dx.mu", "dx"}


def test_nothing_asked_for_is_nothing_written(batch):
    assert batch.gradient(BATCH_NORM, []) == BATCH_NORM


def test_the_value_asked_for_is_as_the_last_of_a_shorter_graph(batch):
    shorter = BATCH_NORM[:8]
    assert back(batch, ["x"], of="xhat") == batch.gradient(shorter, ["x"])[8:]


def test_the_upstream_gradient_has_the_name_that_is_given(batch):
    named = batch.gradient(BATCH_NORM, PARAMETERS, upstream="u")
    assert "dy" not in graph_inputs(named) and "u" in graph_inputs(named)
    ours = batch.values(named, batch.inputs | {"u": batch.inputs["dy"]})
    theirs = batch.values(batch.gradient(BATCH_NORM, PARAMETERS), batch.inputs)
    for name in PARAMETERS:
        np.testing.assert_array_equal(ours[f"d{name}"], theirs[f"d{name}"])


@pytest.mark.parametrize("name", ["y", "x"])
def test_the_upstream_gradient_may_be_a_value_of_the_graph(batch, name):
    """The loss y²/2 sends y itself; what the graph reads will do as well."""
    made = batch.gradient(BATCH_NORM, ["x"], upstream=name)
    given = batch.inputs | {"dy": batch.values(BATCH_NORM, batch.inputs)[name]}
    plain = batch.values(batch.gradient(BATCH_NORM, ["x"]), given)
    found = batch.values(made, batch.inputs)
    np.testing.assert_array_equal(found["dx"], plain["dx"])


def test_the_upstream_gradient_may_be_among_the_inputs_and_need_not(batch):
    reads = {name: batch.inputs[name] for name in graph_inputs(BATCH_NORM)}
    with_it = gradient(BATCH_NORM, ["x"], reads | {"dy": batch.inputs["dy"]})
    assert with_it == gradient(BATCH_NORM, ["x"], reads)


def test_the_prefix_begins_every_name(batch):
    steps = back(batch, prefix="L_")
    assert all(step.name.startswith("L_") for step in steps)
    renamed = [step.name.replace("L_", "d", 1) for step in steps]
    assert renamed == [step.name for step in back(batch)]


@every_member
def test_no_name_is_made_twice_at_any_order(name, shape):
    case = member(name, shape)
    graph = case.graph
    for of, upstream, prefix in ORDERS[:2 if name == "inference" else 3]:
        reads = graph_inputs(graph)
        graph = case.gradient(graph, reads, of=of, upstream=upstream, prefix=prefix)
    assert max(Counter(step.name for step in graph).values()) == 1


@pytest.mark.parametrize("text", [
    "y = square(x) / x", "y = x / square(x)", "y = -(x * (x / square(x)))",
    "z = x * x\ny = sqrt(z) - x / z", "y = square(square(x) / x) / x",
])
def test_a_message_and_a_part_of_another_have_two_names(text):
    case = plain_case(text)
    first = case.gradient(case.graph, ["x"])
    second = case.gradient(first, ["x", "dy"], of="dx", upstream="u", prefix="h")
    assert max(Counter(step.name for step in second).values()) == 1


def test_the_upstream_gradient_can_not_be_what_is_to_be_made(batch):
    for taken in ("dx", "dgx"):
        with pytest.raises(ValueError, match=taken):
            batch.gradient(BATCH_NORM, ["x"], upstream=taken)


@pytest.mark.parametrize("change, message", [
    ({"wrt": ["delta"]}, r"wrt: \['delta'\], expected names out of \['x', .*'y'\]"),
    ({"of": "z"}, r"of: 'z', expected one of 'x', "),
    ({"prefix": ""}, "prefix: '' makes .* a second time"),
    ({"graph": (*BATCH_NORM, Step("dx", "same", ("y",))), "of": "y"},
     "prefix: 'd' makes dx a second time"),
    ({"inputs": {"x": np.ones((4, 3))}}, r"inputs: got \['x'\], expected \['beta', "),
    ({"delta": 1.0}, r"inputs: got \[.*'delta'.*\], expected \["),
    ({"gamma": np.ones(4)}, r"step gx: multiply of gamma \(4,\), xhat \(5, 3\): "),
    ({"axes": 2}, r"step mu: mean of x \(5, 3\): "),
    ({"ops": {}}, r"step mu: mean of x \(5, 3\): 'mean'"),
])
def test_what_is_amiss_is_named_in_one_line(batch, change, message):
    given = {name: batch.inputs[name] for name in graph_inputs(BATCH_NORM)}
    options = {"graph": BATCH_NORM, "wrt": ["x"], "inputs": given} | change
    for name in {"delta", "gamma"} & set(options):
        options["inputs"] = given | {name: options.pop(name)}
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        gradient(**options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dy", [np.ones((1, 3)), np.ones(3), 1.0])
def test_an_upstream_gradient_that_would_broadcast_is_refused(batch, dy):
    said = r"^dy: shape \(.*\), expected \(5, 3\)$"
    graph = batch.gradient(BATCH_NORM, ["x"])
    given = {name: batch.inputs[name] for name in graph_inputs(BATCH_NORM)}
    with pytest.raises(ValueError, match=said):
        run(graph, given | {"dy": dy})
    with pytest.raises(ValueError, match=said):
        gradient(BATCH_NORM, ["x"], given | {"dy": dy})


def test_a_prefix_serves_once(batch):
    first = batch.gradient(BATCH_NORM, ["x"])
    with pytest.raises(ValueError, match=r"^prefix: 'd' makes .* a second time$"):
        batch.gradient(first, ["x"], of="dx", upstream="u")


def test_axes_and_names_go_by_keyword(batch):
    with pytest.raises(TypeError):
        gradient(BATCH_NORM, ["x"], {}, "y")


def test_no_input_changes(batch):
    before = {name: a.copy() for name, a in batch.inputs.items()}
    made = batch.gradient(BATCH_NORM, PARAMETERS)
    values = batch.values(made, batch.inputs)
    for name, a in batch.inputs.items():
        np.testing.assert_array_equal(a, before[name])
        assert not any(np.shares_memory(a, v) for v in values.values())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble,
                                   np.complex64, complex])
@pytest.mark.parametrize("name", SHAPES)
def test_a_number_and_a_wider_eps_promote_nothing(name, dtype):
    case = member(name, SHAPES[name][1])
    inputs = {n: a.astype(dtype) for n, a in case.inputs.items()}
    case = case._replace(inputs=inputs | {"eps": np.float64(0.1)})
    graph = case.graph
    for of, upstream, prefix in ORDERS[:2]:
        graph = case.gradient(graph, ["x", "gamma"], of=of, upstream=upstream,
                              prefix=prefix)
    values = case.values(graph, case.inputs)
    assert {name: v.dtype for name, v in values.items() if v.dtype != dtype} == {}


def test_a_wider_upstream_gradient_does_not_widen_a_trace(batch):
    narrow = {n: batch.inputs[n].astype(np.float32) for n in graph_inputs(BATCH_NORM)}
    trace = run(BATCH_NORM, narrow, batch.inputs["dy"])
    assert {grad.dtype for grad in trace.grads.values()} == {np.dtype(np.float32)}
    assert {m.gradient.dtype for m in trace.messages} == {np.dtype(np.float32)}


@every_member
def test_a_gradient_graph_runs_to_the_traces_gradients(name, shape):
    case = member(name, shape)
    reads = {n: case.inputs[n] for n in graph_inputs(case.graph)}
    trace = run(case.graph, reads, case.inputs["dy"], axes=case.axes, ops=case.ops)
    values = case.values(case.gradient(case.graph, trace.values), case.inputs)
    assert trace.grads.keys() == trace.values.keys()
    for n, grad in trace.grads.items():
        np.testing.assert_array_equal(values[f"d{n}"], grad)


@every_member
def test_three_orders_are_those_of_the_complex_step(name, shape):
    """By every input: x, gamma, beta, eps, and the upstream gradients before."""
    found = list(worst(member(name, shape)))
    assert len(found) == (2 if name == "inference" else 3)  # its dx is linear in x
    assert np.max(found) < EXACT


def second(case):
    """The graph of the derivatives of <u, dx> by x, gamma, beta and dy."""
    first = case.gradient(case.graph, ["x"])
    wrt = [n for n in ("x", "gamma", "beta", "dy") if n in graph_inputs(first)]
    return first, case.gradient(first, wrt, of="dx", upstream="u", prefix="h")


@pytest.mark.parametrize("name", SHAPES)
def test_second_derivatives_are_the_complex_steps_entry_by_entry(name):
    case = member(name, SHAPES[name][0])
    first, graph = second(case)
    found = case.values(graph, case.inputs)
    for n in ("x", "gamma", "dy"):
        def f(z, n=n):
            dx = case.values(first, case.inputs | {n: z})["dx"]
            return np.sum(case.inputs["u"] * dx)

        expected = complex_step(f, case.inputs[n])
        if f"h{n}" not in found:  # in inference dx does not depend on x
            assert (name, n) == ("inference", "x") and not expected.any()
            continue
        np.testing.assert_allclose(
            found[f"h{n}"], expected, rtol=0, atol=EXACT * abs(expected).max())


@every_member
def test_dx_does_not_depend_on_beta(name, shape):
    case = member(name, shape)
    first = case.gradient(case.graph, ["x"])
    if "beta" in graph_inputs(case.graph):
        graph = case.gradient(first, ["x", "dy", "beta"], of="dx", upstream="u",
                              prefix="h")
        assert "hbeta" not in {step.name for step in graph}


@every_member
def test_dx_is_linear_in_dy_and_so_its_derivative_is_the_jacobians_transpose(
        name, shape):
    """<u, dx> by dy is J u, the change of y along u: the forward's complex step."""
    case = member(name, shape)
    _, graph = second(case)
    moved = case.inputs | {"x": case.inputs["x"] + 1j * H * case.inputs["u"]}
    expected = case.values(case.graph, moved)["y"].imag / H
    found = case.values(graph, case.inputs)["hdy"]
    np.testing.assert_allclose(found, expected, rtol=0, atol=EXACT * size(expected))


LOSS = parse("off = y - target\nloss = square(off) * weight")


@pytest.fixture
def trained(batch, rng):
    """A loss, not linear in y, through batch norm."""
    more = {name: rng.normal(size=(5, 3)) for name in ("target", "weight")}
    return batch._replace(graph=BATCH_NORM + LOSS,
                          inputs=batch.inputs | more | {"dloss": np.ones((5, 3))})


def hessian_times(case, v):
    first = case.gradient(case.graph, ["x"])
    graph = case.gradient(first, ["x"], of="dx", upstream="u", prefix="h")
    return case.values(graph, case.inputs | {"u": v})["hx"]


def test_a_hessian_times_a_vector_is_the_change_of_the_gradient_along_it(trained):
    v, x = trained.inputs["u"], trained.inputs["x"]
    first = trained.gradient(trained.graph, ["x"])
    moved = trained.inputs | {"x": x + 1j * H * v}
    expected = trained.values(first, moved)["dx"].imag / H
    found = hessian_times(trained, v)
    np.testing.assert_allclose(found, expected, rtol=0, atol=EXACT * size(expected))


def test_a_hessian_is_symmetric(trained):
    v, w = trained.inputs["u"], trained.inputs["w"]
    left, right = (np.sum(a * hessian_times(trained, b)) for a, b in ((v, w), (w, v)))
    assert abs(left - right) < EXACT * size(v) * size(hessian_times(trained, w))


COPIED = [((3,), (4, 3)), ((4, 1), (4, 3)), ((), (4, 3)), ((2, 1, 3), (2, 4, 3))]
READS = {  # the shapes of inputs on which an op is tried, if not those below
    "split": [[(4, 6)], [(3, 4, 2)]], "merge": [[(4, 2, 3)], [(3, 2, 2, 2)]],
    "copy": COPIED, "sum": [pair[::-1] for pair in COPIED],
}
ONE = [[(4, 3)], [(2, 4, 3)]]
PAIRS = [((4, 3), (4, 3)), ((4, 3), (3,)), ((3,), (4, 3)), ((4, 1), (1, 3)),
         ((), (2, 4, 3)), ((2, 1, 3), (4, 1))]


def shapes_of(op, axes):
    if op == "spread":
        return [(np.ones(a).mean(axes, keepdims=True).shape, a) for (a,) in ONE]
    return READS.get(op, ONE if len(TABLE[op].rules) == 1 else PAIRS)


def op_cases(op, ops):
    """An op alone, on all of `shapes_of`, its means over one axis and over two."""
    rng = np.random.default_rng(2)
    for axes in (0, 1, (0, 1)):
        for shapes in shapes_of(op, axes):
            given = {name: rng.uniform(1, 2, s) for name, s in zip("ab", shapes)}
            case = Case((Step("y", op, tuple(given)),), given, axes, ops)
            dy = rng.normal(size=case.values(case.graph, given)["y"].shape)
            yield case._replace(inputs=given | {"dy": dy})


def worst_of_op(case):
    """The largest of `errors` at first order, and at second order of each input."""
    rng = np.random.default_rng(3)
    off, first = errors(case, ORDERS[0], case.graph, rng)
    yield np.max([*off.values()])
    for name in graph_inputs(case.graph):
        if f"d{name}" in {step.name for step in first}:
            u = {"u": rng.normal(size=case.inputs[name].shape)}
            above = case._replace(inputs=case.inputs | u)
            off, _ = errors(above, (f"d{name}", "u", "h"), first, rng)
            yield np.max([*off.values()])


@pytest.mark.parametrize("op", TABLE)
def test_an_ops_rules_are_those_of_the_complex_step_at_two_orders(op):
    for case in op_cases(op, TABLE):
        for order, error in enumerate(worst_of_op(case), 1):
            assert error < EXACT, (order, case.axes, case.inputs)


@pytest.mark.parametrize("axes", [0, (0,), (0, 2), (0, 1, 2), -1])
def test_one_axis_or_several_are_the_same_to_a_mean_and_its_spread(axes):
    rng = np.random.default_rng(4)
    a, dy = rng.normal(size=(2, 4, 3, 2))
    case = Case(parse("y = square(a) * mean(a)"), {"a": a, "dy": dy}, axes)
    for error in worst_of_op(case):
        assert error < EXACT


def plain_case(text, seed=5):
    """A graph from its text, all that it reads of one shape."""
    rng, graph = np.random.default_rng(seed), parse(text)
    given = {name: rng.uniform(1, 2, (4, 3)) for name in graph_inputs(graph)}
    upstreams = {name: rng.normal(size=(4, 3)) for name in ("dy", "u", "w")}
    return Case(graph, given | upstreams)


TWICE = ["y = x * x", "y = x + x", "y = x - x", "y = x / x", "y = (x * x) * (x * x)",
         "s = x * x\ny = s / (s + s)", "y = mean(x * x) * x"]


@pytest.mark.parametrize("text", TWICE)
def test_a_step_may_read_one_input_twice(text):
    for order, error in enumerate(worst(plain_case(text)), 1):
        assert error < EXACT, order


def test_what_is_read_twice_is_sent_two_messages():
    steps = back(plain_case("y = x * x"), ["x"])
    assert [step.name for step in steps] == ["dx.y.a", "dx.y.b", "dx"]


def test_the_square_of_a_number_has_the_derivatives_of_school():
    case = plain_case("y = x * x")
    first = case.gradient(case.graph, ["x"])
    graph = case.gradient(first, ["x"], of="dx", upstream="u", prefix="h")
    values = case.values(graph, case.inputs | {"dy": np.ones((4, 3))})
    np.testing.assert_allclose(values["dx"], 2 * case.inputs["x"], rtol=1e-15)
    np.testing.assert_allclose(values["hx"], 2 * case.inputs["u"], rtol=1e-15)


FORMS = ["{big} * {any}", "{any} - {big}", "{big} / (square({any}) + 1)",
         "sqrt(square({big}) + 1) * {any}", "{any} - -mean({big})",
         "reciprocal(2 + square({big} * {any}))", "({big} + {any}) * {big}",
         "square({big}) * mean({big}) / 4", "{any} / 3 + {big}",
         "{big} * square({any}) / (1 + square({any}))"]


def random_case(seed):
    """Lines of the language at random, what they read copied in every way."""
    rng = np.random.default_rng(seed)
    big, lines = ["x"], []
    for k in range(rng.integers(1, 6)):
        form = FORMS[rng.integers(len(FORMS))]
        names = {"big": big[rng.integers(len(big))],
                 "any": [*big, "b", "c"][rng.integers(len(big) + 2)]}
        lines.append(f"v{k} = {form.format(**names)}")
        big.append(f"v{k}")
    shapes = {"x": (4, 3), "b": (3,), "c": ()}
    graph = parse("\n".join([*lines, f"y = {big[-1]} * x"]))
    given = {name: rng.uniform(0.5, 1.5, shapes[name]) for name in graph_inputs(graph)}
    return Case(graph, given | {name: rng.normal(size=(4, 3)) for name in ("dy", "u")})


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_graphs_have_right_derivatives_of_two_orders(seed):
    case, rng = random_case(seed), np.random.default_rng(seed)
    graph = case.graph
    for order in ORDERS[:2]:
        off, graph = errors(case, order, graph, rng)
        assert np.max([*off.values()]) < 1e-10  # a random graph may cancel two digits
        assert max(Counter(step.name for step in graph).values()) == 1


def planted(op):
    """kind -> the rules of an op, one of them wrong."""
    rules = TABLE[op].rules
    for k, rule in enumerate(rules):
        if rule is not None:
            wrong = {"factor": f"1.001 * ({rule})", "sign": f"-({rule})"}
            for kind, text in wrong.items():
                yield f"{kind} {'ab'[k]}", (*rules[:k], text, *rules[k + 1:])
    if len(rules) == 2 and None not in rules:
        yield "swapped", rules[::-1]


PLANTED = [pytest.param(op, rules, id=f"{op}, {kind}")
           for op in TABLE for kind, rules in planted(op)]


def seen(comparisons):
    """Whether one of the errors is too large, or a gradient can not even be run."""
    try:
        return any(not error < EXACT for error in comparisons)
    except ValueError:
        return True


def with_rules(op, rules):
    return TABLE | {op: TABLE[op]._replace(rules=rules)}


@pytest.mark.parametrize("op, rules", PLANTED)
def test_a_wrong_rule_is_seen_at_its_op_alone(op, rules):
    assert any(seen(worst_of_op(case)) for case in op_cases(op, with_rules(op, rules)))


@pytest.mark.parametrize("op, rules", PLANTED)
def test_a_wrong_rule_is_seen_in_group_norm_by_its_third_derivatives(op, rules):
    """It has all that batch norm has, and a split and a merge besides."""
    case = member("group", (4, 6))._replace(ops=with_rules(op, rules))
    assert seen(worst(case))


def test_what_is_planted_is_all_that_sends():
    sent = sum(rule is not None for op in TABLE.values() for rule in op.rules)
    assert len(PLANTED) == 2 * sent + 4  # add, subtract, multiply, divide are swapped


SOURCES = sorted(Path(bnbook.__file__).parent.rglob("*.py"))
ROWS = {"graph/ops.py", "graph/family.py"}
FAULTS = re.compile(r"check/(.*faults|mutants|edits/programs|specimens/.*)\.py")


def code(path):
    """The tokens of a file without its remarks and strings, a blank between two."""
    with tokenize.open(path) as file:
        skipped = tokenize.COMMENT, tokenize.STRING
        tokens = tokenize.generate_tokens(file.readline)
        return " ".join(t.string for t in tokens if t.type not in skipped)


def found_in(pattern):
    """The files of the package in whose code the pattern stands."""
    root = Path(bnbook.__file__).parent
    return {path.relative_to(root).as_posix() for path in SOURCES
            if re.search(pattern, code(path))}


def test_no_derivative_is_a_function_of_g():
    assert found_in(r"\bvjp\b|lambda axes , g\b") == set()


def test_the_rows_of_the_table_stand_in_two_files_and_the_faults():
    rows = found_in(r"\bOp \(|\brules =")
    assert rows >= ROWS
    assert {path for path in rows - ROWS if not FAULTS.fullmatch(path)} == set()


def test_a_rule_is_text_or_nothing():
    assert all(isinstance(rule, str | None) for op in TABLE.values()
               for rule in op.rules)


def test_the_search_sees_code_and_no_remarks(tmp_path):
    planted = tmp_path / "planted.py"
    planted.write_text('"""vjp"""\nsent = lambda axes, g, y, a: g  # no vjp\n')
    assert "vjp" not in code(planted)
    assert re.search(r"lambda axes , g\b", code(planted))
