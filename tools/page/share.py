"""What others see of a page: the preview of a shared link, and the map for robots."""

import re
from html import escape
from pathlib import Path

from .address import LOCAL

PICTURE, SIZE = "_static/share.png", (1200, 630)
ALT = "The graph of batch normalization: ten steps from x to y, forward and backward."
DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)"')


def preview(title, site, description, address, picture):
    """The Open Graph tags of one page; address may be empty, picture relative."""
    tags = {
        "og:type": "article", "og:site_name": site, "og:title": title,
        "og:description": description, "og:url": address, "og:image": picture,
        "og:image:width": SIZE[0], "og:image:height": SIZE[1], "og:image:alt": ALT}
    found = [f'<meta property="{name}" content="{escape(str(value))}">'
             for name, value in tags.items() if value]
    return "".join([*found, '<meta name="twitter:card" content="summary_large_image">'])


def add_preview(app, pagename, templatename, context, doctree):
    """Put the tags into the head, after the description that `head` has written."""
    if app.builder.name != "html" or not doctree:
        return
    base = app.config.html_baseurl
    words = DESCRIPTION.search(context["metatags"])
    title = re.sub(r"<[^>]+>", "", context["title"])
    context["metatags"] += preview(
        title, app.config.html_title, words[1] if words else "",
        f"{base}{app.builder.get_target_uri(pagename)}" if base else "",
        f"{base}{PICTURE}" if base else context["pathto"](PICTURE, resource=True))


def sitemap(addresses):
    """The sitemap of the pages at these addresses, in its order."""
    urls = "".join(f"<url><loc>{escape(one)}</loc></url>\n" for one in addresses)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n'
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            f"{urls}</urlset>\n")


def write_sitemap(app, error):
    """List every page; while the public address is unknown, where `make serve` has it.
    """
    if error or app.builder.name != "html":
        return
    base = app.config.html_baseurl or LOCAL
    pages = sorted(app.env.found_docs)
    text = sitemap(f"{base}{app.builder.get_target_uri(page)}" for page in pages)
    Path(app.outdir, "sitemap.xml").write_text(text, encoding="utf-8")


def setup(app):
    """Connect to the build, after `head`."""
    app.connect("html-page-context", add_preview, priority=600)
    app.connect("build-finished", write_sitemap)
