"""Code of strangers is read by what it does, whatever it is called and kept in.

Every class and function here is written from one template, a piece for each choice that
people make; a test changes one or several of them.
"""

import re

import numpy as np
import pytest

from bnbook.check import diagnose
from bnbook.check.command import arguments
from bnbook.check.reading.hints import HINTS
from bnbook.check.reading.recognise import recognise

LAYER = """
class Norm:
{init}
{before}
    def {forward}(self, {x}{flags}):
{enter}
        {m}, {v} = {x}.mean({axes}, keepdims=True), {x}.var({axes}, keepdims=True)
{state}
        self.spread = np.sqrt({v} + {eps})
        self.unit = ({x} - {m}) / self.spread
        {out} = {G} * self.unit + {B}
{leave}
    def {backward}(self, {args}):
        mean = lambda a: a.mean({axes}, keepdims=True)
        total = lambda a: a.sum({axes}, keepdims=True).reshape({shape})
        {dg} = total({dy} * self.unit){wrong}
        {db} = total({dy})
        back = {dy} * {G}
        {din} = (back - mean(back) - self.unit * mean(back * self.unit)) / self.spread
{after}
"""
PLAIN = {
    "init": "    def __init__(self, n):\n        self.gamma, self.beta = {one}, {zero}",
    "before": "", "forward": "forward", "x": "x", "flags": "", "enter": "        pass",
    "m": "mu", "v": "var", "state": "        pass", "eps": "1e-5", "out": "y",
    "leave": "        return y", "backward": "backward", "args": "dout", "dy": "dout",
    "G": "self.gamma", "B": "self.beta", "axes": "0", "shape": "-1",
    "dg": "self.dgamma", "db": "self.dbeta", "din": "dx", "wrong": "",
    "after": "        return dx", "one": "np.ones(n)", "zero": "np.zeros(n)"}


def filled(text, given):
    """The text with the pieces that it names in braces, and those that they name."""
    for _ in range(3):
        text = re.sub(r"\{(\w+)\}", lambda m: given.get(m[1], m[0]), text)
    return text


def run(source, name="Norm"):
    made = {"np": np}
    exec(source, made)
    return made[name]


def kept(gamma, beta, **more):
    """Choices for parameters that are attributes under other names."""
    return {"init": "    def __init__(self, n):\n        "
            f"self.{gamma}, self.{beta} = {{one}}, {{zero}}",
            "G": f"self.{gamma}", "B": f"self.{beta}", **more}


def called(gamma, beta, gradient="d{}"):
    """Parameters and gradients under these names."""
    return kept(gamma, beta, dg="self." + gradient.format(gamma),
                db="self." + gradient.format(beta))


BOX = """
class Box:
    def __init__(self, {a}):
        self.{a}, self.{d} = {a}, np.zeros_like({a})
"""
PARAMETERS = {
    "W and b": called("W", "b"), "BW and Bb": called("BW", "Bb", "dLd{}"),
    "weights and bias": called("weights", "bias", "gradient_{}"),
    "gain and offset": called("gain", "offset", "grad_{}"),
    "a and c": called("a", "c", "{}_grad"),
    "names that say nothing": called("first", "second", "out_of_{}"),
    "coef": called("coef", "shift", "delta_{}"),
    "rows": {"one": "np.ones((1, n))", "zero": "np.zeros((1, n))", "shape": "1, -1"},
    "four dimensions": {"one": "np.ones((1, n, 1, 1))",
                        "zero": "np.zeros((1, n, 1, 1))", "axes": "(0, 2, 3)",
                        "shape": "1, -1, 1, 1"},
    "a dict": {"init": "    def __init__(self, n):\n        self.grads = {}\n"
               "        self.params = {'gamma': {one}, 'beta': {zero}}",
               "G": "self.params['gamma']", "B": "self.params['beta']",
               "dg": "self.grads['gamma']", "db": "self.grads['beta']"},
    "gradients before": {
        "init": "    def __init__(self, n):\n        self.gradients = {'w': {zero}, "
        "'b': {zero}}\n        self.weights = {'w': {one}, 'b': {zero}}",
        "G": "self.weights['w']", "B": "self.weights['b']",
        "dg": "self.gradients['w']", "db": "self.gradients['b']"},
    "a list": {"init": "    def __init__(self, n):\n        self.params = [{one}, "
               "{zero}]\n        self.grads = [None, None]",
               "G": "self.params[0]", "B": "self.params[1]", "dg": "self.grads[0]",
               "db": "self.grads[1]"},
    "numbers in a list": {
        "init": "    def __init__(self, n):\n        self.scale, self.shift = "
        "[1.0] * n, [0.0] * n", "G": "np.array(self.scale)",
        "B": "np.array(self.shift)", "dg": "self.dscale", "db": "self.dshift"},
    "two names of one array": {
        "init": "    def __init__(self, n):\n        self.gamma, self.beta = {one}, "
        "{zero}\n        self.params = {'g': self.gamma, 'b': self.beta}",
        "G": "self.params['g']", "B": "self.params['b']"},
    "value and gradient": {
        "init": "    def __init__(self, n):\n        self.g = {'val': {one}, 'grad': "
        "0}\n        self.b = {'val': {zero}, 'grad': 0}", "G": "self.g['val']",
        "B": "self.b['val']", "dg": "self.g['grad']", "db": "self.b['grad']"},
    "a property": {
        "init": "    def __init__(self, n):\n        self._g, self._b = {one}, {zero}",
        "before": "    gamma = property(lambda self: self._g)\n"
        "    beta = property(lambda self: self._b)\n"},
    "numbers": {"one": "1.0", "zero": "0.0"},
    "few digits": {"one": "np.ones(n, np.float32)", "zero": "np.zeros(n, np.float32)"},
    "whole numbers": {"one": "np.ones(n, int)", "zero": "np.zeros(n, int)"},
    "slots": {"before": "    __slots__ = ('gamma', 'beta', 'dgamma', 'dbeta', 'unit', "
              "'spread')\n"},
}
for holder, gradient in (("data", "grad"), ("value", "gradient"), ("v", "d")):
    PARAMETERS[f"an object with .{holder}"] = {
        "box": BOX.format(a=holder, d=gradient),
        "init": "    def __init__(self, n):\n        self.gamma, self.beta = "
        "Box({one}), Box({zero})", "G": f"self.gamma.{holder}",
        "B": f"self.beta.{holder}", "dg": f"self.gamma.{gradient}",
        "db": f"self.beta.{gradient}"}
