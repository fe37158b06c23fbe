"""What a clean Sphinx build can still hide: the built pages, read as by a browser."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

LOADS = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
}
RAW_LATEX = re.compile(
    r"\$\$|\\\(|\\\[|\\begin\{|\\frac|\\hat|\\mathit|(?<!\\)\$\\[a-z]"
)
HARMLESS_RELS = {"canonical", "license"}


def faults(folder):
    """What is wrong with the pages below `folder`, a line each."""
    pages = {
        page: BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        for page in sorted(Path(folder).rglob("*.html"))
        if "_static" not in page.parts  # the theme leaves templates there
    }
    ids = {
        page: {tag["id"] for tag in soup.find_all(id=True)}
        for page, soup in pages.items()
    }
    return [
        f"{page.relative_to(folder)}: {fault}"
        for page, soup in pages.items()
        for fault in [*link_faults(page, soup, ids), *page_faults(soup)]
    ]


def link_faults(page, soup, ids):
    """Links and files that lead nowhere, and any load from another host."""
    for tag in soup.find_all(["a", *LOADS]):
        address = tag.get(LOADS.get(tag.name, "href"))
        if not address or HARMLESS_RELS & set(tag.get("rel") or []):
            continue
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            if tag.name in LOADS and parts.scheme != "data":
                yield f"loads {address} from another host"
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if target.is_dir():
            target = target / "index.html"
        if not target.exists():
            yield f"<{tag.name}> to {address}: no such file"
        elif target in ids and unquote(parts.fragment) not in {"", *ids[target]}:
            yield f"<a> to {address}: no such place on the page"


def page_faults(soup):
    """Raw LaTeX, missing alt texts and an id that stands twice."""
    for tag in soup(["script", "style", "pre", "code", "annotation"]):
        tag.decompose()
    for text in soup.find_all(string=RAW_LATEX):
        yield f"raw LaTeX: {text.strip()[:60]}"
    for picture in soup.select("img:not([alt]), svg[role=img]:not([aria-label])"):
        yield f"a picture without alt text: {str(picture)[:60]}"
    names = [tag["id"] for tag in soup.find_all(id=True)]
    yield from (
        f"id {name} stands twice" for name in {n for n in names if names.count(n) > 1}
    )
