"""What each value is called in the text of a submission, and how it is reached."""

import re

from generator.styles import FLAG, FUNCTIONS, NAMES, WORD

WIDE = {"nchw": ".reshape(1, -1, 1, 1)"}
SHAPES = {"rows": "(1, {})", "columns": "({}, 1)", "nchw": "(1, {}, 1, 1)",
          "nhwc": "(1, 1, 1, {})"}


def shape_of(c, size, kept):
    """The text of the shape of an array of one value a feature."""
    return SHAPES[c.layout].format(size) if kept else f"{size}"


def parameter(c, k, inside=False):
    """The text that reaches gamma (k = 0) or beta (1) where the reader keeps it."""
    name = c.names[k]
    plain = f"self.{name}"
    return {"argument": name, "dict": f'self.params["{name}"]',
            "grads first": f'self.params["{name}"]', "list": f"self.params[{k}]",
            "object": f"{plain}.data", "val": f'{plain}["val"]',
            "property": plain if inside else f"self._{name}"}.get(c.container, plain)


def gradient(c, k):
    """The text that the gradient of gamma (k = 0) or beta (1) is left at."""
    name = c.names[k]
    if c.grads in ("tuple", "last", "nested", "dict", "none"):
        return f"{c.prefix}{name}"
    if c.grads != "held":
        return f"self.{c.grads}{name}"
    return {"list": f"self.grads[{k}]", "object": f"self.{name}.grad",
            "val": f'self.{name}["grad"]'}.get(c.container, f'self.grads["{name}"]')


def condition(c):
    """The text that is true in training."""
    if c.mode in FLAG:
        return c.mode if FLAG[c.mode] else f"not {c.mode}"
    if c.mode in WORD:
        return f'{c.mode} == "train"'
    return {"kwargs": 'kwargs.get("training", True)', "bn_param":
            'bn_param["mode"] == "train"', "testing_phase": "not self.testing_phase",
            }.get(c.mode, "self.training")


class Names:
    """Call it with a template and a section: the text."""

    def __init__(self, c, cached):
        self.c, self.cached = c, cached

    def __call__(self, text, section="f"):
        return re.sub(r"\$(\w+)", lambda found: self.one(found[1], section), text)

    def one(self, name, section):
        """The text of one value."""
        c, own = self.c, self.c.shape not in (*FUNCTIONS, "forward")
        if name in ("gamma", "beta"):
            k = int(name == "beta")
            wide = WIDE.get(c.layout, "") if c.pshape == "C" else ""
            return parameter(c, k, inside=True) + wide
        if name == "flatgamma":
            return parameter(c, 0, inside=True)
        if name in ("dgamma", "dbeta"):
            return gradient(c, int(name == "dbeta"))
        held = own and c.cache == "attributes" and name in self.cached
        if name == "x" and section != "b":
            return c.x
        if name in ("rmean", "rvar", "stray"):
            stat = c.stats[name == "rvar"]
            return f"self.{stat}" if own and name != "stray" else (
                "new_" * (name == "stray") + stat)
        return f"self.{self.local(name)}" if held and name not in (
            "eps",) else self.around(name, own) or self.local(name)

    def around(self, name, own):
        """The text of what is no value of the algorithm."""
        c = self.c
        start = "self." * own
        weight = "0.9" if c.running == "old" else "0.1"
        return {"train": condition(c), "count": "self.count", "bnparam": "bn_param",
                "mom": f"{start}momentum" if c.momentum else weight,
                "eps": f"{start}eps" if c.eps == "argument" else c.value,
                "cache": f"{start}cache", "cached": self.kept()}.get(name)

    def kept(self):
        """The cache as the reader builds it."""
        names = [self.plain(n) for n in self.cached]
        pairs = ", ".join(f'"{n}": {n}' for n in names)
        return {"dict": f"{{{pairs}}}", "list": f"[{', '.join(names)}]", "object":
                "SimpleNamespace(" + ", ".join(f"{n}={n}" for n in names) + ")",
                }.get(self.c.cache, "(" + ", ".join(names) + ",)")

    def unpacked(self):
        """The line that takes the cache apart."""
        names, cache = [self.plain(n) for n in self.cached], self("$cache")
        form = {"dict": '{1}["{0}"]', "object": "{1}.{0}"}.get(self.c.cache)
        right = ", ".join(form.format(n, cache) for n in names) if form else cache
        return f"{', '.join(names)}{',' * (len(names) == 1 and not form)} = {right}"

    def plain(self, name):
        """A cached value's name without anything around it."""
        return {"gamma": self.c.names[0], "eps": "eps"}.get(name, self.local(name))

    def local(self, name):
        """The name of a local variable."""
        c = self.c
        if name in ("x", "dy", "N"):
            return {"x": c.x, "dy": c.dy, "N": "N"}[name]
        if name == "dx":
            return f"{c.prefix}x"
        if name[0] == "d":
            bare = name[1:].rstrip("12")
            return c.prefix + self.local(bare) + name[1 + len(bare):]
        return NAMES[c.naming].get(name, name)
