"""The works of `book/references.bib`: a line on why to read each, and plain markup.

Docutils marks a citation up with a role that may stand only in a list of its kind, and
Sphinx with another for that list; a reader is told no more by them, and axe objects.
"""

from docutils import nodes
from pybtex.plugin import register_plugin
from pybtex.style.formatting.alpha import Style
from pybtex.style.template import field, node, optional, sentence, tag


@node
def work(children, context):
    """What the style makes of an entry without its note, and the note in italics."""
    entry, made = context["entry"], children[0]
    fields = {name: value for name, value in entry.fields.items() if name != "note"}
    bare = type(entry)(entry.type, fields, entry.persons)
    bare.key = entry.key
    head = made.format_data({**context, "entry": bare})
    why = optional[tag("em")[sentence[field("note", raw=False)]]]
    return head + " " + why.format_data(context)


class Annotated(Style):
    """Pybtex's alpha style, each entry followed by its note."""

    def __getattribute__(self, name):
        """Its templates, with the note at the end of each."""
        found = super().__getattribute__(name)
        if not (name.startswith("get_") and name.endswith("_template")):
            return found
        return lambda entry: work[found(entry)]


def visit_citation(self, citation):
    """An entry: a block with its address."""
    self.body.append(self.starttag(citation, "div", CLASS="citation"))


def depart_citation(self, citation):
    """Its end."""
    self.body.append("</div>\n")


def setup(app):
    """Register the style and the markup."""
    register_plugin("pybtex.style.formatting", "annotated", Annotated)
    app.add_node(nodes.citation, override=True,
                 html=(visit_citation, depart_citation))