LOCAL = {"dg": "dgamma", "db": "dbeta"}
GRADIENTS = {
    "in order": {**LOCAL, "after": "        return dx, dgamma, dbeta"},
    "dx last": {**LOCAL, "after": "        return dgamma, dbeta, dx"},
    "a pair": {**LOCAL, "after": "        return dx, [dgamma, dbeta]"},
    "a tuple in a tuple": {**LOCAL, "after": "        return dx, (dgamma, dbeta)"},
    "a dict beside": {**LOCAL, "after": "        return dx, {'gamma': dgamma, "
                      "'beta': dbeta}"},
    "one dict": {**LOCAL, "after": "        return {'dbeta': dbeta, 'dx': dx, "
                 "'dgamma': dgamma}"},
    "left as dinputs": {"din": "self.dinputs", "after": ""},
    "left as grad_input": {"din": "self.grad_input", "after": ""},
}
MOVING = """
        if {training}:
            self.{rm} = {rm_new}
            self.{rv} = {rv_new}
        else:
            mu, var = self.{rm}, self.{rv}
"""


def moving(training, rm="running_mean", rv="running_var", **more):
    """Choices for running statistics that are read where not `training`."""
    names = {"training": training, "rm": rm, "rv": rv,
             "rm_new": f"0.9 * self.{rm} + 0.1 * mu",
             "rv_new": f"0.9 * self.{rv} + 0.1 * var"}
    return {"state": MOVING.format(**names), "init": PLAIN["init"] + (
        f"\n        self.{rm}, self.{rv} = np.zeros((1, n)), np.ones((1, n))"), **more}


def flag(text, training):
    return moving(training, flags=", " + text)


def attribute(text, training, before=""):
    made = moving(training, before=before)
    return made | {"init": made["init"] + f"\n        self.{text}"}


SWITCHING = """
    def {on}(self):
        self.flag = True

    def {off}(self):
        self.flag = False
"""
MODES = {
    "training": flag("training=True", "training"),
    "train_flg": flag("train_flg=True", "train_flg"),
    "is_train, required": flag("is_train", "is_train"),
    "a word": flag("mode='train'", "mode == 'train'"),
    "another word": flag("phase='training'", "phase == 'training'"),
    "a word, required": flag("mode", "mode == 'train'"),
    "eval": flag("eval=False", "not eval"), "test": flag("test=0", "not test"),
    "predict": flag("predict=False", "not predict"),
    "test_mode": flag("test_mode=False", "not test_mode"),
    "inference": flag("inference=False", "not inference"),
    "a name that says nothing": flag("fresh=True", "fresh"),
    "keywords": flag("**kwargs", "kwargs.get('training', True)"),
    "keywords in a word": flag("**kw", "kw.get('mode', 'train') == 'train'"),
    "keywords for test": flag("**kw", "not kw.get('test', False)"),
    "an attribute": attribute("training = True", "self.training"),
    "testing_phase": attribute("testing_phase = False", "not self.testing_phase"),
    "a mode attribute": attribute("mode = 'train'", "self.mode == 'train'"),
    "in a dict": attribute("config = {'is_training': True}",
                           "self.config['is_training']"),
    "train and eval": attribute("flag = True", "self.flag", SWITCHING.format(
        on="train", off="eval")),
    "train and test": attribute("flag = True", "self.flag", SWITCHING.format(
        on="train", off="test")),
    "other statistics": flag("training=True", "training") | moving(
        "training", "M", "V", flags=", training=True"),
    "moving": moving("training", "moving_mean", "moving_variance",
                     flags=", training=True"),
}
LAZY = """
        if not hasattr(self, "gamma"):
            n = {x}.shape[1]
            self.gamma, self.beta = {one}, {zero}
"""


