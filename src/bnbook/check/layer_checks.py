"""Checks of a batch norm that has state and modes, as data.

Each is a Check whose passed(layer, rng) speaks to a `Layer` of `adapters`. FUNCTIONS
are the checks of functions, put to a layer that is new at every forward.
"""

import numpy as np

from bnbook.check import layer_trials as trials
from bnbook.check.adapters import as_implementation
from bnbook.check.checks import EPS, OURS, as_checks, close
from bnbook.check.layer_trials import batches, new, refuses, truth
from bnbook.check.peers import PEERS


def same_start(layer, rng):
    """Two new layers give the same y."""
    x, = batches(rng, 1)
    first, second = (layer.forward(layer.make(3), x, "train") for _ in range(2))
    return np.array_equal(first, second)


def another_image_size(layer, rng):
    """5 by 4 pixels, then 7 by 6; a statistic a channel."""
    it, *_ = new(layer, rng)
    for shape in ((4, 3, 5, 4), (4, 3, 7, 6)):
        layer.forward(it, rng.normal(size=shape), "train")
    return layer.running(it)[0].shape == (3,)


def backward_with_another_x(layer, rng):
    """It is refused, or makes no difference."""
    it, *known = new(layer, rng)
    x, other, dy = *batches(rng, 2), rng.normal(size=(8, 3))
    layer.forward(it, x, "train")
    got = []
    refused = refuses(lambda: got.extend(layer.backward(it, dy, other)))
    return refused or close(got, truth(x, *known, dy)[1:], 1e-12)


def unknown_mode(layer, rng):
    """A mode of another name is refused."""
    it, *_ = new(layer, rng)
    x, = batches(rng, 1)
    return refuses(lambda: layer.forward(it, x, "validation"))


def momentum(layer, rng):
    """0, 1/4 and 1 weigh what the documentation says."""
    found = []
    for m in (0.0, 0.25, 1.0):
        it, *_ = new(layer, rng, momentum=m)
        x, more = batches(rng, 2)
        layer.forward(it, x, "train")
        before = layer.running(it)[0].copy()
        layer.forward(it, more, "train")
        old = m if layer.weighs == "old" else 1 - m
        expected = old * before + (1 - old) * more.mean(axis=0)
        found.append(np.abs(layer.running(it)[0] - expected).max() < 1e-12)
    return all(found)


def before_training(layer, rng):
    """In test mode y is at most twice as large as x."""
    it = layer.make(3)
    x, = batches(rng, 1)
    y = layer.forward(it, x, "test")
    return np.abs(y).max() <= 2 * np.abs(x).max()


def first_batches(layer, rng):
    """On N(0, 1) the running variance stays within 0.1 of 1 from the start."""
    it = layer.make(200)
    for _ in range(10):
        layer.forward(it, rng.normal(size=(64, 200)), "train")
        if abs(layer.running(it)[1].mean() - 1) > 0.1:
            return False
    return True


def batch_of_one(layer, rng):
    """One row in training is refused."""
    it, *_ = new(layer, rng)
    return refuses(lambda: layer.forward(it, rng.normal(size=(1, 3)), "train"))


def in_dtype(layer, x):
    """(y, the same in longdouble), in training with gamma 1 and beta 0."""
    it = layer.make(3, gamma=np.ones(3, x.dtype), beta=np.zeros(3, x.dtype), eps=EPS)
    exact = x.astype(np.longdouble)
    expected = (exact - exact.mean(axis=0)) / np.sqrt(exact.var(axis=0) + EPS)
    return layer.forward(it, x, "train"), expected


def float32_large_mean(layer, rng):
    """y to 1e-6 of its largest, on 4096 rows of std 1."""
    y, expected = in_dtype(layer, np.float32(1e4 + rng.normal(size=(4096, 3))))
    return y.dtype == np.float32 and close([y], [expected], 1e-6)


def float16_large_spread(layer, rng):
    """y to 2e-3 of its largest, in float16."""
    y, expected = in_dtype(layer, np.float16(300 * rng.normal(size=(64, 3))))
    return y.dtype == np.float16 and close([y], [expected], 2e-3)


def _of_functions(check):
    def passed(layer, rng):
        return check.passed(as_implementation(layer), rng)

    return check._replace(passed=passed)


FUNCTIONS = tuple(map(_of_functions, PEERS + OURS))
STATE = as_checks({
    "test mode": trials.in_test_mode,
    "test mode keeps statistics": trials.statistics_kept,
    "backward after test mode": trials.backward_after_test_mode,
    "another batch size": trials.another_batch_size,
    "second step": trials.second_step,
    "evaluation between": trials.evaluation_between,
    "nothing kept": trials.nothing_kept,
    "same start": same_start,
    "another image size": another_image_size,
    "backward with another x": backward_with_another_x,
    "unknown mode": unknown_mode,
    "momentum": momentum,
    "before any training": before_training,
    "first batches": first_batches,
    "batch of one refused": batch_of_one,
    "float32, mean 1e4": float32_large_mean,
    "float16, std 300": float16_large_spread})
LAYER_CHECKS = FUNCTIONS + STATE
