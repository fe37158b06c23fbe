"""Gradients block by block, in networks of several depths."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from bnbook.norm.arguments import count, finite
from bnbook.show.live import Live, short
from bnbook.show.tables import Table


def gradient_by_depth(norms: Mapping[int, ArrayLike], *, depth: int = 20) -> Live:
    """The explorable of chapter 17: measured gradients, against the block they reach.

    norms: number of blocks -> (2, 2, blocks), the gradient's norm at each block's
    output; the first axis says whether there is batch norm, the second whether there
    are skips. Shown over the last block's, to four digits. depth: the one to open
    with. Raises TypeError or ValueError.
    """
    if not isinstance(norms, Mapping) or not norms:
        raise TypeError("norms: expected a dict, number of blocks -> (2, 2, blocks)")
    measured = {}
    for blocks, a in norms.items():
        blocks, a = count("norms", blocks, least=2), finite("norms", a, 3)
        if a.shape != (2, 2, blocks) or (a <= 0).any():
            raise ValueError(f"norms: shape {a.shape} at {blocks}, expected "
                             f"{(2, 2, blocks)}, all above 0")
        over = a / a[..., -1:]
        measured[blocks] = [[[float(f"{v:.4g}") for v in one] for one in two]
                            for two in over]
    if count("depth", depth) not in measured:
        raise ValueError(f"depth: {depth}, expected one of {sorted(measured)}")
    data = {"depths": sorted(measured),
            "norms": [measured[blocks] for blocks in sorted(measured)],
            "start": {"depth": depth, "norm": True, "skip": False}}
    return Live("depth", data, _table(data)._repr_html_(), (
        "The size of the gradient at each block's output, over that at the last "
        "block's: measured at the start, before any training. The chosen network is "
        "drawn thick, the other three thin. Make it deeper, then tick skips."))


def profile(data, depth, norm, skip):
    """What the page draws of a network: its norms, and the factor of one block."""
    four = data["norms"][data["depths"].index(depth)]
    chosen = np.array(four[norm][skip])
    return {"chosen": chosen, "growth": (chosen[0] / chosen[-1]) ** (1 / (depth - 1))}


def _table(data):
    start, rows = data["start"], []
    for norm in (False, True):
        for skip in (False, True):
            found = profile(data, start["depth"], norm, skip)
            rows.append((("without", "with")[norm], ("without", "with")[skip],
                         short(found["chosen"][0]), f"{found['growth']:.3f}"))
    return Table(f"{start['depth']} blocks: the gradient at the first over that at "
                 "the last", ("batch norm", "skips", "first / last", "a block"), rows)
