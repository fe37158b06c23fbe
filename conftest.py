"""Pin what the notebooks' kernels run on; nbval's run fills in the prose anew.

Where MPI is missing, the chapter that starts processes is not run, and this says so.
"""

import os
from importlib.util import find_spec

import pytest

from pins import PINS

os.environ.update(PINS)
MPI = find_spec("mpi4py") is not None or os.environ.get("BNBOOK_MPI") == "required"
collect_ignore = [] if MPI else ["book/23-machines.ipynb"]


def pytest_report_header():
    return None if MPI else "no mpi4py: book/23-machines.ipynb is not executed"


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """A notebook that has a source is collected with its prose."""
    found = yield
    if not found or file_path.suffix != ".ipynb":
        return found
    from filled import Chapter  # it imports nbval: only where that runs

    return [Chapter.of(collector) for collector in found]
