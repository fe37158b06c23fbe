"""The normalization graphs, as data.

Training reads x, eps, gamma, beta. Inference is the same arithmetic with the two
statistics read as inputs: x, mu, var, eps, gamma, beta.
"""

from bnbook.graph.trace import Step

BATCH_NORM = (
    Step("mu", "mean", ("x",)),
    Step("xmu", "subtract", ("x", "mu")),
    Step("sq", "square", ("xmu",)),
    Step("var", "mean", ("sq",)),
    Step("vareps", "add", ("var", "eps")),
    Step("std", "sqrt", ("vareps",)),
    Step("ivar", "reciprocal", ("std",)),
    Step("xhat", "multiply", ("xmu", "ivar")),
    Step("gx", "multiply", ("gamma", "xhat")),
    Step("y", "add", ("gx", "beta")),
)

INFERENCE = tuple(step for step in BATCH_NORM if step.name not in ("mu", "sq", "var"))

# Each path from xhat back to x, as the (step, input) edges that are silent meanwhile.
PATHS = {
    "straight": {("sq", "xmu"), ("mu", "x")},
    "variance": {("xhat", "xmu"), ("mu", "x")},
    "mean": {("xmu", "x")},
}


def paths(trace):
    """The part of dx that came along each path; the three parts add up to dx."""
    sent = {(message.step, message.input) for message in trace.messages}
    if missing := set().union(*PATHS.values()) - sent:
        raise ValueError(f"trace: sent no message {missing}, expected BATCH_NORM's")
    return {path: trace.without(silent)["x"] for path, silent in PATHS.items()}
