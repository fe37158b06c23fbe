"""Faults of the forward: the values are wrong and the gradients are theirs.

A gradient check against the forward's own values finds nothing (but for a forgotten
beta, whose backward is that of the right forward). The derivatives here are those of
the wrong functions.
"""

import numpy as np

from bnbook.check.implementations import Specimen, from_graph
from bnbook.check.mutants import at_step, rewired, with_eps
from bnbook.graph import OPS, Op, Step


def _others(axes, a):
    """m - 1, where m values have one mean."""
    return np.prod([a.shape[i] for i in axes]) - 1


_UNBIASED = Op(
    lambda axes, a: a.sum(axis=axes, keepdims=True) / _others(axes, a),
    lambda axes, g, y, a: (np.broadcast_to(g / _others(axes, a), a.shape),),
    "", ())
# A mean over features that drops its dims broadcasts as if it were over the batch.
_ROW_MEAN = Op(
    lambda axes, a: a.mean(axis=1),
    lambda axes, g, y, a: (np.broadcast_to((g / a.shape[1])[:, None], a.shape),),
    "", ())

FORWARD = (
    Specimen("(xhat + beta) * gamma", "Beta is added before gamma multiplies.",
             from_graph(rewired(gx=(Step("gx", "add", ("xhat", "beta")),),
                                y=(Step("y", "multiply", ("gx", "gamma")),)))),
    Specimen("beta forgotten", "y is gx; the backward is right.",
             at_step("y", forward=lambda axes, a, b: a + 0 * b)),
    Specimen("eps outside the root", "xhat is xmu / (sqrt(var) + eps).",
             from_graph(rewired(vareps=(Step("std", "sqrt", ("var",)),),
                                std=(Step("vareps", "add", ("std", "eps")),),
                                ivar=(Step("ivar", "reciprocal", ("vareps",)),)))),
    Specimen("unbiased variance", "The variance that normalizes is divided by m - 1.",
             from_graph(rewired(var=(Step("var", "unbiased", ("sq",)),)),
                        {**OPS, "unbiased": _UNBIASED})),
    Specimen("variance not centred", "var is the mean of x^2, not of xmu^2.",
             from_graph(rewired(sq=(Step("sq", "square", ("x",)),)))),
    Specimen("one-pass variance", "var is mean(x^2) - mu^2: right, but few digits.",
             from_graph(rewired(sq=(Step("sq", "square", ("x",)),
                                    Step("ex2", "mean", ("sq",)),
                                    Step("mu2", "square", ("mu",))),
                                var=(Step("var", "subtract", ("ex2", "mu2")),)))),
    Specimen("root forgotten", "xhat is xmu / (var + eps).",
             from_graph(rewired(std=(), ivar=(
                 Step("ivar", "reciprocal", ("vareps",)),)))),
    Specimen("eps of 1e-3", "eps is 1e-3 (Keras's) whatever the caller says.",
             with_eps(1e-3)),
    Specimen("over the features", "Each row is normalized: layer norm.",
             from_graph(axes=lambda x: 1)),
    Specimen("row means as columns", "Row means as columns; fits square batches.",
             from_graph(ops={**OPS, "mean": _ROW_MEAN})),
    Specimen("one statistic for all", "One mean and variance for the whole batch.",
             from_graph(axes=lambda x: tuple(range(x.ndim)))),
    Specimen("a statistic per pixel", "Images are normalized over the batch alone.",
             from_graph(axes=lambda x: (0,))),
)
