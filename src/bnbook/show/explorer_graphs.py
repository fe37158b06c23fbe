"""The graphs of the live graph: their paths, their first batches, their presets."""

from typing import NamedTuple

import numpy as np

from bnbook.graph import (
    BATCH_NORM,
    FAMILY,
    GROUP_NORM,
    INFERENCE,
    PATHS,
    RMS_NORM,
    graph_inputs,
)

STANDARD = {"mean": "mu", "centred": "xmu", "spread": "var", "safe": "vareps",
            "scale": "std", "inverse": "ivar", "norm": "xhat"}
MEAN_SQUARE = {"spread": "ms", "safe": "mseps", "scale": "rms", "inverse": "irms",
               "norm": "xhat"}

JOINS = {"straight": ("xhat", "xmu"), "variance": ("sq", "xmu"), "mean": ("mu", "x")}


class Entry(NamedTuple):
    """One graph: how a reader calls it, how Python does, and who plays which part."""

    title: str
    constant: str
    graph: tuple
    axes: tuple[int, ...]
    groups: int
    upright: bool  # x is a column, one number a row of the batch
    roles: dict
    silent: dict  # path -> the (step, input) edges that are silent meanwhile
    own: dict  # path -> the edge by which it joins the others; marked when it is cut

    @property
    def inputs(self):
        """The inputs but eps, which is a number."""
        return [name for name in graph_inputs(self.graph) if name != "eps"]


GRAPHS = {
    "batch": Entry("Batch norm, training", "BATCH_NORM", BATCH_NORM,
                   FAMILY["batch"].axes(2), 1, True, STANDARD, PATHS, JOINS),
    "inference": Entry("Batch norm, inference", "INFERENCE", INFERENCE,
                       FAMILY["batch"].axes(2), 1, True, STANDARD, {}, {}),
    "layer": Entry("Layer norm", "BATCH_NORM", BATCH_NORM,
                   FAMILY["layer"].axes(2), 1, False, STANDARD, PATHS, JOINS),
    "group": Entry("Group norm, two groups", "GROUP_NORM", GROUP_NORM,
                   FAMILY["group"].axes(2), 2, False, STANDARD, {
                       "straight": {("sq", "xmu"), ("mu", "xg")},
                       "variance": {("xhatg", "xmu"), ("mu", "xg")},
                       "mean": {("xmu", "xg")}},
                   JOINS | {"straight": ("xhatg", "xmu"), "mean": ("mu", "xg")}),
    "rms": Entry("RMS norm", "RMS_NORM", RMS_NORM,
                 FAMILY["rms"].axes(2), 1, False, MEAN_SQUARE, {
                     "straight": {("sq", "x")}, "mean square": {("xhat", "x")}},
                 {"straight": ("xhat", "x"), "mean square": ("sq", "x")}),
}

X, DY = [0.4, 1.2, -0.7, 0.9, -0.3, 2.0], [-0.5, 0.2, 0.9, 0.1, -0.3, 0.6]
GAMMA, BETA = [1.5, 1.0, 0.5, 1.0, 2.0, 1.0], [0.5, 0.0, 0.0, -0.5, 0.0, 1.0]
MU, VAR, EPS = [0.3], [0.51], 1e-5  # the statistics that inference is given
PRESETS = ("as shipped", "an outlier", "a constant", "a tiny variance",
           "two values", "a large mean")


def batch(kind, preset="as shipped"):
    """The inputs of one preset, each a flat list, and eps a number."""
    upright, groups = GRAPHS[kind].upright, GRAPHS[kind].groups
    n = 2 * groups if preset == "two values" else 5 if upright else 6
    x = [round(_moved(v, preset, last=i == n - 1), 6) for i, v in enumerate(X[:n])]
    width = 1 if upright else n
    given = {"x": x, "mu": MU, "var": VAR, "gamma": GAMMA[:width], "beta": BETA[:width]}
    return {name: given[name] for name in GRAPHS[kind].inputs} | {
        "dy": DY[:n], "eps": EPS}


def _moved(v, preset, last):
    """One value of the batch, as a preset has it."""
    return {"an outlier": 9.0 if last else v, "a constant": 0.4,
            "a tiny variance": 0.4 + 0.001 * v,
            "a large mean": v + 1000}.get(preset, v)


def shaped_inputs(kind, given):
    """Flat lists as run() takes them: the inputs, and the upstream gradient."""
    shape = (-1, 1) if GRAPHS[kind].upright else (1, -1)
    arrays = {name: np.array(given[name], float) for name in GRAPHS[kind].inputs}
    arrays |= {"x": arrays["x"].reshape(shape), "eps": given["eps"]}
    return arrays, np.array(given["dy"], float).reshape(shape)


def paths_of(kind):
    """path -> its silent edges, those that it lights, its own: [step, input] pairs."""
    entry = GRAPHS[kind]
    return {path: {"silent": sorted(map(list, silent)), "own": list(entry.own[path]),
                   "edges": _lit(entry.graph, silent)}
            for path, silent in entry.silent.items()}


def _lit(graph, silent):
    """The edges that lead from x to the output while `silent` ones are left out."""
    reached, edges = {graph_inputs(graph)[0]}, []
    for step in graph:
        new = [[step.name, i] for i in step.inputs
               if i in reached and (step.name, i) not in silent]
        edges += new
        reached |= {step.name} if new else set()
    return edges
