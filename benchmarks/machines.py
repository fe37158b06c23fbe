"""What it costs to share a batch's statistics: measured on one to four processes.

python benchmarks/machines.py [FILE]

Writes benchmarks/results/machines.json, or FILE: microseconds of MPI's all-reduce by
length, of the layer's steps by channels, and of a whole layer with and without sharing.
Rounds of calls take turns; "best" is the fastest round, "median" the middle one. With
more processes than cores, ranks wait for a core: those rows say what this machine does,
and nothing about a network.

`model` is the cost of one all-reduce of n bytes on P machines, from the time to start a
message (alpha) and the time for a byte (beta):

    ring  2 (P - 1) (alpha + n / P beta)
    tree  log2(P) (alpha + n beta)    pairs, pairs of pairs: recursive doubling

`fit` finds alpha and beta from the measurements on two processes. Sources: Thakur,
Rabenseifner & Gropp 2005 for the costs; Patarasuk & Yuan 2009 for the ring.
"""

import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bnbook.norm import (
    Ranks,
    batch_norm,
    batch_norm_vjp,
    synchronized_batch_norm,
    synchronized_batch_norm_vjp,
)
from bnbook.norm.across import _merge
from bnbook.norm.ranks import Fact, agree
from bnbook.show.launch import mpiexec

STORED = Path(__file__).parent / "results" / "machines.json"
LENGTHS = (1, 129, 513, 2049, 8193, 32769, 131073)  # float64
CHANNELS = (64, 256, 1024, 4096)
ROUNDS = 30


def steps(comm):
    """name -> a call, the same on all ranks."""
    ranks = Ranks(comm)
    found = {}
    for n in LENGTHS:
        a, b = np.ones(n), np.empty(n)
        found[f"allreduce {n}"] = lambda a=a, b=b: comm.Allreduce(a, b)
    for c in CHANNELS:
        moments, both = np.ones(2 * c + 1), np.ones(2 * c)
        x = np.random.default_rng(ranks.rank).normal(size=(8, c, 2, 2)).astype("f4")
        found |= {
            f"merge {c}": lambda v=moments: ranks.reduced(v, _merge),
            f"sum {c}": lambda v=both: ranks.summed(v),
            f"alone {c}": lambda x=x: batch_norm_vjp(
                x, batch_norm(x, {}, {}, training=True)[1]),
            f"shared {c}": lambda x=x: synchronized_batch_norm_vjp(
                x, synchronized_batch_norm(x, {}, {}, ranks, training=True)[1])}
    return found | {"check": lambda: agree(ranks, {"x": Fact(0, "0")})}


def measure():
    """A line of JSON from rank 0: name -> microseconds, best and median."""
    from mpi4py import MPI

    comm, calls = MPI.COMM_WORLD, steps(MPI.COMM_WORLD)
    rounds = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            call()
            comm.Barrier()
            repeats, start = 4, time.perf_counter()
            for _ in range(repeats):
                call()
            rounds[name].append(1e6 * (time.perf_counter() - start) / repeats)
    if comm.rank == 0:
        print(json.dumps({name: {"best": round(min(t), 2),
                                 "median": round(float(np.median(t)), 2)}
                          for name, t in rounds.items()}))


def model(kind, p, n, alpha, beta):
    """Seconds of one all-reduce of n bytes on p machines, as above."""
    if kind == "ring":
        return 2 * (p - 1) * (alpha + n / p * beta)
    return np.ceil(np.log2(p)) * (alpha + n * beta)


def fit(two):
    """(alpha, beta) in seconds, from the best rounds on two processes.

    There a tree exchanges the whole message once: alpha + n beta. Least squares in the
    relative error, so that short messages count as much as long ones.
    """
    n = np.array(LENGTHS) * 8.0
    t = np.array([two[f"allreduce {k}"]["best"] for k in LENGTHS]) * 1e-6
    a = np.stack([np.ones_like(n), n], axis=1) / t[:, None]
    return np.linalg.lstsq(a, np.ones_like(t), rcond=None)[0]


def machine():
    from mpi4py import MPI

    cpu = next((line.split(":")[1].strip()
                for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.processor())
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version(),
            "numpy": np.__version__, "mpi": MPI.Get_library_version().split("\n")[0],
            "date": datetime.now(UTC).date().isoformat()}


def main():
    if sys.argv[1:] == ["--measure"]:
        measure()
        return
    found = machine() | {"load": [round(os.getloadavg()[0], 1)], "microseconds": {}}
    for p in (1, 2, 3, 4):
        done = subprocess.run(
            [mpiexec(), "-n", str(p), sys.executable, __file__, "--measure"],
            capture_output=True, text=True, check=True, env=os.environ | {
                "OMP_NUM_THREADS": "1",
                "MPIR_CVAR_ENABLE_HEAVY_YIELD": str(int(p > os.cpu_count()))})
        found["microseconds"][str(p)] = json.loads(done.stdout)
        print(p, done.stdout, flush=True)
    alpha, beta = fit(found["microseconds"]["2"])
    found["load"].append(round(os.getloadavg()[0], 1))
    found["fit"] = {"alpha": float(f"{alpha:.3g}"), "beta": float(f"{beta:.3g}")}
    print(found["fit"])
    path = Path(sys.argv[1]) if sys.argv[1:] else STORED
    path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
