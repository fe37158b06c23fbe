"""Which gradients a reader's backward computes: paths times known factors.

dx is the sum of what came straight from xhat, by way of the variance and by way of the
mean. A fault multiplies some of these parts, most often by something simple; so each
hypothesis is a row of data, and two faults are two rows multiplied.
"""

from itertools import combinations

import numpy as np

from bnbook.check.backward_faults import BACKWARD
from bnbook.check.diagnosis.faults import MORE_BACKWARD
from bnbook.check.diagnosis.more_backward import LATER_BACKWARD
from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.rows import (
    BOTH,
    DX,
    FACTORS,
    OUTPUT,
    ROWS,
    B,
    G,
    M,
    S,
    Term,
    V,
)
from bnbook.graph import BATCH_NORM, OPS, unbroadcast
from bnbook.graph.trace import Trace
from bnbook.norm.batch_norm import statistics_axes

SPECIAL = tuple(s for s in BACKWARD + MORE_BACKWARD if s.name in {
    "dgamma from x", "backward without eps", *(m.name for m in MORE_BACKWARD)}
    ) + LATER_BACKWARD


def parts(trace, dy):
    """The parts of the gradients by their path: straight, variance, mean, gamma, beta.
    """
    made = {step.name: step for step in trace.graph}
    found = dict.fromkeys((*OUTPUT, BOTH), 0.0)

    def follow(name, g, passed):
        if name == "x":
            by = V if "var" in passed else M if "mu" in passed else S
            found[BOTH if {"xmu", "mu"} <= set(passed) and by == V else by] += g
        elif name in (G, B):
            found[name] = found[name] + g.ravel()
        if name not in made:
            return
        _, op, inputs = made[name]
        args = [trace.values[i] for i in inputs]
        sent = trace.ops[op].vjp(trace.axes, g, trace.values[name], *args)
        for i, part in zip(inputs, sent):
            follow(i, unbroadcast(part, trace.values[i].shape), (*passed, name))

    with np.errstate(all="ignore"):
        follow(trace.graph[-1].name, dy, ())
    return found


def on_own_values(trace):
    """The textbook's graph with the xmu, ivar and xhat of another forward."""
    v = trace.values
    if not {"xmu", "ivar", "xhat"} <= set(v) or trace.ops.get("mean") is None:
        return None
    ivar = v["ivar"]
    if trace.axes == statistics_axes(v["x"]):  # one for all is still one a channel
        shape = v["x"].mean(axis=trace.axes, keepdims=True).shape
        ivar = np.broadcast_to(ivar, shape)
    values = {"sq": v["xmu"] ** 2, "gx": v["xhat"], "y": v["xhat"], **v, "mu": ivar,
              "ivar": ivar, "std": 1 / ivar, "vareps": ivar**-2,
              "var": np.broadcast_to(v.get("var", ivar**-2), ivar.shape)}
    return Trace(BATCH_NORM, values, {}, (), trace.axes, OPS)


def _times(part, row):
    """How often a row's factor multiplies a part."""
    if part != BOTH:
        return int(part in row.parts)
    return 1 if row.parts == DX else (
        0 if S in row.parts else (V in row.parts) + (M in row.parts))


class Base:
    """A backward without faults, its parts on every probe, and what multiplies them."""

    def __init__(self, name, seen, traces):
        self.name, self.traces, self.seen = name, traces, seen
        self.untold = set()  # outputs of which nothing can be said
        self.specials = None  # what the special faults give, once computed
        self.own = None  # the reader's own forward's, if it is another and known
        self.parts = [parts(t, s.probe.dy) for t, s in zip(traces, seen)]
        self.terms = [self._term(t, s.probe) for t, s in zip(traces, seen)]
        self.factors = {
            name: [[f(term) for term in terms] for terms in self.terms]
            for name, f in FACTORS.items()}

    @staticmethod
    def _term(trace, p):
        """The Term of dx, and that of dgamma and dbeta."""
        v, one = trace.values, np.ones(1)
        std = 1 / v["ivar"] if "ivar" in v else one
        with np.errstate(all="ignore"):
            loss = std / np.sqrt(v["var"])
        m, flat = p.x.size / p.gamma.size, std.size == p.gamma.size
        n, c = len(p.x), p.gamma.size
        return Term(m, v["gamma"], std, loss, n, c), Term(
            m, p.gamma, *((std.ravel(), loss.ravel()) if flat else (one, one)), n, c)

    def gradient(self, output, rows, k):
        """An output on probe k with the faults of `rows`."""
        total = 0.0
        for part, a in self.parts[k].items():
            if OUTPUT.get(part, "x") == output:
                for row in rows:
                    factor = self.factors[row.factor][k][output != "x"]
                    a = a * factor ** _times(part, row)
                total = total + a
        return total

    def fits(self, output, rows=()):
        """Whether the faults of `rows` give what was seen at every probe."""
        with np.errstate(all="ignore"):
            return all(fits(s.results[output], self.gradient(output, rows, k))
                       for k, s in enumerate(self.seen))

    def explain(self, output):
        """The smallest sets of rows that fit an output: those of one, or of two."""
        rows = [r for r in ROWS if OUTPUT[r.parts[0]] == output]
        for count in (0, 1, 2):
            found = [c for c in combinations(rows, count) if self.fits(output, c)]
            if found:
                return sorted(found, key=lambda c: sum(len(r.parts) for r in c))
        return []
