"""The family: held to its graphs, to 50 digits, and to its contract."""

from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mpmath import mp, mpf

from bnbook.check import check_trace
from bnbook.graph import (
    BATCH_NORM,
    FAMILY,
    GROUP_NORM,
    OPS,
    RMS_NORM,
    Step,
    graph_inputs,
    grouped,
    run,
)
from bnbook.norm import (
    batch_norm_backward,
    batch_norm_forward,
    group_norm_backward,
    group_norm_forward,
    instance_norm_backward,
    instance_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
    rms_norm_backward,
    rms_norm_forward,
)

GROUPS = 2


class Functions(NamedTuple):
    """A member's functions, each with the parameters that it takes."""

    forward: object
    backward: object
    parameters: tuple[str, ...] = ("gamma", "beta")


MEMBERS = {
    "layer": Functions(layer_norm_forward, layer_norm_backward),
    "group": Functions(partial(group_norm_forward, groups=GROUPS), group_norm_backward),
    "instance": Functions(instance_norm_forward, instance_norm_backward),
    "rms": Functions(rms_norm_forward, rms_norm_backward, ("gamma",)),
}
BACKWARDS = {"batch": batch_norm_backward} | {n: m.backward for n, m in MEMBERS.items()}
SHAPES = [(7, 4), (5, 4, 6), (3, 4, 5, 2), (2, 4, 3, 2, 3)]
RANKS = [(name, shape) for name in MEMBERS for shape in SHAPES
         if name != "instance" or len(shape) > 2]
every_member = pytest.mark.parametrize("name", MEMBERS)
every_rank = pytest.mark.parametrize("name, shape", RANKS)


def case(shape, seed=0, scale=3.0, shift=1.0):
    """x, {"gamma", "beta"}, dy: gamma is not 1, beta is not 0."""
    rng = np.random.default_rng(seed)
    c = shape[1]
    x = scale * rng.normal(size=shape) + shift
    parameters = {"gamma": rng.normal(size=c) + 2, "beta": rng.normal(size=c) - 1}
    return x, parameters, rng.normal(size=shape)


def chosen(name, parameters):
    return {p: parameters[p] for p in MEMBERS[name].parameters}


def both(name, x, parameters, dy):
    """y, then dx, dgamma and, if there is a shift, dbeta."""
    y, cache = MEMBERS[name].forward(x, **chosen(name, parameters))
    return y, *MEMBERS[name].backward(dy, cache)


def traced(name, x, parameters, dy=None, groups=GROUPS):
    graph, axes = FAMILY[name]
    column = (-1, *[1] * (x.ndim - 2))
    inputs = {"x": x, "eps": 1e-5} | {
        p: np.reshape(a, column) for p, a in parameters.items()}
    inputs = {p: inputs[p] for p in graph_inputs(graph)}
    return run(graph, inputs, dy, axes=axes(x.ndim), ops=grouped(groups))


def close(a, b):
    """Equal to 1e-12 of the largest magnitude: some hundred roundings in float64."""
    b = np.reshape(b, np.shape(a))
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-12 * max(abs(b).max(), 1))


@pytest.mark.parametrize("name, axes", [
    ("batch", (0, 2, 3)), ("layer", (1, 2, 3)), ("instance", (2, 3)),
    ("group", (2, 3, 4)), ("rms", (1, 2, 3))])
def test_a_members_axes_for_images(name, axes):
    assert FAMILY[name].axes(4) == axes


def test_layer_and_instance_norm_are_batch_norms_own_graph():
    assert FAMILY["layer"].graph is FAMILY["instance"].graph is BATCH_NORM


def test_rms_norm_computes_no_mean_of_x_and_has_no_shift():
    assert graph_inputs(RMS_NORM) == ("x", "eps", "gamma")
    assert [s.name for s in RMS_NORM if s.op == "mean"] == ["ms"]


