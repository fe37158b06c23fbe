"""The layer: both modes, its options, its state, its memory."""

import copy
import doctest
import pickle
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnbook import BatchNorm
from bnbook.check import check_trace
from bnbook.graph import BATCH_NORM, INFERENCE, run
from bnbook.norm import (
    added,
    batch_norm_vjp,
    initial_state,
    layer,
)
from bnbook.norm.textbook import statistics_axes
from common import inference_forward, training_forward

SHAPES = [(7, 3), (2, 5), (4, 3, 6), (3, 2, 4, 5), (2, 3, 2, 3, 4)]
DTYPES = [np.float16, np.float32, np.float64, np.longdouble]
MODES = {"training": True, "inference": False}


def case(shape=(7, 3), seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    x, dy = 3 * rng.normal(size=shape) + 1, rng.normal(size=shape)
    return x.astype(dtype), dy.astype(dtype)


def made(c=3, seed=1, **options):
    """A layer whose gamma, beta and running statistics are none of the defaults."""
    rng = np.random.default_rng(seed)
    bn = BatchNorm(c, **options)
    if bn.affine:
        bn.params = {"gamma": rng.normal(size=c) + 2, "beta": rng.normal(size=c) - 1}
    if bn.track_running_stats:
        bn.state["running_mean"] = rng.normal(size=c)
        bn.state["running_var"] = rng.uniform(1, 5, size=c)
    return bn


def traced(bn, x, dy, training):
    """The run of the graph that the layer's mode stands for."""
    column = (-1, *[1] * (x.ndim - 2))
    inputs = {"x": x, "eps": bn.eps} | bn.params
    if not training:
        inputs |= {"mu": bn.state["running_mean"], "var": bn.state["running_var"]}
    inputs = {name: a if name in ("x", "eps") else np.reshape(a, column)
              for name, a in inputs.items()}
    graph = BATCH_NORM if training else INFERENCE
    return run(graph, inputs, dy, axes=statistics_axes(x))


def close(a, b):
    """Equal to 1e-12 of the largest magnitude: some hundred roundings in float64."""
    b = np.reshape(b, np.shape(a))
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-12 * max(abs(b).max(), 1))


def same(a, b):
    """Equal, bit for bit, dicts key for key."""
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for name in a:
            same(a[name], b[name])
    else:
        np.testing.assert_array_equal(a, b)
        assert np.asarray(a).dtype == np.asarray(b).dtype


both_modes = pytest.mark.parametrize("training", MODES.values(), ids=MODES)


@both_modes
@pytest.mark.parametrize("shape", SHAPES)
def test_the_layer_is_the_trace_of_its_modes_graph(shape, training):
    x, dy = case(shape)
    bn = made(shape[1])
    trace = traced(bn, x, dy, training)
    close(bn.forward(x, training), trace.values["y"])
    close(bn.backward(dy), trace.grads["x"])
    for name in ("gamma", "beta"):
        close(bn.grads[name], trace.grads[name])


@both_modes
def test_the_complex_step_agrees(training):
    x, dy = case((4, 3, 2))
    bn = made()
    trace = traced(bn, x, dy, training)
    bn.forward(x, training)
    grads = {"x": bn.backward(dy)} | {n: g.reshape(-1, 1) for n, g in bn.grads.items()}
    report = check_trace(trace, grads=grads)
    assert max(row.error for row in report.rows) < 1e-13


def test_training_output_has_mean_beta_and_variance_gamma_squared():
    x, _ = case((500, 3))
    bn = made(eps=0.0)
    y = bn.forward(x, training=True)
    close(y.mean(0), bn.params["beta"])
    close(y.var(0), bn.params["gamma"] ** 2)


def test_backward_is_that_of_the_last_forward_whichever_its_mode():
    x, dy = case()
    bn = made()
    expected = {}
    for training in (True, False):
        expected[training] = traced(bn, x, dy, training).grads["x"]
    state = copy.deepcopy(bn.state)
    for training in (True, False, False, True):
        bn.state = copy.deepcopy(state)
        bn.forward(x, training)
        close(bn.backward(dy), expected[training])


@both_modes
def test_backward_repeats_and_overwrites_grads(training):
    x, dy = case()
    bn = made()
    bn.forward(x, training)
    first, grads = bn.backward(dy), copy.deepcopy(bn.grads)
    bn.backward(2 * dy)
    same(bn.backward(dy), first)
    same(bn.grads, grads)


