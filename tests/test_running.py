"""Running statistics: what they converge to, how they merge, what they refuse."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnbook.norm import (
    batch_norm,
    initial_state,
    merged,
    moments,
    pooled,
    updated,
)
from bnbook.norm.conventions import without_start
from bnbook.norm.running import checked_state
from common import training_forward


def close(a, b):
    """Equal to 1e-13: sums of at most some hundred values near 1 in float64."""
    np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13)


def batch(n, seed, c=3):
    return np.random.default_rng(seed).normal(size=(n, c)) + seed


def zero_start(c=3):
    return initial_state(c) | {"running_var": np.zeros(c)}


def test_the_start_is_mean_0_variance_1_and_no_batch():
    state = initial_state(2, np.float32)
    assert list(state) == ["running_mean", "running_var", "num_batches"]
    np.testing.assert_array_equal(state["running_mean"], [0, 0])
    np.testing.assert_array_equal(state["running_var"], [1, 1])
    assert state["running_mean"].dtype == state["running_var"].dtype == np.float32
    assert state["num_batches"] == 0
    assert initial_state(2, cumulative=True)["num_values"] == 0


@pytest.mark.parametrize("options", [{}, {"cumulative": False}, {"cumulative": True}])
def test_an_initial_state_passes_its_own_check(options):
    state = initial_state(2, **options)
    assert list(checked_state(state, 2, **options)) == list(state)


def test_momentum_weighs_the_old_value():
    state = updated(initial_state(3), [1, 2, 3], [4, 5, 6], 10, momentum=0.75)
    close(state["running_mean"], 0.25 * np.array([1, 2, 3]))
    close(state["running_var"], 0.75 + 0.25 * np.array([4, 5, 6]))
    assert state["num_batches"] == 1


@pytest.mark.parametrize("momentum, mean", [(1.0, 0.0), (0.0, 5.0)])
def test_momentum_1_keeps_the_old_and_0_the_new(momentum, mean):
    state = updated(initial_state(3), [5] * 3, [2] * 3, 10, momentum=momentum)
    close(state["running_mean"], [mean] * 3)


def test_statistics_are_taken_as_training_forward_gives_them():
    x = np.random.default_rng(0).normal(size=(4, 3, 5))
    _, _, stats = training_forward(x, np.ones(3), np.zeros(3))
    state = updated(initial_state(3), stats.mean, stats.var, 20, momentum=0.0)
    close(state["running_mean"], x.mean((0, 2)))
    close(state["running_var"], x.var((0, 2)))


def test_unbiased_multiplies_the_batchs_variance_by_m_over_m_minus_1():
    x = batch(5, 1)
    state = updated(zero_start(), x.mean(0), x.var(0), 5, momentum=0.9,
                    unbiased_running_var=True)
    close(state["running_var"], 0.1 * x.var(0, ddof=1))


STARTED_AT_0 = {1: 0.10, 5: 0.41, 10: 0.65, 22: 0.90, 50: 0.99}
MEASURED = {1: 0.10, 5: 0.41, 10: 0.64, 22: 0.87, 50: 0.98}  # systems.md


def test_a_variance_started_at_0_is_far_too_small_for_long():
    """1 - 0.9**t of the truth after t batches. On real batches of 64 rows, a little
    less, since a batch's biased variance is 63 / 64 of it: within 2 points of what was
    measured of the five systems."""
    rng = np.random.default_rng(0)
    steady, real, c = zero_start(), zero_start(500), 500
    for t in range(1, 51):
        steady = updated(steady, np.zeros(3), np.full(3, 7.0), 64)
        x = rng.normal(size=(64, c))
        real = updated(real, x.mean(0), x.var(0), 64)
        if t in STARTED_AT_0:
            close(steady["running_var"] / 7, 1 - 0.9**t)
            assert abs(steady["running_var"][0] / 7 - STARTED_AT_0[t]) < 0.005
            assert abs(real["running_var"].mean() - MEASURED[t]) < 0.02


@pytest.mark.parametrize("start, var", [(0, 0.0), (1, 1.0)])
@pytest.mark.parametrize("t", [1, 5, 20])
def test_the_start_can_be_taken_out_again(start, var, t):
    state = initial_state(3) | {"running_var": np.full(3, var)}
    for _ in range(t):
        state = updated(state, [2, 2, 2], [7, 7, 7], 64)
    close(without_start(state["running_var"], 0.9, t, start), 7)
    close(without_start(state["running_mean"], 0.9, t), 2)


def test_the_cumulative_average_forgets_the_start_and_weighs_by_count():
    state = initial_state(3, cumulative=True)
    batches = [batch(n, seed=n) for n in (2, 9, 30)]
    for x in batches:
        state = updated(state, x.mean(0), x.var(0), len(x), momentum=None)
    close(state["running_mean"], np.concatenate(batches).mean(0))
    close(state["running_var"], sum(len(x) * x.var(0) for x in batches) / 41)
    assert (state["num_batches"], state["num_values"]) == (3, 41)


def test_a_batch_of_10_weighs_a_thousandth_of_one_of_10000():
    """Its mean has a thousand times the variance: weighing by count is the best mix."""
    rng = np.random.default_rng(0)
    small = rng.normal(size=(2000, 10)).mean(1)
    large = rng.normal(size=2000) / 100  # what the mean of 10,000 values is
    by_count, equal = (10 * small + 10000 * large) / 10010, (small + large) / 2
    assert by_count.var() < 1.1 * large.var() < 0.01 * equal.var()


def test_the_state_keeps_its_dtype_and_is_never_changed():
    state = initial_state(3, np.float32)
    kept = copy.deepcopy(state)
    new = updated(state, np.ones(3), np.ones(3), 4)
    assert new["running_mean"].dtype == new["running_var"].dtype == np.float32
    for name in kept:
        np.testing.assert_array_equal(state[name], kept[name])
        assert not np.shares_memory(new[name], state[name])


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
def test_merged_is_the_statistics_of_all_rows(m, n, seed):
    a, b = batch(m, seed), batch(n, seed + 3)
    mean, var, count = merged(moments(a), moments(b))
    both = np.concatenate([a, b])
    assert count == m + n
    close(mean, both.mean(0))
    close(var, both.var(0))


def test_an_empty_part_changes_nothing():
    full = moments(batch(5, 1))
    for parts in ((full, (np.zeros(3), np.zeros(3), 0)),
                  ((np.zeros(3), np.zeros(3), 0), full)):
        for a, b in zip(merged(*parts), full):
            close(a, b)


def test_an_empty_part_changes_nothing_whatever_it_holds():
    whole = moments(np.random.default_rng(0).normal(size=(5, 3)))
    nothing = np.full(3, np.nan), np.full(3, np.nan), 0  # what np.mean of none gives
    for parts in ((whole, nothing), (nothing, whole)):
        for a, b in zip(merged(*parts), whole):
            np.testing.assert_array_equal(a, b)
    x = np.random.default_rng(0).normal(size=(5, 3))
    for a, b in zip(pooled([x[:0], x, x[:0]]), whole):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("value", ["False", 1, None, np.array([True])])
def test_a_flag_is_true_or_false(value):
    state = initial_state(3)
    for name, call in (
            ("unbiased_running_var", lambda: updated(
                state, [0] * 3, [1] * 3, 4, unbiased_running_var=value)),
            ("cumulative", lambda: initial_state(3, cumulative=value))):
        with pytest.raises(TypeError, match=f"^{name}: .*, expected True or False$"):
            call()


def test_pooled_is_exact_where_the_average_of_variances_is_not():
    x = np.random.default_rng(2).normal(size=(12, 3, 4)) + np.arange(12)[:, None, None]
    parts = np.split(x, [1, 3, 8])
    mean, var, count = pooled(part for part in parts)
    assert count == 48
    close(mean, x.mean((0, 2)))
    close(var, x.var((0, 2)))
    average = sum(part.var((0, 2)) * len(part) for part in parts) / 12
    assert (average < 0.5 * var).all()


GOOD = {"state": initial_state(3), "mean": np.ones(3), "var": np.ones(3), "count": 4}


@pytest.mark.parametrize("change, message", [
    ({"momentum": 2}, "momentum: 2, expected a number from 0 to 1"),
    ({"count": 0}, "count: 0, expected at least 1"),
    ({"count": 1, "unbiased_running_var": True}, "count: 1, expected at least 2"),
    ({"count": 4.0}, "count: 4.0, expected an integer"),
    ({"mean": "a"}, "mean: dtype <U1, expected real numbers"),
    ({"var": np.ones(2)}, "var: shape (2,), expected (C,) = (3,)"),
    ({"var": -np.ones(3)}, "var: smallest value -1.0, expected at least 0"),
    ({"mean": np.ones(2), "var": np.ones(2)},
     "running_mean: shape (3,), expected (C,) = (2,)"),
    ({"state": {}}, "state: keys [], expected ['running_mean', 'running_var', "
     "'num_batches']"),
    ({"momentum": None}, "state: keys ['running_mean', 'running_var', 'num_batches'], "
     "expected ['running_mean', 'running_var', 'num_batches', 'num_values']"),
])
def test_updated_refuses(change, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        updated(**{**GOOD, **change})
    assert str(caught.value) == message


NOTHING = np.zeros(3), np.zeros(3), 0


@pytest.mark.parametrize("f, message", [
    (lambda: pooled([]), "batches: none with a value, expected one or more"),
    (lambda: merged(NOTHING, NOTHING), "a.count + b.count: 0, expected at least 1"),
    (lambda: merged(NOTHING, moments(np.ones((3, 2)))),
     "b.mean: shape (2,), expected (C,) = (3,)"),
    (lambda: merged((np.zeros(3), -np.ones(3), 4), NOTHING),
     "a.var: smallest value -1.0, expected at least 0"),
    (lambda: merged((np.zeros(3), np.ones(2), 4), NOTHING),
     "a.var: shape (2,), expected (C,) = (3,)"),
    (lambda: moments(np.ones((0, 3))),
     "x: shape (0, 3) gives a channel 0 values, expected at least 1"),
    (lambda: initial_state(0), "num_features: 0, expected at least 1"),
    (lambda: without_start(np.ones(3), 1.0, 5),
     "momentum: 1.0, expected a number from 0 to below 1"),
    (lambda: without_start(np.ones(3), 0.9, 0), "num_batches: 0, expected at least 1"),
])
def test_the_others_refuse(f, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        f()
    assert str(caught.value) == message


@pytest.mark.parametrize("momentum", [None, 0.9])
@pytest.mark.parametrize("counted", [False, True])
def test_a_state_counts_values_in_training_as_momentum_asks(counted, momentum):
    x, state = batch(5, 0), initial_state(3, cumulative=counted)
    batch_norm(x, {}, state, training=False, momentum=momentum)
    if counted == (momentum is None):
        batch_norm(x, {}, state, training=True, momentum=momentum)
    else:
        with pytest.raises(ValueError, match=r"^state: keys .*, expected"):
            batch_norm(x, {}, state, training=True, momentum=momentum)
