"""A module whose functions keep statistics in its globals, read as a layer."""

import copy
import dis
from types import FunctionType

import numpy as np

from bnbook.check.diagnosis.calls import meanings

STATE = {"running_mean", "running_var", "mu", "var", "bn_param"}


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
