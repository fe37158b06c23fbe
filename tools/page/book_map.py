"""The directive `{book-map}`: the chapters and what each needs, as a graph and a list.

The edges are the links under a chapter's "What you need". The drawing leaves out an
edge that follows from others; the list holds them all.
"""

import re
import textwrap
from html import escape
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from bnbook.show.palette import PALETTE

from .mathematics import SCROLLING
from .svg import themed

WIDTH, HEIGHT, PITCH, ROW = 122, 62, 129, 88  # of a box, and from one to the next
EDGE, LETTERS = 1, 15  # beside the boxes; in a line of a box
NEED = re.compile(r"\*\*What you need\.\*\*(.*?)\n\n", re.DOTALL)
LINK = re.compile(r"\]\((\d\d-[\w-]+)\.ipynb")


class Chapter(NamedTuple):
    """A chapter: its number, file name, title, and the file names of what it needs."""

    number: int
    name: str
    title: str
    needs: tuple


def chapters(folder):
    """The Chapters of a folder of sources, in order."""
    found = []
    for path in sorted(folder.glob("[0-9][0-9]-*.md")):
        text = path.read_text(encoding="utf-8")
        title = re.search(r"^# (.+)$", text, re.MULTILINE)[1]
        needs = tuple(dict.fromkeys(LINK.findall(NEED.search(text)[1])))
        found.append(Chapter(int(path.stem[:2]), path.stem, title, needs))
    return found


def before(book):
    """name -> everything a chapter rests on, by way of others too."""
    rests = {}
    for chapter in book:
        rests[chapter.name] = set(chapter.needs).union(
            *(rests[name] for name in chapter.needs))
    return rests


def drawn_edges(book):
    """(needed, chapter) for each need that does not follow from another need."""
    rests = before(book)
    return [(name, c.name) for c in book for name in c.needs
            if not any(name in rests[other] for other in c.needs)]


def layout(book):
    """name -> (column, row): a row below all it needs, the longest way in column 1."""
    depth = {}
    for c in book:
        depth[c.name] = 1 + max((depth[name] for name in c.needs), default=-1)
    spine = longest_way(book, depth)
    place, sides = {}, (0, 2)
    for c in book:
        beside = [place[name][0] for name in c.needs if name not in spine]
        fewest = min(sides, key=lambda side: [p[0] for p in place.values()].count(side))
        column = 1 if c.name in spine else (*beside, fewest)[0]
        while (column, depth[c.name]) in place.values():
            column += 1
        place[c.name] = column, depth[c.name]
    return place


def longest_way(book, depth):
    """The names on a longest way from the first chapter down."""
    needs = {c.name: c.needs for c in book}
    way = [max(depth, key=depth.get)]
    while needs[way[-1]]:
        way.append(max(needs[way[-1]], key=depth.get))
    return set(way)


def draw(book, address):
    """The map as SVG, each box a link; address: chapter name -> where it leads."""
    place = {name: (EDGE + WIDTH / 2 + PITCH * column, EDGE + HEIGHT / 2 + ROW * row)
             for name, (column, row) in layout(book).items()}
    width = max(x for x, _ in place.values()) + WIDTH / 2 + EDGE
    height = max(y for _, y in place.values()) + HEIGHT / 2 + EDGE
    lines = [_arrow(place[a], place[b], (a, b)) for a, b in drawn_edges(book)]
    boxes = [_box(c, place[c.name], address(c.name)) for c in book]
    head = ('<defs><marker id="map-head" viewBox="0 0 8 8" refX="7" refY="4" '
            'markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0 0.5 8 4 0 7.5z" style="fill: {PALETTE["muted"]}"/>'
            "</marker></defs>")
    return themed(
        '<svg xmlns="http://www.w3.org/2000/svg" class="bn-figure bn-map" role="group" '
        'aria-label="Map of the chapters; the list below says the same" '
        f'viewBox="0 0 {width:g} {height:g}" '
        f'style="--bn-width: {width:g}px; --bn-least: {width:g}px">'
        f'{head}{"".join(lines)}{"".join(boxes)}</svg>')


def _arrow(start, end, edge):
    (x0, y0), (x1, y1) = start, end
    top, bottom = y0 + HEIGHT / 2, y1 - HEIGHT / 2 - 2
    middle = (top + bottom) / 2
    curve = f"M{x0:g} {top:g}C{x0:g} {middle:g} {x1:g} {middle:g} {x1:g} {bottom:g}"
    return (f'<path data-edge="{" ".join(edge)}" d="{curve}" '
            'marker-end="url(#map-head)" '
            f'style="fill: none; stroke: {PALETTE["muted"]}; stroke-width: 1.6"/>')


def _box(chapter, at, address):
    x, y = at
    lines = textwrap.wrap(f"{chapter.number}. {chapter.title}", LETTERS)
    first = y + 5 - 8.5 * (len(lines) - 1)
    words = "".join(
        f'<tspan x="{x:g}" y="{first + 17 * i:g}">{escape(line)} </tspan>'
        for i, line in enumerate(lines))
    return (
        f'<a href="{escape(address)}">'
        f'<rect x="{x - WIDTH / 2:g}" y="{y - HEIGHT / 2:g}" width="{WIDTH}" '
        f'height="{HEIGHT}" rx="8" style="fill: {PALETTE["paper"]}; '
        f'stroke: {PALETTE["blue"]}; stroke-width: 1.4"/>'
        f'<text style="fill: {PALETTE["ink"]}; font-size: 13px; '
        f'text-anchor: middle">{words}</text></a>')


class BookMap(SphinxDirective):
    """The drawing, and beside it the same as a list."""

    def run(self):
        """Draw the chapters found in book/source."""
        folder = Path(self.env.srcdir, "book", "source")
        book = chapters(folder)
        for chapter in book:
            self.env.note_dependency(str(folder / f"{chapter.name}.md"))
        builder, here = self.env.app.builder, self.env.docname

        def address(name):
            return builder.get_relative_uri(here, f"book/{name}")

        drawing = f'<div class="{SCROLLING}">{draw(book, address)}</div>'
        figure = nodes.figure("", nodes.raw("", drawing, format="html"))
        figure += nodes.caption("", "Read down. A box leads to its chapter.")
        return [figure, _listed(book)]


def _listed(book):
    items = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
    for chapter in book:
        words = [_link(chapter.name)]
        for i, name in enumerate(chapter.needs):
            last = i == len(chapter.needs) - 1
            between = ", needs " if i == 0 else " and " if last else ", "
            words += [nodes.Text(between), _link(name)]
        items += nodes.list_item("", nodes.paragraph("", "", *words))
    return items


def _link(name):
    return addnodes.pending_xref(
        "", nodes.inline(), refdomain="std", reftype="doc", reftarget=f"/book/{name}",
        refexplicit=False, refwarn=True)


def setup(app):
    """Register the directive."""
    app.add_directive("book-map", BookMap)
