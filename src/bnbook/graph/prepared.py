"""What a run asks of a graph and its inputs."""

from collections.abc import Mapping

import numpy as np

from bnbook.graph import arguments
from bnbook.graph.arguments import COMPLEX, count, instance, shaped, steps
from bnbook.graph.ops import Op
from bnbook.graph.steps import inputs_of
from bnbook.graph.types import Steps


def graph_inputs(graph: Steps) -> tuple[str, ...]:
    """The names a graph reads and does not compute, in the order of first use."""
    return inputs_of(steps("graph", graph))


def prepared(graph, inputs, axes, ops, *, upstream=None):
    """(graph, inputs, axes) as they are used, the inputs copied to one dtype.

    One that is called `upstream` may stand among them. TypeError or ValueError.
    """
    graph, several = steps("graph", graph), isinstance(axes, list | tuple)
    axes = tuple(count("axes", axis, -64) for axis in (axes if several else (axes,)))
    for op in {step.op for step in graph} & {*instance("ops", ops, Mapping, "OPS")}:
        instance(f"ops[{op!r}]", ops[op], Op, "an Op")
    names, given = inputs_of(graph), instance("inputs", inputs, Mapping, "a dict")
    if set(given) - ({upstream} - {*names}) != {*names}:
        raise ValueError(f"inputs: got {sorted(map(str, given))}, "
                         f"expected {sorted(names)}")
    arrays = {n: arguments.array(n, given[n], kinds=COMPLEX) for n in names}
    if empty := [name for name, a in arrays.items() if not a.size]:
        raise ValueError(f"{empty[0]}: shape {arrays[empty[0]].shape}, expected values")
    dtype = np.result_type(1.0, *(a if a.ndim else a.item() for a in arrays.values()))
    arrays = {name: np.array(a, dtype=dtype) for name, a in arrays.items()}
    return graph, arrays, axes if several else axes[0]


def ends(graph, of, upstream, prefix):
    """(graph, of, upstream) of a gradient: the steps, and the names with defaults."""
    graph = steps("graph", graph)
    of = graph[-1].name if of is None else of
    arguments.choice("of", of, (*inputs_of(graph), *(step.name for step in graph)))
    prefixed = instance("prefix", prefix, str, "a string") + of
    upstream = prefixed if upstream is None else upstream
    return graph, of, instance("upstream", upstream, str, "a string")


def matched(values, given):
    """`values`, if what is given as d<name> has the shape of the <name> made."""
    for name in given:
        if name[0] == "d" and name[1:] in values and name[1:] not in given:
            shaped(name, values[name], values[name[1:]].shape, kinds=COMPLEX)
    return values
