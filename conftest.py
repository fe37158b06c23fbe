"""Pin what the notebooks' kernels run on, before pytest starts any.

Where MPI is missing, the chapter that starts processes is not run, and this says so.
"""

import os
from importlib.util import find_spec

from pins import PINS

os.environ.update(PINS)
MPI = find_spec("mpi4py") is not None or os.environ.get("BNBOOK_MPI") == "required"
collect_ignore = [] if MPI else ["book/23-machines.ipynb"]


def pytest_report_header():
    return None if MPI else "no mpi4py: book/23-machines.ipynb is not executed"
