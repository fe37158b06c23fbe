"""Run a graph and keep everything it did: values, gradients and messages."""

from dataclasses import dataclass, field, replace

from bnbook.graph.arguments import choice, like
from bnbook.graph.gradient import Message, send_back
from bnbook.graph.ops import OPS
from bnbook.graph.prepared import matched, prepared
from bnbook.graph.steps import Step, evaluate


@dataclass(frozen=True, eq=False)
class Trace:
    """What one run produced.

    values: name -> array, of what the graph reads and makes. back: the backward pass;
    sums: what it made. messages: as sent; those into a name add up to its gradient.
    """

    graph: tuple[Step, ...]
    values: dict
    axes: int | tuple[int, ...]
    ops: dict
    back: tuple[Step, ...] = ()
    sums: dict = field(default_factory=dict)
    messages: tuple[Message, ...] = ()

    @property
    def grads(self):
        """name -> array, the gradient of the loss by a value in its shape."""
        names = (self.graph[-1].name, *(message.input for message in self.messages))
        return {n: self.sums[f"d{n}"] for n in names if f"d{n}" in self.sums}

    def into(self, name):
        """The messages that `name` received."""
        choice("name", name, self.values)
        return [m for m in self.messages if m.input == name]

    def backward(self, upstream):
        """The run with a backward pass: a Trace."""
        last = self.graph[-1].name
        y, dy = self.values[last], f"d{last}"
        values = self.values | {dy: like("upstream", upstream, y)}
        back, messages = send_back(self.graph, self.values, values, last, dy, "d",
                                   self.axes, self.ops)
        sums = {name: values[name] for name in (dy, *(step.name for step in back))}
        return replace(self, back=back, sums=sums, messages=messages)


def run(graph, inputs, upstream=None, *, axes=0, ops=OPS):
    """Evaluate `graph` forward and, given `upstream`, backward; return the Trace.

    inputs: name -> array or number, for every name that the graph reads; copied to the
    dtype of the arrays, integers to float64. upstream: the gradient of the loss by the
    last step, of its shape. axes: what `mean` reduces, keeping the dimensions. Raises
    ValueError or TypeError, in one line, for names, shapes or dtypes amiss.
    """
    graph, given, axes = prepared(graph, inputs, axes, ops)
    values = matched(evaluate(graph, {**given}, axes, ops), given)
    trace = Trace(graph, values, axes, ops)
    return trace if upstream is None else trace.backward(upstream)
