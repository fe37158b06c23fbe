"""A reader's file, module or notebook as a module; of a notebook its code cells."""

import ast
import importlib
import importlib.util
import json
import linecache
import re
import sys
import types
from pathlib import Path

from bnbook.check.diagnosis.calls import Broke, attempt

MAGIC = re.compile(r"^(\s*)(?:[%!?].*|[\w, ]+=\s*[%!].*|.*\w\?\??\s*)$")
BODY_IS_PYTHON = {"%%time", "%%timeit", "%%capture", "%%prun", "%%diagnose"}


def loaded(place):
    """(the module of that name, or at that path, a line for each cell that raised)."""
    path = Path(place)
    if path.suffix == ".ipynb":
        return _of_cells(path)
    if path.suffix != ".py":
        path = Path(f"{place}.py")
        if not path.is_file():
            return attempt(importlib.import_module, place), []
    if not path.is_file():
        raise Broke(f"there is no file {place}")
    spec = importlib.util.spec_from_file_location(free_name(path), path)
    module = _known(path, importlib.util.module_from_spec(spec))
    attempt(_run_file, spec, module)
    return module, []


def free_name(path):
    """The module's name for a file; another for random.py, that Python's stays."""
    name = path.stem
    while name in sys.stdlib_module_names or (name in sys.modules and getattr(
            sys.modules[name], "__file__", "") != str(path)):
        name += "_"
    return name


def _known(path, module):
    """A module that others can import, and that can import what stands beside it."""
    sys.path.append(str(path.resolve().parent))  # behind Python's own
    sys.modules[module.__name__] = module
    return module


def _run_file(spec, module):
    try:
        spec.loader.exec_module(module)
    except SystemExit:  # what stands before it is defined
        if not any(callable(a) for a in vars(module).values()):
            raise


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


def _of_cells(path):
    """`loaded` of a notebook: a cell that breaks, for want of a data set perhaps, does
    not keep the others from being run.
    """
    module, broke = _known(path, types.ModuleType(free_name(path))), []
    module.__file__ = str(path)
    for number, source in code_cells(path):
        try:
            attempt(_run_cell, module, f"{path.name}[{number}]", without_magics(source))
        except Broke as error:
            broke.append(f"cell {number} breaks: {error}")
    return module, broke


def _run_cell(module, name, source):
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    exec(compile(source, name, "exec"), vars(module))
