"""Batch size against error, as a chapter measured it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from bnbook.nn import arguments
from bnbook.show.live import Live
from bnbook.show.small.measured import mapped, rising, summed_up, thousandths, written
from bnbook.show.tables import Table


def batch_sizes(sizes: ArrayLike, errors: Mapping[str, ArrayLike], *,
                norm: str | None = None) -> Live:
    """The explorable of chapter 20: the error of several norms at one batch size.

    sizes (S,): rising, at least 1; errors: name -> (S, seeds), shares from 0 to 1, as
    measured, kept in thousandths. norm: which one it opens with; None: the first.
    Raises TypeError or ValueError.
    """
    counts, found = rising("sizes", sizes), {}
    if counts[0] < 1:
        raise ValueError(f"sizes: from {counts[0]:g}, expected at least 1")
    for name, value in mapped("errors", errors).items():
        found[name] = thousandths(f"errors[{name!r}]", value, (len(counts), None))
    norm = arguments.choice("norm", next(iter(found)) if norm is None else norm, found)
    data = {"sizes": counts, "errors": {name: a.tolist() for name, a in found.items()},
            "start": {"size": counts[0], "norm": norm}}
    return Live("sizes", data, _table(data)._repr_html_(), (
        "Errors as measured above. Move the size, and choose which norm is drawn in "
        "blue, with the range of its seeds."))


def read(data, size, norm):
    """What the page reads at one size: all norms, the best one, and whether `norm`'s
    range of seeds lies above the best one's."""
    at, names = data["sizes"].index(size), list(data["errors"])
    found = summed_up(np.array([np.array(data["errors"][n])[at] for n in names]))
    best, own = int(found["mean"].argmin()), names.index(norm)
    return {**found, "best": best, "apart": found["low"][own] > found["high"][best]}


def _table(data):
    found = read(data, **data["start"])
    rows = [(name, *written(found, k)) for k, name in enumerate(data["errors"])]
    return Table(f"Test error in percent, batches of {data['start']['size']:g}",
                 ("norm", "mean", "of the seeds"), rows)
