"""What a clean Sphinx build can still hide: the built pages, read as by a browser."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

from page.offers import FILES
from uncollected import uncollected

LINKS = {"a": "href", "script": "src", "link": "href", "img": "src", "iframe": "src"}
FOREIGN = re.compile(r"(url\(|@import )\s*[\"']?(https?:)?//", re.I)
LOADING = ("src", "srcset", "data", "poster", "xlink:href", "background")
RAW_LATEX = re.compile(r"\$\$|\\\(|\\\[|\\[a-z]{2,}|\$[^$\s][^$]*[\^_\\][^$]*\$")
NOT_LOADED = {"canonical", "license", "search", "index", "next", "prev"}
NAMELESS = (
    "img:not([alt]), img[alt=''], svg[role=img]:not([aria-label]), svg[aria-label='']"
)


def faults(folder):
    """What is wrong with the pages and styles below `folder`, a line each."""
    folder = Path(folder)
    with uncollected():
        pages = {page: BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
                 for page in sorted(folder.rglob("*.html"))
                 if "_static" not in page.parts}  # the theme leaves templates there
    ids = {
        page: {t["id"] for t in soup.find_all(id=True)} for page, soup in pages.items()
    }
    return [
        *(
            f"{page.relative_to(folder)}: {fault}"
            for page, soup in pages.items()
            for fault in (
                *foreign_loads(soup),
                *dead_links(page, soup, ids),
                *page_faults(soup),
            )
        ),
        *(
            f"{sheet.relative_to(folder)}: loads from another host"
            for sheet in sorted(folder.rglob("*.css"))
            if FOREIGN.search(sheet.read_text(encoding="utf-8"))
        ),
    ]


def foreign_loads(soup):
    """Whatever the page would fetch from another host."""
    for tag in soup.find_all(True):
        loads = [str(tag.get(name, "")) for name in LOADING]
        if tag.name == "base" or (
            tag.name == "link" and not set(tag.get("rel") or []) <= NOT_LOADED
        ):
            loads.append(tag.get("href", ""))
        style = tag.get("style", "") + (tag.string or "" if tag.name == "style" else "")
        if FOREIGN.search(style) or any(re.match(r"(https?:)?//", a) for a in loads):
            yield f"<{tag.name}> loads from another host: {str(tag)[:80]}"


def dead_links(page, soup, ids):
    """Links, images and scripts that lead nowhere."""
    for tag in soup.find_all([*LINKS]):
        address = tag.get(LINKS[tag.name])
        parts = urlsplit(address or "")
        if not address or parts.scheme or parts.netloc:
            continue
        offered = tag.name == "a" and Path(parts.path).name in FILES
        if offered and tag.has_attr("hidden"):
            continue  # it shows once the file is there
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if target.is_dir():
            target = target / "index.html"
        if not target.exists():
            yield f"<{tag.name}> to {address}: no such file"
        elif target in ids and unquote(parts.fragment) not in {"", *ids[target]}:
            yield f"<a> to {address}: no such place on the page"


def page_faults(soup):
    """Raw LaTeX, pictures without words and an id that stands twice."""
    names = [tag["id"] for tag in soup.find_all(id=True)]
    yield from (
        f"id {n} stands twice" for n in {n for n in names if names.count(n) > 1}
    )
    for picture in soup.select(NAMELESS):
        yield f"a picture without words: {str(picture)[:60]}"
    labels = [tag["aria-label"] for tag in soup.find_all(attrs={"aria-label": True})]
    for tag in soup(["script", "style", "pre", "code", "annotation"]):
        tag.decompose()
    for text in [*soup.find_all(string=RAW_LATEX), *filter(RAW_LATEX.search, labels)]:
        yield f"raw LaTeX: {text.strip()[:60]}"
