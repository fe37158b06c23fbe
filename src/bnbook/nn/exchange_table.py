"""How a kind of layer is written as an ONNX operator, as a table; and read again."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bnbook.norm.exchange import batch_norm_attributes
from bnbook.norm.running import STATISTICS


class Operator(NamedTuple):
    """A row of OPERATORS.

    op, opset: its name, and ONNX's first version with it as it is meant.
    attributes(layer options) -> its attributes. options(attributes, shapes of what is
    stored with it) -> the layer's options. spread: whether a channel's number is stored
    for each pixel of it: runtimes need not broadcast it.
    """

    op: str
    opset: int
    attributes: Callable[[dict[str, Any]], dict[str, Any]] = lambda options: {}
    options: Callable[..., dict[str, Any]] = lambda attributes, *shapes: {}
    spread: bool = False


def _conv(options):
    return {"kernel_shape": [options["size"]] * 2, "strides": [options["stride"]] * 2,
            "pads": [options["pad"]] * 4}


def _conv_options(attributes, w, b):
    return {"filters": w[0], "size": w[2], "stride": attributes["strides"][0],
            "pad": attributes["pads"][0]}


def _pool(options):
    return {"kernel_shape": [options["height"], options["width"]],
            "strides": [options["stride"]] * 2}


def _pool_options(attributes):
    height, width = attributes["kernel_shape"]
    return {"height": height, "width": width, "stride": attributes["strides"][0]}


def _eps(attributes, *shapes):
    return {"eps": attributes["epsilon"]}


def _from_axis_1(options):
    return {"axis": 1, "epsilon": options["eps"]}


_BATCH_NORM = Operator(
    "BatchNormalization", 15,
    lambda options: batch_norm_attributes(options["eps"], options["momentum"]),
    lambda attributes, *shapes: _eps(attributes) | {
        "momentum": attributes["momentum"]})

OPERATORS = {
    "affine": Operator("Gemm", 13, options=lambda _, w, b: {"width": w[1]}),
    "conv": Operator("Conv", 11, _conv, _conv_options),
    "relu": Operator("Relu", 14),
    "sigmoid": Operator("Sigmoid", 13),
    "tanh": Operator("Tanh", 13),
    "add": Operator("Add", 14),
    "max_pool": Operator("MaxPool", 12, _pool, _pool_options),
    "batch_norm": _BATCH_NORM,
    "detached_batch_norm": _BATCH_NORM,
    "pixel_batch_norm": _BATCH_NORM,
    "layer_norm": Operator("LayerNormalization", 17, _from_axis_1, _eps, spread=True),
    "group_norm": Operator(
        "GroupNormalization", 21,
        lambda options: {"epsilon": options["eps"], "num_groups": options["groups"]},
        lambda attributes, *shapes: _eps(attributes) | {
            "groups": attributes["num_groups"]}),
    "instance_norm": Operator(
        "InstanceNormalization", 6, lambda options: {"epsilon": options["eps"]}, _eps),
    "rms_norm": Operator("RMSNormalization", 23, _from_axis_1, _eps, spread=True),
}
KINDS = {row.op: kind for kind, row in reversed(OPERATORS.items())}
"""Operator -> the first kind that is written so."""


def stored(layer, shape, params, state) -> dict[str, Any]:
    """Name -> array of what a layer's operator takes after its input of this shape."""
    found = {name: params[name] for name in layer.params}
    if OPERATORS[layer.kind].spread:
        found = {name: np.broadcast_to(a.reshape(-1, *[1] * (len(shape) - 1)), shape)
                 for name, a in found.items()}
    if layer.name in state:
        found |= {f"{layer.name}/{n}": state[layer.name][n] for n in STATISTICS}
    return found