def test_group_norm_is_batch_norm_between_a_split_and_a_merge():
    renamed = {"xg": "x", "xhatg": "xhat"}
    inner = [s for s in GROUP_NORM if s.op not in ("split", "merge")]
    as_batch = [Step(renamed.get(s.name, s.name), s.op,
                     tuple(renamed.get(i, i) for i in s.inputs)) for s in inner]
    assert tuple(as_batch) == BATCH_NORM


def test_the_op_table_gains_two_rows_and_keeps_the_others():
    table = grouped(2)
    assert {name: table[name] for name in OPS} == OPS
    assert set(table) - set(OPS) == {"split", "merge"}


def test_a_group_is_made_of_neighbouring_channels():
    x = np.arange(12.0).reshape(2, 6)
    xg = run((Step("xg", "split", ("x",)),), {"x": x}, ops=grouped(3)).values["xg"]
    assert xg[1].tolist() == [[6, 7], [8, 9], [10, 11]]


@pytest.mark.parametrize("groups, said", [
    (3, r"step xg: split of x \(3, 4\): "), (0, "groups: 0, expected at least 1"),
    (-1, "groups: -1, expected at least 1"), (2.0, "groups: 2.0, expected an integer")])
def test_a_split_that_does_not_fit_is_named_in_one_line(groups, said):
    with pytest.raises((TypeError, ValueError), match=f"^{said}") as caught:
        run(GROUP_NORM, {"x": np.ones((3, 4)), "gamma": 1, "beta": 0, "eps": 0},
            ops=grouped(groups))
    assert "\n" not in str(caught.value)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(n=st.integers(1, 3), groups=st.integers(1, 3), c=st.integers(1, 3),
       spatial=st.lists(st.integers(1, 3), max_size=2), seed=st.integers(0, 2**32 - 1))
def test_the_vjp_of_split_and_merge_is_that_of_the_complex_step(
        n, groups, c, spatial, seed):
    rng = np.random.default_rng(seed)
    for op, shape in (("split", (n, groups * c, *spatial)),
                      ("merge", (n, groups, c, *spatial))):
        step, a = (Step("y", op, ("a",)),), rng.normal(size=shape)
        y = run(step, {"a": a}, ops=grouped(groups)).values["y"]
        ran = run(step, {"a": a}, rng.normal(size=y.shape), ops=grouped(groups))
        assert check_trace(ran).within(1e-12)
        assert check_trace(ran, "central difference").within(1e-7)


@every_rank
def test_the_complex_step_fits_every_node(name, shape):
    x, parameters, dy = case(shape)
    trace = traced(name, x, parameters, dy)
    report = check_trace(trace)
    assert {row.name for row in report.rows} == set(trace.values) - {"y"}
    # Two values a group are +-1 once normalized: dx all but cancels, to 1e-5 of dxhat.
    assert report.within(1e-9 if (name, len(shape)) == ("group", 2) else 1e-12), report


@every_rank
def test_forward_and_backward_are_the_traces(name, shape):
    x, parameters, dy = case(shape)
    trace = traced(name, x, parameters, dy)
    y, *gradients = both(name, x, parameters, dy)
    close(y, trace.values["y"])
    for p, gradient in zip(("x", *MEMBERS[name].parameters), gradients, strict=True):
        close(gradient, trace.grads[p])


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_group_norm_takes_every_divisor_of_the_channels(groups):
    x, parameters, dy = case((3, 6, 4))
    trace = traced("group", x, parameters, dy, groups)
    y, cache = group_norm_forward(x, **parameters, groups=groups)
    close(y, trace.values["y"])
    for gradient, p in zip(group_norm_backward(dy, cache), ("x", "gamma", "beta")):
        close(gradient, trace.grads[p])


