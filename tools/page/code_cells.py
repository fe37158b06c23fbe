"""The code cells of the book's notebooks, and the names of bnbook that they use."""

import json
from functools import cache
from pathlib import Path

from .code_names import uses


def used(root):
    """(module, name) of every Use in the chapters of the book in `root`, each once."""
    paths = sorted(Path(root, "book").glob("*.ipynb"))
    found = (use for path in paths for use in _uses(path, path.stat().st_mtime_ns))
    return dict.fromkeys((use.module, use.name) for use in found)


@cache
def _uses(path, _changed):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    return [use for cell in uses(sources) for use in cell]
