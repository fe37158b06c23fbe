"""A reader's pair, or class, run on given values, whatever its arguments are called."""

import copy
import inspect
import re
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from bnbook.check.diagnosis.calls import Broke, attempt, meanings, number, parameters
from bnbook.check.reading import slots
from bnbook.check.reading.layers import is_backward, methods
from bnbook.check.reading.modes import switches
from bnbook.check.reading.plans import call_by, plans

DICT = re.compile("(param|params|config|cfg|options|opts)$|^hyper|^hparam")
DERIVED = re.compile("^(dl?d?l?|grads?|gradients?|g)(?=.)|(grads?|gradients?)$")
KEYS = {"height": "pool_height", "width": "pool_width", "size": "f"}


class NotChecked(Broke):
    """The reader's code was not understood: it is named, and not blamed."""


class Ran(NamedTuple):
    """y, the gradients by name, which arguments were changed, why backward broke."""

    y: np.ndarray
    gradients: dict = MappingProxyType({})
    changed: tuple = ()
    broke: Broke | None = None


def planned(f, values, order):
    """How f is called: with what its names ask for, the surest first, then in order."""
    told = {p.name: "settings" for p in parameters(f) if "settings" in values
            and DICT.search(p.name.lower().replace("_", ""))}
    try:
        plan = plans(f, tuple(values), [m for m in order if m in values], told)[0]
    except Broke as broke:
        raise NotChecked(str(broke)) from broke
    for m in plan.sources():
        if values[m] is None:
            raise NotChecked(f"{f.__name__} asks for the {m}, which means nothing here")
    return plan


def called(f, values, order):
    """f with what it asks for."""
    if not (parameters(f) or attempt(inspect.signature, f).parameters):
        return attempt(f)
    return call_by(planned(f, values, order), f, values)


def started(code, values, order):
    """(forward, backward or None, the object that they are of, or None), made anew."""
    if len(code) == 2:
        return *code, None
    names = methods(code[0])
    if is_backward(getattr(code[0], "__name__", "")):
        raise NotChecked("it is a backward, and its forward is needed too")
    if inspect.isroutine(code[0]) or not any(names):
        return code[0], None, None
    owner = (called(code[0], values, order) if inspect.isclass(code[0])
             else attempt(copy.deepcopy, code[0]))
    return *(name and getattr(owner, name) for name in names), owner


def core(word):
    """A gradient's name, or key, without what says that it is one."""
    word = str(word).lower().replace("_", "")
    short = DERIVED.sub("", word, count=1)
    return short if meanings(short) and not {"gamma", "w"} & {*meanings(word)} else word


def kept(owner, m, gradient=False, size=None):
    """The place where an object keeps what has a meaning, or its gradient; or None."""
    for path, value in slots.places(owner).items():
        names = slots.words(path)
        marked = any("grad" in word for word in names) or any(
            core(word) != word for word in names)
        if marked == gradient and size in (None, np.size(value)) and any(
                m in meanings(core(word)) for word in names):
            return path
    return None


def fill(owner, wanted, values):
    """Write what is wanted into an object's own places; what was not found."""
    left = []
    for m in wanted:
        path, a = kept(owner, m, size=values[m].size), values[m]
        if path is None:
            left.append(m)
        else:
            turned = np.shape(slots.get(owner, path)) == a.T.shape != a.shape
            slots.put(owner, path, a.T if turned else a)
    return left


def gradients(result, names, owner=None):
    """name -> array of what a backward returned, or left on its object."""
    found, flat = {}, [result]
    while flat:
        a = flat.pop(0)
        free = [n for n in names if n not in found]
        if isinstance(a, (tuple, list)):
            flat = [*a, *flat]
        elif isinstance(a, dict):
            found |= {n: value for key, value in a.items() for n in names
                      if n in meanings(core(key))}
        elif free:
            found[free[0]] = a
    for n in names:
        if found.get(n) is None and (path := kept(owner, n, gradient=True)):
            found[n] = slots.get(owner, path)
    return {n: np.array(number(f"d{n}", found[n])) for n in names
            if found.get(n) is not None}


def values_of(kind, turned, v):
    """What the reader's code may ask for, source -> value, in its layout."""
    train = v.get("training", True)
    mode = {"mode": "train" if train else "test"}
    settings = {m: v.get(m) for m in kind.settings}
    keys = {KEYS.get(m, m): a for m, a in settings.items()}
    return {m: turned(m, np.array(v[m])) for m in kind.inputs} | settings | {
        "training": train, "testing": not train, "settings": keys | mode
    } | (mode if "p" in settings else {})


def run(code, kind, turned, v, dy=None):
    """One forward, and a backward if y has dy's shape, on copies: Ran; Broke if the
    forward breaks.

    turned(name, a, back=0): an array in the reader's layout; in ours, if back is 1.
    """
    values = values_of(kind, turned, v)
    before = {m: values[m].copy() for m in kind.inputs}
    made = {"outputs": v.get("outputs"), "features": v["x"].shape[1]}
    forward, backward, owner = started(
        code, made | values, ("features", "outputs", *kind.settings))
    y, *cache = _forward(kind, forward, owner, values)
    ran = Ran(turned("y", np.array(number("y", y)), 1))
    if dy is not None and ran.y.shape == dy.shape:
        values = {"dy": turned("y", np.array(dy))} | (
            {"cache": cache[0]} if cache else {}) | values
        before["dy"] = values["dy"].copy()
        found = _backward(kind, backward, owner, values, cache)
        ran = ran._replace(broke=found) if isinstance(found, Broke) else ran._replace(
            gradients={n: turned(n, a, 1) for n, a in found.items()})
    return ran._replace(changed=tuple(
        "dout" if m == "dy" else m for m, a in before.items()
        if not np.array_equal(a, values[m])))


def _forward(kind, forward, owner, values):
    """(y, what else was returned)."""
    order = (*kind.inputs, *kind.settings)
    takes = planned(forward, values, order).sources()
    if not (values["training"] or takes & {"training", "testing", "mode", "settings"}):
        _to_test(forward, owner)
    missing = fill(owner, [m for m in kind.inputs if m not in takes], values)
    result = called(forward, values, order)
    if missing:  # its parameters are made at the first forward
        if fill(owner, missing, values):
            raise NotChecked(f"its {' and '.join(missing)} were not found")
        result = called(forward, values, order)
    if result is None and (path := kept(owner, "y")):
        return (slots.get(owner, path),)
    return result if isinstance(result, tuple) else (result,)


def _to_test(forward, owner):
    """Switch an object to test mode; NotChecked if it has none."""
    switch = next((s for s in switches(forward, owner)
                   if s.named and s.kind != "argument"), None)
    if switch is None:
        raise NotChecked("it has no test mode")
    switch.set(owner, training=False)


def _backward(kind, backward, owner, values, cache):
    """name -> gradient, or why it broke; of a loss without a backward, what it returned
    with its value.
    """
    order = ("dy",) * (not kind.loss) + ("cache", *kind.inputs)
    try:
        if backward is None:
            result = cache if kind.loss else None
        elif len(parameters(backward)) - 1 == len(cache) > 1:
            result = attempt(backward, values["dy"], *cache)
        else:
            result = called(backward, values, order)
        return gradients(result, kind.gradients, owner)
    except Broke as broke:
        return broke
