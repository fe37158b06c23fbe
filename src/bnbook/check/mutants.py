"""Wrong implementations: an op of the graph sends back another multiple of what it
should, or programs run that are not the textbook's.
"""

from bnbook.check.edits.programs import inputs_of, values_of
from bnbook.check.implementations import Implementation, from_graph
from bnbook.graph import OPS
from bnbook.graph.arguments import choice, finite


def scaled_rules(op: str, factor: float) -> Implementation:
    """The graph run with what one op sends back multiplied by `factor`."""
    op, factor = choice("op", op, OPS), float(finite("factor", factor, ndim=0))
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
