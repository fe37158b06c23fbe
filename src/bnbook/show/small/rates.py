"""Steps to a goal against the learning rate, and the loss along one step."""

import numpy as np
from numpy.typing import ArrayLike

from bnbook.norm.arguments import array, finite
from bnbook.show.live import Live
from bnbook.show.tables import Table

NETWORKS = {"relu": "ReLU", "sigmoid": "sigmoid"}
SIDES = ("without", "with")


def learning_rates(rates: ArrayLike, steps: ArrayLike, etas: ArrayLike,
                   losses: ArrayLike) -> Live:
    """The explorable of chapter 15, made of its own runs: nothing is a model.

    rates (R,), growing; steps (2, 2, R, S): to the goal, infinite for a run that never
    got there, of ReLU and sigmoid, each without and with batch norm, of S seeds. etas
    (E,), growing; losses (2, S, E): after one step of that rate over before, of ReLU
    without and with. Raises ValueError for others.
    """
    rates, etas = _growing("rates", rates), _growing("etas", etas)
    steps, losses = _counted(steps, len(rates)), _ratios(losses, len(etas))
    reached = steps[np.isfinite(steps)]
    data = {
        "rates": rates.tolist(), "etas": _short(etas), "losses": _short(losses),
        "steps": dict(zip(NETWORKS, np.where(np.isinf(steps), 0, steps).tolist())),
        "never": float(np.ceil(1.15 * reached.max())),
        "start": {"f": "relu", "rate": float(rates[len(rates) // 2])}}
    return Live("rates", data, _table(data)._repr_html_(), (
        f"The chapter's own runs, {steps.shape[3]} seeds each; curves are medians. "
        "Move the rate: is batch norm faster there? What is each network's best?"))


def found(data, f, rate):
    """What the page shows at one place of the slider: a dict for each side."""
    sides, etas = {}, np.array(data["etas"])
    for name, runs, losses in zip(SIDES, data["steps"][f], data["losses"]):
        runs = np.array(runs, float)
        runs[runs == 0] = np.inf
        middle = np.minimum(np.median(runs, axis=1), data["never"])
        line = np.median(losses, axis=0)
        sides[name] = {
            "steps": middle, "reached": np.isfinite(runs).sum(axis=1),
            "best": middle.min(), "bestRate": data["rates"][middle.argmin()],
            "line": line, "loss": line[np.abs(np.log(etas / rate)).argmin()]}
    return sides


def _growing(name, value) -> np.ndarray:
    a = finite(name, value, 1)
    if not a.size or a[0] <= 0 or (np.diff(a) <= 0).any():
        raise ValueError(f"{name}: {a}, expected numbers above 0 that grow")
    return a.astype(float)


def _counted(value, rates) -> np.ndarray:
    a = array("steps", value, ndim=4)
    if a.shape[:3] != (2, 2, rates) or not a.size:
        raise ValueError(f"steps: shape {a.shape}, expected (2, 2, {rates}, S)")
    if not (a > 0).all() or np.isinf(a).all():
        raise ValueError("steps: a value that is not above 0, or none that is finite, "
                         "expected steps, infinite where a run never got there")
    return a


def _ratios(value, etas) -> np.ndarray:
    a = finite("losses", value, 3)
    if a.shape[::2] != (2, etas) or not a.size:
        raise ValueError(f"losses: shape {a.shape}, expected (2, S, {etas})")
    if (a <= 0).any():
        raise ValueError(f"losses: {a.min()} in it, expected ratios above 0")
    return a


def _short(a):
    """Three digits each, as nested lists."""
    return np.vectorize(lambda v: float(f"{v:.3g}"), otypes=[float])(a).tolist()


def _table(data):
    rows = []
    for f, words in NETWORKS.items():
        sides = found(data, f, data["rates"][0])
        rows += [(f"{words}, {side}", *(
            "never" if s >= data["never"] else f"{s:g}" for s in a["steps"]))
            for side, a in sides.items()]
    return Table("Steps to the goal, median",
                 ("batch norm", *(f"rate {rate:g}" for rate in data["rates"])), rows)
