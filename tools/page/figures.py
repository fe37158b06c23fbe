"""Figures drawn into the page, and no image without words."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from .mathematics import SCROLLING
from .svg import inline_svg

PHONE = 358  # pixels of a text's width at 390
LOG = logging.getLogger(__name__)


def has_words(image):
    """Whether the alt text says something: docutils falls back on the file's path."""
    alt = image.get("alt", "").strip()
    return bool(alt) and alt.lstrip("/") != image["uri"].lstrip("/")


def least_width(markup):
    """The width that a drawing's labels need on a phone, in pixels."""
    return float(re.search(r"--bn-least: (\d+)px", markup)[1])


class DrawFigures(SphinxPostTransform):
    """Replace SVG images by their drawing; refuse every image without alt text.

    It runs after MyST-NB has chosen among a cell's outputs, and before Sphinx copies
    the images it still finds.
    """

    default_priority = 250
    formats = ("html",)

    def run(self, **kwargs):
        """Visit the images of one page in order, which numbers their ids."""
        for count, image in enumerate(list(self.document.findall(nodes.image)), 1):
            if not has_words(image):
                LOG.warning("image without alt text: %s", image["uri"], location=image)
            elif image["uri"].endswith(".svg"):
                self.draw(image, f"drawing-{count}")

    def draw(self, image, prefix):
        """Put the drawing where the image was."""
        path = Path(self.app.srcdir, image["uri"].lstrip("/"))
        try:
            markup = inline_svg(
                path.read_text("utf-8"),
                prefix=prefix,
                alt=image["alt"],
                classes=image["classes"],
            )
        except (OSError, ET.ParseError) as error:
            LOG.warning("figure %s: %s", path, error, location=image)
            return
        if "bn-wide" in image["classes"] or least_width(markup) > PHONE:
            markup = f'<div class="{SCROLLING}">{markup}</div>'
        image.parent.replace(image, nodes.raw("", markup, format="html"))


def setup(app):
    """Register the transform."""
    app.add_post_transform(DrawFigures)
