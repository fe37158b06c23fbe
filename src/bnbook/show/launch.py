"""A function run by several processes at once, from a notebook or a test."""

import inspect
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bnbook.norm import arguments

PROGRAM = """\
import pickle, sys
import numpy as np
from mpi4py import MPI
from bnbook.norm import Ranks

{source}

with Ranks(MPI.COMM_WORLD, timeout=float(sys.argv[2])) as ranks:
    with open(sys.argv[1] + "/arguments", "rb") as file:
        given = pickle.load(file)
    results = ranks.all({name}(ranks, *given))
if ranks.rank == 0:
    with open(sys.argv[1] + "/results", "wb") as file:
        pickle.dump(results, file)
"""


def on_ranks(n: int, function: Callable, *given: Any, timeout: float = 60) -> list[Any]:
    """What function(ranks, *given) returns on each of n processes, rank 0's first.

        mpiexec -n {n} python program.py

    The program is the function's own text: beside `np` and its `ranks`, a Ranks, the
    function must import what it needs. What it prints is printed. RuntimeError, in one
    line, if no MPI is installed, or what the rank said that failed; timeout: seconds
    for which a rank waits for the others.
    """
    n = arguments.count("n", n)
    timeout = arguments.positive("timeout", timeout)
    launcher = mpiexec()
    source = _text(function)
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program.py")
        program.write_text(PROGRAM.format(source=source, name=function.__name__))
        Path(folder, "arguments").write_bytes(pickle.dumps(given))
        done = subprocess.run(
            [launcher, "-n", str(n), sys.executable, program, folder, str(timeout)],
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env=os.environ | {"MPIR_CVAR_ENABLE_HEAVY_YIELD": "1"})
        results = Path(folder, "results")
        if done.returncode or not results.exists():
            raise RuntimeError(_reason(done))
        print(done.stdout, end="")
        return pickle.loads(results.read_bytes())


def _text(function):
    """A function's own lines."""
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (TypeError, OSError):
        raise TypeError(f"function: {arguments.shown(function)}, expected a function "
                        "whose text is known") from None


def mpiexec() -> str:
    """Where mpiexec is: beside this Python or on the PATH. RuntimeError if nowhere."""
    near = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    found = shutil.which("mpiexec", path=near)
    if found is None:
        raise RuntimeError("mpiexec: not found, expected an MPI: "
                           "pip install mpi4py mpich")
    return found


def _reason(done):
    """In one line, why a run failed: what a rank said, or how it ended."""
    lines = done.stderr.splitlines()
    said = [line for line in lines if line.startswith("rank ")]
    said += [line for line in lines if "Error" in line]
    return said[0] if said else (f"mpiexec: a rank ended early, with exit status "
                                 f"{done.returncode}, and MPI ended the others")
