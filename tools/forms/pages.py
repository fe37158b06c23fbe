"""The built pages as parts of one book: in order, unfolded, each id the book's own."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Comment, Tag

from uncollected import uncollected

ROOT = Path(__file__).parents[2]
SCREEN_ONLY = {"script", "button", "template"}
SCREEN_ONLY_CLASSES = {"headerlink", "toctree-wrapper", "bn-tools", "bn-screen"}
UNWRAPPED = ["noscript", "details"]
# Spans of code that look like its plain text: without them a PDF weighs a quarter less.
PLAIN = {"n", "p", "w", "nn", "pre"}
REFERENCES = ("href", "for", "headers", "aria-labelledby", "aria-describedby")


@dataclass
class Page:
    """One page: its document's name, its part of the book, its title and content."""

    name: str
    part: str
    content: Tag

    @property
    def slug(self):
        """What names the page in addresses: 05-one-line, api-graph."""
        return self.name.removeprefix("book/").replace("/", "-")

    @property
    def title(self):
        """The words of its first heading, the chapter's number with them."""
        return " ".join(self.content.h1.get_text().split())


def read_book(html, toc=ROOT / "_toc.yml"):
    """Every page of the table of contents out of the built folder, ready to bind.

    Raises FileNotFoundError for a page that was not built.
    """
    listed = in_order(yaml.safe_load(Path(toc).read_text("utf-8")))
    with uncollected():
        return [
            Page(name, part, unfolded(Path(html, f"{name}.html").read_text("utf-8")))
            for name, part in listed]


def in_order(toc):
    """(document, caption of its part) of each page, as `_toc.yml` lists them."""
    yield toc["root"], ""
    for part in toc.get("parts", [toc]):
        yield from _below(part, part.get("caption", ""))


def _below(entry, part):
    for child in entry.get("chapters", entry.get("sections", ())):
        if "file" in child:
            yield child["file"], part
        yield from _below(child, part)


def unfolded(markup):
    """A page's article without what needs a screen, and with nothing folded away."""
    content = BeautifulSoup(markup, "html.parser").find("article", "bd-article")
    if content.img:
        raise ValueError(f"the book holds drawings only, found {content.img}")
    for tag in content.find_all(on_screen_only):
        tag.decompose()
    for tag in content("summary"):
        tag.name = "p"
    for tag in content(UNWRAPPED):
        tag.unwrap()
    for span in content("span"):
        if not span.attrs or PLAIN.issuperset(span.get("class", "?")):
            span.unwrap()
    content.smooth()
    for comment in content.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for cell in content.find_all(class_="cell"):
        if not cell.get_text(strip=True) and not cell.find(["svg", "img"]):
            cell.decompose()
    restore_case(content, markup)
    return light(content)


def on_screen_only(tag):
    """Whether paper has no use for a tag: what runs, what is pressed, what is open."""
    kinds = tag.get("class", ())
    return (tag.name in SCREEN_ONLY or not SCREEN_ONLY_CLASSES.isdisjoint(kinds)
            or (tag.name == "summary" and "hide" in tag.parent.get("class", ())))


def restore_case(content, markup):
    """Give SVG its capitals back (viewBox): the parser lowers every name."""
    drawings = "".join(re.findall(r"<svg.*?</svg>", markup, re.S))
    names = re.findall(r"[<\s]([a-z]+[A-Z][A-Za-z]*)(?=[\s=>/])", drawings)
    cased = {name.lower(): name for name in names}
    for drawing in content("svg"):
        for tag in (drawing, *drawing.find_all(True)):
            tag.name = cased.get(tag.name, tag.name)
            tag.attrs = {cased.get(name, name): v for name, v in tag.attrs.items()}


def light(content):
    """Colours of the light page, and a drawing's own width, in the variables' place."""
    for tag in content.find_all(True):
        for name in ("style", "fill", "stroke"):
            if "--" in tag.get(name, ""):
                tag[name] = plain(tag[name]).replace("--bn-width", "max-width")
        if tag.name == "style":
            tag.string = flat(plain(tag.get_text()))
    return content


def plain(css):
    """The fallbacks of a style's variables."""
    return re.sub(r"var\(--[\w-]+,\s*([^()]*)\)", r"\1", css)


def flat(css):
    """Rules nested in one (`#a {b {c} d {e}}`) side by side, as every reader knows."""
    nest = re.fullmatch(r"\s*(#[\w-]+) \{((?:[^{}]*\{[^{}]*\})+\s*)\}\s*", css)
    return re.sub(r"([^{}]+\{[^{}]*\})", rf"{nest[1]} \1", nest[2]) if nest else css


def bound(html, address):
    """The pages out of the built folder with the ids and links of one book."""
    pages = read_book(html)
    bind(pages, address)
    return pages


def bind(pages, address):
    """Make ids unique in the book, and links between pages links within it.

    `address(slug, id)` is where a place stands, with an id of "" for the page. A link
    to what the book leaves out loses its target and keeps its words.
    """
    slugs = {page.name: page.slug for page in pages}
    places = {
        page.slug: {t["id"] for t in page.content.find_all(id=True)} for page in pages
    }
    for page in pages:
        for link in page.content("a", href=True):
            _readdress(link, page, slugs, places, address)
        for tag in page.content.find_all(True):
            _rename(tag, page.slug, places[page.slug])
        page.content["id"] = page.slug


def _readdress(link, page, slugs, places, address):
    parts = urlsplit(link["href"])
    if parts.scheme or parts.netloc:
        return
    path = Path("/", page.name).parent / unquote(parts.path)
    name = str(_normal(path))[1:].removesuffix(".html") if parts.path else page.name
    slug, place = slugs.get(name), unquote(parts.fragment)
    if slug is None or place not in {"", *places[slug]}:
        link.unwrap()
    else:
        link["href"] = address(slug, place and new_id(slug, place))


def _normal(path):
    """A path without its `..`, nothing asked of the disk."""
    parts = []
    for part in path.parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return Path(*parts)


def _rename(tag, slug, ids):
    """One tag's ids, and its references to the ids of its own page."""
    if "id" in tag.attrs:
        tag["id"] = new_id(slug, tag["id"])
    for name, value in list(tag.attrs.items()):
        if name in REFERENCES and tag.name != "a":
            words = value if isinstance(value, list) else value.split()
            tag[name] = " ".join(_renamed(word, slug, ids) for word in words)
        elif isinstance(value, str) and "url(#" in value:
            tag[name] = value.replace("url(#", f"url(#{slug}--")
    if tag.name == "style":
        tag.string = re.sub(r"#(?=[\w-]+ [^{}]*\{)", f"#{slug}--", tag.get_text())


def _renamed(word, slug, ids):
    bare = word.removeprefix("#")
    return word[: len(word) - len(bare)] + new_id(slug, bare) if bare in ids else word


def new_id(slug, name):
    """An id of one page as the book's: unique there, and a name that XML allows."""
    return f"{slug}--{re.sub(r'[^A-Za-z0-9_.-]', '-', name)}"