def test_one_group_is_layer_norm_and_a_group_a_channel_is_instance_norm():
    x, parameters, dy = case((3, 4, 5))
    for name, groups in (("layer", 1), ("instance", 4)):
        y, cache = group_norm_forward(x, **parameters, groups=groups)
        for a, b in zip((y, *group_norm_backward(dy, cache)),
                        both(name, x, parameters, dy), strict=True):
            np.testing.assert_array_equal(a, b)


def test_layer_norm_is_batch_norm_of_the_transpose():
    x, _, dy = case((7, 4))
    y, cache = batch_norm_forward(x.T, np.ones(7), np.zeros(7))
    ours, ours_cache = layer_norm_forward(x, np.ones(4), np.zeros(4))
    close(ours, y.T)
    close(layer_norm_backward(dy, ours_cache)[0], batch_norm_backward(dy.T, cache)[0].T)


def test_rms_norm_is_layer_norm_where_a_samples_mean_is_zero():
    x, parameters, _ = case((5, 4, 3))
    x -= x.mean(axis=(1, 2), keepdims=True)
    y, _ = layer_norm_forward(x, parameters["gamma"], np.zeros(4))
    close(rms_norm_forward(x, parameters["gamma"])[0], y)


@every_member
def test_xs_gradient_has_no_part_along_what_the_statistics_take_away(name):
    x, parameters, dy = case((5, 4, 6))
    forward, backward, _ = MEMBERS[name]
    _, cache = forward(x, **chosen(name, parameters), eps=0.0)
    dx = backward(dy, cache)[0].reshape(cache.arrays.xhat.shape)
    axes = FAMILY["rms" if name == "rms" else "group"].axes(3)
    assert abs((dx * cache.arrays.xhat).sum(axis=axes)).max() < 1e-12
    if name != "rms":
        assert abs(dx.sum(axis=axes)).max() < 1e-12


@every_member
def test_a_sample_is_normalized_as_if_it_were_alone(name):
    x, parameters, dy = case((5, 4, 6))
    y, dx, *sums = both(name, x, parameters, dy)
    alone = [both(name, x[i:i + 1], parameters, dy[i:i + 1]) for i in range(5)]
    np.testing.assert_array_equal(y, np.concatenate([a[0] for a in alone]))
    np.testing.assert_array_equal(dx, np.concatenate([a[1] for a in alone]))
    for k, together in enumerate(sums, 2):
        close(together, sum(a[k] for a in alone))


@every_member
def test_an_empty_batch_gives_an_empty_output_and_zero_gradients(name):
    x, parameters, dy = case((0, 4, 3))
    y, dx, *sums = both(name, x, parameters, dy)
    assert y.shape == dx.shape == (0, 4, 3)
    for gradient in sums:
        np.testing.assert_array_equal(gradient, np.zeros(4))


@every_member
def test_nan_stays_in_its_sample(name):
    x, parameters, dy = case((3, 4, 5))
    x[1, 2, 3] = np.nan
    y, dx, *_ = both(name, x, parameters, dy)
    assert np.isnan(y[1]).any() and np.isnan(dx[1]).any()
    assert np.isfinite(y[[0, 2]]).all() and np.isfinite(dx[[0, 2]]).all()


def test_nan_stays_in_its_group_and_in_its_channel():
    x, parameters, _ = case((3, 4, 5))
    x[1, 2, 3] = np.nan
    y, _ = group_norm_forward(x, **parameters, groups=2)
    assert np.isnan(y[1, 2:]).all() and np.isfinite(y[1, :2]).all()
    y, _ = instance_norm_forward(x, **parameters)
    assert np.isnan(y[1, 2]).all() and np.isfinite(y[1, [0, 1, 3]]).all()


def test_rms_norm_of_one_value_is_its_sign():
    y, cache = rms_norm_forward([[3.0], [-0.5]], [2.0], eps=0)
    assert y.tolist() == [[2.0], [-2.0]]
    dx, dgamma = rms_norm_backward([[1.0], [5.0]], cache)
    assert dx.tolist() == [[0.0], [0.0]] and dgamma.tolist() == [-4.0]


