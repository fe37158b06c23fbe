"""A reader's batch norm behind one interface, whatever its shape.

A reader's code is started with parameters; what starts is a session, with
forward(x, training) -> y and backward(dy) -> {"x", "gamma", "beta"} or a part of it.
"""

import copy
import inspect

import numpy as np

from bnbook.check.diagnosis.calls import Broke, asks_for, attempt, call, parameters
from bnbook.check.diagnosis.layers import Layer, looks_like_layer
from bnbook.check.diagnosis.results import gradients, value
from bnbook.graph import BATCH_NORM, run
from bnbook.norm import batch_norm_forward
from bnbook.norm.batch_norm import EPS, statistics_axes


class Functions:
    """A forward that is handed its parameters, and a backward that is handed a cache.

    forward(x, gamma, beta, bn_param) as in cs231n, or forward(x, gamma, beta, eps).
    """

    kind = "functions"

    def __init__(self, forward, backward=None):
        self.forward_code, self.backward_code = forward, backward
        self.has_state = asks_for(forward, "bn_param")
        self.takes_eps = self.has_state or asks_for(forward, "eps") or (
            len(parameters(forward)) == 4)
        self.takes_momentum = self.has_state

    def start(self, gamma, beta, eps=EPS, momentum=0.9):
        return _Call(self, gamma, beta, eps, momentum)


class _Call:
    def __init__(self, code, gamma, beta, eps, momentum):
        self.code, self.cache = code, None
        self.gamma, self.beta, self.eps = gamma, beta, eps
        self.bn_param = {"eps": eps, "momentum": momentum}

    def forward(self, x, training=True, mode=None):
        self.x = x
        self.bn_param["mode"] = mode or ("train" if training else "test")
        given = {"x": x, "gamma": self.gamma, "beta": self.beta, "eps": self.eps,
                 "bn_param": self.bn_param, "training": training,
                 "mode": self.bn_param["mode"],
                 "running_mean": np.zeros(x.shape[1]),
                 "running_var": np.ones(x.shape[1])}
        order = ("x", "gamma", "beta", "eps")
        y, self.cache = value(call(self.code.forward_code, given, order))
        return y

    def backward(self, dy):
        if self.code.backward_code is None:
            return {}
        f = self.code.backward_code
        if len(parameters(f)) - 1 == len(self.cache) > 1:
            return gradients(attempt(f, dy, *self.cache))
        cache = self.cache[0] if self.cache else None
        return gradients(call(f, {"dy": dy, "cache": cache}, ("dy", "cache")))

    def running(self):
        kept = [self.bn_param.get(n) for n in ("running_mean", "running_var")]
        return None if any(a is None for a in kept) else tuple(map(np.array, kept))

    def set_running(self, mean, var):
        self.bn_param.update(running_mean=mean.copy(), running_var=var.copy())
        return self.code.has_state


class Backward(Functions):
    """A backward alone: the forward, and so the cache, is this book's.

    It takes dout and cache (a BatchNormCache), or dout and values of the graph by name.
    """

    kind = "backward"
    takes_eps, takes_momentum, has_state = True, False, False

    def __init__(self, backward):
        self.backward_code = backward

    def start(self, gamma, beta, eps=EPS, momentum=0.9):
        return _BackwardCall(self, gamma, beta, eps, momentum)


class _BackwardCall(_Call):
    def forward(self, x, training=True, mode=None):
        y, self.cache = batch_norm_forward(x, self.gamma, self.beta, self.eps)
        inputs = {"x": x, "gamma": self.gamma, "beta": self.beta, "eps": self.eps}
        if x.ndim == 2:
            trace = run(BATCH_NORM, inputs, axes=statistics_axes(x))
            inputs = {**trace.values, **inputs}
        self.given = {**self.cache._asdict(), **inputs}
        return y

    def backward(self, dy):
        order = ("dy", "cache", "x", "gamma", "eps")
        given = {**self.given, "dy": dy, "cache": copy.deepcopy(self.cache)}
        if asks_for(self.code.backward_code, "xhat") or asks_for(
                self.code.backward_code, "x"):
            order = ("dy",)
        return gradients(call(self.code.backward_code, given, order))


def recognise(*code):
    """The reader's code behind the interface: Functions, Backward or a Layer."""
    if len(code) == 1 and isinstance(code[0], (tuple, list)) and not hasattr(
            code[0], "forward"):
        code = tuple(code[0])
    if len(code) == 1 and hasattr(code[0], "implementation"):
        code = (code[0].implementation,)
    if len(code) == 2 and all(map(callable, code)):
        return Functions(*code)
    if len(code) == 1:
        return _one(code[0])
    raise Broke(f"{len(code)} things were given. {ACCEPTED}")


def _one(thing):
    if looks_like_layer(thing):
        return Layer(thing)
    forward, backward = (getattr(thing, n, None) for n in ("forward", "backward"))
    if callable(forward) and callable(backward):
        return Functions(forward, backward)
    if callable(thing) and "forward" in getattr(thing, "__name__", ""):
        return Functions(thing)
    if callable(thing) and len(parameters(thing)) >= 2:
        return Backward(thing)
    raise Broke(f"{type(thing).__name__} is nothing that can be diagnosed. {ACCEPTED}")


ACCEPTED = (
    "Accepted: forward(x, gamma, beta, bn_param or eps) -> (y, cache) with "
    "backward(dout, cache) -> (dx, dgamma, dbeta); a class or an object with "
    "forward(x) and backward(dy); or a backward alone.")


def partnered(code):
    """The code to diagnose: a module's own, and for a backward its own forward.

    A backward whose cache is its own author's can only be run with that author's
    forward, which stands beside it under the same name.
    """
    if len(code) == 1 and inspect.ismodule(code[0]):
        return _of_module(code[0])
    f = code[0] if len(code) == 1 else None
    name = getattr(f, "__name__", "")
    if inspect.isfunction(f) and "backward" in name:
        partner = f.__globals__.get(
            name.partition("backward")[0] + "forward")
        if callable(partner) and asks_for(f, "cache"):
            return partner, f
    return code


def _of_module(module):
    things = {name: a for name, a in vars(module).items() if callable(a)
              and getattr(a, "__module__", module.__name__) == module.__name__}
    for start in ("batchnorm_", "batch_norm_", "bn_", "spatial_batchnorm_", "",
                  *(n.partition("forward")[0] for n in things if "forward" in n)):
        pair = [things.get(start + end) for end in ("forward", "backward")]
        if None not in pair:
            return tuple(pair)
    classes = [a for a in things.values() if looks_like_layer(a)]
    backwards = [a for n, a in things.items() if "backward" in n]
    if not classes + backwards:
        raise Broke(f"{module.__name__} has no forward and backward. {ACCEPTED}")
    return ((classes + backwards)[0],)
