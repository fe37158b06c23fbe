"""Networks and the layer as ONNX models: checked, run by onnxruntime, read back."""

import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator

from bnbook import nn, norm
from bnbook.nn import layer
from bnbook.nn.exchange_table import OPERATORS
from bnbook.nn.table import IDLE
from bnbook.norm import BatchNorm
from bnbook.norm.exchange import OPSET
from common import assert_refused, rng
from test_network_folding import drawn, fitted

NETWORKS = {
    "mlp": nn.mlp((6, 5, 4, 3), normalization="batch_norm", dropout=0.5),
    "plain": nn.mlp((6, 4, 3), "sigmoid"),
    "residual": nn.residual_mlp(5, 3, inputs=6, normalization="batch_norm"),
    "layer": nn.mlp((6, 5, 3), "tanh", normalization="layer_norm"),
    "group": nn.mlp((6, 6, 3), normalization=layer("group_norm", groups=3, eps=1e-3)),
    "rms": nn.mlp((6, 5, 3), normalization="rms_norm"),
    "entrance": nn.Network((6,), ("batch_norm", layer("affine", width=3))),
    "strides": nn.Network((2, 8, 8), (
        layer("conv", filters=3, size=2, stride=2, pad=2), "batch_norm",
        layer("max_pool", height=2, width=3, stride=1))),
    "eps": nn.Network((2, 4, 4), (
        layer("batch_norm", eps=1e-3, momentum=0.8), "relu",
        layer("batch_norm", eps=2.5e-6, momentum=None))),
    "ends in dropout": nn.Network((6,), (layer("affine", width=3), "dropout")),
    "reads what is gone": nn.Network((6,), (
        "noise", layer("affine", width=6), "dropout", "relu",
        layer("add", of="dropout1"), layer("add", of="noise0"), layer("add", of="x"))),
    **{f"conv, {kind}": nn.conv_net((2, 8, 8), (4, 6), normalization=kind, dropout=0.5)
       for kind in (None, *nn.NORMALIZATIONS)},
    **{f"random {seed}": drawn(seed) for seed in range(25)}}


@pytest.fixture(params=NETWORKS)
def network(request):
    return NETWORKS[request.param]


def ran(model, x):
    """What onnxruntime computes."""
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"x": x})[0]


def some(network, n=5):
    return rng(1).normal(size=(n, *network.input_shape)).astype("f4")


def close(y, expected):
    """Equal to 1e-5 of the largest score, or of 1."""
    np.testing.assert_allclose(y, expected, rtol=0,
                               atol=1e-5 * max(1, abs(expected).max()))


def test_onnxruntime_computes_the_same(network):
    params, state = fitted(network)
    model, x = nn.to_onnx(network, params, state), some(network)
    onnx.checker.check_model(model, full_check=True)
    y = ran(model, x)
    assert y.dtype == np.float32
    close(y, nn.predict(network, params, state, x.astype(float)))


@pytest.mark.parametrize("n", [0, 1, 7])
def test_the_number_of_rows_is_open(n):
    net = NETWORKS["conv, batch_norm"]
    model, x = nn.to_onnx(net, *fitted(net)), some(net, n)
    if n:
        close(ran(model, x), nn.predict(net, *fitted(net), x))
    assert ran(model, x).shape == (n, *net.output_shape)


def test_double_precision_agrees_further(network):
    params, state = fitted(network)
    model, x = nn.to_onnx(network, params, state, dtype=float), some(network)
    onnx.checker.check_model(model, full_check=True)
    expected = nn.predict(network, params, state, x.astype(float))
    y = ReferenceEvaluator(model).run(None, {"x": x.astype(float)})[0]
    # epsilon is a float32, and so is the first stage of layer, group and RMS norm.
    single = {"layer_norm", "group_norm", "rms_norm"} & {s.kind for s in network.specs}
    np.testing.assert_allclose(y, expected, rtol=0, atol=(1e-5 if single else 1e-7)
                               * max(1, abs(expected).max()))


def test_read_back_it_predicts_the_same(network):
    params, state = fitted(network)
    model, x = nn.to_onnx(network, params, state, dtype=float), some(network)
    again = nn.from_onnx(model)
    y = nn.predict(network, params, state, x)
    np.testing.assert_allclose(nn.predict(*again, x), y, rtol=0,
                               atol=1e-13 * max(1, abs(y).max()))


