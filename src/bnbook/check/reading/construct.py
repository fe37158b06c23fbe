"""Making a reader's object: its constructor, and what must be called before it runs."""

import copy
import inspect
import re
from itertools import permutations
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from bnbook.check.diagnosis.calls import asks_for, attempt, meanings, parameters
from bnbook.check.reading.plans import Plan, call_by, fits_default, plans

SIZES = {  # what may be asked for as the size: c channels, a batch of `shape`
    "a number": lambda c, shape: c, "(C,)": lambda c, shape: (c,),
    "a batch's shape": lambda c, shape: tuple(shape),
    "an example's shape": lambda c, shape: tuple(shape[1:]),
    "(1, C)": lambda c, shape: (1, c), "many": lambda c, shape: [c] * 3}
BUILD = re.compile("build|init|set_?up|set_input|set_size|compile|create|alloc|make_|"
                   "reset_param|connect|add_param")
LIKE_SIZES = {"features", "outputs", "size"}
KNOWN = ("features", "gamma", "beta", "learning_rate", "optimizer", "name",
         "batch_size", "dtype", "ndim")
SPARE = ("features", "learning_rate", "batch_size", "nothing")


class Optimizer:
    """An optimizer that takes the whole gradient off: what moved is the gradient."""

    learning_rate = lr = alpha = eta = 1.0

    def __call__(self, *given, **named):
        arrays = [a for a in (*given, *named.values()) if isinstance(a, np.ndarray)]
        return arrays[0] - arrays[1] if arrays[1:] else [*arrays, self][0]

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self.__call__


class Settings(dict):
    """Options by name; one that is asked for and not there is what its name means."""

    meant = MappingProxyType({})  # while a copy is made

    def __init__(self, **options):
        super().__init__(options)
        self.meant = {}

    def __missing__(self, key):
        found = [m for m in meanings(str(key)) if m in self.meant]
        if not found:
            raise KeyError(key)
        return self.meant[found[0]]

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error


class Context:
    """What a forward keeps for its backward, handed to both."""

    def save_for_backward(self, *kept):
        self.saved_tensors = self.saved_values = kept


class Way(NamedTuple):
    """How an object is made: the size its constructor gets, then what is called."""

    size: str = "a number"
    calls: tuple = ()


class Given(NamedTuple):
    """What an object is made for; eps: None if it is to have its own."""

    shape: tuple
    gamma: np.ndarray
    beta: np.ndarray
    eps: float | None = None
    size_name: str | None = None

    def values(self, size):
        found = {"features": SIZES[size](self.gamma.size, self.shape),
                 "gamma": self.gamma.copy(), "beta": self.beta.copy(),
                 "eps": 1e-5 if self.eps is None else self.eps, "momentum": 0.9,
                 "learning_rate": 1.0, "optimizer": Optimizer(), "name": "bn",
                 "batch_size": self.shape[0], "dtype": float,
                 "nothing": None, "ndim": len(self.shape), "x": np.zeros(self.shape),
                 "bn_param": Settings()}
        found["bn_param"].meant = found
        return found


def ways(thing):
    """Every way to make it: with each size, then with each preparing call, and two."""
    if not inspect.isclass(thing):
        return [Way()]
    sizes = [*SIZES] if asks_for(thing, "features") or any(
        p.default is p.empty for p in parameters(thing)) else ["a number"]
    builders = [(name, size) for name in dir(thing) if BUILD.search(name.lower())
                and not name.startswith("__")
                and inspect.isfunction(getattr(thing, name))
                for size in (SIZES if len(parameters(getattr(thing, name))) > 1
                             else ["a number"])]
    two = [pair for pair in permutations(builders, 2) if pair[0][0] != pair[1][0]]
    return [Way(size) for size in sizes] + [
        Way("a number", calls) for calls in [(b,) for b in builders] + two[:60]] + [
        Way(size, (b,)) for size in sizes[1:] for b in builders]


def made(thing, way, given):
    """A new object, or a copy of the one that there is."""
    if not inspect.isclass(thing):
        return attempt(copy.deepcopy, thing)
    must = {m for p in parameters(thing) if p.default is p.empty
            for m in meanings(p.name)}
    if given.eps is not None:
        must.add("eps")
    known = [*KNOWN, *(m for m in ("eps", "momentum", "bn_param") if m in must)]
    named = dict.fromkeys([given.size_name] if given.size_name else _sizes(thing),
                          "features")
    layer = _called(thing, known, SPARE, given.values(way.size), named)
    for name, size in way.calls:
        _called(getattr(layer, name), ("features", "optimizer", "x", "eps"),
                ("features", "nothing"), given.values(size))
    return layer


def _sizes(thing):
    """The parameters that are surely sizes: all are the number of channels."""
    return [p.name for p in parameters(thing) if {*meanings(p.name)} & LIKE_SIZES
            and (p.default is p.empty or type(p.default) is int)]


def _called(f, known, spare, values, named=None):
    """f's result under the likeliest plan."""
    plan = plans(f, known, spare, named)[0] if parameters(f) else Plan()
    return call_by(plan, f, values)


def takes(thing, meaning):
    """Whether a class's constructor asks for it, as a number."""
    return inspect.isclass(thing) and any(
        meaning in meanings(p.name) and fits_default(p, meaning)
        for p in parameters(thing))
