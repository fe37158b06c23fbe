"""Shares that a chapter measured, over seeds, as the page is handed them."""

from collections.abc import Mapping

import numpy as np

from bnbook.nn import arguments


def thousandths(name, value, shape):
    """Shares from 0 to 1 as whole thousandths; shape: None where any length will do."""
    a = arguments.finite(name, value, len(shape))
    found = tuple(n if wanted is None else wanted for n, wanted in zip(a.shape, shape))
    a = arguments.shaped(name, a, found)
    if not a.size or a.min() < 0 or a.max() > 1:
        raise ValueError(f"{name}: shape {a.shape}, expected one share or more, all "
                         "from 0 to 1")
    return np.rint(1000 * a).astype(int)


def mapped(name, value):
    """`value`, a dict of one named array or more."""
    arguments.instance(name, value, Mapping, "a dict of arrays")
    if not value or not all(isinstance(key, str) and key for key in value):
        raise ValueError(f"{name}: {arguments.shown(dict(value))}, expected a dict of "
                         "named arrays, one or more")
    return value


def rising(name, value):
    """`value`, two finite numbers or more, each larger than the last, as a list."""
    a = arguments.finite(name, value, 1)
    if len(a) < 2 or (np.diff(a) <= 0).any():
        raise ValueError(f"{name}: shape {a.shape}, expected two or more rising "
                         "numbers")
    return [float(f"{v:g}") for v in a]


def summed_up(shares):
    """Mean, lowest and highest of the seeds, the last axis, as shares again."""
    a = np.asarray(shares) / 1000
    return {"mean": a.mean(axis=-1), "low": a.min(axis=-1), "high": a.max(axis=-1)}


def written(found, k):
    """Mean and range of the k-th in percent, as the tables have them."""
    mean, low, high = (100 * found[name][k] for name in ("mean", "low", "high"))
    return f"{mean:.1f}", f"{low:.1f} to {high:.1f}"
