"""Named faults, as data: what goes wrong in batch norms that people write.

FAULTS holds them all, in three kinds. BACKWARD: the values are right and a gradient is
wrong. FORWARD: the values are wrong, and the gradients are theirs (but for a forgotten
beta, whose backward is that of the right forward). CONDUCT: the numbers are right the
first time, and what is done to memory is not. Most are edits of `edits.named`, by name.
"""

import numpy as np

from bnbook.check import mutants
from bnbook.check.edits.edits import changed, named_edits
from bnbook.check.edits.programs import FORWARDS, PROGRAMS, backward_of
from bnbook.check.implementations import Specimen, from_graph
from bnbook.check.specimens import conduct
from bnbook.graph import BATCH_NORM, Step

_EDITS = {edit.fault.name: edit for program in ("staged", "forward")
          for edit in named_edits(program, (PROGRAMS | FORWARDS)[program])}


def _forward(name, backward=None):
    """A forward with a named fault and the backward that is its own, or another."""
    graph = _EDITS[name].graph
    return Specimen(name, _EDITS[name].fault.sentence + ".", mutants.programmed(
        graph, backward or backward_of(graph)))


def _backward(name, *others, sentence=None):
    """A right forward and a backward with named faults, its own or others."""
    found = [_EDITS[n] for n in others or (name,)]
    graph = changed(found[0].base, sum((e.changes for e in found), ()))
    return Specimen(name, sentence or found[0].fault.sentence + ".",
                    mutants.programmed(BATCH_NORM, graph))


BACKWARD = (
    _backward("no mean path"), _backward("no variance path"),
    _backward("statistics constant", "no mean path", "no variance path",
              sentence="Neither path: mean and variance as constants."),
    *map(_backward, (
        "last message wins at xmu", "last message wins at x", "mean sends all of g",
        "square without the 2", "sqrt without the 1/2", "reciprocal's sign",
        "reciprocal's power", "subtract's sign")),
    *(Specimen(f"{op} off by 1e-6", f"The VJP of {op} is 1.000001 times too large.",
               mutants.scaled_rules(op, 1 + 1e-6))
      for op in dict.fromkeys(step.op for step in BATCH_NORM)),
    *map(_backward, ("dx times 37", "dx times -1000", "dx = 0", "dx without gamma",
                     "dgamma from x", "dbeta averaged")),
    Specimen("dgamma keeps its dims", "dgamma is (1, C), not (C,).",
             conduct.keeping_dims()),
    _backward("backward without eps"),
    Specimen("backward in float32", "The backward computes in float32.",
             conduct.keeping_callers_arrays(np.float32)),
)

FORWARD = (
    _forward("(xhat + beta) * gamma"), _forward("beta forgotten", PROGRAMS["staged"]),
    *map(_forward, ("eps outside the root", "unbiased variance",
                    "variance not centred")),
    Specimen("one-pass variance", "var is mean(x^2) - mu^2: right, but few digits.",
             mutants.programmed(FORWARDS["one-pass"],
                                backward_of(FORWARDS["one-pass"]))),
    *map(_forward, (
        "root forgotten", "eps of 1e-3", "over the features", "row means as columns",
        "one statistic for all", "a statistic per pixel")),
)

CONDUCT = (
    Specimen("xhat written into x", "The forward works in the caller's x.",
             conduct.normalizing_in_place()),
    Specimen("dxhat written into dy", "The backward works in the caller's dy.",
             conduct.scaling_upstream_in_place()),
    Specimen("cache of caller's arrays", "The cache keeps x and gamma, not copies.",
             conduct.keeping_callers_arrays()),
    Specimen("only the last forward", "backward uses the latest forward's values.",
             conduct.remembering_one_forward()),
)

FAULTS = BACKWARD + FORWARD + CONDUCT

# What reaches mu by way of the variance is a sum of deviations, which is 0: leaving it
# out changes nothing, and no check can tell.
EQUIVALENT = (
    Specimen("no message from var to mu", "mu gets nothing by way of sq: it is 0.",
             from_graph(changed(BATCH_NORM, (("sq", (
                 Step("dev", "subtract", ("x", "mu")),
                 Step("sq", "square", ("dev",)))),)), silent={("dev", "mu")})),
)
