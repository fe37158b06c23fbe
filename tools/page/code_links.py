"""Names of bnbook in a page's code cells lead to the API reference.

The places come from the cells' syntax trees (`code_names`); the links are put into what
Pygments made of the cell, whose tokens stand in the same order.
"""

import re
from html import escape, unescape

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from . import api
from .code_names import uses

TOKEN = re.compile(r"(<[^>]*>)|([^<]+)")


class FindNames(SphinxPostTransform):
    """Note on each cell which parts of its text lead where."""

    default_priority = 300
    formats = ("html",)

    def run(self, **kwargs):
        """Read the page's cells in order: an import binds for all that follow."""
        cells = [node for node in self.document.findall(nodes.literal_block)
                 if "python" in node.get("language", "") and in_input(node)]
        known = api.documented(self.app.srcdir)
        for cell, found in zip(cells, uses([cell.astext() for cell in cells])):
            cell["bn_links"] = [
                (use.start, use.end, self.address(use), full_name(use))
                for use in found if is_documented(use, known)]

    def address(self, use):
        """The address of an entry, or of a module, seen from this page."""
        page = api.page_of(use.module)
        place = full_name(use) if use.name else f"module-{use.module}"
        docname = self.env.docname
        return f"{self.app.builder.get_relative_uri(docname, page)}#{place}"


def in_input(node):
    """Whether a block is what a cell runs, not what it prints."""
    while node is not None:
        if "cell_input" in node.get("classes", []):
            return True
        node = node.parent
    return False


def full_name(use):
    return f"{use.module}.{use.name}".rstrip(".")


def is_documented(use, known):
    """Whether the reference has an entry: for the name, or for the module."""
    return use.module in known and (not use.name or use.name in known[use.module])


def visit_literal_block(self, node):
    """Write the block as Sphinx does, then put the links in."""
    start = len(self.body)
    try:
        HTML5Translator.visit_literal_block(self, node)
    finally:  # it ends in nodes.SkipNode
        if node.get("bn_links"):
            markup = "".join(self.body[start:])
            self.body[start:] = [linked(markup, node.astext(), node["bn_links"])]


def linked(markup, text, links):
    """Highlighted markup of `text` with (start, end, address, title) made links.

    A token is linked whole; a chain such as nn.mlp is one link over its tokens.
    """
    head, body, tail = re.match(r"(.*?<pre[^>]*>(?:<span></span>)?)(.*)(</pre>.*)",
                                markup, re.DOTALL).groups()
    out, at, todo = [], 0, list(links)
    for tag, words in TOKEN.findall(body):
        if tag:
            out.append(tag)
            continue
        length = len(unescape(words))
        if todo and at == todo[0][0]:
            _, _, address, title = todo[0]
            opening = out.pop() if out and out[-1].startswith("<span") else ""
            out += [f'<a class="bn-name" href="{escape(address)}" '
                    f'title="{escape(title)}">', opening]
        out.append(words)
        at += length
        if todo and at == todo[0][1]:
            out.append(CLOSE)
            todo.pop(0)
    if todo:
        raise ValueError(f"no token where {todo[0]} should stand in {text!r}")
    return head + _closed(out) + tail


CLOSE = "</a>\0"


def _closed(parts):
    """Close a link after its last token's own tag, so that the tags nest."""
    return re.sub(r"</a>\0((?:</span>)?)", r"\1</a>", "".join(parts))


def setup(app):
    """Register the transform and take over the node's visitor."""
    app.add_post_transform(FindNames)
    app.add_node(nodes.literal_block, override=True,
                 html=(visit_literal_block, HTML5Translator.depart_literal_block))
