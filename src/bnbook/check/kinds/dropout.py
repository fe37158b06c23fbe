"""A reader's dropout: how many it drops, how it scales, whose mask it is."""

from contextlib import suppress

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.told import Finding, Told, as_findings, note
from bnbook.check.kinds.calling import run
from bnbook.check.kinds.compare import about_gradients, fine, overwritten
from bnbook.check.kinds.observe import Seen
from bnbook.check.kinds.table import Kind

P = 0.2
CLOSE = 1e-9
DROPOUT = Kind("drop_?out", ("x",), None, (), ("p", "rng", "seed"))
MEANING = {P: "keep (the newer assignment's and the paper's convention)",
           1 - P: "drop (the older assignment's and the frameworks' convention)"}


def drop(code, x, p=P, training=True, dy=None):
    """One forward, and a backward if dy is given, as `run` gives them."""
    return run(code, DROPOUT, lambda name, a, back=0: a, {
        "x": x, "p": p, "seed": 0, "rng": np.random.default_rng(0),
        "training": training}, dy)


def check_dropout(code, seed=0):
    """The findings of a dropout, p its probability to drop or to keep."""
    rng = np.random.default_rng(seed)
    x, dy = rng.uniform(1, 2, (60, 40)), rng.normal(size=(60, 40))
    ran = drop(code, x, dy=dy)
    if ran.y.shape != x.shape:
        return as_findings([_misshapen("", ran.y, x)], (0,), part="y")
    ratio, tested = ran.y / x, _tested(code, x)
    seen = [Seen({"x": x, "dy": dy}, {"y": ran.y, "x": dy * ratio}, ran)]
    keep = min((P, 1 - P), key=lambda k: abs((ratio != 0).mean() - k))
    plain = np.isin(ratio, (0, 1)).all()
    late = plain and tested is not None and _near(tested, keep * x)
    found = as_findings(_about_mask(ratio, keep, late), seen, part="y")
    if not any(f.kind == "fault" for f in found):
        found.insert(0, fine("y", "y is right."))
    return [*found, *about_gradients("dropout", DROPOUT, seen, True, None),
            *_test_mode(tested, x, keep if plain else 1.0),
            *as_findings(overwritten(seen) + _extremes(code, x), seen, part="conduct")]


def _near(a, b):
    return a.shape == b.shape and np.abs(a - b).max() < CLOSE


def _misshapen(where, y, x):
    return Told("y in another shape", "y",
                f"{where}y has shape {y.shape}, not {x.shape}")


def _about_mask(ratio, keep, late):
    """What is told of y: whose mask it is, how many it keeps, and how they are scaled.

    late: whether test mode scales, and training need not.
    """
    kept, scales = ratio != 0, ratio[ratio != 0]
    told = [Told(f"one {words} of mask", "y", f"the mask is one {words}: the whole "
                 "batch shares it; each element needs its own")
            for axis, words in ((0, "row"), (1, "column"))
            if (kept == np.take(kept, [0], axis)).all()]
    share = kept.mean()
    if share and abs(share - keep) <= (0.25 if told else 0.08):
        p_is = note("p keeps" if keep == P else "p drops", "y",
                    f"p is the probability to {MEANING[keep]}")
        return [*told, *_scale(scales, keep, late), p_is]
    if share and np.ptp(scales) < CLOSE and abs(1 / scales[0] - share) < 0.05:
        return [*told, note("own p", "y", f"{1 / scales[0]:.4g} are kept, whatever p "
                            "is")]
    return [*told, Told("share", "y", f"{share:.0%} are kept at p = {P}, expected "
                        f"{1 - P:.0%} (p drops) or {P:.0%} (p keeps)")]


def _scale(scales, keep, late):
    """What is told of the scale of what is kept."""
    scale, drop = np.median(scales), 1 - keep
    if np.ptp(scales) > CLOSE:
        return [Told("scale", "y", "what is kept is not scaled by one factor")]
    if late:
        return [note("scaled in test mode", "y", "plain dropout: test mode scales, "
                     "training does not")]
    rows = {1 / keep: [], 1.0: [Told("not scaled", "y", "what is kept is not scaled by "
                                     "1 / (1 − p)")],
            1 / drop: [Told("scaled by 1 / p", "y", "what is kept is divided by the "
                            f"probability to drop: y's mean is {keep / drop:.3g} times "
                            "x's")]}
    other = [Told("scale", "y", f"what is kept is scaled by {scale:.4g}, expected "
                  f"{1 / keep:.4g}")]
    return next((rows[s] for s in rows if abs(scale - s) < CLOSE), other)


def _tested(code, x):
    """y in test mode, or None if there is none, or it is no other than training."""
    try:
        y = drop(code, x, training=False).y
    except Broke:
        return None
    return None if (y == 0).any() and _near(y, drop(code, x).y) else y


def _test_mode(y, x, factor):
    if y is None:
        return []
    if y.shape != x.shape:
        told = _misshapen("in test mode ", y, x)
    elif _near(y, x) or _near(y, factor * x):
        return [Finding("right", "test mode", "y", "test mode is right.",
                        part="test mode")]
    elif (y == 0).any():
        told = Told("test mode drops", "y", "test mode drops elements")
    else:
        told = Told("test mode scales", "y", "test mode gives "
                    f"{np.median(y / x):.4g} · x, expected {factor:g} · x")
    return as_findings([told], (0,), part="test mode")


def _extremes(code, x):
    for p in (1.0, 0.0):
        with suppress(Broke):
            if not np.isfinite(drop(code, x, p).y).all():
                return [note("p = 1 divides by 0", "y", f"at p = {p:g} nothing is "
                             "kept, and 0 / 0 gives NaN: all should be 0")]
    return []
