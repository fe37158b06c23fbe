"""The directive `{how-to-cite}`: `CITATION.cff` as a reference and as BibTeX."""

from pathlib import Path

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

FILE = "CITATION.cff"


def cited(text):
    """What the file says: a dict."""
    return yaml.safe_load(text)


def authors(said, between):
    """The authors' names, whether people or a group."""
    return between.join(
        a.get("name") or f"{a['family-names']}, {a['given-names']}"
        for a in said["authors"])


def reference(said):
    """One line for a list of references."""
    day = said["date-released"]
    where = f" {said['url']}" if "url" in said else ""
    return (f"{authors(said, '; ')} ({day.year}). {said['title']}. "
            f"Version {said['version']}, {day.isoformat()}.{where}")


def bibtex(said):
    """The same as an entry of BibTeX; a group's name stays whole in its braces."""
    day = said["date-released"]
    fields = {
        "author": f"{{{authors(said, '} and {')}}}", "title": f"{{{said['title']}}}",
        "year": day.year, "month": day.month, "version": said["version"],
        "note": f"Version {said['version']}, {day.isoformat()}",
        **({"url": said["url"]} if "url" in said else {})}
    lines = [f"  {name:7} = {{{value}}}" for name, value in fields.items()]
    return "@software{bnbook,\n" + ",\n".join(lines) + "\n}"


class HowToCite(SphinxDirective):
    """The reference as a paragraph, and the entry to copy."""

    def run(self):
        """Read the file in the book's root."""
        path = Path(self.env.srcdir, FILE)
        self.env.note_dependency(str(path))
        said = cited(path.read_text(encoding="utf-8"))
        entry = nodes.literal_block(bibtex(said), bibtex(said), language="bibtex")
        return [nodes.paragraph("", reference(said)), entry]


def setup(app):
    """Register the directive."""
    app.add_directive("how-to-cite", HowToCite)
