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


CONVENTIONS = (  # what is told of what is averaged, and of what it is multiple of var
    (note("biased running variance", "var", "the running variance is biased, divided "
          "by N"), lambda m: 1),
    (note("unbiased running variance", "var", "the running variance is unbiased, "
          "divided by N − 1 (PyTorch's)"), lambda m: m / (m - 1)))


def running_variance(w, new, old, var, m, told):
    """What is told of it; w: the weights of the running mean; told: what they gave.

    var: the batch's; m: of how many values.
    """
    if fits(new, old, CLOSE) and abs(w[1]) > CLOSE:
        return [Told("running variance stays", "var", "the running variance is not "
                     "updated")]
    values = [(one, var * times(m)) for one, times in CONVENTIONS]
    for one, value in values:
        if fits(new, w[0] * old + w[1] * value, CLOSE):
            return [one]
    found = [weights(new, old, value) for _, value in values]
    return next((_other_weights(f, w, told) for f in found if f), [Told(
        "running variance", "var", "the running variance is no average of variances",
        False)])


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
