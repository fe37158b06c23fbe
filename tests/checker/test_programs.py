"""Batch norms inside larger programs: networks, frameworks, modules with globals.

Every program is written from the same few lines of arithmetic.
"""

import textwrap
from types import ModuleType

import numpy as np
import pytest

from bnbook.check import diagnose

LAYER = """
class Norm:
    def __init__(self, {init}):
        {start}
        self.gamma, self.beta = np.ones({shape}), np.zeros({shape})
        self.M, self.V = np.zeros({shape}), np.ones({shape})
        self.running_M, self.running_V = np.zeros({shape}), np.ones({shape})

    def forward(self, x, eval=False):
        if not eval:
            self.M, self.V = x.mean({axes}, keepdims=True), x.var({axes}, keepdims=True)
            self.running_M = {a} * self.running_M + (1 - {a}) * self.M
            self.running_V = {a} * self.running_V + (1 - {a}) * self.V
        m, v = (self.running_M, self.running_V) if eval else (self.M, self.V)
        self.std = np.sqrt(v + {eps})
        self.unit = ((x - m) / self.std).astype({dtype})
        return self.gamma * self.unit + self.beta

    def backward(self, dout):
        mean = lambda a: a.mean({axes}, keepdims=True)
        self.dgamma = (dout * self.unit).sum({axes}, keepdims=True)
        self.dbeta = dout.sum({axes}, keepdims=True)
        d = dout * self.gamma
        return (d - mean(d) - self.unit * mean(d * self.unit)) / self.std
"""
PLAIN = {"init": "n, alpha=0.9", "start": "self.alpha = alpha", "shape": "(1, n)",
         "axes": "0", "a": "self.alpha", "eps": "1e-5", "dtype": "float"}
IMAGES = {"shape": "(1, n, 1, 1)", "axes": "(0, 2, 3)"}
LAYERS = {
    "M beside running_M": {}, "images only": IMAGES,
    "channels as rows": {"shape": "(n, 1, 1, 1)", "axes": "(1, 2, 3)"},
    "in float32": {"dtype": "np.float32"},
    "a configuration": {"init": "config", "start": "n = config.num_features",
                        "a": "0.9"},
    "options by key": {"init": "options", "start": "n = options['channels']",
                       "a": "0.9"},
    "the number of dimensions": {
        "init": "n, num_dims", "start": "assert num_dims in (2, 4)\n        "
        "axes = 0 if num_dims == 2 else (0, 2, 3)\n        self.ax = axes\n        "
        "shape = (1, n) if num_dims == 2 else (1, n, 1, 1)",
        "shape": "shape", "axes": "self.ax", "a": "0.9"},
}
FRAMEWORK = """
class Layer:
    def __init__(self, input_shape=None):
        self.input_shape, self.steps, self.is_training = input_shape, {}, True

    def build(self, optimizer, before=None):
        self.optimizer = optimizer
        self.input_shape = before.input_shape if before else self.input_shape

    def add(self, name, value):
        self.steps[name] = self.optimizer.get_updater(value.shape)
        return value, np.zeros(value.shape)

    def forward(self, inputs):
        return self.forward_impl(inputs)

    def backward(self, grad_outputs):
        return self.backward_impl(grad_outputs)

class BatchNorm(Layer):
    def __init__(self, momentum=0.9, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.momentum = momentum

    def build(self, *args, **kwargs):
        super().build(*args, **kwargs)
        c, h, w = self.input_shape
        self.running_mean, self.running_var = np.zeros(c), np.ones(c)
        self.gamma, self.gamma_grad = self.add("gamma", np.ones(c))
        self.beta, self.beta_grad = self.add("beta", np.zeros(c))

    def forward_impl(self, inputs):
        mean, var = self.running_mean, self.running_var
        if self.is_training:
            mean, var = inputs.mean((0, 2, 3)), inputs.var((0, 2, 3))
            p = self.momentum
            self.running_mean = p * self.running_mean + (1 - p) * mean
            self.running_var = p * self.running_var + (1 - p) * var
        self.std = np.sqrt(var + 1e-5)[:, None, None]
        self.unit = (inputs - mean[:, None, None]) / self.std
        return self.gamma[:, None, None] * self.unit + self.beta[:, None, None]

    def backward_impl(self, grad_outputs):
        mean = lambda a: a.mean((0, 2, 3), keepdims=True)
        self.gamma_grad = (grad_outputs * self.unit).sum((0, 2, 3))
        self.beta_grad = grad_outputs.sum((0, 2, 3))
        d = grad_outputs * self.gamma[:, None, None]
        return (d - mean(d) - self.unit * mean(d * self.unit)) / self.std
"""
PAIR = """
def batchnorm_forward({args}):
    {before}
    if mode == "train":
        mu, var = x.mean(0), x.var(0)
        {state}
    else:
        mu, var = {kept}
    std = np.sqrt(var + 1e-5)
    unit = (x - mu) / std
    return {gamma} * unit + {beta}, (unit, std, {gamma})

def batchnorm_backward({self}dout, cache):
    unit, std, gamma = {cache}
    d = dout * gamma
    dx = (d - d.mean(0) - unit * (d * unit).mean(0)) / std
    return {returned}
"""
FREE = {"args": "x, gamma, beta, mode='train'", "before": "global mean, var_",
        "state": "mean, var_ = 0.9 * mean + 0.1 * mu, 0.9 * var_ + 0.1 * var",
        "kept": "mean, var_", "gamma": "gamma", "beta": "beta", "self": "",
        "cache": "cache", "returned": "dx, (dout * unit).sum(0), dout.sum(0)"}
