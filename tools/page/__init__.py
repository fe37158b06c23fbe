"""The book's own Sphinx extension: what the default page gets wrong, mended at build.

Formulas become MathML (`mathematics`), SVG figures are drawn into the page so that
they follow its colours (`figures`, `svg`), folded cells are named aright (`cells`), an
id stands once (`exercises`), and a page's head gets a description and loses scripts
(`head`, `templates/`). Nothing is loaded from another host.
"""

from . import cells, exercises, figures, head, mathematics


def setup(app):
    """Register the parts with Sphinx."""
    for part in (mathematics, figures, cells, exercises, head):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
