"""Every single edit of a program: what people write in place of one of its lines.

INSTEAD says what may stand where a step stands: another op, a term that is dropped, a
factor. Beside it, other operands, operands with something done to them, and brackets
that are missing. A cost says how rarely one is written; of edits with one effect the
cheapest is told.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from bnbook.check.edits.named import NAMED
from bnbook.check.edits.programs import (
    FORWARDS,
    OVER,
    PROGRAMS,
    SIZES,
    is_backward,
    line_of,
)
from bnbook.graph import graph_inputs
from bnbook.graph.expressions import PART, expression, filled, steps_of


class Edit(NamedTuple):
    """One change of a program.

    program: its name. kind: the grammar's word. at: the line, a name of the graph.
    changes: (a step's name, the steps that stand in its place) each. cost: how rarely
    it is written. base: the program's graph. fault: the row of `named` that it is.
    """

    program: str
    kind: str
    at: str
    changes: tuple
    cost: float
    base: tuple
    fault: object = None

    @property
    def graph(self):
        return changed(self.base, self.changes)

    @property
    def lines(self):
        return tuple(dict.fromkeys(line_of(name) for name, _ in self.changes))


def changed(graph, changes):
    """A graph in which other steps stand, in an order in which it runs."""
    other = dict(changes)
    waiting = [new for step in graph for new in other.get(step.name, (step,))]
    missing, steps = {step.name for step in waiting}, []
    while waiting:
        step = next(s for s in waiting if missing.isdisjoint(s.inputs))
        waiting.remove(step)
        missing.discard(step.name)
        steps.append(step)
    return tuple(steps)


def downstream(graph, name):
    """The names that depend on a step, its own among them."""
    found = {name}
    for step in graph:
        if found & set(step.inputs):
            found.add(step.name)
    return found


SIGNS = ("add", "subtract", "multiply", "divide")
COUNTS = ("count", "rows", "channels")  # the input lends its shape
LIKE = ("sum", "spread", "copy")  # the second input lends its shape
INSTEAD = (  # ops, a cost, what stands there: a and b are the inputs, it is the step
    ("add subtract multiply divide", 1.2, "a + b; a - b; a * b; a / b"),
    ("add subtract", 0.8, "a"), ("add", 0.8, "b"), ("subtract", 0.8, "-b"),
    ("multiply divide", 1.0, "a; b"), ("subtract", 1.1, "b - a"),
    ("divide", 1.1, "b / a"),
    ("mean", 0.8, "total(a)"), ("mean sum spread copy", 0.9, "a"),
    ("sum spread copy", 1.0, "sum(a, b); spread(a, b); copy(a, b); mean(a)"),
    ("sum spread copy", 1.2, "total(a); sum(but_last(a), b)"),
    ("mean", 1.2, "row_means(a); mean(but_last(a)); mean(square(a)) - square(mean(a))"),
    ("mean sum spread copy", 1.2, "; ".join(
        f"sum_{kind}(a); mean_{kind}(a); sum_{kind}(a) / N" for kind in OVER)),
    ("square cube sqrt reciprocal negate abs", 0.8, "a"),
    ("square cube sqrt reciprocal negate abs same", 1.2,
     "square(a); cube(a); sqrt(a); reciprocal(a); -a; abs(a)"),
    ("", 0.9, "-it; 2 * it; it / 2; N * it; it / N"),
    ("", 1.2, "N / (N - 1) * it"), ("", 1.25, "it * gamma; it * std; it * ivar"),
    ("", 1.3, "0 * it; it / gamma"),
    ("", 1.4, "N / n * it; N / C * it; it * vareps; it / vareps"),
    ("", 1.5, "(N - 1) / N * it; -(2 * it); -it / 2; it / 4; square(it); abs(it)"))
DONE = (  # ops, a cost, what is done to one of their inputs
    ("", 1.4, "square(it); sqrt(it); reciprocal(it); abs(it)"),
    ("add subtract", 1.4, "-it; 2 * it; it / 2; N * it; it / N"))
NUMBERS = ("1", "2", "3", "4", "0.5")
NEAR = [set(words.split()) for words in (
    "x xmu xhat", "xhat gx y", "var vareps std ivar", "dy dgx dxhat", "gamma beta",
    "mu x", "sq xmu", "sq var", "dx dxmu", "dmu dxmu", "dvar dvareps dstd divar",
    "dsq dvar", "dxmu dxmu_xhat dxmu_sq")]
COUNTED = {name: expression(text) for name, text in SIZES.items()}
WHOLE = ("staged", "closed")  # the edits of their forwards too


def is_number(name):
    return name[0].isdigit()


def operand_cost(old, new):
    """How far a name lies from the one that should stand there."""
    near = any({old, new} <= names for names in NEAR)
    return ((1 if near else 1.25) + 0.4 * (is_backward(old) != is_backward(new))
            + 0.3 * new.endswith(PART) + 0.1 * (new in ("dbeta", "dgamma", "eps")))


def texts_of(table, op):
    """(cost, text) of the rows of a table that are of an op."""
    return [(cost, text) for ops, cost, texts in table if op in ops.split() or not ops
            for text in texts.split("; ")]


def of_operand(step, k, known, made):
    """(cost, tree) of a step with another k-th input, or something done to it."""
    def put(new):
        return (step.op, *step.inputs[:k], new, *step.inputs[k + 1:])

    old = step.inputs[k]
    if is_number(old):
        return [(1.2, put(new)) for new in NUMBERS if new != old]
    found = [(operand_cost(old, new), put(new)) for new in sorted(known - {old})]
    found += [(cost, put(filled(text, COUNTED | {"it": old})))
              for cost, text in texts_of(DONE, step.op)]
    return found + [(1.2, tree) for tree in without_brackets(old, made, put)]


def without_brackets(name, made, put, depth=3):
    """The trees of a value in which `put` was done to one of its operands alone."""
    step = made.get(name)
    if not depth or step is None or step.op not in SIGNS:
        return
    for k, part in enumerate(step.inputs):
        if not is_number(part):
            for inner in (put(part), *without_brackets(part, made, put, depth - 1)):
                yield (step.op, *step.inputs[:k], inner, *step.inputs[k + 1:])


def trees(step, known, made):
    """(kind, cost, tree) of all that may stand in the place of a step."""
    names = COUNTED | dict(zip("ab", step.inputs)) | {"it": (step.op, *step.inputs)}
    yield from (("op", cost, filled(text, names))
                for cost, text in texts_of(INSTEAD, step.op)
                if not is_number(names.get(text, "a"))
                and known >= {*re.findall("gamma|vareps|ivar|std", text)})
    for k in range(1 if step.op in LIKE else len(step.inputs)):
        yield from (("operand", *one) for one in of_operand(step, k, known, made))
    if step.name in ("dx", "dgamma", "dbeta", "y"):
        yield from (("returned", 1.3 + 0.3 * name.endswith(PART), name)
                    for name in sorted(known))


@lru_cache(30)
def edits_of(program, graph, start=0):
    """The single edits of a graph from its step `start` on, and the named faults."""
    made = {step.name: step for step in graph}
    taken = set(made) | set(graph_inputs(graph))
    backward = any(map(is_backward, made))
    found = list(named_edits(program, graph))
    for step in (s for s in graph[start:] if s.op not in COUNTS):
        line, extra = line_of(step.name), 0.3 * (
            backward and not is_backward(step.name))
        known = {name for name in taken - downstream(graph, step.name)
                 if not name.endswith(PART) or line_of(name) == line
                 if is_backward(step.name) or not is_backward(name)}
        for kind, cost, tree in trees(step, known, made):
            new = tuple(steps_of(step.name, tree, set(taken)))
            found.append(Edit(program, kind, line, ((step.name, new),), cost + extra,
                              graph))
    return tuple(found)


def whole(name):
    """A program as `edits_of` takes it: of a backward's forward, its edits only where
    no other program has the same.
    """
    start = 0 if name in FORWARDS or name in WHOLE else len(FORWARDS["forward"])
    return name, (PROGRAMS | FORWARDS)[name], start


def named_edits(program, graph):
    """The named faults whose lines fit a graph, as edits of it."""
    made = {step.name for step in graph} | set(graph_inputs(graph))
    blocks = (("backward", "read") if any(map(is_backward, made - {"dy"})) else
              ("running",) if "newmean" in made else
              ("test", "forward") if made & {"runmean", "runvar"} else ("forward",))
    for fault in NAMED:
        lines, read = dict(fault.lines), graph_inputs(sum(
            (steps for _, steps in fault.lines), ()))
        if fault.of in blocks and made >= {*lines, *read}:
            parts = tuple((s.name, ()) for s in graph
                          if s.name not in lines and line_of(s.name) in lines)
            yield Edit(program, "named", fault.lines[0][0], fault.lines + parts, 0.5,
                       graph, fault)
