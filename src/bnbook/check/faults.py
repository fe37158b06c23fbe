"""Named faults, as data: what goes wrong in batch norms that people write.

FAULTS holds them all, in three kinds. BACKWARD: the values are right and a gradient is
wrong. FORWARD: the values are wrong. CONDUCT: the numbers are right the first time, and
what is done to memory is not.
"""

from bnbook.check.backward_faults import BACKWARD
from bnbook.check.forward_faults import FORWARD
from bnbook.check.implementations import Specimen, from_graph
from bnbook.check.mutants import (
    keeping_callers_arrays,
    normalizing_in_place,
    remembering_one_forward,
    rewired,
    scaling_upstream_in_place,
)
from bnbook.graph import Step

CONDUCT = (
    Specimen("xhat written into x", "The forward works in the caller's x.",
             normalizing_in_place()),
    Specimen("dxhat written into dy", "The backward works in the caller's dy.",
             scaling_upstream_in_place()),
    Specimen("cache of caller's arrays", "The cache keeps x and gamma, not copies.",
             keeping_callers_arrays()),
    Specimen("only the last forward", "backward uses the latest forward's values.",
             remembering_one_forward()),
)

FAULTS = BACKWARD + FORWARD + CONDUCT

# What reaches mu by way of the variance is a sum of deviations, which is 0: leaving it
# out changes nothing, and no check can tell.
EQUIVALENT = (
    Specimen("no message from var to mu", "mu gets nothing by way of sq: it is 0.",
             from_graph(rewired(sq=(Step("dev", "subtract", ("x", "mu")),
                                    Step("sq", "square", ("dev",)))),
                        silent={("dev", "mu")})),
)
