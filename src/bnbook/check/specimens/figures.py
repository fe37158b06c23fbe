"""How far off the specimens are, measured: FIGURES, name of the specimen -> function.

Each function takes a seed and returns a number, or a dict of them.
"""

from functools import partial

import numpy as np

from bnbook.check.adapters import graph
from bnbook.check.layer_checks import in_dtype
from bnbook.check.layer_trials import after_test_mode, batches, last_step, new
from bnbook.check.methods import relative_error
from bnbook.check.specimens import functions as pairs
from bnbook.check.specimens import layers
from bnbook.check.specimens.catalogue import STATE
from bnbook.check.specimens.s0_s4 import ZeroStart

LAYER = {exhibit.name: exhibit.implementation for exhibit in STATE}


def means(seed=0):
    """The means of y for gamma 1, 2, 3 and beta 11, 12, 13."""
    x = np.random.default_rng(seed).normal(size=(200, 3))
    y, _ = pairs.beta_times_gamma_forward(x, np.array([1, 2, 3]),
                                          np.array([11, 12, 13]))
    return y.mean(axis=0)


def dropout_means(seed=0):
    """p -> the mean of y over the mean of x."""
    rng = np.random.default_rng(seed)
    ones = np.ones((500, 400))
    return {p: layers.dropout_over_p(ones, p, rng)[0].mean() for p in (0.1, 0.5, 0.8)}


def factor(layer, seed=0, **options):
    """Output over input in test mode; a batch is trained on first if there are options.
    """
    rng = np.random.default_rng(seed)
    it = layer.make(3, **options)
    x, = batches(rng, 1)
    if options:
        layer.forward(it, x, "train")
    return (layer.forward(it, x, "test") / x).mean()


def zero_start(seed=0):
    """The factor before training; batches -> the running variance over the truth."""
    rng, layer = np.random.default_rng(seed), LAYER["zero start"]
    it = layer.make(200)
    found = {"factor": factor(layer)}
    for count in range(1, 51):
        layer.forward(it, 3 * rng.normal(size=(64, 200)), "train")
        found[count] = layer.running(it)[1].mean() / 9
    return {n: found[n] for n in ("factor", 1, 5, 10, 22, 50)}


def second_step(seed=0):
    """The relative error of the second step's dx, which is the first batch's."""
    got, right = last_step(LAYER["never flushed"], np.random.default_rng(seed), 2)
    return relative_error(got[0][0], right[0])


def in_test_mode(name, seed=0):
    """The relative error of dx after a forward in test mode."""
    got, right = after_test_mode(LAYER[name], np.random.default_rng(seed))
    return relative_error(got[0], right[0])


def one_row(seed=0):
    """The largest |y - beta| and |dx| of a batch of one."""
    rng, layer = np.random.default_rng(seed), LAYER["batch of one"]
    it, _, beta = new(layer, rng)
    x, dy = rng.normal(size=(2, 1, 3))
    y = layer.forward(it, x, "train")
    return {"y - beta": np.abs(y - beta).max(),
            "dx": np.abs(layer.backward(it, dy, x)[0]).max()}


def float32_error(seed=0):
    """The largest error of y at mean 1e4 and std 1, for 128 rows."""
    x = np.float32(1e4 + np.random.default_rng(seed).normal(size=(128, 3)))
    return float(np.abs(np.subtract(*in_dtype(LAYER["float32 sums"], x))).max())


def float16_output(seed=0):
    """The largest |y| of N(0, 300) in float16."""
    x = np.float16(300 * np.random.default_rng(seed).normal(size=(64, 3)))
    with np.errstate(over="ignore"):
        return float(np.abs(in_dtype(LAYER["float16 squares"], x)[0]).max())


def pool_sums(backward, x, height, width, stride):
    """The sum of dx over the sum of dout, which are equal if all is right."""
    out, cache = layers.pool_forward(
        x, {"pool_height": height, "pool_width": width, "stride": stride})
    return backward(np.ones_like(out), cache).sum() / out.size


def overlapping(seed=0):
    """The share of the gradient that arrives, 3 by 3 windows at stride 1."""
    x = np.random.default_rng(seed).normal(size=(2, 3, 8, 8))
    return pool_sums(layers.pool_assigns, x, 3, 3, 1)


def tied(seed=0):
    """How many times the gradient arrives on a constant image, 2 by 2 windows."""
    return pool_sums(layers.pool_all_to_every_tie, np.ones((2, 3, 8, 8)), 2, 2, 2)


FIGURES = {
    "beta times gamma": means,
    "never flushed": second_step,
    "only training kept": partial(in_test_mode, "only training kept"),
    "zero start, eps 1e-6": partial(factor, LAYER["zero start, eps 1e-6"]),
    "zero start": zero_start,
    "only training kept, graph": partial(in_test_mode, "only training kept, graph"),
    "momentum the other way": partial(factor, graph(ZeroStart), momentum=1),
    "batch of one": one_row,
    "float32 sums": float32_error,
    "float16 squares": float16_output,
    "scaled by 1 / p": dropout_means,
    "windows overwrite": overlapping,
    "every tie gets all": tied,
}
