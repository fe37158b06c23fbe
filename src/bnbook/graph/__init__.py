"""Ops, graphs as data, and the trace of a run."""

from bnbook.graph.family import FAMILY, GROUP_NORM, RMS_NORM, Member, grouped
from bnbook.graph.normalization import BATCH_NORM, INFERENCE, PATHS, paths
from bnbook.graph.ops import OPS, Op, unbroadcast
from bnbook.graph.trace import Message, Step, Trace, graph_inputs, run

__all__ = ["BATCH_NORM", "FAMILY", "GROUP_NORM", "INFERENCE", "OPS", "PATHS",
           "RMS_NORM", "Member", "Message", "Op", "Step", "Trace", "graph_inputs",
           "grouped", "paths", "run", "unbroadcast"]
