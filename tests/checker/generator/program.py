"""The lines of one submission: algorithms chosen, faults made in them, macros written.

A line is (key, text); the key says section and value, as in `b.dvar`: f forward,
b backward, r running statistics, t test mode, w what stands around them.
"""

import re

from generator.algorithms import (
    AGAIN,
    BACKWARD,
    FORWARD,
    INFERENCE,
    RUNNING,
    SIZES,
    lines_of,
)
from generator.styles import CLASSES

AXES = {"rows": "0", "columns": "1", "nchw": "(0, 2, 3)", "nhwc": "(0, 1, 2)",
        "flat": "0", "spatial": "0"}
WRONG = {"rows": "1", "columns": "0", "nchw": "0", "nhwc": "-1", "flat": "1",
         "spatial": "1"}
CALL = re.compile(r"\b(X?MEAN|X?SUM|FSUM|X?VAR1?|X?PSUM|PMEAN)\(")
OUTSIDE = ("x", "gamma", "eps")  # what a forward is given, and a backward may need


class Program:
    """The sections of a submission's code; LookupError for a fault with no place."""

    def __init__(self, c, faults=()):
        self.c, running = c, lines_of("r", RUNNING[c.running])
        if c.unbiased:
            running = [(key, text.replace("$var", "$var * $N / ($N - 1)"))
                       for key, text in running]
        self.sections = {
            "f": [("f.N", "$N = " + SIZES[c.layout].format("$x")),
                  *lines_of("f", FORWARD[c.forward])],
            "b": [] if c.shape == "forward" else [
                ("b.N", "$N = " + SIZES[c.layout].format("$dy")),
                *lines_of("b", BACKWARD[c.backward])],
            "r": running, "t": lines_of("t", INFERENCE[c.branch]) * (c.mode != "none"),
            "w": [("w.if", "if $train:"), *wiring(c)]}
        self._again()
        for fault in faults:
            self._edit(fault)
        self._again()
        self._finish()

    def _edit(self, fault):
        """Make a fault in the line that it names."""
        lines = self.sections[fault.key[0]]
        for at, (key, text) in enumerate(lines):
            if key == fault.key and fault.old in text:
                lines[at] = key, text.replace(fault.old, fault.new, 1)
                if self.known(fault.new, key[0]):
                    return
        raise LookupError(f"{fault.name}: nothing to edit at {fault.key}")

    def known(self, new, section):
        """Whether what a fault reads is there to be read."""
        if "self" in new and self.c.shape not in CLASSES:
            return False
        values = ("xmu", "sq", "var", "std", "ivar", "xhat")
        return section == "b" or made(self.sections["f"]).issuperset(
            n for n in used(new) if n in values)

    def _again(self):
        """Let the backward compute again what it needs and the forward has not."""
        lines = self.sections["b"]
        while missing := [n for n in self._read() if n in AGAIN]:
            lines.insert(1, (f"b.{missing[0]}", f"${missing[0]} = "
                             + AGAIN[missing[0]]))

    def _read(self):
        """What the backward reads and neither section has made."""
        seen, have = [], made(self.sections["f"])
        have |= made(self.sections["b"]) | {"dy", "N"}
        for _, text in self.sections["b"]:
            seen += [n for n in used(text) if n not in have and n not in seen]
        return seen

    def _finish(self):
        """Write macros, drop an N that nobody reads, see what has to be kept."""
        for name, lines in self.sections.items():
            lines[:] = [(key, written(text, self.c)) for key, text in lines]
            inside = lines + self.sections["r"] * (name == "f")
            if not any("$N" in text for key, text in inside if key[2:] != "N"):
                lines[:] = [line for line in lines if line[0][2:] != "N"]
        if any("$N" in text for _, text in self.sections["t"]):
            self.sections["t"].insert(0, ("t.N", "$N = " + SIZES[self.c.layout].format(
                "$x")))
        own = made(self.sections["b"])
        have = made(self.sections["f"]) | set(OUTSIDE)
        have -= {"N", "eps" if self.c.eps == "constant" else "N"}
        self.cached = list(dict.fromkeys(
            n for _, text in self.sections["b"] for n in used(text)
            if n in have and n not in own)) or ["xhat"]

    def line(self, key):
        """The text of the line with this key."""
        return dict(self.sections[key[0]])[key]


def wiring(c):
    """What goes out of the backward, and where the cache and the statistics go."""
    out = {"tuple": "$dx, $dgamma, $dbeta", "last": "$dgamma, $dbeta, $dx",
           "nested": "$dx, [$dgamma, $dbeta]",
           "dict": '$dx, {"%s": $dgamma, "%s": $dbeta}' % c.names}  # noqa: UP031
    if c.grads in out:
        yield "w.return", "return " + out[c.grads]
    yield "w.cache", "$cache = $cached"
    if c.running != "none" and c.mode == "bn_param":
        yield "w.store", ('$bnparam["running_mean"], $bnparam["running_var"] = '
                          "$rmean, $rvar")


def used(text):
    """The values that a template reads or writes, in order."""
    return re.findall(r"\$(?:flat(?=gamma))?(\w+)", text)


def made(lines):
    """The names that some lines make, and not only add to."""
    return {n for _, text in lines for n in re.findall(r"\$(\w+) = ", text)}


def written(text, c):
    """A template with its macros in the style's words."""
    while found := CALL.search(text):
        depth, end = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        inside = text[found.end():end - 1]
        text = text[:found.start()] + over(found[1], inside, c) + text[end:]
    return text


def over(macro, inside, c):
    """One call over the batch."""
    wrong = macro[0] == "X"
    parameter = macro.removeprefix("X")[0] == "P"
    keep = (c.pshape == "kept" or c.wide) if parameter else (
        wrong or (c.kept and macro[0] != "F"))
    axes = f"axis={(WRONG if wrong else AXES)[c.layout]}" + ", keepdims=True" * keep
    kind = macro.lstrip("XPF").lower().removesuffix("1")
    axes += ", ddof=1" * macro.endswith("1")
    if kind == "mean" and c.mean == "sum over N":
        return f"np.sum({inside}, {axes}) / $N"
    if kind == "mean" and c.mean == "N first":
        return f"1 / $N * np.sum({inside}, {axes})"
    if c.mean == "method":
        own = inside if re.fullmatch(r"\$\w+", inside) else f"({inside})"
        return f"{own}.{kind}({axes})"
    return f"np.{kind}({inside}, {axes})"