def test_what_is_read_back_is_written_the_same(network):
    again = nn.from_onnx(nn.to_onnx(network, *fitted(network)))
    model = nn.to_onnx(*again)
    twice = nn.from_onnx(model)
    assert nn.to_onnx(*twice).SerializeToString() == model.SerializeToString()
    assert twice[0] == again[0]
    for one, other in zip(again[1:], twice[1:]):
        np.testing.assert_equal(one, other)


def test_a_network_comes_back_as_it_was():
    net = NETWORKS["strides"]
    params, state = fitted(net)
    back, p, s = nn.from_onnx(nn.to_onnx(net, params, state, dtype=float))
    assert back == net
    np.testing.assert_equal(p, params)
    assert {n: one.pop("num_batches") for n, one in s.items()} == {"batch_norm1": 0}
    for name, a in s["batch_norm1"].items():
        np.testing.assert_array_equal(a, state["batch_norm1"][name])


def test_options_come_back_and_what_onnx_cannot_say_is_new():
    back, *_ = nn.from_onnx(nn.to_onnx(NETWORKS["eps"], *fitted(NETWORKS["eps"])))
    first, _, second = (spec.options for spec in back.specs)
    assert (first["eps"], first["momentum"]) == (1e-3, 0.8)
    assert (second["eps"], second["momentum"]) == (2.5e-6, 0.9)


def test_arrays_of_a_model_are_copies():
    net = NETWORKS["mlp"]
    params, state = fitted(net)
    model = nn.to_onnx(net, params, state)
    _, p, s = nn.from_onnx(model)
    p["w1"][...] = s["batch_norm1"]["running_var"][...] = 3  # writable, and ours
    np.testing.assert_array_equal(
        nn.from_onnx(model)[1]["w1"], params["w1"].astype("f4"))


@pytest.mark.parametrize("name, opset", [
    ("mlp", 15), ("plain", 15), ("conv, pixel_batch_norm", 15), ("layer", 17),
    ("group", 21), ("conv, instance_norm", 15), ("rms", 23)])
def test_the_opset_is_the_least_that_has_its_operators(name, opset):
    model = nn.to_onnx(NETWORKS[name], *fitted(NETWORKS[name]))
    assert [(one.domain, one.version) for one in model.opset_import] == [("", opset)]
    since = [onnx.defs.get_schema(node.op_type, opset).since_version
             for node in model.graph.node]
    assert max(since) <= opset
    if opset > OPSET:
        assert opset in since


def nodes(model, op="BatchNormalization"):
    found = [node for node in model.graph.node if node.op_type == op]
    return [{a.name: helper.get_attribute_value(a) for a in one.attribute}
            for one in found]


def test_batch_norm_is_written_for_test_time_with_its_eps():
    first, second = nodes(nn.to_onnx(NETWORKS["eps"], *fitted(NETWORKS["eps"])))
    assert first["training_mode"] == second["training_mode"] == 0
    assert np.float32(first["epsilon"]) == np.float32(1e-3)
    assert np.float32(first["momentum"]) == np.float32(0.8)


def arrays(model):
    return {one.name: onnx.numpy_helper.to_array(one)
            for one in model.graph.initializer}


@pytest.mark.parametrize("shape", [None, (3,), (3, 4), (3, 4, 5), (3, 2, 2, 2)])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("momentum", [0.9, None])
def test_the_layer_runs_and_is_read_back(shape, affine, momentum):
    r, kept = rng(2), (3,) if shape is None else shape
    bn = BatchNorm(3, affine=affine, eps=1e-3, momentum=momentum)
    for name in bn.params:
        bn.params[name] = r.normal(size=3)
    bn.forward(r.normal(1, 2, size=(8, *kept)), training=True)
    before = {n: np.copy(a) for n, a in (bn.params | bn.state).items()}
    model = norm.to_onnx(bn, shape)
    onnx.checker.check_model(model, full_check=True)
    x = r.normal(size=(4, *kept)).astype("f4")
    close(ran(model, x), bn.forward(x.astype(float), training=False))
    close(nn.predict(*nn.from_onnx(model), x), bn.forward(x, training=False))
    np.testing.assert_equal(bn.params | bn.state, before)


def test_without_gamma_and_beta_they_are_written_as_1_and_0():
    stored = arrays(norm.to_onnx(BatchNorm(3, affine=False)))
    np.testing.assert_array_equal(stored["gamma"], np.ones(3, "f4"))
    np.testing.assert_array_equal(stored["beta"], np.zeros(3, "f4"))


