"""Steps of a graph as formulas, in LaTeX or in plain text, parts of a line in place.

Every formula of the pages is printed here, from the graph; the page's script prints the
graphs that a reader types from the same rows (`web/formulas.js`).
"""

from string import Template
from typing import NamedTuple

from bnbook.graph.arguments import count, steps
from bnbook.graph.expressions import PART, filled
from bnbook.graph.types import Steps

# How tightly a text holds together; a looser one inside a tighter one needs brackets.
SUM, SERIES, PRODUCT, POWER, ATOM = range(1, 6)
LOOSE = 0


class Print(NamedTuple):
    """How an op is printed: its text, how tightly it holds, what its inputs need."""

    text: str
    holds: int
    needs: tuple[int, ...]


PLAIN = {
    "add": Print("$a + $b", SUM, (SUM, SUM)),
    "subtract": Print("$a − $b", SUM, (SUM, SERIES)),
    "negate": Print("−$a", SUM, (SERIES,)),
    "sum": Print("∑ $a", SERIES, (SERIES, LOOSE)),
    "mean": Print("1/m · ∑ $a", SERIES, (SERIES,)),
    "multiply": Print("$a · $b", PRODUCT, (PRODUCT, PRODUCT)),
    "spread": Print("1/m · $a", PRODUCT, (PRODUCT, LOOSE)),
    "divide": Print("$a / $b", PRODUCT, (PRODUCT, POWER)),
    "reciprocal": Print("1 / $a", PRODUCT, (POWER,)),
    "square": Print("$a²", POWER, (ATOM,)),
    "sqrt": Print("√$a", POWER, (ATOM,)),
    "split": Print("split($a)", ATOM, (LOOSE,)),
    "merge": Print("merge($a)", ATOM, (LOOSE,)),
}
MEANS = {"mean": Print("mean($a)", ATOM, (LOOSE,))}  # where many means stand together
BARE = ("same", "copy")  # printed as their input
INSIDE = {"sqrt", "divide", "reciprocal"}  # LaTeX draws what holds them together


def tex_rows(ops):
    """PLAIN with the LaTeX of an op table in place of its texts."""
    rows = {op: r._replace(text=ops[op].tex) for op, r in PLAIN.items() if op in ops}
    return rows | {op: Print(rows[op].text, POWER, (LOOSE, LOOSE)) for op in INSIDE}


def tree(steps, name, inner=()):
    """What makes a value: (op, tree, …), a name or a number.

    steps: those of a graph. Parts of its line stand in it, and the names in `inner`.
    """
    made = {step.name: step for step in steps}

    def fill(name):
        if not (name.endswith(PART) or name in inner) or name not in made:
            return name
        return (made[name].op, *map(fill, made[name].inputs))

    return (made[name].op, *map(fill, made[name].inputs))


def printed(tree, rows=PLAIN, symbol=str):
    """A tree as text. rows: how ops are printed; symbol(name): how names are."""
    return _printed(tree, rows, symbol)[0]


def _printed(tree, rows, symbol):
    """(text, how tightly it holds)"""
    if isinstance(tree, str):
        return symbol(tree), ATOM
    op, *inputs = tree
    if op in BARE:
        return _printed(inputs[0], rows, symbol)
    text, holds, needs = rows[op]
    given = {}
    for letter, part, need in zip("ab", inputs, needs):
        inside, held = _printed(part, rows, symbol)
        given[letter] = inside if held >= need else f"({inside})"
    said = Template(text).substitute(given)
    return said.replace("+ −", "− ").replace("+ -", "- "), holds


def local(rule, names):
    """What a rule multiplies the upstream gradient by, as text: its local derivative.

    names: what a, b and y of the rule are called. What was copied is not added up.
    """
    tree = filled(rule, {"g": "1"} | names, copied=False)
    return printed(_without_ones(tree)).replace(" ", "")


def _without_ones(tree):
    if isinstance(tree, str):
        return tree
    op, parts = tree[0], [*map(_without_ones, tree[1:])]
    if op == "multiply" and "1" in parts:
        parts.remove("1")
        return parts[0]
    if op == "spread":
        return ("divide", parts[0], "m")
    return parts[0] if op in ("mean", *BARE) else (op, *parts)


def listing(graph: Steps, start: int = 0) -> str:
    """A graph as text, a line a named value; `start` leaves out the steps before."""
    graph, start = steps("graph", graph), count("start", start, least=0)
    return "\n".join(f"{step.name} = {printed(tree(graph, step.name))}"
                     for step in graph[start:] if not step.name.endswith(PART))
