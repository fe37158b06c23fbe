"""The op table's rules in plain text and in words, for a page that shows numbers."""

import re
from string import Template

WORDS = {
    "mean": ["Add the values and divide by their number m.",
             "Each value had a share of 1/m in the mean, so each gets 1/m of its "
             "gradient."],
    "subtract": ["Take the second from the first.",
                 "The first input gets the gradient as it is, the second gets it with "
                 "its sign turned."],
    "add": ["Add the two.", "Both inputs get the gradient as it is."],
    "multiply": ["Multiply the two.",
                 "Each input gets the gradient times the other input."],
    "square": ["Multiply each value by itself.",
               "The gradient times twice the value."],
    "sqrt": ["Take the root.", "The gradient divided by twice the root."],
    "reciprocal": ["One over the value.",
                   "Minus the gradient times the square of the result."],
    "split": ["Cut the row into groups. The numbers stay what they are.",
              "The gradients go back to the places that the values came from."],
    "merge": ["Put the groups into one row again. The numbers stay what they are.",
              "The gradients go back to the groups that the values came from."],
}
PLAIN = (
    (r"\\frac\{1\}\{m\}(\\,)?\s*", r"1/m · "),
    (r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"\1 / \2"),
    (r"\\sqrt\{([^{}]*)\}", r"√\1"),
    (r"\\mathrm\{([^{}]*)\}", r"\1"),
    (r"/ 2\\,(\w+)", r"/ (2 · \1)"),
    (r"\\cdot", "·"), (r"\\sum", "∑"), (r"\\,", " · "), (r"\^2", "²"),
    (r"-(\s?)", r"−\1"),
)


def plain(tex):
    """A rule of the op table, filled in with names, as plain text."""
    for pattern, text in PLAIN:
        tex = re.sub(pattern, text, tex)
    return tex


def rule(trace, name):
    """What one step computes, such as `x − mu`."""
    step = _step(trace, name)
    return plain(Template(trace.ops[step.op].tex).substitute(
        dict(zip("ab", step.inputs))))


def back_rules(trace, name):
    """What one step sends to each input, such as `dxhat · ivar`."""
    step = _step(trace, name)
    size = trace.values[name].size
    return [
        plain(Template(tex).substitute(
            dict(zip("ab", step.inputs)), y=name, g=f"d{name}",
            sum=r"\sum " if trace.values[i].size < size else ""))
        for i, tex in zip(step.inputs, trace.ops[step.op].vjp_tex, strict=True)]


def _step(trace, name):
    return next(step for step in trace.graph if step.name == name)
