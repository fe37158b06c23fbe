"""How many arrays a NumPy function moves: every call on its arrays, read and written.

On arrays that no cache holds, the arithmetic of a normalization costs next to nothing
and its time is that of the memory. So its arrays are counted: the function runs on
copies that note every ufunc, NumPy function, assignment, `copy` and `astype`. The unit
is the largest argument, in bytes; a row of one number a channel is a small part of it.

Not seen: what a call copies inside itself, and arrays from `np.empty` or `np.zeros`
where no counted array stands beside them (`empty_like` is seen). Source of the model of
a cache, least recently used goes first: Hennessy & Patterson, appendix B.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bnbook.graph.arguments import count, shown
from bnbook.show.tables import Table

PAGE, LINE = 1 << 14, 64  # bytes


class Pass(NamedTuple):
    """One call, and the arrays that it read and wrote, in units of the largest."""

    call: str
    read: float
    written: float


class Passes(Table):
    """The `calls` of one run as a table, those on next to nothing left out.

    read, written, moved: the sums over all calls; moved is both together.
    """

    def __init__(self, calls: tuple[Pass, ...]) -> None:
        self.calls = calls
        self.read, self.written = (
            sum(getattr(c, name) for c in calls) for name in ("read", "written"))
        self.moved = self.read + self.written
        rows = [c for c in _merged(calls) if c.read + c.written >= 0.05]
        rows.append(Pass("together", self.read, self.written))
        super().__init__(
            "Arrays moved", ("call", "read", "written"),
            [(c.call, f"{c.read:.1f}", f"{c.written:.1f}") for c in rows])


def count_passes(function: Callable, *args: object, cache: int = 0) -> Passes:
    """The arrays that function(*args) moves.

    Arrays in args, and in tuples, lists and dicts there, are counted; the function gets
    copies. cache: the bytes of a cache that keeps what was used last; 0 for none. What
    it holds is neither read nor, if it was written since it came, written again.
    Raises TypeError or ValueError if no argument is an array; what the function raises
    goes through.
    """
    if not callable(function):
        raise TypeError(f"function: {shown(function)}, expected a function")
    log = _Log(count("cache", cache, least=0))
    given = [_counted(a, log) for a in args]
    if not log.unit:
        raise ValueError("args: no array with a value, expected one or more")
    function(*given)
    return Passes(tuple(Pass(call, r / log.unit, w / log.unit)
                        for call, r, w in log.calls))


class _Log:
    """What was called; the cache's pages, the oldest first, and whether written."""

    def __init__(self, cache):
        self.pages, self.calls, self.alive, self.unit = {}, [], {}, 0
        self.room = cache // PAGE

    def note(self, call, read, written):
        read = {_place(a): a for a in read}.values()  # d * d reads once
        self.calls.append((call, sum(self.bytes(a, False) for a in read),
                           sum(self.bytes(a, True) for a in written)))

    def bytes(self, a, write):
        """How many bytes of a go to or come from the memory."""
        root, start, size = _place(a)
        if not (self.room and size):
            return size
        self.alive[root] = _root(a)  # so that no other takes its place
        start -= start % LINE  # where `aligned` cuts an array depends on the allocator
        pages = [(root, k) for k in range(start // PAGE, -(-(start + size) // PAGE))]
        missed = sum(self.touch(page, write) for page in pages)
        return size * missed / len(pages)

    def touch(self, page, write):
        held = self.pages.pop(page, None)  # None, or whether it was written
        self.pages[page] = write or bool(held)
        if len(self.pages) > self.room:
            del self.pages[next(iter(self.pages))]
        return not held if write else held is None


class _Counting(np.ndarray):
    """An array that notes what is done with it."""

    log: _Log | None = None

    def __array_finalize__(self, other):
        self.log = getattr(other, "log", None)

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **kwargs):
        log = next(a.log for a in (*inputs, *out) if isinstance(a, _Counting))
        if out:
            kwargs["out"] = tuple(map(_plain, out))
        made = getattr(ufunc, method)(*map(_plain, inputs), **kwargs)
        results = out or (made if isinstance(made, tuple) else (made,))
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        log.note(name, _arrays(inputs), _arrays(results))
        if out:
            return out[0] if len(out) == 1 else out
        counted = tuple(_counting(a, log) for a in results)
        return counted if isinstance(made, tuple) else counted[0]

    def __array_function__(self, function, types, args, kwargs):
        before = len(self.log.calls)
        made = super().__array_function__(function, types, args, kwargs)
        if len(self.log.calls) > before or function is np.empty_like:
            return made  # made of calls that were noted, or without a value yet
        given = _arrays((*args, *kwargs.values()))
        written = given[:1] if function is np.copyto else _arrays((made,))
        read = [a for a in given if not any(a is w for w in written)]
        if written and not (read and any(np.may_share_memory(written[0], a)
                                         for a in read)):
            self.log.note(function.__name__, read, written)
        return made

    def __setitem__(self, key, value):
        plain = _plain(self)
        plain[_plain(key)] = _plain(value)
        there = _arrays((plain[_plain(key)],))
        if not any(_same(value, a) for a in there):  # x[k] += 1: NumPy skips it too
            self.log.note("assignment", _arrays((value,)), there)

    def copy(self, order="C"):
        return self.astype(self.dtype, order)

    def astype(self, dtype, order="K", **kwargs):
        made = _plain(self).astype(dtype, order, **kwargs)
        if not np.may_share_memory(made, self):
            self.log.note("copy", [self], [made])
        return _counting(made, self.log)


def _counted(value, log):
    """`value` with copies of its arrays that count; the largest is the log's unit."""
    if isinstance(value, np.ndarray):
        log.unit = max(log.unit, value.nbytes)
        return _counting(np.array(value, order="K"), log)
    if isinstance(value, dict):
        return {name: _counted(v, log) for name, v in value.items()}
    if isinstance(value, tuple | list):
        inner = [_counted(v, log) for v in value]
        return value._make(inner) if hasattr(value, "_make") else type(value)(inner)
    return value


def _counting(a, log):
    if not isinstance(a, np.ndarray):
        return a
    a = a.view(_Counting)
    a.log = log
    return a


def _plain(a):
    return a.view(np.ndarray) if isinstance(a, _Counting) else a


def _arrays(values):
    return [a for a in values if isinstance(a, np.ndarray)]


def _same(a, b):
    """Whether a is an array that lies exactly where b does."""
    return isinstance(a, np.ndarray) and all(
        getattr(a, name) == getattr(b, name) for name in ("shape", "strides", "dtype")
    ) and a.ctypes.data == b.ctypes.data


def _root(a):
    while isinstance(a.base, np.ndarray):
        a = a.base
    return a


def _place(a):
    """(what it is a part of, where it starts there, bytes): a repeated row counts once.
    """
    root = _root(a)
    values = np.prod([n for n, stride in zip(a.shape, a.strides) if stride], dtype=int)
    start = a.ctypes.data - root.ctypes.data
    return id(root), start, int(values) * a.itemsize if a.size else 0


def _merged(calls):
    """One row a name, in the order of their first calls: blocks come many times."""
    sums = {}
    for name, *moved in calls:
        sums[name] = np.add(sums.get(name, 0), moved)
    return [Pass(name, *moved) for name, moved in sums.items()]