def built(by, **more):
    return {"init": f"    def {by}:\n        self.gamma, self.beta = {{one}}, {{zero}}",
            **more}


def made(arguments, first=""):
    return {"init": f"    def __init__(self, {arguments}):\n        {first or 'pass'}\n"
            "        self.gamma, self.beta = {one}, {zero}"}


CONSTRUCTORS = {
    **{name: made(name, f"n = {name}") for name in (
        "num_features", "size", "D", "input_dim", "n_out", "units", "channels",
        "hidden_size", "whatever")},
    "a tuple": made("shape", "n = shape[0]"),
    "a batch's shape": made("input_shape", "_, n = input_shape"),
    "a learning rate": made("n, learning_rate"),
    "a name and a batch's size": made("name, n, batch_size"),
    "an optimizer": made("n, optimizer"), "a momentum": made("n, momentum"),
    "switches": made("n, momentum=0.99, epsilon=1e-3, axis=-1, scale=True, center=True",
                     "assert scale is True and center is True\n        self.epsilon = "
                     "epsilon") | {"eps": "self.epsilon"},
    "build": built("build(self, n)"),
    "init_params": built("init_params(self, shape)", one="np.ones(shape[-1])",
                         zero="np.zeros(shape[-1])"),
    "initialize with an optimizer": built(
        "initialize(self, optimizer)", one="np.ones(self.input_shape)",
        zero="np.zeros(self.input_shape)", before="    def set_input_shape(self, "
        "shape):\n        self.input_shape = shape\n"),
    "nothing": {"init": "", "enter": LAZY},
    "nothing yet": {"init": "    def __init__(self):\n        self.gamma = None",
                    "enter": LAZY.replace('not hasattr(self, "gamma")',
                                          "self.gamma is None")},
    "scale is off": {"init": "    def __init__(self, n, scale=False):\n        self."
                     "gamma = {one} if scale else 1.0\n        self.beta = {zero}"},
    "a size of 7 unless told": made("n=7"),
}
METHODS = {
    **{f"{a} and {b}": {"forward": a, "backward": b} for a, b in (
        ("forward_pass", "backward_pass"), ("feedforward", "backpropagate"),
        ("fprop", "bprop"), ("__call__", "backward"), ("forward_impl", "backward_impl"),
        ("feed_forward", "back_propagation"), ("call", "derive"), ("fwd", "bwd"))},
    "left as output": {"out": "self.output", "leave": ""},
    "left as a": {"out": "self.a", "leave": ""},
    "with a cache": {"leave": "        return y, (self.unit, x)",
                     "args": "dout, cache"},
    "x first": {"args": "x, dout"}, "x by name": {"args": "dout, x"},
    "unusual names": {"x": "Z", "args": "accum_grad", "dy": "accum_grad"},
    "error_tensor": {"x": "input_tensor", "args": "error_tensor", "dy": "error_tensor"},
    "names that say nothing": {"x": "q", "args": "r", "dy": "r"},
}


def stepping(rate, arguments=""):
    """A backward that takes a step of its own."""
    return {**LOCAL, "args": "dout" + arguments, "after": f"        self.gamma = "
            f"self.gamma - {rate} * dgamma\n        self.beta -= {rate} * dbeta\n"
            "        return dx"}


