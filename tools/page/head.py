"""The head of a page: a description, our templates, and no script without a use."""

from html import escape
from pathlib import Path

from docutils import nodes

LENGTH = 160


def describe(doctree):
    """The first paragraph without a formula, as plain words, cut at a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        if next(paragraph.findall(nodes.math), None) is None:
            text = " ".join(paragraph.astext().split())
            short = text[:LENGTH].rsplit(" ", 1)[0] + " …"
            return text if len(text) <= LENGTH else short
    return ""


def add_description(app, pagename, templatename, context, doctree):
    """Give search engines and link previews a sentence."""
    tags = context.get("metatags", "")
    if 'name="description"' in tags:
        return
    words = describe(doctree) if doctree else ""
    words = words or f"Part of the book {app.config.html_title}."
    context["metatags"] = f'{tags}<meta name="description" content="{escape(words)}">'


def prefer_our_templates(app, config):
    """Ours come first; the themes append theirs to the same list."""
    config.templates_path.insert(0, str(Path(__file__).parent / "templates"))


def setup(app):
    """Connect to the build."""
    app.connect("config-inited", prefer_our_templates)
    app.connect("html-page-context", add_description)
