"""The backward pass of a batch of three, drawn: one channel is a point in space."""

import matplotlib.pyplot as plt
import numpy as np

from bnbook.show.palette import PALETTE
from bnbook.show.plots import WIDTH

TURN, TILT = np.radians(202), np.radians(25)  # xhat on the floor, the eye above it


def frame(xhat):
    """Three unit vectors, the rows: along 1, along xhat, and at right angles to both.

    xhat (3,) sums to 0 and is not 0. The third is the way the circle runs on which
    every normalized batch of three lies.
    """
    one = np.ones(3) / np.sqrt(3)
    out = xhat / np.linalg.norm(xhat)
    return np.array([one, out, np.cross(one, out)])


def seen(points, xhat):
    """Points (..., 3) as the eye sees them, (..., 2): 1 points up."""
    up, out, along = np.moveaxis(points @ frame(xhat).T, -1, 0)
    right = out * np.cos(TURN) - along * np.sin(TURN)
    back = out * np.sin(TURN) + along * np.cos(TURN)
    return np.stack([right, up * np.cos(TILT) + back * np.sin(TILT)], axis=-1)


def draw_removals(xhat, dy, along_one, along_xhat):
    """dy at the tip of xhat, its two parts taken away, and what is left; the figure.

    Four arrays (3,). The floor holds the vectors that sum to 0; its circle those that
    are as long as xhat. Raises ValueError for other shapes.
    """
    given = {"xhat": xhat, "dy": dy, "along_one": along_one, "along_xhat": along_xhat}
    for name, a in given.items():
        if np.shape(a) != (3,):
            raise ValueError(f"{name}: shape {np.shape(a)}, expected (3,)")
    zero, one, tip = np.zeros(3), np.ones(3), xhat + dy
    corner, end = tip - along_one, tip - along_one - along_xhat
    figure, ax = plt.subplots(figsize=(WIDTH, 3.6))
    ax.fill(*seen(_circle(xhat), xhat).T, facecolor=PALETTE["lit"],
            edgecolor=PALETTE["muted"], linewidth=1)
    for start, stop, color, dash, text, at, offset, ha in (
            (zero, one, "ink", "-", "1", one, (7, 0), "left"),
            (zero, xhat, "ink", "-", "xhat", xhat / 2, (0, 5), "center"),
            (xhat, tip, "orange", "-", "dy", tip, (0, 4), "center"),
            (tip, corner, "purple", (0, (4, 2)), "- mean(dy)",
             (tip + corner) / 2, (-7, 0), "right"),
            (corner, end, "blue", (0, (1, 1)), "- xhat · mean(dy · xhat)",
             corner, (0, -7), "left"),
            (xhat, end, "green", "-", "what is left", end, (7, -1), "left")):
        _arrow(ax, *seen(np.array([start, stop]), xhat), PALETTE[color], dash)
        _label(ax, text, seen(at, xhat), offset, PALETTE[color], ha)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return figure


def _circle(xhat):
    angle = np.linspace(0, 2 * np.pi, 49)[:, None]
    _, out, along = np.linalg.norm(xhat) * frame(xhat)
    return np.cos(angle) * out + np.sin(angle) * along


def _arrow(ax, start, stop, color, dash):
    ax.update_datalim([start, stop])
    ax.annotate("", stop, start, arrowprops={
        "arrowstyle": "->", "color": color, "linewidth": 2, "linestyle": dash,
        "shrinkA": 0, "shrinkB": 0})


def _label(ax, text, at, offset, color, ha):
    """Text beside a point, `offset` in points; spaces would be lost in an SVG."""
    va = "center" if not offset[1] else "bottom" if offset[1] > 0 else "top"
    ax.annotate(text, at, offset, textcoords="offset points", color=color, ha=ha, va=va)
