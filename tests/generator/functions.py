"""Two functions, or a forward alone, in the text of a submission."""

from generator.names import Names, gradient, parameter, shape_of
from generator.program import Program
from generator.styles import FLAG, FUNCTIONS

SIZE = {"nchw": "shape[1]", "spatial": "shape[1]", "columns": "shape[0]"}
BEFORE = {"flat": "{0} = {0}.reshape({0}.shape[0], -1)", "spatial":
          "{0} = {0}.transpose(0, 2, 3, 1).reshape(-1, {0}.shape[1])"}
AFTER = {"flat": "{} = {}.reshape(shape)", "spatial": "{} = {}.reshape("
         "shape[0], shape[2], shape[3], shape[1]).transpose(0, 3, 1, 2)"}


class Writer:
    """Lines with their indent and key, on their way to a text."""

    def __init__(self, c, faults):
        self.c, self.program, self.rows = c, Program(c, faults), []
        self.own = c.shape not in (*FUNCTIONS, "forward")
        self.deep = int(self.own or c.shape == "methods")
        if self.own:
            self.program.cached = [n for n in self.program.cached
                                   if n not in ("gamma", "eps")] or ["xhat"]
        self.names = Names(c, self.program.cached)

    def put(self, indent, text, key=None):
        """Add one line, or several."""
        for one in text.split("\n"):
            self.rows.append((indent, one, key))
            key = None

    def section(self, name, indent, only=lambda key: True):
        """Add the lines of a section."""
        for key, text in self.program.sections[name]:
            if only(key):
                self.put(indent, self.names(text, "b" if name == "b" else "f"), key)

    def wire(self, key, indent):
        """Add a line of wiring, if this style has it."""
        if key in dict(self.program.sections["w"]):
            self.put(indent, self.names(self.program.line(key)), key)

    def shaped(self, name, table, indent):
        """Add what an image layout does to an array before and after."""
        if self.c.layout in table:
            before = table is BEFORE
            if before:
                self.put(indent, f"shape = {name}.shape")
            self.put(indent, table[self.c.layout].format(name, name))

    def forward_body(self, at):
        """What the forward does with x, gamma and beta, up to y."""
        c = self.c
        self.shaped(c.x, BEFORE, at)
        if self.own and c.cache == "attributes" and "x" in self.program.cached:
            self.put(at, f"self.{c.x} = {c.x}")
        modes = c.running != "none" and c.mode != "none"
        inner, late = at + modes, c.branch == "select" and modes

        def early(key):
            return not late or key in ("f.N", "f.mu", "f.var")

        if modes:
            if not self.own:
                self.put(at, "cache = None")
            self.wire("w.if", at)
        self.section("f", inner, early)
        self.running(inner)
        if not late:
            self.keep(inner)
        if modes:
            self.put(at, "else:")
            self.section("t", inner)
        if late:
            self.section("f", at, lambda key: not early(key))
            self.keep(at)
        self.shaped(self.names("$y"), AFTER, at)

    def running(self, at):
        """The update of the running statistics."""
        c, section = self.c, self.program.sections["r"]
        if section and self.own and c.start == "none":
            self.put(at, self.names("if $rmean is None:\n    $rmean, $rvar = "
                                    "$mu, $var"))
        self.section("r", at)
        if section:
            self.wire("w.store", at)

    def keep(self, at):
        """Put away what the backward needs."""
        values = self.c.cache in ("attributes", "values")
        if not values and self.c.shape != "forward":
            self.wire("w.cache", at)

    def backward_body(self, at):
        """What the backward does with the upstream gradient, up to what it returns."""
        c = self.c
        self.shaped(c.dy, BEFORE, at)
        if c.cache not in ("attributes", "values"):
            self.put(at, self.names.unpacked())
        self.section("b", at)
        self.shaped(self.names("$dx", "b"), AFTER, at)
        if "step" in c.back:
            rate = {"step": "learning_rate", "own step": "self.lr"}[c.back]
            for k in (0, 1):
                self.put(at, f"{parameter(c, k)} -= {rate} * {gradient(c, k)}")
        if c.shape == "output":
            self.put(at, self.names("self.dinputs = $dx", "b"))
        elif "w.return" in dict(self.program.sections["w"]):
            self.wire("w.return", at)
        else:
            self.put(at, self.names("return $dx", "b"))

    def functions(self):
        """A pair of functions, of methods under their full names, or a forward."""
        c, at = self.c, self.deep
        me = "self, " * at
        if c.cache == "object":
            self.put(0, "from types import SimpleNamespace\n\n")
        if at:
            self.put(0, "class Network:")
        given = f"{me}{c.x}, {c.names[0]}, {c.names[1]}{self.tail()}"
        first, second = c.functions
        self.put(at, f"def {first}({given}):")
        self.read_parameters(at + 1)
        self.forward_body(at + 1)
        self.put(at + 1, "return " + ", ".join((self.names("$y"), *self.handed())))
        if c.shape == "forward":
            return
        more = ", ".join(self.names.plain(n) for n in self.program.cached)
        self.put(at, "\n" * (2 - at) + f"def {second}({me}{c.dy}, "
                 + (more if c.cache == "values" else "cache") + "):")
        self.backward_body(at + 1)

    def tail(self):
        """The forward's other arguments."""
        c, eps = self.c, f", eps={self.c.value}" * (self.c.eps == "argument")
        if c.running == "none":
            return eps
        if c.mode == "bn_param":
            return ", bn_param"
        weight = f", momentum={'0.9' if c.running == 'old' else '0.1'}" * c.momentum
        return f", running{weight}{eps}, {self.flag()}"

    def flag(self):
        """The argument that switches the mode, with its default."""
        c = self.c
        return f"{c.mode}={FLAG[c.mode]}" if c.mode in FLAG else f'{c.mode}="train"'

    def read_parameters(self, at):
        """What a function takes out of bn_param, or out of the statistics given."""
        c, (mean, var) = self.c, self.c.stats
        if c.running == "none":
            return
        if c.mode != "bn_param":
            right = ('running["mean"], running["var"]' if c.returns == "dict"
                     else "running")
            return self.put(at, f"{mean}, {var} = {right}")
        if c.eps == "argument":
            self.put(at, f'eps = bn_param.get("eps", {c.value})')
        if c.momentum:
            weight = "0.9" if c.running == "old" else "0.1"
            self.put(at, f'momentum = bn_param.get("momentum", {weight})')
        size = "1" if c.layout == "flat" else f"{c.x}.{SIZE.get(c.layout, 'shape[-1]')}"
        shape = shape_of(c, size, c.kept) if c.layout in ("rows", "columns", "nchw",
                                                          "nhwc") else size
        self.put(at, f'{mean} = bn_param.get("running_mean", np.zeros({shape}))')
        self.put(at, f'{var} = bn_param.get("running_var", np.{c.start}({shape}))')

    def handed(self):
        """What the forward function returns beside y."""
        c, stats = self.c, self.c.stats
        if c.shape == "forward":
            return ()
        if c.cache == "values":
            return tuple(self.names.plain(n) for n in self.handed_names())
        return {"running": ("cache", *stats), "cache": ("cache",), "dict": (
            "cache", f'{{"mean": {stats[0]}, "var": {stats[1]}}}')}[c.returns]

    def handed_names(self):
        """What a forward that hands values over returns of what is needed."""
        return [n for n in self.program.cached if n not in ("x", "gamma", "eps")]
