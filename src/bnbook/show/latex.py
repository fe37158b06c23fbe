r"""A trace as LaTeX: every step, and every gradient as the sum of its messages."""

import re
from collections.abc import Iterable, Mapping

from bnbook.graph import OPS, Op, arguments
from bnbook.graph.arguments import choice, instance, shown
from bnbook.graph.expressions import PART, expression
from bnbook.graph.ran import ran
from bnbook.graph.trace import Trace
from bnbook.graph.types import Ops, Tree
from bnbook.show.formulas import MEANS, printed, tex_rows, tree

SHAPED = ("spread", "sum", "copy")  # their second input lends its shape alone
SIGNS = {"add": "+", "subtract": "-"}

SYMBOLS = {
    "x": "x", "y": "y", "mu": r"\mu", "xhat": r"\hat{x}", "gamma": r"\gamma",
    "m": "m", "beta": r"\beta", "eps": r"\epsilon", "xg": "x_g", "xhatg": r"\hat{x}_g",
}


class Latex:
    """Displayed mathematics: notebooks typeset it, str() is its source."""

    def __init__(self, source: str) -> None:
        self.source = source

    def _repr_latex_(self):
        return f"$${self.source}$$"

    def __str__(self) -> str:
        return self.source

    def __repr__(self):
        return self.source


def symbol(name: str) -> str:
    r"""A name in LaTeX: Greek where the name is Greek, the name itself otherwise."""
    if name[0].isdigit():
        digits, _, power = name.lower().partition("e")
        times = "" if digits == "1" else rf"{digits} \cdot "
        return rf"{times}10^{{{int(power)}}}" if power else digits
    plain = name.replace("_", r"\_")
    return SYMBOLS.get(name, rf"\mathit{{{plain}}}")


def step_tex(trace: Trace, name: str, equals: str = "=") -> str:
    """One step forward, such as xmu = x - mu."""
    graph = ran(trace, backward=False).graph
    choice("name", name, [step.name for step in graph])
    instance("equals", equals, str, "a string")
    return f"{symbol(name)} {equals} {_formula(trace, graph, name)}"


def gradient_tex(trace: Trace, name: str, equals: str = "=") -> str:
    """The gradient of one value: the sum of the messages that it received."""
    instance("equals", equals, str, "a string")
    if not ran(trace).into(name):
        raise ValueError(f"name: {name!r}, expected one of {completed(trace)}")
    sent = {message.name for message in trace.messages} - {f"d{n}" for n in trace.grads}
    return f"d{symbol(name)} {equals} {_formula(trace, trace.back, f'd{name}', sent)}"


def message_tex(trace: Trace, step: str, name: str, before: str = "") -> str:
    """What one step sends to an input that others send to as well.

    An arrow stands in place of the sign; before: what stands before it, such as "&".
    """
    instance("step", step, str, "a step's name")
    instance("before", before, str, "a string")
    sent = next((m for m in ran(trace).into(name) if m.step == step), None)
    if sent is None:
        raise ValueError(f"step: {step!r} sends no message to {name!r}")
    formula = _formula(trace, trace.back, sent.name)
    return rf"d{symbol(name)} {before}\leftarrow {formula}"


def rules_table(names: Iterable[str], ops: Ops = OPS) -> Latex:
    """Rows of the op table: an op's value, what it sends to its inputs, what it keeps.

    What it keeps is what its rules read of inputs and value; shapes it knows anyway.
    """
    lines = [r"\text{op} & y & \text{sends} & \text{keeps}"]
    for name, row in instance("ops", ops, Mapping, "OPS").items():
        instance(f"ops[{name!r}]", row, Op, "an Op")
    for name in arguments.names("names", names, ops):
        trees = [expression(rule) for rule in ops[name].rules]
        sent = r",\;\; ".join(_number(printed(tree, tex_rows(ops))) for tree in trees)
        kept = [v for v in "aby" if any(v in leaves(tree) for tree in trees)]
        keeps = ", ".join(kept) or r"\text{shapes}"
        lines.append(rf"\text{{{name}}} & {_number(ops[name].tex.replace('$', ''))} & "
                     rf"{sent} & {keeps}")
    rows = r" \\ ".join(lines)
    return Latex(rf"\begin{{array}}{{llll}} {rows} \end{{array}}")


def leaves(tree):
    """The names that a rule's tree reads, those that lend their shape alone aside."""
    if isinstance(tree, str):
        return {tree}
    op, *parts = tree
    return set().union(*map(leaves, parts[:1] if op in SHAPED else parts))


def form_tex(trace: Trace, tree: Tree) -> str:
    """A line of a closed form (`closed_form`), with mean(…) for a mean."""
    rows = tex_rows(ran(trace, backward=False).ops) | {
        "mean": MEANS["mean"]._replace(text=r"\mathrm{mean}($a)")}
    try:
        return _number(printed(tree, rows, _symbols(trace)))
    except (AttributeError, LookupError, TypeError, ValueError):
        raise ValueError(f"tree: {shown(tree)}, expected one of closed_form") from None


def terms_tex(trace: Trace, tree: Tree) -> str:
    """A line of a closed form, a term a line, to stand in `aligned`."""
    op, before, last = tree if isinstance(tree, tuple) and len(tree) == 3 else (
        "", tree, tree)
    if op not in (*SIGNS,):
        return form_tex(trace, tree)
    return (rf"{terms_tex(trace, before)} \\ &\quad {SIGNS[op]} "
            rf"{form_tex(trace, last)}")


def derivation(trace: Trace) -> Latex:
    """The whole derivation, forward and then backward, as one aligned display."""
    lines = [step_tex(trace, step.name, "&=")
             for step in ran(trace, backward=False).graph
             if not step.name.endswith(PART)]
    lines += [gradient_tex(trace, name, "&=") for name in completed(trace)]
    return Latex("\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}")


def completed(trace):
    """The names that received messages, in the order in which their sums were whole."""
    return [step.name[1:] for step in trace.back
            if step.name[1:] in trace.grads and not step.name.endswith(PART)]


def _formula(trace, steps, name, inner=()):
    """What makes a value, in the symbols of the trace."""
    return _number(printed(tree(steps, name, inner), tex_rows(trace.ops),
                           _symbols(trace)))


def _symbols(trace):
    """What a name of the trace, or of a gradient in it, is in LaTeX."""
    backward = {f"d{n}": f"d{symbol(n)}" for n in trace.grads}
    return lambda name: backward.get(name) or symbol(name)


def _number(tex):
    """LaTeX with a thin space for the sign of a product between a number and a name."""
    return re.sub(r"(?<![^\s({])(\d+) \\cdot (?!\d)", r"\1\\,", tex)
