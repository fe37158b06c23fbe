"""What is said of an edit, made from the graph before and after it."""

from bnbook.check.edits.edits import named_edits
from bnbook.check.edits.named import node_of
from bnbook.check.edits.programs import OVER, is_backward
from bnbook.show.formulas import (
    ATOM,
    LOOSE,
    MEANS,
    PLAIN,
    POWER,
    SERIES,
    Print,
    printed,
    tree,
)

ROWS = PLAIN | MEANS | {
    "spread": Print("$a / N", PLAIN["divide"].holds, PLAIN["divide"].needs),
    "total": Print("∑ $a", SERIES, (SERIES,)), "cube": Print("$a³", POWER, (ATOM,)),
    "but_last": Print("$a (but the last row)", SERIES, (SERIES,)),
} | {op: Print(text, ATOM, (LOOSE,)) for op, text in (
    ("abs", "|$a|"), ("count", "N"), ("rows", "n"), ("channels", "C"),
    ("row_means", "means of rows($a)"))
} | {f"{op}_{kind}": Print(f"{sign}($a) over {kind}", SERIES, (LOOSE,))
     for kind in OVER for op, sign in (("sum", "∑"), ("mean", "mean"))}


def formula(graph, line):
    """What makes a line of a graph, as text."""
    return printed(tree(graph, line), ROWS, lambda name: name.replace("_", "."))


def compared(edit):
    """(line, what stands there, what should) of each line that an edit changes."""
    after, made = edit.graph, {step.name for step in edit.base}
    return [(line, formula(after, line), formula(edit.base, line))
            for line in edit.lines if line in made]


def fault_of(edit):
    """The named fault that an edit is, or that writes the same lines; or None."""
    said = compared(edit)
    return edit.fault or next((e.fault for e in named_edits(
        edit.program, edit.base) if compared(e) == said), None)


def sentence(edit):
    """One sentence: what stands where what should, line by line; or a named fault's."""
    if fault := fault_of(edit):
        return fault.sentence
    backward = any(is_backward(step.name) for step in edit.base)
    where = "in the backward, " * (backward and not is_backward(edit.at))
    return where + "; and ".join(
        f"at {line.replace('_', '.')}: {new} stands where {old} should"
        for line, new, old in compared(edit))


def node(edit):
    """The node of the drawn graph that an edit is at."""
    fault = fault_of(edit)
    return fault.node if fault else node_of(edit.at)


def name(edit):
    """A short name, the same wherever the edit is told."""
    fault = fault_of(edit)
    return fault.name if fault else f"{edit.at}: {edit.kind}"
