"""What the API reference says of a public name: read from the package's own source."""

import ast
import importlib
import inspect
import re
from functools import cache
from itertools import pairwise

from .contents import rows_of

MOST = 14  # names of a constant's contents that are listed


def public_names(module):
    """`__all__` of a module; without one, what it defines without an underscore."""
    loaded = importlib.import_module(module)
    if hasattr(loaded, "__all__"):
        return sorted(loaded.__all__, key=str.lower)
    return sorted(_defined(module), key=str.lower)


def doc(value):
    return inspect.getdoc(value) or ""


def kind(value):
    """As autodoc calls it: "class", "function" or "data"."""
    if inspect.isclass(value):
        return "class"
    return "function" if inspect.isroutine(value) else "data"


def said(module, name):
    """A public name's docstring, or what stands beside a constant and what it holds."""
    value = getattr(importlib.import_module(module), name)
    if kind(value) != "data":
        return doc(value)
    listed = f"A {type(value).__name__} of {len(value)}." if rows_of(
        value) else _contents(value)
    return " ".join(part for part in (_comment(module, name), listed) if part)


def first_sentence(doc):
    """The first sentence of a docstring, on one line."""
    paragraph = " ".join(doc.strip().split("\n\n")[0].split())
    return re.split(r"(?<=[.:;])\s", paragraph, maxsplit=1)[0].rstrip(":;")


@cache
def _source(module):
    return inspect.getsource(importlib.import_module(module))


@cache
def _defined(module):
    """name -> the statement of a module's top level that defines it, no underscore."""
    found = {}
    for node in ast.parse(_source(module)).body:
        typed = [node.target] if isinstance(node, ast.AnnAssign) else []
        targets = getattr(node, "targets", typed)
        names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        for name in [getattr(node, "name", "_"), *names]:
            if not name.startswith("_"):
                found[name] = node
    return found


def _home(module, name):
    """The module that gives a constant its value: imports are followed, late ones too,
    which a package lists in HOME."""
    for home, names in getattr(importlib.import_module(module), "HOME", {}).items():
        if name in names:
            return _home(f"{module}.{home}", name)
    for node in ast.parse(_source(module)).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _home(node.module, alias.name)
    return module, name


def _comment(module, name):
    """What stands as a string below a constant, or as a comment above it."""
    home, own = _home(module, name)
    body, node = ast.parse(_source(home)).body, _defined(home)[own]
    for one, after in pairwise(body):
        if one.lineno == node.lineno and isinstance(after, ast.Expr):
            return inspect.cleandoc(ast.literal_eval(after.value))
    above = []
    for line in reversed(_source(home).splitlines()[: node.lineno - 1]):
        if not line.startswith("# "):
            break
        above.insert(0, line[2:])
    return " ".join(above)


def _contents(value):
    """What a table or tuple holds, by name."""
    kind = type(value).__name__
    if isinstance(value, (str, int, float)):
        return f"`{value!r}`"
    names = list(value) if isinstance(value, dict) else [_named(v) for v in value]
    listed = ", ".join(f"`{name}`" for name in names[:MOST])
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return f"A {kind} of {len(names)}: {listed}{more}."


def _named(value):
    return getattr(value, "name", value)