STEPS = {
    "learning_rate": stepping("learning_rate", ", learning_rate"),
    "lr": stepping("lr", ", lr=0.1"), "its own": stepping("0.01"),
    "of the constructor": stepping("self.eta") | made("n, eta", "self.eta = eta"),
    "an optimizer": {**LOCAL, "args": "dout, optimizer", "after": "        self.gamma "
                     "= optimizer.update(self.gamma, dgamma)\n        self.beta = "
                     "optimizer.update(self.beta, dbeta)\n        return dx"},
    "an optimizer kept": {
        **LOCAL, **made("n, optimizer", "self.opt = optimizer"), "after":
        "        self.gamma = self.opt.step(self.gamma, dgamma)\n        self.beta = "
        "self.opt.step(self.beta, dbeta)\n        return dx"},
}
LAYOUTS = {
    "channels first": {"axes": "(0, 2, 3)", "G": "self.gamma[:, None, None]",
                       "B": "self.beta[:, None, None]"},
    "channels last": {"axes": "(0, 1, 2)"},
    "any, channels last": {"axes": "tuple(range(self.k - 1))",
                           "enter": "        self.k = x.ndim",
                           "eps": "1e-3"},
    "features as rows": {"axes": "1", "one": "np.ones((n, 1))", "shape": "-1, 1",
                         "zero": "np.zeros((n, 1))"},
}
KINDS = {f"{kind}: {name}": choices for kind, group in (
    ("parameters", PARAMETERS), ("gradients", GRADIENTS), ("mode", MODES),
    ("constructor", CONSTRUCTORS), ("methods", METHODS), ("step", STEPS),
    ("layout", LAYOUTS)) for name, choices in group.items()}


def source_of(*choices):
    together = {}
    for one in choices:
        together |= one
    return together.pop("box", "") + filled(LAYER, PLAIN | together)


@pytest.mark.parametrize("kind", KINDS)
def test_right_code_is_right_however_it_is_written(kind):
    found = diagnose(run(source_of(KINDS[kind])))
    assert found.right, found
    said = {f.name for f in found.of("right")}
    assert said == {"y", "dx", "dgamma", "dbeta"}, found


@pytest.mark.parametrize("kind", [*KINDS][::7])
def test_a_fault_in_it_is_told_of_that_part_alone(kind):
    found = diagnose(run(source_of(KINDS[kind], {"wrong": " / self.unit.size"})))
    assert {f.part for f in found.faults} <= {"dgamma", "dgamma, images"}, found
    assert found.faults, found


COMBINED = [
    ("parameters: an object with .data", "methods: left as output", "methods: x first"),
    ("mode: keywords", "methods: left as output", "gradients: left as grad_input"),
    ("parameters: rows", "mode: train and eval", "gradients: a dict beside"),
    ("mode: another word", "gradients: left as dinputs", "methods: call and derive"),
    ("parameters: BW and Bb", "gradients: left as dinputs", "methods: left as a"),
    ("constructor: nothing", "methods: feedforward and backpropagate",
     "gradients: a pair"),
    ("constructor: build", "parameters: rows", "methods: error_tensor"),
    ("constructor: a tuple", "gradients: dx last", "methods: fwd and bwd"),
    ("parameters: a list", "methods: with a cache", "methods: fprop and bprop"),
    ("mode: test", "step: learning_rate", "methods: fprop and bprop"),
    ("step: its own", "constructor: a learning rate", "mode: an attribute"),
    ("layout: channels last", "mode: training", "gradients: in order"),
    ("layout: channels first", "constructor: channels", "gradients: a pair"),
    ("mode: predict", "layout: channels last", "gradients: dx last"),
    ("layout: features as rows", "gradients: a pair", "methods: unusual names"),
    ("layout: features as rows", "step: lr"),
    ("layout: channels last", "constructor: units", "methods: left as a"),
    ("methods: x first", "methods: left as output", "mode: inference"),
    ("parameters: value and gradient", "layout: channels last"),
    ("step: an optimizer kept", "methods: forward_pass and backward_pass"),
]


@pytest.mark.parametrize("kinds", COMBINED, ids=" + ".join)
def test_right_code_is_right_in_combinations(kinds):
    found = diagnose(run(source_of(*(KINDS[kind] for kind in kinds))))
    assert found.right, found
    said = {f.name for f in found.of("right")}
    assert said == {"y", "dx", "dgamma", "dbeta"}, found


PAIR = """
def save(ctx, out, *kept):
    ctx.kept = kept
    return out

def {forward}({head}{more}):
{enter}
    mu, var = {x}.mean({axes}, keepdims=True), {x}.var({axes}, keepdims=True)
{state}
    s = np.sqrt(var + {eps})
    unit = ({x} - mu) / s
    out = {g} * unit + {b}
    return {given}

def {backward}({args}):
    {taken}
    mean = lambda a: a.mean({axes}, keepdims=True)
    total = lambda a: a.sum({axes}{keep})
    back = dout * {g2}
    dx = (back - mean(back) - unit * mean(back * unit)) / {s2}
    dgamma, dbeta = total(dout * unit){wrong}, total(dout)
    return {result}
"""
FUNCTIONS = {
    "forward": "batchnorm_forward", "backward": "batchnorm_backward", "x": "x",
    "head": "{x}, {g}, {b}", "g": "gamma", "b": "beta", "more": ", bn_param",
    "enter": "    pass", "axes": "0",
    "state": "    pass", "eps": "bn_param.get('eps', 1e-5)", "keep": "",
    "given": "out, (unit, s, {g})", "args": "dout, cache", "s2": "s", "g2": "gamma",
    "taken": "unit, s, gamma = cache", "result": "dx, dgamma, dbeta", "wrong": ""}
