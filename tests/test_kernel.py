"""The fast kernel keeps the promises: digits, channels apart, nothing shared, memory.

Digits are measured as in test_numerics, in units of each result's natural scale.
"""

import copy
import math
import tracemalloc

import mpmath
import numpy as np
import pytest

from bnbook.norm import batch_norm, batch_norm_vjp, blocks, kernel, small
from test_numerics import ULPS, case, fifty_digits, longdoubles, truth, ulps, wide_sums

MEANS = {np.float32: (0, -1e4, 1e7), np.float64: (0, -1e8, 1e15)}
DTYPES = [np.float16, np.float32, np.float64, np.longdouble]
SIZES = {"down": (1500, 5), "rest": (1499, 3), "small": (100, 7), "tall": (300, 4000),
         "along": (6, 3, 70), "cut": (2, 9, 300, 90), "short": (40, 3, 2, 2, 2)}
every_size = pytest.mark.parametrize("shape", SIZES.values(), ids=SIZES)


def arrays(shape, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    x, dy = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    gamma, beta = np.linspace(1, 2, shape[1]), np.linspace(-1, 1, shape[1])
    return x, {"gamma": gamma, "beta": beta}, dy


def both(x, params, dy):
    """(y, dx, dgamma, dbeta)"""
    y, cache, _ = batch_norm(x, params, {}, training=True)
    return y, *batch_norm_vjp(dy, cache)


def errors(x, gamma, beta, dy, number=longdoubles):
    """Of y, dx and dgamma, of rows (N, C)."""
    with mpmath.workdps(50):
        found = both(x, {"gamma": gamma, "beta": beta}, dy)[:3]
        expected, scales = truth(x, gamma, beta, dy, number=number)
        return list(map(ulps, found, expected, scales))


def as_rows(a):
    return np.moveaxis(a, 1, -1).reshape(-1, a.shape[1])


ORDERS = {
    "as drawn": lambda x, mean: x,
    "sorted": lambda x, mean: np.sort(x, 0),
    "outlier first": lambda x, mean: np.vstack([x[:1] * 0 + mean + 1e6, x[1:]]),
    "two values": lambda x, mean: np.sign(np.arange(len(x))[:, None] - len(x) / 2)
    .astype(x.dtype) + 0 * x + x.dtype.type(mean),
}


@wide_sums
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("dtype, mean", [(d, m) for d in MEANS for m in MEANS[d]])
@pytest.mark.parametrize("n", [3, 17, 256, 257, 1024, 65536])
def test_digits_stay_whatever_the_count_the_mean_and_the_order(n, dtype, mean, order):
    x, gamma, beta, dy = case(n, mean, 1, dtype, c=3)
    assert max(errors(order(x, mean), gamma, beta, dy)) < ULPS


@wide_sums
@pytest.mark.parametrize("dtype, mean", [(np.float32, 1e7), (np.float64, 1e15)])
@pytest.mark.parametrize("shape", [
    (2, 3, 5), (2, 3, 64), (3, 2, 14, 14), (2, 2, 300, 300), (1, 2, 67, 61),
    (5, 2, 3, 4, 50), (300, 2, 3, 3), (2, 300, 40, 40)], ids=str)
def test_digits_stay_in_every_layout(shape, dtype, mean):
    x, params, dy = arrays(shape, dtype)
    x = x + dtype(mean)
    for first in (x, np.concatenate([x[:1] * 0 + dtype(mean + 4), x[1:]])):
        if len(first) > 1 or first is x:
            gamma, beta = params.values()
            found = both(first, params, dy)[:3]
            expected, scales = truth(*map(as_rows, (first,)), gamma, beta, as_rows(dy),
                                     number=longdoubles)
            found = [as_rows(a) if a.ndim > 1 else a for a in found]
            assert max(map(ulps, found, expected, scales)) < ULPS


@pytest.mark.parametrize("n", [256, 700])
def test_longdouble_keeps_its_digits(n):
    assert max(errors(*case(n, 1e15, 1, np.longdouble), number=fifty_digits)) < ULPS


@wide_sums
@pytest.mark.parametrize("dtype, mean", [(np.float32, 1e5), (np.float64, 1e12)])
@pytest.mark.parametrize("n", [100, 5000])
def test_an_upstream_gradient_with_a_mean_keeps_dxs_digits(n, dtype, mean):
    """dx has no part along the mean of dy; taking it away is exact."""
    x, gamma, beta, dy = case(n, 1, 1, dtype)
    dy += dtype(mean)
    (_, dx, _), (_, scale, _) = truth(
        x, gamma, beta, dy - dtype(mean), number=longdoubles)
    found = both(x, {"gamma": gamma, "beta": beta}, dy)[1]
    assert ulps(found, dx, scale) < ULPS


@every_size
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_agrees_with_longdouble(shape, dtype):
    x, params, dy = arrays(shape, dtype)
    wide = both(longdoubles(x), params, longdoubles(dy))
    for a, b in zip(both(x, params, dy), wide):
        size = 16 * np.finfo(np.float32 if dtype == np.float16 else dtype).eps
        size = max(size, np.finfo(a.dtype).eps)
        np.testing.assert_allclose(
            longdoubles(a), b, rtol=0, atol=float(4 * size * abs(b).max()))


@every_size
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, "huge"])
@pytest.mark.parametrize("where", ["x", "dy"])
def test_no_channel_feels_another(shape, dtype, bad, where):
    """To the bit: neither NaN and inf, nor what has to be computed otherwise."""
    bad = np.finfo(dtype).max / 4 if bad == "huge" else bad
    x, params, dy = arrays(shape, dtype)
    clean = both(x, params, dy)
    poisoned = {"x": x.copy(), "dy": dy.copy()}
    with np.errstate(all="ignore"):
        poisoned[where][len(x) // 2, 1] = bad
        found = both(poisoned["x"], params, poisoned["dy"])
    others = [c for c in range(shape[1]) if c != 1]
    for a, b in zip(found, clean):
        axis = 1 if a.ndim > 1 else 0
        np.testing.assert_array_equal(a.take(others, axis), b.take(others, axis))
    if not np.isfinite(bad):
        assert not np.isfinite(found[where == "dy"][len(x) // 2, 1]).any()


@every_size
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_constant_channel_gives_beta_and_no_variance(shape, dtype):
    x, params, dy = arrays(shape, dtype)
    x[:, 1] = dtype(0.1)
    state = {"running_mean": np.zeros(shape[1]), "running_var": np.ones(shape[1]),
             "num_batches": 0}
    y, cache, state = batch_norm(x, params, state, training=True, momentum=0.0)
    assert (y[:, 1] == params["beta"][1].astype(dtype)).all()
    assert state["running_var"][1] == 0 < state["running_var"][0]
    assert np.isfinite(batch_norm_vjp(dy, cache)[0]).all()


@every_size
@pytest.mark.parametrize("training", [True, False])
def test_nothing_is_shared_and_a_backward_repeats(shape, training):
    x, params, dy = arrays(shape)
    state = {"running_mean": np.zeros(shape[1]), "running_var": np.ones(shape[1]),
             "num_batches": 0}
    given = [x, dy, *params.values(), state["running_mean"], state["running_var"]]
    kept = copy.deepcopy(given)
    y, cache, after = batch_norm(x, params, state, training=training)
    first = batch_norm_vjp(dy, cache)
    for a, b in zip(given, kept):
        np.testing.assert_array_equal(a, b)
    made = [y, *first, *cache.kept]
    if training:
        made += [after["running_mean"], after["running_var"]]
    for i, a in enumerate(made):
        assert not any(np.shares_memory(a, b) for b in [*given, *made[:i]])
    before, upstream = copy.deepcopy(first), dy.copy()
    for a in (*given, y, *first):
        a[:] = 9
    for a, b in zip(batch_norm_vjp(upstream, cache), before):
        np.testing.assert_array_equal(a, b)


@every_size
def test_strides_and_byte_order_do_not_matter(shape):
    x, params, dy = arrays(shape)
    plain = both(x, params, dy)
    double = np.repeat(np.repeat(x, 2, 0), 3, -1)[::2, ..., ::3]
    for view in (double, np.asfortranarray(x), x.astype(">f8"), x[::-1].copy()[::-1]):
        for a, b in zip(both(view, params, dy[::-1].copy()[::-1]), plain):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4096, 300), (8, 32, 64, 64)], ids=str)
