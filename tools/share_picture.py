"""The picture that a shared link shows: book/_static/share.png, 1200 x 630.

Chromium draws the book's title beside the graph. Usage: python tools/share_picture.py
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bnbook.show.palette import PALETTE

STATIC = Path(__file__).parent.parent / "book" / "_static"
PATH, WIDTH, HEIGHT = STATIC / "share.png", 1200, 630
PAGE = """<!doctype html><meta charset="utf-8"><title>share</title><style>
body {{ margin: 0; width: {width}px; height: {height}px; display: flex;
  align-items: center; background: {paper}; color: {ink};
  font-family: "DejaVu Sans", sans-serif; }}
div {{ flex: 1; padding: 0 0 0 70px; }}
h1 {{ font-size: 58px; font-weight: 500; line-height: 1.22; margin: 0 0 34px; }}
p {{ font-size: 27px; line-height: 1.45; color: {muted}; margin: 0; }}
b {{ font-weight: 500; }}
svg {{ flex: none; height: 570px; width: 520px; }}
</style><div><h1>Batch Normalization by Computation Graph</h1>
<p>Ten steps forward in <b style="color: {blue}">blue</b>, every gradient back in
<b style="color: {orange}">orange</b>, each line of NumPy checked.</p></div>{svg}"""


def page():
    """The page that is photographed."""
    svg = (STATIC / "graph.svg").read_text(encoding="utf-8")
    return PAGE.format(width=WIDTH, height=HEIGHT, svg=svg, **PALETTE)


def main():
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("share_picture: no chromium found")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "share.html")
        source.write_text(page(), encoding="utf-8")
        subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu",
             "--hide-scrollbars", f"--user-data-dir={folder}/profile",
             f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={PATH}",
             source.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
