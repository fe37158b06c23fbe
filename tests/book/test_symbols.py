"""Every letter of a chapter's formulas stands on the symbols page, for that chapter."""

import re

import pytest

import notebooks
from page.symbols import NAMES

CHAPTERS = [s for s in notebooks.sources() if s.stem[0].isdigit()]
PAGE = (notebooks.SOURCES / "symbols.md").read_text(encoding="utf-8")

NOT_PROSE = re.compile(
    r"\A---\n.*?^---$|^(`{3,})\{code-cell\}.*?^\1|\{\{.*?\}\}|`[^`\n]+`", re.S | re.M)
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+?)\$", re.S)
NOT_LETTERS = re.compile(
    r"\\(?:text|mathrm|mathit|operatorname|texttt|begin|end)\{[^}]*\}")
GREEK = ("alpha|beta|[gG]amma|[dD]elta|epsilon|zeta|eta|[tT]heta|kappa|[lL]ambda|mu|nu"
         "|xi|rho|[sS]igma|tau|[pP]hi|chi|[pP]si|[oO]mega|ell")
LETTER = re.compile(rf"\\({GREEK})(?![a-zA-Z])|\\[a-zA-Z]+|([a-zA-Z])")
# The letters of the op graph's values, of d before a name, and of i as a unit's root.
OF_THE_GRAPH = {"x", "y", "gamma", "beta", "epsilon", "mu", "d"}


def letters(text):
    """The single letters, Latin and Greek, of a text's formulas."""
    for display, inline in FORMULA.findall(NOT_PROSE.sub(" ", text)):
        for greek, latin in LETTER.findall(NOT_LETTERS.sub(" ", display or inline)):
            if greek or latin:
                yield greek or latin


def rows():
    """(letters, where, meaning) of each row of the page's two typed tables."""
    for line in re.findall(r"^\| (\$.*) \|$", PAGE, re.M):
        first, *others = line.split(" | ")
        yield {*letters(first)}, others[:-1], others[-1]


def chapters(where):
    """The numbers of the chapters that a row names: "chapters 3 to 5 and 8"."""
    spans = re.findall(r"(\d+)(?: to (\d+))?", where)
    return {n for a, b in spans for n in range(int(a), int(b or a) + 1)}


COMMON = OF_THE_GRAPH.union(*(found for found, where, _ in rows() if not where))
SCOPED = [(found, chapters(*where)) for found, where, _ in rows() if where]


def test_the_graph_letters_are_its_names():
    assert OF_THE_GRAPH - {"epsilon", "d"} <= {*NAMES}


@pytest.mark.parametrize("source", CHAPTERS, ids=lambda s: s.stem)
def test_each_letter_has_a_row(source):
    number = int(source.stem[:2])
    known = COMMON.union(*(found for found, where in SCOPED if number in where))
    used = {*letters(source.read_text(encoding="utf-8"))}
    assert not used - known, f"no row of symbols.md for chapter {number}"


def test_each_row_is_used_where_it_says():
    used = {int(s.stem[:2]): {*letters(s.read_text(encoding="utf-8"))}
            for s in CHAPTERS}
    unused = [(sorted(found), number) for found, where in SCOPED for number in where
              if not found <= used.get(number, set())]
    assert not unused
