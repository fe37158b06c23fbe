"""What ranks add up, merge and agree on, and how they end: real processes."""

import time

import numpy as np
import pytest

import ranks_tasks as tasks
from bnbook.norm import Ranks, RanksError
from bnbook.show import on_ranks


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_every_rank_gets_the_same(on, n):
    results = on(n, tasks.primitives)
    for total, _, parts, words in results:
        assert (total == n * np.arange(3) + n * (n - 1) / 2).all()
        assert [p.shape for p in parts] == [(rank, 2) for rank in range(n)]
        assert all((p == 7).all() for p in parts)
        assert words == ["r" * rank for rank in range(n)]


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_merge_goes_from_rank_0_up_and_is_not_cut(on, n):
    digits = np.array([[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]])[:n]
    whole = [int("".join(map(str, column))) for column in digits.T]
    assert all((named == whole).all() for _, named, *_ in on(n, tasks.primitives))


def test_a_sum_that_not_all_call_is_given_up(on):
    start = time.monotonic()
    (first, then), *others = on(3, tasks.waits)
    assert first.startswith("waited 0.5 s in a sum for other ranks")
    assert others == [1, 2]
    assert then == "ranks: a wait was given up, expected a new communicator"
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(("told", "line"), [
    ([{"a": 1}, {"a": 1}, {"a": 2}], "rank 2: a: 2, expected 1 as on rank 0"),
    ([{"a": 1}, {}, {"a": 1}], "rank 1: a: nothing, expected 1 as on rank 0"),
    ([{"a": 1}, {"a": 1, "b": 2}, {"a": 1}], "rank 1: ['a', 'b'], expected ['a'] as "
     "on rank 0"),
])
def test_what_differs_is_named_on_all(on, told, line):
    assert on(3, tasks.facts, told) == [f"RanksError: {line}"] * 3


def test_what_is_equal_passes(on):
    assert on(4, tasks.facts, [{"a": 1, "b": "x"}] * 4) == [None] * 4


# Programs that end early: each is started by mpiexec of its own


def ends(ranks, how):
    import os
    import signal
    import time

    if ranks.rank == 1:
        if how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "left":
            os._exit(0)
        if how == "raised":
            raise KeyError("gone")
        if how == "slept":
            time.sleep(30)
    if how == "disagreed":
        from bnbook.norm import synchronized_batch_norm
        x = np.ones((4, 3 + (ranks.rank == 2)))
        return synchronized_batch_norm(x, {}, {}, ranks, training=True)
    return ranks.summed(np.ones(3))


@pytest.mark.parametrize(("how", "line"), [
    ("killed", "mpiexec: a rank ended early, with exit status 9, and MPI ended"),
    ("left", "mpiexec: a rank ended early"),
    ("raised", "rank 1: KeyError: 'gone'"),
    ("slept", "rank 0: TimeoutError: waited 2 s in a sum"),
    ("disagreed", "rank 2: x: shape (N, 4), dtype float64, expected shape (N, 3)"),
])
def test_all_end_within_seconds_and_one_line_says_why(mpi, how, line):
    start = time.monotonic()
    with pytest.raises(RuntimeError) as raised:
        on_ranks(3, ends, how, timeout=2)
    message = str(raised.value)
    assert "\n" not in message and time.monotonic() - start < 10
    expected = line if how != "slept" else ": TimeoutError: waited 2 s in a sum"
    assert expected in message


def test_a_launcher_that_ends_before_it_passes_on_a_line_loses_none(
        mpi, tmp_path, monkeypatch):
    silent = tmp_path / "mpiexec"
    silent.write_text(f'#!/bin/sh\nexec "{mpi}" "$@" 2>/dev/null\n')
    silent.chmod(0o755)
    monkeypatch.setattr("bnbook.show.launch.mpiexec", lambda: str(silent))
    with pytest.raises(RuntimeError, match=r"^rank 1: KeyError: 'gone'$"):
        on_ranks(2, ends, "raised", timeout=2)


def test_results_come_in_the_order_of_ranks_and_prints_are_shown(mpi, capsys):
    assert on_ranks(3, says, 10) == [0, 10, 20]
    assert capsys.readouterr().out == "rank 2 of 3\n"


def says(ranks, by):
    if ranks.rank == 2:
        print("rank 2 of", ranks.size)
    return by * ranks.rank


def test_a_machine_without_mpi_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(RuntimeError, match=r"^mpiexec: not found.*pip install mpi4py"):
        on_ranks(2, says, 1)


def test_without_a_communicator_there_is_one_rank():
    ranks, a = Ranks(), np.arange(3.0)
    assert (ranks.rank, ranks.size, repr(ranks)) == (0, 1, "Ranks(rank 0 of 1)")
    for b in (ranks.summed(a), ranks.reduced(a, np.add), *ranks.gathered(a)):
        assert (b == a).all() and not np.shares_memory(a, b)
    assert ranks.all("one") == ["one"]


def test_alone_a_block_lets_its_error_through():
    with pytest.raises(RanksError, match="x"), Ranks():
        raise RanksError("x")
