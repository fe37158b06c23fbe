"""The arrows of a drawing: one for every value read, one for every message sent."""

from math import hypot
from typing import NamedTuple

from bnbook.show.palette import PALETTE

WIDTH, HEIGHT = 80, 40  # of the boxes between which they run
COLORS = {"edge": PALETTE["blue"], "message": PALETTE["orange"]}


class Arrow(NamedTuple):
    """One arrow: which edge of the graph it is, from where to where, of what shape."""

    kind: str
    step: str
    input: str
    start: str
    end: str
    shape: tuple[int, ...]


def arrows(trace):
    """An arrow for every value that a step read and for every message it sent."""
    read = [Arrow("edge", s.name, i, i, s.name, trace.values[i].shape)
            for s in trace.graph for i in s.inputs]
    sent = [Arrow("message", m.step, m.input, m.step, m.input, m.gradient.shape)
            for m in trace.messages]
    return read + sent


def arrow_svg(arrow, place, *, apart, label, strong):
    """The arrow between two boxes, `apart` to its own left; faint if not strong."""
    color = COLORS[arrow.kind]
    (x0, y0), (x1, y1) = place[arrow.start], place[arrow.end]
    length = hypot(x1 - x0, y1 - y0)
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    ox, oy = apart * uy, -apart * ux  # each direction keeps to its own left
    start, end = _reach(ux, uy, ox, oy), length - _reach(-ux, -uy, ox, oy) - 2
    d = "L".join(f"{x0 + ox + t * ux:.1f} {y0 + oy + t * uy:.1f}" for t in (start, end))
    return (
        f'<g class="{arrow.kind}" data-step="{arrow.step}" data-input="{arrow.input}" '
        f'opacity="{1 if strong else 0.25}"><path d="M{d}" '
        f'marker-end="url(#{arrow.kind})" '
        f'style="fill: none; stroke: {color}; stroke-width: 1.6"/>'
        + (_label(arrow, x0 + ox, y0 + oy, ux, uy, start, end) if label else "")
        + "</g>"
    )


def _reach(ux, uy, ox, oy):
    """How far a line from a box's centre, moved aside by (ox, oy), runs in the box."""
    across = (WIDTH / 2 - ox * (1 if ux > 0 else -1)) / abs(ux) if ux else WIDTH
    down = (HEIGHT / 2 - oy * (1 if uy > 0 else -1)) / abs(uy) if uy else WIDTH
    return min(across, down)


def _label(arrow, x, y, ux, uy, start, end):
    slanted, long = abs(ux * uy) > 0.1, len(str(arrow.shape)) > 9
    t = start + (end - start) * (0.35 if slanted and not long else 0.5)
    x, y = x + t * ux + 5 * uy, y + t * uy - 5 * ux
    anchor = "middle" if abs(uy) < 0.1 else "start" if uy > 0 else "end"
    drop = 3.5 if abs(uy) > 0.1 else 7 if ux < 0 else 0
    return (
        f'<text x="{x:.1f}" y="{y + drop:.1f}" style="fill: {COLORS[arrow.kind]}; '
        f'font-size: 10px; text-anchor: {anchor}">{arrow.shape}</text>'
    )
