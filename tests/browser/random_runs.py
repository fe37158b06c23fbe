"""Random runs of every op and graph, by NumPy and by the page's script."""

import base64
import json
from typing import NamedTuple

import numpy as np
from random_texts import right_texts

from bnbook.graph import (
    FAMILY,
    INFERENCE,
    OPS,
    Step,
    graph_inputs,
    grouped,
    parse,
    run,
    without,
)
from bnbook.show.explorer_graphs import GRAPHS
from bnbook.show.export import table_data

PAIR, ONE = ("a", "b"), ("a",)
TABLE = grouped(1)
READS = {name: PAIR[:len(op.rules)] for name, op in TABLE.items()}
SINGLE = {op: (Step("y", op, inputs),) for op, inputs in READS.items()}
NORMS = {name: member.graph for name, member in FAMILY.items()}
KNOWN = {**SINGLE, **NORMS, "inference": INFERENCE}
ADDING = ("add", "subtract", "sum", "mean")  # what cancels in them leaves its rounding

# One call runs a list of cases; the numbers come back as bytes, so none is rounded.
RUNNER = """
({ array, run, without }, cases, rules) => {
  const labels = [], numbers = [];
  const keep = (label, { shape, data }) => {
    labels.push(`${label} ${shape}`);
    numbers.push(...data);
  };
  for (const { graph, axes, groups, inputs, upstream, silent } of cases) {
    const given = {};
    for (const name in inputs) given[name] = array(...inputs[name]);
    const ran = run(graph, given, array(...upstream), { axes, groups, rules });
    for (const { name } of graph) keep(`value ${name}`, ran.values[name]);
    for (const { name, op, inputs } of ran.back)
      keep(`back ${name} ${op} ${inputs}`, ran.sums[name]);
    for (const name in ran.grads) keep(`gradient ${name}`, ran.grads[name]);
    for (const m of ran.messages)
      keep(`message ${m.step} ${m.input} ${m.name}`, m.gradient);
    for (const edges of silent) keep(`without ${edges}`, without(ran, edges).grads.x);
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
    if name == "spread":
        inputs["a"] = numbers(rng, tuple(1 if k in axes else n
                                         for k, n in enumerate(shape)))
    elif "b" in inputs:
        inputs["b"] = numbers(rng, copied(rng, shape))
        if name == "copy" or (name != "sum" and rng.random() < 0.5):
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
    silent += [[(s.name, *s.inputs)] for s in graph if s.op == "reciprocal"]
    return Case(graph, axes, groups, inputs, rng.normal(size=shape), silent)


def own_cases(seed, count):
    """Random cases of a graph that is read from a random text: of x, and finite."""
    rng = np.random.default_rng(seed)
    for k in range(100):
        graph = parse(right_texts(100 * seed + k, 1)[0])
        if "x" in graph_inputs(graph):
            try:
                chosen = [own_case(rng, graph) for _ in range(count)]
            except ValueError:
                continue  # the mean of one number
            if all(map(tame, chosen)):
                return chosen
    raise ValueError(f"seed: {seed!r} leads to no graph that reads x and stays finite")


def own_case(rng, graph):
    """A typed graph on a column: x is (N, 1), all else one number."""
    n = int(rng.integers(2, 6))
    inputs = {name: rng.uniform(0.5, 2, (n, 1) if name == "x" else (1,))
              for name in graph_inputs(graph)}
    with np.errstate(all="ignore"):
        y = run(graph, inputs).values[graph[-1].name]
    return Case(graph, (0,), 1, inputs, rng.normal(size=y.shape), [])


def tame(case):
    """Whether all numbers of a run are finite, and none is lost beside the others."""
    with np.errstate(all="ignore"):
        trace = run(case.graph, case.inputs, case.upstream, axes=case.axes)
    made = [*trace.values.values(), *trace.sums.values()]
    return all(np.isfinite(a).all() and abs(a).max() < 1e6 for a in made)


def numbers(rng, shape):
    """Numbers of either sign and many sizes, none near 0 (1 / 0 teaches nothing)."""
    return rng.choice([-1, 1], shape) * 10 ** rng.uniform(-3, 3, shape)


def in_numpy(case, ops=OPS):
    """[(label, array, scale)] of everything that a run of the op table produced.

    scale: the largest magnitude in the array or, if adding made it, in what was added.
    """
    table = {**grouped(case.groups), **ops}
    trace = run(case.graph, case.inputs, case.upstream, axes=case.axes, ops=table)
    added = {s.name: max(abs(trace.sums[i]).max() for i in s.inputs if i in trace.sums)
             for s in trace.back if s.op in ADDING}
    found = [(f"value {s.name}", trace.values[s.name], 0) for s in case.graph]
    found += [(f"back {s.name} {s.op} {','.join(s.inputs)}", trace.sums[s.name],
               added.get(s.name, 0)) for s in trace.back]
    found += [(f"gradient {name}", grad, added.get(f"d{name}", 0))
              for name, grad in trace.grads.items()]
    found += [(f"message {m.step} {m.input} {m.name}", m.gradient, added.get(m.name, 0))
              for m in trace.messages]
    for edges in case.silent:
        cut = ",".join(f"{step},{name}" for step, name in edges)
        found.append((f"without {cut}", without(trace, set(edges)).grads["x"], 0))
    return [(f"{label} {','.join(map(str, a.shape))}", a, max(abs(a).max(), scale))
            for label, a, scale in found]


def in_page(tab, engine, chosen, rules):
    """(labels, numbers) of the same runs, by the script whose text is `engine`."""
    sent = [c._asdict() | {
        "graph": [step._asdict() for step in c.graph],
        "inputs": {n: [a.shape, a.ravel().tolist()] for n, a in c.inputs.items()},
        "upstream": [c.upstream.shape, c.upstream.ravel().tolist()],
    } for c in chosen]
    made = json.dumps(engine + "; return { ...bnGraph, ...bnGradient }")
    script = f"new Function({made})()"
    answer = tab.js(f"({RUNNER})({script}, {json.dumps(sent)}, {json.dumps(rules)})")
    return answer["labels"], np.frombuffer(base64.b64decode(answer["numbers"]))


RULES = {name: row["rules"] for name, row in table_data(TABLE).items()}


def differences(tab, engine, chosen, ops=OPS, rules=RULES, bound=1e-12):
    """Where script and NumPy differ: labels, or numbers beyond `bound`.

    ops: NumPy's table. rules: those that the script is given. The bound is relative to
    each array's scale.
    """
    expected = [found for case in chosen for found in in_numpy(case, ops)]
    labels, numbers = in_page(tab, engine, chosen, rules)
    wanted, arrays, scales = zip(*expected, strict=True)
    if labels != list(wanted):
        return [f"{a}, not {b}" for a, b in zip(labels, wanted) if a != b] or ["count"]
    sizes = [array.size for array in arrays]
    apart = abs(np.concatenate([array.ravel() for array in arrays]) - numbers)
    starts = np.cumsum([0, *sizes[:-1]])
    errors = np.maximum.reduceat(apart, starts) / np.maximum(scales, 1e-300)
    wrong = np.flatnonzero(~(errors <= bound))  # nan is within no bound
    return [f"{wanted[i]}: off by {errors[i]:.1e}" for i in wrong]
