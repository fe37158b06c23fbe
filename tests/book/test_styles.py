"""The one style sheet: unused rules go, used ones stay, and the font has every sign."""

from pathlib import Path
from types import SimpleNamespace

import brotli  # noqa: F401 (fontTools reads WOFF2 with it, and says so late)
import pytest
from bs4 import BeautifulSoup, SoupStrainer
from fontTools.ttLib import TTFont

from page.styles import bundle, used_rules, write

ROOT = Path(__file__).parents[2]
FONT = ROOT / "book" / "_static" / "fonts" / "latinmodern-math-subset.woff2"
PAGE = '<p class="a b" id="c">text</p>'


@pytest.mark.parametrize(("rule", "kept"), [
    (".a{top:0}", ".a{top:0}"),
    (".a.b > p#c:hover::before{top:0}", ".a.b > p#c:hover::before{top:0}"),
    (".other{top:0}", ""),
    ("#other{top:0}", ""),
    (".a .other, .b{top:0}", ".b{top:0}"),
    ("p:not(.other){top:0}", "p:not(.other){top:0}"),
    ('[data-x=".other"]{top:0}', '[data-x=".other"]{top:0}'),
    ("@media print{.a{top:0}.other{top:0}}", "@media print{.a{top:0}}"),
    ("@media print{.other{top:0}}", ""),
    ("@charset 'utf-8';", ""),
    ("@font-face{font-family:'Font Awesome 6 Free'}", ""),
    ('@font-face{font-family:"bnbook"}', '@font-face{font-family:"bnbook"}'),
    ("/* why */ .a{top:0; /* how */ left:0}", ".a{top:0;left:0}"),
    (".a{--x:1;top:var(--x)}", ".a{--x:1;top:var(--x)}"),
    (".a{--x:url('data:;y');top:0}", ".a{top:0}"),
    (".a{--x:var(--y);--y:1;top:0}", ".a{top:0}"),
    ('.a{content:"}";top:0 !important}', '.a{content:"}";top:0 !important}'),
])
def test_a_rule_stays_where_a_page_can_use_it(rule, kept):
    assert bundle([rule], [PAGE], []) == kept


@pytest.mark.parametrize("words", ["b.classList.add('later')", 'x = "is later"'])
def test_a_name_that_a_script_gives_counts(words):
    assert bundle([".later{top:0}"], [PAGE], [words]) == ".later{top:0}"


def test_a_variable_that_a_page_or_script_reads_stays():
    sheet = "p{--x:1;--y:2}"
    assert bundle([sheet], ['<p style="top:var(--x)">'], []) == "p{--x:1}"
    assert bundle([sheet], [PAGE], ["get('--y')"]) == "p{--y:2}"


def test_an_open_block_swallows_no_other_sheet():
    assert bundle(["@media print{.a{top:0}", ".b{top:0}"], [PAGE], []) == (
        "@media print{.a{top:0}}\n.b{top:0}")


def test_a_build_that_wrote_no_page_leaves_the_sheet(tmp_path):
    write(SimpleNamespace(outdir=tmp_path), None)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("sheet", ["@import 'x.css';", "p{top:0}}", ".a{*zoom:1}"])
def test_what_would_be_lost_in_silence_is_refused(sheet):
    with pytest.raises(ValueError, match="a style sheet"):
        list(used_rules(sheet, set(), set()))


def drawn(formula):
    """The characters that a browser draws: one letter alone in <mi> is italic."""
    for part in formula(["mi", "mo", "mn", "mtext", "ms"]):
        text = part.get_text()
        alone = part.name == "mi" and len(text) == 1 and not part.get("mathvariant")
        yield from (italic(text) if alone else text)


def italic(letter):
    """A letter of the alphabets that a browser sets in italics, as it sets it."""
    if letter == "h":
        return "ℎ"
    for first, last, start in (("A", "Z", 0x1D434), ("a", "z", 0x1D44E),
                               ("α", "ω", 0x1D6FC)):
        if first <= letter <= last:
            return chr(start + ord(letter) - ord(first))
    return {"ϵ": "𝜖", "ϕ": "𝜙"}.get(letter, letter)


MATH = SoupStrainer("math")


def test_the_font_has_every_character_of_the_formulas(built):
    has = {chr(code) for code in TTFont(FONT).getBestCmap()}
    missing = {}
    for path in built.rglob("*.html"):
        text = path.read_text("utf-8")
        for formula in BeautifulSoup(text, "html.parser", parse_only=MATH)("math"):
            for character in set(drawn(formula)) - has:
                missing[character] = path.name
    assert not missing, "see book/_static/fonts/README.md"
