"""A reader's batch norm behind one interface, whatever its shape.

A reader's code is started with parameters; what starts is a session, with
forward(x, training) -> y and backward(dy) -> {"x", "gamma", "beta"} or a part of it.
"""

import copy

import numpy as np

from bnbook.check.diagnosis.calls import (
    Broke,
    asks_for,
    attempt,
    call,
    meanings,
    parameters,
)
from bnbook.check.diagnosis.layers import Layer, looks_like_layer
from bnbook.check.diagnosis.modules import ACCEPTED, FORWARD
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
        named = {m for p in parameters(forward) for m in meanings(p.name)[:1]}
        self.by_place = len(parameters(forward)) in (3, 4) and not (
            {"x", "gamma", "beta"} <= named)
        self.has_state = asks_for(forward, "bn_param") or (
            self.by_place and self._wants_dict())
        self.takes_eps = self.has_state or asks_for(forward, "eps") or (
            len(parameters(forward)) == 4)
        self.takes_momentum = self.has_state

    def _wants_dict(self):
        """Whether a fourth argument without a name that says so must be a dict."""
        ones = np.arange(6.0).reshape(3, 2), np.ones(2), np.ones(2)
        if len(parameters(self.forward_code)) < 4:
            return False
        try:
            attempt(self.forward_code, *ones, EPS)
        except Broke:
            return True
        return False

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
        if self.code.by_place:
            last = (self.bn_param if self.code.has_state else self.eps,)
            y, self.cache = value(attempt(
                self.code.forward_code, x, self.gamma, self.beta,
                *last[:len(parameters(self.code.forward_code)) - 3]))
            return y
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
    takes_eps, takes_momentum, has_state, by_place = True, False, False, False

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
        try:
            return gradients(call(self.code.backward_code, given, order))
        except Broke as broke:
            if "unpack" in str(broke):
                raise Broke(f"{broke}: the cache is your own forward's, so hand in "
                            "that forward too") from None
            raise


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
    if callable(thing) and FORWARD.search(getattr(thing, "__name__", "").lower()):
        return Functions(thing)
    if callable(thing) and len(parameters(thing)) >= 2:
        return Backward(thing)
    raise Broke(f"{type(thing).__name__} is nothing that can be diagnosed. {ACCEPTED}")
