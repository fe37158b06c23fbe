"""A row of a table of symptoms has an address of its own, and a link that shows it."""

from docutils import nodes
from sphinx.transforms import SphinxTransform

TABLE = "bn-symptoms"


def address(row, taken):
    """The id of a row: the words of its first cell, once on a page."""
    name = nodes.make_id(row.children[0].astext())
    if not name or name in taken:
        raise ValueError(f"two rows have the address {name!r}: word one differently")
    return name


class Addressed(SphinxTransform):
    """Give the rows their ids, and their first cells a link to them."""

    default_priority = 400

    def apply(self, **kwargs):
        """Mark every row below the head of every table of symptoms."""
        taken = set()
        for table in self.document.findall(nodes.table):
            if TABLE in table["classes"]:
                for row in next(table.findall(nodes.tbody)).children:
                    self.mark(row, address(row, taken))
                    taken.update(row["ids"])

    def mark(self, row, name):
        """Let the row be found, and lead the first cell to it."""
        row["ids"].append(name)
        link = nodes.reference("", "#", internal=True, refid=name,
                               classes=["headerlink"])
        link["reftitle"] = "Link to this symptom"
        row.children[0].children[0] += [nodes.Text(" "), link]


def setup(app):
    """Register the transform."""
    app.add_transform(Addressed)