def test_a_row_at_inference_depends_on_no_other_row():
    x, dy = case((6, 3, 4))
    bn = made()
    y = bn.forward(x, training=False)
    dx = bn.backward(dy)
    for i in range(6):
        same(bn.forward(x[i : i + 1], training=False), y[i : i + 1])
        same(bn.backward(dy[i : i + 1]), dx[i : i + 1])


def test_an_empty_batch_at_inference_gives_an_empty_answer():
    bn = made()
    x = np.empty((0, 3, 4, 4))
    assert bn.forward(x, training=False).shape == bn.backward(x).shape == x.shape
    same(bn.grads, {"gamma": np.zeros(3), "beta": np.zeros(3)})


def test_input_only_gives_the_same_dx_and_leaves_grads_alone():
    x, dy = case()
    bn = made()
    bn.forward(x, training=True)
    assert bn.grads == {}
    dx = bn.backward(dy, input_only=True)
    assert bn.grads == {}
    same(bn.backward(dy), dx)


def test_several_forwards_accumulate_by_explicit_caches():
    """Two batches, one step: the gradients add up as for the sum of the two losses."""
    bn = made()
    gamma, beta = bn.params.values()
    batches = [case((n, 3), seed=n) for n in (5, 8)]
    caches = [training_forward(x, gamma, beta)[1] for x, _ in batches]
    total = {"gamma": np.zeros(3), "beta": np.zeros(3)}
    for (x, dy), cache in zip(batches, caches):
        dx, dgamma, dbeta = batch_norm_vjp(dy, cache)
        total = added(total, {"gamma": dgamma, "beta": dbeta})
        close(dx, traced(bn, x, dy, True).grads["x"])
    for name in total:
        close(total[name],
              sum(traced(bn, x, dy, True).grads[name].ravel() for x, dy in batches))


def test_added_takes_the_same_names_and_shapes_only():
    grads = {"gamma": np.ones(3)}
    with pytest.raises(ValueError, match=r"^more: keys \['beta'\], expected "):
        added(grads, {"beta": np.ones(3)})
    with pytest.raises(ValueError, match=r"^more\['gamma'\]: shape \(1,\), expected"):
        added(grads, {"gamma": np.ones(1)})


def test_without_affine_gamma_is_1_and_beta_0():
    x, dy = case()
    bn, unit = BatchNorm(3, affine=False), BatchNorm(3)
    assert bn.params == {}
    same(bn.forward(x, True), unit.forward(x, True))
    same(bn.backward(dy), unit.backward(dy))
    assert bn.grads == {}


@both_modes
def test_without_running_statistics_both_modes_use_the_batchs(training):
    x, dy = case()
    bn = made(track_running_stats=False)
    trace = traced(bn, x, dy, True)
    close(bn.forward(x, training), trace.values["y"])
    close(bn.backward(dy), trace.grads["x"])
    bn.reset_running_stats()
    assert bn.state == {}


def test_without_running_statistics_inference_needs_two_values():
    bn = made(track_running_stats=False)
    with pytest.raises(ValueError, match=r"^x: shape .* expected at least 2$"):
        bn.forward(np.ones((1, 3)), training=False)


@both_modes
def test_num_features_can_come_from_the_first_forward(training):
    x, dy = case((4, 5, 2))
    lazy, known = BatchNorm(), BatchNorm(5)
    assert lazy.num_features is None and lazy.params == {} and lazy.state == {}
    lazy.reset_running_stats()
    same(lazy.forward(x, training), known.forward(x, training))
    same(lazy.backward(dy), known.backward(dy))
    same(lazy.state, known.state)
    same(lazy.params, known.params)
    assert lazy.num_features == 5
    same(lazy.forward(x, training), known.forward(x, training))
    with pytest.raises(ValueError, match=r"^x: shape .* expected 5 channels on axis 1"):
        lazy.forward(np.ones((4, 3)), training)


def test_what_was_assigned_before_the_first_forward_is_used():
    x, _ = case()
    source, lazy = made(), BatchNorm()
    lazy.params, lazy.state = source.params, source.state
    same(lazy.forward(x, False), source.forward(x, False))
    same(lazy.forward(x, True), source.forward(x, True))
    same(lazy.state, source.state)


def test_a_failed_first_forward_decides_nothing():
    lazy = BatchNorm()
    with pytest.raises(ValueError, match=r"^x: "):
        lazy.forward(np.ones((1, 4)), training=True)
    assert lazy.num_features is None and lazy.params == {} and lazy.state == {}


