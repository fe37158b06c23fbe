"""Gradient checks with one interface for a function and for every node of a trace."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from bnbook.check.methods import METHODS, MethodName, error_of, unit_vectors
from bnbook.check.report import Report, Row
from bnbook.graph import graph_inputs, run
from bnbook.graph.ran import ran
from bnbook.graph.trace import Trace
from bnbook.graph.types import Arrays
from bnbook.norm.arguments import array, instance, positive, shaped, shown


def numerical_gradient(f: Callable[..., ArrayLike], inputs: Arrays, name: str,
                       upstream: ArrayLike, method: MethodName = "central difference",
                       h: float | None = None) -> np.ndarray:
    """The gradient of sum(upstream * f(**inputs)) by inputs[name], element by element.

    Costs one or two evaluations of f an element. `method` gives the derivative only:
    every direction is tried. The other arguments are those of `check_gradients`.
    """
    inputs, upstream, method = _prepared(f, inputs, upstream, method, h)
    p = inputs[_known("name", name, inputs)]
    method = method._replace(directions=unit_vectors)
    dots = _along(f, inputs, name, upstream, method)
    return np.reshape([dot for _, dot in dots], p.shape)


def check_gradients(f: Callable[..., ArrayLike], inputs: Arrays, upstream: ArrayLike,
                    grads: Arrays, method: MethodName = "complex step",
                    h: float | None = None) -> Report:
    """Compare claimed gradients of a function with numerical ones: a Report.

    f(**inputs) returns one array; it receives copies. inputs: name -> real array or
    number. upstream: the gradient of the loss by f's output, of its shape exactly.
    grads: name -> claimed gradient, of the input's shape exactly, for the inputs to
    check. method: a key of METHODS; h: its step, unless given its own. The error is
    `relative_error` with unit = max |upstream| / max |input|. Only for an f that is
    analytic and takes complex numbers is the default right: see `complex_step`.
    Raises TypeError or ValueError for what does not fit.
    """
    key, rows = method, []
    inputs, upstream, method = _prepared(f, inputs, upstream, method, h)
    for name, gradient in _claimed(grads, inputs).items():
        p = inputs[name]
        dots = list(_along(f, inputs, name, upstream, method))
        claimed = [np.sum(gradient * v) for v, _ in dots]
        unit = _size(upstream) / _size(p)
        error = error_of(claimed, [dot for _, dot in dots], unit)
        rows.append(Row(name, p.shape, error))
    return Report(key, tuple(rows))


def check_trace(trace: Trace, method: MethodName = "complex step",
                grads: Arrays | None = None, h: float | None = None) -> Report:
    """Check the gradient of every node and input of a trace: a Report.

    To differentiate by a node, its step is dropped from the graph: its name becomes an
    input, and can be perturbed. grads: name -> claimed gradient, those of the trace
    unless given; give the hand-derived ones to hold them to the same graph. Rows
    are in their order. The last node has none: its gradient is the upstream gradient.
    """
    last = ran(trace, backward=False).graph[-1].name
    if last not in trace.grads:
        raise ValueError("trace: has no gradients, expected a run with an upstream")
    grads = _claimed(trace.grads if grads is None else grads, trace.values)

    def y(graph, /, **inputs):
        return run(graph, inputs, axes=trace.axes, ops=trace.ops).values[last]

    rows = []
    for name in (n for n in grads if n != last):
        graph = tuple(step for step in trace.graph if step.name != name)
        inputs = {n: trace.values[n] for n in graph_inputs(graph)}
        rows += check_gradients(partial(y, graph), inputs, trace.grads[last],
                                {name: grads[name]}, method, h).rows
    return Report(method, tuple(rows))


def _prepared(f, inputs, upstream, method, h):
    """The arguments as real arrays that fit, and the method's row with its step."""
    instance("f", f, Callable, "a function")
    instance("inputs", inputs, Mapping, "a dict")
    inputs = {name: _real(f"inputs[{name!r}]", a) for name, a in inputs.items()}
    method = METHODS[_known("method", method, METHODS)]
    if h is not None:
        method = method._replace(
            derivative=partial(method.derivative, h=positive("h", h)))
    y = np.asarray(f(**_copies(inputs)))
    upstream = _real("upstream", upstream, like=y)
    return inputs, upstream, method


def _claimed(grads, arrays):
    """grads as real arrays, each in the shape of what it is the gradient by."""
    instance("grads", grads, Mapping, "a dict")
    return {name: _real(f"grads[{name!r}]", a, arrays[_known("grads", name, arrays)])
            for name, a in grads.items()}


def _along(f, inputs, name, upstream, method):
    """Each direction v with sum(upstream * Jv)."""
    def of_one(p):
        return f(**{**_copies(inputs), name: p})

    p = inputs[name]
    for v in method.directions(p):
        yield v, np.sum(upstream * method.derivative(of_one, p, v))


def _copies(inputs):
    return {name: a.copy() for name, a in inputs.items()}


def _size(a):
    """The largest magnitude, or 1 where all is zero or nothing is there."""
    return np.max(np.abs(a), initial=0) or 1.0


def _real(name, value, like=None):
    a = array(name, value) if like is None else shaped(name, value, like.shape)
    return a.astype(float)


def _known(argument, name, table):
    if not isinstance(name, str) or name not in table:
        raise ValueError(
            f"{argument}: got {shown(name)}, expected one of {list(table)}")
    return name
