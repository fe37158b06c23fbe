"""The places where an object keeps numbers, and writing into them as it keeps them.

A place is a path: (".", name) for an attribute, ("[]", key) for an item, step by step.
"""

import inspect
from itertools import islice

import numpy as np

from bnbook.check.diagnosis.calls import Broke, attempt

DEPTH, MOST = 4, 300


def is_numbers(value):
    """Whether a value is a number, an array of them, or a list of them."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iuf"
    if isinstance(value, list):
        rows = {len(a) if isinstance(a, list) else 0 for a in value}
        return len(rows) == 1 and all(
            is_numbers(a) and not isinstance(a, np.ndarray) for a in value)
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def is_flag(value):
    return isinstance(value, (bool, str))


def places(thing, wanted=is_numbers):
    """path -> value, of every value that is wanted below an object."""
    return dict(islice(_walk(thing, (), wanted, set()), MOST))


def _walk(thing, path, wanted, known):
    if len(path) >= DEPTH or id(thing) in known:
        return
    known.add(id(thing))
    for step, value in _inside(thing):
        if wanted(value):
            yield (*path, step), value
        else:
            yield from _walk(value, (*path, step), wanted, known)


def _inside(thing):
    """(step, value) of all that an object, a dict or a sequence holds."""
    if isinstance(thing, dict):
        return [(("[]", key), value) for key, value in thing.items()]
    if isinstance(thing, (list, tuple)):
        return [(("[]", i), value) for i, value in enumerate(thing)]
    if inspect.isclass(thing) or inspect.ismodule(thing) or inspect.isroutine(thing):
        return []
    kept = dict(getattr(thing, "__dict__", {}))
    for made in type(thing).__mro__:
        names = made.__dict__.get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            kept[name] = getattr(thing, name, None)
    return [((".", name), value) for name, value in kept.items()]


def get(thing, path):
    """What stands at a place; Broke if there is no such place."""
    for kind, key in path:
        thing = attempt(getattr, thing, key) if kind == "." else attempt(
            lambda holder, k: holder[k], thing, key)
    return thing


def copied(found):
    """Places as they are now, whatever is written into them."""
    return {path: np.array(a) for path, a in found.items()}


def has(thing, path):
    """Whether there is such a place, with numbers in it."""
    try:
        return is_numbers(get(thing, path))
    except Broke:
        return False


def put(thing, path, a):
    """Write numbers into a place, as its owner keeps them: never an array of ours."""
    old = get(thing, path) if has(thing, path) else a
    new = a.reshape(np.shape(old) if np.size(old) == a.size else a.shape).copy()
    if isinstance(old, np.ndarray) and old is not a and old.size == a.size and (
            old.dtype.kind == "f" and old.flags.writeable):
        old[...] = new  # every other name of it follows
    else:
        replace(thing, path, new.tolist() if isinstance(old, list) else new)


def replace(thing, path, value):
    """Put a value in a place; a tuple around it is made anew."""
    *above, (kind, key) = path
    holder = get(thing, above)
    if isinstance(holder, tuple):
        anew = [*holder[:key], value, *holder[key + 1:]]
        made = type(holder)
        replace(thing, above, made(*anew) if hasattr(made, "_fields") else made(anew))
    elif kind == ".":
        attempt(setattr, holder, key, value)
    else:
        holder[key] = value


def words(path):
    """The names on a path, small and without underscores; an index has none."""
    return [str(key).lower().replace("_", "") for _, key in path
            if not isinstance(key, int)]


def spelled(path):
    """A path as its owner writes it."""
    text = "".join(f".{key}" if kind == "." else f"[{key!r}]" for kind, key in path)
    return text.removeprefix(".")
