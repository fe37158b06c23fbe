"""Checks of dropout, ReLU, convolution and max pooling, as data.

passed(implementation, rng) has the interface of the package's own functions:
forward(x, p, rng), forward(x), forward(x, w, b, *, stride, pad) and forward(x, *,
height, width, stride), each giving (y, cache), and backward(dy, cache).
"""

import numpy as np

import bnbook.nn as nn
from bnbook.check.checks import Check, as_checks, close
from bnbook.check.gradients import numerical_gradient


def mean_kept(p):
    """The check that dropout keeps the mean at p."""
    def passed(dropout, rng):
        y, _ = dropout.forward(np.ones((40, 3000)), p, rng)
        return abs(y.mean() - 1) < 0.1
    return Check(f"mean at p = {p}", f"The mean is kept at p = {p}, to 10 %.", passed)


def dropout_mask(dropout, rng):
    """dx is dy times what the forward multiplied x by."""
    x, dy = rng.normal(size=(2, 6, 5))
    y, cache = dropout.forward(x, 0.3, rng)
    return close([dropout.backward(dy, cache)], [dy * (y / x)], 1e-12)


def mask_per_element(dropout, rng):
    """No row and no column is kept or dropped as a whole."""
    y, _ = dropout.forward(np.ones((40, 30)), 0.5, rng)
    return bool((y.std(axis=0) > 0).all() and (y.std(axis=1) > 0).all())


def all_dropped(dropout, rng):
    """At p = 1, y and dx are zeros."""
    x = rng.normal(size=(6, 5))
    y, cache = dropout.forward(x, 1.0, rng)
    return not y.any() and not dropout.backward(x, cache).any()


DROPOUT_CHECKS = (
    *as_checks({"own gradient": dropout_mask}), *map(mean_kept, (0.5, 0.1, 0.8)),
    *as_checks({"mask per element": mask_per_element, "p = 1": all_dropped}))


def relu_gradient(relu, rng):
    """Central differences of a random x, to 1e-8."""
    x, dy = rng.normal(size=(2, 6, 5))
    _, cache = relu.forward(x)
    expected = numerical_gradient(lambda x: relu.forward(x)[0], {"x": x}, "x", dy)
    return close([relu.backward(dy.copy(), cache)], [expected], 1e-8)


def upstream_kept(relu, rng):
    """dout is the same after backward."""
    x, dy = rng.normal(size=(2, 6, 5))
    before = dy.copy()
    relu.backward(dy, relu.forward(x)[1])
    return np.array_equal(dy, before)


def closed_at_zero(relu, rng):
    """Where x is exactly 0, dx is 0."""
    _, cache = relu.forward(np.zeros((3, 2)))
    return not relu.backward(rng.normal(size=(3, 2)), cache).any()


RELU_CHECKS = as_checks({
    "gradient away from 0": relu_gradient,
    "dout kept": upstream_kept,
    "closed at 0": closed_at_zero})


def conv_values(conv, rng):
    """7 by 5 images, 3 by 2 filters, stride 2 and pad 1, to 1e-12."""
    x, w, b = (rng.normal(size=s) for s in ((2, 3, 7, 5), (4, 3, 3, 2), 4))
    expected, _ = nn.conv_forward_naive(x, w, b, stride=2, pad=1)
    return close([conv.forward(x, w, b, stride=2, pad=1)[0]], [expected], 1e-12)


def conv_gradients(conv, rng):
    """Central differences by x, w and b, to 1e-8."""
    x, w, b = (rng.normal(size=s) for s in ((2, 3, 7, 5), (4, 3, 3, 2), 4))
    y, cache = conv.forward(x, w, b, stride=2, pad=1)
    inputs, dy = {"x": x, "w": w, "b": b}, rng.normal(size=y.shape)
    expected = [numerical_gradient(
        lambda x, w, b: conv.forward(x, w, b, stride=2, pad=1)[0], inputs, name, dy)
        for name in inputs]
    return close(conv.backward(dy, cache), expected, 1e-8)


CONV_CHECKS = as_checks({
    "sizes are whole": conv_values,
    "own gradients": conv_gradients})


def distinct(rng):
    return rng.permutation(2 * 3 * 6 * 8).reshape(2, 3, 6, 8) / 100


def tied(rng):
    return rng.integers(0, 2, (2, 3, 6, 8)).astype(float)


def pool_as_taught(name, sentence, x, height, width, stride):
    """A check of y and dx on this image, against loops."""
    def passed(pool, rng):
        image = x(rng)
        window = {"height": height, "width": width, "stride": stride}
        y, cache = nn.max_pool_forward_naive(image, **window)
        dy = rng.normal(size=y.shape)
        got, its_cache = pool.forward(image, **window)
        return close([got, pool.backward(dy, its_cache)],
                     [y, nn.max_pool_backward_naive(dy, cache)], 1e-12)
    return Check(name, f"{sentence}, to 1e-12.", passed)


POOL_CHECKS = tuple(pool_as_taught(*row) for row in (
    ("2 by 2, stride 2", "Square windows side by side, no ties", distinct, 2, 2, 2),
    ("windows not square", "2 by 1 windows, stride 2, no ties", distinct, 2, 1, 2),
    ("windows overlap", "3 by 3 windows, stride 1: gradients add up", distinct,
     3, 3, 1),
    ("ties", "Values of 0 and 1: tied maxima share dy equally", tied, 2, 2, 2)))
