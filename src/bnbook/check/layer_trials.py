"""What a layer with state and modes is put through: modes, steps, what is kept.

Each trial is passed(layer, rng) of a `Layer` of `adapters`; `layer_checks` lists them.
"""

import numpy as np

from bnbook.check.checks import EPS, close, draw
from bnbook.check.implementations import TRACE


def new(layer, rng, features=3, **options):
    """An object of the layer's, with gamma not 1 and beta not 0, and these two."""
    gamma, beta = rng.uniform(0.5, 2, features), rng.normal(size=features)
    it = layer.make(features, gamma=gamma, beta=beta, eps=EPS, **options)
    return it, gamma, beta


def batches(rng, count=3, shape=(8, 3)):
    return [draw(rng, *shape)[0]["x"] for _ in range(count)]


def trained(layer, rng, **options):
    """(object, gamma, beta, mean, var) after three batches."""
    it, gamma, beta = new(layer, rng, **options)
    for x in batches(rng):
        layer.forward(it, x, "train")
    return it, gamma, beta, *(a.copy() for a in layer.running(it))


def truth(x, gamma, beta, dy, mean=None, var=None):
    """(y, dx, dgamma, dbeta): of the batch's own statistics, or of given ones."""
    if mean is None:
        y, cache = TRACE.forward(x, gamma, beta, eps=EPS)
        return (y, *TRACE.backward(dy, cache))
    ivar = 1 / np.sqrt(var + EPS)
    xhat = (x - mean) * ivar
    return (gamma * xhat + beta, gamma * ivar * dy,
            (dy * xhat).sum(axis=0), dy.sum(axis=0))


def refuses(call):
    try:
        call()
    except (TypeError, ValueError):
        return True
    return False


def in_test_mode(layer, rng):
    """y is that of the running statistics, whole and row by row."""
    it, *known = trained(layer, rng)
    x, dy = rng.normal(size=(2, 8, 3))
    expected = truth(x, *known[:2], dy, *known[2:])
    rows = [layer.forward(it, x[n : n + 1], "test") for n in range(8)]
    whole = layer.forward(it, x, "test")
    return close([whole, np.concatenate(rows)], [expected[0]] * 2, 1e-12)


def statistics_kept(layer, rng):
    """A forward in test mode moves no statistic."""
    it, *_, mean, var = trained(layer, rng)
    layer.forward(it, rng.normal(size=(8, 3)), "test")
    return close(layer.running(it), (mean, var), 0)


def after_test_mode(layer, rng, rows=8):
    """The gradients after a forward in test mode: those given, and the right ones."""
    it, *known = trained(layer, rng)
    x, dy = rng.normal(size=(2, rows, 3))
    expected = truth(x, *known[:2], dy, *known[2:])
    layer.forward(it, x, "test")
    return layer.backward(it, dy, x), expected[1:]


def backward_after_test_mode(layer, rng):
    """dx is gamma dy / sqrt(running var + eps)."""
    return close(*after_test_mode(layer, rng), 1e-12)


def another_batch_size(layer, rng):
    """Train on 8 rows; forward and backward 3 in test mode."""
    return close(*after_test_mode(layer, rng, rows=3), 1e-12)


def last_step(layer, rng, steps):
    """The gradients of the last of some steps: those given, and the right ones."""
    it, *known = new(layer, rng)
    for x in batches(rng, steps):
        dy = rng.normal(size=x.shape)
        layer.forward(it, x, "train")
        got = layer.backward(it, dy, x)
    return got, truth(x, *known, dy)[1:]


def second_step(layer, rng):
    """The gradients of the third batch are the third batch's."""
    return close(*last_step(layer, rng, 3), 1e-12)


def evaluation_between(layer, rng):
    """A forward in test mode leaves the next step alone."""
    it, *known = new(layer, rng)
    x, other, dy = *batches(rng, 2), rng.normal(size=(8, 3))
    layer.forward(it, other, "test")
    layer.forward(it, x, "train")
    return close(layer.backward(it, dy, x), truth(x, *known, dy)[1:], 1e-12)


def nothing_kept(layer, rng):
    """y in training is the same with nothing kept for backward."""
    it, *known = new(layer, rng)
    x, dy = *batches(rng, 1), np.zeros((8, 3))
    return close([layer.forward(it, x, "train", keep=False)],
                 truth(x, *known, dy)[:1], 1e-12)
