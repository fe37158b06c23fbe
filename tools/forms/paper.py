"""One HTML file of the whole book, and the PDF that Chromium prints from it."""

from html import escape
from itertools import groupby
from pathlib import Path

from pypdf import PdfReader, PdfWriter

from uncollected import uncollected

from . import chromium
from .look import about, cover, font_address, style
from .pages import bound


def address(slug, place):
    """Where a place stands in the one file."""
    return f"#{place or slug}"


def one_file(html, pages, numbers=None):
    """The book as one HTML document without a script: cover, contents, every page.

    html: the built folder. pages: those of it, bound. numbers: the sheet of each id
    that the contents lead to, once it is known.
    """
    book = about()
    css = style(html, font_address(), "book.css", "paged.css") + feet(pages)
    return (
        f'<!DOCTYPE html><html lang="{book["lang"]}"><head><meta charset="utf-8">'
        f"<title>{escape(book['title'])}</title>"
        f'<meta name="author" content="{escape(book["author"])}">'
        f"<style>{css}</style></head><body>{cover()}{contents(pages, numbers or {})}"
        + "\n".join(page.content.decode(formatter="minimal") for page in pages)
        + "</body></html>"
    )


def feet(pages):
    """A rule for each page of the book: its title at the foot of its sheets."""
    return "".join(
        f"@page {sheet(page)} {{ @bottom-left {{ content: {quoted(page.title)} }} }}"
        f'[id="{page.slug}"] {{ page: {sheet(page)} }}\n'
        for page in pages
    )


def sheet(page):
    """The name of the sheets that a page is printed on."""
    return f"sheet-{page.slug}"


def quoted(words):
    """Words as a string of CSS."""
    return '"' + words.replace("\\", r"\\").replace('"', r"\"") + '"'


def contents(pages, numbers):
    """The table of contents: parts, chapters and sections, each with its sheet."""
    lines = ['<nav class="contents"><h1>Contents</h1>']
    for part, members in groupby(pages, lambda page: page.part):
        lines += [f'<p class="part">{escape(part)}</p>' * bool(part), "<ol>"]
        for page in members:
            lines.append(entry("chapter", page.slug, page.title, numbers))
            lines += [
                entry("section", place, words, numbers)
                for place, words in sections(page)
            ]
        lines.append("</ol>")
    return "\n".join([*lines, "</nav>"])


def sections(page):
    """(id, words) of each section of a page."""
    for heading in page.content.select("section[id] > h2"):
        yield heading.parent["id"], " ".join(heading.get_text().split())


def entry(kind, place, words, numbers):
    """One line of the contents."""
    at = numbers.get(place, "")
    return (
        f'<li class="{kind}"><a href="#{place}">{escape(words)}</a>'
        f'<span class="at">{at}</span></li>'
    )


def page_numbers(pdf):
    """id -> the number of its sheet, for every id that a link leads to."""
    reader = PdfReader(pdf)
    return {
        name.removeprefix("/"): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }


def make(html, out, work, pages=None):
    """Print twice, for the contents need the numbers of the first printing.

    pages: those of the built folder, if they are `bound` already.
    """
    Path(work).mkdir(parents=True, exist_ok=True)
    page, pages, numbers = Path(work, "book.html"), pages or bound(html, address), {}
    for _ in range(2):
        page.write_text(one_file(html, pages, numbers), encoding="utf-8")
        chromium.print_pdf(page, out)
        before, numbers = numbers, page_numbers(out)
    if before != numbers:
        raise RuntimeError("the contents moved the pages that they number")
    sign(out)


def sign(pdf):
    """Write the author, which Chromium leaves out, into the PDF's own description."""
    with uncollected():  # pypdf reads a hundred thousand objects for it
        writer = PdfWriter(pdf, incremental=True)
        writer.add_metadata({"/Author": about()["author"]})
        writer.write(pdf)
