"""The examples of the API reference: `book/api/examples/PART.txt`, one a name.

A file begins with the lines that every example of its page starts from; then each
example stands below its full name, as a Python prompt shows it. A test runs them all.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path("book", "api", "examples")


class Examples(NamedTuple):
    """What a page's examples start from, and name -> example."""

    first: str
    of: dict


NONE = Examples("", {})


@cache
def read(path, _changed=0):
    """The Examples of a file. Raises ValueError where one has no name or no lines."""
    first, *blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    found = {}
    for block in blocks:
        name, _, lines = block.partition("\n")
        if name.startswith(">>>") or not lines.startswith(">>>") or name in found:
            raise ValueError(
                f"{path.name}: {name!r}, expected a new name and its lines")
        found[name] = lines
    return Examples(first, found)


def of_module(root, module):
    """The Examples that a module's page may show; none of the package itself."""
    part = module.split(".")[1] if "." in module else ""
    path = Path(root) / FOLDER / f"{part}.txt"
    return read(path, path.stat().st_mtime_ns) if path.exists() else NONE
