import base64
import os
import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from threading import Timer

import numpy as np
import pytest

from needed import missing

ROOT = Path(__file__).parents[1]
PATIENCE = float(os.environ.get("BNBOOK_PATIENCE", 60))  # seconds an answer
BUILT = Path(os.environ.get("BNBOOK_HTML", ROOT / "_build" / "html"))


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.fixture
def house_style():
    """The figures of one test in the house's style, and none left open after it."""
    import matplotlib as mpl  # here, for most tests need no Matplotlib
    import matplotlib.pyplot as plt

    from bnbook.show import plots

    with mpl.rc_context():
        plots.use_house_style()
        yield
        plt.close("all")


@pytest.fixture(scope="session")
def built():
    """The folder of the built book."""
    if not BUILT.exists():
        missing("no built book: make book")
    return BUILT


@pytest.fixture(scope="session")
def mpi():
    """Where mpiexec is."""
    from bnbook.show.launch import mpiexec

    if find_spec("mpi4py") is None:
        missing("no mpi4py: pip install mpi4py mpich", "BNBOOK_MPI")
    try:
        return mpiexec()
    except RuntimeError as error:
        missing(f"no MPI: {error}", "BNBOOK_MPI")


@pytest.fixture(scope="session")
def on(mpi):
    """on(n, task, *arguments): what a task of `ranks_tasks` gives on n ranks, each."""
    env = os.environ | {"MPIR_CVAR_ENABLE_HEAVY_YIELD": "1", "OMP_NUM_THREADS": "1"}
    pool = subprocess.Popen(
        [mpi, "-n", "4", sys.executable, Path(__file__).with_name("ranks_worker.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)

    def run(n, task, *given):
        line = base64.b64encode(pickle.dumps((n, task.__name__, given))).decode()
        pool.stdin.write(line + "\n")
        pool.stdin.flush()
        watch = Timer(PATIENCE, pool.kill)  # what hangs has no answer
        watch.start()
        answer = pool.stdout.readline()
        watch.cancel()
        return pickle.loads(base64.b64decode(answer))

    yield run
    pool.stdin.close()
    try:
        pool.wait(20)
    except subprocess.TimeoutExpired:
        pool.kill()
