"""Four ranks that run tasks as they come, so that a test need not start MPI anew.

mpiexec -n 4 python ranks_worker.py; a task is a line on stdin: (n, function's name in
`ranks_tasks`, arguments), pickled; the answer a line on stdout: what each of the first
n ranks returned, or raised, as text.
"""

import base64
import pickle
import sys
import time

import numpy as np
from mpi4py import MPI

import ranks_tasks
from bnbook.norm import Ranks

WORLD = MPI.COMM_WORLD


def waiting(request):
    """A rank without work sleeps: there are fewer cores than ranks."""
    while not request.Test():
        time.sleep(0.002)


def next_task():
    """The next line of rank 0's stdin, on all ranks; empty at its end."""
    line = sys.stdin.buffer.readline() if WORLD.rank == 0 else b""
    length = np.array([len(line)])
    waiting(WORLD.Ibcast(length))
    text = np.empty(length[0], np.uint8)
    text[:] = np.frombuffer(line, np.uint8) if WORLD.rank == 0 else 0
    waiting(WORLD.Ibcast(text))
    return text.tobytes()


def done(comm, name, given):
    """What this rank's call gives, or the words of what it raised."""
    try:
        return getattr(ranks_tasks, name)(Ranks(comm, timeout=5), *given)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


while task := next_task():
    n, name, given = pickle.loads(base64.b64decode(task))
    color = 0 if WORLD.rank < n else MPI.UNDEFINED
    first, answers = (WORLD.Split(color, WORLD.rank) for _ in range(2))
    if WORLD.rank < n:
        results = answers.gather(done(first, name, given))  # on its own communicator:
        first.Free(), answers.Free()  # a task may leave a wait unanswered
        if WORLD.rank == 0:
            print(base64.b64encode(pickle.dumps(results)).decode(), flush=True)
