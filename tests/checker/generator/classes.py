"""The class around a batch norm, and the statements that call a submission."""

from generator.functions import SIZE, Writer
from generator.names import gradient, parameter, shape_of
from generator.styles import FLAG, HELD, WORD

PARAMETER = ("class Parameter:\n    def __init__(self, data):\n"
             "        self.data, self.grad = data, np.zeros_like(data)\n\n")
MODES = {"attribute": "self.training = True", "switch": "self.training = True",
         "testing_phase": "self.testing_phase = False"}
SWITCH = ("def train(self):\n    self.training = True\n\n"
          "def eval(self):\n    self.training = False")


class ClassWriter(Writer):
    """A layer as a class."""

    def layer(self):
        """The whole class."""
        c = self.c
        images = c.layout in ("nchw", "nhwc", "spatial")
        if c.cache == "object":
            self.put(0, "from types import SimpleNamespace\n\n")
        if c.container == "object":
            self.put(0, PARAMETER)
        self.put(0, "class BatchNorm" + ("2D" if images else "") + ":")
        self.constructor()
        if c.mode == "switch":
            for row in SWITCH.split("\n"):
                self.put(1 if row else 0, row)
        if c.container == "property":
            for name in c.names:
                self.put(1, f"@property\ndef {name}(self):")
                self.put(2, f"return self._{name}\n")
        self.methods()

    def constructor(self):
        """__init__, and build where the parameters are made later."""
        c, late = self.c, self.c.shape in ("build", "first")
        names = {"size": c.size, "shape": "input_shape"}.get(c.ctor, c.size)
        given = ["self"] + [names] * (not late) + {
            "rate": ["learning_rate"], "optimizer": ["optimizer=None"], "settings":
            [f"eps={c.value}", "momentum=" + self.weight()], "flags":
            ["axis=-1", f"momentum={self.weight()}", f"epsilon={c.value}",
             "center=True", "scale=True"]}.get(c.ctor, [])
        if c.back == "own step" and c.ctor != "rate":
            given.append("lr=0.01")
        self.put(1, f"def __init__({', '.join(given)}):")
        self.settings(2)
        if not late:
            self.parameters(2, names)
        elif c.shape == "build":
            self.put(1, f"\ndef build(self, {names}):")
            self.parameters(2, names)
        else:
            self.put(2, "self.built = False")
        self.put(0, "")

    def weight(self):
        return "0.9" if self.c.running == "old" else "0.1"

    def settings(self, at):
        """The attributes that are no parameters."""
        c = self.c
        eps = {"settings": "eps", "flags": "epsilon"}.get(c.ctor, c.value)
        told = c.ctor in ("settings", "flags")
        if c.eps == "argument":
            self.put(at, f"self.eps = {eps}")
        if c.running in ("old", "new") and c.momentum:
            self.put(at, f"self.momentum = {'momentum' if told else self.weight()}")
        if c.ctor == "rate" or c.back == "own step":
            self.put(at, "self.lr = " + ("learning_rate" if c.ctor == "rate" else "lr"))
        if c.ctor == "optimizer":
            self.put(at, "self.optimizer = optimizer")
        if c.ctor == "flags":
            self.put(at, "self.axis, self.center, self.scale = axis, center, scale")
        if c.mode in MODES:
            self.put(at, MODES[c.mode])
        if self.rows[-1][1].startswith("def"):
            self.put(at, 'self.name = "batch norm"')

    def parameters(self, at, size):
        """Make the parameters and the running statistics."""
        c = self.c
        if c.ctor == "shape":
            end = "0" if c.layout in ("columns", "nchw", "spatial") else "-1"
            self.put(at, f"n = input_shape[{end}]")
            size = "n"
        shape = shape_of(c, size, c.pshape == "kept")
        for line in self.made(f"np.ones({shape})", f"np.zeros({shape})"):
            self.put(at, line)
        stat = shape_of(c, size, c.kept)
        if c.running == "cumulative":
            self.put(at, "self.count = 0")
        if c.running != "none" and c.start == "none":
            self.put(at, self.names("$rmean, $rvar = None, None"))
        elif c.running != "none":
            self.put(at, self.names(f"$rmean = np.zeros({stat})"))
            self.put(at, self.names(f"$rvar = np.{c.start}({stat})"))

    def made(self, ones, zeros):
        """The lines that make gamma and beta in their container."""
        c, (g, b) = self.c, self.c.names
        params = f'self.params = {{"{g}": {ones}, "{b}": {zeros}}}'
        grads = f'self.grads = {{"{g}": {zeros}, "{b}": {zeros}}}'
        plain = {"object": "Parameter({})", "val": '{{"val": {}, "grad": 0}}'}.get(
            c.container, "{}")
        under = "_" * (c.container == "property")
        return {"dict": [params] + ["self.grads = {}"] * (c.grads == "held"),
                "grads first": [grads, params],
                "list": [f"self.params = [{ones}, {zeros}]",
                         "self.grads = [None, None]"]}.get(
            c.container, [f"self.{under}{name} = {plain.format(value)}"
                          for name, value in ((g, ones), (b, zeros))])

    def methods(self):
        """Forward and backward."""
        c, (forward, backward) = self.c, self.c.methods
        mode = "" if c.mode in ("none", *HELD) else f", {self.flag()}"
        mode = ", **kwargs" if c.mode == "kwargs" else mode
        self.put(1, f"def {forward}(self, {c.x}{mode}):")
        if c.shape == "first":
            self.put(2, "if not self.built:\n    self.built = True")
            end = SIZE.get(c.layout, "shape[-1]")
            self.parameters(3, f"{c.x}.{end}")
        self.forward_body(2)
        self.put(2, self.names("self.output = $y" if c.shape == "output"
                               else "return $y"))
        more = {"x dout": f"{c.x}, {c.dy}", "rate": f"{c.dy}, learning_rate",
                "step": f"{c.dy}, learning_rate"}.get(c.back, c.dy)
        self.put(1, f"\ndef {backward}(self, {more}):")
        self.backward_body(2)


