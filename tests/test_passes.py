"""How many arrays a function moves: each call alone, and from one-liner to kernel."""

import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest

from bnbook.norm import kernel, small
from bnbook.show import count_passes

X = np.random.default_rng(0).normal(size=(16384, 128))
GAMMA = np.linspace(1, 2, 128)
CACHE = 1 << 21
ROOT = Path(__file__).parents[1]


def moved(function, *args, **options):
    """What it read and wrote, to a tenth."""
    found = count_passes(function, *args, **options)
    return round(found.read, 1), round(found.written, 1)


CALLS = {
    "square": (np.square, 1, 1),
    "x * x reads x once": (lambda x: x * x, 1, 1),
    "x + 1": (lambda x: x + 1, 1, 1),
    "two arrays": (lambda x: x * -x, 3, 2),
    "a row counts little": (lambda x: x - x[0], 1, 1),
    "in place": (lambda x: np.add(x, 1, x), 1, 1),
    "x += 1": (lambda x: x.__iadd__(1), 1, 1),
    "x[:] += 1": (lambda x: x.__setitem__(slice(None), x[:].__iadd__(1)), 1, 1),
    "sum": (lambda x: x.sum(0), 1, 0),
    "np.sum": (lambda x: np.sum(x, 0), 1, 0),
    "mean": (lambda x: x.mean(0), 1, 0),
    "var: sum, subtract, square, sum": (lambda x: x.var(0), 4, 2),
    "dot": (lambda x: np.dot(x[:, 0], x), 1, 0),
    "dot into an array": (lambda x: np.dot(x[:, 0], x, np.empty(128)), 1, 0),
    "einsum": (lambda x: np.einsum("ij,ij->j", x, x), 1, 0),
    "vecdot": (lambda x: np.vecdot(x, x), 1, 0),
    "matmul": (lambda x: x @ np.ones(128), 1, 0),
    "where": (lambda x: np.where(x > 0, x, 0), 2.1, 1.1),
    "a comparison's bytes": (lambda x: x > 0, 1, 0.1),
    "half of it": (lambda x: x[:8192] + 1, 0.5, 0.5),
    "a copy": (lambda x: x.copy(), 1, 1),
    "another dtype": (lambda x: x.astype("f4"), 1, 0.5),
    "its own dtype": (lambda x: x.astype(float, copy=False), 0, 0),
    "assignment": (lambda x: x.__setitem__(slice(None), 0), 0, 1),
    "assignment of an array": (
        lambda x: x.__setitem__(slice(8192), x[8192:]), 0.5, 0.5),
    "copyto": (lambda x: np.copyto(np.empty_like(x), x), 1, 1),
    "views": (lambda x: x.reshape(-1)[::2].T[None], 0, 0),
    "np.reshape": (lambda x: np.reshape(np.transpose(x), (128, 128, 128)), 0, 0),
    "a repeated row": (lambda x: np.broadcast_to(x[0], x.shape) + 0 * x[0], 0, 1),
    "two results": (lambda x: np.modf(x), 1, 2),
    "its shape": (lambda x: np.shape(x), 0, 0),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_one_call(call):
    function, read, written = call
    assert moved(function, X) == (read, written)


def test_what_stands_in_tuples_and_dicts_is_counted_and_left_alone():
    class_of_its_own = kernel.Kept(X, *[GAMMA] * 3)

    def f(kept, params):
        assert isinstance(kept, kernel.Kept)
        kept.d[:] = params["x"][0]

    before = X.copy()
    assert moved(f, class_of_its_own, {"x": [X]}) == (1, 1)
    np.testing.assert_array_equal(X, before)


def test_results_are_numpys():
    kept = []
    count_passes(lambda x: kept.append([x.var(0), x.T @ x, x > 0, x.mean()]), X)
    for a, b in zip(kept[0], (X.var(0), X.T @ X, X > 0, X.mean())):
        np.testing.assert_array_equal(np.asarray(a), b)


def test_a_cache_holds_what_was_used_last():
    """Blocks that fit are fetched and written once; what does not fit, each time."""
    def twice(x):
        for block in np.split(x, 64):
            y = block + 1
            y *= block
    assert moved(twice, X) == (3, 2)
    assert moved(twice, X, cache=CACHE) == (1, 1)
    assert moved(lambda x: (x + 1) * x, X, cache=CACHE) == (3, 2)
    assert moved(lambda x: (x + 1) * x, X[:512], cache=CACHE) == (1, 2)


@pytest.mark.parametrize("offset", [0, 16, 48])
def test_a_cache_does_not_ask_where_in_a_line_an_array_starts(offset):
    def twice(x):
        raw = np.empty_like(x, np.uint8, shape=x.nbytes + 64)
        made = raw[offset : offset + x.nbytes].view(x.dtype).reshape(x.shape)
        for block, b in zip(np.split(x, 64), np.split(made, 64)):
            np.add(block, 1, b)
            b *= block
    found = count_passes(twice, X, cache=CACHE)
    assert (found.read, found.written) == (1, 1)


def test_the_table_merges_blocks_and_says_the_sum():
    found = count_passes(lambda x: [b + 1 for b in np.split(x, 4)], X)
    assert [c.call for c in found.calls] == ["add"] * 4
    assert found.rows == [("add", "1.0", "1.0"), ("together", "1.0", "1.0")]
    assert found.moved == 2


def test_without_an_array_there_is_nothing_to_count():
    with pytest.raises(ValueError, match=r"^args: no array with a value"):
        count_passes(len, [])


@pytest.fixture(scope="module")
def steps():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        yield importlib.import_module("steps")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_from_the_one_line_to_the_kernel_fewer_arrays_move(dtype, steps):
    """x is read twice and y written, x and dy are read twice and dx written: eight."""
    x, gamma = X.astype(dtype), GAMMA.astype(dtype)
    found = {name: round(count_passes(f, x, gamma, gamma, x, cache=CACHE).moved, 1)
             for name, f in steps.STEPS.items()}
    least = [*found.values()]
    assert least == sorted(least, reverse=True)
    assert (found["ten nodes"], found["one line"]) == (46, 31)
    assert 8 <= found["kernel"] < 10


def test_the_steps_are_the_layer(steps):
    x, dy = X[:300, :5], X[300:600, :5]
    true = steps.the_kernel(x, GAMMA[:5], -GAMMA[:5], dy)
    for step in steps.STEPS.values():
        for a, b in zip(step(x, GAMMA[:5], -GAMMA[:5], dy), true):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_what_is_timed_is_what_the_chapter_shows(steps):
    """The functions of benchmarks/steps.py stand on the page, letter for letter."""
    page = (ROOT / "book/source/24-how-fast.md").read_text(encoding="utf-8")
    shown = [f for f in vars(steps).values()
             if inspect.isfunction(f) and inspect.getsource(f).strip() in page]
    named = {*steps.STEPS.values(), steps.sums, steps.forward_in_blocks,
             steps.backward_in_blocks}
    assert {f.__name__ for f in named} == {f.__name__ for f in shown}


def test_the_small_kernel_fits_a_cache():
    """Read and written once each: x, dy; d, y, dx, and what they are made in."""
    x = X[:128]

    def both(x, gamma, beta, dy):
        _, kept, *_ = small.forward(x, gamma, beta, 1e-5)
        small.backward(dy, kept)

    assert count_passes(both, x, GAMMA, GAMMA, x, cache=CACHE).moved < 8
    assert count_passes(both, x, GAMMA, GAMMA, x).moved < 31
