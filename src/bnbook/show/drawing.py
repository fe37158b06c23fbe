"""A trace as an SVG drawing: its nodes are the values, its arrows what was sent.

A blue arrow is a value on its way forward into a step; an orange arrow is a message on
its way back. Colours are the palette's, which a page maps to its own light and dark.
The page's script draws the same (`web/drawing.js`), and a test holds the two together.
"""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from bnbook.graph import PATHS
from bnbook.graph.arguments import choice, flag, names
from bnbook.graph.ran import ran
from bnbook.graph.trace import Trace
from bnbook.show.arrows import COLORS, HEIGHT, WIDTH, arrow_svg, arrows, blocked
from bnbook.show.formulas import local as formula
from bnbook.show.layout import layout, path_edges
from bnbook.show.palette import PALETTE

PathName: TypeAlias = Literal["straight", "variance", "mean"]
Direction: TypeAlias = Literal["forward", "backward", "both"]
PITCH, ROW = 124, 70
LEFT, TOP = 60, 24
KINDS = {"forward": ("edge",), "backward": ("message",), "both": ("edge", "message")}


class Drawing:
    """An SVG picture: notebooks show it, str() is its source."""

    def __init__(self, svg, summary):
        self._svg, self._summary = svg, summary

    def _repr_svg_(self):
        return self._svg

    def __str__(self) -> str:
        return self._svg

    def __repr__(self):
        return f"<drawing of {self._summary}>"


def draw(trace: Trace, lit: Iterable[str] = (), *, path: PathName | None = None,
         direction: Direction = "both", crop: bool = False,
         local: bool = False) -> Drawing:
    """Draw a trace, with shapes on its arrows; returns a Drawing.

    lit: names of values to light. path: "straight", "variance" or "mean" lights that
    way between x and y. direction: "forward" draws the values that the steps read,
    "backward" the messages that they sent, "both" the two side by side, with the shape
    once, since a message has the shape of the value it answers. crop: show only the
    rows of the lit values and of those that they touch. local: beside each message of
    a lit step, what the step multiplied its upstream gradient by. Raises ValueError.
    """
    lit = _lit(trace, lit, path, direction)
    crop, local = flag("crop", crop), flag("local", local)
    on_path = path_edges(trace.graph, path) if path else set()
    lit = {*lit, *(name for edge in on_path for name in edge)}
    room = _room(trace)
    place = {name: (LEFT + room + (PITCH + room) * column, TOP + ROW * row)
             for name, (column, row) in layout(trace.graph).items()}
    if crop:
        place = _near(trace.graph, place, lit)
    shown = [a for a in arrows(trace) if a.kind in KINDS[direction]
             and {a.start, a.end} <= set(place)]
    factors = _factors(trace, lit) if local else {}
    both, bent = direction == "both", [blocked(a, place) for a in shown]
    lines = [
        arrow_svg(a, place, apart=5 * both + 8 * shown[:k].count(a),
                  lane=sum(bent[:k]) if bent[k] else None,
                  label=a.kind in KINDS[direction][:1] and a not in shown[k + 1:],
                  strong=not path or (a.step, a.input) in on_path,
          local=factors.get((a.step, a.input), "") if a.kind == "message" else "")
        for k, a in enumerate(shown)]
    ops = {step.name: step.op for step in trace.graph}
    boxes = [_box(name, ops.get(name, "input"), at, name in lit)
             for name, at in place.items()]
    return Drawing(_document(place, room, lines + boxes), f"{len(boxes)} values and "
                   f"{len(lines)} arrows, {direction}")


def _lit(trace, lit, path, direction):
    """The names in `lit`, if all that `draw` is given fits."""
    lit = names("lit", lit, ran(trace, backward=False).values)
    path is None or choice("path", path, PATHS)
    edges = {(step.name, i) for step in trace.graph for i in step.inputs}
    if path and not set().union(*PATHS.values()) <= edges:
        raise ValueError(f"path: {path!r}, but the graph computes no statistics of x")
    choice("direction", direction, KINDS)
    if direction != "forward" and not trace.messages:
        raise ValueError('trace: ran forward only, expected direction="forward"')
    return lit


def _factors(trace, lit):
    """(step, input) -> the local derivative of each edge that leads into a lit step."""
    return {(s.name, i): f"×{formula(rule, {**dict(zip('ab', s.inputs)), 'y': s.name})}"
            for s in trace.graph if s.name in lit
            for i, rule in zip(s.inputs, trace.ops[s.op].rules)}


def _box(name, op, at, lit):
    x, y = at
    fill, edge = (PALETTE["lit"], PALETTE["ink"]) if lit else ("none", PALETTE["muted"])
    radius = 20 if op == "input" else 6
    size = min(15, max(10, 120 // len(name)))
    said = name if len(name) <= 12 else f"{name[:7]}…{name[-4:]}"
    return (
        f'<g class="node" data-name="{name}"><rect x="{x - WIDTH / 2}" '
        f'y="{y - HEIGHT / 2}" width="{WIDTH}" height="{HEIGHT}" rx="{radius}" '
        f'style="fill: {fill}; stroke: {edge}; stroke-width: {1.8 if lit else 1}"/>'
        f'<text x="{x}" y="{y - 2}" style="fill: {PALETTE["ink"]}; '
        f'font-size: {size}px; font-weight: 600; text-anchor: middle">{said}</text>'
        f'<text x="{x}" y="{y + 13}" style="fill: {PALETTE["muted"]}; '
        f'font-size: 10.5px; text-anchor: middle">{op}</text></g>'
    )


def _room(trace):
    """What the longest shape needs beside the gap between two columns of boxes."""
    longest = max(len(str(trace.values[name].shape)) for name in trace.values)
    return max(0, 6 * longest + 8 - (PITCH - WIDTH))


def _near(graph, place, lit):
    """The places in the rows of the lit values and of their neighbours."""
    edges = [{step.name, i} for step in graph for i in step.inputs]
    rows = [place[name][1] for edge in edges if edge & lit for name in edge]
    rows = rows or [y for _, y in place.values()]
    return {name: at for name, at in place.items() if min(rows) <= at[1] <= max(rows)}


def _document(place, room, parts):
    rows = [y for _, y in place.values()]
    top, height = min(rows) - TOP, max(rows) - min(rows) + 2 * TOP
    width = LEFT + room + 2 * (PITCH + room) + LEFT - 8
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
