"""Numbers in a chapter's prose: filled in from the kernel, or accounted for.

A number in prose may be a placeholder that reads a name of the chapter's code; a
constant that stands in one of its code cells (not in an assertion or a figure's size);
0 or 1, or up to 3 in a formula or code span; the number of a chapter; a year behind a
name or "since"; or a figure from elsewhere, listed with its source under `cited` in the
front matter. Any other number is taken for a result typed by hand. Numbers in words are
not seen.
"""

import ast
import re

import jupytext

from notebooks import PLACEHOLDER

SILENT = [
    PLACEHOLDER,
    re.compile(r"^(```|~~~|:::)[`~:]*(\{[\w:-]+\})?", re.MULTILINE),
    re.compile(r"^:[\w-]+:.*$|^\([\w-]+\)=$|\(eq-[\w-]+\)", re.MULTILINE),
    re.compile(r"(?<=\n\n)\s*\d+\. "),
    re.compile(r"\{(eq|ref|numref|cite|doc)\}`[^`]*`|\]\([^)]*\)"),
    re.compile(r"<!--.*?-->|</?[a-zA-Z][^>]*>", re.DOTALL),
    re.compile(r"\b(chapter|section|algorithm|figure)s? \d+((,|,? (and|to)) \d+)*",
               re.I),
    re.compile(r"\b([A-Z]\w+|al\.|[Ss]ince)\s+\(?(19\d|20[0-2])\d\b(?![.,]?\d)"),
]
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]+\$|`[^`]+`", re.DOTALL)
POWER = re.compile(r"10\^\{?(-?\d+)\}?")
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?|(?<![\w.])\.\d+")
CODE = re.compile(r"^(?P<fence>`{3,})\{code-cell\}.*?^(?P=fence)$", re.M | re.S)
PLAIN, SMALL = {0, 1}, {0, 1, 2, 3}


def faults(text, name="source"):
    """What in a source's prose nothing accounts for, a line each: name:line: what."""
    notebook = jupytext.reads(text, fmt="md:myst")
    prose = "\n\n".join(words(cell) for cell in notebook.cells)
    holes = [h[0] for h in PLACEHOLDER.finditer(prose) if not reads_a_name(h[1])]
    for pattern in SILENT:
        prose = pattern.sub(" ", prose)
    known = literals(cell.source for cell in notebook.cells if cell.cell_type == "code")
    known |= {float(number) for number in notebook.metadata.get("cited", {})}
    spans = FORMULA.findall(prose)
    found = [(n, known | SMALL) for span in spans for n in numbers(span)]
    plain = FORMULA.sub(" ", prose)
    found += [(n, known | PLAIN) for n in numbers(plain)]
    typed = dict.fromkeys(n for n, allowed in found if value(n) not in allowed)
    tight = re.findall(r"\{\{\S.*", plain)
    return [
        *(f"{place(text, name, hole)}: {hole} reads no name of the chapter's code"
          for hole in holes),
        *(f"{place(text, name, '{{' + brace[2:])}: {brace!r} without spaces is no "
          "placeholder: write {{ expression }}" for brace in tight),
        *(f"{place(text, name, number)}: {number} in prose: fill it in "
          "({{ expression }}), or list it with its source under `cited:`"
          for number in typed),
    ]


def place(text, name, words):
    """name:line, of the first line of the source's prose where the words stand."""
    prose = CODE.sub(lambda cell: "\n" * cell[0].count("\n"), text)
    alone = re.search(rf"(?<![\w.]){re.escape(words)}(?!\w|\.\d)", prose)
    line = prose.count("\n", 0, alone.start()) + 1 if alone else line_of(text, words)
    return f"{name}:{line}"


def line_of(text, words):
    """The number of the first line of a text where the words begin, 1 if none."""
    first = next((line for line in words.splitlines() if line.strip()), "")
    return text.count("\n", 0, max(text.find(first), 0)) + 1


def reads_a_name(expression):
    """Whether a placeholder depends on the chapter's code at all."""
    tree = ast.parse(expression.strip())
    return any(isinstance(node, ast.Name) for node in ast.walk(tree))


def words(cell):
    """What a reader reads of a cell: its text, or its figure's caption and alt text."""
    if cell.cell_type == "markdown":
        return cell.source
    shown_as = cell.metadata.get("mystnb", {})
    caption = shown_as.get("figure", {}).get("caption", "")
    return f"{caption}\n\n{shown_as.get('image', {}).get('alt', '')}"


def literals(cells):
    """Every number that stands in the code, but for thresholds and sizes of figures."""
    known = set()
    for cell in cells:
        waiting = [ast.parse(re.sub(r"^[%!].*$", "", cell, flags=re.MULTILINE))]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                known.add(float(node.value))
            size = getattr(node, "arg", "") == "figsize"
            if not (size or isinstance(node, ast.Assert)):
                waiting += ast.iter_child_nodes(node)
    return known


def numbers(text):
    """The numbers of a text, as they are written; powers of ten as 1e-3."""
    return NUMBER.findall(POWER.sub(lambda match: f" 1e{match[1]} ", text))


def value(number):
    return float(number.replace(",", ""))
