"""The processes that share a batch: what they add up, merge and agree on.

A rank is one of `size` processes that all run the same program. What is here must be
called by every one of them, in the same order. No one waits for ever: after `timeout`
seconds a rank gives up, and in a `with` block a rank that fails ends them all.
"""

import functools
import math
import os
import pickle
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from bnbook.norm import arguments

SPINS, PAUSE = 200, 1e-4  # so often a rank only asks; then it sleeps in between
HERE = "MPI_LOCALNRANKS", "OMPI_COMM_WORLD_LOCAL_SIZE"  # where MPI says how many


class RanksError(ValueError):
    """What the ranks were given does not go together.

    Every rank raises it, with the same line, which names the rank at fault.
    """


class Fact(NamedTuple):
    """Something that must be the same on all ranks: its value and how it is shown."""

    value: Any
    shown: str


class Ranks:
    """The processes of an MPI communicator; without one, this process alone.

    comm: mpi4py's, such as MPI.COMM_WORLD. timeout: after so many seconds of waiting
    for the others, TimeoutError. check: whether layers first compare what they were
    given, by one small all-reduce more; without it a rank with another shape is
    undefined behaviour in MPI.

        with Ranks(MPI.COMM_WORLD) as ranks:
            ...

    An exception that leaves the block on one rank is written to stderr in one line, and
    ends the program on all ranks. Raises TypeError or ValueError.
    """

    rank: int
    size: int
    timeout: float
    check: bool

    def __init__(self, comm: Any = None, *, timeout: float = 60.0,
                 check: bool = True) -> None:
        if comm is not None and not hasattr(comm, "Iallreduce"):
            raise TypeError(f"comm: {arguments.shown(comm)}, expected a communicator "
                            "of mpi4py, or None")
        self._comm, self._lost, self._spins = comm, None, _spins()
        self.rank, self.size = (comm.rank, comm.size) if comm is not None else (0, 1)
        self.timeout = float(arguments.positive("timeout", timeout))
        self.check = arguments.flag("check", check)

    def __repr__(self) -> str:
        return f"Ranks(rank {self.rank} of {self.size})"

    def summed(self, a: ArrayLike) -> np.ndarray:
        """The sum over the ranks of an array, of its shape: one all-reduce."""
        given = arguments.array("a", a)
        mine = _sent(arguments.computed(given))
        out = mine.copy()
        if self.size > 1:
            self._wait(self._open.Iallreduce(mine, out), "a sum")
        return out.astype(given.dtype, copy=False)

    def reduced(self, a: ArrayLike, merge: Callable) -> np.ndarray:
        """merge(... merge(rank 0's a, rank 1's) ...): one all-reduce, cut nowhere.

        merge(low, high): two arrays like `a`, of lower ranks and of higher, to one.
        Every rank evaluates the same expressions, so that all have the same bits.
        """
        if not callable(merge):
            raise TypeError(f"merge: {arguments.shown(merge)}, expected a function")
        mine = _sent(arguments.array("a", a))
        out = mine.copy()
        if self.size == 1:
            return out
        whole = _mpi().BYTE.Create_contiguous(mine.nbytes).Commit()
        try:
            request = self._open.Iallreduce(
                [mine, 1, whole], [out, 1, whole], _operation(merge, mine.dtype))
            self._wait(request, "a merge")
        finally:
            whole.Free()
        return out

    def gathered(self, a: ArrayLike) -> list[np.ndarray]:
        """Every rank's array, rank 0's first; their first axes may differ."""
        mine = arguments.array("a", a)
        if mine.ndim == 0:
            raise ValueError("a: shape (), expected one axis or more")
        return self._parts(_sent(mine))

    def all(self, value: Any) -> list[Any]:
        """Every rank's value, of any kind that pickles, rank 0's first."""
        if self.size == 1:
            return [value]
        parts = self._parts(np.frombuffer(pickle.dumps(value), np.uint8))
        return [pickle.loads(part.tobytes()) for part in parts]

    def __enter__(self) -> "Ranks":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None,
                 traceback: Any) -> None:
        if error is None or self.size == 1:
            return
        if isinstance(error, RanksError) and self.rank:
            time.sleep(2)  # rank 0 says it for all
        name = "" if isinstance(error, RanksError) else (
            f"rank {self.rank}: {type(error).__name__}: ")
        line = " ".join(f"{name}{error}".split())
        os.write(sys.__stderr__.fileno(), f"{line}\n".encode())  # type: ignore[union-attr]
        time.sleep(0.1)  # mpiexec passes on what it has read, and ends
        self._comm.Abort(1)
        os._exit(1)  # whatever MPI does, no traceback of this rank follows

    def _parts(self, a):
        if self.size == 1:
            return [a.copy()]
        counts = np.zeros(self.size, np.int64)
        counts[self.rank] = len(a)
        counts = self._combined(counts, "SUM")
        each = counts * math.prod(a.shape[1:])
        out = np.empty((counts.sum(), *a.shape[1:]), a.dtype)
        places = each, np.cumsum(each) - each
        self._wait(self._open.Iallgatherv(a, [out, places]), "a gather")
        return np.split(out, np.cumsum(counts)[:-1])

    def _largest(self, values):
        return self._combined(np.array(values, np.int64), "MAX")

    def _combined(self, values, operation):
        out = np.empty_like(values)
        request = self._open.Iallreduce(values, out, getattr(_mpi(), operation))
        self._wait(request, "a check")
        return out

    @property
    def _open(self):
        """The communicator: after a wait was given up, the next one would be answered
        by what is still on its way."""
        if self._lost is not None:
            raise RuntimeError("ranks: a wait was given up, expected a new "
                               "communicator")
        return self._comm

    def _wait(self, request, what):
        """Until the request is done: asking at first, then sleeping in between."""
        until, asked = time.monotonic() + self.timeout, 0
        while not request.Test():
            asked += 1  # a merge is computed within Test
            if asked > self._spins:
                time.sleep(PAUSE)
            elif hasattr(os, "sched_yield"):
                os.sched_yield()
            if time.monotonic() > until:
                self._lost = request  # and with it the arrays it may yet write to
                raise TimeoutError(f"waited {self.timeout:g} s in {what} for other "
                                   "ranks, expected all to call it")


