"""Random runs of every op and graph, by NumPy and by the page's script."""

import base64
import json
from typing import NamedTuple

import numpy as np

from bnbook.graph import (
    FAMILY,
    INFERENCE,
    OPS,
    Step,
    graph_inputs,
    grouped,
    run,
)
from bnbook.show.explorer_graphs import GRAPHS

PAIR, ONE = ("a", "b"), ("a",)
READS = {"mean": ONE, "subtract": PAIR, "add": PAIR, "multiply": PAIR, "square": ONE,
         "sqrt": ONE, "reciprocal": ONE, "split": ONE, "merge": ONE}
SINGLE = {op: (Step("y", op, inputs),) for op, inputs in READS.items()}
NORMS = {name: member.graph for name, member in FAMILY.items()}
KNOWN = {**SINGLE, **NORMS, "inference": INFERENCE}

# One call runs a list of cases; the numbers come back as bytes, so none is rounded.
RUNNER = """
(graphs, cases) => {
  const labels = [], numbers = [];
  const keep = (label, { shape, data }) => {
    labels.push(`${label} ${shape}`);
    numbers.push(...data);
  };
  for (const { graph, axes, groups, inputs, upstream, silent } of cases) {
    const { array, forward, backward } = graphs;
    const how = { axes, groups }, given = {};
    for (const name in inputs) given[name] = array(...inputs[name]);
    const values = forward(graph, given, how);
    const dy = array(...upstream);
    const back = (cut) => backward(graph, values, dy, how, new Set(cut));
    const { grads, messages } = back([]);
    for (const { name } of graph) keep(`value ${name}`, values[name]);
    for (const name in grads) keep(`gradient ${name}`, grads[name]);
    for (const m of messages) keep(`message ${m.step} ${m.input}`, m.gradient);
    for (const cut of silent) keep(`without ${cut}`, back(cut).grads.x);
  }
  const bytes = new Uint8Array(Float64Array.from(numbers).buffer), text = [];
  for (let i = 0; i < bytes.length; i += 8192)
    text.push(String.fromCharCode(...bytes.subarray(i, i + 8192)));
  return { labels, numbers: btoa(text.join("")) };
}
"""


class Case(NamedTuple):
    """One run: a graph, how to run it, what it is given, and paths to cut."""

    graph: tuple
    axes: tuple
    groups: int
    inputs: dict
    upstream: np.ndarray
    silent: list


def cases(name, count, seed=0):
    """`count` random cases of one op or graph of KNOWN."""
    rng = np.random.default_rng([seed, list(KNOWN).index(name)])
    make = op_case if name in SINGLE else norm_case
    return [make(rng, name) for _ in range(count)]


def op_case(rng, name):
    """An op alone, its inputs broadcast in any way that NumPy allows."""
    ndim, groups = int(rng.integers(2, 4)), int(rng.integers(1, 4))
    shape = tuple(int(n) for n in rng.integers(1, 5, ndim))
    if name == "split":
        shape = (shape[0], groups * shape[1], *shape[2:])
    if name == "merge":
        shape = (shape[0], groups, *shape[1:])
    axes = tuple(i for i in range(len(shape)) if rng.random() < 0.6) or (0,)
    inputs = {n: numbers(rng, shape) for n in READS[name]}
    if name == "sqrt":
        inputs = {n: abs(v) for n, v in inputs.items()}
    if "b" in inputs:
        inputs["b"] = numbers(rng, copied(rng, shape))
        if rng.random() < 0.5:
            inputs["a"], inputs["b"] = inputs["b"], inputs["a"]
    y = run(SINGLE[name], inputs, axes=axes, ops=grouped(groups)).values["y"]
    return Case(SINGLE[name], axes, groups, inputs, numbers(rng, y.shape), [])


def copied(rng, shape):
    """A shape that broadcasts to `shape`: axes of one, or left out in front."""
    ones = tuple(1 if rng.random() < 0.5 else n for n in shape)
    return ones[int(rng.integers(0, len(shape) + 1)):]