def test_settings_can_be_read_and_not_set():
    bn = BatchNorm(3, eps=1e-3, momentum=None, dtype="float32")
    assert bn.hyperparams == {
        "num_features": 3, "eps": 1e-3, "momentum": None, "affine": True,
        "track_running_stats": True, "unbiased_running_var": False,
        "dtype": np.dtype(np.float32)}
    for name, value in bn.hyperparams.items():
        assert getattr(bn, name) == value
        with pytest.raises(AttributeError):
            setattr(bn, name, value)
    bn.hyperparams["eps"] = 7
    assert bn.eps == 1e-3
    assert BatchNorm(**bn.hyperparams).hyperparams == bn.hyperparams


@pytest.mark.parametrize("bn, text", [
    (BatchNorm(3), "BatchNorm(3)"),
    (BatchNorm(), "BatchNorm(None)"),
    (BatchNorm(3, eps=0.5, momentum=None, affine=False, dtype=np.float32),
     "BatchNorm(3, eps=0.5, momentum=None, affine=False, dtype='float32')"),
    (BatchNorm(3, track_running_stats=False, unbiased_running_var=True),
     "BatchNorm(3, track_running_stats=False, unbiased_running_var=True)"),
])
def test_repr_says_what_is_not_the_default(bn, text):
    assert repr(bn) == text
    assert repr(eval(text)) == text


def test_a_subclass_with_a_constructor_of_its_own_has_a_repr():
    class Coarse(BatchNorm):
        def __init__(self, num_features):
            super().__init__(num_features, eps=1e-3)

    assert repr(Coarse(3)) == "BatchNorm(3, eps=0.001)"


def test_the_doctest_holds():
    assert doctest.testmod(layer).failed == 0


def test_only_training_moves_the_state():
    x, dy = case()
    bn = made()
    before = copy.deepcopy(bn.state)
    bn.forward(x, training=False)
    bn.backward(dy)
    same(bn.state, before)
    bn.forward(x, training=True)
    assert bn.state["num_batches"] == 1
    close(bn.state["running_mean"], 0.9 * before["running_mean"] + 0.1 * x.mean(0))
    close(bn.state["running_var"], 0.9 * before["running_var"] + 0.1 * x.var(0))


def test_a_state_that_was_taken_before_a_forward_stays_as_it_was():
    bn = made()
    taken, kept = bn.state, copy.deepcopy(bn.state)
    bn.forward(case()[0], training=True)
    same(taken, kept)


@pytest.mark.parametrize("shape", [(7, 3), (4, 3, 5)])
def test_the_unbiased_running_variance_divides_by_m_minus_1(shape):
    x, _ = case(shape)
    bn = made(unbiased_running_var=True, momentum=0.0)
    bn.forward(x, training=True)
    close(bn.state["running_var"], x.var(axis=statistics_axes(x), ddof=1))


def test_the_cumulative_average_weighs_by_count():
    """Batches of 10 and of 1000: the running mean is the mean of all 1010 values."""
    batches = [case((n, 3), seed=n)[0] + n for n in (10, 1000)]
    bn = made(momentum=None)
    for x in batches:
        bn.forward(x, training=True)
    close(bn.state["running_mean"], np.concatenate(batches).mean(0))
    close(bn.state["running_var"],
          (10 * batches[0].var(0) + 1000 * batches[1].var(0)) / 1010)
    assert bn.state["num_batches"] == 2 and bn.state["num_values"] == 1010


def test_reset_puts_the_state_back_to_the_start():
    for momentum in (0.5, None):
        bn = made(momentum=momentum)
        bn.forward(case()[0], training=True)
        bn.reset_running_stats()
        same(bn.state, initial_state(3, cumulative=momentum is None))


@pytest.mark.parametrize("options", [{}, {"momentum": None}, {"dtype": np.float32}])
def test_a_state_can_be_saved_and_loaded(tmp_path, options):
    x, _ = case()
    bn, fresh = made(**options), BatchNorm(3, **options)
    bn.forward(x, training=True)
    np.savez(tmp_path / "state.npz", **bn.state)
    np.savez(tmp_path / "params.npz", **bn.params)
    with np.load(tmp_path / "state.npz") as state:
        fresh.state = dict(state)
    with np.load(tmp_path / "params.npz") as params:
        fresh.params = dict(params)
    same(fresh.forward(x, False), bn.forward(x, False))
    same(fresh.forward(x, True), bn.forward(x, True))
    same(fresh.state, bn.state)


