"""The landing page offers the book's other forms: a link shows once its file is there.

`make book` makes no PDF and no EPUB. A link to what is not there would be dead, so both
are written hidden; the build and `tools/bind.py` show those that lead somewhere.
"""

import re
from pathlib import Path

LANDING = "book/index.html"
FILES = ("bnbook.pdf", "bnbook.epub")
OFFER = re.compile(rf'<a (?:hidden )?href="\.\./({"|".join(map(re.escape, FILES))})">')


def show(html):
    """Show on the built landing page the links whose files stand in the folder html."""
    page = Path(html, LANDING)

    def link(match):
        hidden = "" if Path(html, match[1]).exists() else "hidden "
        return f'<a {hidden}href="../{match[1]}">'

    page.write_text(OFFER.sub(link, page.read_text("utf-8")), encoding="utf-8")


def at_the_end(app, error):
    """A form made from an earlier build is still offered."""
    if not error and app.builder.name == "html":
        show(app.outdir)


def setup(app):
    """Connect to the build."""
    app.connect("build-finished", at_the_end)
