"""A reader's notebook as a module: its code cells, in order, without magics."""

import ast
import json
import linecache
import re
import sys
import types
from pathlib import Path

from bnbook.check.diagnosis.calls import Broke, attempt
from bnbook.check.diagnosis.modules import free_name

MAGIC = re.compile(r"^(\s*)(?:[%!?].*|[\w, ]+=\s*[%!].*|.*\w\?\??\s*)$")
BODY_IS_PYTHON = {"%%time", "%%timeit", "%%capture", "%%prun", "%%diagnose"}


def code_cells(path):
    """The source of every code cell of an .ipynb, numbered among all cells from 1."""
    notebook = attempt(json.loads, Path(path).read_text(encoding="utf-8"))
    try:
        cells = notebook.get("cells") or notebook["worksheets"][0]["cells"]
        sources = [(number, cell.get("source", cell.get("input", "")))
                   for number, cell in enumerate(cells, 1)
                   if cell["cell_type"] == "code"]
    except (AttributeError, IndexError, KeyError, TypeError):
        raise Broke(f"{path} is no notebook: it has no cells") from None
    return [(number, "".join(source)) for number, source in sources]


def without_magics(source):
    """A cell as Python: a line of IPython's does nothing, and no line moves."""
    first, _, rest = source.partition("\n")
    if first.startswith("%%"):
        if first.split()[0] not in BODY_IS_PYTHON:
            return ""
        source = f"\n{rest}"
    try:
        ast.parse(source)  # a line that starts with % may be part of an expression
    except SyntaxError:
        return "\n".join(MAGIC.sub(r"\1pass", line) for line in source.split("\n"))
    return source


def notebook_module(path):
    """(module, what broke): the cells' names, and a line for each cell that raised.

    A cell that breaks, for want of a data set perhaps, does not keep the others from
    being run.
    """
    path = Path(path)
    module = types.ModuleType(free_name(path))
    module.__file__ = str(path)
    sys.path.append(str(path.resolve().parent))  # behind Python's own
    sys.modules[module.__name__] = module
    broke = []
    for number, source in code_cells(path):
        try:
            attempt(_run, module, f"{path.name}[{number}]", without_magics(source))
        except Broke as error:
            broke.append(f"cell {number} breaks: {error}")
    return module, broke


def _run(module, name, source):
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    exec(compile(source, name, "exec"), vars(module))
