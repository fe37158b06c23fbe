"""What is said of an edit, made from the graph before and after it."""

from functools import lru_cache

from bnbook.check.edits.edits import named_edits
from bnbook.check.edits.named import Named, node_of
from bnbook.check.edits.programs import OVER, is_backward
from bnbook.show import formulas
from bnbook.show.formulas import ATOM, LOOSE, POWER, SERIES, Print

ROWS = formulas.PLAIN | formulas.MEANS | {
    "spread": formulas.PLAIN["divide"]._replace(text="$a / N"),
    "total": Print("∑ $a", SERIES, (SERIES,)), "cube": Print("$a³", POWER, (ATOM,)),
    "but_last": Print("$a (but the last row)", SERIES, (SERIES,)),
} | {op: Print(text, ATOM, (LOOSE,)) for op, text in (
    ("abs", "|$a|"), ("count", "N"), ("rows", "n"), ("channels", "C"),
    ("row_means", "means of rows($a)"))
} | {f"{op}_{kind}": Print(f"{sign}($a) over {kind}", SERIES, (LOOSE,))
     for kind in OVER for op, sign in (("sum", "∑"), ("mean", "mean"))}

SPELLED = {"runmean": "running mean", "runvar": "running var",
           "newmean": "new running mean", "newvar": "new running var"}


def formula(graph, line):
    """What makes a line of a graph, as text."""
    return formulas.printed(formulas.tree(graph, line), ROWS,
                            lambda name: SPELLED.get(name, name.replace("_", ".")))


def compared(edit):
    """(line, what stands there, what should) of each line that an edit changes."""
    after, made = edit.graph, {step.name for step in edit.base}
    return tuple((line, formula(after, line), formula(edit.base, line))
                 for line in edit.lines if line in made)


@lru_cache(30)
def _named(program, base):
    """What the named faults change in a graph -> the first that changes it."""
    faults = reversed([*named_edits(program, base)])
    return {compared(edit): edit.fault for edit in faults}


def said(edit):
    """The named fault that an edit is, or that writes the same lines; else one that
    says, line by line, what stands where what should.
    """
    lines = () if edit.fault else compared(edit)
    if fault := edit.fault or _named(edit.program, edit.base).get(lines):
        return fault
    backward = any(is_backward(step.name) for step in edit.base)
    where = "in the backward, " * (backward and not is_backward(edit.at))
    return Named(f"{edit.at}: {edit.kind}", node_of(edit.at), where + "; and ".join(
        f"at {line.replace('_', '.')}: {new} stands where {old} should"
        for line, new, old in lines))