OWN = {**FREE, "args": "self, x, mode='train'", "self": "self, ", "before": "s = self",
       "state": "s.mean, s.var = .9 * s.mean + .1 * mu, .9 * s.var + .1 * var",
       "kept": "s.mean, s.var", "gamma": "s.p['gamma']", "beta": "s.p['beta']"}
DICTS = {**FREE, "args": "x, theta, state, mode='train'", "before": "s = state",
         "state": "s['mean'], s['var'] = .9 * s['mean'] + .1 * mu, "
                  ".9 * s['var'] + .1 * var", "kept": "s['mean'], s['var']",
         "gamma": "theta['gamma']", "beta": "theta['beta']"}
TURNED = {**FREE, "args": "x, beta, gamma, mode='train'",
          "returned": "dx, dout.sum(0), (dout * unit).sum(0)"}
NETWORK = """
class Network:
    def __init__(self, n_in, n_out, index, bn=True):
        self.W = np.random.randn(n_in, n_out)
        self.mean, self.var = np.zeros(n_out), np.ones(n_out)
        self.p = {"gamma": np.ones(n_out), "beta": np.zeros(n_out)}

    def forward(self, x, mode):
        self.mode = mode
        return self.batchnorm_forward(x @ self.W)[0]

"""
GLOBALS = "mean, var_ = 0.0, 1.0\n"
PROGRAMS = {
    "statistics in globals": GLOBALS + PAIR.format(**FREE),
    "beta before gamma": GLOBALS + PAIR.format(**TURNED),
    "two dicts": PAIR.format(**DICTS), "a framework's layer": FRAMEWORK,
    "among a network's methods": NETWORK + textwrap.indent(PAIR.format(**OWN), "    "),
    "a mode that another method sets": NETWORK + textwrap.indent(PAIR.format(**{
        **OWN, "args": "self, x", "before": "s, mode = self, self.mode"}), "    "),
    "a cache that the object keeps": NETWORK + textwrap.indent(PAIR.format(**{
        **OWN, "before": "s = self; self.bn_cache = ()"}).replace(
            "return s.p", "self.bn_cache = unit, std, s.p['gamma']\n    return s.p"
        ).replace("+ s.p['beta'], (unit, std, s.p['gamma'])", "+ s.p['beta']"), "    "),
}


def module(source, name="submission"):
    made = ModuleType(name)
    made.np = np
    exec(source, vars(made))
    for a in vars(made).values():
        if hasattr(a, "__module__") and a is not np:
            a.__module__ = name
    return made


def layer(*changes, **choices):
    """The class with some choices, and with texts changed for others."""
    source = LAYER.format(**PLAIN | choices)
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return module(source).Norm


@pytest.mark.parametrize("choices", LAYERS.values(), ids=LAYERS)
def test_a_layer_is_read_and_its_running_statistics_too(choices):
    found = diagnose(layer(**choices))
    assert found.right, found
    noted = {f.name for f in found.notes}
    assert "biased running variance" in noted and "no test mode" not in noted
    wrong = diagnose(layer((") * self.V", ") * 2 * self.V"), **choices))
    assert [f.part for f in wrong.faults] == ["running statistics"], wrong


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)
def test_a_batch_norm_inside_a_program_is_read(source):
    found = diagnose(module(source), kind="batch norm")
    assert found.right and "dx is right" in str(found), found
    assert "biased running variance" in {f.name for f in found.notes}, found
    wrong = diagnose(module(source.replace("d - ", "d + ")), kind="batch norm")
    assert {f.part for f in wrong.faults} == {"dx"}, wrong


def test_a_return_in_another_order_than_the_arguments_is_a_fault():
    turned = TURNED | {"args": FREE["args"]}
    found = diagnose(module(GLOBALS + PAIR.format(**turned)), kind="batch norm")
    assert {f.part for f in found.faults} == {"dgamma", "dbeta"}, found


def test_a_forward_without_eps_is_told_by_a_constant_feature():
    assert [f.name for f in diagnose(layer(eps="0")).faults] == ["no eps"]
    assert "no eps" not in str(diagnose(layer(eps="1e-12")))


def test_test_mode_is_tried_on_another_batch_than_that_before_it():
    found = diagnose(layer(("if not eval:", "if not eval:\n            self.x = x"),
                           ("(x - m)", "(self.x - m)")))
    assert [f.part for f in found.faults] == ["test mode"], found


@pytest.mark.parametrize("axis, parts", [("axis=0", []), ("axis=None", ["test mode"])])
def test_test_mode_is_judged_by_practice_where_no_statistics_are_found(axis, parts):
    found = diagnose(layer(
        ("self.running_M, self.running_V = np.zeros((1, n)), np.ones((1, n))",
         "self.seen = []"),
        ("self.running_M = ", "self.seen.append((self.M, self.V))\n            m = "),
        ("self.running_V = ", "v = "), ("* self.running_M", "* 0"),
        ("* self.running_V", "* 0"), ("(self.running_M, self.running_V) if eval",
         f"[np.mean(a, {axis}) for a in zip(*self.seen)] if eval")))
    assert [f.part for f in found.faults] == parts, found


def test_a_forward_alone_with_a_test_mode_is_right():
    source = LAYER.format(**PLAIN).split("    def backward")[0]
    assert diagnose(module(source).Norm).right


def test_a_backward_that_needs_what_another_method_keeps_is_not_judged():
    source = PROGRAMS["among a network's methods"].replace(
        "d = dout * gamma", "d = dout * gamma + 0 * self.inputs")
    found = diagnose(module(source), kind="batch norm")
    assert not found.ran and "another method" in str(found), found
