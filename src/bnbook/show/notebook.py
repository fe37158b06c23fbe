"""Live parts in a notebook that a person runs, through anywidget where it is there.

What runs notebooks unattended (nbclient, nbval) sends its cells with `allow_stdin`
false, for nobody could answer; a front end that a person uses sends it true. So a
stored notebook keeps the drawn state, and a reader gets the live one.
"""

import sys
from importlib.util import find_spec
from typing import Any

from bnbook.show.scripts import FOLDER, module_text, style_text

MISSING = ('<p class="bn-caption">Drawn, and not alive: <code>pip install anywidget'
           "</code>, restart the kernel and reload the page.</p>")


def attended() -> bool:
    """Whether a person who could answer sent the cell that runs."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    kernel: Any = getattr(shell, "kernel", None)
    message = kernel.get_parent() if hasattr(kernel, "get_parent") else None
    return bool(((message or {}).get("content") or {}).get("allow_stdin"))


def able() -> bool:
    """Whether anywidget and the scripts are there."""
    return find_spec("anywidget") is not None and FOLDER.is_dir()


def widget(html: str, parts: list[str]) -> Any:
    """An anywidget of a live part; its `state` follows what the reader does."""
    import anywidget
    from traitlets import Dict, Unicode

    class Part(anywidget.AnyWidget):
        """One live part of the book."""

        _esm = module_text(parts)
        _css = style_text(parts)
        html = Unicode().tag(sync=True)
        state = Dict().tag(sync=True)

    return Part(html=html)
