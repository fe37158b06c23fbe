"""How many digits are right: against 50-digit truth, and wide sums where N is large.

Errors are in units in the last place of each result's natural scale, the size of what
it is made of: |gamma xhat| + |beta| for y, |gamma| ivar |dy| for dx, and the root of
the sum of the squares of dy xhat for dgamma. The promise is 16.
"""

import mpmath
import numpy as np
import pytest

from bnbook import BatchNorm
from bnbook.norm import (
    batch_norm_backward,
    batch_norm_forward,
    batch_norm_vjp,
    pooled,
)
from common import inference_forward, training_forward

ULPS = 16
EPS = 1e-5
wide_sums = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 63, reason="longdouble is no wider than float64")


def case(n, mean, std, dtype, c=2, seed=0):
    rng = np.random.default_rng(seed)
    x, dy = mean + std * rng.normal(size=(n, c)), rng.normal(size=(n, c))
    gamma, beta = np.linspace(1.5, 3, c), np.linspace(-2, 1, c)
    return [np.asarray(a, dtype) for a in (x, gamma, beta, dy)]


def fifty_digits(a):
    return np.array([mpmath.mpmathify(v) for v in a.ravel()], object).reshape(a.shape)


def longdoubles(a):
    return np.asarray(a, np.longdouble)


def truth(x, gamma, beta, dy, eps=EPS, number=fifty_digits):
    """y, dx, dgamma by the textbook, and the scale of each, one a channel.

    x is shifted by its first row: that is exact, and takes the mean out of the way.
    """
    x, gamma, beta, dy, eps = map(number, (x, gamma, beta, dy, np.array([eps])))
    root = np.vectorize(mpmath.sqrt) if number is fifty_digits else np.sqrt
    m, x = len(x), x - x[0]
    xmu = x - x.sum(0) / m
    ivar = 1 / root((xmu * xmu).sum(0) / m + eps)
    xhat, dxhat = xmu * ivar, gamma * dy
    dx = ivar * (dxhat - dxhat.sum(0) / m - xhat * ((dxhat * xhat).sum(0) / m))
    gx = gamma * xhat
    scales = (abs(gx).max(0) + abs(beta), abs(gamma) * ivar * abs(dy).max(0),
              root(((dy * xhat) ** 2).sum(0)))
    return (gx + beta, dx, (dy * xhat).sum(0)), scales


def ulps(value, expected, scale):
    """The largest error in units in the last place of `scale`, in value's dtype."""
    number = fifty_digits if np.asarray(expected).dtype == object else longdoubles
    scale = np.where(scale == 0, 1, scale)  # a constant column: dgamma is 0
    unit = scale * number(np.array([np.finfo(value.dtype).eps]))
    return float(np.max(abs(number(value) - expected) / unit))


def errors(arguments, eps=EPS, number=fifty_digits):
    """Of y, dx and dgamma, in units in the last place."""
    x, gamma, beta, dy = arguments
    y, cache, _ = training_forward(x, gamma, beta, eps)
    dx, dgamma, _ = batch_norm_vjp(dy, cache)
    with mpmath.workdps(50):
        expected, scales = truth(*arguments, eps, number)
        return list(map(ulps, (y, dx, dgamma), expected, scales))


LARGE_MEANS = [(np.float32, 1e7), (np.float32, -1e4), (np.float64, 1e15),
               (np.float64, -1e8), (np.float32, 0), (np.float64, 0)]


@pytest.mark.parametrize("dtype, mean", [*LARGE_MEANS, (np.longdouble, 1e15)])
@pytest.mark.parametrize("n", [3, 17])
def test_the_last_digits_are_right_for_small_batches(dtype, mean, n):
    for seed in range(5):
        assert max(errors(case(n, mean, 1, dtype, seed=seed))) < ULPS


@wide_sums
@pytest.mark.parametrize("dtype, mean", LARGE_MEANS)
@pytest.mark.parametrize("n", [1024, 65536])
def test_the_last_digits_are_right_for_large_batches(dtype, mean, n):
    assert max(errors(case(n, mean, 1, dtype), number=longdoubles)) < ULPS


@wide_sums
def test_an_upstream_gradient_with_a_large_mean_keeps_dxs_digits():
    """dx has no part along the mean of dy. dgamma has: its scale grows with dy."""
    x, gamma, beta, dy = case(4096, 1e4, 1, np.float32)
    dy += np.float32(1e5)
    (_, dx, _), _ = truth(x, gamma, beta, dy, number=longdoubles)
    _, (_, scale, _) = truth(x, gamma, beta, dy - np.float32(1e5), number=longdoubles)
    _, cache, _ = training_forward(x, gamma, beta)
    assert ulps(batch_norm_vjp(dy, cache)[0], dx, scale) < ULPS


def test_the_textbook_fails_this_test():
    """The measure bites: the chapters' batch norm centres once."""
    arguments = x, gamma, beta, dy = case(1024, 1e7, 1, np.float32)
    y, cache = batch_norm_forward(x, gamma, beta)
    dx, dgamma, _ = batch_norm_backward(dy, cache)
    with mpmath.workdps(50):
        expected, scales = truth(*arguments)
        assert max(map(ulps, (y, dx, dgamma), expected, scales)) > 10 * ULPS