@every_member
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_the_dtype_stays_and_float16_sums_are_float32(name, dtype):
    x, parameters, dy = case((3, 4, 5))
    x, dy = x.astype(dtype), dy.astype(dtype)
    y, dx, *sums = both(name, x, parameters, dy)
    assert y.dtype == dx.dtype == dtype
    wide = np.float32 if dtype == np.float16 else dtype
    assert all(g.dtype == wide for g in sums)


@every_member
def test_gradients_keep_xs_dtype_whatever_dys_and_epss(name):
    x, parameters, dy = case((3, 4, 5))
    forward, backward, _ = MEMBERS[name]
    y, cache = forward(np.float32(x), **chosen(name, parameters), eps=np.float64(1e-5))
    assert y.dtype == np.float32
    for upstream in (dy, np.ones((3, 4, 5), int)):
        assert all(g.dtype == np.float32 for g in backward(upstream, cache))


@every_member
def test_integers_become_float64(name):
    x = np.arange(24).reshape(2, 4, 3) ** 2
    y, *_ = both(name, x, case(x.shape)[1], np.ones(x.shape))
    assert y.dtype == np.float64


@every_member
def test_float16_far_from_zero_is_right_to_float16(name):
    """Squares of 1000 overflow float16; the answer is float64's, rounded once."""
    x, parameters, dy = case((3, 4, 50), scale=5.0, shift=1000.0)
    x, dy = np.float16(x), np.float16(dy)
    wide = both(name, x.astype(float), parameters, dy.astype(float))
    for a, b in zip(both(name, x, parameters, dy), wide, strict=True):
        unit = np.finfo(np.float16).eps * abs(b).max()
        np.testing.assert_allclose(a.astype(float), b, rtol=0, atol=unit)


def test_rms_norm_squares_what_float32_cannot():
    x, parameters, _ = case((3, 4))
    large, _ = rms_norm_forward(np.float32(1e30) * np.float32(x), parameters["gamma"])
    plain, _ = rms_norm_forward(np.float32(x), parameters["gamma"], eps=0)
    np.testing.assert_allclose(large, plain, rtol=1e-6)  # a few float32 roundings


@every_rank
def test_the_order_in_memory_changes_nothing(name, shape):
    x, parameters, dy = case(shape)
    stepped = [np.repeat(a, 2, axis=1)[:, ::2] for a in (x, dy)]
    expected = both(name, x, parameters, dy)
    for a, upstream in ((np.asfortranarray(x), np.asfortranarray(dy)), stepped):
        for ours, theirs in zip(both(name, a, parameters, upstream), expected):
            close(ours, theirs)