def test_the_layers_node_says_what_it_is():
    model = norm.to_onnx(BatchNorm(3, eps=0.25, momentum=0.5), dtype="f8")
    assert nodes(model) == [{"epsilon": 0.25, "momentum": 0.5, "training_mode": 0}]
    assert [one.version for one in model.opset_import] == [OPSET] == [15]
    assert {a.dtype for a in arrays(model).values()} == {np.dtype("f8")}
    assert [*model.graph.node[0].input] == [
        "x", "gamma", "beta", "running_mean", "running_var"]


@pytest.mark.parametrize("bn, shape, message", [
    (BatchNorm(), None, "layer: BatchNorm(None), expected one with running statistics"),
    (BatchNorm(3, track_running_stats=False), None,
     "layer: BatchNorm(3, track_running_stats=False), expected one with running"),
    (BatchNorm(3), (), "shape: (), expected (3, *spatial)"),
    (BatchNorm(3), (4, 2), "shape: (4, 2), expected (3, *spatial)"),
    (BatchNorm(3), (3, 1, 1, 1, 1), "shape: (3, 1, 1, 1, 1), expected (3, *spatial)"),
    (BatchNorm(3), (3, 0), "shape: 0, expected at least 1")])
def test_a_layer_that_cannot_be_exported_is_refused(bn, shape, message):
    assert_refused(ValueError, message, lambda: norm.to_onnx(bn, shape))


def test_what_a_caller_put_into_the_layer_is_checked():
    bn = BatchNorm(3)
    bn.state["running_var"] = -np.ones(3)
    assert_refused(ValueError, "running_var: ", lambda: norm.to_onnx(bn))


@pytest.mark.parametrize("dtype", ["f2", np.longdouble, int])
def test_other_precisions_are_refused(dtype):
    net = NETWORKS["plain"]
    for call in (lambda: nn.to_onnx(net, *fitted(net), dtype=dtype),
                 lambda: norm.to_onnx(BatchNorm(3), dtype=dtype)):
        assert_refused(TypeError, "dtype: ", call)


def test_every_kind_is_written_or_does_nothing():
    assert {*OPERATORS, *IDLE} == {*nn.LAYERS}


def test_a_readers_own_kind_is_refused_by_its_name(monkeypatch):
    monkeypatch.setitem(nn.LAYERS, "swish", nn.LAYERS["relu"])
    net = nn.Network((6,), ("swish",))
    assert_refused(ValueError, "network: swish0, expected layers of the kinds affine, ",
                   lambda: nn.to_onnx(net, {}, None))


def test_dropout_alone_is_no_model():
    net = nn.Network((6,), ("dropout",))
    assert_refused(ValueError, "network: dropout and noise alone",
                   lambda: nn.to_onnx(net, {}, None))


def attribute(node, name, value):
    kept = [a for a in node.attribute if a.name != name]
    del node.attribute[:]
    new = [] if value is None else [helper.make_attribute(name, value)]
    node.attribute.extend([*kept, *new])


CONV = nn.Network((2, 6, 6), (layer("conv", filters=3), "batch_norm",
                              layer("add", of="conv1"), layer("max_pool")))


@pytest.mark.parametrize("place, name, value, message", [
    (1, "training_mode", 1, "BatchNormalization batch_norm1 has {'epsilon': 1e-05, "
     "'momentum': 0.9, 'training_mode': 1}, expected {'epsilon': 1e-05"),
    (1, "epsilon", None, "BatchNormalization batch_norm1 has {'momentum': 0.9"),
    (0, "group", 2, "Conv conv1 has {"), (0, "dilations", [2, 2], "Conv conv1 has {"),
    (0, "pads", [1, 1, 0, 0], "Conv conv1 has {"), (0, "strides", [1, 2], "Conv conv1"),
    (0, "kernel_shape", [3, 1], "Conv conv1 has {"), (3, "ceil_mode", 1, "MaxPool max"),
    (3, "strides", [2], "MaxPool max_pool1 has {"), (3, "strides", [0, 0], "stride: 0"),
    (0, "pads", [9, 9, 9, 9], "")])
def test_what_to_onnx_does_not_write_is_not_read(place, name, value, message):
    model = nn.to_onnx(CONV, *fitted(CONV))
    attribute(model.graph.node[place], name, value)
    if message:
        assert_refused(ValueError, f"model: {message}", lambda: nn.from_onnx(model))
    else:
        assert nn.from_onnx(model)[0].specs[0].options["pad"] == 9


