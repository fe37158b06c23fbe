"""Exercises as the book shows them.

sphinx-exercise gives to each one's content the same id, which is dropped. Of class
`write-it` are questions amid a derivation: they say so, and their answers too, in place
of the title that an exercise at a chapter's end has.
"""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import exercise_node, solution_node

SHARED = {"exercise-content", "solution-content"}
TITLES = {exercise_node: "Write it first", solution_node: "The answer"}


class DropSharedIds(SphinxPostTransform):
    """An id may stand once on a page; nothing links to these."""

    default_priority = 250
    formats = ("html",)

    def run(self, **kwargs):
        """Take the ids off every section that shares them."""
        for section in self.document.findall(nodes.section):
            section["ids"] = [name for name in section["ids"] if name not in SHARED]


class TitleWhatToWrite(SphinxPostTransform):
    """Questions of class `write-it`, and their answers, under a title of their own."""

    default_priority = 250
    formats = ("html",)

    def run(self, **kwargs):
        """Put the words in the place of sphinx-exercise's title."""
        for kind, words in TITLES.items():
            for node in self.document.findall(kind):
                if "write-it" in node["classes"]:
                    node[0] = nodes.title("", words)


def setup(app):
    """Register the transforms."""
    app.add_post_transform(DropSharedIds)
    app.add_post_transform(TitleWhatToWrite)
