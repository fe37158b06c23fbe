"""A fault of test mode or of the running statistics is quoted at its line, or at none.
"""

import importlib.util
import itertools

import pytest

from bnbook.check import diagnose

LAYER = '''\
import numpy as np


class Norm:
    def __init__(self, n, momentum=0.9, eps=1e-5):
        self.gamma, self.beta = np.ones(n), np.zeros(n)
        self.momentum, self.eps = momentum, eps
        self.avg_mean, self.avg_var = np.zeros(n), np.ones(n)

    def forward(self, x, training=True):
        if training:
            m = x.mean(axis=0)
            v = x.var(axis=0)
            self.avg_mean = self.momentum * self.avg_mean + (1 - self.momentum) * m
            self.avg_var = self.momentum * self.avg_var + (1 - self.momentum) * v
        else:
            m = self.avg_mean
            v = self.avg_var
            self.unit = (x - m) / np.sqrt(v + self.eps)
            return self.gamma * self.unit + self.beta
        self.s = np.sqrt(v + self.eps)
        self.unit = (x - m) / self.s
        return self.gamma * self.unit + self.beta

    def backward(self, d):
        self.dbeta = d.sum(axis=0)
        self.dgamma = (d * self.unit).sum(axis=0)
        g = d * self.gamma
        return (g - g.mean(0) - self.unit * (g * self.unit).mean(0)) / self.s
'''
COURSE = '''\
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    D = x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros(D))
    running_var = bn_param.get("running_var", np.zeros(D))
    out, cache = None, None
    if mode == "train":
        sample_mean = x.mean(axis=0)
        sample_var = x.var(axis=0)
        std = np.sqrt(sample_var + eps)
        x_hat = (x - sample_mean) / std
        out = gamma * x_hat + beta
        cache = (x_hat, std, gamma)
        running_mean = momentum * running_mean + (1 - momentum) * sample_mean
        running_var = momentum * running_var + (1 - momentum) * sample_var
    elif mode == "test":
        scale = np.sqrt(running_var + eps)
        x_hat = (x - running_mean) / scale
        out = gamma * x_hat + beta
    else:
        raise ValueError(f"invalid mode {mode}")
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    x_hat, std, gamma = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    g = dout * gamma
    dx = (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0)) / std
    return dx, dgamma, dbeta
'''
PROGRAMS = {"layer": (LAYER, ["Norm"]),
            "course": (COURSE, ["batchnorm_forward", "batchnorm_backward"])}
AVG = "self.momentum * self.avg_{} + (1 - self.momentum) * {}"
RUN = "        running_{0} = momentum * running_{0} + (1 - momentum) * sample_{0}"
PLANTED = (  # program, the line, what stands there, what of it is said
    ("layer", "            m = self.avg_mean", "x.mean(axis=0)", "the mean is the"),
    ("layer", "            v = self.avg_var", "x.var(axis=0)", "the variance is the"),
    ("layer", "            v = self.avg_var", "np.sqrt(self.avg_var)", "√running var"),
    ("layer", "            self.unit = (x - m) / np.sqrt(v + self.eps)",
     "(x - m) / np.sqrt(v)", "eps is left out"),
    ("layer", "            self.unit = (x - m) / np.sqrt(v + self.eps)",
     "(x - m) / (np.sqrt(v) + self.eps)", "eps stands outside"),
    ("layer", "            self.avg_mean = " + AVG.format("mean", "m"),
     AVG.format("mean", "v"), "an average of the variance"),
    ("layer", "            self.avg_var = " + AVG.format("var", "v"),
     AVG.format("var", "np.sqrt(v)"), "the standard deviation"),
    ("layer", "            self.avg_var = " + AVG.format("var", "v"),
     "(1 - self.momentum) * self.avg_var + self.momentum * v", "weighs the new value"),
    ("layer", "            self.avg_mean = " + AVG.format("mean", "m"),
     "self.momentum * self.avg_mean + m", "must add up to 1"),
    ("course", RUN.format("var"),
     "momentum * running_var + (1 - momentum) * std", "the standard deviation"),
    ("course", RUN.format("mean"),
     "momentum * running_mean + (1 - momentum) * sample_var", "of the variance"),
    ("course", RUN.format("var"),
     "momentum * running_mean + (1 - momentum) * sample_var", "the running mean, not"),
    ("course", RUN.format("mean"),
     "momentum * sample_mean + (1 - momentum) * running_mean", "weighs the new value"),
    ("course", "        scale = np.sqrt(running_var + eps)", "np.sqrt(running_var)",
     "eps is left out"),
    ("layer", "            self.unit = (x - m) / np.sqrt(v + self.eps)",
     "(x - m) / (v + self.eps)", "root is left out"),
    ("course", "        x_hat = (x - running_mean) / scale", "(x - x.mean(0)) / scale",
     "the mean is the batch's"),
)
NAMES = itertools.count()


