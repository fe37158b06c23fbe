"""Gradient checks with one interface for a function and for every node of a trace."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from bnbook.check.methods import METHODS, MethodName, relative_error, unit_vectors
from bnbook.check.report import Report, Row
from bnbook.graph import graph_inputs, run
from bnbook.graph.arguments import array, shaped
from bnbook.graph.trace import Trace
from bnbook.graph.types import Arrays


def numerical_gradient(f: Callable[..., ArrayLike], inputs: Arrays, name: str,
                       upstream: ArrayLike, method: MethodName = "central difference",
                       **options: float) -> np.ndarray:
    """The gradient of sum(upstream * f(**inputs)) by inputs[name], element by element.

    Costs one or two evaluations of f an element. `method` gives the derivative only:
    every direction is tried. The other arguments are those of `check_gradients`.
    """
    inputs, upstream, method = _prepared(f, inputs, upstream, method)
    p = inputs[_known("name", name, inputs)]
    method = method._replace(directions=unit_vectors)
    dots = _along(f, inputs, name, upstream, method, options)
    return np.reshape([dot for _, dot in dots], p.shape)


def check_gradients(f: Callable[..., ArrayLike], inputs: Arrays, upstream: ArrayLike,
                    grads: Arrays, method: MethodName = "complex step",
                    **options: float) -> Report:
    """Compare claimed gradients of a function with numerical ones: a Report.

    f(**inputs) returns one array; it receives copies. inputs: name -> real array or
    number. upstream: the gradient of the loss by f's output, of its shape exactly.
    grads: name -> claimed gradient, of the input's shape exactly, for the inputs to
    check. method: a key of METHODS; options go to its derivative (`h=`). The error is
    `relative_error` with unit = max |upstream| / max |input|. Only for an f that is
    analytic and takes complex numbers is the default right: see `complex_step`.
    Raises TypeError or ValueError for what does not fit.
    """
    key = method
    inputs, upstream, method = _prepared(f, inputs, upstream, method)
    rows = []
    for name, gradient in grads.items():
        p = inputs[_known("grads", name, inputs)]
        gradient = _real(f"grads[{name!r}]", gradient, like=p)
        dots = list(_along(f, inputs, name, upstream, method, options))
        claimed = [np.sum(gradient * v) for v, _ in dots]
        unit = _size(upstream) / _size(p)
        error = relative_error(claimed, [dot for _, dot in dots], unit)
        rows.append(Row(name, p.shape, error))
    return Report(key, tuple(rows))


def check_trace(trace: Trace, method: MethodName = "complex step",
                grads: Arrays | None = None, **options: float) -> Report:
    """Check the gradient of every node and input of a trace: a Report.

    To differentiate by a node, its step is dropped from the graph: its name becomes an
    input, and can be perturbed. grads: name -> claimed gradient, those of the trace
    unless given; give the hand-derived ones to hold them to the same graph. Rows
    are in their order. The last node has none: its gradient is the upstream gradient.
    """
    last = trace.graph[-1].name
    if last not in trace.grads:
        raise ValueError("trace: has no gradients, expected a run with an upstream")
    grads = trace.grads if grads is None else grads
    def y(graph, /, **inputs):
        return run(graph, inputs, axes=trace.axes, ops=trace.ops).values[last]

    rows = []
    for name in (n for n in grads if n != last):
        _known("grads", name, trace.values)
        graph = tuple(step for step in trace.graph if step.name != name)
        inputs = {n: trace.values[n] for n in graph_inputs(graph)}
        rows += check_gradients(partial(y, graph), inputs, trace.grads[last],
                                {name: grads[name]}, method, **options).rows
    return Report(method, tuple(rows))


def _prepared(f, inputs, upstream, method):
    """The arguments as real arrays that fit, and the method's row."""
    inputs = {name: _real(f"inputs[{name!r}]", a) for name, a in inputs.items()}
    y = np.asarray(f(**_copies(inputs)))
    upstream = _real("upstream", upstream, like=y)
    return inputs, upstream, METHODS[_known("method", method, METHODS)]


def _along(f, inputs, name, upstream, method, options):
    """Each direction v with sum(upstream * Jv)."""
    def of_one(p):
        return f(**{**_copies(inputs), name: p})

    p = inputs[name]
    for v in method.directions(p):
        yield v, np.sum(upstream * method.derivative(of_one, p, v, **options))


def _copies(inputs):
    return {name: a.copy() for name, a in inputs.items()}


def _size(a):
    """The largest magnitude, or 1 where all is zero or nothing is there."""
    return np.max(np.abs(a), initial=0) or 1.0


def _real(name, value, like=None):
    a = array(name, value) if like is None else shaped(name, value, like.shape)
    return a.astype(float)


def _known(argument, name, table):
    if name not in table:
        raise ValueError(f"{argument}: got {name!r}, expected one of {list(table)}")
    return name
