"""What looks like a layer, and what its methods are called."""

import inspect
import re

from bnbook.check.diagnosis.calls import asks_for, parameters

FORWARD = re.compile(r"^_*(forward|fwd|feed_?forward|fprop|propagate|call_*$|apply$)")
BACKWARD = re.compile(r"^_*(back|bwd|bprop|deriv|grad(ient)?s?$)")


def method(thing, pattern):
    """The name of the method that is meant: the shortest that fits; None if none is."""
    own = [n for n in dir(thing) if pattern.search(n.lower()) and callable(
        getattr(thing, n, None)) and (n != "__call__" or "__call__" in vars(
            thing if inspect.isclass(thing) else type(thing)))]
    return min(own, key=lambda n: (not n.startswith("forward") and n != "backward",
                                   n.startswith("_"), len(n)), default=None)


def looks_like_layer(thing):
    """Whether it has a forward and a backward of any name, and keeps what is between.

    A forward that is handed gamma makes it a pair of functions, unless it is a class
    whose backward is handed no cache.
    """
    if inspect.ismodule(thing) or inspect.isroutine(thing):
        return False
    names = method(thing, FORWARD), method(thing, BACKWARD)
    if None in names:
        return False
    forward, backward = (getattr(thing, n) for n in names)
    if asks_for(forward, "gamma"):
        return inspect.isclass(thing) and not any(
            asks_for(f, "cache") for f in (forward, backward))
    return inspect.isclass(thing) or len(
        [p for p in parameters(forward) if p.default is p.empty]) < 3
