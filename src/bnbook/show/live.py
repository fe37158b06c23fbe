"""A live part of a page: its data, and what stands there without a script.

In the book, `web/NAME.js` finds the part, reads the data and takes the
place of the rest. Read as a notebook, in print or without script, the rest is shown.
"""

import json
import re
from html import escape

from bnbook.show.palette import PALETTE

HUES = {value: name for name, value in PALETTE.items()}


class Live:
    """What a cell shows: a script's name, its data, and HTML to stand in for it."""

    def __init__(self, name, data, fallback, caption="", scripts=()):
        self.name, self.data = name, data
        self.fallback, self.caption = fallback, caption
        self.scripts = scripts  # further ones that this part needs

    def __repr__(self) -> str:
        return f"<live {self.name}: {self.caption}>"

    def _repr_html_(self) -> str:
        data = json.dumps(self.data, allow_nan=False, ensure_ascii=False)
        data = data.replace("</", r"<\/")  # or a string could end the script element
        caption = f'<p class="bn-caption">{escape(self.caption)}</p>'
        needs = f' data-needs="{" ".join(self.scripts)}"' if self.scripts else ""
        return (
            f'<div class="bn-live" data-live="{escape(self.name)}"{needs}>'
            f'<div class="bn-fallback">{self.fallback}</div>'
            f'<script type="application/json">{data}</script>'
            f"{caption if self.caption else ''}</div>"
        )


def inline(drawing, prefix, words):
    """A Drawing as an `<svg>` inside a page: named, themed, its ids its own.

    `prefix` must differ from drawing to drawing on a page.
    """
    svg = re.sub(r'(id="|url\(#)', rf"\g<1>{prefix}-", str(drawing))
    svg = re.sub("#[0-9a-f]{6}", lambda m: f"var(--bn-{HUES[m[0]]}, {m[0]})", svg)
    return svg.replace(
        "<svg ", f'<svg role="img" aria-label="{escape(words)}" class="bn-graph" ', 1)


def short(value):
    """A number for a reader, as live.js writes it: about three digits, a wide minus."""
    size = abs(value)
    if size < 1e-12:
        return "0"
    if size < 1e-3 or size >= 1e6:
        digits, power = f"{value:.1e}".split("e")
        text = f"{digits.replace('.0', '')}e{int(power)}"
    else:
        places = 1 if size >= 10 else 2 if size >= 1 else 3
        text = f"{value:.{places}f}"
    return text.replace("-", "−")
