"""What is checked: an implementation of batch normalization, and the right ones."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bnbook.graph import BATCH_NORM, OPS, arguments, run, without
from bnbook.graph.types import Edges, Ops, Steps
from bnbook.norm import (
    batch_norm_backward,
    batch_norm_backward_staged,
    batch_norm_forward,
)
from bnbook.norm.textbook import statistics_axes


class Implementation(NamedTuple):
    """forward(x, gamma, beta, eps=eps) -> (y, cache); backward(dy, cache) -> gradients.

    eps is given by name. The gradients are dx, dgamma, dbeta. x is (N, C) or
    (N, C, *spatial), gamma and beta are (C,).
    """

    forward: Callable
    backward: Callable


class Specimen(NamedTuple):
    """An implementation with a name and one sentence that says what is in it."""

    name: str
    sentence: str
    implementation: Implementation


def from_graph(graph: Steps = BATCH_NORM, ops: Ops = OPS,
               silent: Edges = ()) -> Implementation:
    """What runs `graph`, tried here once; `silent` edges send nothing back."""
    graph = arguments.steps("graph", graph)

    def forward(x, gamma, beta, eps=1e-5):
        shape = (-1, *[1] * (x.ndim - 2))
        inputs = {"x": x, "eps": eps,
                  "gamma": gamma.reshape(shape), "beta": beta.reshape(shape)}
        trace = run(graph, inputs, axes=statistics_axes(x), ops=ops)
        return trace.values["y"].copy(), trace

    def backward(dy, trace):
        grads = without(trace.backward(dy), silent).grads
        return grads["x"], grads["gamma"].ravel(), grads["beta"].ravel()

    _, trace = forward(np.eye(2), np.ones(2), np.ones(2))
    sent = [(m.step, m.input) for m in trace.backward(np.ones((2, 2))).messages]
    silent = arguments.several("silent", silent, "the (step, input) of messages",
                               lambda edge: isinstance(edge, tuple) and edge in sent)
    return Implementation(forward, backward)


TRACE = from_graph()


RIGHT = (
    Specimen("trace", "The graph, run backward.", TRACE),
    Specimen("staged", "The hand derivation, node by node.",
             Implementation(batch_norm_forward, batch_norm_backward_staged)),
    Specimen("closed form", "The hand derivation on one line.",
             Implementation(batch_norm_forward, batch_norm_backward)),
)
