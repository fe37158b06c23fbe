"""What a run asks of a graph and its inputs."""

from collections.abc import Mapping

import numpy as np

from bnbook.graph.arguments import (
    COMPLEX,
    array,
    axes_of_means,
    choice,
    instance,
    shaped,
    steps,
    table,
    word,
)
from bnbook.graph.steps import inputs_of


def graph_inputs(graph):
    """The names a graph reads and does not compute, in the order of first use."""
    return inputs_of(steps("graph", graph))


def prepared(graph, inputs, axes, ops, *, upstream=None):
    """(graph, inputs, axes) as they are used, if all fit; else TypeError or ValueError.

    The inputs are copied to the dtype of the arrays. One that is called `upstream` may
    stand among them.
    """
    graph, axes = steps("graph", graph), axes_of_means(axes)
    table(ops, {step.op for step in graph})
    for name, op, reads in graph:
        if op in ops and len(reads) != len(ops[op].rules):
            raise ValueError(f"step {name}: {op} of {len(reads)} inputs, expected "
                             f"{len(ops[op].rules)}")
    names, given = inputs_of(graph), instance("inputs", inputs, Mapping, "a dict")
    if set(given) - ({upstream} - set(names)) != set(names):
        raise ValueError(f"inputs: got {sorted(map(str, given))}, "
                         f"expected {sorted(names)}")
    arrays = {name: array(name, given[name], kinds=COMPLEX) for name in names}
    if empty := [name for name, a in arrays.items() if not a.size]:
        raise ValueError(f"{empty[0]}: shape {arrays[empty[0]].shape}, expected values")
    dtype = np.result_type(1.0, *(a if a.ndim else a.item() for a in arrays.values()))
    return graph, {name: np.array(a, dtype=dtype) for name, a in arrays.items()}, axes


def ends(graph, of, upstream, prefix):
    """(graph, of, upstream) of a gradient: the steps, and the names with defaults."""
    graph = steps("graph", graph)
    known = (*inputs_of(graph), *(step.name for step in graph))
    of = graph[-1].name if of is None else choice("of", of, known)
    prefixed = word("prefix", prefix) + of
    return graph, of, prefixed if upstream is None else word("upstream", upstream)


def sent(inputs, upstream, y):
    """The upstream gradient that is among the inputs, of y's shape; else ones."""
    return shaped(upstream, inputs.get(upstream, np.ones_like(y)), y.shape,
                  kinds=COMPLEX)


def matched(values, given):
    """`values`, if what is given as d<name> has the shape of <name>, where it is made.
    """
    for name in given:
        if name[0] == "d" and name[1:] in values and name[1:] not in given:
            shaped(name, values[name], values[name[1:]].shape, kinds=COMPLEX)
    return values
