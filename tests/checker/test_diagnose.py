"""The reader's checker: faults by name and node, two as two, none in right code."""

import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from bnbook.check import FAULTS, RIGHT, Diagnosis, Implementation, diagnose
from bnbook.check.specimens import functions as pairs
from bnbook.check.specimens.catalogue import (
    CONVOLUTION,
    DROPOUT,
    FUNCTIONS,
    POOLING,
    RELU,
    STATE,
)
from bnbook.nn import dropout, pooling, relu_backward, relu_forward
from bnbook.norm.layer import BatchNorm

FAULT = {f.name: f for f in FAULTS}
# Where a diagnosis has other words for a fault, or cannot tell it from its like.
SAID = {
    "statistics constant": {"no variance path", "no mean path"},
    **{f"{op} off by 1e-6": {"variance path times 1.000001"}
       for op in ("square", "sqrt", "reciprocal")},
    "mean off by 1e-6": {"means times 1.000001"},
    "subtract off by 1e-6": {"dx times 1.000001"},
    "add off by 1e-6": {"add off"}, "multiply off by 1e-6": {"multiply off"},
    "xhat written into x": {"x overwritten"},
    "dxhat written into dy": {"dout overwritten"},
}
# Right numbers: told as notes, since good code does so too.
NOTED = {"one-pass variance": "one-pass variance",
         "backward in float32": "backward in float32",
         "cache of caller's arrays": "keeps the caller's x",
         "dgamma keeps its dims": "dgamma keeps its dims"}
NODE = {
    "no variance path": "var", "no mean path": "mu", "square without the 2": "sq",
    "sqrt without the 1/2": "std", "reciprocal's sign": "ivar",
    "dx without gamma": "xhat", "dgamma from x": "gamma", "dbeta averaged": "beta",
    "(xhat + beta) * gamma": "gx", "unbiased variance": "var",
    "eps outside the root": "vareps", "a statistic per pixel": "mu",
    "variance not centred": "sq"}

SOURCE = '''
import numpy as np

def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    N, D = x.shape
    mean = bn_param.get("running_mean", np.zeros(D))
    var = bn_param.get("running_var", np.zeros(D))
    if bn_param["mode"] == "test":
        return gamma * (x - mean) / np.sqrt(var + eps) + beta, None
    elif bn_param["mode"] != "train":
        raise ValueError("mode")
    mu = x.mean(axis=0)
    xmu = x - mu
    v = np.mean(xmu ** 2, axis=0)
    std = np.sqrt(v + eps)
    xhat = xmu / std
    out = gamma * xhat + beta
    bn_param["running_mean"] = momentum * mean + (1 - momentum) * mu
    bn_param["running_var"] = momentum * var + (1 - momentum) * v
    return out, (x.copy(), xhat, gamma.copy(), xmu, std)

def batchnorm_backward(dout, cache):
    x, xhat, gamma, xmu, std = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dstd = -divar / std ** 2
    dvar = 0.5 * dstd / std
    dsq = np.ones((N, D)) * dvar / N
    dxmu = dxhat / std + 2 * xmu * dsq
    dmu = -np.sum(dxmu, axis=0)
    dx = dxmu + np.ones((N, D)) * dmu / N
    return dx, dgamma, dbeta
'''
EDITS = {  # the name of a fault -> what a reader wrote, what they should have
    "unbiased variance": ("np.mean(xmu ** 2, axis=0)",
                          "np.sum(xmu ** 2, axis=0) / (N - 1)"),
    "eps outside the root": ("np.sqrt(v + eps)", "np.sqrt(v) + eps"),
    "(xhat + beta) * gamma": ("gamma * xhat + beta", "gamma * (xhat + beta)"),
    "mean is a sum": ("x.mean(axis=0)", "x.sum(axis=0)"),
    "one mean for all": ("x.mean(axis=0)", "x.mean()"),
    "dbeta averaged": ("np.sum(dout, axis=0)", "np.mean(dout, axis=0)"),
    "dgamma from xmu": ("np.sum(dout * xhat", "np.sum(dout * xmu"),
    "dgamma from x": ("np.sum(dout * xhat", "np.sum(dout * x"),
    "dx without gamma": ("dxhat = dout * gamma", "dxhat = dout"),
    "divar without xmu": ("np.sum(dxhat * xmu", "np.sum(dxhat"),
    "reciprocal's sign": ("dstd = -divar", "dstd = divar"),
    "reciprocal's power": ("-divar / std ** 2", "-divar / std"),
    "sqrt without the 1/2": ("0.5 * dstd", "dstd"),
    "dvar lacks 1/N": ("dvar / N", "dvar"),
    "square without the 2": ("2 * xmu * dsq", "xmu * dsq"),
    "no variance path": (" + 2 * xmu * dsq", ""),
    "subtract's sign": ("dmu = -np", "dmu = np"),
    "dmu lacks 1/N": ("dmu / N", "dmu"),
    "no mean path": (" + np.ones((N, D)) * dmu / N", ""),
    "momentum weighs the new value": (
        "momentum * mean + (1 - momentum) * mu",
        "momentum * mu + (1 - momentum) * mean"),
    "running std": ("(1 - momentum) * v\n", "(1 - momentum) * std\n"),
    "test mode uses the batch": ("(x - mean) / np.sqrt(var + eps)",
                                 "(x - x.mean(0)) / np.sqrt(x.var(0) + eps)"),
}
EDITS["dout overwritten"] = (
    "    dxhat = dout * gamma", "    dxhat = dout * gamma\n    dout *= 2")
