"""Which kind of reader a stranger's code is."""

import inspect
import re

from bnbook.check.diagnosis.calls import Broke, asks_for, attempt, parameters
from bnbook.check.diagnosis.modules import ACCEPTED, BACKWARD, FORWARD
from bnbook.check.reading import layers
from bnbook.check.reading.globals import as_layer, keeps_globals
from bnbook.check.reading.reader import Reader, backward_alone

NORM = re.compile("batch_?norm|(^|_)bn|norm")


def recognise(*code, told=None):
    """The reader of a stranger's code."""
    if len(code) == 1 and isinstance(code[0], (tuple, list)) and not hasattr(
            code[0], "forward"):
        code = tuple(code[0])
    if len(code) == 1 and hasattr(code[0], "implementation"):
        code = (code[0].implementation,)
    if len(code) == 2 and all(map(callable, code)):
        return _pair(code, told)
    if len(code) == 1:
        return _one(code[0], told)
    raise Broke(f"{len(code)} things were given. {ACCEPTED}")


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
    names = [layers.method(thing, words) for words in (layers.FORWARD, layers.BACKWARD)]
    if layers.looks_like_layer(thing):
        return _layer(thing, names, told)
    pair = method_pair(thing) or (looks_like_forward(thing) and (thing, None))
    if pair:
        return _pair(pair, told)
    if inspect.isclass(thing) and names[0]:
        return Reader("layer", thing, (names[0], None), told)
    if callable(thing) and not inspect.isclass(thing) and len(parameters(thing)) >= 2:
        return backward_alone(thing, told)
    raise Broke(f"{type(thing).__name__} is nothing that can be diagnosed. {ACCEPTED}")


def looks_like_forward(thing):
    """Whether a function is a forward: it is handed gamma, and no upstream gradient."""
    name = getattr(thing, "__name__", "").lower()
    if not inspect.isroutine(thing) or BACKWARD.search(name):
        return False
    first = [p.name.lower() for p in parameters(thing)[:1]]
    return bool(FORWARD.search(name)) or (asks_for(thing, "gamma") and not any(
        n.startswith("d") or "grad" in n for n in first))


def method_pair(thing):
    """(forward, backward) of an object or a class that are handed gamma; or None."""
    names = [n for n in dir(thing) if not n.startswith("__")
             and callable(getattr(thing, n, None))]
    forwards = [n for n in names if FORWARD.search(n.lower()) and asks_for(
        getattr(thing, n), "gamma")]
    forwards.sort(key=lambda n: not NORM.search(n.lower()))
    backwards = {BACKWARD.sub("", n.lower(), count=1): n for n in reversed(names)
                 if BACKWARD.search(n.lower())}
    owner = attempt(object.__new__, thing) if inspect.isclass(thing) else thing
    for name in forwards:
        back = backwards.get(FORWARD.sub("", name.lower(), count=1))
        return getattr(owner, name), back and getattr(owner, back)
    return None
