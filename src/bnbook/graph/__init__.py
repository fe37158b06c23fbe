"""Ops, graphs as data, their gradients, and the trace of a run."""

from bnbook.graph.closed_form import Change, closed_form
from bnbook.graph.edits import dropped, without
from bnbook.graph.expressions import parse
from bnbook.graph.family import FAMILY, GROUP_NORM, RMS_NORM, Member, grouped
from bnbook.graph.gradient import Message, gradient
from bnbook.graph.normalization import BATCH_NORM, INFERENCE
from bnbook.graph.ops import OPS, Op
from bnbook.graph.paths import PATHS, paths
from bnbook.graph.prepared import graph_inputs
from bnbook.graph.steps import Step
from bnbook.graph.trace import Trace, run

__all__ = ["BATCH_NORM", "FAMILY", "GROUP_NORM", "INFERENCE", "OPS", "PATHS",
           "RMS_NORM", "Change", "Member", "Message", "Op", "Step", "Trace",
           "closed_form", "dropped", "gradient", "graph_inputs", "grouped", "parse",
           "paths", "run", "without"]
