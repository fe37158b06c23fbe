"""A function run by several processes at once, from a notebook or a test."""

import marshal
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bnbook.norm import arguments

# mpiexec may end before it has passed on what a rank said last: it is said to a file.
PROGRAM = """\
import marshal, os, pickle, sys, types

_, folder, timeout = sys.argv
said = os.open(folder + "/said", os.O_WRONLY | os.O_APPEND)
os.dup2(said, sys.__stderr__.fileno())

import numpy as np
from mpi4py import MPI
from bnbook.norm import Ranks

with Ranks(MPI.COMM_WORLD, timeout=float(timeout)) as ranks:
    with open(folder + "/task", "rb") as file:
        code, defaults, given = pickle.load(file)
    function = types.FunctionType(marshal.loads(code), globals(), None, defaults)
    results = ranks.all(function(ranks, *given))
if ranks.rank == 0:
    with open(folder + "/results", "wb") as file:
        pickle.dump(results, file)
"""


def on_ranks(n: int, function: Callable, *given: Any, timeout: float = 60) -> list[Any]:
    """What function(ranks, *given) returns on each of n processes, rank 0's first.

        mpiexec -n {n} python program

    The program is the function alone: beside `np` and its `ranks`, a Ranks, it must
    import what it needs. What it prints is printed. timeout: seconds for which a rank
    waits for the others. Raises RuntimeError in one line, if no MPI is installed, or
    with what the rank said that failed.
    """
    n, timeout = arguments.count("n", n), arguments.positive("timeout", timeout)
    launcher, code = mpiexec(), _code(function)
    with tempfile.TemporaryDirectory() as folder:
        task = marshal.dumps(code), function.__defaults__, given
        Path(folder, "task").write_bytes(pickle.dumps(task))
        said = Path(folder, "said")
        said.touch()
        done = subprocess.run(
            [launcher, "-n", str(n), sys.executable, "-c", PROGRAM, folder,
             str(timeout)],
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env=os.environ | {"MPIR_CVAR_ENABLE_HEAVY_YIELD": "1"})  # few cores
        results = Path(folder, "results")
        if done.returncode or not results.exists():
            lines = f"{said.read_text()}\n{done.stderr}".splitlines()
            raise RuntimeError(_reason(lines, done.returncode))
        print(done.stdout, end="")
        return pickle.loads(results.read_bytes())


def _code(function):
    """A function's code, if it stands on its own."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_freevars:
        raise TypeError(f"function: {arguments.shown(function)}, expected one written "
                        "in Python that uses no variable of another function")
    return code


def mpiexec() -> str:
    """Where mpiexec is: beside this Python or on the PATH. RuntimeError if nowhere."""
    near = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    found = shutil.which("mpiexec", path=near)
    if found is None:
        raise RuntimeError("mpiexec: not found, expected an MPI: "
                           "pip install mpi4py mpich")
    return found


def _reason(lines, status):
    """In one line, why a run failed: what a rank said, or how it ended."""
    said = [line for line in lines if line.startswith("rank ")]
    said += [line for line in lines if "Error" in line]
    return said[0] if said else (f"mpiexec: a rank ended early, with exit status "
                                 f"{status}, and MPI ended the others")
