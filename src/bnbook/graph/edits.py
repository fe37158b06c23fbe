"""Edits of a backward pass. It is a graph: what is downstream of an edit follows."""

from collections.abc import Iterable
from dataclasses import replace

from bnbook.graph import arguments
from bnbook.graph.ran import ran
from bnbook.graph.steps import Step, evaluate
from bnbook.graph.trace import Trace
from bnbook.graph.types import Edges, Graph, Steps


def without(trace: Trace, edges: Edges) -> Trace:
    """The trace if the (step, input) edges sent nothing back: a Trace."""
    sent = [(m.step, m.input) for m in ran(trace).messages]
    edges = arguments.several("edges", edges, "the (step, input) of messages",
                              lambda edge: isinstance(edge, tuple) and edge in sent)
    dy = f"d{trace.graph[-1].name}"
    back = dropped(
        trace.back, {m.name for m in trace.messages if (m.step, m.input) in edges})
    known = trace.values | {dy: trace.sums[dy]}
    made = evaluate(back, known, trace.axes, trace.ops)
    sums = {name: made[name] for name in (dy, *(step.name for step in back))}
    messages = tuple(m._replace(gradient=sums[m.name])
                     for m in trace.messages if m.name in sums)
    return replace(trace, back=back, sums=sums, messages=messages)


def dropped(steps: Steps, names: Iterable[str]) -> Graph:
    """The steps of a backward pass in which these messages are not sent.

    A sum loses a term, and what is made of nothing else is not made at all. To drop all
    messages into a value but the last is the bug that assigns where it should add.
    """
    steps = arguments.steps("steps", steps)
    known = {name for step in steps for name in (step.name, *step.inputs)}
    kept, gone = [], {*arguments.names("names", names, sorted(known), "messages among")}
    for step in steps:
        left = tuple(name for name in step.inputs if name not in gone)
        if step.op == "add" and len(left) == 1:
            step = Step(step.name, "same", left)
        elif left != step.inputs:
            gone.add(step.name)
        if step.name not in gone:
            kept.append(step)
    return tuple(kept)
