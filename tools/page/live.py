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

LOG = logging.getLogger(__name__)
FOLDER = Path(__file__).parents[2] / "web"
PART = re.compile(r'data-(?:live|needs)="([\w -]+)"')
TYPES = re.compile(r"/\*\*.*?\*/[ \t]*", re.DOTALL)
SPARE = re.compile(r'^[ \t]*(//.*|"use strict";)?\n|^[ \t]+', re.MULTILINE)
JOINED = re.compile(r"(?<=[,;{([&|?:=>])\n|\n(?=[)\]}.?:&|])")
NEEDS = re.compile(r"^// needs: (.+)$", re.MULTILINE)
PAGES = ("html", "dirhtml", "singlehtml")


def parts(doctree):
    """The names of the live parts of one page, in the order in which they stand."""
    texts = (node.astext() for node in doctree.findall(nodes.raw))
    found = (names for text in texts for names in PART.findall(text))
    return list(dict.fromkeys(name for names in found for name in names.split()))


def scripts(names, folder=FOLDER):
    """The scripts that these parts need, each after what it needs itself."""
    wanted = ["live"]
    for name in names:
        for needed in (*_needs(folder / f"{name}.js"), name):
            if needed not in wanted:
                wanted.append(needed)
    return wanted


def script_text(names, folder=FOLDER):
    """What a page with these parts is sent: one script, all of it strict."""
    return '"use strict";' + "".join(lean((folder / f"{name}.js").read_text("utf-8"))
                                     for name in scripts(names, folder))


def _needs(path, seen=()):
    """What a script asks for, and what that asks for, first things first."""
    lines = NEEDS.findall(path.read_text("utf-8"))
    return [
        name
        for direct in (name for line in lines for name in re.split(r",\s*", line))
        if direct not in seen
        for name in (*_needs(path.with_stem(direct), (*seen, path.stem)), direct)
    ]


def lean(script):
    """A script without its types, comment lines, indents and needless line ends."""
    return JOINED.sub("", SPARE.sub("", TYPES.sub("", script)))


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
