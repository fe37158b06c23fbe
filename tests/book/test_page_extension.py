"""The page extension: nothing prints wrong in silence, and figures follow the page."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes

from bnbook.show.palette import PALETTE

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from page import offers  # noqa: E402
from page.figures import has_words  # noqa: E402
from page.head import describe  # noqa: E402
from page.mathematics import keep_behind, to_mathml  # noqa: E402
from page.svg import inline_svg, themed  # noqa: E402

DRAWING = """<?xml version="1.0"?><!DOCTYPE svg>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
     width="72pt" height="36pt" viewBox="0 0 72 36">
 <metadata><a/></metadata><title>old</title>
 <defs><style>*{stroke: #1f2937}</style><clipPath id="p"/></defs>
 <g clip-path="url(#p)" style="fill: #0068B8"><use xlink:href="#p" fill="#123456"/></g>
</svg>"""


def drawn(prefix="f1"):
    return inline_svg(DRAWING, prefix=prefix, alt='two "nodes"')


@pytest.mark.parametrize(
    "latex",
    [
        r"\foo{x}",
        r"\text{if $x$}",
        r"a \\ b",
        "a\n\nb",
        r"\begin{aligned} a \end{aligned} \\ b",
        r"\color{yellow}{x}",
    ],
)
def test_a_formula_that_would_print_wrong_is_refused(latex):
    with pytest.raises(ValueError):
        to_mathml(latex, display=True)


@pytest.mark.parametrize("latex", [
    r"d\mathit{xmu}", "dx", "dy_i", r"d\hat{x}", r"d\mu", "dx^2"])
def test_the_d_of_a_gradient_is_upright(latex):
    assert '<mi mathvariant="normal">d</mi>' in to_mathml(latex)


@pytest.mark.parametrize("latex", [r"d\,k", "d^2", "d = x", r"\frac{d\,k}{n}"])
def test_a_d_of_its_own_is_a_letter(latex):
    assert "normal" not in to_mathml(latex)


@pytest.mark.parametrize(
    "latex",
    [
        r"\hat{x} = \mathit{xmu} \odot \lVert \bar{x} \rVert",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"f = \begin{cases} x & \text{if } x > 0 \\ 0 \end{cases}",
    ],
)
def test_the_formulas_of_the_book_convert(latex):
    assert to_mathml(latex, display=True).startswith('<math display="block">')


def test_the_number_of_an_align_is_left_to_sphinx():
    assert "(1)" not in to_mathml(r"\begin{align} a &= b \end{align}", display=True)


def test_a_colour_in_a_formula_follows_the_page():
    assert "var(--bn-blue, #0068b8)" in to_mathml(r"\color{blue}{x}")


@pytest.mark.parametrize("latex", [r"\bigl( a \bigr)", r"\bigl[ a \bigr]", r"\bigm| a"])
def test_a_big_bracket_does_not_stretch(latex):
    markup = to_mathml(latex)
    assert "size" in markup and "minsize" not in markup
    assert markup.count("<mo") == markup.count('stretchy="false"')


def paragraph(formula, behind):
    return nodes.paragraph("", "", nodes.math("", formula), nodes.Text(behind))


@pytest.mark.parametrize(("behind", "kept", "rest"), [
    (", so", "x,", " so"), (".", "x.", ""), ("), and", "x),", " and"),
    ("-axis", "x-", "axis"),
])
def test_punctuation_behind_a_formula_stays_with_it(behind, kept, rest):
    text = paragraph("x", behind)
    keep_behind(text[0])
    assert text[0]["classes"] == ["bn-kept"] and text[0].astext() == kept
    assert text.astext() == kept + rest


def test_a_symbol_that_leads_to_its_meaning_keeps_its_comma():
    link = nodes.reference("", "", nodes.math("", "L"), refuri="#l")
    text = nodes.paragraph("", "", link, nodes.Text(", one number"))
    keep_behind(link[0])
    assert text[0]["classes"] == ["bn-kept"] and text[0].astext() == "L,"
    assert isinstance(text[0][0], nodes.reference)


def test_a_word_behind_a_formula_is_left_alone():
    for text in (paragraph("x", " is"), nodes.paragraph("", "", nodes.math("", "x"))):
        keep_behind(text[0])
        assert isinstance(text[0], nodes.math)


def test_house_colours_become_variables_once():
    assert themed("fill: #1F2937") == "fill: var(--bn-ink, #1f2937)"
    assert themed("fill: var(--bn-ink, #1f2937)") == "fill: var(--bn-ink, #1f2937)"
    assert themed("fill: #123456") == "fill: #123456"


def test_a_drawing_is_named_and_bare():
    svg = drawn()
    assert 'role="img"' in svg and 'aria-label="two &quot;nodes&quot;"' in svg
    assert not re.search("<[?!]|metadata|<title|xlink", svg)


def test_two_drawings_share_no_id_and_no_style():
    one, two = (set(re.findall(r'id="([^"]+)"', drawn(p))) for p in ("f1", "f2"))
    assert one == {"f1", "f1-p"} and not one & two
    assert 'url(#f1-p)"' in drawn() and 'href="#f1-p"' in drawn()
    assert "#f1 {*{stroke: var(--bn-ink, #1f2937)}}" in drawn()


def test_a_drawing_shrinks_but_keeps_its_natural_width_as_ceiling():
    assert "--bn-width: 96px" in drawn() and not re.search(
        r"<svg[^>]*\swidth=", drawn()
    )


@pytest.mark.parametrize(
    ("alt", "said"),
    [("A curve.", True), ("", False), (" ", False), ("/a/b.svg", False)],
)
def test_a_file_path_is_no_alt_text(alt, said):
    assert has_words(nodes.image(uri="a/b.svg", alt=alt)) is said


def test_a_description_is_the_first_paragraph_without_a_formula():
    with_formula = nodes.paragraph("", "", nodes.Text("Let "), nodes.math("", "x"))
    plain = nodes.paragraph("", "word " * 60)
    words = describe(
        SimpleNamespace(findall=nodes.section("", with_formula, plain).findall)
    )
    assert words.startswith("word word") and words.endswith(" …") and len(words) <= 162


def variables(theme):
    css = (ROOT / "book/_static/bnbook.css").read_text()
    block = re.search(rf'html\[data-theme="{theme}"\] \{{(.*?)\}}', css, re.S)[1]
    return dict(re.findall(r"--bn-(\w+): (#\w{6})", block))


def test_the_style_sheet_holds_the_palette():
    assert variables("light") == PALETTE
    assert variables("dark").keys() == PALETTE.keys()
    assert len(set(PALETTE.values())) == len(PALETTE)


def luminance(colour):
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_of_text_can_be_read(theme):
    colours = variables(theme)
    for name in colours.keys() - {"paper", "grid", "lit"}:
        pair = sorted(luminance(colours[n]) + 0.05 for n in (name, "paper"))
        assert pair[1] / pair[0] >= 4.5, name


LINKS = '<a {}href="../bnbook.pdf">P</a> <a {}href="../bnbook.epub">E</a>'


@pytest.mark.parametrize("there", [[], ["pdf"], ["epub"], ["pdf", "epub"]])
def test_the_landing_page_offers_the_forms_that_are_there(tmp_path, there):
    page = tmp_path / "book" / "index.html"
    page.parent.mkdir()
    page.write_text(LINKS.format("", "hidden "))
    for form in there:
        (tmp_path / f"bnbook.{form}").touch()
    offers.show(tmp_path)
    hidden = ["" if form in there else "hidden " for form in ("pdf", "epub")]
    assert page.read_text() == LINKS.format(*hidden)


def test_the_landing_page_has_both_links():
    text = (ROOT / "book" / "source" / "index.md").read_text("utf-8")
    assert len(offers.OFFER.findall(text)) == 2
