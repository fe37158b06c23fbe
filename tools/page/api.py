"""The API reference, built from the docstrings.

`{bnbook-api} MODULE` documents a module; `{bnbook-api-further} PART` all other modules
of a part of which the chapters' cells use a name, under a heading each.
"""

import importlib
import inspect

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from . import code_cells, contents, examples, reference
from .docstrings import content, inline

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
        return self.module(self.arguments[0], names)

    def module(self, module, names):
        """What a module says of itself, its names, and their entries."""
        entries = [reference.entry(module, name) for name in names]
        self.env.get_domain("py").note_module(module, f"module-{module}", "", "", False)
        target = nodes.target("", "", ids=[f"module-{module}"])
        said = content(inspect.getdoc(importlib.import_module(module)) or "")
        whole = module in MODULES
        first = examples.of_module(self.env.srcdir, module).first if whole else ""
        start = [nodes.paragraph("", "", *inline("The examples start from")),
                 _prompt(first)] if first else []
        return [target, *said, _overview(entries), *start,
                *map(self.describe, entries)]

    def describe(self, entry):
        """The description of one entry and, inside it, of its members."""
        domain = self.env.get_domain("py")
        kind = "attribute" if entry.kind == "property" else entry.kind
        domain.note_object(entry.name, kind, entry.name, location=self.get_location())
        body = addnodes.desc_content("", *content(entry.doc), *self.shown(entry))
        body += [self.describe(member) for member in entry.members]
        return addnodes.desc(
            "", _signature(entry), body, domain="py", objtype=kind, desctype=kind,
            classes=["py", kind], no_index=False)


    def shown(self, entry):
        """What follows an entry's words: a constant's table, a callable's example."""
        module, _, name = entry.name.rpartition(".")
        if entry.kind == "data":
            return contents.table(getattr(importlib.import_module(module), name))
        example = examples.of_module(self.env.srcdir, module).of.get(entry.name)
        return [_prompt(example)] if example else []


class Further(Api):
    """The modules of a part that are not public as a whole, a section each."""

    def run(self):
        """A section for each; none where the chapters use no such module."""
        self.env.note_reread()
        known, part = documented(self.env.srcdir), f"bnbook.{self.arguments[0]}."
        further = [m for m in sorted(known) if m.startswith(part) and m not in MODULES]
        return [self.section(module, known[module]) for module in further]

    def section(self, module, names):
        """One module under its heading."""
        place = nodes.make_id(f"further-{module}")
        return nodes.section("", nodes.title("", module), *self.module(module, names),
                             ids=[place], names=[])


def _prompt(text):
    return nodes.literal_block(text, text, language="pycon")


def _signature(entry):
    path, _, name = entry.name.rpartition(".")
    signature = addnodes.desc_signature(
        "", "", ids=[entry.name], classes=["sig", "sig-object", "py"],
        module=path, fullname=name)
    if entry.kind == "class":
        signature += addnodes.desc_annotation("", "class ")
    if entry.kind not in ("method", "property"):
        signature += addnodes.desc_addname("", f"{path}.")
    signature += addnodes.desc_name("", name)
    if entry.signature is not None:
        parameters = [addnodes.desc_parameter("", "", nodes.inline("", text))
                      for text in entry.signature]
        signature += addnodes.desc_parameterlist("", "", *parameters)
    return signature


def _overview(entries):
    """A list of the names, each with its first sentence."""
    items = nodes.bullet_list(classes=["bn-overview"])
    for entry in entries:
        name = entry.name.rpartition(".")[2]
        link = nodes.reference("", "", nodes.literal("", name), refid=entry.name,
                               internal=True)
        said = reference.first_sentence(entry.doc)
        words = [nodes.Text(": "), *inline(said)] if said else []
        items += nodes.list_item("", nodes.paragraph("", "", link, *words))
    return items


def setup(app):
    """Register the directives."""
    app.add_directive("bnbook-api", Api)
    app.add_directive("bnbook-api-further", Further)
