"""Run a graph and keep everything it did: values, gradients and messages."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bnbook.graph.arguments import COMPLEX, REAL, array, shaped
from bnbook.graph.ops import OPS, unbroadcast


class Step(NamedTuple):
    """One line of a graph: the value's name, the op that makes it, the op's inputs."""

    name: str
    op: str
    inputs: tuple[str, ...]


class Message(NamedTuple):
    """The gradient that a step sends back to one input, in that input's shape."""

    step: str
    input: str
    gradient: np.ndarray


@dataclass(frozen=True, eq=False)
class Trace:
    """What one run produced.

    values and grads: name -> array, the gradient of the loss by a value in its shape.
    messages: in the order sent; those into a name add up to its gradient.
    """

    graph: tuple[Step, ...]
    values: dict
    grads: dict
    messages: tuple[Message, ...]
    axes: int | tuple[int, ...]
    ops: dict

    def into(self, name):
        """The messages that `name` received."""
        return [m for m in self.messages if m.input == name]

    def without(self, silent):
        """The gradients if the (step, input) edges in `silent` sent nothing."""
        upstream = self.grads[self.graph[-1].name]
        return backward(
            self.graph, self.values, upstream, self.axes, self.ops, silent)[0]


def graph_inputs(graph):
    """The names a graph reads and does not compute, in the order of first use."""
    made = {step.name for step in graph}
    read = dict.fromkeys(name for step in graph for name in step.inputs)
    return tuple(name for name in read if name not in made)


def run(graph, inputs, upstream=None, *, axes=0, ops=OPS):
    """Evaluate `graph` forward and, given `upstream`, backward; return the Trace.

    inputs: name -> array or number, for every name that the graph reads; copied to the
    dtype of the arrays, integers to float64. upstream: the gradient of the loss by the
    last step, of its shape. axes: what `mean` reduces, keeping the dimensions.
    Raises ValueError or TypeError, in one line, for names, shapes or dtypes amiss.
    """
    values = _one_dtype(graph, inputs)
    for name, op, args in graph:
        try:
            values[name] = ops[op].forward(axes, *(values[a] for a in args))
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            shapes = ", ".join(f"{a} {np.shape(values.get(a))}" for a in args)
            raise ValueError(f"step {name}: {op} of {shapes}: {error}") from None
    if upstream is None:
        return Trace(graph, values, {}, (), axes, ops)
    y = values[name]
    kinds = COMPLEX if y.dtype.kind == "c" else REAL
    upstream = shaped("upstream", upstream, y.shape, kinds=kinds).astype(y.dtype)
    grads, messages = backward(graph, values, upstream, axes, ops)
    return Trace(graph, values, grads, messages, axes, ops)


def backward(graph, values, upstream, axes, ops, silent=()):
    """Send the upstream gradient back through the graph: (gradients, messages)."""
    grads, messages = {graph[-1].name: upstream}, []
    for step in (s for s in reversed(graph) if s.name in grads):
        args = [values[name] for name in step.inputs]
        parts = ops[step.op].vjp(axes, grads[step.name], values[step.name], *args)
        for name, part in zip(step.inputs, parts, strict=True):
            if (step.name, name) not in silent:
                gradient = unbroadcast(part, values[name].shape)
                grads[name] = grads[name] + gradient if name in grads else gradient
                messages.append(Message(step.name, name, gradient))
    return grads, tuple(messages)


def _one_dtype(graph, inputs):
    """Copies of the inputs in the graph's order and in the dtype of the arrays."""
    names = graph_inputs(graph)
    if set(inputs) != set(names):
        raise ValueError(f"inputs: got {sorted(inputs)}, expected {sorted(names)}")
    arrays = {name: array(name, inputs[name], kinds=COMPLEX) for name in names}
    if empty := [name for name, a in arrays.items() if not a.size]:
        raise ValueError(f"{empty[0]}: shape {arrays[empty[0]].shape}, expected values")
    dtype = np.result_type(1.0, *(a if a.ndim else a.item() for a in arrays.values()))
    return {name: np.array(a, dtype=dtype) for name, a in arrays.items()}
