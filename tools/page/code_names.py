"""Which names in a page's cells come out of bnbook, and where each of them stands.

The cells are read in order, as Python's own syntax tree. A name counts if an import
bound it to something in bnbook and nothing has bound it to something else since; an
attribute counts if what stands before the dot is a module of bnbook.
"""

import ast
import importlib
import re
from types import ModuleType
from typing import NamedTuple

SHELL = re.compile(r"^[%!].*$", re.MULTILINE)


class Use(NamedTuple):
    """A name in a cell: its place in the text, the module it is of, the name there.

    name is "" where a module itself is meant.
    """

    start: int
    end: int
    module: str
    name: str


def uses(cells):
    """For each cell's source, the Uses of bnbook's names in it, in order."""
    bound = {}
    return [sorted(_cell(source, bound)) for source in cells]


def _cell(source, bound):
    try:
        tree = ast.parse(SHELL.sub(lambda match: "#" * len(match[0]), source))
    except SyntaxError:  # a fragment in the text, not a cell that ran
        return []
    starts = _line_starts(source)
    found = []
    for statement in tree.body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            found += _imported(statement, bound, starts)
            continue
        for name in _stored(statement):
            bound.pop(name, None)
        for node in _outermost(statement):
            found += _used(node, bound, starts)
    return found


def _line_starts(source):
    """The offset of each line, and its text: columns of a tree count bytes."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def offset(line, column):
        text = lines[line - 1].encode()[:column].decode()
        return starts[line - 1] + len(text)

    return offset


def _imported(statement, bound, offset):
    """Bind what an import brings; the Uses in the import itself."""
    if isinstance(statement, ast.ImportFrom):
        module = statement.module or ""
        if module.split(".")[0] == "bnbook":
            start = offset(statement.lineno, statement.col_offset + len("from "))
            yield Use(start, start + len(module), module, "")
    for alias in statement.names:
        whole = isinstance(statement, ast.Import)
        path = alias.name if whole else f"{module}.{alias.name}"
        name = alias.asname or (alias.name.split(".")[0] if whole else alias.name)
        bound.pop(name, None)
        if path.split(".")[0] != "bnbook":
            continue
        bound[name] = path if alias.asname or not whole else "bnbook"
        start = offset(alias.lineno, alias.col_offset)
        if target := _target(path):
            yield Use(start, start + len(alias.name), *target)


def _stored(statement):
    """Every name that a statement binds anywhere, its functions' arguments included."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name


def _outermost(tree):
    """Names and dotted chains, a chain before its own parts and without them."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) or _chain(node):
            yield node
        else:
            waiting += ast.iter_child_nodes(node)


def _chain(node):
    """The names of a dotted chain such as nn.mlp, None for anything else."""
    names = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node)
        node = node.value
    return [node, *names] if isinstance(node, ast.Name) else None


def _used(node, bound, offset):
    first, *attributes = _chain(node)
    path = bound.get(first.id)
    if path is None:
        return
    last = first
    for attribute in attributes:
        if not isinstance(_value(path), ModuleType):
            break
        path, last = f"{path}.{attribute.attr}", attribute
    if target := _target(path):
        start = offset(first.lineno, first.col_offset)
        yield Use(start, offset(last.end_lineno, last.end_col_offset), *target)


def _target(path):
    """(module, name) of a dotted path, (module, "") of a module, None of nothing."""
    value = _value(path)
    if isinstance(value, ModuleType):
        return path, ""
    module, _, name = path.rpartition(".")
    return (module, name) if value is not None else None


def _value(path):
    """What a dotted path below bnbook leads to; None if to nothing."""
    module, _, name = path.rpartition(".")
    if module and hasattr(_value(module), name):  # a function may hide its module
        return getattr(_value(module), name)
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        return None
