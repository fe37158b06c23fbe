"""ONNX's own node tests: its inputs into our functions, its outputs expected.

The cases come out of the installed `onnx` package: importing the module of an operator
makes them, from a fixed seed, with NumPy code that ONNX's maintainers wrote. They are
float32. ONNX asks a backend for rtol 1e-3; we ask for 1e-5, some tens of roundings. How
an operator maps:

BatchNormalization            inference_forward; with training_mode training_forward and
                              `updated`, ONNX's momentum weighing the old value
GroupNormalization            group_norm_forward; scale and bias a channel (opset 21)
InstanceNormalization         instance_norm_forward
LayerNormalization, axis k    the axes before k are samples and those from k on are
                              channels, since scale and bias have a number for each
                              value: x becomes (prod(shape[:k]), prod(shape[k:]))
RMSNormalization, axis k      likewise; no bias
MeanVarianceNormalization     training_forward with gamma 1, beta 0, eps 0: its default
                              axes are the batch's (it adds 1e-9 to std)

Cases that ONNX repeats with the operator `expanded` into smaller ones have the same
numbers; they are left out.
"""

import importlib
from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest

from bnbook.norm import (
    group_norm_forward,
    instance_norm_forward,
    layer_norm_forward,
    rms_norm_forward,
)
from bnbook.norm.running import updated
from bnbook.norm.statistics import statistics
from common import inference_forward, training_forward

NODE = "onnx.backend.test.case.node"
MODULES = {
    "BatchNormalization": "batch_normalization",
    "GroupNormalization": "groupnormalization",
    "InstanceNormalization": "instance_normalization",
    "LayerNormalization": "layernormalization",
    "MeanVarianceNormalization": "meanvariancenormalization",
    "RMSNormalization": "rmsnormalization",
}
# As many as onnx 1.23 has: if another release brings fewer, look where they went.
AT_LEAST = {
    "BatchNormalization": 4,
    "GroupNormalization": 2,
    "InstanceNormalization": 2,
    "LayerNormalization": 19,
    "MeanVarianceNormalization": 1,
    "RMSNormalization": 19,
}


class Case(NamedTuple):
    name: str
    op: str
    attributes: dict
    inputs: list
    outputs: list


def collect():
    """The cases of the six operators; `collect_testcases` would import all of them."""
    for module in MODULES.values():
        importlib.import_module(f"{NODE}.{module}")
    helper = importlib.import_module("onnx.helper")
    for case in importlib.import_module(NODE)._NodeTestCases:
        node, *more = case.model.graph.node
        if node.op_type in MODULES and not more and "_expanded" not in case.name:
            attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            ((inputs, outputs),) = case.data_sets
            yield Case(case.name, node.op_type, attributes, inputs, outputs)


CASES = list(collect())


def batch_normalization(
        x, gamma, beta, mean, var, *, epsilon=1e-5, momentum=0.9, training_mode=0):
    if not training_mode:
        return (inference_forward(x, gamma, beta, mean, var, epsilon)[0],)
    y, _, batch = training_forward(x, gamma, beta, epsilon)
    state = {"running_mean": mean, "running_var": var, "num_batches": 0}
    state = updated(state, batch.mean.ravel(), batch.var.ravel(), x.size // x.shape[1],
                    momentum=momentum)
    return y, state["running_mean"], state["running_var"]


def mean_variance_normalization(x):
    ones = np.ones(x.shape[1])
    return (training_forward(x, ones, 0 * ones, 0)[0],)


def group_normalization(x, gamma, beta, *, num_groups, epsilon=1e-5):
    return (group_norm_forward(x, gamma, beta, num_groups, eps=epsilon)[0],)


def instance_normalization(x, gamma, beta, *, epsilon=1e-5):
    return (instance_norm_forward(x, gamma, beta, eps=epsilon)[0],)


def layer_normalization(x, gamma, beta, *, axis=-1, epsilon=1e-5):
    rows, kept = as_rows(x, axis)
    y, cache = layer_norm_forward(rows, gamma.ravel(), beta.ravel(), eps=epsilon)
    mean = statistics(rows, (1,)).mean.astype(x.dtype).reshape(kept)
    return y.reshape(x.shape), mean, cache.arrays.ivar.reshape(kept)


def rms_normalization(x, gamma, *, axis=-1, epsilon=1e-5):
    rows, _ = as_rows(x, axis)
    return (rms_norm_forward(rows, gamma.ravel(), eps=epsilon)[0].reshape(x.shape),)


def as_rows(x, axis):
    """x with the axes before `axis` as samples, and the shape of its statistics."""
    axis %= x.ndim
    kept = (*x.shape[:axis], *[1] * (x.ndim - axis))
    return x.reshape(np.prod(x.shape[:axis], dtype=int), -1), kept


OURS = {
    "BatchNormalization": batch_normalization,
    "GroupNormalization": group_normalization,
    "InstanceNormalization": instance_normalization,
    "LayerNormalization": layer_normalization,
    "MeanVarianceNormalization": mean_variance_normalization,
    "RMSNormalization": rms_normalization,
}


def test_onnx_brought_its_cases():
    found = Counter(case.op for case in CASES)
    assert all(found[op] >= least for op, least in AT_LEAST.items()), found


def test_onnx_has_batch_norm_in_both_modes():
    trained = [bool(case.attributes.get("training_mode")) for case in CASES
               if case.op == "BatchNormalization"]
    assert {True, False} == set(trained)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_onnx_agrees(case):
    results = OURS[case.op](*case.inputs, **case.attributes)
    for ours, theirs in zip(results, case.outputs, strict=True):
        assert ours.dtype == theirs.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
