"""Running statistics on their way from the start to the truth."""

import numpy as np
from numpy.typing import ArrayLike

from bnbook.norm import updated
from bnbook.norm.arguments import count, finite, fraction
from bnbook.show.live import Live
from bnbook.show.small.seeded import uniform
from bnbook.show.tables import Table

MARKS = [1, 10, 100, 200]


def running_statistics(feature: ArrayLike, *, momentum: float = 0.99,
                       size: int = 50) -> Live:
    """The explorable of chapter 9: batches of one feature (M,), drawn from its values.

    The values are rounded to two places. Raises ValueError for another shape.
    """
    values = np.round(finite("feature", feature, 1), 2)
    momentum, size = fraction("momentum", momentum), count("size", size)
    if len(values) < 2:
        raise ValueError(f"feature: shape {values.shape}, expected (M,), M at least 2")
    far = [float(f"{abs(values).max():.1g}"), float(f"{4 * values.var():.1g}")]
    data = {
        "values": [float(f"{v:g}") for v in values], "steps": MARKS[-1], "marks": MARKS,
        "momenta": [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1],
        "sizes": [2, 5, 10, 20, 50, 100, 200],
        "starts": {"standard": [0, 1], "zero": [0, 0], "far": far},
        "start": {"momentum": momentum, "size": size, "seed": 1, "from": "standard",
                  "unbiased": False}}
    return Live("running", data, _table(data)._repr_html_(), (
        f"One feature, {len(values)} values, one batch a step. The dashed line is what "
        "to expect, the level one the truth. Which momentum gets there, and stays?"))


def curves(data, momentum, size, seed, unbiased, **more):
    """What the page draws: truth, 1 - momentum**t, both statistics step by step."""
    values, steps = np.array(data["values"]), data["steps"]
    places = uniform(seed, np.arange(steps * size)).reshape(steps, size)
    batches = values[np.floor(places * len(values)).astype(int)]
    mean0, var0 = data["starts"][more["from"]]
    state = {"running_mean": np.array([mean0], float),
             "running_var": np.array([var0], float), "num_batches": 0}
    states = [state]
    for b in batches:
        states.append(updated(states[-1], b.mean()[None], b.var()[None], size,
                              momentum=momentum,
                              unbiased_running_var=unbiased))
    return {"truth": {"mean": values.mean(), "var": values.var()},
            "weight": 1 - float(momentum) ** np.arange(steps + 1),
            "mean": np.array([s["running_mean"][0] for s in states]),
            "var": np.array([s["running_var"][0] for s in states])}


def _table(data):
    found = curves(data, **data["start"])
    rows = [(t, f"{found['weight'][t]:.3f}", f"{found['mean'][t]:.2f}",
             f"{found['var'][t]:.2f}") for t in MARKS]
    truth = found["truth"]
    rows.append(("truth", 1, f"{truth['mean']:.2f}", f"{truth['var']:.2f}"))
    return Table(f"Momentum {data['start']['momentum']}, batches of "
                 f"{data['start']['size']}",
                 ("batches", "1 − αᵗ", "running mean", "running variance"), rows)