PAIRS = (
    ("unbiased variance", "no mean path"), ("dbeta averaged", "dx without gamma"),
    ("eps outside the root", "dgamma from xmu"), ("no variance path", "no mean path"),
    ("unbiased variance", "(xhat + beta) * gamma"),
    ("reciprocal's sign", "dvar lacks 1/N"), ("square without the 2", "dmu lacks 1/N"),
    ("dgamma from x", "sqrt without the 1/2"),
    ("subtract's sign", "reciprocal's power"),
    ("(xhat + beta) * gamma", "square without the 2"),
    ("momentum weighs the new value", "dout overwritten"),
    ("divar without xmu", "no mean path"), ("dx without gamma", "reciprocal's sign"),
    ("test mode uses the batch", "running std"),
    ("one mean for all", "dgamma from xmu"),
    ("eps outside the root", "dvar lacks 1/N"))


def written(*faults):
    """The pair of functions with these edits made, each to be found once."""
    text = SOURCE
    for name in faults:
        old, new = EDITS[name]
        assert text.count(old) == 1, name
        text = text.replace(old, new)
    made = {}
    exec(text, made)
    return made["batchnorm_forward"], made["batchnorm_backward"]


def names(diagnosis):
    return {f.name for f in diagnosis.faults}


def noted(diagnosis):
    return {f.name for f in diagnosis.notes}


@pytest.mark.parametrize("name", [n for n in FAULT if n not in NOTED])
def test_a_named_fault_is_named(name):
    assert names(diagnose(FAULT[name].implementation)) == SAID.get(name, {name})


@pytest.mark.parametrize("name", NOTED)
def test_what_is_right_and_worth_knowing_is_a_note(name):
    found = diagnose(FAULT[name].implementation)
    assert found.right
    assert NOTED[name] in noted(found)


@pytest.mark.parametrize("name", NODE)
def test_a_fault_is_placed_at_its_node(name):
    assert {f.node for f in diagnose(FAULT[name].implementation).faults} == {NODE[name]}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", EDITS)
def test_a_readers_fault_is_named_whatever_the_probes(name, seed):
    assert names(diagnose(*written(name), seed=seed)) == {name}


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_two_faults_are_told_as_two(pair):
    assert names(diagnose(*written(*pair))) == set(pair)


@pytest.mark.parametrize("name, words", [
    ("no variance path", "dx lacks the path through the variance"),
    ("(xhat + beta) * gamma", "β is inside γ's product"),
    ("dvar lacks 1/N", "dvar lacks 1/N"),
    ("unbiased variance", "your forward divides by N − 1"),
    ("eps outside the root", "eps stands outside the root"),
    ("dout overwritten", "dout is overwritten"),
    ("momentum weighs the new value", "momentum weighs the new value")])
def test_it_speaks_in_plain_words(name, words):
    assert words in str(diagnose(*written(name)))


@pytest.mark.parametrize("dx, name", [
    ("(N * d - d.sum(0) - (d * h).sum(0)) / N", "closed form without xhat"),
    ("(N * d - d.sum(0) - h * d.sum(0)) / N", "closed form, dy for dy xhat"),
    ("((N - 1) * d - d.sum(0) - h * (d * h).sum(0)) / N", "closed form over N - 1"),
    ("(N * d - d.sum() - h * (d * h).sum(0)) / N", "dmu over everything"),
    ("(d - d.sum(0) - h * (d * h).sum(0)) / N", "dy lacks N"),
    ("N * d - d.sum(0) - h * (d * h).sum(0)", "dx lacks 1/N"),
    ("(N * d - d.sum(0) + h * (d * h).sum(0)) / N", "reciprocal's sign"),
    ("(N * d - h * (d * h).sum(0)) / N", "no mean path")])
