"""The book as an EPUB 3: a file for each page, MathML and drawings in the text."""

import zipfile
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup

from . import chromium
from .look import FONT, about, cover, font_address, font_bytes, style
from .pages import bound
from .paper import sections

CONTAINER = (
    '<?xml version="1.0"?><container version="1.0" '
    'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="EPUB/book.opf" '
    'media-type="application/oebps-package+xml"/></rootfiles></container>'
)
NAMESPACES = {"math": "http://www.w3.org/1998/Math/MathML",
              "svg": "http://www.w3.org/2000/svg"}
SIZES = ("scriptlevel", "displaystyle")
KEPT = {("mtable", "displaystyle")}  # MathML 3 has it, and a table resets its parent's
IDENTIFIER = "urn:uuid:5d0e2c0a-6f0b-5a55-9f3c-0b7c3a1f7a11"
STAMP = (2026, 1, 1, 0, 0, 0)  # every entry's date: the same book, the same bytes
COVER_SIZE = (1200, 1600)


def address(slug, place):
    """Where a place stands among the files."""
    return f"{slug}.xhtml" + (f"#{place}" if place else "")


def make(html, out, work):
    """Write the EPUB of the built pages; `work` is for what is made on the way."""
    pages = bound(html, address)
    css = style(html, f"fonts/{FONT}", "book.css")
    files = {
        "book.opf": package(pages),
        "nav.xhtml": xhtml("Contents", navigation(pages)),
        "cover.xhtml": xhtml("Cover", cover()),
        "book.css": css,
        f"fonts/{FONT}": font_bytes(),
        "cover.png": cover_picture(html, work),
    }
    files |= {address(page.slug, ""): xhtml(page.title, body(page)) for page in pages}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as shelf:
        kind = zipfile.ZipInfo("mimetype", STAMP)  # first, and not compressed
        shelf.writestr(kind, "application/epub+zip", zipfile.ZIP_STORED)
        shelf.writestr(zipfile.ZipInfo("META-INF/container.xml", STAMP), CONTAINER)
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"EPUB/{name}", STAMP)
            shelf.writestr(entry, content, zipfile.ZIP_DEFLATED)


def body(page):
    """A page's content as XML, its formulas in their own namespace."""
    for name, space in NAMESPACES.items():
        for tag in page.content.find_all(name):
            tag["xmlns"] = space
    for tag in page.content.select(":is([scriptlevel], [displaystyle]):not(math)"):
        styled(tag)
    return page.content.decode(formatter="minimal")


def styled(tag):
    """Into an `mstyle` with what MathML Core allows on every tag, and MathML 3 not."""
    style = BeautifulSoup("<mstyle></mstyle>", "html.parser").mstyle.extract()
    moved = [n for n in SIZES if n in tag.attrs and (tag.name, n) not in KEPT]
    style.attrs = {name: tag.attrs.pop(name) for name in moved}
    tag.wrap(style)


def xhtml(title, content):
    """A file of the book."""
    lang = about()["lang"]
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" '
        'xmlns:epub="http://www.idpf.org/2007/ops" '
        f'lang="{lang}" xml:lang="{lang}"><head><meta charset="utf-8"/>'
        f"<title>{escape(title)}</title>"
        '<link rel="stylesheet" type="text/css" href="book.css"/></head>'
        f"<body>{content}</body></html>"
    )


def navigation(pages):
    """The contents: chapters below their parts, sections below their chapters."""
    items = []
    for page in pages:
        inner = "".join(
            f'<li><a href="{address(page.slug, place)}">{escape(words)}</a></li>'
            for place, words in sections(page)
        )
        below = f"<ol>{inner}</ol>" if inner else ""
        link = f'<a href="{address(page.slug, "")}">{escape(page.title)}</a>'
        items.append((page.part, f"<li>{link}{below}</li>"))
    return (
        '<nav epub:type="toc" id="toc" role="doc-toc"><h1>Contents</h1>'
        f"<ol>{grouped(items)}</ol></nav>"
    )


def grouped(items):
    """Items below the caption of their part, those of no part as they are."""
    parts = {}
    for part, item in items:
        parts.setdefault(part, []).append(item)
    return "".join(
        f"<li><span>{escape(part)}</span><ol>{''.join(inner)}</ol></li>"
        if part else "".join(inner)
        for part, inner in parts.items()
    )


def package(pages):
    """The package document: what the book is, its files and their order."""
    book = about()
    files = [
        item("nav", "nav.xhtml", "nav"), item("cover", "cover.xhtml", "svg"),
        item("picture", "cover.png", "cover-image", "image/png"),
        item("style", "book.css", "", "text/css"),
        item("font", f"fonts/{FONT}", "", "font/woff2"),
        *(item(f"p-{p.slug}", address(p.slug, ""), holds(p)) for p in pages),
    ]
    spine = "".join(
        f'<itemref idref="{name}"/>'
        for name in ("cover", "nav", *(f"p-{page.slug}" for page in pages))
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
        f'unique-identifier="id" xml:lang="{book["lang"]}">'
        f"<metadata {DUBLIN}>{described(book)}</metadata>"
        f"<manifest>{''.join(files)}</manifest><spine>{spine}</spine></package>"
    )


DUBLIN = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
ACCESS = {  # https://www.w3.org/TR/epub-a11y-11/: what a reader can rely on
    "accessMode": "textual", "accessModeSufficient": "textual",
    "accessibilityFeature": "MathML", "accessibilityHazard": "none",
    "accessibilitySummary": "Formulas are MathML, drawings have words.",
}


def described(book):
    """The metadata: identifier, title, author, language, date and accessibility."""
    access = "".join(
        f'<meta property="schema:{name}">{words}</meta>'
        for name, words in ACCESS.items()
    )
    return (
        f'<dc:identifier id="id">{IDENTIFIER}</dc:identifier>'
        f"<dc:title>{escape(book['title'])}</dc:title>"
        f"<dc:creator>{escape(book['author'])}</dc:creator>"
        f"<dc:language>{book['lang']}</dc:language>"
        f'<meta property="dcterms:modified">{STAMP[0]}-01-01T00:00:00Z</meta>{access}'
    )


def holds(page):
    """The properties that the manifest must own up to."""
    inside = {"math": "mathml", "svg": "svg"}
    return " ".join(word for tag, word in inside.items() if page.content.find(tag))


def item(name, href, properties="", kind="application/xhtml+xml"):
    """A line of the manifest."""
    extra = f' properties="{properties}"' if properties else ""
    return f'<item id="{name}" href="{href}" media-type="{kind}"{extra}/>'


def cover_picture(html, work):
    """The cover as a PNG, which every shop and shelf can show."""
    Path(work).mkdir(parents=True, exist_ok=True)
    page, out = Path(work, "cover.html"), Path(work, "cover.png")
    css = style(html, font_address(), "book.css", "cover.css")
    page.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><style>{css}</style>{cover()}',
        encoding="utf-8",
    )
    chromium.picture(page, out, *COVER_SIZE)
    return out.read_bytes()
