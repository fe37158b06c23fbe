"""A docstring of the house as RST: words, code, formulas, examples.

House style: a docstring is paragraphs; names stand in single backticks; an indented
block is a formula, written in a LaTeX whose words need no backslash; `>>>` starts an
example.
"""

import re

from bnbook.show.latex import symbol

from .mathematics import to_mathml

WORD = re.compile(r"\\[A-Za-z]+|\\_|[A-Za-z]+(?:(?:_|\\_)[A-Za-z]{2,})*|\"[^\"]*\"")
ENGLISH = {"for", "each", "of", "the", "if", "None", "with", "probability", "in",
           "mode", "maxima", "window", "number", "or"}
PLAIN = {r"\lfloor ": "⌊", r" \rfloor": "⌋", r"\cdots": "⋯", r"\cdot": "·",
         r"\max": "max", r"\tanh": "tanh"}
"""What docstrings write in a sentence, where a formula would be too much."""
INLINE = re.compile(
    r"(`+[^`]+`+)|\b(eq-[\w-]+)|(" + "|".join(map(re.escape, PLAIN)) + r")|([\\*_|])")
INDICES = re.compile(r"[a-z]{1,4}")


def rst(doc):
    """The lines of a docstring in RST."""
    blocks = re.split(r"\n\s*\n", doc.strip("\n"))
    return [line for block in blocks if block.strip()
            for line in (*_block(block), "")]


def inline(text):
    """A text in RST; what stands in backticks is code, eq-... a link to an equation."""
    return INLINE.sub(_marked, " ".join(text.split()))


def _marked(match):
    code, equation, command, letter = match.groups()
    if code:
        return rf"\ ``{code.strip('`')}``" + _apart(match)
    if equation:
        return rf"\ :eq:`{equation}`" + _apart(match)
    return PLAIN[command] if command else "\\" + letter


def _apart(match):
    """What RST wants between markup and a letter: a space that is not shown."""
    return "\\ " if match.string[match.end():match.end() + 1].isalnum() else ""


def _block(block):
    if block.startswith("    "):
        return [".. math::", "", f"   {formula(block)}"]
    if block.startswith(">>>"):
        return block.splitlines()
    return [inline(block)]


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
