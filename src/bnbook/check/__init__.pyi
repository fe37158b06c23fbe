from bnbook.check.benches import KINDS, Bench, BenchKind, bench
from bnbook.check.checks import OURS, Check
from bnbook.check.diagnosis.diagnose import Diagnosis, diagnose
from bnbook.check.faults import BACKWARD, CONDUCT, EQUIVALENT, FAULTS, FORWARD
from bnbook.check.gradients import check_gradients, check_trace, numerical_gradient
from bnbook.check.implementations import RIGHT, Implementation, Specimen, from_graph
from bnbook.check.magic import load_ipython_extension
from bnbook.check.matrix import CHECKS, KillMatrix, kill_matrix, passes
from bnbook.check.methods import METHODS, Method, relative_error
from bnbook.check.mutants import scaled_rules
from bnbook.check.peers import PEERS
from bnbook.check.report import Report, Row, bound
from bnbook.check.specimens.catalogue import EXHIBITS
from bnbook.check.specimens.exhibits import Exhibit
from bnbook.check.specimens.figures import FIGURES

HOME: dict[str, tuple[str, ...]]
__all__ = [
    "BACKWARD", "CHECKS", "CONDUCT", "EQUIVALENT", "EXHIBITS", "FAULTS", "FIGURES",
    "FORWARD", "KINDS", "METHODS", "OURS", "PEERS", "RIGHT", "Bench", "BenchKind",
    "Check", "Diagnosis", "Exhibit", "Implementation", "KillMatrix", "Method", "Report",
    "Row", "Specimen", "bench", "bound", "check_gradients", "check_trace", "diagnose",
    "from_graph", "kill_matrix", "load_ipython_extension", "numerical_gradient",
    "passes", "relative_error", "scaled_rules",
]
