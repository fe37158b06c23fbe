"""A small language: the op table's rules, and a graph as text, a line a step.

A value is a name, a number, an op of the table with its inputs in brackets, or values
with + - * / between them; a minus turns a value's sign. The page's script reads the
same language (`web/graph-text.js`), and a test holds the two together.
"""

import re
from collections.abc import Mapping
from contextlib import contextmanager
from functools import cache

from bnbook.graph.arguments import instance
from bnbook.graph.ops import OPS
from bnbook.graph.steps import Step
from bnbook.graph.types import Graph, Ops, Tree

TOKEN = re.compile(r"[ \t]*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|\S)", re.ASCII)
NAME, DIGIT = re.compile(r"[A-Za-z_]\w*", re.ASCII), re.compile(r"\d", re.ASCII)
SIGNS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}
END, LONGEST = "the end of the line", 200
PART = "'"  # behind the name of a line: a part of it


@cache
def expression(text: str) -> Tree:
    """A value as a tree: a name, a number, or (op, tree, …). ValueError if it is none.
    """
    tokens = [*TOKEN.findall(text), END]
    tree = _sum(tokens)
    if tokens != [END]:
        raise ValueError(f"expected + - * / or {END}, got {tokens[0]}")
    return tree


def _sum(tokens):
    tree = _product(tokens)
    while tokens[0] in ("+", "-"):
        tree = (SIGNS[tokens.pop(0)], tree, _product(tokens))
    return tree


def _product(tokens):
    tree = _factor(tokens)
    while tokens[0] in ("*", "/"):
        tree = (SIGNS[tokens.pop(0)], tree, _factor(tokens))
    return tree


def _factor(tokens):
    token = tokens.pop(0)
    if token == "-":
        return ("negate", _factor(tokens))
    if token == "(":
        return _closed(_sum(tokens), tokens)
    if token != END and DIGIT.match(token):
        return token
    if token == END or not NAME.match(token):
        raise ValueError(f"expected a value, got {token}")
    return token if tokens[0] != "(" else (token, *_inputs(tokens))


def _inputs(tokens) -> list[Tree]:
    found: list[Tree] = []
    while tokens[0] == ("," if found else "("):
        tokens.pop(0)
        found.append(_sum(tokens))
    return _closed(found, tokens)


def _closed(found, tokens):
    if tokens[0] != ")":
        raise ValueError(f"expected ), got {tokens[0]}")
    tokens.pop(0)
    return found


def filled(rule, names, copied=True):
    """A rule as a tree with a step's names in it; without its sum if not copied."""
    def fill(tree: Tree) -> Tree:
        if isinstance(tree, str):
            return names.get(tree, tree)
        op, *parts = (tree[0], *map(fill, tree[1:]))
        return (op, *parts) if copied or op != "sum" else parts[0]

    return fill(expression(rule))


def steps_of(line: str, tree: Tree, taken: set[str]) -> list[Step]:
    """A tree as steps: the last is called `line`, and before it stand its parts.

    taken: the names that a part may not have; those of the parts join them.
    """
    op, *inputs = ("same", tree) if isinstance(tree, str) else tree
    before = []
    for k, part in enumerate(inputs):
        if not isinstance(part, str):
            inputs[k] = line + PART
            while inputs[k] in taken:
                inputs[k] += PART
            taken.add(inputs[k])
            before += steps_of(inputs[k], part, taken)
    return [*before, Step(line, op, tuple(inputs))]


def parse(text: str, ops: Ops = OPS) -> Graph:
    """A graph from its text: `mu = mean(x)`, a line a step; # begins a remark.

    What stands inside a line becomes a step too, called a part of the line: from
    `y = gamma * xhat + beta` come y' and y. A name that no line makes is an input.
    ValueError, in one line that names the line and what was expected.
    """
    instance("ops", ops, Mapping, "OPS")
    instance("text", text, str, "str")
    lines: list[tuple[int, str, Tree]] = []
    made: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line := line.split("#")[0].strip(" \t\r"):
            with _named(number):
                lines.append((number, *_line(line, made)))
            made[lines[-1][1]] = number
    if not lines:
        raise ValueError("text: no line, expected lines such as mu = mean(x)")
    taken: set[str] = set()
    steps: list[Step] = []
    for number, name, tree in lines:
        with _named(number):
            _check(tree, number, made, ops)
        steps += steps_of(name, tree, taken)
    return tuple(steps)


@contextmanager
def _named(number):
    try:
        yield
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from None


def _line(line, made):
    """(name, tree) of one line."""
    if len(line) > LONGEST:
        raise ValueError(f"{len(line)} characters, expected at most {LONGEST}")
    name, _, rest = line.partition("=")
    name = name.strip(" \t")
    if "=" not in line or not NAME.fullmatch(name):
        raise ValueError(f"expected name = value, got {line}")
    if name in made:
        raise ValueError(f"line {made[name]} makes {name}, expected another name")
    return name, expression(rest)


def _check(tree, number, made, ops):
    """Refuse what a line can not read: a later name, an op the table lacks."""
    if isinstance(tree, str):
        if made.get(tree, 0) >= number:
            raise ValueError(f"{tree} is made in line {made[tree]}, expected it above")
        return
    op, *parts = tree
    known = {name: len(row.rules) for name, row in ops.items() if None not in row.rules}
    if op not in known:
        raise ValueError(f"{op} is no op, expected one of {', '.join(known)}")
    if len(parts) != known[op]:
        raise ValueError(f"{op} of {len(parts)} values, expected {known[op]}")
    for part in parts:
        _check(part, number, made, ops)