def unpacking(c):
    """The statement's left side that takes a backward's result apart."""
    return {"last": "dgamma, dbeta, dx", "nested": "dx, (dgamma, dbeta)",
            "dict": "dx, both", "tuple": "dx, dgamma, dbeta"}.get(c.grads, "dx")


def after_backward(c):
    """The statements that find dgamma and dbeta where the backward left them."""
    if c.grads == "dict":
        return "; dgamma, dbeta = both[{!r}], both[{!r}]".format(*c.names)
    if "step" in c.back:
        rate = "1.0" if c.back == "step" else "0.01"
        return "; " + "; ".join(f"d{n} = ({n} - {parameter(c, k)}) / {rate}" for k, n
                                in enumerate(("gamma", "beta")))
    if c.grads in ("tuple", "last", "nested"):
        return ""
    return f"; dgamma, dbeta = {gradient(c, 0)}, {gradient(c, 1)}"


def class_calls(c, writer):
    """How a class is made, run in training and in test mode, and read."""
    shape = "(C, 2, 2)" if c.layout in ("nchw", "spatial") else "(C,)"
    late = c.shape in ("build", "first")
    given = [] if late else [shape if c.ctor == "shape" else "C"]
    given += ["0.01"] * (c.ctor == "rate")
    name = "BatchNorm2D" if c.layout in ("nchw", "nhwc", "spatial") else "BatchNorm"
    forward, backward = c.methods
    y = "self.output" if c.shape == "output" else "y"
    train, test = mode_calls(c)
    run = f"y = self.{forward}(x{{}})" + f"; y = {y}" * (y != "y")
    args = {"x dout": "x, dy", "rate": "dy, 1.0", "step": "dy, 1.0"}.get(c.back, "dy")
    back = f"{unpacking(c)} = self.{backward}({args})"
    if c.shape == "output":
        back = f"self.{backward}({args}); dx = self.dinputs"
    pre, post = MODE_SWITCH.get(c.mode, ("", ""))
    return {"make": f"self = mod.{name}({', '.join(given)})"
            + "; self.build(C)" * (c.shape == "build")
            + f"; self.{forward}(x)" * (c.shape == "first"),
            "set": f"{parameter(c, 0)} = gamma.copy(); {parameter(c, 1)} = beta.copy()",
            "train": pre + run.format(train), "back": back + after_backward(c),
            "test": post + run.format(test),
            "stats": writer.names("rmean, rvar = $rmean, $rvar")}


MODE_SWITCH = {"switch": ("self.train(); ", "self.eval(); "), "attribute":
               ("self.training = True; ", "self.training = False; "),
               "testing_phase": ("self.testing_phase = False; ",
                                 "self.testing_phase = True; ")}


def mode_calls(c):
    """The arguments of a call in training and in test mode."""
    if c.mode in FLAG:
        return f", {c.mode}={FLAG[c.mode]}", f", {c.mode}={not FLAG[c.mode]}"
    if c.mode in WORD:
        return f", {c.mode}='train'", f", {c.mode}='test'"
    return (", training=True", ", training=False") if c.mode == "kwargs" else ("", "")


def function_calls(c, writer):
    """How functions are run in training and in test mode, and read."""
    own = "mod.Network()." if c.shape == "methods" else "mod."
    forward, backward = (own + name for name in c.functions)
    left, more, pre, post = "y", "", "", ""
    train, test = mode_calls(c)
    cached = ", ".join({"x": "x", "gamma": "gamma", "eps": c.value}.get(n, f"v_{n}")
                       for n in writer.program.cached)
    kept = "" if c.shape == "forward" else (
        "".join(f", v_{n}" for n in writer.handed_names()) if c.cache == "values"
        else ", cache")
    if c.running != "none" and c.mode == "bn_param":
        more, pre, post = ", bn_param", *(f"bn_param['mode'] = {m!r}; " for m in (
            "train", "test"))
    elif c.running != "none":
        more = ", running"
        kept += {"dict": ", running", "running": ", *running"}[c.returns]
    stats = {"running": "rmean, rvar = running", "dict": "rmean, rvar = "
             "running['mean'], running['var']", "cache": "rmean, rvar = "
             "bn_param['running_mean'], bn_param['running_var']"}[c.returns]
    call = f"{left}{kept} = {forward}(x, gamma, beta{more}{{}})"
    start = "running = [np.zeros(S), np.ones(S)]"
    if c.returns == "dict":
        start = "running = {'mean': np.zeros(S), 'var': np.ones(S)}"
    args = cached if c.cache == "values" else "cache"
    return {"make": "bn_param = {'mode': 'train'}; " + start, "set": "pass",
            "train": pre + call.format(train), "test": post + call.format(test),
            "back": "pass" if c.shape == "forward" else
            f"{unpacking(c)} = {backward}(dy, {args})" + after_backward(c),
            "stats": stats}
