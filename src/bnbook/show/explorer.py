"""The live graph: a batch one edits, its graph stepped forward and backward.

Python gives the graphs as data, their drawings, the edges of each path and the first
values; the script (`web/explorer.js`) runs them by the op table's rules.
"""

import json
from collections.abc import Iterable

from bnbook.graph import grouped, run
from bnbook.graph.arguments import choice, instance, names, several
from bnbook.graph.ran import ran
from bnbook.graph.trace import Trace
from bnbook.show.drawing import draw
from bnbook.show.explorer_graphs import GRAPHS, PRESETS, batch, paths_of, shaped_inputs
from bnbook.show.explorer_tries import AIM, tries
from bnbook.show.export import table_data, trace_json
from bnbook.show.live import inline, short
from bnbook.show.live_graph import LiveGraph

PARTS = ("told", "graph", "batch", "tries", "tools", "detail", "shares", "story", "aim",
         "beside", "values", "python", "own")
# Their scripts come only where they show.
OWN = ("told", "batch", "tries", "shares", "story", "aim", "beside", "own")
TEXT = """\
mu = mean(x)
xmu = x - mu
sq = square(xmu)
var = mean(sq)
vareps = var + eps
std = sqrt(vareps)
xhat = xmu / std
y = gamma * xhat + beta
"""
CAPTION = ("The live graph. Arrow keys step forward and back, space plays, Home and "
           "End go to the first and the last step.")


def explorer(trace: Trace, *, at: str = "start", path: str | None = None,
             cut: str | None = None, preset: str = "as shipped",
             view: Iterable[str] = PARTS, graphs: Iterable[str | Trace] = (),
             name: str = "live", caption: str = CAPTION) -> LiveGraph:
    """The live graph of a trace: one set of values that share their statistics.

    trace: a run, with an upstream gradient, of batch norm (or inference) on x (N, 1),
    of layer or RMS norm on x (1, C), or of group norm on x (1, C) in two groups.
    at: where it stands first, the name of a value or, on the way back, of a gradient
    that is then whole, such as "dx". path: which of the graph's paths it follows; cut:
    which it leaves out. preset: the batch with which it opens, such as "an outlier" of
    a shipped trace. view: the parts that are shown, out of PARTS. graphs: further ones
    to switch to, by name or as a run to open with, or "all". name: how a link names it,
    its own on its page. Where a person runs the notebook it is alive (anywidget), and
    its `x`, `dy` and `trace` follow what is set.
    """
    kind, runs = kind_of(trace), _runs(trace, graphs)
    made = {k: graph_data(k, one) for k, one in runs.items()}
    choice("preset", preset, made[kind]["presets"])
    known = [f"d{n}" for n in trace.grads] + list(trace.values) + ["start"]
    choice("at", at, known)
    for argument, value in (("path", path), ("cut", cut)):
        value is None or choice(argument, value, paths_of(kind))
    for argument, value in (("name", name), ("caption", caption)):
        instance(argument, value, str, "a string")
    view = [part for part in names("view", view, PARTS)
            if part != "own" or "batch" in runs]
    data = {
        "name": name, "view": view, "ops": table_data(grouped(1)),
        "own": TEXT if "own" in view else None,
        "start": {"graph": kind, "preset": preset, "at": at, "path": path, "cut": cut},
        "tries": tries(runs, "own" in view) if "tries" in view else [],
        "aim": AIM, "graphs": made,
    }
    if preset != "as shipped":
        runs = runs | {kind: shipped(kind, preset)}
    scripts = [f"explorer-{part}" for part in OWN if part in view]
    return LiveGraph("explorer", data, _fallback(runs, name, kind), caption, scripts)


def _runs(trace, graphs):
    """Each graph and the run that it opens with, the trace first."""
    runs = {kind_of(trace): trace}
    graphs = GRAPHS if isinstance(graphs, str) and graphs == "all" else graphs
    for one in several("graphs", graphs, f"names out of {list(GRAPHS)}, or runs"):
        if isinstance(one, str):
            one = shipped(choice("graphs", one, GRAPHS))
        ran(one, name="graphs")
        runs.setdefault(kind_of(one), one)
    return runs


def shipped(kind: str, preset: str = "as shipped") -> Trace:
    """The run that a graph opens with, or that of another of its batches."""
    choice("kind", kind, GRAPHS)
    choice("preset", preset, PRESETS)
    given, upstream = shaped_inputs(kind, batch(kind, preset))
    return run(GRAPHS[kind].graph, given, upstream, axes=GRAPHS[kind].axes,
               ops=grouped(GRAPHS[kind].groups))


def kind_of(trace):
    """Which of GRAPHS a trace is of; ValueError if it is of none."""
    ran(trace)
    axes = (trace.axes,) if isinstance(trace.axes, int) else tuple(trace.axes)
    kinds = [k for k, e in GRAPHS.items() if (e.graph, e.axes) == (trace.graph, axes)]
    if not kinds:
        raise ValueError(f"trace: none of the graphs {list(GRAPHS)} over axes {axes}")
    kind = kinds[0]
    shape, upright = trace.values["x"].shape, GRAPHS[kind].upright
    if len(shape) != 2 or shape[upright] != 1:
        expected = "(N, 1)" if upright else "(1, C)"
        raise ValueError(f"trace: x of shape {shape}, expected {expected}")
    return kind


def graph_data(kind, trace):
    """One graph for the script: steps, paths, and batches to try it on."""
    entry, data = GRAPHS[kind], json.loads(trace_json(trace))
    first = {n: _flat(data["values"][n]) for n in entry.inputs}
    first |= {"dy": _flat(data["grads"]["y"]), "eps": data["values"]["eps"]}
    others = PRESETS[1:] if first == batch(kind) else ()  # they vary that batch
    return {
        "title": entry.title, "constant": entry.constant, "axes": list(entry.axes),
        "groups": entry.groups, "upright": entry.upright, "roles": entry.roles,
        "inputs": list(entry.inputs), "steps": data["steps"], "paths": paths_of(kind),
        "presets": {"as shipped": first}
        | {label: batch(kind, label) for label in others},
    }


def values_table(trace):
    """Every value of a trace and its gradient, as an HTML table."""
    head = "".join(f'<th scope="col">{h}</th>' for h in ("name", "value", "gradient"))
    rows = "".join(
        f'<tr data-name="{name}"><th scope="row">{name}</th>'
        f"<td>{_numbers(trace.values[name])}</td>"
        f"<td>{_numbers(trace.grads.get(name))}</td></tr>"
        for name in trace.values)
    return (f'<table class="bn-values"><caption>All values and their gradients, '
            f"rounded</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
            "</table>")


def _fallback(runs, name, kind):
    drawings = {
        k: inline(draw(made), f"{name}-{k}", f"{GRAPHS[k].title} as a graph of "
                  f"{len(made.graph)} steps, the arrows back beside the arrows forward")
        for k, made in runs.items()}
    others = "".join(f'<template data-graph="{k}">{svg}</template>'
                     for k, svg in drawings.items() if k != kind)
    return (f'<div class="bn-drawn" data-graph="{kind}">{drawings[kind]}</div>'
            f"{values_table(runs[kind])}{others}")


def _numbers(a):
    return "" if a is None else ", ".join(short(v) for v in a.ravel())


def _flat(a):
    """A nested list as one flat list."""
    return [v for part in a for v in _flat(part)] if isinstance(a, list) else [a]
