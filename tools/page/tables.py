"""Tables of sentences, which a narrow page shows as cards: a row each.

Three columns of sentences have 95 pixels each on a phone. There every cell but a row's
first says the name of its column; the style sheet hides these words on a wide page.
"""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

COLUMNS, LETTERS = 3, 24  # from here on a phone has no room for a row
CARDS, LABEL = "bn-cards", "bn-label"


class MakeCards(SphinxPostTransform):
    """Mark the tables that become cards, and label their cells."""

    default_priority = 300
    formats = ("html",)

    def run(self, **kwargs):
        """Visit the tables of one page."""
        for table in self.document.findall(nodes.table):
            if is_of_sentences(table):
                table["classes"].append(CARDS)
                label(table)


def body_rows(table):
    """The rows below the head."""
    return [row for body in table.findall(nodes.tbody) for row in body]


def heads(table):
    """The words of each column's head; empty without a head."""
    found = next(table.findall(nodes.thead), None)
    return [entry.astext() for entry in found[0]] if found else []


def is_of_sentences(table):
    """Whether a table has a head, three columns, and cells that need several lines."""
    cells = [len(entry.astext()) for row in body_rows(table) for entry in row[1:]]
    return (len(heads(table)) >= COLUMNS and bool(cells)
            and sum(cells) / len(cells) >= LETTERS)


def label(table):
    """Put the head of its column before the words of each cell but a row's first."""
    names = heads(table)
    for row in body_rows(table):
        for name, entry in list(zip(names, row))[1:]:
            if len(entry) and isinstance(entry[0], nodes.paragraph):
                entry[0].insert(0, nodes.inline("", f"{name}: ", classes=[LABEL]))


def setup(app):
    """Register the transform."""
    app.add_post_transform(MakeCards)
