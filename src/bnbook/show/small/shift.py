"""Data that changed, judged with stored and with new statistics, as measured."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from bnbook.nn import arguments
from bnbook.show.live import Live
from bnbook.show.small.measured import mapped, rising, summed_up, thousandths, written
from bnbook.show.tables import Table

SHADES = 25  # a pixel is a letter, from "a", blank, to "z"


def shifted_data(images: Mapping[str, ArrayLike], accuracy: Mapping[str, ArrayLike],
                 strengths: ArrayLike, rows: ArrayLike, *,
                 fault: str | None = None, at: int = 0) -> Live:
    """The explorable of chapter 21: one image under a fault, and who still reads it.

    strengths (S,), rows (R,): rising; images: fault -> (S, P), one square image of P
    pixels at each strength, cut off at 0, blank, and 1, ink; accuracy: the same
    fault -> (S, seeds, 1 + R), shares from 0 to 1, as measured: with stored statistics,
    then with those of so many rows. It opens with `fault`, None: the first, at strength
    number `at`. Raises TypeError or ValueError.
    """
    places, counts = rising("strengths", strengths), rising("rows", rows)
    arguments.keyed("images", images, mapped("accuracy", accuracy))
    shares, pictures = {}, {}
    for name, value in accuracy.items():
        shares[name] = thousandths(f"accuracy[{name!r}]", value, (
            len(places), None, 1 + len(counts)))
        pictures[name] = [*map(_letters, _square(f"images[{name!r}]", images[name],
                                                 len(places)))]
    fault = arguments.choice("fault", next(iter(shares)) if fault is None else fault,
                             shares)
    at = arguments.count("at", at, least=0)
    if at >= len(places):
        raise ValueError(f"at: {at}, expected less than {len(places)}")
    data = {"strengths": places, "rows": counts, "images": pictures,
            "accuracy": {name: a.swapaxes(1, 2).tolist() for name, a in shares.items()},
            "start": {"fault": fault, "strength": places[at], "rows": counts[-1]}}
    return Live("shift", data, _table(data)._repr_html_(), (
        "Accuracies as measured above. The same weights judge the image and its like; "
        "only the statistics differ."))


def read(data, fault, strength, rows):
    """What the page reads at one place: accuracy by each kind of statistics, without
    the fault, and what the new ones gain."""
    found = summed_up(data["accuracy"][fault][data["strengths"].index(strength)])
    sound = summed_up(data["accuracy"][fault][0])["mean"][0]
    new = found["mean"][1 + data["rows"].index(rows)]
    return {**found, "sound": sound, "gain": new - found["mean"][0],
            "short": sound - new}


def _square(name, value, number):
    a = arguments.finite(name, value, 2)
    a = arguments.shaped(name, a, (number, a.shape[1]))
    if not a.size or np.rint(a.shape[1] ** 0.5) ** 2 != a.shape[1]:
        raise ValueError(f"{name}: shape {a.shape}, expected a square image a row")
    return np.rint(SHADES * a.clip(0, 1)).astype(int)


def _letters(image):
    return "".join(chr(ord("a") + p) for p in image)


def _table(data):
    start = data["start"]
    found = read(data, **start)
    names = ["stored", *(f"{n:g} rows" for n in data["rows"])]
    rows = [(name, *written(found, k)) for k, name in enumerate(names)]
    return Table(f"Right in percent: {start['fault']}, strength {start['strength']:g}",
                 ("statistics", "mean", "of the seeds"), rows)
