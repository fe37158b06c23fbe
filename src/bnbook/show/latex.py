r"""A trace as LaTeX: every step, and every gradient as the sum of its messages."""

from collections import defaultdict
from string import Template

SYMBOLS = {
    "x": "x", "y": "y", "mu": r"\mu", "xhat": r"\hat{x}", "gamma": r"\gamma",
    "beta": r"\beta", "eps": r"\epsilon", "xg": "x_g", "xhatg": r"\hat{x}_g",
}


class Latex:
    """Displayed mathematics: notebooks typeset it, str() is its source."""

    def __init__(self, source):
        self.source = source

    def _repr_latex_(self):
        return f"$${self.source}$$"

    def __str__(self):
        return self.source

    def __repr__(self):
        return self.source


def symbol(name):
    r"""A name in LaTeX: Greek where the name is Greek, the name itself otherwise."""
    return SYMBOLS.get(name, rf"\mathit{{{name}}}")


def step_tex(trace, name):
    """One step forward, such as xmu = x - mu."""
    step = next(s for s in trace.graph if s.name == name)
    rule = trace.ops[step.op].tex
    return f"{symbol(name)} &= {_fill(rule, trace, step)}"


def gradient_tex(trace, name):
    """The gradient of one value: the sum of the messages that it received."""
    sent = _message_tex(trace)[name]
    return f"d{symbol(name)} &= " + " + ".join(sent).replace("+ -", "- ")


def derivation(trace):
    """The whole derivation, forward and then backward, as one aligned display."""
    lines = [step_tex(trace, step.name) for step in trace.graph]
    if trace.messages:
        lines += [gradient_tex(trace, name) for name in completed(trace)]
    return Latex("\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}")


def completed(trace):
    """The names that received messages, in the order in which their sums were whole."""
    last_first = dict.fromkeys(message.input for message in reversed(trace.messages))
    return list(last_first)[::-1]


def _message_tex(trace):
    """name -> the messages into it, in LaTeX, in the order in which they were sent."""
    into = defaultdict(list)
    for step in (s for s in reversed(trace.graph) if s.name in trace.grads):
        rules = trace.ops[step.op].vjp_tex
        for name, rule in zip(step.inputs, rules, strict=True):
            into[name].append(_fill(rule, trace, step, name))
    return into


def _fill(rule, trace, step, target=None):
    """A rule of the op table with this step's symbols in it."""
    copied = target and trace.values[target].shape != trace.values[step.name].shape
    names = dict(zip("ab", map(symbol, step.inputs)))
    return Template(rule).substitute(
        names, y=symbol(step.name), g=f"d{symbol(step.name)}",
        sum=r"\sum " if copied else "",
    )
