"""What looks like a layer, and what its methods are called."""

import inspect
import re

from bnbook.check.diagnosis.calls import asks_for, parameters

WORDS = "feed_?forward|forward(_?pass)?|fwd|fprop"
FORWARD = re.compile(f"{WORDS}|_train(ing)?$")
BACKWARD = re.compile("backward(_?pass)?|backprop(agat\\w+)?|bprop|bwd|back|"
                      "deriv(e|ative)?|_grad$")
METHODS = (re.compile(f"^_*({WORDS}|propagate|call_*$|apply$)"),
           re.compile(f"^_*({BACKWARD.pattern}|grad(ient)?s?$)"))
ACCEPTED = (
    "Accepted: forward(x, gamma, beta, bn_param or eps) -> (y, cache) with "
    "backward(dout, cache) -> (dx, dgamma, dbeta); a class or an object with "
    "forward(x) and backward(dy); or a backward alone.")


def is_forward(name):
    return bool(FORWARD.search(name.lower()))


def is_backward(name):
    return bool(BACKWARD.search(name.lower()))


def stem(name):
    """A function's name without what says that it is a forward or a backward."""
    end = BACKWARD if is_backward(name) else FORWARD
    return re.sub("_+", "_", end.sub("", name.lower())).strip("_")


def methods(thing):
    """The names of its forward and backward, None for one that there is not."""
    return [_method(thing, pattern) for pattern in METHODS]


def _method(thing, pattern):
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
    names = methods(thing)
    if None in names:
        return False
    forward, backward = (getattr(thing, n) for n in names)
    if asks_for(forward, "gamma"):
        return inspect.isclass(thing) and not any(
            asks_for(f, "cache") for f in (forward, backward))
    return inspect.isclass(thing) or len(
        [p for p in parameters(forward) if p.default is p.empty]) < 3