def test_params_and_state_can_be_assigned_whole_by_key_and_in_place():
    x, _ = case()
    bn = made()
    bn.params["gamma"][:] = [1, 2, 3]
    bn.params["beta"] = [4, 5, 6]
    bn.state = {"running_mean": [0, 1, 2], "running_var": [1, 4, 9], "num_batches": 7}
    close(bn.forward(x, False), [1, 2, 3] * (x - [0, 1, 2])
          / np.sqrt(np.array([1, 4, 9]) + 1e-5) + [4, 5, 6])
    params, state = bn.params, bn.state
    bn.forward(x, training=False)
    assert bn.params is params and bn.state is state
    bn.forward(x, training=True)
    assert bn.params is params and bn.state["num_batches"] == 8


def test_arrays_of_another_dtype_are_converted_on_use():
    x, dy = case()
    bn, other = made(), made()
    for values in (other.params, other.state):
        for name in values:
            if name != "num_batches":
                values[name] = values[name].astype(np.float32)
    for name in ("gamma", "beta"):
        bn.params[name] = other.params[name].astype(float)
    for name in ("running_mean", "running_var"):
        bn.state[name] = other.state[name].astype(float)
    for training in (False, True):
        same(other.forward(x, training), bn.forward(x, training))
    same(other.backward(dy), bn.backward(dy))
    same(other.grads, bn.grads)
    same(other.state, bn.state)


