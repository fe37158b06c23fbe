"""Ops, graphs as data, and the trace of a run."""

from bnbook.graph.normalization import BATCH_NORM, INFERENCE, PATHS, paths
from bnbook.graph.ops import OPS, Op, unbroadcast
from bnbook.graph.trace import Message, Step, Trace, graph_inputs, run

__all__ = ["BATCH_NORM", "INFERENCE", "OPS", "PATHS", "Message", "Op", "Step", "Trace",
           "graph_inputs", "paths", "run", "unbroadcast"]