def agree(ranks: Ranks, facts: Mapping[str, Fact],
          fault: Exception | None = None) -> None:
    """Raise RanksError on every rank, if one has a fault or another fact.

    fault: what is wrong with this rank's own arguments. It costs an all-reduce of three
    integers; only where ranks differ is there more to send.
    """
    if ranks.size == 1 or not ranks.check:
        if fault is not None:
            raise fault
        return
    code = zlib.crc32(repr([(n, f.value) for n, f in facts.items()]).encode())
    high, low, faulty = ranks._largest([code, -code, fault is not None])
    if high != -low or faulty:
        told = ranks.all((None if fault is None else str(fault), dict(facts)))
        raise RanksError(_difference(told))


@contextmanager
def agreeing(ranks: Ranks, facts: dict[str, Fact]) -> Iterator[None]:
    """`agree` on the facts after the block, or on the error that it raised."""
    fault = None
    try:
        yield
    except (TypeError, ValueError) as error:
        fault = error
    agree(ranks, facts, fault)


def _difference(told):
    """One line: the first fault, else the first fact in which a rank is unlike 0."""
    for rank, (fault, _) in enumerate(told):
        if fault is not None:
            return f"rank {rank}: {fault}"
    _, first = told[0]
    for name in first:
        for rank, (_, facts) in enumerate(told):
            if name not in facts or facts[name].value != first[name].value:
                found = facts[name].shown if name in facts else "nothing"
                return (f"rank {rank}: {name}: {found}, expected {first[name].shown} "
                        "as on rank 0")
    rank = next(r for r, (_, facts) in enumerate(told) if [*facts] != [*first])
    return f"rank {rank}: {[*told[rank][1]]}, expected {[*first]} as on rank 0"


def _spins():
    """0 where ranks outnumber cores: who sleeps lets another one go on."""
    here = max(int(os.environ.get(name, 1)) for name in HERE)
    return SPINS if here <= (os.cpu_count() or 1) else 0


def _sent(a):
    """a as it can be sent: contiguous, in native order."""
    return np.ascontiguousarray(a, a.dtype.newbyteorder("=")).reshape(a.shape)


def _mpi():
    """mpi4py's MPI: imported where there is more than one process."""
    from mpi4py import MPI

    return MPI


@functools.cache
def _operation(merge, dtype):
    """`merge` as an operation of MPI on whole messages."""
    def run(low, high, datatype):
        a, b = (np.frombuffer(buffer, dtype) for buffer in (low, high))
        b[:] = merge(a, b)

    return _mpi().Op.Create(run, commute=False)


ALONE = Ranks()
