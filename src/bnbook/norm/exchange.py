"""Batch norm as a model in ONNX, the format that runtimes read.

The package `onnx` is imported when a model is asked for: pip install "bnbook[onnx]".
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from bnbook.norm import arguments
from bnbook.norm.layer import BatchNorm

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 15
"""ONNX's version 15 was the first with BatchNormalization as it is now."""


def to_onnx(layer: BatchNorm, shape: tuple[int, ...] | None = None, *,
            dtype: DTypeLike = np.float32) -> "ModelProto":
    r"""The layer at test time as an ONNX model of one BatchNormalization.

        y = scale (x - input\_mean) / \sqrt{input\_var + epsilon} + B

    shape: that of a row of x, (C,) if None, (C, H, W) for images; the number of rows
    stays open. training_mode is 0, epsilon and momentum are the layer's, and with
    affine=False scale is 1 and B is 0. x, y and the arrays have `dtype`, float32 or
    float64; opset 15. `onnx.save` writes the model to a file, `nn.from_onnx` reads it
    again. ValueError for a layer without C or without running statistics, ImportError
    where the package onnx is missing. Source: ONNX's BatchNormalization, version 15.
    """
    arguments.instance("layer", layer, BatchNorm, "a BatchNorm")
    if not (layer.num_features and layer.track_running_stats):
        raise ValueError(f"layer: {layer!r}, expected one with running statistics")
    shape = (layer.num_features,) if shape is None else arguments.several(
        "shape", shape, "several integers, as in (3, 8, 8)")
    shape = tuple(arguments.count("shape", n) for n in shape)
    if len(shape) > 4 or shape[:1] != (layer.num_features,):
        raise ValueError(f"shape: {shape}, expected ({layer.num_features}, *spatial)")
    # A forward checks what a caller has put into params and state, and changes nothing.
    layer.forward(np.zeros((0, *shape), layer.dtype), training=False)
    ones = np.ones(layer.num_features)
    params = {"gamma": ones, "beta": 0 * ones, **layer.params}
    arrays = {name: (params | layer.state)[name] for name in (
        "gamma", "beta", "running_mean", "running_var")}
    node = ("BatchNormalization", "batch_norm", ["x", *arrays],
            batch_norm_attributes(layer.eps, layer.momentum))
    return assembled([node], arrays, shape, shape, OPSET, dtype)


def batch_norm_attributes(eps: float, momentum: float | None) -> dict[str, float]:
    """Those of ONNX's BatchNormalization; it has no cumulative average."""
    return {"epsilon": float(eps), "momentum": 0.9 if momentum is None else momentum,
            "training_mode": 0}


def library() -> Any:
    """The package onnx, with what is used of it imported."""
    try:
        import onnx.helper
        import onnx.numpy_helper
    except ImportError:
        raise ImportError(
            "onnx: not installed, expected it: pip install 'bnbook[onnx]'") from None
    return onnx


def assembled(nodes: list[tuple[str, str, list[str], dict[str, Any]]],
              arrays: dict[str, ArrayLike], shape: tuple[int, ...],
              output_shape: tuple[int, ...], opset: int,
              dtype: DTypeLike) -> "ModelProto":
    """A model of (operator, name of the node and its output, inputs, attributes).

    arrays: what is stored with it; float ones in dtype, others as they are.
    """
    onnx, dtype = library(), single_or_double("dtype", dtype)
    h, stored = onnx.helper, []
    for name, value in arrays.items():
        a = np.asarray(value)
        a = a.astype(dtype) if a.dtype.kind == "f" else a
        stored.append(onnx.numpy_helper.from_array(np.ascontiguousarray(a), name))
    of = h.np_dtype_to_tensor_dtype(dtype)
    graph = h.make_graph(
        [h.make_node(operator, inputs, [name], name, **attributes)
         for operator, name, inputs, attributes in nodes], "bnbook",
        [h.make_tensor_value_info("x", of, ["N", *shape])],
        [h.make_tensor_value_info(nodes[-1][1], of, ["N", *output_shape])], stored)
    imports = [h.make_opsetid("", opset)]
    return h.make_model(graph, opset_imports=imports, producer_name="bnbook",
                        ir_version=h.find_min_ir_version_for(imports))


def single_or_double(name: str, value: DTypeLike) -> np.dtype:
    """`value` as the dtype float32 or float64."""
    dtype = arguments.floating(name, value)
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"{name}: {dtype.name}, expected float32 or float64")
    return dtype
