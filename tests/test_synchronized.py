"""Synchronized batch norm on one to four real processes: equal to one process."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ranks_tasks as tasks
from bnbook.norm import (
    Ranks,
    RanksError,
    batch_norm,
    batch_norm_vjp,
    initial_state,
    synchronized_batch_norm,
    synchronized_batch_norm_vjp,
)

EACH = settings(max_examples=50, deadline=None, derandomize=True,
                suppress_health_check=[HealthCheck.function_scoped_fixture])
CLOSE = {"float16": 2e-3, "float32": 1e-5, "float64": 1e-12, "longdouble": 1e-14}


def case(shape, dtype=np.float64, seed=0, scale=1.0, offset=0.0):
    """(x, dy, params): an offset a channel, an upstream gradient with a mean."""
    rng = np.random.default_rng(seed)
    each = shape[1], *[1] * (len(shape) - 2)
    x = rng.normal(size=shape) * scale + offset * rng.normal(size=each)
    dy = rng.normal(size=shape) + 3 * rng.normal(size=each)
    params = {name: rng.normal(size=shape[1]) for name in ("gamma", "beta")}
    return x.astype(dtype), dy.astype(dtype), params


def alone(x, dy, params, state, **options):
    """The same by one process with all rows."""
    y, cache, state = batch_norm(x, params, state, training=True, **options)
    return y, *batch_norm_vjp(dy, cache), state


def close(a, b, dtype):
    tolerance = CLOSE[dtype] * max(1, abs(b).max())
    np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)


def joined(results):
    """y and dx of all rows; dgamma and dbeta of rank 0; the states of all ranks."""
    y, dx, dgamma, dbeta, states = zip(*results)
    return np.concatenate(y), np.concatenate(dx), dgamma[0], dbeta[0], states


def even(n, rows):
    return [rows * k // n for k in range(n + 1)]


@st.composite
def splits(draw, most=12):
    """(ranks, rows, cuts): uneven, and with ranks that have no row."""
    n, rows = draw(st.integers(1, 4)), draw(st.integers(2, most))
    inner = draw(st.lists(st.integers(0, rows), min_size=n - 1, max_size=n - 1))
    return n, rows, [0, *sorted(inner), rows]


@EACH
@given(split=splits(), c=st.integers(1, 5), seed=st.integers(0, 99),
       places=st.lists(st.integers(1, 9), max_size=2), dtype=st.sampled_from([*CLOSE]),
       offset=st.sampled_from([0.0, 1.0, 300.0]),
       unbiased=st.booleans(), momentum=st.sampled_from([0.9, None]))
def test_any_split_equals_one_process(on, split, c, seed, places, dtype, offset,
                                      unbiased, momentum):
    n, rows, cuts = split
    x, dy, params = case((rows, c, *places), dtype, seed, offset=offset)
    state = initial_state(c, cumulative=momentum is None)
    options = {"momentum": momentum, "unbiased_running_var": unbiased}
    *whole, after = alone(x, dy, params, state, **options)
    *ours, states = joined(on(n, tasks.layer, x, dy, cuts, params, state, options))
    for a, b in zip(ours, whole):
        assert a.dtype == b.dtype and a.shape == b.shape
        close(a, b, dtype)
    for one in states:  # the same bits everywhere: nothing drifts apart
        assert {k: np.asarray(v).tolist() for k, v in one.items()} == {
            k: np.asarray(v).tolist() for k, v in states[0].items()}
    for name, value in after.items():
        tolerance = CLOSE["float32" if dtype == "float16" else dtype]
        np.testing.assert_allclose(states[0][name], value, rtol=tolerance,
                                   atol=tolerance)


@EACH
@given(blocks=st.integers(1, 6), block=st.integers(1, 5), tail=st.integers(0, 4),
       n=st.integers(2, 4), seed=st.integers(0, 99), data=st.data(),
       places=st.lists(st.integers(1, 5), max_size=1),
       dtype=st.sampled_from([*CLOSE]))
def test_a_grid_of_blocks_gives_the_same_bits_for_every_split(
        on, blocks, block, tail, n, seed, data, places, dtype):
    rows = blocks * block + (tail if tail < block else 0)
    rows += rows < 2
    x, dy, params = case((rows, 3, *places), dtype, seed, offset=10)
    at = st.integers(0, rows // block).map(lambda k: k * block)
    cuts = sorted(data.draw(st.lists(at, min_size=n - 1, max_size=n - 1)))
    state, options = initial_state(3), {"block": block}
    one, = on(1, tasks.layer, x, dy, [0, rows], params, state, options)
    y, dx, _, _, states = joined(
        on(n, tasks.layer, x, dy, [0, *cuts, rows], params, state, options))
    assert (y == one[0]).all() and (dx == one[1]).all()
    assert all((s[k] == one[4][k]).all() for s in states for k in
               ("running_mean", "running_var"))
    whole = alone(x, dy, params, state)
    for a, b in zip(one[:4], whole):
        close(a, b, dtype)


@pytest.mark.parametrize(("scale", "offset", "dtype"), [
    (1, 1e6, "float64"), (1, 1e4, "float32"), (1e30, 0, "float32"),
    (1e-30, 0, "float32"), (1e150, 0, "float64"), (1e-150, 0, "float64")])
def test_digits_are_kept(on, scale, offset, dtype):
    if (dtype, offset) == ("float64", 1e6) and np.finfo("g").eps == np.finfo("d").eps:
        pytest.skip("no dtype here is wider than float64: sums of it travel as it is")
    x, dy, params = case((31, 4), dtype, scale=scale, offset=offset)
    options = {"eps": 0.0}
    with np.errstate(over="ignore", divide="ignore"):
        whole = alone(x, dy, params, {}, **options)
        scaled = whole[1] * scale
    y, dx, dgamma, dbeta, _ = joined(
        on(3, tasks.layer, x, dy, [0, 4, 4, 31], params, {}, options))
    for a, b in zip((y, dx * scale, dgamma, dbeta), (whole[0], scaled, *whole[2:4])):
        close(a, b, dtype)


def test_a_large_mean_of_the_gradient_costs_no_digits(on):
    x, dy, params = case((40, 3), "float32")
    dy += 1e4
    whole = alone(*(np.float64(a) for a in (x, dy)), params, {})
    ours = joined(on(4, tasks.layer, x, dy, even(4, 40), params, {}, {}))
    np.testing.assert_allclose(ours[1], whole[1], atol=5e-5)
    np.testing.assert_allclose(ours[2], whole[2], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_inf_stay_in_their_channel(on, value):
    x, dy, params = case((12, 3))
    clean = alone(x, dy, params, initial_state(3))
    x[7, 1] = value
    y, dx, _, _, states = joined(
        on(3, tasks.layer, x, dy, even(3, 12), params, initial_state(3), {}))
    for a, b in ((y, clean[0]), (dx, clean[1])):
        assert np.isnan(a[:, 1]).all()
        np.testing.assert_allclose(a[:, ::2], b[:, ::2], atol=1e-13)
    assert np.isnan(states[0]["running_var"]).tolist() == [False, True, False]


def test_the_gradient_is_that_of_one_loss_of_all_ranks(on):
    """By central differences: one row's change reaches the other ranks' outputs."""
    x, dy, params = case((5, 2))
    cuts, h, numeric = [0, 2, 2, 5], 1e-6, np.empty((5, 2))

    def loss(x):
        return (joined(on(3, tasks.layer, x, dy, cuts, params, {}, {}))[0] * dy).sum()

    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        numeric[i] = (loss(x + step) - loss(x - step)) / (2 * h)
    dx = joined(on(3, tasks.layer, x, dy, cuts, params, {}, {}))[1]
    np.testing.assert_allclose(dx, numeric, atol=1e-8)


X, DY, PARAMS = case((4, 3))
GOOD = X, PARAMS, initial_state(3), {}


def told(on, odd, place=1, n=3, **more):
    """The one line that all ranks raise if one rank's call is `odd`."""
    calls = [GOOD] * n
    calls[place] = odd
    lines = on(n, tasks.each_its_own, calls, *more.values())
    assert len({*lines}) == 1 and isinstance(lines[0], str) and "\n" not in lines[0]
    return lines[0]


