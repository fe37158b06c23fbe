"""The book's own Sphinx extension: what the default page gets wrong, mended at build.

Formulas become MathML (`mathematics`), SVG figures are drawn into the page so that
they follow its colours (`figures`, `svg`), folded cells are named aright (`cells`), an
id stands once (`exercises`), a page's head gets a description and loses scripts
(`head`, `templates/`), and live parts get their scripts (`live`). The API reference is
autodoc's, of our docstrings (`api`), and names in cells lead there (`code_links`);
symbols lead to their meaning (`symbols`), a search to a section (`search`), a symptom
has an address (`symptoms`), and tables of sentences become cards on a phone (`tables`).
The bibliography's works come from one file (`references`), how to cite from another
(`cite`), and the page for instructors is counted from the sources (`teaching`). All
style sheets become one lean one (`styles`), and the landing page offers the PDF and the
EPUB (`offers`). Nothing is loaded from another host.
"""

from . import (
    address,
    api,
    book_map,
    cells,
    cite,
    code_links,
    exercises,
    figures,
    head,
    live,
    mathematics,
    offers,
    page_tools,
    references,
    search,
    share,
    styles,
    symbols,
    symptoms,
    tables,
    teaching,
)

PARTS = (mathematics, figures, cells, exercises, head, live, api, code_links,
         references, cite, symbols, symptoms, tables, book_map, teaching, address,
         share, search, page_tools, offers, styles)


def setup(app):
    """Register the parts with Sphinx."""
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
