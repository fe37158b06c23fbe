"""A trace as an SVG drawing: its nodes are the values, its arrows what was sent.

A blue arrow is a value on its way forward into a step; an orange arrow is a message on
its way back. Colours are the palette's, which a page maps to its own light and dark.
"""

from math import hypot
from typing import NamedTuple

from bnbook.graph import PATHS
from bnbook.show.layout import layout, path_edges
from bnbook.show.palette import PALETTE

WIDTH, HEIGHT = 80, 40
PITCH, ROW = 124, 70
LEFT, TOP = 60, 24
COLORS = {"edge": PALETTE["blue"], "message": PALETTE["orange"]}
KINDS = {"forward": ("edge",), "backward": ("message",), "both": ("edge", "message")}


class Drawing:
    """An SVG picture: notebooks show it, str() is its source."""

    def __init__(self, svg, summary):
        self._svg, self._summary = svg, summary

    def _repr_svg_(self):
        return self._svg

    def __str__(self):
        return self._svg

    def __repr__(self):
        return f"<drawing of {self._summary}>"


class Arrow(NamedTuple):
    """One arrow: which edge of the graph it is, from where to where, of what shape."""

    kind: str
    step: str
    input: str
    start: str
    end: str
    shape: tuple[int, ...]


def draw(trace, lit=(), *, path=None, direction="both", crop=False):
    """Draw a trace, with shapes on its arrows; returns a Drawing.

    lit: names of values to light. path: "straight", "variance" or "mean" lights that
    way between x and y. direction: "forward" draws the values that the steps read,
    "backward" the messages that they sent, "both" the two side by side, with the shape
    once, since a message has the shape of the value it answers. crop: show only the
    rows of the lit values and of those that they touch. Raises ValueError.
    """
    _check(trace, lit, path, direction)
    on_path = path_edges(trace.graph, path) if path else set()
    lit = {*lit, *(name for edge in on_path for name in edge)}
    place = {name: (LEFT + PITCH * column, TOP + ROW * row)
             for name, (column, row) in layout(trace.graph).items()}
    shown = [a for a in arrows(trace) if a.kind in KINDS[direction]]
    both = direction == "both"
    lines = [_line(a, place, apart=5 * both + 8 * shown[:k].count(a),
                   label=a.kind in KINDS[direction][:1] and a not in shown[k + 1:],
                   strong=not path or (a.step, a.input) in on_path)
             for k, a in enumerate(shown)]
    ops = {step.name: step.op for step in trace.graph}
    boxes = [_box(name, ops.get(name, "input"), at, name in lit)
             for name, at in place.items()]
    window = _window(trace.graph, place, lit if crop else set(place))
    return Drawing(_document(window, lines + boxes), f"{len(boxes)} values and "
                   f"{len(lines)} arrows, {direction}")


def arrows(trace):
    """An arrow for every value that a step read and for every message it sent."""
    read = [Arrow("edge", s.name, i, i, s.name, trace.values[i].shape)
            for s in trace.graph for i in s.inputs]
    sent = [Arrow("message", m.step, m.input, m.step, m.input, m.gradient.shape)
            for m in trace.messages]
    return read + sent


def _check(trace, lit, path, direction):
    if isinstance(lit, str) or not set(lit) <= set(trace.values):
        raise ValueError(f"lit: {lit!r}, expected names out of {list(trace.values)}")
    if path not in (None, *PATHS):
        raise ValueError(f"path: {path!r}, expected one of {list(PATHS)}")
    if direction not in KINDS:
        raise ValueError(f"direction: {direction!r}, expected {list(KINDS)}")
    if direction != "forward" and not trace.messages:
        raise ValueError('trace: ran forward only, expected direction="forward"')


def _line(arrow, place, apart, label, strong):
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
    slanted = abs(ux * uy) > 0.1
    t = start + (end - start) * (0.35 if slanted else 0.5)
    x, y = x + t * ux + 5 * uy, y + t * uy - 5 * ux
    anchor = "middle" if abs(uy) < 0.1 else "start" if uy > 0 else "end"
    drop = 3.5 if abs(uy) > 0.1 else 7 if ux < 0 else 0
    return (
        f'<text x="{x:.1f}" y="{y + drop:.1f}" style="fill: {COLORS[arrow.kind]}; '
        f'font-size: 10px; text-anchor: {anchor}">{arrow.shape}</text>'
    )


def _box(name, op, at, lit):
    x, y = at
    fill, edge = (PALETTE["lit"], PALETTE["ink"]) if lit else ("none", PALETTE["muted"])
    radius = 20 if op == "input" else 6
    return (
        f'<g class="node" data-name="{name}"><rect x="{x - WIDTH / 2}" '
        f'y="{y - HEIGHT / 2}" width="{WIDTH}" height="{HEIGHT}" rx="{radius}" '
        f'style="fill: {fill}; stroke: {edge}; stroke-width: {1.8 if lit else 1}"/>'
        f'<text x="{x}" y="{y - 2}" style="fill: {PALETTE["ink"]}; font-size: 15px; '
        f'font-weight: 600; text-anchor: middle">{name}</text>'
        f'<text x="{x}" y="{y + 13}" style="fill: {PALETTE["muted"]}; '
        f'font-size: 10.5px; text-anchor: middle">{op}</text></g>'
    )


def _window(graph, place, lit):
    """(top, width, height) of the rows of the lit values and their neighbours."""
    edges = [{step.name, i} for step in graph for i in step.inputs]
    rows = [place[name][1] for edge in edges if edge & lit for name in edge]
    width = max(x for x, _ in place.values()) + LEFT - 8
    return min(rows) - TOP, width, max(rows) - min(rows) + 2 * TOP


def _document(window, parts):
    top, width, height = window
    heads = "".join(
        f'<marker id="{kind}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" '
        f'markerHeight="6" orient="auto"><path d="M0 0.5 8 4 0 7.5z" '
        f'style="fill: {color}"/></marker>'
        for kind, color in COLORS.items()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {top} {width} {height}" '
        f'width="{width}" height="{height}" '
        'font-family="ui-monospace, Menlo, Consolas, monospace">'
        f'<defs>{heads}</defs>{"".join(parts)}</svg>'
    )
