"""The live parts of a page: their scripts, on the pages that use them and no other.

A part is `<div class="bn-live" data-live="NAME">`; its script is `live/NAME.js`, whose
first comment may say `// needs: engine, other`; `data-needs` names those that this part
needs besides. Every live page gets `live.js` too, and
`NAME.css` comes with `NAME.js` where there is one. Sphinx puts a hash of the content
behind each address.
"""

import re
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

LOG = logging.getLogger(__name__)
FOLDER = Path(__file__).parent / "live"
PART = re.compile(r'data-(?:live|needs)="([\w -]+)"')
SPARE = re.compile(r"^[ \t]*//.*\n|^[ \t]+", re.MULTILINE)
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


def _needs(path, seen=()):
    """What a script asks for, and what that asks for, first things first."""
    match = NEEDS.search(path.read_text("utf-8"))
    names = re.split(r",\s*", match[1]) if match else []
    return [
        name
        for direct in names
        if direct not in seen
        for name in (*_needs(path.with_stem(direct), (*seen, path.stem)), direct)
    ]


def lean(script):
    """A script without its comment lines and indents: a seventh of its weight."""
    return SPARE.sub("", script)


def copy(app):
    """Put the scripts and their style into the output, before any page is written."""
    if app.builder.name in PAGES:
        target = Path(app.outdir, "_static", "live")
        shutil.copytree(FOLDER, target, dirs_exist_ok=True)
        for path in target.glob("*.js"):
            path.write_text(lean(path.read_text("utf-8")), "utf-8")


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
        app.add_js_file(f"live/{name}.js", loading_method="defer")


def setup(app):
    """Connect to the build."""
    app.connect("builder-inited", copy)
    app.connect("html-page-context", add_scripts)
