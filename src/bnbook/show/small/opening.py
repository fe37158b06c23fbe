"""The graph on the opening page: one value of x is pulled, and the gradients answer."""

import numpy as np
from numpy.typing import ArrayLike

from bnbook.graph import BATCH_NORM, grouped, run
from bnbook.norm.arguments import finite
from bnbook.show.drawing import draw
from bnbook.show.export import table_data
from bnbook.show.layout import layout
from bnbook.show.live import Live, inline

MOST = 12.0  # how far a value can be pulled
WORDS = ("Batch normalization as a graph of ten steps. x leads to mu and xmu, xmu to "
         "xhat directly and by way of sq, var, vareps, std and ivar; gx and y follow. "
         "eps, gamma and beta enter from the side. A blue arrow for each value that "
         "goes forward, an orange one for each gradient that comes back.")
CAPTION = ("Bars are the values of one pixel in {rows} images: blue going forward, "
           "orange the gradient coming back. Outlines show them before the pull.")


def pulled_graph(x: ArrayLike, dy: ArrayLike, *, pull: float = 8.0) -> Live:
    """The graph alive: x (N,) and dy (N,) of one channel, x's first value at `pull`.

    N is from 2 to 6. x and dy are rounded to the slider's tenths; x and `pull` lie
    within 12 of 0, gamma is 1, beta 0, eps 1e-5. Raises ValueError for others.
    """
    x, dy = (finite(n, a, 1).round(1) for n, a in (("x", x), ("dy", dy)))
    pull = float(finite("pull", pull, 0))
    if not 2 <= len(x) <= 6 or max(abs(x)) > MOST:
        raise ValueError(f"x: shape {x.shape}, expected (N,), 2 <= N <= 6, within 12")
    if dy.shape != x.shape:
        raise ValueError(f"dy: shape {dy.shape}, expected {x.shape}, that of x")
    if abs(pull) > MOST:
        raise ValueError(f"pull: {pull:g}, expected a number from -12 to 12")
    table, used = table_data(grouped(1)), {step.op for step in BATCH_NORM}
    data = {
        "x": x.tolist(), "dy": dy.tolist(), "eps": 1e-5, "most": MOST,
        "steps": [{"name": n, "op": op, "inputs": list(i)} for n, op, i in BATCH_NORM],
        "rules": {op: table[op]["rules"] for op in sorted(used)},
        "places": layout(BATCH_NORM), "words": WORDS,
        "start": {f"x{k + 1}": float(v) for k, v in enumerate([pull, *x[1:]])}}
    fallback = inline(draw(traced(x, dy)), "opening", WORDS)
    return Live("opening", data, fallback, CAPTION.format(rows=len(x)))


def traced(x, dy):
    """The run of one channel, its arrays of shape (N, 1)."""
    given = {"x": np.array(x, float)[:, None], "gamma": np.ones(1),
             "beta": np.zeros(1), "eps": 1e-5}
    return run(BATCH_NORM, given, np.array(dy, float)[:, None])


def answered(data, state):
    """What the page shows of a state: every value and every gradient, flat."""
    trace = traced([state[name] for name in data["start"]], data["dy"])
    return {kind: {name: np.ravel(a) for name, a in found.items()}
            for kind, found in (("values", trace.values), ("grads", trace.grads))}
