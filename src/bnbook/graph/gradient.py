"""The gradient of a graph is a graph of the same ops.

Walk the steps from the last to the first. What a value was sent adds up to its
gradient; the op's rules say what it sends on to its inputs. Each message and each sum
becomes a step, so a backward pass can be printed, edited and differentiated again.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np

from bnbook.graph.arguments import COMPLEX, names, shaped
from bnbook.graph.expressions import filled, steps_of
from bnbook.graph.ops import OPS
from bnbook.graph.prepared import ends, prepared
from bnbook.graph.steps import evaluate


class Message(NamedTuple):
    """The gradient that a step sends back to one input, and what the pass calls it."""

    step: str
    input: str
    gradient: np.ndarray
    name: str


@np.errstate(all="ignore")  # the values count for nothing, their shapes do
def gradient(graph, wrt, inputs, *, of=None, upstream=None, prefix="d", axes=0,
             ops=OPS):
    """The steps of `graph` and after them those of its backward pass: a graph.

    wrt: names; the result makes prefix + name for each that `of` depends on. inputs:
    name -> array, for all that the graph reads: shapes say where something was copied.
    of: the value, unless given the last, whose gradient the result reads, by the name
    `upstream`, unless given prefix + of. axes, ops, errors: those of `run`. A value's
    one message is its gradient, `dvar`; several are called by who sent them, `dxmu.sq`.
    """
    graph, of, upstream = ends(graph, of, upstream, prefix)
    graph, given, axes = prepared(graph, inputs, axes, ops, upstream=upstream)
    values = evaluate(graph, given, axes, ops)
    wrt = names("wrt", wrt, values)
    ones = np.ones_like(values[of])
    shaped(upstream, inputs.get(upstream, ones), ones.shape, kinds=COMPLEX)
    values.setdefault(upstream, ones)
    back, _ = send_back(graph, wrt, values, of, upstream, prefix, axes, ops)
    return (*graph, *back)


def send_back(graph, wrt, values, of, upstream, prefix, axes, ops):
    """The backward pass: (its steps, its messages); its values join `values`."""
    edges = _edges(graph, wrt, of, ops)
    often = Counter(name for _, _, name, _ in edges)
    lines = [prefix + name + f".{step.name}" * (often[name] > 1)
             + f".{'ab'[k]}" * (step.inputs.count(name) > 1)
             for step, k, name, _ in edges]
    made = {*lines, *(prefix + name for name in (of, *often))}
    if clash := (made - ({upstream} & {prefix + of})) & set(values):
        raise ValueError(f"prefix: {prefix!r} makes {min(clash)} a second time")
    steps, messages, inbox, taken = [], [], {of: [upstream]}, made | set(values)

    def write(line, tree):
        steps.extend(new := steps_of(line, tree, taken))
        evaluate(new, values, axes, ops)

    def total(name):
        line, (so_far, *others) = prefix + name, inbox[name]
        for message in others:
            so_far = ("add", so_far, message)
        if line not in values:
            write(line, so_far)
        return line

    for (step, _, name, rule), line in zip(edges, lines):
        known = {"g": total(step.name), "y": step.name, **dict(zip("ab", step.inputs))}
        copied = values[known["g"]].shape != values[name].shape
        write(line, filled(rule, known, copied))
        inbox.setdefault(name, []).append(line)
        messages.append(Message(step.name, name, values[line], line))
    for name in inbox:
        total(name)
    return tuple(steps), tuple(messages)


def _edges(graph, wrt, of, ops):
    """Where gradients flow from `of` to wrt: (step, k, its k-th input, rule) each."""
    live, reached = set(wrt), {of}
    sends = [(step, k, name, rule) for step in reversed(graph) for k, (name, rule)
             in enumerate(zip(step.inputs, ops[step.op].rules, strict=True)) if rule]
    for step, _, name, _ in reversed(sends):
        live |= {step.name} if name in live else set()
    for step, _, name, _ in sends:
        reached |= {name} if step.name in reached else set()
    return [edge for edge in sends if edge[0].name in reached and edge[2] in live]