@every_member
@settings(max_examples=20, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_shape_gives_the_traces_numbers(name, data):
    n, c = data.draw(st.integers(1, 4)), GROUPS * data.draw(st.integers(2, 3))
    spatial = data.draw(st.lists(st.integers(2, 3), min_size=1, max_size=3))
    eighths = arrays(float, (n, c, *spatial), elements=st.integers(-80, 80))
    x, dy = data.draw(eighths) / 8, data.draw(eighths) / 8
    _, parameters, _ = case(x.shape)
    trace = traced(name, x, parameters, dy)
    y, dx, *_ = both(name, x, parameters, dy)
    close(y, trace.values["y"])
    unit = max(np.abs(a).max() for a in trace.values.values())  # 1 / std may be 316
    close(dx / unit, trace.grads["x"] / unit)


@every_member
def test_no_argument_changes(name):
    x, parameters, dy = case((3, 4, 5))
    given = [x, *parameters.values(), dy]
    copies = [a.copy() for a in given]
    both(name, x, parameters, dy)
    for a, b in zip(given, copies):
        np.testing.assert_array_equal(a, b)


@every_member
def test_the_cache_is_its_own_and_can_be_used_again(name):
    x, parameters, dy = case((1, 4, 2))  # N = 1: sums over one value are tempting views
    forward, backward, _ = MEMBERS[name]
    y, cache = forward(x, **chosen(name, parameters))
    before = [g.copy() for g in backward(dy, cache)]
    for a in (x, *parameters.values(), y, *backward(dy, cache)):
        a[:] = 9
    for a, b in zip(backward(dy, cache), before, strict=True):
        np.testing.assert_array_equal(a, b)


GOOD = {"x": np.ones((3, 4, 5)), "gamma": np.ones(4), "beta": np.ones(4), "eps": 1e-5}
BAD = [
    ({"x": np.ones(4)}, "x: 1 dimensions, expected 2 to 5: (N, C, *spatial)"),
    ({"x": np.ones((2, 4, 1, 1, 1, 2))},
     "x: 6 dimensions, expected 2 to 5: (N, C, *spatial)"),
    ({"x": np.ones((3, 4, 5), complex)}, "x: dtype complex128, expected real numbers"),
    ({"x": np.ones((3, 4, 5), bool)}, "x: dtype bool, expected real numbers"),
    ({"x": np.full((3, 4, 5), None)}, "x: dtype object, expected real numbers"),
    ({"x": [["a", "b"]]}, "x: dtype <U1, expected real numbers"),
    ({"x": np.ma.ones((3, 4, 5))},
     "x: a masked array, expected a plain one (fill it first)"),
    ({"gamma": np.ones((1, 4))}, "gamma: shape (1, 4), expected (C,) = (4,); "
     "reshape it with gamma.reshape(-1)"),
    ({"gamma": np.ones(3)}, "gamma: shape (3,), expected (C,) = (4,)"),
    ({"beta": np.ones(5)}, "beta: shape (5,), expected (C,) = (4,)"),
    ({"beta": 0.0}, "beta: shape (), expected (C,) = (4,)"),
    ({"eps": -1e-5}, "eps: -1e-05, expected a number >= 0"),
    ({"eps": np.inf}, "eps: inf, expected a number >= 0"),
    ({"eps": True}, "eps: True, expected a number >= 0"),
]


def refusal(forward, arguments):
    with pytest.raises((TypeError, ValueError)) as caught:
        forward(**arguments)
    return str(caught.value)


def read(name):
    return {"x", "eps", *MEMBERS[name].parameters}


@pytest.mark.parametrize("name, change, message", [
    (name, *row) for name in MEMBERS for row in BAD if set(row[0]) <= read(name)])
def test_bad_input_gets_one_line(name, change, message):
    arguments = {key: value for key, value in GOOD.items() if key in read(name)}
    if name == "instance":
        message = message.replace("expected 2 to 5", "expected 3 to 5")
    assert refusal(MEMBERS[name].forward, arguments | change) == message


@pytest.mark.parametrize("name, shape, part, values, least", [
    ("layer", (3, 1), "sample", 1, 2), ("layer", (3, 0), "sample", 0, 2),
    ("group", (3, 2), "group", 1, 2), ("group", (3, 4, 0), "group", 0, 2),
    ("instance", (3, 4, 1), "channel", 1, 2), ("instance", (3, 0, 5), "channel", 0, 2),
    ("rms", (3, 0), "sample", 0, 1), ("rms", (3, 4, 0), "sample", 0, 1),
])
def test_a_part_needs_values(name, shape, part, values, least):
    x, parameters, _ = case(shape)
    message = (f"x: shape {shape} gives a {part} {values} values, "
               f"expected at least {least}")
    assert refusal(MEMBERS[name].forward,
                   {"x": x, **chosen(name, parameters)}) == message


def test_instance_norm_needs_positions():
    assert refusal(instance_norm_forward, GOOD | {"x": np.ones((3, 4))}) == (
        "x: 2 dimensions, expected 3 to 5: (N, C, *spatial)")


@pytest.mark.parametrize("groups, message", [
    (3, "groups: 3, expected a divisor of C = 4"),
    (8, "groups: 8, expected a divisor of C = 4"),
    (0, "groups: 0, expected at least 1"),
    (-2, "groups: -2, expected at least 1"),
    (2.0, "groups: 2.0, expected an integer"),
    (True, "groups: True, expected an integer"),
])
def test_groups_must_divide_the_channels(groups, message):
    assert refusal(group_norm_forward, GOOD | {"groups": groups}) == message


@every_member
@pytest.mark.parametrize("dy, message", [
    (np.ones(4), "dy: shape (4,), expected (3, 4, 5)"),
    (np.ones((3, 4, 1)), "dy: shape (3, 4, 1), expected (3, 4, 5)"),
    (np.ones((3, 2, 2, 5)), "dy: shape (3, 2, 2, 5), expected (3, 4, 5)"),
    (np.ones((3, 4, 5), complex), "dy: dtype complex128, expected real numbers"),
])
def test_dy_is_not_broadcast(name, dy, message):
    x, parameters, _ = case((3, 4, 5))
    _, cache = MEMBERS[name].forward(x, **chosen(name, parameters))
    assert refusal(MEMBERS[name].backward, {"dy": dy, "cache": cache}) == message


def digits(a):
    return np.vectorize(mpf, otypes=[object])(a)


def part_truth(name, x, gamma, beta, eps):
    """y and xhat of one part, straight from the definition, in mpmath's numbers."""
    mu = 0 if name == "rms" else x.sum() / x.size
    xhat = (x - mu) / mp.sqrt(((x - mu) ** 2).sum() / x.size + mpf(eps))
    return gamma * xhat + beta, xhat


def truth(name, x, parameters, dy, eps=1e-5):
    """y, dx and the sums in 50 digits. dx is a central difference: nothing is derived.

    Of 50 digits the mean takes at most 15 and h takes 12, and h^2 is 1e-24.
    """
    h = mpf("1e-12")
    n, c, *spatial = x.shape
    parts = {"layer": 1, "rms": 1, "group": GROUPS, "instance": c}[name]
    x, dy = (digits(a).reshape(n, parts, -1) for a in (x, dy))
    gamma, beta = (np.repeat(digits(parameters[p]), np.prod(spatial)).reshape(parts, -1)
                   for p in ("gamma", "beta"))
    y, xhat, dx = (np.empty_like(x) for _ in range(3))
    for part in np.ndindex(n, parts):
        forward = partial(part_truth, name, gamma=gamma[part[1]], eps=eps,
                          beta=0 if name == "rms" else beta[part[1]])
        y[part], xhat[part] = forward(x[part])
        for j, step in enumerate(h * digits(np.eye(x.shape[2]))):
            rise = forward(x[part] + step)[0] - forward(x[part] - step)[0]
            dx[(*part, j)] = (dy[part] * rise).sum() / (2 * h)
    sums = ((dy * xhat).reshape(n, c, -1), dy.reshape(n, c, -1))
    return y, dx, *(a.sum(axis=(0, 2)) for a in sums)


@every_member
@pytest.mark.parametrize("dtype, shift", [(np.float32, 1e7), (np.float64, 1e15)])
def test_fifty_digits_agree_where_the_mean_dwarfs_the_deviations(name, dtype, shift):
    """Within 16 units in the last place of the largest value: the book's promise."""
    x, parameters, dy = case((3, 4, 8), scale=1.0, shift=shift)
    x, dy = x.astype(dtype), dy.astype(dtype)
    parameters = {p: a.astype(dtype) for p, a in parameters.items()}
    with mp.workdps(50):
        expected = truth(name, x, parameters, dy)
        for a, b in zip(both(name, x, parameters, dy), expected):
            unit = np.finfo(dtype).eps * max(map(abs, b.flat))
            assert max(abs(digits(a) - b.reshape(a.shape)).flat) < 16 * unit
