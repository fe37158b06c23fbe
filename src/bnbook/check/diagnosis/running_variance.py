"""What a running variance is an average of, once the running mean's weights are known.
"""

import numpy as np

from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.told import Told, note

CLOSE = 1e-7
REVERSED = "momentum weighs the new value"


def weights(new, old, batch):
    """(a, b) with new = a old + b batch, or None."""
    columns = np.stack([old, batch], 1)
    solution = np.linalg.lstsq(columns, new)[0]
    return tuple(solution) if fits(columns @ solution, new, CLOSE) else None


def running_variance(w, means, new, old, batch, p, own_var, told):
    """What is told of it; w: the weights of the running mean; means: it, old and new.

    told: what the running mean's weights gave.
    """
    a, b = w
    m = p.x.size // p.gamma.size
    mean, var = batch
    unbiased = var * m / (m - 1)
    if fits(new, a * old + b * var, CLOSE):
        return [note("biased running variance", "var", "the running variance is "
                     "biased, divided by N")]
    if fits(new, a * old + b * unbiased, CLOSE):
        return [note("unbiased running variance", "var", "the running variance is "
                     "unbiased, divided by N − 1 (PyTorch's)")]
    others = (
        ("running std", np.sqrt(own_var + p.eps),
         "the standard deviation, not of the variance"),
        ("running std", np.sqrt(var), "the standard deviation, not of the variance"),
        ("running std", np.sqrt(var + p.eps),
         "the standard deviation, not of the variance"),
        ("running var with eps", var + p.eps, "the variance with eps in it"),
        ("running mean of squares", var + mean**2, "the mean of x², not of the "
                                                   "variance"),
        ("running var of the mean", mean, "the mean, not of the variance"),
        ("running inverse", 1 / np.sqrt(var + p.eps), "1/std, not of the variance"))
    for name, value, words in others:
        if fits(new, a * old + b * value, CLOSE):
            return [Told(name, "var", f"the running variance is an average of {words}")]
    for value in (var, unbiased):
        if fits(new, b * old + a * value, CLOSE):
            return _reversed(a, b, told)
        for kept in means:
            if fits(new, a * kept + b * value, CLOSE):
                return [Told("running var from the mean", "var", "the running variance "
                             "is averaged with the running mean, not with its own old "
                             "value")]
    found = weights(new, old, var)
    if found and abs(found[0] - 1) < CLOSE and abs(found[1]) < CLOSE:
        return [Told("running variance stays", "var", "the running variance is not "
                     "updated")]
    if found:
        return [Told("weights of the running variance", "var", "the running variance "
                     f"is {found[0]:.4g} · old + {found[1]:.4g} · new, the mean "
                     f"{a:.4g} and {b:.4g}")]
    return [Told("running variance", "var", "the running variance is no average of "
                 "variances", False)]


def _reversed(a, b, told):
    """The two statistics' weights are each other's: the mean's fault, or this one's."""
    if any(isinstance(t, Told) and t.name == REVERSED for t in told):
        return []
    return [Told(REVERSED, "var", f"{REVERSED} in the running variance, which is "
                 f"{b:.4g} · old + {a:.4g} · new; in the running mean it weighs the "
                 "old")]
