"""A docstring of the house as docutils nodes: words, code, formulas, examples.

House style: a docstring is paragraphs; names stand in single backticks; an indented
block is a formula, written in a LaTeX whose words need no backslash; `>>>` starts an
example.
"""

import re

from docutils import nodes
from sphinx import addnodes

from bnbook.show.latex import symbol

from .mathematics import to_mathml

WORD = re.compile(r"\\[A-Za-z]+|\\_|[A-Za-z]+(?:(?:_|\\_)[A-Za-z]{2,})*|\"[^\"]*\"")
ENGLISH = {"for", "each", "of", "the", "if", "None", "with", "probability", "in",
           "mode", "maxima", "window", "number", "or"}
PLAIN = {r"\lfloor ": "⌊", r" \rfloor": "⌋", r"\cdots": "⋯", r"\cdot": "·",
         r"\max": "max", r"\tanh": "tanh"}
"""What docstrings write in a sentence, where a formula would be too much."""
INDICES = re.compile(r"[a-z]{1,4}")


def content(doc):
    """The nodes of a docstring."""
    blocks = re.split(r"\n\s*\n", doc.strip("\n"))
    return [node for block in blocks if block.strip() for node in _block(block)]


def inline(text):
    """Text nodes; what stands in backticks is code, eq-... a link to an equation."""
    for part in re.split(r"(`+[^`]+`+|\beq-[\w-]+)", " ".join(text.split())):
        if part.startswith("`"):
            yield nodes.literal("", part.strip("`"))
        elif part.startswith("eq-"):
            yield addnodes.pending_xref(
                "", nodes.literal("", part), refdomain="math", reftype="eq",
                reftarget=part, refexplicit=False, refwarn=True)
        elif part:
            yield nodes.Text(_plain(part))


def _plain(text):
    for command, letter in PLAIN.items():
        text = text.replace(command, letter)
    return text


def _block(block):
    lines = block.splitlines()
    if lines[0].startswith("    "):
        yield _formula(block)
    elif lines[0].startswith(">>>"):
        yield nodes.literal_block(block, block, language="pycon")
    else:
        yield nodes.paragraph("", "", *inline(block))


def _formula(block):
    latex = formula(block)
    return nodes.math_block(latex, latex, nowrap=False, number=None)


def formula(block):
    r"""LaTeX of an indented block: `std` becomes \mathit{std}, lines are aligned.

    Raises ValueError where the result is no formula.
    """
    lines = [_words(line.strip()) for line in block.strip().splitlines()]
    latex = r"\begin{aligned} &" + r" \\ &".join(lines) + r" \end{aligned}"
    to_mathml(latex, display=True)
    return latex


def _words(line):
    """A line as LaTeX; the spaces between its words stay where they say a thing."""
    out, last, previous = [], 0, ""
    for match in WORD.finditer(line):
        between = line[last:match.start()]
        below = _is_below(line[:match.start()])
        out += [_spaced(previous, between, match[0]), _word(match[0], below)]
        last, previous = match.end(), match[0]
    return "".join([*out, _spaced(previous, line[last:], "")])


def _is_below(text):
    """Whether a text ends inside the braces of a subscript."""
    opened = []
    for before, letter in zip(" " + text, text):
        if letter == "{":
            opened.append(before)
        elif letter == "}":
            opened.pop()
    return "_" in opened


def _spaced(previous, between, word):
    r"""What stands between two words: a product's space is thin, a comma's wide."""
    if previous in ENGLISH or word in ENGLISH:
        return between.replace(" ", r"\ ")
    commands = previous.startswith("\\") or word.startswith("\\")
    if between == " " and previous and not commands:
        return r"\, "
    return between.replace(",   ", r",\quad ")


def _word(word, below):
    if word.startswith('"') or word in ENGLISH:
        return rf"\text{{{word}}}"
    if word.startswith("\\") or len(word) == 1 or (below and INDICES.fullmatch(word)):
        return word
    if word in ("mu", "gamma", "beta"):
        return symbol(word)
    plain = word.replace("\\_", "_").replace("_", r"\_")
    return rf"\mathit{{{plain}}}"