def test_a_fault_of_the_closed_form_is_named(dx, name):
    def backward(dout, x, gamma, eps):
        s = np.sqrt(x.var(0) + eps)
        d, h, N = dout, (x - x.mean(0)) / s, len(x)
        found = gamma / s * eval(dx, {"d": d, "h": h, "N": N})
        return found, (d * h).sum(0), d.sum(0)

    assert names(diagnose(backward)) == {name}


class PyTorchs:
    """Momentum weighs the new value, the running variance is unbiased."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        self.weight, self.bias = np.ones(num_features), np.zeros(num_features)
        self.running_mean = np.zeros(num_features)
        self.running_var = np.ones(num_features)
        self.eps, self.momentum, self.training = eps, momentum, True

    def forward(self, x):
        self.axes = (0, *range(2, x.ndim))
        shape = (-1, *[1] * (x.ndim - 2))
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(axis=self.axes), x.var(axis=self.axes)
            unbiased = x.var(axis=self.axes, ddof=1)
            self.running_mean = self.running_mean + self.momentum * (
                mean - self.running_mean)
            self.running_var = self.running_var + self.momentum * (
                unbiased - self.running_var)
        self.std = np.sqrt(var + self.eps).reshape(shape)
        self.xhat = (x - mean.reshape(shape)) / self.std
        self.scale = self.weight.reshape(shape)
        return self.scale * self.xhat + self.bias.reshape(shape)

    def backward(self, grad_output):
        g, h, axes = grad_output * self.scale, self.xhat, self.axes
        self.weight_grad = (grad_output * h).sum(axis=axes)
        self.bias_grad = grad_output.sum(axis=axes)
        if not self.training:
            return g / self.std
        return (g - g.mean(axis=axes, keepdims=True)
                - h * (g * h).mean(axis=axes, keepdims=True)) / self.std


class Kerass:
    """eps 1e-3, momentum 0.99 on the old, parameters (1, C) in a dict."""

    def __init__(self, D):
        self.params = {"gamma": np.ones((1, D)), "beta": np.zeros((1, D))}
        self.grads, self.epsilon, self.momentum = {}, 1e-3, 0.99
        self.moving_mean, self.moving_var = np.zeros((1, D)), np.ones((1, D))

    def forward(self, x, mode="train"):
        if mode not in ("train", "test"):
            raise ValueError(mode)
        m, v = self.moving_mean, self.moving_var
        if mode == "train":
            m, v = x.mean(0, keepdims=True), x.var(0, keepdims=True)
            self.moving_mean = 0.99 * self.moving_mean + 0.01 * m
            self.moving_var = 0.99 * self.moving_var + 0.01 * v
        self.train, self.s = mode == "train", np.sqrt(v + self.epsilon)
        self.h = (x - m) / self.s
        return self.h * self.params["gamma"] + self.params["beta"]

    def backward(self, dy):
        self.grads["gamma"] = (dy * self.h).sum(0, keepdims=True)
        self.grads["beta"] = dy.sum(0, keepdims=True)
        dx = self.params["gamma"] * dy / self.s
        return dx - dx.mean(0) - self.h * (dx * self.h).mean(0) if self.train else dx


def channels_last_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    out, cache = written()[0](rows, gamma, beta, bn_param)
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), cache


def channels_last_backward(dout, cache):
    N, C, H, W = dout.shape
    dx, *others = written()[1](dout.transpose(0, 2, 3, 1).reshape(-1, C), cache)
    return dx.reshape(N, H, W, C).transpose(0, 3, 1, 2), *others


def short_forward(x, gamma, beta, eps):
    std = np.sqrt(np.std(x, axis=0) ** 2 + eps)
    return (x - np.mean(x, 0)) * (gamma / std) + beta, {"x": x, "s": std, "g": gamma}


def short_backward(dout, cache):
    x, s, gamma = cache["x"], cache["s"], cache["g"]
    h, N = (x - x.mean(0)) / s, len(x)
    dx = gamma / (N * s) * (N * dout - dout.sum(0) - h * (dout * h).sum(0))
    return {"dx": dx, "dgamma": (dout * h).sum(0), "dbeta": dout.sum(0)}


def only_backward(dout, x, gamma, eps):
    s = np.sqrt(x.var(0) + eps)
    h = (x - x.mean(0)) / s
    dx = gamma / s * (dout - dout.mean(0) - h * (dout * h).mean(0))
    return dx, (dout * h).sum(0), dout.sum(0)


def from_the_cache(dy, cache):
    return cache.gamma * cache.ivar * (
        dy - dy.mean(0) - cache.xhat * (dy * cache.xhat).mean(0))


RIGHT_CODE = {
    "the course's": written(), "PyTorch's": (PyTorchs,), "Keras's": (Kerass,),
    "channels last": (channels_last_forward, channels_last_backward),
    "short": (short_forward, short_backward), "backward alone": (only_backward,),
    "backward with a cache": (from_the_cache,), "an object": (PyTorchs(4),),
    "ours": (BatchNorm,), "plain": (pairs.batchnorm_forward, pairs.batchnorm_backward),
    **{s.name: (s.implementation,) for s in RIGHT}}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", RIGHT_CODE)
def test_right_code_is_never_blamed(name, seed):
    found = diagnose(*RIGHT_CODE[name], seed=seed)
    assert found.right, found


@pytest.mark.parametrize("name, notes", [
    ("PyTorch's", {"momentum weighs the new value", "unbiased running variance"}),
    ("Keras's", {"own eps", "momentum weighs the old value"}),
    ("the course's", {"zero start"}), ("short", {"keeps the caller's x"})])
def test_another_convention_is_a_note(name, notes):
    assert notes <= noted(diagnose(*RIGHT_CODE[name]))


class Median(PyTorchs):
    def forward(self, x):
        y = super().forward(x)
        return y - self.scale * np.median(self.xhat, axis=0)


def odd_backward(dout, cache):
    dx, dgamma, dbeta = written()[1](dout, cache)
    return dx + np.sign(cache[1]) * 0.1 * dgamma, dgamma, dbeta


def odd_dgamma(dout, cache):
    dx, dgamma, dbeta = written()[1](dout, cache)
    return dx, dgamma + np.abs(cache[1]).sum(axis=0), dbeta


def odd_variance(dout, cache):
    dx, dgamma, dbeta = written()[1](dout, cache)
    return dx + cache[1] * dgamma**3, dgamma, dbeta


@pytest.mark.parametrize("code, node", [
    ((Median,), "mu"), ((written()[0], odd_backward), "gx"),
    ((written()[0], odd_dgamma), "gamma"), ((written()[0], odd_variance), "var")])
def test_a_fault_without_a_name_is_told_by_its_node(code, node):
    (fault,) = diagnose(*code).faults
    assert (fault.name, fault.node) == ("unnamed", node)
    assert fault.sure.startswith("likely")


def test_values_kept_by_name_show_where_it_starts():
    def forward(x, gamma, beta, eps):
        xmu = x - x.mean(axis=0)
        var = (xmu**2).mean(axis=0) + np.abs(xmu).mean(axis=0)
        xhat = xmu / np.sqrt(var + eps)
        return gamma * xhat + beta, {"xmu": xmu, "var": var, "xhat": xhat}

    found = diagnose(forward, lambda dout, cache: (dout, dout.sum(0), dout.sum(0)))
    assert found.faults[0].node == "var"


STATE_SAID = {
    "never flushed": "second step", "evaluation kept": "evaluation kept",
    "running unless kept": "retain_derived changes y", "random gamma": "random gamma",
    "only training kept": "training gradient after a test forward",
    "only training kept, staged": "training gradient after a test forward",
    "a statistic a pixel, running": "a statistic per pixel",
    "zero start, eps 1e-6": "zero start", "zero start": "zero start",
    "no cache in test mode": "no backward in test mode",
    "only training kept, graph": "training gradient after a test forward",
    "x handed in again": "x handed in again", "unknown mode is None": "unknown mode",
    "momentum the other way": "momentum weighs the old value",
    "batch of one": "batch of one", "float32 sums": "few digits in float32",
    "float16 squares": "float16 squares"}
FUNCTIONS_SAID = {
    "beta times gamma": "(xhat + beta) * gamma", "x kept, not copied":
    "keeps the caller's x", "one cache in the layer": "one cache in the layer",
    "a statistic a pixel": "a statistic per pixel",
    "shape never restored": "a statistic per pixel",
    "any number of dimensions": "any number of dimensions"}
OTHERS_SAID = {
    "scaled by 1 / p": "scaled by 1 / p", "one row of mask": "one row of mask",
    "p = 1 divides by 0": "p = 1 divides by 0", "dout overwritten": "dout overwritten",
    "open at 0": "open at 0", "conv sizes by /": "sizes by /",
    "pool sizes by /": "sizes by /", "width for height": "width for height",
    "windows overwrite": "windows overwrite",
    "every tie gets all": "every tie gets all"}
KIND = {**{s.name: "dropout" for s in DROPOUT}, **{s.name: "relu" for s in RELU},
        **{s.name: "convolution" for s in CONVOLUTION},
        **{s.name: "max pool" for s in POOLING}}


def code_of(specimen):
    if isinstance(specimen.code, type):
        return (specimen.code,)
    if isinstance(specimen.implementation, Implementation):
        return (specimen.implementation,)
    return specimen.code, pairs.batchnorm_backward


@pytest.mark.parametrize("specimen", FUNCTIONS + STATE, ids=lambda s: s.name)
def test_a_specimen_of_the_five_systems_is_named(specimen):
    found = diagnose(*code_of(specimen))
    said = {**FUNCTIONS_SAID, **STATE_SAID}[specimen.name]
    assert said in names(found) | noted(found)


@pytest.mark.parametrize(
    "specimen", DROPOUT + RELU + CONVOLUTION + POOLING, ids=lambda s: s.name)
def test_a_specimen_around_batch_norm_is_named(specimen):
    found = diagnose(specimen.implementation, kind=KIND[specimen.name])
    assert OTHERS_SAID[specimen.name] in names(found) | noted(found)


def test_the_books_own_layers_around_it_are_right():
    def pool(x, height, width, stride):
        return pooling.max_pool_forward(x, height=height, width=width, stride=stride)

    assert diagnose(dropout.dropout_forward, dropout.dropout_backward).right
    assert diagnose(relu_forward, relu_backward).right
    assert diagnose(pool, pooling.max_pool_backward).right


def raising(x, gamma, beta, eps):
    raise KeyError("gama")


@pytest.mark.parametrize("code, words", [
    ((raising, short_backward), "KeyError: 'gama' (in raising, line"),
    ((lambda x, gamma, beta, eps: None, short_backward), "the forward returned None"),
    ((3,), "int is nothing that can be diagnosed"),
    ((), "0 things were given"), ((np,), "numpy has no forward and backward")])
def test_what_cannot_run_is_told_in_one_line(code, words):
    found = diagnose(*code)
    assert not found.ran
    assert not found.right
    assert words in found.faults[0].sentence
    assert "\n" not in found.faults[0].sentence


@pytest.mark.parametrize("returned, words", [
    (None, "the backward returned no dx"), ((None,) * 3, "the backward returned no dx"),
    ("dx", "dx came back as <U2")])
def test_a_backward_that_returns_nothing_is_a_fault_and_y_is_judged(returned, words):
    found = diagnose(short_forward, lambda dout, cache: returned)
    assert [(f.node, f.part) for f in found.faults] == [("x", "dx")]
    assert words in found.faults[0].sentence
    assert found.ran
    assert "y is right" in str(found)


@pytest.mark.parametrize("old, new", [
    ('bn_param.get("momentum", 0.9)', "0.9"), ('bn_param.get("eps", 1e-5)', "1e-4")])
def test_what_is_constant_is_no_fault(old, new):
    made = {}
    exec(SOURCE.replace(old, new), made)
    found = diagnose(made["batchnorm_forward"], made["batchnorm_backward"])
    assert found.right, found
    assert ("own eps" in noted(found)) == (new == "1e-4")


@pytest.mark.parametrize("forward", [
    lambda x, gamma, beta, eps: (np.full(3, np.nan), 0),
    lambda x, gamma, beta, eps: (x * np.nan, 0),
    lambda x, gamma, beta, eps: ([[1.0, [2.0]]], 0),
    lambda x, gamma, beta, eps: (x.sum(), 0),
    lambda x, gamma, beta, eps: (x[:2], 0)])
@pytest.mark.parametrize("backward", [
    lambda dout, cache: (dout, None, np.inf), lambda dout, cache: dout[:, :1],
    lambda dout, cache: (dout.T, dout, dout), lambda dout, cache: [[]]])
def test_nothing_that_code_returns_breaks_it(forward, backward):
    assert not diagnose(forward, backward).right


def test_another_kind_is_refused():
    with pytest.raises(ValueError, match=r"^kind: 'attention', expected one of"):
        diagnose(*written(), kind="attention")


def test_a_diagnosis_takes_less_than_three_seconds():
    seconds = []  # of three: the shortest is the code's own, the rest the machine's
    for _ in range(3):
        started = time.process_time()
        diagnose(*written("mean is a sum", "divar without xmu"))
        seconds.append(time.process_time() - started)
    assert min(seconds) < 3, seconds


def test_text_says_first_what_is_right():
    lines = str(diagnose(*written("no mean path"))).splitlines()
    assert lines[1] == "y is right. dgamma is right. dbeta is right."
    assert lines[2].startswith("✗ dx lacks the path through the mean.  [node mu]")


def test_html_is_a_table_and_the_graph_with_the_node_lit():
    html = diagnose(*written("no mean path"))._repr_html_()
    assert "<caption>" in html
    assert html.count('<th scope="row">') == html.count("<tr>") - 1
    lit = html.partition('data-name="mu"')[2].partition("</g>")[0]
    assert "#fff0b8" in lit
    other = html.partition('data-name="std"')[2].partition("</g>")[0]
    assert "#fff0b8" not in other


def test_the_graph_has_a_name_and_the_pages_colours():
    svg = diagnose(*written("no mean path"))._repr_html_().partition("<svg")[2]
    name = "The graph of batch norm with mu lit. dx lacks the path through the mean."
    assert svg.startswith(f' role="img" aria-label="{name}"')
    assert not re.search(r"(?<!, )#[0-9a-f]{6}", svg)


def test_right_code_draws_nothing():
    assert "<svg" not in diagnose(*written())._repr_html_()


def told_on_the_command_line(folder, text, target, code, words):
    (folder / "mine.py").write_text(text)
    done = subprocess.run([sys.executable, "-m", "bnbook.check", target], cwd=folder,
                          capture_output=True, text=True)
    assert done.returncode == code, done
    assert words in done.stdout + done.stderr
    return done


@pytest.mark.parametrize("faults, target, code, words", [
    ((), "mine:batchnorm_forward,batchnorm_backward", 0, "is right"),
    ((), "mine:batchnorm_backward", 0, "is right"), ((), "mine", 0, "is right"),
    (("no mean path",), "mine:batchnorm_backward", 1, "path through the mean"),
    ((), "mine:nothing", 2, "AttributeError"),
    ((), "no_such", 2, "ModuleNotFoundError"),
    ((), "mine:np", 2, "has no forward and backward")])
def test_the_command_line_has_an_exit_code(tmp_path, faults, target, code, words):
    text = SOURCE
    for name in faults:
        text = text.replace(*EDITS[name])
    done = told_on_the_command_line(tmp_path, text, target, code, words)
    assert "Traceback" not in done.stderr


def test_every_part_of_the_checker_is_short():
    parts = Path(diagnose.__code__.co_filename).parent.glob("*.py")
    assert all(len(p.read_text().splitlines()) <= 190 for p in parts)


def test_a_diagnosis_is_of_its_findings():
    assert Diagnosis("code", ()).right
    assert not Diagnosis("code", (), ran=False).right

def stripped(*faults):
    """The course's functions without mode and running statistics: batch norm alone."""
    def forward(x, gamma, beta, bn_param):
        return written(*faults)[0](x, gamma, beta, {
            "mode": "train", "eps": bn_param.get("eps", 1e-5)})

    return forward, written(*faults)[1]


