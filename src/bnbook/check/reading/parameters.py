"""Gamma, beta and running statistics of an object, found by what they do to y.

What scales y in every channel is gamma, what shifts it is beta; what does so in test
mode alone is the running variance and mean. Names are hints, and decide where two
faults are each other's mirror, as where gamma and beta stand in each other's place.
"""

from contextlib import suppress

import numpy as np

from bnbook.check.diagnosis.calls import Broke, meanings
from bnbook.check.reading.slots import get, places, spelled, words

SAME = 1e-10
GRADIENT = ("grad", "deriv", "delta")


def means(path):
    """What a place's names say it is, its last name first; "gradient" if one does."""
    names = words(path)
    if any(part in name for name in names for part in GRADIENT):
        return "gradient"
    for name in reversed(names):
        for meaning in meanings(name):
            if meaning in ("gamma", "beta", "running_mean", "running_var"):
                return meaning
    return None


def number_named(thing, meaning):
    """The one number of an object that a name says is meant, or None."""
    return next((float(np.ravel(a)[0]) for path, a in places(thing).items()
                 if np.size(a) == 1 and words(path)
                 and meaning in meanings(words(path)[-1])), None)


def effect(before, after):
    """What a change of a place did to y: "shift" or "scale" by channel, or None."""
    if np.shape(before) != np.shape(after) or before.ndim < 2 or not before.size:
        return None
    flat = [np.moveaxis(a, 1, 0).reshape(a.shape[1], -1) for a in (before, after)]
    size = max(np.abs(before).max(), np.abs(after).max(), SAME)
    if not np.isfinite(size) or np.abs(after - before).max() < SAME * size:
        return None
    if np.ptp(flat[1] - flat[0], axis=1).max() < 1e-7 * size:
        return "shift"
    centred = [a - a.mean(axis=1, keepdims=True) for a in flat]
    with np.errstate(all="ignore"):
        slope = (centred[0] * centred[1]).sum(1) / (centred[0] ** 2).sum(1)
    rest = centred[1] - slope[:, None] * centred[0]
    return "scale" if np.abs(rest).max() < 1e-7 * size else None


def changed(value, c):
    """Another value for a place, positive where it was, of another size in each."""
    old = np.broadcast_to(np.ravel(np.asarray(value, float)), c)
    return old + 0.3 + 0.5 * np.arange(1, c + 1) / c


def effects(thing, found, c, run, told):
    """path -> what a change of it does, of all places with a number a channel.

    run: {path: array} -> y. Places whose names are among those told come first.
    """
    fit = [path for path, value in found.items() if np.size(value) == c
           or (np.size(value) == 1 and means(path) in told)]
    did = dict.fromkeys(sorted(fit, key=lambda q: (means(q) not in told, len(q))))
    try:
        before = run({})
    except Broke:
        return did
    for path in did:
        with suppress(Broke):
            did[path] = effect(before, run({path: changed(get(thing, path), c)}))
    return did


def chosen(did, wanted, told):
    """meaning -> place: told, or by name and effect, by name, by effect."""
    at = {}
    for name, did_what in wanted.items():
        ranked = [p for p in did if means(p) == name and did[p] == did_what]
        ranked += [p for p in did if means(p) is None and did[p] == did_what]
        ranked += [p for p in did if means(p) == name and surely(p, name)]
        ranked += [p for p in did if means(p) != "gradient" and did[p] == did_what]
        if told[name] is not None:
            ranked = [found_by(did, told[name])]
        path = next((p for p in ranked if p not in at.values()), None)
        if path is not None:
            at[name] = path
    return at


def found_by(paths, told):
    """The place that the user named, whole or by one of its names; or None."""
    return next((path for path in paths if told in (
        spelled(path), *(str(key) for _, key in path))), None)


SURE = {"gamma": ("gamma", "weight", "scale"), "beta": ("beta", "bias", "shift")}


def surely(path, wanted):
    """Whether a name alone is enough, though the place does nothing to y."""
    return any(core in name for name in words(path) for core in SURE.get(wanted, ("",)))


def parameters_of(thing, found, c, run, told):
    """{"gamma": path, "beta": path} or a part of it."""
    wanted = {"gamma": "scale", "beta": "shift"}
    did = effects(thing, found, c, run, wanted)
    at = chosen(did, wanted, told)
    for name in wanted:
        if len(at) == 1 and name not in at:
            beside = _beside(did, next(iter(at.values())), name)
            at |= {name: beside} if beside else {}
    return at


def _beside(did, one, lost):
    """The place without effect that is called so, or beside one that was found."""
    free = [p for p in did if did[p] is None and p != one]
    return next((p for p in free if means(p) == lost), None) or next(
        (p for p in free if p[:-1] == one[:-1] and isinstance(p[-1][1], int)), None)


def running_of(thing, found, c, run, taken, told):
    """{"running_mean": path, "running_var": path}, or none; run: in test mode."""
    wanted = {"running_mean": "shift", "running_var": "scale"}
    free = {path: a for path, a in found.items() if path not in taken}
    at = chosen(effects(thing, free, c, run, wanted), wanted, told)
    return at if len(at) == 2 else {}
