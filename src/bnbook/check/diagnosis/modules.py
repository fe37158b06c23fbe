"""What a module holds that can be diagnosed, and a module from its name or its path."""

import importlib
import importlib.util
import inspect
import re
import sys
from pathlib import Path

from bnbook.check.diagnosis.calls import Broke, asks_for, attempt, parameters
from bnbook.check.diagnosis.layers import looks_like_layer

FORWARD = re.compile("forward|fwd")
BACKWARD = re.compile("backward|backprop|bwd|back")
NORM = re.compile("batch_?norm|(^|_)bn|norm")


def loaded(name):
    """The module of that name, or at that path; a script that ends in exit() counts."""
    path = Path(name)
    if path.suffix != ".py":
        path = Path(f"{name}.py")
        if not path.is_file():
            return attempt(importlib.import_module, name)
    if not path.is_file():
        raise Broke(f"there is no file {name}")
    sys.path.insert(0, str(path.resolve().parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    attempt(_run, spec, module)
    return module


def _run(spec, module):
    try:
        spec.loader.exec_module(module)
    except SystemExit:  # what stands before it is defined
        if not any(callable(a) for a in vars(module).values()):
            raise


def stem(name, end):
    """A function's name without what says that it is a forward or a backward."""
    return end.sub("", name.lower(), count=1).replace("__", "_").strip("_")


def partner(name, things):
    """The forward that stands beside a backward: under its name, or its first words."""
    forwards = {stem(n, FORWARD): f for n, f in things.items()
                if FORWARD.search(n.lower()) and callable(f)}
    words = stem(name, BACKWARD).split("_")
    for count in range(len(words), 0, -1):
        found = forwards.get("_".join(words[:count]))
        if found is not None:
            return found
    return None


def partnered(code):
    """The code to diagnose, one or several: a module's own; a backward's own forward.

    A backward whose cache is its own author's can only be run with that author's
    forward, which stands beside it under the same name.
    """
    if len(code) == 1 and inspect.ismodule(code[0]):
        return of_module(code[0])
    f = code[0] if len(code) == 1 else None
    name = getattr(f, "__name__", "")
    if inspect.isfunction(f) and BACKWARD.search(name.lower()):
        forward = partner(name, f.__globals__)
        if forward is not None and asks_for(f, "cache"):
            return [(forward, f)]
    return [code]


def of_module(module):
    """Every pair of a batch norm, and every layer; or else the first of anything."""
    things = {name: a for name, a in vars(module).items() if callable(a)
              and getattr(a, "__module__", module.__name__) == module.__name__}
    pairs = {name: (forward, f) for name, f in things.items()
             if not inspect.isclass(f) and BACKWARD.search(name.lower())
             and (forward := partner(name, things)) is not None}
    layers = {name: a for name, a in things.items() if looks_like_layer(a)
              and not _is_base(a, things.values())}
    alone = {name: f for name, f in things.items() if name not in pairs
             and not inspect.isclass(f) and BACKWARD.search(name.lower())
             and len(parameters(f)) >= 2}
    found = pairs | {name: (a,) for name, a in layers.items()}
    norms = [code for name, code in found.items() if NORM.search(name.lower())]
    if not norms and not found:
        found = {name: (f,) for name, f in alone.items()}
    if not found:
        raise Broke(f"{module.__name__} has no forward and backward. {ACCEPTED}")
    return norms or list(found.values())[:1]


def _is_base(thing, others):
    """Whether another class of the module is made from this one."""
    return inspect.isclass(thing) and any(
        inspect.isclass(other) and other is not thing and issubclass(other, thing)
        for other in others)


ACCEPTED = (
    "Accepted: forward(x, gamma, beta, bn_param or eps) -> (y, cache) with "
    "backward(dout, cache) -> (dx, dgamma, dbeta); a class or an object with "
    "forward(x) and backward(dy); or a backward alone.")
