"""What a running variance averages, once the running mean's weights are known."""

import numpy as np

from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.told import Told, note

CLOSE = 1e-7
REVERSED = "momentum weighs the new value"


def weights(new, old, batch):
    """(a, b) with new = a old + b batch, or None."""
    columns = np.stack([old, batch], 1).astype(float)  # solved in no narrower
    solution = np.linalg.lstsq(columns, new.astype(float))[0]
    return tuple(solution) if fits(columns @ solution, new, CLOSE) else None


def _averaged(batch, p, own):
    """(what is told, the values) of each that a running variance may average."""
    mean, var = batch
    vareps, m = var + p.eps, p.x.size // p.gamma.size
    yield note("biased running variance", "var", "the running variance is biased, "
               "divided by N"), var
    yield note("unbiased running variance", "var", "the running variance is unbiased, "
               "divided by N − 1 (PyTorch's)"), var * m / (m - 1)
    for name, words, value in (
            ("running std", "the standard deviation, not", np.sqrt(own + p.eps)),
            ("running std", "the standard deviation, not", np.sqrt(var)),
            ("running std", "the standard deviation, not", np.sqrt(vareps)),
            ("running mean of squares", "the mean of x², not", var + mean**2),
            ("running var of the mean", "the mean, not", mean),
            ("running inverse", "1/std, not", 1 / np.sqrt(vareps)),
            ("running var with eps", "the variance plus eps, not", vareps)):
        yield Told(name, "var", f"the running variance is an average of {words} of the "
                   "variance"), value


def running_variance(w, means, new, old, batch, p, own_var, told):
    """What is told of it; w: the weights of the running mean; means: it, old and new.

    told: what the running mean's weights gave.
    """
    if fits(new, old, CLOSE) and abs(w[1]) > CLOSE:
        return [Told("running variance stays", "var", "the running variance is not "
                     "updated")]
    rows = list(_averaged(batch, p, own_var))
    for one, value in rows:
        if fits(new, w[0] * old + w[1] * value, CLOSE):
            return [one]
    for _, value in rows[:2]:
        if any(fits(new, w[0] * kept + w[1] * value, CLOSE) for kept in means):
            return [Told("running var from the mean", "var", "the running variance is "
                         "averaged with the running mean, not with its own old value")]
        if found := weights(new, old, value):
            return _other_weights(found, w, told)
    return [Told("running variance", "var", "the running variance is no average of "
                 "variances", False)]


def _other_weights(found, w, told):
    """The weights are other than the mean's: each other's, or none that are known."""
    words = f"{found[0]:.4g} · old + {found[1]:.4g} · new"
    if not fits(np.array(found), np.array(w[::-1]), CLOSE):
        return [Told("weights of the running variance", "var", f"the running variance "
                     f"is {words}, the mean {w[0]:.4g} and {w[1]:.4g}")]
    if any(isinstance(t, Told) and t.name == REVERSED for t in told):
        return []  # it is the running mean's fault
    return [Told(REVERSED, "var", f"{REVERSED} in the running variance, which is "
                 f"{words}; the running mean is {w[0]:.4g} · old + {w[1]:.4g} · new")]
