"""What the API reference says of a public name: read from the package's own source."""

import ast
import importlib
import inspect
import re
import textwrap
from functools import cache
from itertools import pairwise
from types import FunctionType
from typing import NamedTuple

from .contents import rows_of

MOST = 14  # names of a constant's contents that are listed


class Entry(NamedTuple):
    """One public name: where it stands, what it is, how it is called, what it says.

    kind: "function", "class", "method", "property" or "data". signature: the arguments
    as written, without annotations; None if it is not called. members: Entries.
    """

    name: str
    kind: str
    signature: list | None
    doc: str
    members: tuple = ()


def public_names(module):
    """`__all__` of a module; without one, what it defines without an underscore."""
    loaded = importlib.import_module(module)
    if hasattr(loaded, "__all__"):
        return sorted(loaded.__all__, key=str.lower)
    return sorted(_defined(module), key=str.lower)


def entry(module, name):
    """The Entry of one public name."""
    value = getattr(importlib.import_module(module), name)
    full = f"{module}.{name}"
    if inspect.isclass(value):
        return Entry(full, "class", _class_signature(value), _doc(value),
                     tuple(_members(full, value)))
    if inspect.isroutine(value):
        return Entry(full, "function", _arguments(_tree(value).args), _doc(value))
    listed = f"A {type(value).__name__} of {len(value)}." if rows_of(
        value) else _contents(value)
    said = " ".join(part for part in (_comment(module, name), listed) if part)
    return Entry(full, "data", None, said)


def first_sentence(doc):
    """The first sentence of a docstring, on one line."""
    paragraph = " ".join(doc.strip().split("\n\n")[0].split())
    return re.split(r"(?<=[.:;])\s", paragraph, maxsplit=1)[0].rstrip(":;")


def _doc(value):
    return inspect.getdoc(value) or ""


def _members(full, cls):
    """The methods and properties that a class defines itself and documents."""
    for name, value in vars(cls).items():
        if name.startswith("_"):
            continue
        if isinstance(value, property):
            yield Entry(f"{full}.{name}", "property", None, _doc(value))
        elif isinstance(value, staticmethod | classmethod | FunctionType):
            function = getattr(value, "__func__", value)
            arguments = _arguments(_tree(function).args)
            bound = arguments if isinstance(value, staticmethod) else arguments[1:]
            yield Entry(f"{full}.{name}", "method", bound, _doc(function))


def _tree(value):
    return ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]


def _class_signature(cls):
    """The arguments of `__init__`, or the fields of a named tuple or dataclass."""
    body = _tree(cls).body
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name in ("__init__", "__new__"):
            return _arguments(node.args)[1:]
    fields = [node for node in body if isinstance(node, ast.AnnAssign)]
    return [_field(node) for node in fields if not _is_set_later(node)] or None


def _field(node):
    default = f"={ast.unparse(node.value)}" if node.value else ""
    return node.target.id + default


def _is_set_later(node):
    return node.value is not None and "init=False" in ast.unparse(node.value)


def _arguments(args):
    """Each argument as it is written, `*` and `/` included, without annotations."""
    for node in ast.walk(args):
        if isinstance(node, ast.arg):
            node.annotation = None
    text = ast.unparse(ast.Lambda(args, ast.Constant(0)))
    inner = ast.parse(text, mode="eval").body.args
    return [part.strip() for part in _split(ast.unparse(inner))]


def _split(text):
    """Split at the commas that stand in no bracket and no string."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        depth += 0 if quote else {"(": 1, "[": 1, "{": 1}.get(letter, 0)
        depth -= 0 if quote else {")": 1, "]": 1, "}": 1}.get(letter, 0)
        if letter == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part.strip()]


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
