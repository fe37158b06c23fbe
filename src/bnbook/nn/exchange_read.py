"""ONNX models of `to_onnx` as networks again."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from bnbook.nn import arguments
from bnbook.nn.exchange_table import KINDS, OPERATORS
from bnbook.nn.folding import rebuilt
from bnbook.nn.network import Network
from bnbook.nn.structure import Spec
from bnbook.nn.table import LAYERS
from bnbook.norm.exchange import library
from bnbook.norm.running import STATISTICS

if TYPE_CHECKING:
    from onnx import ModelProto


def from_onnx(model: "ModelProto") -> tuple[Network, dict[str, np.ndarray],
                                            dict[str, dict[str, Any]]]:
    """(network, params, state) of a model that `to_onnx` made, for `predict`.

    It gives what was written: layers are named anew, and what ONNX has no place for is
    as in a new layer: dropout and noise are gone, a detached batch norm is one, a
    cumulative average has momentum 0.9, num_batches is 0. Arrays have the model's
    dtype. ValueError for all that `to_onnx` does not write, such as training_mode 1;
    ImportError where the package onnx is missing. `onnx.load` reads a file.
    """
    graph = arguments.instance(
        "model", model, library().ModelProto, "what to_onnx returned").graph
    if len(graph.input) != 1 or len(graph.output) != 1:
        raise ValueError(f"model: {len(graph.input)} inputs and {len(graph.output)} "
                         "outputs, expected 1 and 1")
    to_array = library().numpy_helper.to_array
    values = {one.name: to_array(one) for one in graph.initializer}
    shape = tuple(d.dim_value for d in graph.input[0].type.tensor_type.shape.dim[1:])
    found = _Found(graph.input[0].name, values)
    for node in graph.node:
        found.take(node)
    if not found.nodes or found.same.get(graph.output[0].name) != found.last:
        raise ValueError(f"model: its output is {graph.output[0].name}, expected the "
                         "last node's")
    return found.result(shape)


class _Found:
    """What has been read of a model's nodes."""

    def __init__(self, start, values):
        self.values, self.last = values, "x"
        self.same = {start: "x"}  # a value's name -> that of the layer that made it
        self.nodes = {}  # a layer's name -> (kind, attributes, arrays, read beside it)

    def take(self, node):
        """Read one node, or ValueError."""
        before, *rest = [*node.input] or [""]
        if self.same.get(before) != self.last:
            raise _refused(node, f"reads {before}", f"{self.last}, the one before it")
        (made,) = node.output[:1]
        if node.op_type == "Flatten":
            self.same[made] = self.last
        elif node.op_type == "Reshape" and self.last in self.nodes:
            kind, *others = self.nodes[self.last]
            self.nodes[self.last] = ("pixel_batch_norm", *others)
            self.same[made] = self.last
        elif node.op_type in KINDS:
            kind = KINDS[node.op_type]
            beside = [self.same.get(name, name) for name in rest
                      if name not in self.values]
            arrays = [self.values[name] for name in rest if name in self.values]
            self.nodes[made] = kind, attributes(node), arrays, beside, node
            self.last = self.same[made] = made
        else:
            raise _refused(node, f"is a {node.op_type}", f"one of {', '.join(KINDS)}")

    def result(self, shape):
        specs = [(name, self.spec(name)) for name in self.nodes]
        try:
            network, _ = rebuilt(shape, specs)
        except (TypeError, ValueError) as error:
            raise ValueError(f"model: {error}") from None
        params, state = {}, {}
        for layer, (kind, has, arrays, _, node) in zip(
                network.layers, self.nodes.values()):
            expected = OPERATORS[kind].attributes(layer.options)
            if has != expected:
                raise _refused(node, f"has {has}", str(expected))
            own = _by_name(layer, arrays, node)
            params |= {name: own[name] for name in layer.params}
            if LAYERS[kind].stateful:
                kept = {name: own[name] for name in STATISTICS}
                state[layer.name] = kept | {"num_batches": 0}
        return network, params, state

    def spec(self, name):
        kind, has, arrays, beside, node = self.nodes[name]
        try:
            options = OPERATORS[kind].options(has, *(a.shape for a in arrays))
            return Spec(kind, options | dict(zip(LAYERS[kind].inputs, beside)))
        except (KeyError, IndexError, TypeError, ValueError):
            raise _refused(node, f"has {has}", "what to_onnx writes") from None


def _by_name(layer, arrays, node):
    """What was stored with a node, by our names and in our shapes."""
    shapes = {name: param.shape for name, param in layer.params.items()}
    if OPERATORS[layer.kind].spread:
        arrays = [_of_channels(a, node) for a in arrays]
    if LAYERS[layer.kind].stateful:
        shapes |= dict.fromkeys(STATISTICS, next(iter(shapes.values())))
    sizes = [a.size for a in arrays], [math.prod(s) for s in shapes.values()]
    if sizes[0] != sizes[1]:
        raise _refused(node, f"has arrays of {sizes[0]} numbers", f"of {sizes[1]}")
    return {n: a.reshape(s).copy() for (n, s), a in zip(shapes.items(), arrays)}


def _of_channels(a, node):
    """A number a channel, of an array in which all pixels of one have the same."""
    rows = a.reshape(len(a), -1)
    if (rows != rows[:, :1]).any():
        raise _refused(node, "differs within a channel", "one number for each")
    return rows[:, 0]


def attributes(node):
    """Name -> value; a float32 as the shortest number that rounds to it."""
    def plain(value):
        return float(str(np.float32(value))) if isinstance(value, float) else value

    return {one.name: plain(library().helper.get_attribute_value(one))
            for one in node.attribute}


def _refused(node, was, expected):
    return ValueError(f"model: {node.op_type} {node.name} {was}, expected {expected}")
