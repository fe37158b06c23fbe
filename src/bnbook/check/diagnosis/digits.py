"""What is right and loses digits, float32, a batch of one, a constant feature."""

import numpy as np

from bnbook.check.diagnosis.probes import error, observe, probe
from bnbook.check.diagnosis.told import Told, note

ONE_PASS = note("one-pass variance", "var", "right, but with few digits where the mean "
                "is large: var is mean(x²) − mu², or as good as that (chapter 11)")
FEW = note("few digits in float32", "mu", "right, but with few digits in float32 where "
           "the mean is large (chapter 11)")
ONE_ROW = note("batch of one", "var", "a batch of one is accepted: y is β and dx is 0, "
               "whatever x is")
NO_EPS = Told("no eps", "vareps", "a feature that is constant in a batch gives NaN: "
              "there is no eps under the root")


def _y(reader, p, x):
    return observe(reader, p._replace(x=x)).results["y"]


def digits(reader):
    p = probe(11, 64, 3)
    x = np.round(p.x * 2**20) / 2**20
    return [ONE_PASS] * bool(error(_y(reader, p, x + 2.0**20), _y(reader, p, x)) > 1e-7)


def float32(reader):
    p = probe(12, 4096, 2)
    x = (p.x / p.x.std(axis=0) + 1e4).astype(np.float32)
    narrow = p._replace(**{name: getattr(p, name).astype(np.float32)
                           for name in ("gamma", "beta", "dy")})
    y, wide = _y(reader, narrow, x), _y(reader, p, x.astype(float))
    return [note("dtype", "y", f"a float32 batch comes back as {y.dtype}")] * (
        y.dtype != np.float32) + [FEW] * bool(error(y, wide) > 1e-4)


def batch_of_one(reader):
    p = probe(13, 1, 3)
    return [ONE_ROW] * bool(np.isfinite(_y(reader, p, p.x)).all())


def constant(reader):
    p = probe(14, 6, 3)
    p.x[:, 1] = 1
    return [NO_EPS] * (not np.isfinite(_y(reader, p, p.x)).all())
