"""Which function a reader's forward computes: the right one, or one with known faults.

A hypothesis is a graph: one of the named forward faults, or two of them in one graph.
"""

from difflib import SequenceMatcher
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from bnbook.check.diagnosis.faults import MORE_FORWARD
from bnbook.check.diagnosis.probes import TOLERANCE, fits
from bnbook.check.forward_faults import FORWARD
from bnbook.check.implementations import TRACE
from bnbook.graph import BATCH_NORM, OPS, run

# The node at fault, and what is said of it; others say their own sentence.
WORDS = {
    "(xhat + beta) * gamma": ("gx", "β is inside γ's product: (xhat + β) · γ"),
    "beta forgotten": ("y", "your forward leaves β out"),
    "eps outside the root": ("vareps", "eps stands outside the root: sqrt(var) + eps"),
    "unbiased variance": ("var", "your forward divides by N − 1: the variance that "
                          "normalizes must be the biased one"),
    "variance not centred": ("sq", "var is the mean of x², not of xmu²"),
    "root forgotten": ("std", "the root is left out: xmu / (var + eps)"),
    "eps of 1e-3": ("vareps", "your eps is 0.001 whatever the caller says"),
    "over the features": ("mu", "statistics are over the features, a mean a row: that "
                          "is layer norm"),
    "row means as columns": ("mu", "the means are of rows, and stand as if they were "
                             "of columns: it runs on square batches only"),
    "one statistic for all": ("mu", "one mean and one variance for the whole batch, "
                              "not one a channel"),
    "a statistic per pixel": ("mu", "statistics are per pixel: images need one mean "
                              "and one variance a channel, over N, H and W"),
    "instance norm": ("mu", ""), "layer norm": ("mu", ""),
    "gamma forgotten": ("gx", ""), "beta subtracted": ("y", ""),
    "gamma and beta swapped": ("gx", ""), "gamma added": ("gx", ""),
    "beta multiplied": ("y", ""), "divided by gamma": ("gx", ""),
    "mean added": ("xmu", ""), "x scaled, not xmu": ("xhat", ""),
    "deviation's sign": ("xmu", ""), "mean is a sum": ("mu", ""),
    "variance is a sum": ("var", ""), "one mean for all": ("mu", ""),
    "one variance for all": ("var", ""), "mean absolute deviation": ("sq", ""),
    "deviations not squared": ("sq", ""), "standard deviation multiplied": ("ivar", ""),
    "root of the root": ("std", ""), "not scaled": ("ivar", ""),
    "variance not squared": ("var", ""),
}


class Named(NamedTuple):
    """A known fault, the node that it is at and what is said of it."""

    name: str
    node: str
    sentence: str
    implementation: object = None


def named(specimen):
    node, sentence = WORDS.get(specimen.name, ("vareps", ""))
    return Named(specimen.name, node, sentence or specimen.sentence,
                 specimen.implementation)


# One-pass variance is right but for its digits: `conduct` looks at those.
HYPOTHESES = tuple(named(s) for s in FORWARD + MORE_FORWARD
                   if s.name != "one-pass variance")
TEXTBOOK = Named("right", "", "", TRACE)


def traced(hypothesis, p):
    """The trace of a hypothesis on a probe, or None where it does not run."""
    with np.errstate(all="ignore"):
        try:
            return hypothesis.implementation.forward(p.x, p.gamma, p.beta, p.eps)[1]
        except (ValueError, TypeError):
            return None


def merged(a, b, p):
    """The trace of two hypotheses in one graph, or None if they change the same."""
    graph, taken = list(BATCH_NORM), []
    for trace in (a, b):
        changes = SequenceMatcher(None, BATCH_NORM, trace.graph).get_opcodes()
        taken += [(*change[1:3], trace.graph[change[3]:change[4]])
                  for change in changes if change[0] != "equal"]
    taken.sort(key=lambda change: change[:2], reverse=True)
    for (start, *_), (_, end, _) in pairwise(taken):
        if end > start:
            return None
    for start, end, steps in taken:
        graph[start:end] = steps
    ops = {**a.ops, **{k: op for k, op in b.ops.items() if OPS.get(k) is not op}}
    right = traced(TEXTBOOK, p)
    inputs = {n: right.values[n] for n in ("x", "gamma", "beta")}
    eps, axes = right.values["eps"], right.axes
    for trace in (a, b):
        eps = trace.values["eps"] if trace.values["eps"] != p.eps else eps
        axes = trace.axes if trace.axes != right.axes else axes
    with np.errstate(all="ignore"):
        try:
            return run(tuple(graph), {**inputs, "eps": eps}, axes=axes, ops=ops)
        except (ValueError, TypeError):
            return None


def agree(seen, traces, tolerance=TOLERANCE):
    return all(t is not None and fits(s.results["y"], t.values["y"], tolerance)
               for s, t in zip(seen, traces))


def explain_forward(seen, base=()):
    """(named faults, their traces) for each explanation that fits y at all probes.

    base: faults already known, to be combined with one more. No fault is the first
    explanation; two are looked for only if one does not do. [] if nothing fits.
    """
    known = base or (TEXTBOOK,)
    start = together(seen, known)
    if agree(seen, start):
        return [(base, start)]
    alone = [[traced(h, s.probe) for s in seen] for h in HYPOTHESES]
    if not base:
        found = [((h,), t) for h, t in zip(HYPOTHESES, alone) if agree(seen, t)]
        if found:
            return _without_repeats(found)
    pairs = combinations(zip(HYPOTHESES, alone), 2) if not base else (
        ((base[0], start), pair) for pair in zip(HYPOTHESES, alone))
    found = []
    for (one, first), (two, second) in pairs:
        traces = _pair(seen, first, second)
        if traces:
            found.append(((one, two), traces))
    return _without_repeats(found)


def together(seen, faults):
    """The traces of one or two hypotheses."""
    traces = [[traced(h, s.probe) for s in seen] for h in faults]
    if len(traces) == 1:
        return traces[0]
    return [None if a is None or b is None else merged(a, b, s.probe)
            for s, a, b in zip(seen, *traces)]


def _pair(seen, first, second):
    """The traces of two hypotheses in one graph if they fit; the last probe decides."""
    traces = []
    for s, a, b in reversed(list(zip(seen, first, second))):
        trace = None if a is None or b is None else merged(a, b, s.probe)
        if trace is None or not fits(s.results["y"], trace.values["y"]):
            return None
        traces.append(trace)
    return traces[::-1]


def _without_repeats(found):
    """Explanations with two eps faults, or that repeat a simpler one, left out."""
    return [(faults, traces) for faults, traces in found
            if sum(f.node == "vareps" for f in faults) < 2] or found