@pytest.mark.parametrize(("odd", "line"), [
    ((case((5, 4))[0], case((5, 4))[2], initial_state(4), {}),
     "x: shape (N, 4), dtype float64, expected shape (N, 3), dtype float64"),
    ((X.astype("f4"), *GOOD[1:]), "x: shape (N, 3), dtype float32, expected shape"),
    ((X[..., None], *GOOD[1:]), "x: shape (N, 3, 1), dtype float64, expected shape"),
    ((X, PARAMS, initial_state(3), {"eps": 0.1}), "eps: 0.1, expected 1e-05"),
    ((X, PARAMS, initial_state(3), {"momentum": 0.5}), "momentum: 0.5, expected 0.9"),
    ((X, PARAMS, initial_state(3), {"block": 2}), "block: 2, expected None"),
    ((X, PARAMS, initial_state(3), {"unbiased_running_var": True}),
     "unbiased_running_var: True, expected False"),
    ((X, PARAMS | {"gamma": np.ones(3)}, initial_state(3), {}),
     "gamma: values of sum 3.0, expected"),
    ((X, PARAMS, initial_state(3) | {"num_batches": 4}, {}),
     "num_batches: 4, expected 0"),
    ((X.astype(complex), *GOOD[1:]), "x: dtype complex128, expected real numbers"),
    ((X, {"gamma": np.ones(3)}, initial_state(3), {}), "params: keys ['gamma']"),
])
def test_a_rank_that_differs_is_named_on_all(on, odd, line):
    assert told(on, odd).startswith(f"RanksError: rank 1: {line}")
    assert told(on, odd, place=2).startswith(f"RanksError: rank 2: {line}")