def test_functions_without_a_test_mode_are_right_and_it_is_said_once():
    found = diagnose(*stripped())
    assert found.right
    assert "no test mode" in noted(found)
    assert "unknown mode" not in noted(found)
    assert str(found).count("mode") == 2


def in_float32(x, gamma, beta, bn_param):
    bn_param = {**bn_param, "eps": np.float32(bn_param["eps"])}
    y, cache = stripped()[0](*map(np.float32, (x, gamma, beta)), bn_param)
    return y.astype(float), cache


def test_float32_inside_is_a_note():
    def backward(dout, cache):
        return [a.astype(float) for a in written()[1](np.float32(dout), cache)]

    found = diagnose(in_float32, backward)
    assert found.right, found
    assert {"forward in float32", "backward in float32"} <= noted(found)


MOVED = (  # what a reader wrote, what they should have, the fault, its node
    ("momentum * mean + (1 - momentum) * mu", "momentum * mu + (1 - momentum) * mean",
     "momentum weighs the new value", "mu"),
    ("momentum * var + (1 - momentum) * v", "momentum * v + (1 - momentum) * var",
     "momentum weighs the new value", "var"),
    ("momentum * var + (1 - momentum) * v", "momentum * mean + (1 - momentum) * v",
     "running var from the mean", "var"),
    ('"running_mean", np.zeros(D)', '"running_mean", np.ones(D)',
     "running mean's start", "mu"),
    ("(x - mean) / np.sqrt(var + eps)", "(x - mean) / np.sqrt(var)",
     "test mode, eps forgotten", "vareps"),
    ("(x - mean) / np.sqrt(var + eps)", "(x - mean) / np.sqrt(var + 1e-3)",
     "test mode, another eps", "vareps"),
    ("(x - mean) / np.sqrt(var + eps)", "(x - x.mean(0)) / np.sqrt(var + eps)",
     "test mode, the batch's mean", "mu"),
    ("dmu = -np.sum(dxmu, axis=0)", "dmu = -np.sum(dxmu)", "dmu without axis", "mu"),
    ("np.sum(dxhat * xmu, axis=0)", "np.sum(dxhat * xmu)",
     "divar without axis", "ivar"),
    ("np.sum(dxhat * xmu, axis=0)", "np.sum((dxhat * xmu)[:-1], axis=0)",
     "divar without the last row", "ivar"),
    ("N, D = dout.shape", "D, N = dout.shape", "both means over the features", "mu"),
    ("return dx, dgamma, dbeta", "return dx", "gradients missing", "gamma"),
    ("return dx, dgamma", "return dx * np.nan, dgamma", "dx is NaN", "x"),
    ("return dx, dgamma", "return np.clip(dx, -1, 1), dgamma", "dx clipped", "x"),
    ("return out, (x", "return np.maximum(out, 0), (x", "relu in y", "y"),
)


