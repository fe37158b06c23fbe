"""The search page gets `web/search.js`, which leads a result to its section."""

from pathlib import Path

from bnbook.show.scripts import FOLDER, lean

NAME = "live/search.js"


def add_script(app, pagename, templatename, context, doctree):
    """Write the script and ask for it, on the search page alone."""
    if pagename == "search":
        text = lean((FOLDER / "search.js").read_text("utf-8"))
        Path(app.outdir, "_static", NAME).write_text(text, "utf-8")
        app.add_js_file(NAME, loading_method="defer")


def setup(app):
    """Connect to the build."""
    app.connect("html-page-context", add_script)
