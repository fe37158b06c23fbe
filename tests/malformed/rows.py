"""A row of the table: a public callable with one valid call."""

import importlib
import inspect
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

PARTS = ("graph", "norm", "norm.conventions", "nn", "data", "cs231n", "show",
         "show.small", "check")


class Row(NamedTuple):
    """call(**values of the arguments). also: what else a message may begin with."""

    call: Callable
    arguments: dict
    also: tuple
    slow: bool


def row(name, /, *, call=None, on=None, also=(), slow=False, **arguments):
    """{name: Row}. on: makes the object whose method it is; call: if not by keyword."""
    *_, last = name.split(".")
    if on is not None:
        def call(**given):
            return getattr(on(), last)(**given)
    return {name: Row(call or public(name), arguments, also, slow)}


def public(name):
    """What a name such as "nn.Network.forward" stands for."""
    part = max((p for p in PARTS if name.startswith(f"{p}.")), key=len)
    found = importlib.import_module(f"bnbook.{part}")
    for step in name.removeprefix(f"{part}.").split("."):
        found = getattr(found, step)
    return found


def exported():
    """The names of all public callables, and of the methods of their classes.

    Records, which hold what they are given and ask nothing, are left out.
    """
    for part in PARTS:
        module = importlib.import_module(f"bnbook.{part}")
        for name in getattr(module, "__all__", None) or own(module):
            found = getattr(module, name)
            if inspect.isclass(found):
                yield from (f"{part}.{name}.{method}" for method in own(found))
            if callable(found) and not record(found):
                yield f"{part}.{name}"


def own(module):
    """The names of the public functions and classes that are written in it."""
    return [name for name, found in vars(module).items() if not name.startswith("_")
            and (inspect.isfunction(found) or inspect.isclass(found))
            and found.__module__ == (getattr(module, "__module__", module.__name__))]


def record(found):
    return inspect.isclass(found) and (
        hasattr(found, "_fields") or found.__name__ in RESULTS)


RESULTS = {"Trace", "Report", "KillMatrix", "Diagnosis", "RanksError"}  # made by us


def draw(*shape, seed=0):
    """A few normal numbers, rounded, so that a list of them is the same."""
    return np.random.default_rng(seed).normal(size=shape).round(3)
