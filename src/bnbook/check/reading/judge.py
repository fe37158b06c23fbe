"""Which results are those of the right batch norm, so that a reading can be chosen."""

import numpy as np

from bnbook.check.diagnosis.probes import error
from bnbook.norm import batch_norm_backward, batch_norm_forward

CLOSE = 1e-6


@np.errstate(all="ignore")
def fitted_eps(p, y):
    """The eps that y was made with, if y is right but for it; or None."""
    if np.shape(y) != p.x.shape:
        return None
    slope, var = _shown(p, y)[0], p.x.var(axis=(0, *range(2, p.x.ndim)))
    found = (p.gamma / slope) ** 2 - var
    if not np.isfinite(found).all():
        return None
    fits = {}  # eps in few digits, as people write it -> how far off y is with it
    for digits in (1, 2, 4):
        eps = float(f"{max(np.median(found), 0.0):.{digits}g}")
        fits[eps] = off(y, textbook(p, eps)["y"])
    close = 3 * min(fits.values()) + 1e-13
    return next((eps for eps, far in fits.items() if far < min(close, CLOSE)), None)


@np.errstate(all="ignore")
def stands(p, y, missing):
    """The probe with the γ and β that y shows, where they could not be set."""
    if not missing or np.shape(y) != p.x.shape:
        return p
    ones = np.ones(p.gamma.size)
    plain = p._replace(**{n: ones * (n == "gamma") for n in missing})
    if fitted_eps(plain, y) is not None:
        return plain
    slope, mean = _shown(p, y)
    std = np.sqrt(p.x.var(axis=(0, *range(2, p.x.ndim))) + p.eps)
    shown = {"gamma": slope * std, "beta": mean}
    return p._replace(**{n: shown[n] for n in missing})


def _shown(p, y):
    """By what each channel of y multiplies x, and y's mean there."""
    axes = (0, *range(2, p.x.ndim))
    xmu = p.x - p.x.mean(axes, keepdims=True)
    return (xmu * y).sum(axes) / (xmu**2).sum(axes), y.mean(axes)


def off(got, right):
    """The largest difference over the largest magnitude of what is right."""
    same = np.size(got) == np.size(right)
    return error(np.reshape(got, np.shape(right)), right) if same else np.inf


def textbook(p, eps):
    """What is right for a probe, under y, x, gamma and beta."""
    y, cache = batch_norm_forward(p.x, p.gamma, p.beta, eps=eps)
    return dict(zip(("y", "x", "gamma", "beta"),
                    (y, *batch_norm_backward(p.dy, cache))))


def right_of(p, results):
    """The names of the results that are right, whatever eps they were made with."""
    eps = fitted_eps(p, results.get("y"))
    right = textbook(p, p.eps if eps is None else eps)
    return {name for name, a in results.items() if off(a, right[name]) < CLOSE}


def judged(p, results):
    """(how many of the four results are not right, whether their sizes fit)."""
    fit = {n: a for n, a in results.items() if np.size(a) == np.prod(p.shape(n))}
    return 4 - len(right_of(p, fit)), len(fit) == len(results)
