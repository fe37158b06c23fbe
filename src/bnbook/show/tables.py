"""Tables that notebooks show as HTML and terminals as text; and a trace as tables."""

from collections.abc import Iterable
from html import escape
from typing import Literal, TypeAlias

from bnbook.graph import Change
from bnbook.graph.arguments import choice, instance, several
from bnbook.graph.ran import ran
from bnbook.graph.trace import Trace
from bnbook.show.formulas import MEANS, PLAIN, printed
from bnbook.show.latex import completed

ROW_HEAD = 'th scope="row"'
SHORT = 12  # characters: a page keeps so short a cell on one line


class Table:
    """Rows under a head, with a caption; the first cell of a row is its heading."""

    def __init__(self, caption: str, head: Iterable[object],
                 rows: Iterable[Iterable[object]]) -> None:
        instance("caption", caption, str, "a string")
        if isinstance(head, str) or not isinstance(head, Iterable):
            raise TypeError(f"head: {head!r}, expected a sequence of headings")
        self.caption, self.head = caption, tuple(str(cell) for cell in head)
        rows = several("rows", rows, "rows", lambda row: isinstance(row, Iterable))
        self.rows = [tuple(str(cell) for cell in row) for row in rows]
        if any(len(row) != len(self.head) for row in self.rows):
            raise ValueError(f"rows: a row is not as long as the head {self.head}")

    def __repr__(self):
        lines = [self.head, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines)]
        text = ["  ".join(c.ljust(w) for c, w in zip(line, widths)) for line in lines]
        return "\n".join(line.rstrip() for line in [self.caption, *text])

    def _repr_html_(self):
        head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in self.head)
        rows = "".join(
            "".join(["<tr>", _cell(first, ROW_HEAD), *map(_cell, rest), "</tr>"])
            for first, *rest in self.rows)
        return (
            f'<table class="bn-table"><caption>{escape(self.caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def steps_table(trace: Trace) -> Table:
    """Every step of a trace: its op, its inputs, the shape of its value."""
    rows = [(s.name, s.op, ", ".join(s.inputs), trace.values[s.name].shape)
            for s in ran(trace, backward=False).graph]
    return Table("The graph's steps", ("value", "op", "inputs", "shape"), rows)


def rules_applied(changes: Iterable[Change]) -> Table:
    """The rules of a `closed_form`, in order: what each says and what it gave."""
    changes = several("changes", changes, "what closed_form returned",
                      lambda change: isinstance(change, Change))
    rows = [(c.rule, c.says, printed(c.tree, PLAIN | MEANS)) for c in changes]
    return Table("The rules, in order", ("rule", "says", "the gradient then"), rows)


def _cell(text, tag="td"):
    short = ' class="bn-short"' if len(text) <= SHORT else ""
    return f"<{tag}{short}>{escape(text)}</{tag[:2]}>"


LETTERS = {"mu": "μ", "gamma": "γ", "beta": "β", "eps": "ϵ", "xhat": "x\u0302",
           "xhatg": "x\u0302g"}
MEANINGS = {
    "x": "the batch",
    "eps": "a small number that keeps the root away from 0",
    "gamma": "the scale, a parameter",
    "beta": "the shift, a parameter",
    "mu": "the mean of each column",
    "xmu": "the deviation from the mean",
    "sq": "its square",
    "var": "the variance: the mean of the squares, biased",
    "vareps": "the variance with eps added",
    "std": "the standard deviation",
    "ivar": "one over the standard deviation",
    "xg": "the batch, its channels split into groups",
    "ms": "the mean of the squares",
    "mseps": "the mean of the squares with eps added",
    "rms": "the root of the mean of the squares",
    "irms": "one over that root",
    "xhatg": "the normalized batch, its channels still split",
    "xhat": "the normalized batch",
    "gx": "the normalized batch, scaled",
    "y": "the output",
}
Member: TypeAlias = Literal["batch", "layer", "group", "instance", "rms"]
PARTS: dict[Member, str] = {
    "batch": "column", "layer": "sample", "group": "group of a sample",
    "instance": "channel of a sample", "rms": "sample"}


def symbols_table(trace: Trace, member: Member = "batch") -> Table:
    """Every name of a trace, how a formula writes it, its meaning and its shape.

    member: which of graph.FAMILY the trace is of; batch and layer norm share a graph.
    """
    choice("member", member, PARTS)
    meanings = MEANINGS | {"mu": f"the mean of each {PARTS[member]}"}
    if member == "rms":
        meanings |= {"sq": "the square of each value"}
    for name in ran(trace, backward=False).values:
        choice("trace", name, meanings)
    rows = [(name, LETTERS.get(name, name), meanings[name], trace.values[name].shape)
            for name in trace.values]
    head = ("code", "formula", "meaning", "shape")
    name = member.upper() if member == "rms" else member
    return Table(f"The names of {name} normalization", head, rows)


def messages_table(trace: Trace) -> Table:
    """Every message in the order sent: from which step, to which input, its shape."""
    rows = [(i + 1, m.step, m.input, m.gradient.shape)
            for i, m in enumerate(ran(trace).messages)]
    return Table("The messages, in order", ("message", "from", "to", "shape"), rows)


def gradients_table(trace: Trace) -> Table:
    """Every gradient: its shape, whose messages it adds up, their size in numbers."""
    rows = []
    for name in completed(ran(trace)):
        received = trace.into(name)
        steps = " + ".join(message.step for message in received)
        written = sum(message.gradient.size for message in received)
        rows.append((f"d{name}", trace.grads[name].shape, steps, written))
    head = ("gradient", "shape", "messages from", "numbers written")
    return Table("The gradients, in the order in which they are whole", head, rows)
