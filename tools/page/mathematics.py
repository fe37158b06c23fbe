"""Formulas as MathML, made at build time: no script, no raw TeX, no silent error."""

import re
from html import escape

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from bnbook.show.palette import PALETTE

LOG = logging.getLogger(__name__)
CONVERTER = LatexToMathML(fancy_error=False)
# The theme's script lets the keyboard reach boxes of its own class when they scroll.
SCROLLING = "bn-scroll pst-scrollable-table-container"
BEHIND = re.compile(r"[.,;:?!)\]%’”'\"-]+")
HUES = ("blue", "orange", "green", "red", "purple")


def to_mathml(latex, display=False):
    """MathML of one formula; ValueError where math-core fails or would lose a break."""
    if flaw := silent_flaw(latex):
        raise ValueError(flaw)
    try:
        markup = CONVERTER.convert_with_local_state(
            unnumbered(latex), displaystyle=display
        )
    except LatexError as error:
        raise ValueError(str(error)) from error
    return theme_colours(steady(upright(markup)))


def silent_flaw(latex):
    """What math-core drops without a word: line breaks outside an environment."""
    if re.search(r"\n\s*\n", latex.strip()):
        return "a blank line inside a formula is ignored"
    depth = 0
    for token in re.findall(r"\\\\|\\begin\b|\\end\b", latex):
        if token == r"\\" and depth == 0:
            return r"\\ outside an environment is ignored: use aligned"
        depth += {r"\begin": 1, r"\end": -1}.get(token, 0)
    return ""


def upright(markup):
    """The d of a gradient upright, so that it is no letter of the name behind it.

    A d that stands alone is a letter like others and stays in italics.
    """
    return re.sub(r"<mi>d</mi>(?=<(?:mi|msub|msup|mover|mrow><mspace/><mi)\b)",
                  '<mi mathvariant="normal">d</mi>', markup)


def steady(markup):
    """Brackets of `\\bigl` in a larger size, not stretched to it.

    Round a bracket that may stretch, Chromium leaves the room of its widest form.
    """

    def larger(match):
        kept = re.sub(r' (stretchy|symmetric)="\w+"', "", match[1])
        return f'<mo{kept} stretchy="false" mathsize="{match[2]}">'

    return re.sub(r'<mo([^>]*) minsize="(1\.2em)" maxsize="1\.2em">', larger, markup)


def unnumbered(latex):
    """Star an outer amsmath environment: Sphinx writes the number, not math-core."""
    outer = re.match(
        r"\\begin\{(equation|align|gather|alignat|multline)\}", latex.strip()
    )
    if not outer:
        return latex
    name = outer[1]
    return latex.replace(f"{{{name}}}", f"{{{name}*}}")


def theme_colours(markup):
    """Colours of `\\color{blue}` and the like as the page's own, readable when dark."""

    def variable(match):
        if match[1] not in NAMED:
            raise ValueError(f"colour {match[1]}: use one of {', '.join(HUES)}")
        return f"color:{NAMED[match[1]]}"

    return re.sub(r"\bcolor:\s*(#[0-9A-Fa-f]{6})", variable, markup)


def _named_colours():
    """math-core's hex for each hue -> the page's variable."""
    table = {}
    for hue in HUES:
        markup = CONVERTER.convert_with_local_state(
            rf"\color{{{hue}}}x", displaystyle=False
        )
        given = re.search(r"#[0-9A-Fa-f]{6}", markup)[0]
        table[given] = f"var(--bn-{hue}, {PALETTE[hue]})"
    return table


NAMED = _named_colours()


def _markup(node, display):
    """MathML of a node, or its source and a warning, which fails the build."""
    try:
        return to_mathml(node.astext(), display)
    except ValueError as error:
        LOG.warning("formula %r: %s", node.astext(), error, location=node)
        return f"<code>{escape(node.astext())}</code>"


def visit_inline(self, node):
    """Write an inline formula."""
    self.body.append(_markup(node, display=False))
    raise nodes.SkipNode


def visit_display(self, node):
    """Write a displayed formula in a box that scrolls, its number beside the box."""
    box = _markup(node, display=True)
    self.body.append(self.starttag(node, "div", CLASS="bn-equation"))
    self.body.append(f'<div class="{SCROLLING}">{box}</div>')
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


class KeepPunctuation(SphinxPostTransform):
    """Keep what stands behind a formula on its line: it could break between them."""

    default_priority = 700
    formats = ("html",)

    def run(self, **kwargs):
        """Visit the formulas within a text."""
        for formula in list(self.document.findall(nodes.math)):
            keep_behind(formula)


def keep_behind(formula):
    """Wrap a formula and the punctuation behind it, if there is any."""
    while isinstance(formula.parent, nodes.reference) and len(formula.parent) == 1:
        formula = formula.parent  # a symbol that leads to its meaning
    parent, here = formula.parent, formula.parent.index(formula) + 1
    text = parent[here] if here < len(parent) else None
    mark = isinstance(text, nodes.Text) and BEHIND.match(text)
    if mark:
        rest = [nodes.Text(text[mark.end():])] if mark.end() < len(text) else []
        parts = (formula.deepcopy(), nodes.Text(mark[0]))
        kept = nodes.inline("", "", *parts, classes=["bn-kept"])
        parent[here - 1:here + 1] = [kept, *rest]


def setup(app):
    """Take the place of MathJax, whose script Sphinx then leaves out."""
    app.add_post_transform(KeepPunctuation)
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.config.html_math_renderer = "mathml"
