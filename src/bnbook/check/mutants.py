"""Factories of wrong implementations.

A mutant runs other programs than the textbook's, or the graph with one thing changed: a
row of the op table, what the backward is given, or what becomes of its gradients.
"""

from bnbook.check.edits.programs import inputs_of, values_of
from bnbook.check.implementations import TRACE, Implementation, from_graph, results
from bnbook.graph import BATCH_NORM, OPS, graph_inputs, run


def scaled_rules(op, factor):
    """The graph run with what one op sends back multiplied by `factor`."""
    rules = tuple(rule and f"{factor} * ({rule})" for rule in OPS[op].rules)
    return from_graph(ops={**OPS, op: OPS[op]._replace(rules=rules)})


def programmed(forward, backward):
    """A program that makes y, and one that makes y, dx, dgamma and dbeta."""
    def run_forward(x, gamma, beta, eps=1e-5):
        given = inputs_of(x.copy(), gamma.copy(), beta.copy(), eps, x)
        return values_of(forward, given)["y"].copy(), given

    def run_backward(dy, given):
        made = values_of(backward, given | {"dy": dy})
        return tuple(made[name].reshape(given[name[1:]].shape if name == "dx" else -1)
                     for name in ("dx", "dgamma", "dbeta"))

    return Implementation(run_forward, run_backward)


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
