"""Symbols lead to their meaning: in code spans and formulas of one symbol.

The rows of the page of symbols get ids; the first mention of a symbol in a section of
any other page becomes a link to its row, whose title says what it is.
"""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from bnbook.show.latex import symbol
from bnbook.show.tables import MEANINGS

PAGE = "book/symbols"
NAMES = ("x", "mu", "xmu", "sq", "var", "vareps", "eps", "std", "ivar", "xhat", "gamma",
         "gx", "beta", "y")
OTHER = ("N", "C", "m", "L")
LATEX = {symbol(name): name for name in NAMES}
IN_FORMULA_FACE = "bn-sym"
CLOSED = (nodes.reference, nodes.title, nodes.caption, nodes.target, nodes.Admonition)


def meaning(text, is_formula=False):
    r"""(id, words) of a lone symbol such as `dxhat` or \hat{x}; None for other text."""
    text = text.strip()
    if is_formula and text in OTHER:
        return f"symbol-{text}", f"{text}: see Symbols"
    name = text if not is_formula else LATEX.get(text, LATEX.get(text[1:], ""))
    gradient = text.startswith("d") and text not in LATEX and text not in NAMES
    if gradient and not is_formula:
        name = text[1:]
    if name not in NAMES:
        return None
    of = "the gradient of the loss by " if gradient else ""
    return f"symbol-{name}", f"{of}{name}: {MEANINGS[name]}"


class LinkSymbols(SphinxPostTransform):
    """Give the rows their ids on their own page; link to them from all others."""

    default_priority = 290
    formats = ("html",)

    def run(self, **kwargs):
        """Visit one page."""
        if self.env.docname == PAGE:
            self.mark()
        elif "/api/" not in self.env.docname:
            self.link()

    def mark(self):
        for raw in list(self.document.findall(nodes.raw)):
            raw.parent.replace(raw, with_ids(raw))
        for row in self.document.findall(nodes.row):
            if (letter := row[0].astext()) in OTHER:
                row["ids"].append(f"symbol-{letter}")

    def link(self):
        seen = set()
        for node in list(self.document.findall(is_symbol)):
            found = meaning(node.astext(), isinstance(node, nodes.math))
            section = enclosing(node, nodes.section)
            if found is None:
                continue
            node["classes"] += [IN_FORMULA_FACE] * isinstance(node, nodes.literal)
            if enclosing(node, CLOSED) or (section, found) in seen:
                continue
            seen.add((section, found))
            place, words = found
            uri = self.app.builder.get_relative_uri(self.env.docname, PAGE)
            link = nodes.reference("", "", internal=True, refuri=f"{uri}#{place}",
                                   reftitle=words, classes=["bn-symbol"])
            node.parent.replace(node, link)
            link += node


def is_symbol(node):
    return isinstance(node, (nodes.literal, nodes.math))


def enclosing(node, kinds):
    """The nearest ancestor of a kind, or None."""
    while node is not None and not isinstance(node, kinds):
        node = node.parent
    return node


def with_ids(raw):
    """The table of symbols with an id on each row, made of the row's heading."""
    markup = re.sub(r'<tr>(<th scope="row"[^>]*>)(\w+)<',
                    r'<tr id="symbol-\2">\1\2<', raw.astext())
    return nodes.raw("", markup, format="html")


def setup(app):
    """Register the transform."""
    app.add_post_transform(LinkSymbols)