@pytest.mark.parametrize("old, new, name, node", MOVED)
def test_a_fault_of_a_readers_is_named_alone(old, new, name, node):
    text = SOURCE.replace(old, new, 1)
    if new.startswith("D, N"):
        text = text.replace("np.ones((N, D))", "np.ones((D, N))")
    assert text != SOURCE
    made = {}
    exec(text, made)
    found = diagnose(made["batchnorm_forward"], made["batchnorm_backward"])
    assert [(f.name, f.node) for f in found.faults] == [(name, node)], found


def test_of_two_momenta_it_says_which_is_the_other_way_round():
    words = str(diagnose(*written("momentum weighs the new value")))
    assert "the running mean is 0.3 · old + 0.7 · new" in words
    assert "running variance momentum weighs" not in words


def by_eps(dout, cache):
    x, gamma, _ = cache
    s = np.sqrt(x.var(0) + 1e-5)
    h = (x - x.mean(0)) / s
    d = gamma * dout
    return (d - d.mean(0) - h * (d * h).mean(0)) / s, (dout * h).sum(0), dout.sum(0)


def by_unbiased(dout, cache):
    x, gamma, eps = cache
    s = np.sqrt(x.var(0, ddof=1) + eps)
    h = (x - x.mean(0)) / s
    d = gamma * dout
    return (d - d.mean(0) - h * (d * h).mean(0)) / s, (dout * h).sum(0), dout.sum(0)