def test_the_peak_of_memory_is_three_arrays_and_a_little(shape, dtype):
    """y, dx and the private copy of x."""
    x, params, dy = arrays(shape, dtype)
    tracemalloc.start()
    try:
        both(x, params, dy)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 3 < peak / x.nbytes < 3.2


def test_the_buffer_size_is_what_it_was():
    before = np.getbufsize()
    both(*arrays((100, 3)))
    both(*arrays((3, 100, 90)))
    assert np.getbufsize() == before


def test_the_blocks_cover_an_array_once():
    for shape in [*SIZES.values(), (7, 3000), (65537, 3), (3, 700, 33, 33)]:
        a = np.zeros(shape)
        for block in blocks.walk(shape, a.dtype).cut(a):
            block += 1
        assert (a == 1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [
    *SIZES.values(), (7, 3000), (65537, 3), (3, 700, 33, 33), (1, 2, 400, 400),
    (33, 40, 70), (2, 3, 8, 8), (2, 3, 63), (1000, 1), (17, 2000), (40, 1, 300, 130)])
def test_a_walk_says_what_its_blocks_are(shape, dtype):
    walk = blocks.walk(shape, np.dtype(dtype))
    n, values = shape[0], math.prod(shape[2:])
    assert walk.along == (values >= 64) and walk.m == n * values
    marks = np.zeros(shape)
    for block, part in zip(walk.blocks, walk.cut(marks)):
        part += block.sample
    assert (marks.sum(axis=(0, *range(2, len(shape)))) == walk.sampled).all()
    for g in {block.row.start for block in walk.blocks}:
        flags = [b.sample for b in walk.blocks if b.row.start == g or not walk.along]
        assert flags == [k % 8 == 0 for k in range(len(flags))]
    count = n if walk.along else len(walk.blocks) * walk.row[0]
    step = 1 if walk.along else walk.row[0]
    assert count <= walk.parts < count + 8 * step and walk.parts % (8 * step) == 0


