"""The ways from xhat back to x, and the part of dx that came along each."""

import numpy as np

from bnbook.graph.edits import without
from bnbook.graph.ran import ran
from bnbook.graph.trace import Trace

# Each path, as the (step, input) edges that are silent meanwhile. A fourth, by the
# variance and then the mean, carries a sum of deviations, which is 0.
PATHS = {
    "straight": {("sq", "xmu"), ("mu", "x")},
    "variance": {("xhat", "xmu"), ("mu", "x")},
    "mean": {("sq", "xmu"), ("xmu", "x")},
}


def paths(trace: Trace) -> dict[str, np.ndarray]:
    """The part of dx that came along each path; the three parts add up to dx."""
    sent = {(message.step, message.input) for message in ran(trace).messages}
    if missing := set().union(*PATHS.values()) - sent:
        raise ValueError(f"trace: sent no message {missing}, expected BATCH_NORM's")
    return {path: without(trace, silent).grads["x"] for path, silent in PATHS.items()}