def by_hundred(dout, cache):
    x, gamma, eps = cache
    s = np.sqrt(x.var(0) + eps)
    h = (x - x.mean(0)) / s
    d = gamma * dout
    return (d - d.sum(0) / 100 - h * (d * h).sum(0) / 100) / s, (dout * h).sum(0), (
        dout.sum(0))


def kept_forward(x, gamma, beta, eps):
    return short_forward(x, gamma, beta, eps)[0], (x.copy(), gamma.copy(), eps)


@pytest.mark.parametrize("backward, words", [
    (by_eps, "the backward uses another eps, 1e-05"),
    (by_unbiased, "standard deviation is the unbiased one"),
    (by_hundred, "the two means send back is divided by 100, not by N")])
def test_one_cause_is_one_fault(backward, words):
    (fault,) = diagnose(kept_forward, backward).faults
    assert words in fault.sentence


class ByRunning(PyTorchs):
    """Normalizes the batch by the running statistics, which it has just moved."""

    def forward(self, x):
        before = self.training
        super().forward(x)
        self.training = False
        y = super().forward(x)
        self.training = before
        return y


class Uncentred(PyTorchs):
    def forward(self, x):
        super().forward(x)
        shape = (-1, *[1] * (x.ndim - 2))
        self.xhat = x / self.std
        return self.scale * self.xhat + self.bias.reshape(shape)


