"""Batch norm's graph in training, and in inference, which reads mu and var besides."""

from bnbook.graph.steps import Step

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
