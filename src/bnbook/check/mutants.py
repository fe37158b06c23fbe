"""Factories of wrong implementations.

A mutant is the graph run with one thing changed: a row of the op table, a step, an edge
that sends nothing back, what the backward is given, or what is done to the caller's
arrays. So each fault is a line or two of data.
"""

from bnbook.check.implementations import TRACE, Implementation, from_graph, results
from bnbook.graph import BATCH_NORM, OPS, graph_inputs, run


def in_table(op, **rules):
    """The graph run with one row of the op table changed."""
    return from_graph(ops={**OPS, op: OPS[op]._replace(**rules)})


def scaled_vjp(op, factor):
    """The graph run with the gradients of one op multiplied by `factor`."""
    right = OPS[op].vjp
    return in_table(op, vjp=lambda *args: tuple(factor * g for g in right(*args)))


def at_step(name, **rules):
    """The graph run with one step's op changed, the same op elsewhere left alone."""
    step = next(step for step in BATCH_NORM if step.name == name)
    graph = rewired(**{name: [step._replace(op="mutant")]})
    return from_graph(graph, {**OPS, "mutant": OPS[step.op]._replace(**rules)})


def rewired(**replacements):
    """Batch norm's graph with the steps of these names replaced by others."""
    return tuple(
        new for step in BATCH_NORM for new in replacements.get(step.name, (step,)))


def given_other_inputs(change):
    """A right forward; the backward runs at inputs that `change` has altered."""
    def backward(dy, trace):
        inputs = change({name: trace.values[name] for name in graph_inputs(BATCH_NORM)})
        grads = run(BATCH_NORM, inputs, dy, axes=trace.axes).grads
        return tuple(g.astype(dy.dtype) for g in results(grads))
    return Implementation(TRACE.forward, backward)


def altered(change):
    """A right forward; `change(dy, trace, dx, dgamma, dbeta)` alters the gradients."""
    def backward(dy, trace):
        return change(dy, trace, *TRACE.backward(dy, trace))
    return Implementation(TRACE.forward, backward)


def keeping_callers_arrays():
    """A right pass whose cache is the caller's own arrays, computed on once more."""
    def forward(x, gamma, beta, eps=1e-5):
        return TRACE.forward(x, gamma, beta, eps)[0], (x, gamma, beta, eps)

    def backward(dy, cache):
        return TRACE.backward(dy, TRACE.forward(*cache)[1])

    return Implementation(forward, backward)


def remembering_one_forward():
    """A right pass that keeps the latest forward and ignores the cache it is given."""
    latest = []

    def forward(x, gamma, beta, eps=1e-5):
        y, trace = TRACE.forward(x, gamma, beta, eps)
        latest[:] = [trace]
        return y, None

    return Implementation(forward, lambda dy, _: TRACE.backward(dy, latest[0]))


def normalizing_in_place():
    """A right pass that leaves xhat in the caller's x."""
    def forward(x, gamma, beta, eps=1e-5):
        y, trace = TRACE.forward(x, gamma, beta, eps)
        x[...] = trace.values["xhat"]
        return y, trace

    return Implementation(forward, TRACE.backward)


def scaling_upstream_in_place():
    """A right pass that leaves dxhat in the caller's dy."""
    def change(dy, trace, *gradients):
        dy *= trace.values["gamma"]
        return gradients

    return altered(change)


def with_eps(eps):
    """A right pass that uses its own eps, whatever the caller says."""
    def forward(x, gamma, beta, _=None):
        return TRACE.forward(x, gamma, beta, eps)

    return Implementation(forward, TRACE.backward)
