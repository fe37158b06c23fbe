"""Graphs as readers may type them, their runs, and the page's scripts to read them."""

import json

import numpy as np
from random_texts import right_texts

from bnbook.graph import FAMILY, INFERENCE, graph_inputs, grouped, parse, run
from bnbook.show.explorer import shipped
from bnbook.show.explorer_graphs import GRAPHS
from bnbook.show.scripts import FOLDER, scripts

TABLE = grouped(2)
SHAPES = {"eps": (), "gamma": (1,), "beta": (1,), "_": (1, 1)}  # the others are as x
LONG = {"x": (3, 4, 5), "gamma": (4, 1), "beta": (4, 1), "mu": (1, 4, 1),
        "var": (1, 4, 1), "eps": ()}
KNOWN = {**{name: member.graph for name, member in FAMILY.items()},
         "inference": INFERENCE}


def by_script(page, names, function, data, planted=()):
    """What a function of the page's scripts makes of `data`.

    names: the scripts, without what they need. planted: (script, what it says, what it
    says instead) each.
    """
    texts = {n: (FOLDER / f"{n}.js").read_text("utf-8") for n in scripts(names)}
    for name, said, instead in planted:
        assert texts[name].count(said) == 1, f"{name}.js: {said}"
        texts[name] = texts[name].replace(said, instead)
    whole = "\n".join(texts.values())
    return page.js(f"(() => {{ {whole}\nreturn ({function})({json.dumps(data)}) }})()")


def faults(table):
    """(what a script says, what it says instead) each; ∅ is nothing."""
    return [(said, instead.replace("∅", "")) for said, instead in
            (line.strip().split(" → ") for line in table.strip().split("\n"))]


def as_data(graph):
    """Steps as the page's data has them."""
    return [step._asdict() for step in graph]


def typed(seed, n):
    """`n` graphs as readers might type them."""
    return [parse(text) for text in right_texts(seed, n)]


def ran(graph, shapes=SHAPES, axes=()):
    """A run of a graph; what it is worth does not matter here."""
    rng = np.random.default_rng(8)
    given = {name: rng.uniform(1, 2, shapes.get(name, (5, 1)))
             for name in graph_inputs(graph)}
    with np.errstate(all="ignore"):
        trace = run(graph, given, axes=axes, ops=TABLE)
        return trace.backward(np.ones_like(trace.values[graph[-1].name]))


def known_runs():
    """name -> a run: of the live graph's graphs, and of the family on longer shapes."""
    runs = {f"{name}, shipped": shipped(name) for name in GRAPHS}
    axes = {name: member.axes(3) for name, member in FAMILY.items()}
    return runs | {name: ran(graph, LONG, axes.get(name, (0, 2)))
                   for name, graph in KNOWN.items()}