IN_AND_OUT = """
    if {flag}:
        rm, rv = 0.9 * rm + 0.1 * mu.ravel(), 0.9 * rv + 0.1 * var.ravel()
    else:
        mu, var = rm, rv
"""


def in_and_out(more, flag, given, enter="    pass"):
    return {"more": more, "eps": "1e-8", "enter": enter, "given": given,
            "state": IN_AND_OUT.format(flag=flag)}


STATS = """
    rm, rv = state["mean"], state["var"]
"""
FUNCTION_KINDS = {
    "the course's": {}, "a constant eps": {"more": "", "eps": "0.003"},
    "a constant eps beside a dict": {"eps": "1e-7"},
    "eps": {"more": ", eps=1e-5", "eps": "eps"},
    "epsilon": {"more": ", epsilon=1e-8", "eps": "epsilon"},
    "dims kept": {"keep": ", keepdims=True"},
    "names that say nothing": {"x": "p", "g": "q", "b": "r"},
    "letters": {"x": "a", "g": "b", "b": "c", "more": ", d", "eps": "d"},
    "scale and shift": {"x": "inputs", "g": "scale", "b": "shift"},
    "a dict for a cache": {
        "given": "out, {'n': unit, 's': s, 'g': gamma}",
        "taken": "unit, s, gamma = cache['n'], cache['s'], cache['g']"},
    "a dict": {"given": "{'out': out, 'cache': (unit, s, gamma)}",
               "result": "{'dx': dx, 'dgamma': dgamma, 'dbeta': dbeta}"},
    "a dict of all": {"given": "{'y': out, 'unit': unit, 's': s, 'gamma': gamma}",
                      "taken": "unit, s, gamma = cache['unit'], cache['s'], "
                      "cache['gamma']"},
    "a pair in a pair": {"result": "dx, (dgamma, dbeta)"},
    "dx last": {"result": "dgamma, dbeta, dx"},
    "a list": {"result": "[dx, dgamma, dbeta]"},
    "cache first": {"given": "(unit, s, gamma), out"},
    "values handed over": {
        "given": "out, unit, s", "args": "dout, unit, s, gamma, beta", "taken": "pass"},
    "values in another order": {
        "given": "out, unit, s", "args": "dout, s, unit, gamma", "taken": "pass"},
    "a cache in values": {
        "given": "out, (unit, s, gamma)", "args": "dout, unit, s, gamma",
        "taken": "pass"},
    "x handed over": {"given": "out, (s, gamma)", "args": "x, dout, cache",
                      "taken": "s, gamma = cache; unit = (x - x.mean({axes}, "
                      "keepdims=True)) / s"},
    "batch_norm": {"forward": "batch_norm", "backward": "batch_norm_backward"},
    "fwd": {"forward": "bn_fwd", "backward": "bn_bwd"},
    "features as rows": {"axes": "1", "keep": ", keepdims=True", "x": "Z"},
    "features as rows, eps": {"axes": "1", "keep": ", keepdims=True", "x": "A",
                              "more": ", epsilon=1e-8", "eps": "epsilon"},
    "channels last": {"axes": "(0, 1, 2)", "enter": "    N, H, W, C = {x}.shape"},
    "channels first": {"axes": "(0, 2, 3)", "enter": "    N, C, H, W = {x}.shape\n"
                       "    gamma, beta = gamma.reshape(1, C, 1, 1), "
                       "beta.reshape(1, C, 1, 1)"},
    "a pair of running statistics": in_and_out(
        ", cache, train=True", "train", "out, (unit, s, gamma), rm, rv",
        "    rm, rv = cache"),
    "running statistics by name": in_and_out(
        ", running_mean, running_var, training=True", "training",
        "out, (unit, s, gamma), running_mean, running_var",
        "    rm, rv = running_mean, running_var") | {"given":
        "out, (unit, s, gamma), rm, rv"},
    "running statistics in a dict": in_and_out(
        ", state, train=True", "train",
        "out, (unit, s, gamma), {'mean': rm, 'var': rv}", STATS),
    "running statistics changed in place": in_and_out(
        ", running_mean, running_var, training=True", "training",
        "out, (unit, s, gamma)", "    rm, rv = running_mean, running_var") | {
            "state": IN_AND_OUT.format(flag="training") + "    if training:\n"
            "        running_mean[...], running_var[...] = rm, rv\n"},
    "parameters in a dict": {"g": "params['gamma']", "b": "params['beta']",
                             "head": "x, params", "more": "", "eps": "1e-5"},
    "parameters in a dict, by layer": {
        "g": "params['gamma' + str(layer)]", "b": "params['beta' + str(layer)]",
        "head": "x, params, layer=''", "more": "", "eps": "1e-5"},
    "parameters in a pair": {"g": "pair[0]", "b": "pair[1]", "head": "pair, x",
                             "more": "", "eps": "1e-5"},
    "a context": {"head": "ctx, x, gamma, beta", "more": "", "eps": "1e-5",
                  "given": "save(ctx, out, unit, s, gamma)", "args": "ctx, dout",
                  "taken": "unit, s, gamma = ctx.kept"},
    "names of the forward": {
        "x": "X", "g": "a", "b": "b", "more": "", "eps": "1e-8", "g2": "a",
        "given": "out, unit, s", "args": "dout, unit, a, s", "taken": "pass"},
    "x, g, dy": {"args": "x, g, dy", "given": "out", "taken": "gamma, dout = g, dy; "
                 "s = np.sqrt(x.var(0) + 1e-5); unit = (x - x.mean(0)) / s",
                 "more": "", "eps": "1e-5"},
    "running statistics in a pair": in_and_out(
        ", state, mode='train'", "mode == 'train'", "out, (unit, s, gamma), (rm, rv)",
        "    rm, rv = state"),
}