@pytest.mark.parametrize("shape", [(1500, 5), (300, 4000), (65537, 3), (1000, 1),
                                   (40, 3, 2, 2, 2), (2, 9, 300, 90), (33, 40, 70)])
def test_blocks_and_rows_are_as_long_as_they_may_be(shape):
    assert 1.9e6 < 2 * 8 * blocks.BLOCK <= 2 << 20
    walk = blocks.walk(shape, np.dtype(float))
    sizes = [block.run.stop - block.run.start for block in walk.blocks]
    unit = math.prod(shape[2:]) if walk.along else math.prod(walk.row)
    assert max(sizes) <= blocks.BLOCK
    assert walk.along or all(size + unit > blocks.BLOCK for size in sizes[:-2])
    if not walk.along:
        n, beside = shape[0], walk.row[0]
        assert unit * 8 <= blocks.WIDE or beside == 1
        assert not any(n % r == 0 for r in range(beside + 1, 2 * beside)
                       if r * unit * 8 <= beside * blocks.WIDE and r <= n)
        assert n % beside == 0 or all(
            n % r for r in range(beside // 2 + 1, beside + 1))


@pytest.mark.parametrize(("values", "piece"), [
    (64, 64), (70, 70), (1024, 1024), (90_000, 1000), (1031, 1031), (2 * 1031, 2062)])
def test_a_long_run_is_added_in_pieces_where_it_can_be_cut(values, piece):
    assert len(blocks.walk((3, 2, values), np.dtype(float)).ones) == piece


@pytest.mark.parametrize("spatial, steps", [
    ((), (17,)), ((20, 1), (68, 5)), ((5, 3), (68, 4))])
def test_the_estimate_is_the_mean_of_some_sixteen(spatial, steps):
    x = np.arange(272.0 * 2 * math.prod(spatial)).reshape(272, 2, *spatial)
    flat = x.reshape(272, 2, -1)
    some = flat[::steps[0], :, :: steps[-1] if spatial else 1]
    assert 16 <= some[:, 0].size <= 20
    np.testing.assert_allclose(kernel.estimate(x), some.mean((0, 2)))


@pytest.mark.parametrize("var, eps, usual", [
    (0, 1e-5, True), (1, 0, True), (1e13, 1e-5, True), (1e15, 1e-5, False),
    (0, 0, False), (1e-20, 1e-20, False), (np.nan, 1, False), (np.inf, 1, False)])
def test_which_channels_are_ordinary_in_float32(var, eps, usual):
    assert kernel.ordinary(np.array([var, 1e-4]), eps, np.dtype("f4"))[0] == usual


@pytest.mark.parametrize("dtype", DTYPES[1:])
@pytest.mark.parametrize("shape", [(1500, 2), (6, 2, 70)])
@pytest.mark.parametrize("size", [1e-3, 1, 1e3])
def test_a_large_mean_of_dy_is_seen_whatever_its_size(dtype, shape, size):
    noise, d, _ = np.random.default_rng(0).normal(size=(3, *shape)).astype(dtype)
    noise[:, 1] += 10
    large = kernel.sums((size * noise).astype(dtype), d)[2]
    assert large.tolist() == [False, True]


def test_a_cache_of_another_function_is_refused():
    with pytest.raises(TypeError, match=r"^cache: tuple, expected batch_norm's$"):
        batch_norm_vjp(np.ones((3, 2)), ())


def test_the_sizes_reach_each_path():
    assert small.fits(np.empty(SIZES["small"]))
    walks = {name: blocks.walk(s, np.dtype(float)) for name, s in SIZES.items()}
    assert walks["along"].along and walks["cut"].along and not walks["down"].along
    assert len(walks["tall"].blocks) > 8 and len(walks["cut"].blocks) > 4
    assert len({b.shape[1] for b in walks["rest"].blocks}) == 2


@pytest.mark.parametrize("shape", [(6, 3), (300, 3), (4, 3, 5, 2)])
def test_the_cache_tells_xhat(shape):
    x = np.random.default_rng(0).normal(5, 2, size=shape)
    y, cache, _ = batch_norm(x, {}, {}, training=True)
    np.testing.assert_allclose(cache.xhat, y, atol=1e-13)
