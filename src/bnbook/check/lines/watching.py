"""Every array that the reader's own lines make, with the line that made it.

The code runs under `sys.settrace`. What is new or changed among a frame's arrays after
a line was made by that line; so is what it hands to a function and what it returns.
In a second run some of these arrays can be exchanged for others.
"""

import ast
import linecache
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bnbook.check.diagnosis.calls import attempt

RETURNED, HANDED = "return", "handed over"
LIBRARIES = tuple({sysconfig.get_path(p) for p in ("stdlib", "purelib", "platlib")} | {
    str(Path(__file__).parents[2] / part) for part in ("graph", "check/mutants.py")})


class Place(NamedTuple):
    """A statement of the reader's: the file, as Python knows it, and its first line."""

    file: str
    number: int

    @property
    def source(self):
        return linecache.getline(self.file, self.number).strip()

    @property
    def shown(self):
        """The file's name; "cell" for a cell of a notebook that runs."""
        cell = "ipykernel" in self.file or self.file.startswith("<ipython-input")
        return "cell" if cell else Path(self.file).name


class Made(NamedTuple):
    """An array: where it was made, what the code calls it, the how many-th it is, and
    whether it was there before under another name.
    """

    place: Place
    name: str
    value: np.ndarray
    number: int
    shared: bool


class Watch:
    """Watches, in a `with`, a reader's code and what that calls of its own.

    exchange: the number of an array -> what it is exchanged for. given: name -> an
    array that is the caller's; spoilt: where it was first changed.
    """

    def __init__(self, exchange=(), given=()):
        self.exchange, self.count, self.spoilt = exchange, 0, {}
        self.given = [(name, a, a.copy()) for name, a in dict(given).items()]
        self.scopes, self.calls, self.error = {}, {}, None

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.called)

    def __exit__(self, *raised):
        sys.settrace(self.before)
        if self.error:
            raise self.error

    @property
    def made(self):
        """The arrays that were made, in their order: a list of Made."""
        return [made for call in self.calls.values() for made in call.values()]

    def called(self, frame, event, _):
        code, caller = frame.f_code, self.scopes.get(frame.f_back)
        theirs = caller or frame.f_back.f_code is attempt.__code__
        if not theirs or code.co_filename.startswith(LIBRARIES) or not (
                linecache.getlines(code.co_filename)):
            return None
        if not caller:  # called from outside: what it made before is made again
            self.calls.pop(code, None)
        scope = _Scope(self, frame, caller.made if caller else
                       self.calls.setdefault(code, {}))
        self.scopes[frame] = scope
        kept = {a.tobytes() for a in caller.last.values()} if caller else ()
        for name, a in _arrays(frame.f_locals) if caller else ():
            if a.tobytes() not in kept:
                caller.keep(f"{HANDED}.{name}", a)
        return self.followed

    def followed(self, frame, event, arg):
        scope = self.scopes[frame]
        try:
            scope.note(frame)
            if event == "return":
                for name, a in _arrays({RETURNED: arg}):
                    scope.keep(name, a)
                del self.scopes[frame]
        except Exception as error:  # bnbook's own, and so not to be met by their code
            self.error = error
        return self.followed


class _Scope:
    """The arrays of one frame, as they were after the line before."""

    def __init__(self, watch, frame, made):
        self.watch, self.made = watch, made
        self.file, self.line = frame.f_code.co_filename, frame.f_lineno
        self.last = {name: a.copy() for name, a in _arrays(frame.f_locals)}

    @property
    def place(self):
        return Place(self.file, statements(self.file).get(self.line, self.line))

    def keep(self, name, a, names=(), shared=False):
        """An array that the line made; of one that it makes again, the last.

        names: the variables of the frame.
        """
        watch, key = self.watch, (self, self.place, name)
        watch.count += 1
        if watch.count in watch.exchange:
            new = watch.exchange[watch.count].astype(a.dtype)
            if new.shape == a.shape and a.flags.writeable and not shared:
                a[...] = new
            elif name in names:
                names[name] = a = new  # Python writes it back when the tracing returns
        self.made.pop(key, None)
        self.made[key] = Made(*key[1:], np.array(a, float), watch.count, shared)
        return a

    def note(self, frame):
        """Keep what is new or changed, but for what is taken out of a cache."""
        for name, a, before in self.watch.given:
            if not np.array_equal(a, before):
                self.watch.spoilt.setdefault(name, self.place)
        held = {a.tobytes() for name, a in self.last.items() if "." in name}
        names = frame.f_locals
        arrays = list(_arrays(names))
        old = [(name, a) for name, a in arrays if name in self.last]
        for name, a in arrays:
            if name not in self.last or not np.array_equal(
                    self.last[name], a, equal_nan=True):
                if "." in name or a.tobytes() not in held:
                    a = self.keep(name, a, names, any(
                        n != name and np.may_share_memory(a, b) for n, b in old))
                self.last[name] = a.copy()
        self.line = frame.f_lineno


def _arrays(holder, depth=2):
    """(name, array) of all arrays in a dict, in what it holds, and in what that holds.
    """
    for name, value in list(holder.items()):
        if isinstance(value, np.ndarray):
            if value.dtype.kind == "f" and value.size > 1:
                yield name, value
        elif depth and (inside := _inside(value)):
            yield from ((f"{name}.{key}", a) for key, a in _arrays(inside, depth - 1))


def _inside(value):
    if isinstance(value, (tuple, list)):
        value = dict(enumerate(value[:20]))
    if isinstance(value, dict):
        return {str(key): a for key, a in value.items()}
    function = callable(value) and not hasattr(type(value), "backward")
    return {} if function else getattr(value, "__dict__", {})


@lru_cache
def statements(file):
    """line -> the first line of the statement that it is a line of."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return {}
    return {line: node.lineno for node in ast.walk(tree)  # outer ones first
            if isinstance(node, ast.stmt)
            for line in range(node.lineno, node.end_lineno + 1)}