@pytest.mark.parametrize("dtype, std", [
    (np.float32, 1e-18), (np.float32, 1e18), (np.float32, 1e30), (np.float64, 1e-100),
    (np.float64, 1e100), (np.float64, 1e153)])
def test_tiny_and_huge_variances_keep_their_digits(dtype, std):
    """float32 squares overflow at 1e19, vanish at 1e-23: they are made in float64."""
    assert max(errors(case(17, 0, std, dtype), eps=0.0)) < ULPS


@pytest.mark.parametrize("mean", [1e4, 1e6])
def test_ivar_is_near_eps_at_a_small_variance(mean):
    assert max(errors(case(17, mean, 1e-3 * mean / 1e4, np.float64), eps=1e-5)) < ULPS


def test_a_float64_deviation_beyond_1e154_overflows_with_a_warning():
    x, gamma, beta, _ = case(5, 0, 1e160, np.float64)
    with pytest.warns(RuntimeWarning, match="overflow"):
        y, _, _ = training_forward(x, gamma, beta)
    np.testing.assert_array_equal(y, np.broadcast_to(beta, y.shape))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("n", [3, 7, 100])
def test_a_constant_column_gives_beta(dtype, n):
    x, gamma, beta, dy = case(n, 0, 1, dtype)
    x[:, 0] = 0.1
    y, cache, stats = training_forward(x, gamma, beta)
    assert (y[:, 0] == beta[0]).all() and stats.var.ravel()[0] == 0
    assert np.isfinite(batch_norm_vjp(dy, cache)[0]).all()


def test_a_constant_column_with_eps_0_is_nan_and_others_are_not():
    x, gamma, beta, _ = case(4, 0, 1, np.float64)
    x[:, 0] = 3
    with np.errstate(divide="ignore", invalid="ignore"):
        y, _, _ = training_forward(x, gamma, beta, eps=0.0)
    assert np.isnan(y[:, 0]).all() and np.isfinite(y[:, 1]).all()


@pytest.mark.parametrize("mean, std", [(1000, 10), (0, 300), (0, 1e-3), (5e4, 100)])
def test_float16_is_right_to_its_last_digit(mean, std):
    """Computed in float32: rounding the result is all that float16 does to it."""
    arguments = x, gamma, beta, dy = case(33, mean, std, np.float16)
    y, cache, _ = training_forward(x, gamma, beta)
    dx = batch_norm_vjp(dy, cache)[0]
    assert y.dtype == dx.dtype == np.float16
    with mpmath.workdps(50):
        (y_true, dx_true, _), (y_scale, dx_scale, _) = truth(*arguments)
        assert ulps(y, y_true, y_scale) <= 0.51
        assert ulps(dx, dx_true, np.maximum(dx_scale, 2.0**-14)) <= 0.51  # subnormal


def test_float16_of_std_300_does_not_vanish():
    x, _, _, _ = case(64, 0, 300, np.float16)
    y, _, _ = training_forward(x, np.ones(2), np.zeros(2))
    np.testing.assert_allclose(np.std(y, axis=0, dtype=float), 1, atol=1e-3)


@pytest.mark.parametrize("dtype, mean", [(np.float32, 1e7), (np.float16, 1e3),
                                         (np.float64, 1e7)])
def test_inference_keeps_the_digits_of_a_large_running_mean(dtype, mean):
    """The float64 mean has digits that x's dtype cannot hold; they are not dropped."""
    x, gamma, beta, dy = case(17, mean, 5, dtype)
    mu, var = np.array([mean + 0.3, mean - 0.7]), np.array([24.0, 26.0])
    y, cache = inference_forward(x, gamma, beta, mu, var)
    xhat = (longdoubles(x) - mu) / np.sqrt(longdoubles(var) + EPS)
    assert ulps(y, gamma * xhat + beta, abs(gamma * xhat).max(0) + abs(beta)) < 3
    dx = gamma * dy / np.sqrt(longdoubles(var) + EPS)
    assert ulps(batch_norm_vjp(dy, cache)[0], dx, abs(dx).max(0)) < 3


def test_running_statistics_of_float32_are_float64s():
    x, _, _, _ = case(4096, 1e7, 1, np.float32)
    layer = BatchNorm(2, momentum=0.0)
    layer.forward(x, training=True)
    shifted = np.float64(x) - 1e7
    np.testing.assert_allclose(
        layer.state["running_mean"] - 1e7, shifted.mean(0), atol=2e-8)  # 10 ulp of 1e7
    np.testing.assert_allclose(layer.state["running_var"], shifted.var(0), rtol=1e-6)


def test_pooled_statistics_keep_their_digits():
    x, _, _, _ = case(1000, 1e7, 1, np.float64)
    m = pooled(np.split(x, [10, 300, 999]))
    np.testing.assert_allclose(m.var, (x - x[0]).var(0), rtol=1e-8)
