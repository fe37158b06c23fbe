"""A live part of a page: its data, and what stands there without a script.

In the book, `web/NAME.js` finds the part, reads the data and takes the place of the
rest. In print, without script or as a stored notebook, the rest is shown; in a notebook
that a person runs, anywidget brings the same script.
"""

import json
import re
from html import escape
from typing import Any

from bnbook.show import notebook
from bnbook.show.palette import PALETTE

HUES = {value: name for name, value in PALETTE.items()}


class Live:
    """What a cell shows: a script's name, its data, and HTML to stand in for it."""

    def __init__(self, name, data, fallback, caption="", scripts=()):
        self.name, self.data = name, data
        self.fallback, self.caption = fallback, caption
        self.scripts = scripts  # further ones that this part needs
        self._widget = None

    def __repr__(self) -> str:
        return f"<live {self.name}: {self.caption}>"

    @property
    def state(self) -> dict[str, Any]:
        """What the reader has set in a notebook; until then, what it opens with."""
        return dict((self._widget and self._widget.state) or self._opening())

    def _opening(self):
        return self.data.get("start", {})

    def _repr_mimebundle_(self, include=None, exclude=None):
        if not notebook.attended():
            return {}
        if not notebook.able():
            return {"text/html": self._repr_html_() + notebook.MISSING}
        if self._widget is None:
            names = [self.name, *self.scripts]
            self._widget = notebook.widget(self._repr_html_(), names)
        shown = self._widget._repr_mimebundle_()
        bundle = shown[0] if isinstance(shown, tuple) else shown
        return {kind: v for kind, v in bundle.items() if kind != "text/plain"}

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