@pytest.fixture
def diagnosed(tmp_path):
    """A program, with one text in the place of another, as a file that is diagnosed."""
    def run(program, old="", new=""):
        text, names = PROGRAMS[program]
        assert not old or text.count(f"{old}\n") == 1, old
        path = tmp_path / f"mine{next(NAMES)}.py"
        path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return diagnose(*(getattr(module, name) for name in names))

    return run


def number(program, line):
    return PROGRAMS[program][0].split("\n").index(line) + 1


@pytest.mark.parametrize("program, old, new, words", PLANTED)
def test_the_line_of_a_fault_of_state_is_quoted_and_no_other(
        diagnosed, program, old, new, words):
    found = diagnosed(program, old, old.split(" = ")[0] + f" = {new}")
    fault, = found.faults
    assert fault.line and fault.line.number == number(program, old), found
    assert words in repr(found).replace("\n  ", " ")
    assert fault.line.should
    assert fault.line.node not in ("newmean", "newvar")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_right_one_has_no_line(diagnosed, program):
    found = diagnosed(program)
    assert found.right, found
    assert not any(f.line for f in found.findings)


def test_both_lines_of_the_batchs_statistics_in_test_mode_are_quoted(diagnosed):
    first, second = "            m = self.avg_mean", "            v = self.avg_var"
    found = diagnosed("layer", f"{first}\n{second}",
                      "            m = x.mean(axis=0)\n            v = x.var(axis=0)")
    assert [f.line.number for f in found.faults] == [
        number("layer", first), number("layer", second)]
    assert {f.name for f in found.faults} == {
        "test mode, the batch's mean", "test mode, the batch's variance"}


def test_the_line_that_moves_the_statistics_in_test_mode_is_quoted(diagnosed):
    line = "            m = self.avg_mean"
    found = diagnosed("layer", line, f"{line}\n            self.avg_mean = 0.5 * m")
    fault, = found.faults
    assert fault.name == "test mode moves the statistics"
    assert fault.line.number == number("layer", line) + 1


@pytest.mark.parametrize("program, old, new", [
    ("layer", "            v = self.avg_var",
     "            v = self.avg_var - self.eps"),
    ("layer", "            v = self.avg_var",
     "            v = np.abs(np.sin(self.avg_var))"),
    ("course", "        scale = np.sqrt(running_var + eps)",
     "        scale = running_var + eps"),  # or is it used in the wrong way?
    ("layer", "            self.avg_var = " + AVG.format("var", "v"),
     "            self.avg_var = np.sin(" + AVG.format("var", "v") + ")"),
    ("layer", "            self.avg_mean = " + AVG.format("mean", "m"),
     "            pass")])
def test_what_no_edit_gives_exactly_or_two_lines_may_have_made_has_no_line(
        diagnosed, program, old, new):
    found = diagnosed(program, old, new)
    assert found.faults
    assert not any(f.line for f in found.findings), found
