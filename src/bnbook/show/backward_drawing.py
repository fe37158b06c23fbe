"""A backward pass as a drawing of its own: a box a line, an arrow for what it reads.

A box says what its line computes. Names in blue are values that the pass was given, by
the graph before it; an orange arrow leads from a line of the pass to one that reads it.
"""

from collections.abc import Iterable
from html import escape

from bnbook.graph import Step, graph_inputs
from bnbook.graph.expressions import PART
from bnbook.graph.types import Graph
from bnbook.show.drawing import Drawing
from bnbook.show.formulas import printed, tree
from bnbook.show.latex import leaves
from bnbook.show.layout import spine
from bnbook.show.palette import PALETTE

WIDTH, HEIGHT, PITCH, ROW, EDGE = 142, 42, 180, 68, 3
NAME, FORMULA = 15, 11.5  # px


def line_reads(graph: Graph, start: int = 0) -> dict[str, list[str]]:
    """name -> the names that stand in its line, for each named line from `start` on."""
    return {step.name: sorted(n for n in leaves(tree(graph, step.name))
                              if not n[0].isdigit())
            for step in graph[start:] if not step.name.endswith(PART)}


def draw_backward(graph: Graph, start: int, lit: Iterable[str] = ()) -> Drawing:
    """Draw the steps of `graph` from `start` on, those of a backward pass: a Drawing.

    Parts of a line are folded into its box, as in `listing`. A rounded box is what the
    pass alone was given, the upstream gradient. lit: names of lines to light.
    Raises ValueError for a name that is no line.
    """
    reads = line_reads(graph, start)
    known = {*graph_inputs(graph[:start]), *(step.name for step in graph[:start])}
    lines = tuple(Step(name, "line", tuple(n for n in inputs if n not in known))
                  for name, inputs in reads.items())
    if isinstance(lit, str) or not set(lit) <= set(reads):
        raise ValueError(f"lit: {lit!r}, expected names out of {list(reads)}")
    place = {name: (EDGE + WIDTH / 2 + PITCH * column, EDGE + HEIGHT / 2 + ROW * row)
             for name, (column, row) in places(lines).items()}
    arrows = [_arrow(name, place[name], line.name, place[line.name])
              for line in lines for name in line.inputs]
    boxes = [_box(name, at, _formula(graph, name, known) if name in reads
                  else "upstream", name in lit, name in reads)
             for name, at in place.items()]
    return Drawing(_document(place, arrows + boxes),
                   f"{len(reads)} lines and {len(arrows)} arrows")


def places(lines):
    """name -> (column, row), no two in one place: the shortest way down in column 0.

    A line stands below what it reads in its own column, and no higher than the rest.
    """
    main = spine(lines)
    place = {name: (0, row) for row, name in enumerate(graph_inputs(lines))}
    for name, _, inputs in lines:
        column = 0 if name in main else 1
        row = max((place[i][1] + (place[i][0] == column) for i in inputs), default=0)
        while (column, row) in place.values():
            row += 1
        place[name] = column, row
    return place


def _formula(graph, name, known):
    def symbol(n):
        color = PALETTE["blue"] if n in known else PALETTE["ink"]
        return f'<tspan style="fill: {color}">{escape(n)}</tspan>'

    return printed(tree(graph, name), symbol=symbol)


def _box(name, at, formula, lit, line):
    x, y = at
    fill, edge = (PALETTE["lit"], PALETTE["ink"]) if lit else ("none", PALETTE["muted"])
    return (
        f'<g class="node" data-name="{name}"><rect x="{x - WIDTH / 2:g}" '
        f'y="{y - HEIGHT / 2:g}" width="{WIDTH}" height="{HEIGHT}" '
        f'rx="{6 if line else HEIGHT / 2:g}" style="fill: {fill}; stroke: {edge}; '
        f'stroke-width: {1.8 if lit else 1}"/><text x="{x:g}" y="{y - 3:g}" '
        f'style="fill: {PALETTE["ink"]}; font-size: {NAME}px; font-weight: 600; '
        f'text-anchor: middle">{name}</text><text x="{x:g}" y="{y + 14:g}" '
        f'style="fill: {PALETTE["muted"]}; font-size: {FORMULA}px; '
        f'text-anchor: middle">{formula}</text></g>')


def _arrow(start, at, end, to):
    """From border to border: down a column, or from one column to the other."""
    (x0, y0), (x1, y1) = at, to
    side, down = (x1 > x0) - (x1 < x0), x0 == x1
    x0, x1 = x0 + side * WIDTH / 2, x1 - side * (WIDTH / 2 + 2)
    y0 += HEIGHT / 2 if down else 10 * (y1 > y0)  # not where another one ends
    y1 -= down * (HEIGHT / 2 + 2)
    return (f'<path class="message" data-start="{start}" data-end="{end}" '
            f'd="M{x0:g} {y0:g}L{x1:g} {y1:g}" marker-end="url(#line)" '
            f'style="fill: none; stroke: {PALETTE["orange"]}; stroke-width: 1.6"/>')


def _document(place, parts):
    width = max(x for x, _ in place.values()) + WIDTH / 2 + EDGE
    height = max(y for _, y in place.values()) + HEIGHT / 2 + EDGE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" '
        'font-family="ui-monospace, Menlo, Consolas, monospace">'
        '<defs><marker id="line" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" '
        'markerHeight="6" orient="auto"><path d="M0 0.5 8 4 0 7.5z" '
        f'style="fill: {PALETTE["orange"]}"/></marker></defs>{"".join(parts)}</svg>')
