"""Exercises without the id that sphinx-exercise gives to each one's content alike."""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

SHARED = {"exercise-content", "solution-content"}


class DropSharedIds(SphinxPostTransform):
    """An id may stand once on a page; nothing links to these."""

    default_priority = 250
    formats = ("html",)

    def run(self, **kwargs):
        """Take the ids off every section that shares them."""
        for section in self.document.findall(nodes.section):
            section["ids"] = [name for name in section["ids"] if name not in SHARED]


def setup(app):
    """Register the transform."""
    app.add_post_transform(DropSharedIds)
