"""From choices and faults to the text of a module, and how to call it."""

from typing import NamedTuple

from generator.classes import ClassWriter, class_calls, function_calls
from generator.functions import Writer
from generator.styles import FUNCTIONS

EXTRA = '''

def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


def affine_forward(x, w, b):
    return x.reshape(x.shape[0], -1).dot(w) + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    flat = x.reshape(x.shape[0], -1)
    return dout.dot(w.T).reshape(x.shape), flat.T.dot(dout), dout.sum(axis=0)
'''


class Submission(NamedTuple):
    """A module's text, its style, its faults, the line of each value, how to call it.

    lines: key -> number. calls: name -> statements; see `truth.tried`.
    """

    text: str
    choices: object
    faults: tuple
    lines: dict
    calls: dict


def write(c, faults=()):
    """The Submission of some choices, with these faults; LookupError if none fits."""
    own = c.shape not in (*FUNCTIONS, "forward")
    writer = (ClassWriter if own else Writer)(c, tuple(faults))
    writer.put(0, "import numpy as np\n\n")
    writer.layer() if own else writer.functions()
    text = "\n".join("    " * indent + line if line else ""
                     for indent, line, _ in writer.rows) + "\n"
    text += EXTRA * (c.shape == "module")
    lines = {key: at for at, (_, _, key) in enumerate(writer.rows, 1) if key}
    if faults and (text == write(c).text or any(f.key not in lines for f in faults)):
        raise LookupError("this style has no such line")
    calls = (class_calls if own else function_calls)(c, writer)
    return Submission(text, c, tuple(faults), lines, calls)
