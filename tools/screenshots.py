"""Pictures of every built page: python tools/screenshots.py [page ...]

In _build/screenshots, at 1280 and 390 px, light and dark, in slices to look at.
"""

import sys
from pathlib import Path

from browser import Browser, find_chromium, served
from survey import LOOKS

ROOT = Path(__file__).parent.parent
BUILT = ROOT / "_build" / "html"
KEPT = ROOT / "_build" / "screenshots"
SLICE = 2400  # pixels


def pages(folder):
    """The addresses of all pages below `folder`, but those that forward to another."""
    found = sorted(Path(folder).rglob("*.html"))
    inside = [page.relative_to(folder) for page in found if not forwards(page)]
    return [p.as_posix() for p in inside if "_static" not in p.parts]


def forwards(page):
    """Whether a page only sends the reader on to another."""
    return 'http-equiv="refresh"' in page.read_text(encoding="utf-8").lower()


def shoot(tab, folder, page, look):
    """Write the whole page to folder/page-width-theme-1.png, -2.png…, in slices.

    The window is made as tall as the page, until the next `tab.look`: what lies beyond
    it takes three times as long to draw.
    """
    folder.mkdir(parents=True, exist_ok=True)
    box = tab.call("Page.getLayoutMetrics")["cssContentSize"]
    tab.look(*look, height=int(box["height"]))
    for number, top in enumerate(range(0, int(box["height"]), SLICE), 1):
        clip = {"x": 0, "y": top, "width": box["width"], "scale": 1,
                "height": min(SLICE, box["height"] - top)}
        path = folder / f"{stem(page)}-{look[0]}-{look[1]}-{number}.png"
        path.write_bytes(tab.picture(clip=clip, optimizeForSpeed=True))


def stem(page):
    """book/04-ten-nodes.html -> book-04-ten-nodes."""
    return page.removesuffix(".html").replace("/", "-")


def main(chosen):
    """Take the pictures of the chosen pages, or of all."""
    browser = Browser(find_chromium() or sys.exit("no Chromium found"))
    with served(BUILT) as site:
        tab = browser.tab()
        for page in chosen or pages(BUILT):
            for look in LOOKS:
                tab.look(*look)
                tab.open(site + page)
                shoot(tab, KEPT, page, look)
    browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
