"""A graph is data: a tuple of steps, run from the first to the last."""

from typing import NamedTuple

import numpy as np


class Step(NamedTuple):
    """One line of a graph: the value's name, the op that makes it, the op's inputs."""

    name: str
    op: str
    inputs: tuple[str, ...]  # names, or numbers such as "2"


def inputs_of(graph):
    """The names a graph reads and does not compute, in the order of first use."""
    made = {step.name for step in graph}
    read = dict.fromkeys(name for step in graph for name in step.inputs)
    return tuple(n for n in read if n not in made and not n[:1].isdigit())


def evaluate(graph, values, axes, ops):
    """Add to `values`, name -> array, what the steps of a graph make of them."""
    dtype = next((a.dtype for a in values.values()), float)
    for name, op, inputs in graph:
        try:
            if name in values:
                raise ValueError("made a second time")
            args = [np.array(float(i), dtype) if i[:1].isdigit() else values[i]
                    for i in inputs]
            values[name] = ops[op].forward(axes, *args)
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            shapes = ", ".join(f"{i} {np.shape(values.get(i))}" for i in inputs)
            raise ValueError(f"step {name}: {op} of {shapes}: {error}") from None
    return values
