"""Which kind of reader a stranger's code is."""

import copy
import dis
import inspect
import re
from types import FunctionType

import numpy as np

from bnbook.check.diagnosis.calls import Broke, asks_for, attempt, meanings, parameters
from bnbook.check.reading import layers
from bnbook.check.reading.reader import Reader, backward_alone

NORM = re.compile("batch_?norm|(^|_)bn|norm")
STATE = {"running_mean", "running_var", "mu", "var", "bn_param"}


def recognise(*code, told=None):
    if len(code) == 1 and isinstance(code[0], (tuple, list)) and not hasattr(
            code[0], "forward"):
        code = tuple(code[0])
    if len(code) == 1 and hasattr(code[0], "implementation"):
        code = (code[0].implementation,)
    if len(code) == 2 and all(map(callable, code)):
        return _pair(code, told)
    if len(code) == 1:
        return _one(code[0], told)
    raise Broke(f"{len(code)} things were given. {layers.ACCEPTED}")


def _pair(code, told):
    """Functions; or methods that need what their object's constructor makes."""
    if keeps_globals(code[0]):
        return Reader("layer", as_layer(code[0]), [f and f.__name__ for f in code],
                      told)
    owner = getattr(code[0], "__self__", None)
    try:
        return Reader("functions", None, code, told)
    except Broke:
        if owner is None or inspect.isclass(owner):
            raise
    return _layer(type(owner), [f and f.__name__ for f in code], told)


def _layer(thing, names, told):
    """The reader of a layer, or of the batch norm among a network's methods."""
    reader = Reader("layer", thing, names, told)
    if reader.reading.broke and NORM.search(names[0].lower()):
        raise Broke(f"the backward raises {reader.reading.broke}: if it needs what "
                    "another method keeps, hand in the two as functions")
    return reader


def _one(thing, told):
    names = layers.methods(thing)
    if layers.looks_like_layer(thing):
        return _layer(thing, names, told)
    pair = method_pair(thing) or (looks_like_forward(thing) and (thing, None))
    if pair:
        return _pair(pair, told)
    if inspect.isclass(thing) and names[0]:
        return Reader("layer", thing, (names[0], None), told)
    if callable(thing) and not inspect.isclass(thing) and len(parameters(thing)) >= 2:
        return backward_alone(thing, told)
    raise Broke(f"{type(thing).__name__} is nothing that can be diagnosed. "
                f"{layers.ACCEPTED}")


def looks_like_forward(thing):
    """Whether a function is a forward: it is handed gamma, and no upstream gradient."""
    name = getattr(thing, "__name__", "")
    if not inspect.isroutine(thing) or layers.is_backward(name):
        return False
    first = [p.name.lower() for p in parameters(thing)[:1]]
    return layers.is_forward(name) or (asks_for(thing, "gamma") and not any(
        n.startswith("d") or "grad" in n for n in first))


def method_pair(thing):
    """(forward, backward) of an object or a class that are handed gamma; or None."""
    names = [n for n in dir(thing) if not n.startswith("__")
             and callable(getattr(thing, n, None))]
    forwards = [n for n in names if layers.is_forward(n) and asks_for(
        getattr(thing, n), "gamma")]
    forwards.sort(key=lambda n: not NORM.search(n.lower()))
    backwards = {layers.stem(n): n for n in names[::-1] if layers.is_backward(n)}
    owner = attempt(object.__new__, thing) if inspect.isclass(thing) else thing
    for name in forwards:
        back = backwards.get(layers.stem(name))
        return getattr(owner, name), back and getattr(owner, back)
    return None


def keeps_globals(f):
    """Whether a module's function writes globals, or reads its statistics in them."""
    home = getattr(f, "__globals__", {})
    return home.get(getattr(f, "__name__", "")) is f and any(
        i.opname == "STORE_GLOBAL" or (
            i.opname == "LOAD_GLOBAL" and {*meanings(i.argval)} & STATE
            and isinstance(home.get(i.argval), (list, dict, np.ndarray)))
        for i in dis.get_instructions(f))


def as_layer(f):
    """A class each of whose objects is f's module anew, with globals of its own."""
    def anew(a, own):
        if isinstance(a, FunctionType) and a.__globals__ is f.__globals__:
            made = FunctionType(a.__code__, own, a.__name__, a.__defaults__,
                                a.__closure__)
            made.__kwdefaults__ = a.__kwdefaults__
            return made
        return copy.deepcopy(a) if isinstance(a, (list, dict, np.ndarray)) else a

    def start(self):
        vars(self).update({name: anew(a, vars(self)) for name, a in home.items()},
                          __builtins__=f.__builtins__)

    home = {name: anew(a, f.__globals__) for name, a in f.__globals__.items()
            if not name.startswith("__")}
    return type("Module", (), {"__init__": start})