def softmax(graph):
    graph.node[2].op_type = "Softmax"


def out_of_order(graph):
    graph.node[2].input[0] = "conv1"


def another_output(graph):
    graph.output[0].name = "conv1"


def two_inputs(graph):
    graph.input.append(graph.input[0])


def no_nodes(graph):
    del graph.node[:]


def a_constant(graph):
    del graph.node[0].input[:]


def no_bias(graph):
    del graph.node[0].input[2:]


def a_short_gamma(graph):
    one = next(a for a in graph.initializer if a.name == "gamma1")
    one.CopyFrom(onnx.numpy_helper.from_array(np.ones(2, "f4"), "gamma1"))


def a_bias_given_at_run_time(graph):
    graph.node[0].input[2] = "x"


@pytest.mark.parametrize("change, message", [
    (softmax, "Softmax add1 is a Softmax, expected one of "),
    (out_of_order, "Add add1 reads conv1, expected batch_norm1, the one before it"),
    (another_output, "its output is conv1, expected the last node's"),
    (two_inputs, "2 inputs and 1 outputs, expected 1 and 1"),
    (no_nodes, "its output is max_pool1, expected the last node's"),
    (a_constant, "Conv conv1 reads , expected x, the one before it"),
    (no_bias, "Conv conv1 has {"), (a_bias_given_at_run_time, "Conv conv1 has {"),
    (a_short_gamma, "BatchNormalization batch_norm1 has arrays of [2, 3, 3, 3] numbers,"
     " expected of [3, 3, 3, 3]")])
def test_another_graph_is_not_read(change, message):
    model = nn.to_onnx(CONV, *fitted(CONV))
    change(model.graph)
    assert_refused(ValueError, f"model: {message}", lambda: nn.from_onnx(model))


@pytest.mark.parametrize("kind", ["layer_norm", "rms_norm"])
def test_a_norm_that_differs_within_a_channel_is_not_read(kind):
    net = nn.Network((2, 3, 3), (kind,))
    model = nn.to_onnx(net, *fitted(net))
    (one, *_) = model.graph.initializer
    one.CopyFrom(onnx.numpy_helper.from_array(
        rng().normal(size=(2, 3, 3)).astype("f4"), one.name))
    onnx.checker.check_model(model, full_check=True)
    assert_refused(ValueError, f"model: {model.graph.node[0].op_type} {kind}0 differs "
                   "within a channel", lambda: nn.from_onnx(model))


def optimized(net, tmp_path):
    """The operators that onnxruntime makes of a network before it runs it."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.graph_optimization_level = (
        onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC)
    model = nn.to_onnx(net, *fitted(net)).SerializeToString()
    onnxruntime.InferenceSession(model, options)
    graph = onnx.load(options.optimized_model_filepath).graph
    return [node.op_type for node in graph.node]


def test_onnxruntime_folds_into_convolutions_in_front(tmp_path):
    net = nn.Network((2, 8, 8), ("batch_norm", *NETWORKS["conv, batch_norm"].specs))
    assert optimized(net, tmp_path).count("BatchNormalization") == 1


@pytest.mark.skipif(not onnxruntime.__version__.startswith("1.32."),
                    reason="chapter 22 says it of onnxruntime 1.32")
def test_onnxruntime_leaves_batch_norm_behind_affine_layers(tmp_path):
    assert optimized(NETWORKS["mlp"], tmp_path).count("BatchNormalization") == 2


def test_only_a_model_is_read():
    assert_refused(TypeError, "model: str, expected what to_onnx returned",
                   lambda: nn.from_onnx("model.onnx"))


def test_without_onnx_there_is_one_line(monkeypatch):
    for name in ("onnx", "onnx.helper", "onnx.numpy_helper"):
        monkeypatch.setitem(sys.modules, name, None)
    net = NETWORKS["plain"]
    words = "onnx: not installed, expected it: pip install 'bnbook[onnx]'"
    for call in (lambda: nn.to_onnx(net, *fitted(net)), lambda: nn.from_onnx(3),
                 lambda: norm.to_onnx(BatchNorm(3))):
        assert_refused(ImportError, words, call)


def test_the_package_itself_needs_no_onnx():
    code = ("import sys, bnbook.check, bnbook.nn, bnbook.norm, bnbook.cs231n, "
            "bnbook.show; assert not {'onnx', 'onnxruntime'} & {*sys.modules}")
    subprocess.run([sys.executable, "-c", code], check=True)
