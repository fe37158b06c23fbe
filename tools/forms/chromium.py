"""A local HTML file on paper, or as a picture, by Chromium cut off from the network."""

import base64
from contextlib import contextmanager
from pathlib import Path

from browser import Browser, find_chromium


@contextmanager
def opened(page):
    """A local HTML file in a tab; RuntimeError where there is no Chromium."""
    if not (path := find_chromium()):
        raise RuntimeError("no Chromium found: install Debian's package chromium")
    browser = Browser(path)
    try:
        tab = browser.tab()
        tab.open(Path(page).resolve().as_uri())
        yield tab
    finally:
        browser.close()


def print_pdf(page, out):
    """Print to a tagged PDF, its outline made of the headings."""
    with opened(page) as tab:
        answer = tab.call(
            "Page.printToPDF", preferCSSPageSize=True, printBackground=True,
            generateTaggedPDF=True, generateDocumentOutline=True,
        )
    Path(out).write_bytes(base64.b64decode(answer["data"]))


def picture(page, out, width, height):
    """Write a PNG of the page in a window of that size."""
    with opened(page) as tab:
        tab.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=False)
        Path(out).write_bytes(tab.picture())
