"""The kinds of layers as a table: how each runs, what it learns, its options.

To add a kind, add a row: networks look it up by name.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from bnbook.nn import (
    arguments,
    batch_norms,
    convolution,
    dropout,
    layers,
    noise,
    pooling,
)
from bnbook.norm import family, rms_norm
from bnbook.norm.stable import batch_norm_vjp
from bnbook.norm.synchronized import synchronized_batch_norm_vjp
from bnbook.norm.textbook import EPS


class Param(NamedTuple):
    """A parameter that a layer has.

    init: the number it starts at; None: drawn, as the network's `init` says. decays:
    whether weight decay pulls at it.
    """

    shape: tuple[int, ...]
    init: float | None
    decays: bool


def _no_params(shape, options):
    return {}


class Kind(NamedTuple):
    """A row of LAYERS.

    forward(x, *parameters, **keywords) -> (y, cache), with the new state as a third if
    stateful; backward(dy, cache) -> dx, or (dx, *parameter gradients).
    params(shape, options) -> parameter name -> Param, for a row of x of this shape, in
    the order in which forward takes them and backward returns their gradients.
    options: name -> default; None has to be given. keywords: what forward takes by
    keyword, of the options and of what a run gives: training, batch_statistics, state,
    rng and ranks.
    inputs: options that name an earlier layer, or "x": forward takes their outputs
    after x, and backward returns their gradients after dx.
    """

    forward: Callable
    backward: Callable
    params: Callable[..., dict[str, Param]] = _no_params
    options: Mapping[str, Any] = MappingProxyType({})
    keywords: tuple[str, ...] = ()
    stateful: bool = False
    inputs: tuple[str, ...] = ()


def _affine(shape, options):
    width = arguments.count("width", options["width"])
    return _weights((math.prod(shape), width), width)


def _conv(shape, options):
    filters, size = (arguments.count(n, options[n]) for n in ("filters", "size"))
    return _weights((filters, shape[0], size, size), filters)


def _weights(shape, outputs):
    return {"w": Param(shape, None, True), "b": Param((outputs,), 0, False)}


def _gamma(shape, options):
    return {"gamma": Param(shape[:1], 1, False)}


def _gamma_beta(shape, options):
    return _gamma(shape, options) | {"beta": Param(shape[:1], 0, False)}


def _of_every_value(shape, options):
    return _gamma_beta((math.prod(shape),), options)


_POOL = {"height": 2, "width": 2, "stride": 2}
_NOISE = {"shift": 0.5, "spread": 1.25, "jitter": 0.1}
_RUNNING = {"eps": EPS, "momentum": 0.9, "unbiased_running_var": False, "frozen": False}
_BATCH_NORM = Kind(
    batch_norms.batch_norm_of_ranks, batch_norm_vjp, _gamma_beta, _RUNNING,
    ("batch_statistics", "state", *_RUNNING), stateful=True)

_OF_RANKS = _RUNNING | {"synchronized": False}

LAYERS = {
    "affine": Kind(layers.affine_forward, layers.affine_backward, _affine,
                   {"width": None}),
    "conv": Kind(convolution.conv_forward, convolution.conv_backward, _conv,
                 {"filters": None, "size": 3, "stride": 1, "pad": 1},
                 ("stride", "pad")),
    "relu": Kind(layers.relu_forward, layers.relu_backward),
    "sigmoid": Kind(layers.sigmoid_forward, layers.sigmoid_backward),
    "tanh": Kind(layers.tanh_forward, layers.tanh_backward),
    "dropout": Kind(dropout.dropout_forward, dropout.dropout_backward,
                    options={"p": 0.5}, keywords=("p", "training", "rng")),
    "add": Kind(layers.add_forward, layers.add_backward, options={"of": None},
                inputs=("of",)),
    "noise": Kind(noise.noise_forward, noise.noise_backward, options=_NOISE,
                  keywords=("training", "rng", *_NOISE)),
    "max_pool": Kind(pooling.max_pool_forward, pooling.max_pool_backward,
                     options=_POOL, keywords=tuple(_POOL)),
    "batch_norm": _BATCH_NORM._replace(
        backward=synchronized_batch_norm_vjp, options=_OF_RANKS,
        keywords=("batch_statistics", "state", "ranks", *_OF_RANKS)),
    "detached_batch_norm": _BATCH_NORM._replace(
        backward=batch_norms.detached_backward),
    "pixel_batch_norm": _BATCH_NORM._replace(
        forward=batch_norms.pixel_batch_norm,
        backward=batch_norms.pixel_batch_norm_backward, params=_of_every_value),
    "layer_norm": Kind(family.layer_norm_forward, family.layer_norm_backward,
                       _gamma_beta, {"eps": EPS}, ("eps",)),
    "group_norm": Kind(family.group_norm_forward, family.group_norm_backward,
                       _gamma_beta, {"groups": 2, "eps": EPS}, ("groups", "eps")),
    "instance_norm": Kind(family.instance_norm_forward, family.instance_norm_backward,
                          _gamma_beta, {"eps": EPS}, ("eps",)),
    "rms_norm": Kind(rms_norm.rms_norm_forward, rms_norm.rms_norm_backward, _gamma,
                     {"eps": EPS}, ("eps",)),
}
Activation: TypeAlias = Literal["relu", "sigmoid", "tanh"]
ACTIVATIONS: tuple[Activation, ...] = ("relu", "sigmoid", "tanh")
IDLE = "dropout", "noise"  # at test time
NORMALIZATIONS = tuple(kind for kind in LAYERS if kind.endswith("_norm"))
