"""The style of the forms: the pages' own code colours and font, and our two sheets."""

import base64
import re
from pathlib import Path

import yaml

from bnbook.show.palette import PALETTE
from page.svg import inline_svg

from .pages import ROOT, flat, plain

HERE = Path(__file__).parent
FONT = "latinmodern-math-subset.woff2"
PICTURE = ROOT / "book" / "_static" / "graph.svg"
ALT = "The graph of batch normalization: ten steps, four inputs, an arrow each way."


def about():
    """The book's title, author and language, as `_config.yml` has them."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    language = config["sphinx"]["config"]["language"]
    return {name: config[name] for name in ("title", "author")} | {"lang": language}


def style(html, font, *sheets):
    """One style sheet: the code's colours out of the built folder, then our sheets.

    font: the address of the mathematical font in the form that the sheet is for.
    """
    code = Path(html, "_static", "pygments.css").read_text("utf-8")
    light = re.findall(r'^html\[data-theme="light"\] (\.highlight.*)$', code, re.M)
    ours = [(HERE / sheet).read_text("utf-8") for sheet in sheets]
    css = "\n".join([*light, *ours]).replace("url(FONT)", f'url("{font}")')
    return re.sub(r"\$(\w+)", lambda match: PALETTE[match[1]], css)


def font_bytes():
    """The font with the glyphs of the book's formulas."""
    return (ROOT / "book" / "_static" / "fonts" / FONT).read_bytes()


def font_address():
    """The font as a `data:` address, for a page that stands alone."""
    return "data:font/woff2;base64," + base64.b64encode(font_bytes()).decode()


def cover():
    """The cover's markup: title, author and the drawn graph."""
    book = about()
    svg = inline_svg(PICTURE.read_text("utf-8"), prefix="cover-graph", alt=ALT)
    return (
        f'<div class="cover"><p class="book-title">{book["title"]}</p>'
        f'{flat(plain(svg))}<p class="book-author">{book["author"]}</p></div>'
    )
