"""The API reference: autodoc reads the package, and the house's docstrings become RST.

`{bnbook-api} MODULE` documents a module; `{bnbook-api-further} PART` all other modules
of a part of which the chapters' cells use a name, under a heading each.
"""

import importlib

from sphinx.ext.autodoc import ClassDocumenter
from sphinx.util.docutils import SphinxDirective

from . import code_cells, contents, examples, reference
from .docstrings import inline, rst

PAGES = "book/api/"
PARTS = ("graph", "norm", "nn", "data", "cs231n", "show", "check")
MODULES = ("bnbook", *(f"bnbook.{part}" for part in PARTS))
"""What is documented whole; of other modules, what a chapter's cells use."""


def page_of(module):
    """The page that documents a module: its part's."""
    part = module.split(".")[1] if "." in module else "index"
    return f"{PAGES}{part}"


def documented(root):
    """module -> its names in the reference, for the book in the folder `root`."""
    names = {module: reference.public_names(module) for module in MODULES}
    for module, name in code_cells.used(root):
        if name and module not in MODULES:
            found = names.setdefault(module, [])
            found += [name] if name not in found else []
    return {module: sorted(found, key=str.lower) for module, found in names.items()}


class Api(SphinxDirective):
    """A module's docstring and an entry for each of its names."""

    required_arguments = 1

    def run(self):
        """The names, then the entries; an error for a module that is not documented."""
        self.env.note_reread()  # a docstring may change in any file of the package
        names = documented(self.env.srcdir).get(self.arguments[0])
        if names is None:
            raise self.error(f"{self.arguments[0]}: no part, nor used by a chapter")
        return self.parse_text_to_nodes(
            _module(self.env.srcdir, self.arguments[0], names))


class Further(Api):
    """The modules of a part that are not public as a whole, a section each."""

    def run(self):
        """A section for each; none where the chapters use no such module."""
        self.env.note_reread()
        root, part = self.env.srcdir, f"bnbook.{self.arguments[0]}."
        known = documented(root)
        text = [f"## {module}\n\n{_module(root, module, known[module])}"
                for module in sorted(known)
                if module.startswith(part) and module not in MODULES]
        return self.parse_text_to_nodes("\n\n".join(text), allow_section_headings=True)


def _module(root, module, names):
    """What a module says of itself, its names, and an order to autodoc for each."""
    loaded = importlib.import_module(module)
    first = examples.of_module(root, module).first if module in MODULES else ""
    lines = [f".. py:module:: {module}", "", *rst(reference.doc(loaded)),
             ".. container:: bn-overview", ""]
    for name in names:
        said = reference.first_sentence(reference.said(module, name))
        lines.append(f"   - :py:obj:`~{module}.{name}`: {inline(said)}")
    lines += ["", *(["The examples start from", ""] if first else ()),
              *first.splitlines(), ""]
    for name in names:
        kind = reference.kind(getattr(loaded, name))
        lines.append(f".. auto{kind}:: {module}.{name}")
    return "\n".join(["```{eval-rst}", *lines, "```"])


def write(app, what, name, value, options, lines):
    """Autodoc's hook: a docstring as RST, and what follows it."""
    module, _, own = name.rpartition(".")
    if what == "data":
        lines[:] = [*rst(reference.said(module, own)), *contents.table(value)]
    else:
        example = examples.of_module(app.srcdir, module).of.get(name, "")
        lines[:] = [*rst(reference.doc(value)), *example.splitlines(), ""]


class Class(ClassDocumenter):
    """A class under every name that offers it, as a function is."""

    def get_canonical_fullname(self):
        """None: else the second page that shows a class warns of the first."""


def leave_out(app, what, name, value, skip, options):
    """Autodoc's hook: of a class, only methods and properties are entries."""
    method = callable(value) or isinstance(value, property | classmethod | staticmethod)
    return skip or (what == "class" and not method)


def setup(app):
    """Register the directives and autodoc's hooks."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_autodocumenter(Class, override=True)
    app.connect("autodoc-process-docstring", write)
    app.connect("autodoc-skip-member", leave_out)
    app.add_directive("bnbook-api", Api)
    app.add_directive("bnbook-api-further", Further)
