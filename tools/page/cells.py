"""Folded cells whose button is named by the words one sees on it."""

from myst_nb import sphinx_ as myst_nb

LABEL = ' aria-label="Toggle hidden content"'


def visit_folded(self, node):
    """Write MyST-NB's `<details>` without the label that hides its own words."""
    start = len(self.body)
    myst_nb.visit_HideCellInput(self, node)
    self.body[start:] = [part.replace(LABEL, "") for part in self.body[start:]]


def setup(app):
    """Take over the node's visitor."""
    app.add_node(
        myst_nb.HideCodeCellNode,
        override=True,
        html=(visit_folded, myst_nb.depart_HideCellInput),
    )