@both_modes
@pytest.mark.parametrize("own", DTYPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_y_and_dx_have_xs_dtype_and_the_rest_the_layers(dtype, own, training):
    x, dy = case(dtype=dtype)
    bn = BatchNorm(3, dtype=own)
    assert bn.forward(x, training).dtype == dtype
    for upstream in (dy, dy.astype(np.float64), np.ones(dy.shape, int)):
        assert bn.backward(upstream).dtype == dtype
        for values in (bn.params, bn.grads):
            assert all(a.dtype == own for a in values.values())
        wide = np.result_type(own, np.float64)
        for name in ("running_mean", "running_var"):
            assert bn.state[name].dtype == wide


@pytest.mark.parametrize("dtype, std", [(np.float16, 300), (np.float32, 1e25)])
def test_a_running_variance_beyond_the_layers_dtype_is_kept(dtype, std):
    x = (std * np.random.default_rng(0).normal(size=(50, 3))).astype(dtype)
    bn = BatchNorm(3, dtype=dtype, momentum=0.0)
    y = bn.forward(x, training=True)
    assert np.isfinite(bn.state["running_var"]).all()
    np.testing.assert_allclose(bn.forward(x, training=False), y, atol=1e-2)


@pytest.mark.parametrize("line", range(40))
def test_an_interrupt_leaves_the_layer_as_before_or_after(line):
    """Ctrl-C in each line of a lazy forward: the next call is as if none had been."""
    x, bn = case()[0], BatchNorm()
    whole = BatchNorm()
    expected = whole.forward(x, True)
    seen = 0

    def interrupt(frame, event, arg):
        nonlocal seen
        if frame.f_code is not BatchNorm.forward.__code__:
            return None
        if event == "line":
            if seen == line:
                raise KeyboardInterrupt
            seen += 1
        return interrupt

    before = sys.gettrace()
    sys.settrace(interrupt)
    try:
        bn.forward(x, True)
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    if bn.num_features is None:
        assert bn.params == bn.state == {}
        same(bn.forward(x, True), expected)
    else:
        assert bn.state["num_batches"] == 1
        same(bn.backward(np.ones_like(x)), whole.backward(np.ones_like(x)))


@both_modes
def test_integers_become_float64(training):
    x = np.arange(12).reshape(4, 3) ** 2
    bn, other = made(), made()
    same(bn.forward(x, training), other.forward(x.astype(float), training))
    assert bn.forward(x.tolist(), training).dtype == np.float64


@both_modes
def test_later_changes_of_arrays_change_nothing(training):
    x, dy = case()
    bn = made()
    y = bn.forward(x, training)
    state, dx, grads = copy.deepcopy(bn.state), bn.backward(dy), copy.deepcopy(bn.grads)
    given = [x, dy, y, dx, *bn.params.values(), *bn.grads.values()]
    expected = dx.copy()
    upstream = dy.copy()
    for a in given:
        a[:] = 9
    same(bn.backward(upstream), expected)
    same(bn.grads, grads)
    same(bn.state, state)


def test_no_result_shares_memory_with_the_layer_or_an_argument():
    x, dy = case()
    for training in (True, False):
        bn = made()
        y = bn.forward(x, training)
        dx = bn.backward(dy)
        held = [*bn.params.values(), bn.state["running_mean"], bn.state["running_var"],
                *bn._cache.kept, *bn.grads.values(), x, dy]
        assert not any(np.shares_memory(a, b) for a in (y, dx) for b in held)


@pytest.mark.parametrize("copied", [
    copy.copy, copy.deepcopy, lambda bn: pickle.loads(pickle.dumps(bn))])
def test_a_copy_is_alike_and_shares_nothing(copied):
    x, dy = case()
    bn = made(momentum=None)
    bn.forward(x, training=True)
    dx = bn.backward(dy)
    twin = copied(bn)
    expected = copy.deepcopy((bn.params, bn.state, bn.grads))
    same(twin.backward(dy), dx)
    twin.forward(x + 1, training=True)
    twin.backward(3 * dy)
    for values in (twin.params, twin.grads, twin.state):
        for name in ("gamma", "beta", "running_mean", "running_var"):
            if name in values:
                values[name][:] = 9
    for values, kept in zip((bn.params, bn.state, bn.grads), expected):
        same(values, kept)
    same(bn.backward(dy), dx)
    assert twin.hyperparams == bn.hyperparams


@st.composite
def views(draw):
    """An array of 2 to 5 dimensions that may be strided, reversed, in any order."""
    ndim = draw(st.integers(2, 5))
    shape = [draw(st.integers(2, 5)), *draw(st.lists(
        st.integers(1, 4), min_size=ndim - 1, max_size=ndim - 1))]
    steps = [draw(st.sampled_from([1, 2, -1, -2])) for _ in shape]
    big = [n * abs(step) for n, step in zip(shape, steps)]
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    dtype = draw(st.sampled_from([np.float32, np.float64, ">f8"]))
    axes = draw(st.permutations(range(ndim)))  # the order in memory: C, F, all between
    a = rng.normal(size=[big[i] for i in axes]).astype(dtype)
    return a.transpose(np.argsort(axes))[tuple(slice(None, None, s) for s in steps)]


@settings(deadline=None, max_examples=60, derandomize=True)
@given(views(), st.booleans())
def test_strides_and_order_do_not_matter(x, training):
    """To the bit: sums go along the axes in the array's own order, not memory's."""
    plain = np.ascontiguousarray(x)
    kept = plain.copy()
    a, b = made(x.shape[1]), made(x.shape[1])
    same(a.forward(x, training), b.forward(plain, training))
    same(a.backward(x), b.backward(plain))
    same(a.state, b.state)
    same(a.grads, b.grads)
    np.testing.assert_array_equal(x, kept)
    assert a.forward(x, training).dtype == x.dtype


@both_modes
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_inf_stay_in_their_channel(bad, training):
    x, dy = case((5, 3, 2))
    poisoned = x.copy()
    poisoned[2, 1, 0] = bad
    clean, bn = made(), made()
    with np.errstate(invalid="ignore"):
        y, dx = bn.forward(poisoned, training), bn.backward(dy)
    others = [0, 2]
    same(y[:, others], clean.forward(x, training)[:, others])
    same(dx[:, others], clean.backward(dy)[:, others])
    for mine, theirs in ((bn.state, clean.state), (bn.grads, clean.grads)):
        for name in mine:
            if name != "num_batches":
                same(mine[name][others], theirs[name][others])
    assert not np.isfinite(y[2, 1, 0])


def test_a_nan_in_the_running_statistics_is_no_error_and_ends_with_a_reset():
    x, _ = case()
    bn = made()
    bn.state["running_var"][1] = np.nan
    y = bn.forward(x, training=False)
    assert np.isnan(y[:, 1]).all() and np.isfinite(y[:, [0, 2]]).all()
    bn.forward(x, training=True)
    assert np.isnan(bn.state["running_var"][1])
    bn.reset_running_stats()
    assert np.isfinite(bn.forward(x, training=False)).all()


def test_the_functions_caches_serve_again_and_share_no_memory():
    bn = made()
    gamma, beta = bn.params.values()
    mean, var = bn.state["running_mean"], bn.state["running_var"]
    for forward, more in ((training_forward, ()), (inference_forward, (mean, var))):
        x, dy = case()
        arguments = [x, gamma.copy(), beta.copy(), *(a.copy() for a in more)]
        y, cache, *_ = forward(*arguments)
        before = batch_norm_vjp(dy, cache)
        for a in (y, *arguments):
            a[:] = 9
        for a, b in zip(before, batch_norm_vjp(dy, cache)):
            same(a, b)
        same(batch_norm_vjp(dy, cache)[0], before[0])


def test_what_is_wanted_of_a_backward_goes_by_name():
    layer = BatchNorm(3)
    layer.forward(np.arange(12.0).reshape(4, 3), training=True)
    with pytest.raises(TypeError):
        layer.backward(np.ones((4, 3)), True)
