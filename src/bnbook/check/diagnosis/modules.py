"""A module from its name or its path."""

import importlib
import importlib.util
import re
import sys
from pathlib import Path

from bnbook.check.diagnosis.calls import Broke, attempt

FORWARD = re.compile("feed_?forward|forward(_?pass)?|fwd|fprop|_train(ing)?$")
BACKWARD = re.compile("backward(_?pass)?|backprop(agat\\w+)?|bprop|bwd|back|"
                      "deriv(e|ative)?|_grad$")
ACCEPTED = (
    "Accepted: forward(x, gamma, beta, bn_param or eps) -> (y, cache) with "
    "backward(dout, cache) -> (dx, dgamma, dbeta); a class or an object with "
    "forward(x) and backward(dy); or a backward alone.")


def loaded(name):
    """The module of that name, or at that path; a script that ends in exit() counts."""
    path = Path(name)
    if path.suffix != ".py":
        path = Path(f"{name}.py")
        if not path.is_file():
            return attempt(importlib.import_module, name)
    if not path.is_file():
        raise Broke(f"there is no file {name}")
    name = free_name(path)
    sys.path.append(str(path.resolve().parent))  # behind Python's own
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    attempt(_run, spec, module)
    return module


def free_name(path):
    """The module's name for a file; another for random.py, that Python's stays."""
    name = path.stem
    while name in sys.stdlib_module_names or (name in sys.modules and getattr(
            sys.modules[name], "__file__", "") != str(path)):
        name += "_"
    return name


def _run(spec, module):
    try:
        spec.loader.exec_module(module)
    except SystemExit:  # what stands before it is defined
        if not any(callable(a) for a in vars(module).values()):
            raise
