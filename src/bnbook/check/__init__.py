"""Gradient checks, named faults, and which check kills which fault."""

from bnbook.check.checks import OURS, Check
from bnbook.check.faults import BACKWARD, CONDUCT, EQUIVALENT, FAULTS, FORWARD
from bnbook.check.gradients import check_gradients, check_trace, numerical_gradient
from bnbook.check.implementations import RIGHT, Implementation, Specimen, from_graph
from bnbook.check.matrix import CHECKS, KillMatrix, kill_matrix, passes
from bnbook.check.methods import METHODS, Method, relative_error
from bnbook.check.mutants import scaled_vjp
from bnbook.check.peers import PEERS
from bnbook.check.report import Report, Row, bound

__all__ = [
    "BACKWARD", "CHECKS", "CONDUCT", "EQUIVALENT", "FAULTS", "FORWARD", "METHODS",
    "OURS", "PEERS", "RIGHT", "Check", "Implementation", "KillMatrix", "Method",
    "Report", "Row", "Specimen", "bound", "check_gradients", "check_trace",
    "from_graph", "kill_matrix", "numerical_gradient", "passes", "relative_error",
    "scaled_vjp",
]