def norm_case(rng, name):
    """A normalization on a batch with 0 to 2 spatial axes, of any scale."""
    groups = int(rng.integers(1, 4)) if name == "group" else 1
    least = 3 if name == "instance" else 2
    n, c, *rest = (int(k) for k in rng.integers(2, 4, rng.integers(least, 5)))
    shape = (n, c * groups, *rest)
    scale = 10 ** rng.uniform(-2, 2)
    x = scale * (rng.normal(size=shape) + rng.normal() * 3)
    line = (c * groups, *(1 for _ in rest))
    given = {
        "x": x, "eps": np.array(10 ** rng.uniform(-8, -1)),
        "gamma": rng.normal(size=line), "beta": rng.normal(size=line),
        "mu": scale * rng.normal(size=line),
        "var": scale**2 * rng.uniform(0.1, 3, line),
    }
    graph = KNOWN[name]
    inputs = {n: given[n] for n in graph_inputs(graph)}
    known = name if name in GRAPHS else "batch"
    axes = FAMILY.get(name, FAMILY["batch"]).axes(len(shape))
    silent = [sorted(edges) for edges in GRAPHS[known].silent.values()]
    return Case(graph, axes, groups, inputs, rng.normal(size=shape), silent)


def numbers(rng, shape):
    """Numbers of either sign and many sizes, none near 0 (1 / 0 teaches nothing)."""
    return rng.choice([-1, 1], shape) * 10 ** rng.uniform(-3, 3, shape)


def in_numpy(case, ops=OPS):
    """[(label, array, scale)] of everything that a run of the op table produced.

    scale: the largest magnitude in the array or, if it was summed down to its shape, in
    the gradient that was summed: what cancels in a sum leaves its rounding.
    """
    table = {**grouped(case.groups), **ops}
    trace = run(case.graph, case.inputs, case.upstream, axes=case.axes, ops=table)
    found = [(f"value {s.name}", trace.values[s.name], 0) for s in case.graph]
    found += [(f"gradient {name}", grad,
               max([0, *(summed(trace, m) for m in trace.into(name))]))
              for name, grad in trace.grads.items()]
    found += [(f"message {m.step} {m.input}", m.gradient, summed(trace, m))
              for m in trace.messages]
    for edges in case.silent:
        cut = ",".join(f"{step} {name}" for step, name in edges)
        found.append((f"without {cut}", trace.without(set(edges))["x"], 0))
    return [(f"{label} {','.join(map(str, a.shape))}", a, max(abs(a).max(), scale))
            for label, a, scale in found]


def summed(trace, message):
    """The largest magnitude in the gradient that a message was summed from, or 0."""
    upstream = trace.grads[message.step]
    return abs(upstream).max() if message.gradient.size < upstream.size else 0


def in_page(tab, engine, chosen):
    """(labels, numbers) of the same runs, by the script whose text is `engine`."""
    sent = [c._asdict() | {
        "graph": [step._asdict() for step in c.graph],
        "inputs": {n: [a.shape, a.ravel().tolist()] for n, a in c.inputs.items()},
        "upstream": [c.upstream.shape, c.upstream.ravel().tolist()],
        "silent": [[f"{step} {name}" for step, name in edges] for edges in c.silent],
    } for c in chosen]
    script = f"new Function({json.dumps(engine + '; return bnGraph')})()"
    answer = tab.js(f"({RUNNER})({script}, {json.dumps(sent)})")
    return answer["labels"], np.frombuffer(base64.b64decode(answer["numbers"]))


def differences(tab, engine, chosen, ops=OPS, bound=1e-12):
    """Where script and NumPy differ: labels, or numbers beyond `bound`.

    The bound is relative to each array's scale.
    """
    expected = [found for case in chosen for found in in_numpy(case, ops)]
    labels, numbers = in_page(tab, engine, chosen)
    wanted, arrays, scales = zip(*expected, strict=True)
    if labels != list(wanted):
        return [f"{a}, not {b}" for a, b in zip(labels, wanted) if a != b] or ["count"]
    sizes = [array.size for array in arrays]
    apart = abs(np.concatenate([array.ravel() for array in arrays]) - numbers)
    starts = np.cumsum([0, *sizes[:-1]])
    errors = np.maximum.reduceat(apart, starts) / np.maximum(scales, 1e-300)
    wrong = np.flatnonzero(~(errors <= bound))  # nan is within no bound
    return [f"{wanted[i]}: off by {errors[i]:.1e}" for i in wrong]
