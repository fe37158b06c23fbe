"""What becomes of digits in five layers with random weights, scale by scale."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from bnbook.nn.arguments import count, counts, finite, nonnegative, several
from bnbook.norm import batch_norm_forward
from bnbook.show.live import Live
from bnbook.show.small.seeded import normals
from bnbook.show.tables import Table

LIMITS = {"sigmoid": (0, 1), "relu": (-8, 4)}  # of a ReLU's logarithms
DEEPEST = ord("z") - ord("a")
NOISE = 1e-12  # of values near one half; less is rounding
START = {"f": "sigmoid", "scale": 1.0, "norm": False}


def initial_scale(pixels: ArrayLike, *, widths: Iterable[int] = (100,) * 5,
                  seed: int = 1, eps: float = 1e-5) -> Live:
    """The explorable of chapter 2: activations against the scale of the weights.

    pixels (N, F): whole numbers from 0 to 25, an image a row; the page normalizes each
    over these rows. Raises ValueError for others.
    """
    pixels, widths = finite("pixels", pixels, 2), counts(
        "widths", several("widths", widths, "one width or more", least=1))
    seed, eps = count("seed", seed, least=0), float(nonnegative("eps", eps))
    if not pixels.size or not np.isin(pixels, range(DEEPEST + 1)).all():
        raise ValueError(f"pixels: shape {pixels.shape}, expected (N, F), whole "
                         f"numbers from 0 to {DEEPEST}")
    data = {
        "images": ["".join(chr(ord("a") + int(p)) for p in row) for row in pixels],
        "widths": list(widths), "seed": seed, "eps": eps, "bins": 31,
        "scales": [float(f"{s:.1e}") for s in np.geomspace(1e-4, 1, 29)],
        "start": START}
    return Live("histograms", data, _table(data)._repr_html_(), (
        f"{len(pixels)} digits go through {len(widths)} layers of {widths[0]} units "
        "with random weights. Move the scale, then tick batch norm. What lies beyond "
        "an end of a histogram's axis is counted there."))


def layers(data, f, scale, norm):
    """What the page measures: a dict a layer."""
    x = np.array([[ord(c) - ord("a") for c in row] for row in data["images"]], float)
    x -= x.mean(axis=0)
    h, out = x / x.std(), []
    for w in _weights(data):
        z = scale * (h @ w)
        if norm:
            ones = np.ones(z.shape[1])
            z, _ = batch_norm_forward(z, ones, 0 * ones, eps=data["eps"])
        h = 1 / (1 + np.exp(-z)) if f == "sigmoid" else np.maximum(z, 0)
        out.append(_measured(h, f, data["bins"]))
    return out


def _weights(data):
    sizes = [len(data["images"][0]), *data["widths"]]
    shapes = list(pairwise(sizes))
    ends = np.cumsum([a * b for a, b in shapes])
    parts = np.split(normals(data["seed"], ends[-1]), ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes)]


def _measured(h, f, bins):
    (low, high), values = LIMITS[f], h[h > 0] if f == "relu" else h.ravel()
    shown = np.log10(values) if f == "relu" else values
    places = np.floor((shown - low) / (high - low) * bins).astype(int)
    stuck = (h == 0).all(axis=0) if f == "relu" else abs(h - 0.5) > 0.45
    return {"counts": np.bincount(places.clip(0, bins - 1), minlength=bins).tolist(),
            "all": h.std(), "unit": h.std(axis=0).mean(), "stuck": stuck.mean()}


def _table(data):
    """The start and what batch normalization makes of it, at three scales."""
    rows = []
    for scale in (1, 0.072, 1e-4):
        for norm in (False, True):
            spreads = [a["unit"] for a in layers(data, "sigmoid", scale, norm)]
            rows.append((f"{scale:g}", "with" if norm else "without",
                         *(f"< {NOISE:g}" if v < NOISE else f"{v:.2g}"
                           for v in spreads)))
    numbers = (f"layer {k + 1}" for k in range(len(data["widths"])))
    return Table("How much one unit varies from image to image, sigmoid",
                 ("scale", "batch norm", *numbers), rows)
