"""One interface for the layers of every system: one check speaks to them all."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from bnbook.check.implementations import Implementation


def training(mode):
    """The mode as a bool, for layers that take one."""
    if mode not in ("train", "test"):
        raise ValueError(f"mode: {mode!r}, expected 'train' or 'test'")
    return mode == "train"


class Layer(NamedTuple):
    """A batch norm with state, as functions of an object that `make` returns.

    make(features, **options) -> the object; options: gamma, beta, eps, momentum.
    forward(it, x, mode, keep=True) -> y, mode "train" or "test"; with keep=False no
    backward will follow. backward(it, dy, x) -> (dx, dgamma, dbeta), x the caller's.
    running(it) -> (mean, var). weighs: the value that momentum weighs, "old" or "new",
    as the layer's documentation has it.
    """

    make: Callable
    forward: Callable
    backward: Callable
    running: Callable
    weighs: str = "old"


def _parameters(features, gamma, beta):
    """The layer's own copies of gamma and beta; 1 and 0 if none are given."""
    return (np.ones(features) if gamma is None else gamma.copy(),
            np.zeros(features) if beta is None else beta.copy())


def lazy(cls):
    """S0's style: made at the first forward, parameters in a dict, keeping optional."""
    def make(features, gamma=None, beta=None, **options):
        it = cls(**options)
        it.start(features)
        given = {"gamma": gamma, "beta": beta}
        it.parameters |= {n: a.copy() for n, a in given.items() if a is not None}
        return it

    def forward(it, x, mode, keep=True):
        it.trainable = training(mode)
        return it.forward(x, retain_derived=keep)

    return Layer(
        make, forward,
        lambda it, dy, x: (it.backward(dy), *map(it.gradients.get, ("gamma", "beta"))),
        lambda it: (it.mean, it.var))


def staged(cls):
    """S1's style: parameters to the constructor, their gradients in attributes."""
    return Layer(
        lambda features, gamma=None, beta=None, **options: cls(
            *_parameters(features, gamma, beta), **options),
        lambda it, x, mode, keep=True: it.forward(x, training(mode)),
        lambda it, dy, x: (it.backward(dy), it.dgamma, it.dbeta),
        lambda it: (it.running_mean, it.running_var))


def graph(cls):
    """S4's style: a mode in words, and backward takes x once more."""
    def make(features, gamma=None, beta=None, **options):
        it = cls(features, **options)
        it.gamma, it.beta = _parameters(features, gamma, beta)
        return it

    return Layer(make, lambda it, x, mode, keep=True: it.forward(x, mode),
                 lambda it, dy, x: it.backward(x, dy),
                 lambda it: (it.mean, it.var), cls.weighs)


def functions(batchnorm_forward, batchnorm_backward):
    """S2's and S3's style: a forward with bn_param, a backward with the cache."""
    def make(features, gamma=None, beta=None, **options):
        gamma, beta = _parameters(features, gamma, beta)
        return SimpleNamespace(gamma=gamma, beta=beta, bn_param=options)

    def forward(it, x, mode, keep=True):
        it.bn_param["mode"] = mode
        y, it.cache = batchnorm_forward(x, it.gamma, it.beta, it.bn_param)
        return y

    return Layer(
        make, forward, lambda it, dy, x: batchnorm_backward(dy, it.cache),
        lambda it: (it.bn_param["running_mean"], it.bn_param["running_var"]))


def book(batch_norm):
    """This book's own class."""
    def make(features, gamma=None, beta=None, **options):
        it = batch_norm(features, **options)
        it.params = dict(zip(("gamma", "beta"), _parameters(features, gamma, beta)))
        return it

    return Layer(
        make, lambda it, x, mode, keep=True: it.forward(x, training(mode)),
        lambda it, dy, x: (it.backward(dy), it.grads["gamma"], it.grads["beta"]),
        lambda it: (it.state["running_mean"], it.state["running_var"]))


def as_implementation(layer, of_pixels=False):
    """A training forward and its backward, with a new object every forward.

    of_pixels: the layer takes an image as one row of features, a gamma for each pixel.
    """
    def forward(x, gamma, beta, eps=1e-5):
        k = x[0, 0].size if of_pixels else 1
        it = layer.make(k * x.shape[1], gamma=gamma.repeat(k), beta=beta.repeat(k),
                        eps=eps)
        return layer.forward(it, x, "train"), (it, x)

    def backward(dy, cache):
        it, x = cache
        dx, *parameters = layer.backward(it, dy, x)
        if of_pixels:
            parameters = (g.reshape(x.shape[1], -1).sum(axis=1) for g in parameters)
        return dx, *parameters

    return Implementation(forward, backward)


def one_object(cls):
    """A layer in S1's style, as a network holds it: one object for all forwards."""
    it = cls.__new__(cls)

    def forward(x, gamma, beta, eps=1e-5):
        it.__init__(gamma.copy(), beta.copy(), eps=eps)
        return it.forward(x), None

    return Implementation(
        forward, lambda dy, _: (it.backward(dy), it.dgamma, it.dbeta))