def pair_of(**choices):
    source = filled(PAIR, FUNCTIONS | choices)
    names = (FUNCTIONS | choices)["forward"], (FUNCTIONS | choices)["backward"]
    made = {"np": np}
    exec(source, made)
    return [made[name] for name in names]


@pytest.mark.parametrize("kind", FUNCTION_KINDS)
def test_right_functions_are_right_however_they_are_written(kind):
    found = diagnose(*pair_of(**FUNCTION_KINDS[kind]))
    assert found.right, found
    said = {f.name for f in found.of("right")}
    assert said == {"y", "dx", "dgamma", "dbeta"}, found


@pytest.mark.parametrize("kind", [*FUNCTION_KINDS][::5])
def test_a_fault_of_functions_is_told_of_that_part_alone(kind):
    found = diagnose(*pair_of(**FUNCTION_KINDS[kind], wrong=" / unit.size"))
    assert {f.part for f in found.faults} <= {"dgamma", "dgamma, images"}, found
    assert found.faults, found


@pytest.mark.parametrize("kind", ["a list", "BW and Bb", "a dict", "rows", "coef"])
def test_a_beta_that_the_forward_leaves_out_is_found_all_the_same(kind):
    choices = PLAIN | PARAMETERS[kind]
    found = diagnose(run(source_of(PARAMETERS[kind], {"out": "y", "B": "0.0"}).replace(
        "0.0", f"0 * ({choices['B']}).mean()")))
    assert ("beta forgotten", "y") in names(found), found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_overwritten_dout_is_seen_in_every_layout(layout):
    source = source_of(LAYOUTS[layout])
    assert "back = dout * " in source
    found = diagnose(run(source.replace("back = dout * ", "back = dout\n        "
                                        "back *= ")))
    assert names(found) == {("dout overwritten", "conduct")}, found


SUMS = """
        if training:
            self.sums, self.squares = self.sums + mu, self.squares + var
            self.count += 1
        else:
            mu, var = self.sums / self.count, self.squares / self.count
"""


def test_sums_that_a_count_divides_are_no_running_statistics():
    found = diagnose(run(source_of({
        "flags": ", training=True", "state": SUMS, "init": PLAIN["init"] + "\n        "
        "self.sums, self.squares, self.count = np.zeros(n), np.zeros(n), 0"})))
    assert found.right, found


def test_a_class_that_is_handed_gamma_keeps_what_it_needs_in_itself():
    forward, backward = pair_of(more="", eps="1e-5")

    class Function:
        def forward(self, x, gamma, beta):
            y, self.saved = forward(x, gamma, beta)
            return y

        def backward(self, grad):
            return backward(grad, self.saved)

    found = diagnose(Function)
    assert found.right, found
    assert {f.name for f in found.of("right")} == {"y", "dx", "dgamma", "dbeta"}, found


@pytest.mark.parametrize("wrong, part", [("", None), (" / 2", "dgamma")])
def test_a_backward_that_the_forward_returns_is_run(wrong, part):
    forward, backward = pair_of(more="", eps="1e-5", wrong=wrong)

    def batchnorm(x, gamma, beta):
        y, cache = forward(x, gamma, beta)
        return y, lambda dout: backward(dout, cache)

    found = diagnose(batchnorm)
    assert {f.part for f in found.faults} == ({part} if part else set()), found
    assert "dx" in {f.name for f in found.of("right")}, found


