"""The live parts of a page: their scripts, on the pages that use them and no other.

A part is `<div class="bn-live" data-live="NAME">`; its script is `web/NAME.js`, whose
first lines may say `// needs: engine, other`; `data-needs` names those that this part
needs besides. A page gets all of its scripts as one file, `live.js` first, each after
what it needs, and `NAME.css` where there is one. Sphinx puts a hash of the content
behind each address.
"""

import hashlib
import re
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

from bnbook.show.scripts import FOLDER, script_text, scripts

LOG = logging.getLogger(__name__)
PART = re.compile(r'data-(?:live|needs)="([\w -]+)"')
PAGES = ("html", "dirhtml", "singlehtml")


def parts(doctree):
    """The names of the live parts of one page, in the order in which they stand."""
    texts = (node.astext() for node in doctree.findall(nodes.raw))
    found = (names for text in texts for names in PART.findall(text))
    return list(dict.fromkeys(name for names in found for name in names.split()))


def copy(app):
    """Put the styles into the output, before any page is written."""
    if app.builder.name in PAGES:
        target = Path(app.outdir, "_static", "live")
        target.mkdir(parents=True, exist_ok=True)
        for path in FOLDER.glob("*.css"):
            shutil.copy(path, target)


def add_scripts(app, pagename, templatename, context, doctree):
    """Give a page the scripts of its own parts."""
    names = parts(doctree) if doctree and app.builder.name in PAGES else []
    if not names:
        return
    missing = [name for name in names if not (FOLDER / f"{name}.js").exists()]
    if missing:
        LOG.warning("%s: no script for the live part %s", pagename, missing[0])
        return
    for name in scripts(names):
        if (FOLDER / f"{name}.css").exists():
            app.add_css_file(f"live/{name}.css")
    text = script_text(names)
    name = f"live/{hashlib.sha256(text.encode()).hexdigest()[:8]}.js"
    Path(app.outdir, "_static", name).write_text(text, "utf-8")
    app.add_js_file(name, loading_method="defer")


def setup(app):
    """Connect to the build."""
    app.connect("builder-inited", copy)
    app.connect("html-page-context", add_scripts)
