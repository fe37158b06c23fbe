"""Float32 loses the digits of a variance as the mean grows."""

from functools import reduce

import numpy as np
from numpy.typing import ArrayLike

from bnbook.norm.arguments import finite, nonnegative
from bnbook.show.live import Live
from bnbook.show.tables import Table

MEANS = [a * 10**k for k in range(8) for a in (1, 2, 5)] + [10**8]
WAYS = {"two": "two passes", "one": "one pass", "twice": "centred twice"}
ALL = -np.log10(2.0**-24)


def float32_digits(deviations: ArrayLike, *, mean: float = 1) -> Live:
    """The explorable of chapter 11: rows of mean 0 or so, to which a mean is added.

    deviations (N,), N at least 2; rounded to two places, so that page and Python start
    from the same numbers. Raises ValueError for another shape.
    """
    mean, d = nonnegative("mean", mean), finite("deviations", deviations, 1).round(2)
    if len(d) < 2:
        raise ValueError(f"deviations: shape {d.shape}, expected (N,), N at least 2")
    data = {"deviations": d.tolist(), "means": sorted({*MEANS, mean}),
            "start": {"mean": mean}}
    return Live("digits", data, _table(data)._repr_html_(), (
        f"One variance of {len(d)} rows in float32, summed row after row, three ways. "
        "The rows only move; their spread should not."))


def variances(x):
    """The variance of float32 values, three ways, every operation in float32."""
    mu = _mean(x)
    once = [v - mu for v in x]
    rest = _mean(once)
    return {"two": _mean([v * v for v in once]),
            "one": _mean([v * v for v in x]) - mu * mu,
            "twice": _mean([v * v for v in (o - rest for o in once)])}


def found(deviations, mean):
    """What the page shows at one place of the slider."""
    x = [np.float32(d + mean) for d in deviations]
    wide = np.array(x, float)
    mu = _mean(wide)  # row after row, as the page adds: to the last bit
    truth = {"mean": mu, "var": _mean([(v - mu) ** 2 for v in wide])}
    ways = variances(x)
    return {"x": wide, "truth": truth, "found": {w: float(v) for w, v in ways.items()},
            "given": np.var(deviations), "mu": float(_mean(x)),
            "delta": float(_mean(x)) - truth["mean"],
            "digits": {w: right(float(v), truth["var"]) for w, v in ways.items()}}


def right(value, truth):
    """How many digits are right, at most float32's 7.2."""
    if value == truth:
        return ALL
    with np.errstate(divide="ignore"):
        digits = -np.log10(abs(value - truth) / np.float64(truth))
    return float(np.clip(digits, 0, ALL)) + 0.0  # no -0.0


def _mean(values):
    return reduce(lambda total, v: total + v, values) / np.float32(len(values))


def _table(data):
    rows = [(f"{mean:,}", *(f"{n:.1f}" for n in
             found(data["deviations"], mean)["digits"].values()))
            for mean in (1, 100, 10**4, 10**6, 10**7)]
    return Table("Digits of the variance that are right, in float32",
                 ("mean", *WAYS.values()), rows)
