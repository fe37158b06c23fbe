"""Networks as models in ONNX, the format that runtimes read."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from bnbook.graph.types import Arrays, States
from bnbook.nn.exchange_table import OPERATORS, stored
from bnbook.nn.network import Network, checked_for_predict
from bnbook.nn.structure import inputs
from bnbook.nn.table import IDLE
from bnbook.norm.exchange import OPSET, assembled, single_or_double

if TYPE_CHECKING:
    from onnx import ModelProto


def to_onnx(network: Network, params: Arrays, state: States | None, *,
            dtype: DTypeLike = np.float32) -> "ModelProto":
    """What `predict` computes, as an ONNX model.

    x is its input, (N, *input_shape) with N open, and the last layer's output its
    output. A node has its layer's name, a stored array its parameter's, or
    batch_norm1/running_mean. BatchNormalization has training_mode 0 and its epsilon;
    dropout and noise, which do nothing then, are not written. All arrays become
    `dtype`, float32 or float64. The opset is the least that has the operators: 15, with
    layer norm 17, with group norm 21, with RMS norm 23. `onnx.save` writes the model to
    a file. params and state are checked as `predict` does; ImportError where the
    package onnx is missing.
    """
    arrays, state = checked_for_predict(network, params, state)
    dtype = single_or_double("dtype", dtype)
    shapes, same = {"x": network.input_shape}, {"x": "x"}
    nodes: list[Any] = []
    kept: dict[str, Any] = {}
    opset, last = OPSET, "x"
    for layer in network.layers:
        source, last = last, layer.name
        shapes[layer.name] = layer.shape
        if layer.kind in IDLE:
            same[layer.name] = same[source]
            continue
        if layer.kind not in OPERATORS:
            raise ValueError(f"network: {layer.name}, expected layers of the kinds "
                             f"{', '.join(OPERATORS)}")
        row, own = OPERATORS[layer.kind], stored(layer, shapes[source], arrays, state)
        opset = max(opset, row.opset)
        more, reshaped = _written(layer, [same[source], *map(same.get, inputs(layer))],
                                  own, len(shapes[source]) > 1)
        nodes += more
        kept |= own | reshaped
        same[layer.name] = nodes[-1][1]
    if not nodes:
        raise ValueError("network: dropout and noise alone, expected a layer that "
                         "does something at test time")
    return assembled(nodes, kept, network.input_shape, network.output_shape, opset,
                     dtype)


def _written(layer, read, own, images):
    """A layer's nodes, and what is stored with them beside `own`."""
    row = OPERATORS[layer.kind]
    name, flat = layer.name, []
    pixels = images and layer.kind == "pixel_batch_norm"
    if images and layer.kind in ("affine", "pixel_batch_norm"):
        flat = [("Flatten", f"{name}/rows", read[:1], {"axis": 1})]
        read = [f"{name}/rows", *read[1:]]
    node = row.op, name, [*read, *own], row.attributes(layer.options)
    if not pixels:
        return [*flat, node], {}
    shape = {f"{name}/shape": np.array([-1, *layer.shape])}
    return [*flat, node, ("Reshape", f"{name}/images", [name, *shape], {})], shape
