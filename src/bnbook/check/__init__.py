"""Gradient checks, named faults, and which check kills which fault."""

from bnbook.check.benches import KINDS, Bench, Kind, bench
from bnbook.check.checks import OURS, Check
from bnbook.check.diagnosis.diagnose import Diagnosis, diagnose
from bnbook.check.faults import BACKWARD, CONDUCT, EQUIVALENT, FAULTS, FORWARD
from bnbook.check.gradients import check_gradients, check_trace, numerical_gradient
from bnbook.check.implementations import RIGHT, Implementation, Specimen, from_graph
from bnbook.check.matrix import CHECKS, KillMatrix, kill_matrix, passes
from bnbook.check.methods import METHODS, Method, relative_error
from bnbook.check.mutants import scaled_vjp
from bnbook.check.peers import PEERS
from bnbook.check.report import Report, Row, bound
from bnbook.check.specimens.catalogue import EXHIBITS
from bnbook.check.specimens.exhibits import Exhibit
from bnbook.check.specimens.figures import FIGURES

__all__ = [
    "BACKWARD", "CHECKS", "CONDUCT", "EQUIVALENT", "EXHIBITS", "FAULTS", "FIGURES",
    "FORWARD", "KINDS", "METHODS", "OURS", "PEERS", "RIGHT", "Bench", "Check",
    "Diagnosis", "Exhibit", "Implementation", "KillMatrix", "Kind", "Method", "Report",
    "Row", "Specimen", "bench", "bound", "check_gradients", "check_trace", "diagnose",
    "from_graph", "kill_matrix", "numerical_gradient", "passes", "relative_error",
    "scaled_vjp",
]
