"""Prepare an SVG file to stand inside an HTML page."""

import re
import xml.etree.ElementTree as ET

from bnbook.show.palette import PALETTE

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"
PIXELS = {"pt": 4 / 3, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4, "px": 1, "": 1}
SMALLEST = 12  # pixels, of a label on a phone
LABEL, PLOTTED = 12.1, 12.9  # units to which phone.css enlarges a drawing's, a plot's
AS_DRAWN = 10  # units of a label that has no room to grow:
WIDE, MANY = 400, 35  # in a drawing with long shapes, and in a plot of many panels
NAMES = {hex_: name for name, hex_ in PALETTE.items()}
ET.register_namespace("", SVG)


def inline_svg(source, *, prefix, alt, classes=()):
    """The `<svg>` element of a file's text: named, scalable, themed, its ids its own.

    Raises ET.ParseError for what is no XML. Prolog, doctype, comments, metadata and the
    drawing's own title go: the page names the figure.
    """
    root = ET.fromstring(source)
    for child in list(root):
        if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}title"):
            root.remove(child)
    _fit(root)
    _separate(root, prefix)
    for element in root.iter():
        for name, value in element.attrib.items():
            if name in ("style", "fill", "stroke", "stop-color", "color"):
                element.set(name, themed(value))
    root.attrib |= {"role": "img", "aria-label": alt}
    root.set("class", " ".join(["bn-figure", *classes]))
    return ET.tostring(root, encoding="unicode")


def themed(css):
    """House colours as CSS variables with the light colour to fall back on."""

    def variable(match):
        name = NAMES.get(match[0].lower())
        return f"var(--bn-{name}, {match[0].lower()})" if name else match[0]

    return re.sub(r"var\([^()]*\)|#[0-9a-fA-F]{6}\b", variable, css)


def _fit(root):
    """Natural width as a ceiling, so that a figure shrinks but never blurs up; and the
    width at which its labels can still be read."""
    width, height = (_pixels(root.attrib.pop(side, "")) for side in ("width", "height"))
    box = root.get("viewBox")
    if box is None:
        root.set("viewBox", f"0 0 {width:g} {height:g}")
    width = width or float(box.replace(",", " ").split()[2])
    units = float(root.get("viewBox").replace(",", " ").split()[2])
    least = units * SMALLEST / _label(root, units)
    root.set("style", f"--bn-width: {width:.0f}px; --bn-least: {least:.0f}px")


def _label(root, units):
    """The size of the smallest label on a phone, in the drawing's units."""
    drawn = root.get("font-family")
    texts = sum(1 for _ in root.iter(f"{{{SVG}}}text"))
    if units > WIDE if drawn else texts > MANY:
        root.set("data-dense", "")
        return AS_DRAWN
    return LABEL if drawn else PLOTTED


def _pixels(length):
    """CSS pixels of an absolute SVG length; 0 for a percentage or none."""
    match = re.fullmatch(r"([\d.]+)\s*(pt|in|cm|mm|px|)", length.strip())
    return float(match[1]) * PIXELS[match[2]] if match else 0.0


def _separate(root, prefix):
    """Rename ids and scope styles: many figures share one page."""
    root.set("id", prefix)
    for element in root.iter():
        if element is not root and "id" in element.attrib:
            element.set("id", f"{prefix}-{element.get('id')}")
        target = element.attrib.pop(XLINK, None) or element.get("href", "")
        if target:
            element.set("href", re.sub(r"^#", f"#{prefix}-", target))
        for name, value in element.attrib.items():
            element.set(name, re.sub(r"url\(#", f"url(#{prefix}-", value))
        if element.tag == f"{{{SVG}}}style":
            element.text = f"#{prefix} {{{themed(element.text or '')}}}"
