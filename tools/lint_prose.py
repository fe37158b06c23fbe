"""Numbers in a chapter's prose: filled in from the kernel, or accounted for.

A number in prose may be a placeholder; a constant that stands in one of the chapter's
code cells; 0 or 1, or up to 3 in a formula or code span; the number of a chapter, a
year; or a figure from elsewhere, listed with its source under `cited` in the front
matter. Any other number is taken for a result typed by hand.
"""

import ast
import re

import jupytext

from notebooks import PLACEHOLDER

SILENT = [
    PLACEHOLDER,
    re.compile(
        r"^(```|~~~|:::).*$|^:[\w-]+:.*$|^\([\w-]+\)=$|^\s*\d+\. ", re.MULTILINE
    ),
    re.compile(
        r"\{[\w:-]+\}`[^`]*`|\]\([^)]*\)|<!--.*?-->|<[^>]*>|\(eq-[\w-]+\)", re.DOTALL
    ),
    re.compile(
        r"\b(chapters?|sections?|algorithm|figures?) \d+((,| and| to) \d+)*", re.I
    ),
    re.compile(r"\b(19|20)\d\d\b"),
]
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]+\$|`[^`]+`", re.DOTALL)
POWER = re.compile(r"10\^\{?(-?\d+)\}?")
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?|(?<![\w.])\.\d+")
PLAIN, SMALL = {0, 1}, {0, 1, 2, 3}


def faults(text, name="source"):
    """The numbers of a source that nothing accounts for, a line each."""
    notebook = jupytext.reads(text, fmt="md:myst")
    cited = notebook.metadata.get("cited", {})
    known = literals(cell.source for cell in notebook.cells if cell.cell_type == "code")
    known |= {float(number) for number in cited}
    prose = "\n\n".join(words(cell) for cell in notebook.cells)
    for pattern in SILENT:
        prose = pattern.sub(" ", prose)
    found = [
        (n, known | SMALL) for span in FORMULA.findall(prose) for n in numbers(span)
    ]
    found += [(n, known | PLAIN) for n in numbers(FORMULA.sub(" ", prose))]
    return [
        f"{name}: {number} in prose: no cell, placeholder or citation accounts for it"
        for number, allowed in found
        if value(number) not in allowed
    ]


def words(cell):
    """What a reader reads of a cell: its text, or its figure's caption and alt text."""
    if cell.cell_type == "markdown":
        return cell.source
    shown_as = cell.metadata.get("mystnb", {})
    caption = shown_as.get("figure", {}).get("caption", "")
    return f"{caption}\n\n{shown_as.get('image', {}).get('alt', '')}"


def literals(cells):
    """Every number that stands in the code."""
    trees = (
        ast.parse(re.sub(r"^[%!].*$", "", cell, flags=re.MULTILINE)) for cell in cells
    )
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {
        float(node.value)
        for node in nodes
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    }


def numbers(text):
    text = POWER.sub(lambda match: f" 1e{match[1]} ", text)
    return NUMBER.findall(text)


def value(number):
    return float(number.replace(",", ""))