def test_wrong_gradients_in_a_list_are_known_by_their_places():
    found = diagnose(run(source_of({
        "dg": "dgamma", "db": "dbeta", "wrong": " / self.unit.size",
        "after": "        self.pair = [dgamma, dbeta]\n        return dx"})))
    assert {f.part for f in found.faults} == {"dgamma"}, found


def names(found, kind="fault"):
    return {(f.name, f.part) for f in found.of(kind)}


@pytest.mark.parametrize("layout", [{}, LAYOUTS["channels first"],
                                    LAYOUTS["channels last"]])
@pytest.mark.parametrize("result", ["None", "None, None, None"])
def test_an_unfinished_backward_is_a_fault_and_y_is_judged(layout, result):
    found = diagnose(run(source_of(layout, {"after": f"        return {result}",
                                            "din": "d"})))
    assert names(found) == {("no dx", "dx")}
    assert {f.name for f in found.of("right")} == {"y"}


def test_a_backward_that_breaks_on_images_alone_is_a_fault_with_what_it_raised():
    found = diagnose(run(source_of(LAYOUTS["channels first"], {"dy": "dout[:, :, 0]",
                                                               "args": "dout"})))
    assert names(found) == {("no dx", "dx")}
    assert "the backward raises" in str(found)
    both = {"axes": "(0, *range(2, self.k))", "enter": "        self.k = x.ndim",
            "G": "self.gamma.reshape(-1, *[1] * (self.k - 2))",
            "B": "self.beta.reshape(-1, *[1] * (self.k - 2))"}
    assert diagnose(run(source_of(both))).right
    found = diagnose(run(source_of(both, {
        "after": "        assert dout.ndim == 2, 'rows'\n        return dx"})))
    assert names(found) == {("no dx", "images")}
    assert "AssertionError: rows" in " ".join(str(found).split())


@pytest.mark.parametrize("name", ["batch_norm", "bn_layer", "normalize_batch"])
@pytest.mark.parametrize("eps, right", [("eps", True), ("eps / 2", False)])
def test_a_forward_alone_is_judged(name, eps, right):
    forward = pair_of(forward=name, more=", eps=1e-5", eps=eps)[0]
    found = diagnose(forward)
    assert found.right == right, found
    assert "dx" not in {f.name for f in found.of("right")}


def test_a_pair_of_methods_of_a_network_is_read():
    forward, backward = pair_of(more=", eps=1e-5", eps="eps")

    class Net:
        def __init__(self, sizes):
            self.sizes = sizes

        def batchnorm_forward(self, x, gamma, beta, eps=1e-5):
            return forward(x, gamma, beta, eps)

        def batchnorm_backward(self, dout, cache):
            return backward(dout, cache)

        def forward(self, x):
            raise NotImplementedError

    found = diagnose(Net)
    assert {f.name for f in found.of("right")} == {"y", "dx", "dgamma", "dbeta"}, found


def test_dx_with_gamma_after_its_step_is_a_fault():
    late = STEPS["learning_rate"] | {
        "dg": "dgamma", "db": "self.gamma = self.gamma - learning_rate * dgamma\n"
        "        dbeta", "after": "        self.beta -= learning_rate * dbeta\n"
        "        return dx"}
    assert names(diagnose(run(source_of(late)))) == {("dx after the step", "dx")}


def test_a_step_whose_size_is_not_known_is_not_judged():
    found = diagnose(run(source_of(stepping("np.sign(dgamma) / self.unit.size"))))
    assert found.right
    assert names(found, "note") >= {("dgamma not found", "dgamma"),
                                    ("dbeta not found", "dbeta")}


@pytest.mark.parametrize("mode", ["train_flg", "a word", "keywords", "eval",
                                  "testing_phase", "train and test", "in a dict"])
@pytest.mark.parametrize("old, new, name", [
    ("mu, var = self.running_mean, self.running_var",
     "mu, var = self.running_mean, self.running_var - 1e-5",
     "test mode, eps forgotten"),
    ("mu, var = self.running_mean, self.running_var", "var = self.running_var",
     "test mode, the batch's mean"),
    ("mu, var = self.running_mean, self.running_var", "pass",
     "test mode uses the batch")])
def test_a_wrong_test_mode_is_a_fault_however_it_is_told(mode, old, new, name):
    source = source_of(MODES[mode])
    assert old in source
    found = diagnose(run(source.replace(old, new)))
    assert names(found) == {(name, "test mode")}, found


HIDDEN = source_of(PARAMETERS["names that say nothing"], {
    "wrong": " * 2", "flags": ", stage='fit'", "state": """
        if stage == "use":
            mu, var = self.m, 4 * self.v
        else:
            self.m, self.v = 0.9 * self.m + 0.1 * mu, 0.9 * self.v + 0.1 * var
"""}).replace("self.first, ", "self.m, self.v = 0.0, np.ones((1, n))\n"
              "        self.m = np.zeros((1, n))\n        self.first, ", 1)


