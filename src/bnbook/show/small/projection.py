"""The backward pass of a batch of three: two directions go, one is left."""

import numpy as np
from numpy.typing import ArrayLike

from bnbook.norm import batch_norm_backward, batch_norm_forward
from bnbook.norm.arguments import finite, nonnegative
from bnbook.show.live import Live
from bnbook.show.tables import Table

EPSES = [0, 1e-5, 1e-3, 0.01, 0.1, 1]


def projection(x: ArrayLike, dy: ArrayLike, *, eps: float = 1e-5) -> Live:
    """The explorable of chapter 5: x and dy are three numbers each, from -2 to 2.

    They are rounded to the sliders' tenths first. Raises ValueError for others.
    """
    x, dy, eps = finite("x", x, 1), finite("dy", dy, 1), float(nonnegative("eps", eps))
    for name, a in (("x", x), ("dy", dy)):
        if a.shape != (3,) or not np.all(np.abs(np.round(a, 1)) <= 2):
            raise ValueError(f"{name}: {a}, expected three numbers from -2 to 2")
    start = {f"{name}{k + 1}": round(float(v), 1)
             for name, a in (("dy", dy), ("x", x)) for k, v in enumerate(a)}
    start |= {"eps": eps, "turn": 202}
    data = {"epses": sorted({*EPSES, eps}), "start": start}
    return Live("projection", data, _table(start)._repr_html_(), (
        "Take dy apart yourself, with m = 3 and γ = 1. Turn the view until you look "
        "along the floor: what is left never leaves it."))


def parts(state):
    """What the page shows: the parts of dy, and dx as `bnbook.norm` computes it."""
    x, dy = ([state[f"{name}{k}"] for k in (1, 2, 3)] for name in ("x", "dy"))
    column, up = np.array(x)[:, None], np.array(dy)[:, None]
    _, cache = batch_norm_forward(column, np.ones(1), np.zeros(1), eps=state["eps"])
    dx = batch_norm_backward(up, cache)[0][:, 0]
    xhat, dy = cache.xhat[:, 0], np.array(dy)
    one, out = np.full(3, dy.mean()), xhat * (dy * xhat).mean()
    return {"dy": dy, "xhat": xhat, "alongOne": one, "alongXhat": out,
            "left": dy - one - out, "dx": dx, "ivar": cache.ivar[0, 0],
            "sum": dx.sum(), "sumXhat": dx @ xhat,
            "share": state["eps"] / cache.vareps[0, 0]}


def _table(state):
    found = parts(state)
    names = {"xhat": "x̂", "dy": "dy", "alongOne": "mean(dy)",
             "alongXhat": "x̂ mean(dy · x̂)", "left": "what is left", "dx": "dx"}
    rows = [(words, *(_fixed(v) for v in a), _fixed(a.sum()), _fixed(a @ found["xhat"]))
            for words, a in ((words, found[name]) for name, words in names.items())]
    return Table("Row by row, the sum, and the sum of products with x̂",
                 ("part", "1", "2", "3", "sum", "· x̂"), rows)


def _fixed(value):
    return f"{value if abs(value) >= 0.005 else 0:.2f}".replace("-", "−")
