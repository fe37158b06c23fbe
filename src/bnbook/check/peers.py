"""The checks that a book, a library and a course rely on, as they do them."""

import numpy as np

import bnbook.cs231n as cs231n
from bnbook.check.checks import EPS, NAMES, as_checks, draw, own_forward, pass_through
from bnbook.check.gradients import numerical_gradient
from bnbook.check.implementations import TRACE


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """The course's: max of |a - b| / max(1e-8, |a| + |b|), element by element."""
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


def batch_of_one(implementation, rng):
    """Deep Learning from Scratch's, on one layer: central differences at N = 1. A
    forward that refuses it has nothing to fail.
    """
    inputs, dy = draw(rng, 1, 4)
    try:
        _, *grads = pass_through(implementation, inputs, dy)
    except ValueError:
        return True
    f = own_forward(implementation)
    return all(
        np.abs(numerical_gradient(f, inputs, name, dy, h=1e-4) - g).mean() < 1e-7
        for name, g in zip(NAMES, grads, strict=True))


def upstream_of_ones(implementation, rng):
    """numpy-ml's: all results with dy = 1, to one decimal of another
    implementation's.
    """
    inputs, dy = draw(rng, 8, 3)
    dy = np.ones_like(dy)
    got = pass_through(implementation, inputs, dy)
    expected = pass_through(TRACE, inputs, dy)
    return all((np.abs(g - e) < 0.15).all() for g, e in zip(got, expected, strict=True))


def course_gradients(implementation, _):
    """cs231n's: central differences of own forward, its 4 by 5 draw, to 1e-8."""
    rng = np.random.RandomState(231)  # the notebook's own draw: others pass less well
    inputs = {"x": 5 * rng.randn(4, 5) + 12,
              "gamma": rng.randn(5), "beta": rng.randn(5)}
    dy = rng.randn(4, 5)
    f = own_forward(implementation)
    numeric = [numerical_gradient(f, inputs, n, dy, h=1e-5) for n in NAMES]
    _, *grads = pass_through(implementation, inputs, dy)
    return all(relative_error(n, g) < 1e-8 for n, g in zip(numeric, grads, strict=True))


def course_network(implementation, rng):
    """cs231n's: gradients of a small network's parameters on two rows, to 1e-4."""
    x, V = rng.normal(size=(2, 4)), 0.05 * rng.normal(size=(5, 3))
    W, b, labels = 0.05 * rng.normal(size=(4, 5)), np.zeros(5), np.zeros(2, int)
    inputs = {"W": W, "gamma": np.ones(5), "beta": np.zeros(5)}

    def forward(W, gamma, beta):
        h, affine = cs231n.affine_forward(x, W, b)
        y, cache = implementation.forward(h, gamma, beta, eps=EPS)
        a, relu = cs231n.relu_forward(y)
        scores, top = cs231n.affine_forward(a, V, np.zeros(3))
        loss, dscores = cs231n.softmax_loss(scores, labels)
        return loss, dscores, affine, cache, relu, top

    _, dscores, affine, cache, relu, top = forward(**inputs)
    dy = cs231n.relu_backward(cs231n.affine_backward(dscores, top)[0], relu)
    dx, dgamma, dbeta = implementation.backward(dy, cache)
    dW = cs231n.affine_backward(dx, affine)[1]
    return all(
        relative_error(g, numerical_gradient(
            lambda **p: forward(**p)[0], inputs, name, 1.0, h=1e-5)) < 1e-4
        for name, g in {"W": dW, "gamma": dgamma, "beta": dbeta}.items())


def statistics_of(implementation, rng, gamma, beta):
    x = np.maximum(rng.normal(size=(200, 50)) @ rng.normal(size=(50, 60)), 0)
    y, _ = implementation.forward(x @ rng.normal(size=(60, 3)), gamma, beta, eps=EPS)
    return y.mean(axis=0), y.std(axis=0)


def standard_output(implementation, rng):
    """cs231n's: statistics of y with gamma = 1, beta = 0, to 1e-6."""
    mean, std = statistics_of(implementation, rng, np.ones(3), np.zeros(3))
    return np.allclose(mean, 0, atol=1e-6) and np.allclose(std, 1, atol=1e-6)


def shifted_output(implementation, rng):
    """cs231n's: statistics of y with gamma = 1, 2, 3 and beta = 11, 12, 13."""
    gamma, beta = np.array([1.0, 2, 3]), np.array([11.0, 12, 13])
    mean, std = statistics_of(implementation, rng, gamma, beta)
    return np.allclose(mean, beta, atol=1e-6) and np.allclose(std, gamma, atol=1e-6)


def loose_comparison(implementation, rng):
    """All results to np.allclose's tolerance (1e-5) of another implementation's."""
    inputs, dy = draw(rng, 8, 3)
    return all(map(np.allclose, pass_through(implementation, inputs, dy),
                   pass_through(TRACE, inputs, dy)))


PEERS = as_checks({
    "batch of one": batch_of_one,
    "upstream of ones": upstream_of_ones,
    "network at N = 2": course_network,
    "course gradients": course_gradients,
    "mean 0, std 1": standard_output,
    "means 11, 12, 13": shifted_output,
    "allclose": loose_comparison})
