"""A reader's dropout: how many it drops, how it scales, whose mask it is."""

import numpy as np

from bnbook.check.diagnosis.calls import Broke, call
from bnbook.check.diagnosis.told import Told

P = 0.2
CLOSE = 1e-9


def drop(forward, x, p, training=True):
    """(y, cache) of a dropout forward, in the course's contract or in this book's."""
    mode = "train" if training else "test"
    given = {"x": x, "p": p, "rng": np.random.default_rng(0), "training": training,
             "mode": mode, "dropout_param": {"p": p, "mode": mode, "seed": 0}}
    result = call(forward, given, ("x", "p", "rng"))
    y, *cache = result if isinstance(result, tuple) else (result,)
    return np.array(y), cache


def dropout(forward, backward, seed=0):
    """Faults and notes of a dropout, p its probability to drop or to keep."""
    rng = np.random.default_rng(seed)
    x, dy = rng.uniform(1, 2, (60, 40)), rng.normal(size=(60, 40))
    given, upstream = x.copy(), dy.copy()
    y, cache = drop(forward, given, P)
    ratio = y / x
    told = [] if np.array_equal(given, x) else [
        Told("x overwritten", "x", "x is overwritten by the forward")]
    told += _mask(forward, x, ratio)
    told += _extremes(forward, x)
    if backward is None:
        return told
    result = call(backward, {"dy": upstream, "cache": cache[0] if cache else None},
                  ("dy", "cache"))
    dx = np.array(result[0] if isinstance(result, tuple) else result)
    if not np.array_equal(upstream, dy):
        told.append(Told("dout overwritten", "y", "dout is overwritten by the "
                                                  "backward"))
    return told + _backward(dx, dy, ratio)


def _mask(forward, x, ratio):
    kept = ratio != 0
    told = []
    for axis, words in ((0, "row"), (1, "column")):
        if (kept == np.take(kept, [0], axis)).all():
            told.append(Told(f"one {words} of mask", "y", f"the mask is one {words}: "
                             "the whole batch shares it; each element needs its own"))
    share = kept.mean()
    keep = min((P, 1 - P), key=lambda k: abs(share - k))
    if abs(share - keep) > (0.25 if told else 0.08):
        return [*told, Told("share", "y", f"{share:.0%} are kept at p = {P}, expected "
                            f"{1 - P:.0%} (p drops) or {P:.0%} (p keeps)")]
    if keep == P:
        told.append(("note", Told("p keeps", "y", "p is the probability to keep (the "
                                  "newer assignment's convention)")))
    return told + _scale(forward, x, ratio[kept], keep)


def _scale(forward, x, scales, keep):
    scale = np.median(scales)
    if np.abs(scales - 1 / keep).max() < CLOSE:
        return _test_mode(forward, x, 1.0)
    if np.ptp(scales) > CLOSE:
        return [Told("scale", "y", "what is kept is not scaled by one factor")]
    if abs(scale - 1) < CLOSE:
        if not _test_mode(forward, x, keep):
            return [("note", Told("scaled in test mode", "y", "plain dropout: test "
                                  "mode scales, training does not"))]
        return [Told("not scaled", "y", "what is kept is not scaled by 1 / (1 − p)")]
    if abs(scale - 1 / (1 - keep)) < CLOSE:
        return [Told("scaled by 1 / p", "y", "what is kept is divided by the "
                     f"probability to drop: y's mean is {keep / (1 - keep):.3g} times "
                     "x's")]
    return [Told("scale", "y", f"what is kept is scaled by {scale:.4g}, expected "
                 f"{1 / keep:.4g}")]


def _test_mode(forward, x, factor):
    """A fault if test mode gives anything but factor · x."""
    try:
        y, _ = drop(forward, x.copy(), P, training=False)
    except Broke:
        return []
    again = drop(forward, x.copy(), P)[0]
    if np.abs(y - factor * x).max() < 1e-9 or np.array_equal(y, again):
        return []
    if (y == 0).any():
        return [Told("test mode drops", "y", "test mode drops elements")]
    return [Told("test mode scales", "y", f"test mode gives {np.median(y / x):.4g} · "
                 f"x, expected {factor:g} · x")]


def _extremes(forward, x):
    for p in (1.0, 0.0):
        try:
            y, _ = drop(forward, x.copy(), p)
        except Broke:
            continue
        if not np.isfinite(y).all():
            return [("note", Told("p = 1 divides by 0", "y", f"at p = {p:g} nothing is "
                                  "kept, and 0 / 0 gives NaN: all should be 0"))]
    return []


def _backward(dx, dy, ratio):
    if dx.shape != dy.shape:
        return [Told("dx's shape", "x", f"dx has shape {dx.shape}, not {dy.shape}")]
    for value, name, words in (
            (dy * ratio, "", ""), (dy * (ratio != 0), "backward not scaled",
                                   "dx has the mask and lacks its scale"),
            (dy, "backward without mask", "dx is dy: the backward lacks the mask"),
            (dy * ratio**2, "mask twice", "dx is scaled twice")):
        if np.abs(dx - value).max() < CLOSE:
            return [Told(name, "x", words)] if name else []
    if ((dx != 0) != (ratio != 0)).any():
        return [Told("another mask", "x", "the backward's mask is not the forward's")]
    return [Told("unnamed", "x", "dx differs in a way that has no name", False)]