def test_what_was_not_found_is_no_fault_and_the_option_that_tells_it_is_named():
    found = diagnose(run(HIDDEN))
    assert found.right, found
    said = " ".join(str(found).split())
    assert "--dgamma NAME" in said
    assert "--train NAME" in said


def test_what_is_told_is_judged():
    found = diagnose(run(HIDDEN), dgamma="out_of_first", train="stage=fit/use")
    assert {part for _, part in names(found)} == {"dgamma", "test mode"}, found


def test_parameters_that_do_nothing_to_y_are_found_if_they_are_told():
    source = source_of(called("first", "second", "d{}"), {"G": "1.0"})
    assert not diagnose(run(source), gamma="first").right
    found = diagnose(run(source))
    assert found.right
    assert "--gamma NAME" in " ".join(str(found).split())


@pytest.mark.parametrize("told, words", [
    ({"gama": "W"}, "^gama: unknown"),
    ({"layout": "NHWC"}, "^layout: 'NHWC', expected")])
def test_a_word_that_there_is_not_is_refused(told, words):
    with pytest.raises(ValueError, match=words):
        diagnose(run(source_of()), **told)


def test_a_layout_that_is_told_is_taken():
    rows = pair_of(axes="1", keep=", keepdims=True", more="", eps="1e-5")
    assert diagnose(*rows, layout="columns").right
    assert not diagnose(*rows, layout="rows").right


def test_every_option_of_the_command_is_a_word_of_diagnose():
    options = {a.dest for a in arguments.parser()._actions}
    assert set(HINTS) <= options
    given = arguments.parser().parse_args(["a.py", "--running-mean", "m"])
    assert arguments.told_in(given) == {"running_mean": "m"}


def test_objects_stay_what_they_are_and_nothing_of_ours_is_kept():
    source = source_of(PARAMETERS["an object with .data"])
    reader = recognise(run(source))
    gamma, beta = np.full(3, 1.5), np.full(3, 0.5)
    session = reader.start(gamma, beta)
    session.forward(np.arange(15.0).reshape(5, 3) ** 2)
    layer = session.layer
    assert type(layer.gamma).__name__ == "Box"
    assert np.array_equal(layer.gamma.data, gamma)
    assert not np.shares_memory(layer.gamma.data, gamma)
    assert not np.shares_memory(layer.beta.data, beta)
    assert np.array_equal(layer.gamma.grad, np.zeros(3))


def test_sessions_share_nothing_with_one_another_or_with_the_object_given():
    layer = run(source_of(MODES["training"]))(3)
    reader = recognise(layer)
    first, second = (reader.start(np.full(3, 2.0), np.zeros(3)) for _ in range(2))
    first.forward(np.arange(15.0).reshape(5, 3) ** 2)
    assert np.array_equal(second.layer.running_mean, np.zeros((1, 3)))
    assert np.array_equal(layer.gamma, np.ones(3))
    assert np.array_equal(layer.running_mean, np.zeros((1, 3)))


def test_an_error_of_bnbooks_own_is_no_fault_of_the_reader(monkeypatch):
    def broken(*args):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("bnbook.check.reading.study.parameters_of", broken)
    with pytest.raises(ZeroDivisionError, match="ours"):
        diagnose(run(source_of()))


IMAGES_WITH_A_PAIR = """
import numpy as np

def norm_forward(pixels, gain, bias, averages, rate=0.1, tiny=1e-3, mode="train"):
    mean, var = averages
    kept = None
    if mode == "train":
        m = pixels.mean(axis=(0, 2, 3), keepdims=True)
        v = pixels.var(axis=(0, 2, 3), keepdims=True)
        z = (pixels - m) / np.sqrt(v + tiny)
        mean, var = (1 - rate) * mean + rate * m, (1 - rate) * var + rate * v
        kept = z, gain, np.sqrt(v + tiny)
    else:
        z = (pixels - mean) / np.sqrt(var + tiny)
    return gain * z + bias, kept, (mean, var)

def norm_backward(d, kept):
    z, gain, s = kept
    over = {"axis": (0, 2, 3), "keepdims": True}
    dgain, dbias = (d * z).sum(**over), d.sum(**over)
    return gain / s * (d - d.mean(**over) - z * (d * z).mean(**over)), dgain, dbias
"""


def test_a_pair_of_averages_beside_the_parameters_is_not_taken_for_them():
    names = {}
    exec(IMAGES_WITH_A_PAIR, names)
    found = diagnose(names["norm_forward"], names["norm_backward"])
    assert found.right, found
