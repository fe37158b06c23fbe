"""What a reader can do with a page: take it along, run it, see its source, mend it."""

from html import escape
from pathlib import Path
from shutil import copyfile

from sphinx.util.osutil import ensuredir


def source_of(name, root):
    """The file that a person edits for the page `name`: "book/source/04-...md"."""
    chapter = Path(name).parent / "source" / f"{Path(name).name}.md"
    own = Path(f"{name}.md")
    found = next((p for p in (chapter, own) if Path(root, p).exists()), None)
    return found and found.as_posix()


def tools(name, title, source, is_notebook, repository):
    """(words, address) of each tool; addresses without a host stand in _sources/."""
    notebook = f"{name}.ipynb"
    if is_notebook:
        yield "Download the notebook", f"_sources/{notebook}"
    if source:
        yield "See the source", f"_sources/{source}.txt"
    if repository and is_notebook:
        yield "Run it in Binder", repository.binder(notebook)
        yield "Run it in Colab", repository.colab(notebook)
    if repository:
        yield "Report a mistake", repository.report(f"On the page “{title}”: ")
        if source:
            yield "Edit this page", repository.file(source, "edit")


def markup(found, relative):
    """The list of tools; `relative` makes an address of the book one of the page."""
    items = []
    for words, address in found:
        here = address.startswith("_")
        href = relative(address) if here else address
        download = " download" if address.endswith(".ipynb") and here else ""
        items.append(f'<li><a href="{escape(href)}"{download}>{words}</a></li>')
    return (f'<nav class="bn-tools" aria-label="This page"><ul>{"".join(items)}</ul>'
            "</nav>") if items else ""


def add_tools(app, pagename, templatename, context, doctree):
    """Put the tools below the page's text, and its source where they lead."""
    if app.builder.name != "html" or not doctree or "body" not in context:
        return
    source = source_of(pagename, app.srcdir)
    if source:
        copy = Path(app.outdir, "_sources", f"{source}.txt")
        ensuredir(copy.parent)
        copyfile(Path(app.srcdir, source), copy)
    is_notebook = str(app.env.doc2path(pagename)).endswith(".ipynb")
    found = tools(pagename, app.env.titles[pagename].astext(), source, is_notebook,
                  app.config.bnbook_repository)
    context["body"] += markup(
        found, lambda address: context["pathto"](address, resource=True))


def setup(app):
    """Connect to the build."""
    app.connect("html-page-context", add_tools)