def test_training_by_running_statistics_is_named_and_dx_is_not_called_right():
    found = diagnose(ByRunning)
    assert [(f.name, f.node) for f in found.faults] == [
        ("training by running statistics", "mu")]
    assert "dx is right" not in str(found)


def test_a_wrong_forward_makes_no_fault_of_dx():
    found = diagnose(Uncentred)
    assert "x scaled, not xmu" in names(found)
    assert not [f for f in found.faults if "unnamed" in f.name]
    assert "dx is the textbook's on your values, not your forward's gradient" in str(
        found)


def mixing_forward(x, gamma, beta, bn_param):
    y, cache = written()[0](x.reshape(-1, x.shape[1]), gamma, beta, bn_param)
    return y.reshape(x.shape), cache


def mixing_backward(dout, cache):
    dx, *others = written()[1](dout.reshape(-1, dout.shape[1]), cache)
    return dx.reshape(dout.shape), *others


def swapped_forward(x, gamma, beta, bn_param):
    y, cache = channels_last_forward(x, gamma, beta, bn_param)
    return np.moveaxis(y, 1, -1).reshape(x.shape), cache


@pytest.mark.parametrize("code, name", [
    ((mixing_forward, mixing_backward), "reshape mixes channels"),
    ((swapped_forward, channels_last_backward), "reshape not undone")])