def test_where_rank_0_differs_the_first_other_one_is_named(on):
    line = told(on, (X.astype("f4"), *GOOD[1:]), place=0)
    assert line.startswith("RanksError: rank 1: x: shape (N, 3), dtype float64, expec")


def test_a_wrong_gradient_on_one_rank_is_named_on_all(on):
    lines = on(3, tasks.each_its_own, [GOOD] * 3, [DY, DY, DY[1:]])
    assert {*lines} == {"RanksError: rank 2: dy: shape (3, 3), expected (4, 3)"}


def test_a_rank_in_another_mode_does_not_hang_the_others(on):
    calls = [GOOD, GOOD, (*GOOD[:3], {"training": False})]
    first, second, third = on(3, tasks.each_its_own, calls)
    assert first == second == ("TimeoutError: waited 1 s in a check for other ranks, "
                               "expected all to call it")
    assert third.shape == X.shape


def test_too_few_values_are_refused_on_all_ranks(on):
    few = X[:1], PARAMS, initial_state(3), {}
    none = (X[:0], *few[1:])
    assert {*on(2, tasks.each_its_own, [few, none])} == {
        "RanksError: x: 1 values a channel on all ranks, expected at least 2"}
    assert {*on(2, tasks.each_its_own, [(*none[:3], {"block": 2})] * 2)} == {
        "RanksError: x: no rows on any rank, expected at least 2 values a channel"}


def test_blocks_are_whole_but_the_last(on):
    calls = [(X[:k], *GOOD[1:3], {"block": 2}) for k in (3, 2)]
    assert {*on(2, tasks.each_its_own, calls)} == {
        "RanksError: rank 0: block: 1 values a channel in one, expected 2 in all but "
        "the last"}


def test_without_checks_the_result_is_the_same(on):
    calls = [(X[k:k + 1], *GOOD[1:]) for k in range(4)]
    a, b = (on(4, tasks.each_its_own, calls, None, check) for check in (True, False))
    assert all((p == q).all() for p, q in zip(a, b))


# One process, no MPI


def test_alone_it_is_batch_norm():
    x, dy, params = case((9, 3, 2, 2))
    y, cache, state = synchronized_batch_norm(
        x, params, initial_state(3), Ranks(), training=True)
    ours = y, *synchronized_batch_norm_vjp(dy, cache)
    *whole, after = alone(x, dy, params, initial_state(3))
    for a, b in zip(ours, whole):
        np.testing.assert_allclose(a, b, atol=1e-13)
    np.testing.assert_allclose(state["running_var"], after["running_var"], rtol=1e-14)


@pytest.mark.parametrize("block", [None, 4])
def test_nothing_given_changes_and_nothing_is_shared(block):
    x, dy, params = case((9, 3))
    state = initial_state(3)
    given = [x, dy, *params.values(), *list(state.values())[:2]]
    kept = [a.copy() for a in given]
    y, cache, after = synchronized_batch_norm(x, params, state, Ranks(), training=True,
                                              block=block)
    first = synchronized_batch_norm_vjp(dy, cache)
    y[:] = 7
    again = synchronized_batch_norm_vjp(dy, cache)
    assert all((a == b).all() for a, b in zip(given, kept))
    assert all((a == b).all() for a, b in zip(first, again))
    results = y, *first, after["running_mean"], after["running_var"]
    assert not any(np.shares_memory(a, b) for a in results for b in given)


def test_in_inference_nothing_is_sent():
    x, dy, params = case((5, 3))
    state = initial_state(3)
    y, cache, after = synchronized_batch_norm(x, params, state, Ranks(), training=False)
    whole, other, _ = batch_norm(x, params, state, training=False)
    assert (y == whole).all() and after is state
    for a, b in zip(synchronized_batch_norm_vjp(dy, cache), batch_norm_vjp(dy, other)):
        assert (a == b).all()


def test_alone_an_error_is_an_ordinary_one():
    with pytest.raises(ValueError, match=r"^x: 3 values|^gamma"):
        synchronized_batch_norm(X, {"gamma": np.ones(2), "beta": np.ones(2)}, {},
                                Ranks(), training=True)
    with pytest.raises(RanksError, match="1 values a channel"):
        synchronized_batch_norm(X[:1], PARAMS, {}, Ranks(), training=True)
