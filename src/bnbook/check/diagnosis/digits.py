"""Notes on what is right and loses digits, on float32, and on a batch of one."""

import numpy as np

from bnbook.check.diagnosis.probes import error, observe, probe
from bnbook.check.diagnosis.told import Told, note


def digits(reader):
    """Notes: what is right and loses digits; float32; a batch of one."""
    told = []
    p = probe(11, 64, 3)
    x = np.round(p.x * 2**20) / 2**20
    right = observe(reader, p._replace(x=x)).results["y"]
    shifted = observe(reader, p._replace(x=x + 2.0**20)).results["y"]
    if error(shifted, right) > 1e-7:
        told.append(note(
            "one-pass variance", "var", "right, but with few digits where the mean is "
            "large: var is mean(x²) − mu², or as good as that (chapter 11)"))
    return told


def float32(reader):
    p = probe(12, 4096, 2)
    x = (p.x / p.x.std(axis=0) + 1e4).astype(np.float32)
    seen = observe(reader, p._replace(x=x, **{
        name: getattr(p, name).astype(np.float32) for name in ("gamma", "beta", "dy")}))
    y, wide = seen.results["y"], observe(reader, p._replace(x=x.astype(float)))
    told = []
    if y.dtype != np.float32:
        told.append(note("dtype", "y", f"a float32 batch comes back as {y.dtype}"))
    if error(y, wide.results["y"]) > 1e-4:
        told.append(note("few digits in float32", "mu", "right, but with few digits in "
                         "float32 where the mean is large (chapter 11)"))
    return told


def constant(reader):
    p = probe(14, 6, 3)
    p.x[:, 1] = 1
    if np.isfinite(observe(reader, p).results["y"]).all():
        return []
    return [Told("no eps", "vareps", "a feature that is constant in a batch gives NaN: "
                 "there is no eps under the root")]


def batch_of_one(reader):
    y = observe(reader, probe(13, 1, 3)).results["y"]
    if not np.isfinite(y).all():
        return []
    return [note("batch of one", "var", "a batch of one is accepted: y is β and dx is "
                 "0, whatever x is")]
