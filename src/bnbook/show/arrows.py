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
            for s in trace.graph for i in s.inputs if i in trace.values]
    sent = [Arrow("message", m.step, m.input, m.step, m.input, m.gradient.shape)
            for m in trace.messages]
    return read + sent


def blocked(arrow, place):
    """Whether another box stands in the straight way of an arrow."""
    (x0, y0), (x1, y1) = place[arrow.start], place[arrow.end]
    dx, dy = abs(x1 - x0), abs(y1 - y0)

    def hit(x, y):
        aside = abs((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0))
        return (abs(2 * x - x0 - x1) < WIDTH + dx and abs(2 * y - y0 - y1) < HEIGHT + dy
                and 2 * aside < WIDTH * dy + HEIGHT * dx)

    return any(hit(*at) for name, at in place.items()
               if name not in (arrow.start, arrow.end))


def arrow_svg(arrow, place, *, apart, lane, label, strong, local=""):
    """The arrow between two boxes, `apart` to its own left; faint if not strong.

    lane: None if it is straight; a number if it goes round the boxes in its way, which
    keeps those that do apart. local: a second label, across the line from the shape.
    """
    color = COLORS[arrow.kind]
    points, (x, y, anchor) = (_straight(arrow, place, apart) if lane is None
                              else _bent(arrow, place, lane))
    d = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    words = [str(arrow.shape) * label, local]
    if local and anchor != "middle" and points[0][0] != points[-1][0]:
        words.reverse()  # a slanted line has more room on its far side
    text = "".join(
        f'<text x="{x:.1f}" y="{y:.1f}" style="fill: {color}; font-size: 10px; '
        f'text-anchor: {anchor}">{said}</text>'
        for said, (x, y, anchor) in zip(words, _sides(x, y, anchor, points)) if said)
    return (
        f'<g class="{arrow.kind}" data-step="{arrow.step}" data-input="{arrow.input}" '
        f'opacity="{1 if strong else 0.25}"><path d="M{d}" '
        f'marker-end="url(#{arrow.kind})" '
        f'style="fill: none; stroke: {color}; stroke-width: 1.6"/>'
        f"{text}</g>"
    )


def _sides(x, y, anchor, points):
    """The place of a label and the one on the other side of its line."""
    across = {"middle": (x, y + (17 if points[0][0] < points[-1][0] else -17), anchor),
              "end": (x + 10, y, "start"), "start": (x - 10, y, "end")}
    return (x, y, anchor), across[anchor]


def _straight(arrow, place, apart):
    """(points, label): from border to border."""
    (x0, y0), (x1, y1) = place[arrow.start], place[arrow.end]
    length = hypot(x1 - x0, y1 - y0)
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    ox, oy = apart * uy, -apart * ux  # each direction keeps to its own left
    start, end = _reach(ux, uy, ox, oy), length - _reach(-ux, -uy, ox, oy) - 2
    points = [(x0 + ox + t * ux, y0 + oy + t * uy) for t in (start, end)]
    return points, _label(arrow, x0 + ox, y0 + oy, ux, uy, start, end)


def _bent(arrow, place, lane):
    """(points, label): between the rows and between the columns, so past every box."""
    (x0, y0), (x1, y1), n = place[arrow.start], place[arrow.end], lane % 6
    down, side = 1 if y1 > y0 else -1, -1 if x0 < x1 else 1
    x, y, end = x0 + 10 + 4 * n, y0 + down * (24 + 4 * n), y1 - down * (8 + 2 * n)
    gap = x1 + side * (WIDTH / 2 + 8 + 5 * n)
    points = [(x, y0 + down * HEIGHT / 2), (x, y), (gap, y), (gap, end),
              (x1 + side * (WIDTH / 2 + 2), end)]
    return points, (gap + 4, (y + end) / 2, "start")


def _reach(ux, uy, ox, oy):
    """How far a line from a box's centre, moved aside by (ox, oy), runs in the box."""
    across = (WIDTH / 2 - ox * (1 if ux > 0 else -1)) / abs(ux) if ux else WIDTH
    down = (HEIGHT / 2 - oy * (1 if uy > 0 else -1)) / abs(uy) if uy else WIDTH
    return min(across, down)


def _label(arrow, x, y, ux, uy, start, end):
    slanted, long = abs(ux * uy) > 0.1, len(str(arrow.shape)) > 9
    t = start + (end - start) * (0.35 if slanted and not long else 0.5)
    x, y = x + t * ux + 5 * uy, y + t * uy - 5 * ux
    drop = 3.5 if abs(uy) > 0.1 else 7 if ux < 0 else 0
    anchor = "middle" if abs(uy) < 0.1 else "start" if uy > 0 else "end"
    return x, y + drop, anchor
