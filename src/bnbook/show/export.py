"""A trace as JSON, for programs that are not Python."""

import json

from bnbook.graph import OPS
from bnbook.graph.arguments import finite
from bnbook.graph.expressions import expression
from bnbook.graph.ran import ran
from bnbook.graph.trace import Trace
from bnbook.show.formulas import PLAIN
from bnbook.show.words import WORDS


def trace_json(trace: Trace) -> str:
    """Steps, shapes, values, gradients and messages of a trace, as a JSON text.

    Arrays are nested lists; numbers read back to the same float64. The trace must be
    real (TypeError) and finite (ValueError: JSON has no nan).
    """
    for a in (*ran(trace, backward=False).values.values(), *trace.sums.values()):
        finite("trace", a)
    return json.dumps(
        {
            "axes": trace.axes,
            "steps": [step._asdict() for step in trace.graph],
            "shapes": {name: trace.values[name].shape for name in trace.values},
            "values": {name: trace.values[name].tolist() for name in trace.values},
            "grads": {name: grad.tolist() for name, grad in trace.grads.items()},
            "messages": [
                {**message._asdict(), "gradient": message.gradient.tolist()}
                for message in trace.messages
            ],
        },
        allow_nan=False,
    )


def table_data(ops=OPS):
    """The op table for a page's script: each op's rules as trees, and how to print it.

    A tree is a name, a number as text, or [op, tree, ...]; null where nothing is sent.
    """
    return {
        name: {"rules": [rule and expression(rule) for rule in op.rules],
               "print": PLAIN.get(name), "words": WORDS.get(name)}
        for name, op in ops.items()
    }
