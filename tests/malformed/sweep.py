"""Every malformed value in the place of every argument: what comes of each call.

    cd tests && python -m malformed.sweep          (what is wrong, and a line a package)
    cd tests && python -m malformed.sweep nn.mlp   (those whose name begins so)
"""

import contextlib
import copy
import io
import sys
import time
import warnings
from collections import Counter
from typing import NamedTuple

import numpy as np

from malformed import (
    of_check,
    of_cs231n,
    of_graph,
    of_networks,
    of_nn,
    of_norm,
    of_show,
)
from malformed.rows import PARTS

TABLE = {}
for part in (of_graph, of_norm, of_nn, of_networks, of_cs231n, of_show, of_check):
    TABLE |= part.ROWS
REFUSALS = TypeError, ValueError, OSError
NUMPYS = ("operands could not", "truth value", "cannot cast", "ufunc ",
          "an array element", "could not convert", "inhomogeneous", "object arrays",
          "unsupported operand", "not supported between", "is not iterable",
          "has no len", "not subscriptable", "positional argument", "unpack",
          "out of bounds", "must be real number", "not callable", "indices must be",
          "argument must be", "keyword argument")


class Found(NamedTuple):
    """One call that went wrong."""

    name: str
    argument: str
    label: str
    fault: str  # "internal", "unnamed", "accepted", "refused", "other", "changed"
    said: str

    def __str__(self):
        return f"{self.fault}: {self.name}({self.argument}: {self.label}): {self.said}"


def sweep(name):
    """(the number of calls, what is Found) of one row of the table."""
    row, calls, found = TABLE[name], 1, []
    values = {n: given.value for n, given in row.arguments.items()}
    right = outcome(row, {n: copied(v) for n, v in values.items()})
    if isinstance(right, Exception):
        return 1, [Found(name, "", "valid", "refused", repr(right))]
    for argument, (kind, value) in row.arguments.items():
        for trial in ("wrong", "legal", "doubtful"):
            for label, instead in getattr(kind, trial)(value).items():
                calls += 1
                given = values | {argument: instead}
                fault, said = judged(row, given, trial, right)
                if fault:
                    found.append(Found(name, argument, label, fault, said))
    return calls, found


def judged(row, given, trial, right):
    """(the fault or None, what was said) of one call."""
    given = {name: copied(value) for name, value in given.items()}
    before = shown(given)
    result = outcome(row, given)
    if isinstance(result, Exception):
        fault, said = refusal(row, result), f"{type(result).__name__}: {result}"
        fault = fault or ("refused" if trial == "legal" else None)
        if fault is None and shown(given) != before:
            return "changed", said
        return fault, said
    if trial == "wrong":
        return "accepted", brief(result)
    if trial == "legal" and not same(result, right):
        return "other", brief(result)
    return None, ""


def brief(result):
    """The beginning of a result, or its class where what was accepted can not show."""
    with contextlib.suppress(Exception):
        return " ".join(repr(result).split())[:60]
    return type(result).__name__


def refusal(row, error):
    """What is wrong with an error, None if it is one line that names an argument."""
    said = str(error)
    numpys = any(words in said for words in NUMPYS) and not said.startswith("step ")
    if not isinstance(error, REFUSALS) or "\n" in said or numpys:
        return "internal"
    names = sorted((*row.arguments, *row.also), key=len, reverse=True)
    name = next((n for n in names if said.startswith(n)), None)
    if name is None or said[len(name):len(name) + 1] not in (*":[.' ",):
        return "unnamed"
    return None


def outcome(row, given):
    """What a call returns, or the exception that it raises."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), \
            contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            return row.call(**given)
        except Exception as error:
            return error


def copied(value):
    """Its own copy, where there is one: cs231n writes into bn_param, and rng moves."""
    return copy.deepcopy(value) if isinstance(
        value, dict | np.random.Generator) else value


def shown(value):
    """A value in a form that can be compared, to see whether a call changed it."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, np.random.Generator):
        return repr(value.bit_generator.state)
    if isinstance(value, dict):
        return [(repr(k), shown(v)) for k, v in value.items()]
    if isinstance(value, list | tuple):
        return [shown(v) for v in value]
    return repr(value) if isinstance(value, str | int | float) else id(value)


def same(a, b):
    """Whether two results are the same, whatever their byte order."""
    if isinstance(b, np.dtype):
        return a.newbyteorder("=") == b
    if isinstance(b, np.ndarray | np.generic | float):
        return np.shape(a) == np.shape(b) and np.allclose(a, b, 1e-10, 1e-14, True)
    if isinstance(b, dict):
        return set(a) == set(b) and all(same(a[k], b[k]) for k in b)
    if isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if hasattr(b, "__dict__") and not callable(b):
        return type(a) is type(b) and same(vars(a), vars(b))
    return a is b or a == b or callable(b) or type(a).__repr__ is object.__repr__


def main(beginnings):
    counts, start = {p: Counter() for p in PARTS}, time.perf_counter()
    for name in TABLE:
        if not name.startswith(tuple(beginnings) or ""):
            continue
        began = time.perf_counter()
        calls, found = sweep(name)
        part = max((p for p in PARTS if name.startswith(f"{p}.")), key=len)
        counts[part].update(["calls"] * calls + [f.fault for f in found])
        print(*found, sep="\n", end="\n" * bool(found))
        if (took := time.perf_counter() - began) > 1:
            print(f"slow: {name}: {took:.1f} s")
    for part, count in counts.items():
        print(f"{part}: {dict(count)}")
    print(f"{time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