def test_a_reshape_that_moves_no_axis_is_named(code, name):
    assert name in names(diagnose(*code))


class OverRows(PyTorchs):
    """The backward's means divide by N where they should by N·H·W."""

    def backward(self, g):
        dx = super().backward(g)
        straight = g * self.scale / self.std
        return straight + (dx - straight) * g[0, 0].size


def test_the_means_over_rows_alone_are_named_on_images():
    assert "the means in the backward divide by N, not N·H·W" in str(
        diagnose(OverRows))


MODULE = SOURCE + '''
def batchnorm_backward_alt(dout, cache):
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return -dx, dgamma, dbeta

def relu_forward(x):
    return x, None

def relu_backward(dout, cache):
    return dout

class Layer:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, dout):
        raise NotImplementedError
'''


@pytest.mark.parametrize("text, target, code, words", [
    (MODULE, "mine", 1, "batchnorm_backward_alt has 1 fault"),
    (MODULE, "mine", 1, "batchnorm_forward with batchnorm_backward is right"),
    (MODULE, "mine:batchnorm_backward_alt", 1, "dx has the wrong sign"),
    (MODULE, "mine.py:batchnorm_backward", 0, "is right"),
    (SOURCE.replace("batchnorm_forward", "bn_fwd").replace(
        "batchnorm_backward", "bn_bwd"), "mine", 0, "bn_fwd with bn_bwd is right"),
    (SOURCE + "\nraise SystemExit", "mine", 0, "is right"),
    ("def f(:", "mine", 2, "SyntaxError")])
def test_all_of_a_module_is_told(tmp_path, text, target, code, words):
    done = told_on_the_command_line(tmp_path, text, target, code, words)
    assert "importlib" not in done.stderr
    assert "_call_with_frames" not in done.stderr


class Lazy:
    """Its parameters are made at the first x."""

    def __init__(self):
        self.gamma = None

    def forward(self, x):
        if self.gamma is None:
            self.gamma, self.beta = np.ones(x.shape[1]), np.zeros(x.shape[1])
        y, self.cache = kept_forward(x, self.gamma, self.beta, 1e-5)
        return y

    def backward(self, dout):
        dx, self.dgamma, self.dbeta = by_eps(dout, self.cache)
        return dx


def test_a_layer_built_from_nothing_is_run():
    assert diagnose(Lazy).right


def test_a_lambda_whose_names_say_nothing_is_run():
    forward, backward = written()
    assert diagnose(lambda a, b, c, d: forward(a, b, c, d), backward).right
    assert diagnose(lambda a, b, c, d: kept_forward(a, b, c, d), by_eps).faults


def test_float32_is_asked_for_in_every_argument():
    assert "dtype" not in noted(diagnose(*written()))


def test_conventions_are_one_line():
    lines = [line for line in str(diagnose(PyTorchs)).splitlines()
             if line.startswith("· conventions: ")]
    assert len(lines) == 1
    assert "momentum 0.1 weighs the new value" in lines[0]


def test_what_fits_the_readers_forward_is_said_to_fit_it():
    lines = str(diagnose(*written("(xhat + beta) * gamma", "dbeta averaged")))
    assert "dx fits your forward." in lines
    lines = str(diagnose(*written("unbiased variance")))
    assert "dx is the textbook's on your values, not your forward's gradient." in lines


@pytest.mark.parametrize("old, new", [
    ("np.sqrt(v + eps)", "np.sqrt(v)"), ("gamma * xhat + beta", "gamma * xhat")])
@pytest.mark.parametrize("returned", ["dx[::-1]", "dx.T.reshape(N, D)"])
def test_a_dx_of_no_forward_is_a_fault_beside_a_forwards(old, new, returned):
    text = SOURCE.replace(old, new).replace("return dx,", f"return {returned},")
    made = {}
    exec(text, made)
    found = diagnose(made["batchnorm_forward"], made["batchnorm_backward"])
    assert [f.node for f in found.faults if f.name == "unnamed"] == ["x"]
    assert len(found.faults) == 2
    assert "dx is not the gradient of your own forward, nor the textbook's" in str(
        found).replace("\n  ", " ")
    assert "your backward fits" not in str(found)


def test_a_running_variance_that_stays_is_said_to():
    text = SOURCE.replace("momentum * var + (1 - momentum) * v\n", "var\n")
    made = {}
    exec(text, made)
    found = diagnose(made["batchnorm_forward"], made["batchnorm_backward"])
    assert names(found) == {"running variance stays"}
    assert "the running variance is not updated" in str(found)
