"""An independent system agrees: PyTorch's stored results, see oracle/make_torch.py."""

import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bnbook import nn, norm
from bnbook.graph import FAMILY, gradient, graph_inputs, grouped, run
from bnbook.norm import batch_norm_vjp
from bnbook.norm.running import initial_state, updated
from bnbook.norm.statistics import statistics
from common import inference_forward, training_forward

# The weekly run points this at results made anew with the newest PyTorch.
OURS = Path(__file__).parent / "oracle" / "torch.json"
STORED = Path(os.environ.get("BNBOOK_TORCH", OURS))
CASES = json.loads(STORED.read_text())["cases"]
KINDS = {
    "batch_norm": 10, "batch_norm_inference": 3, "layer_norm": 4, "group_norm": 4,
    "rms_norm": 4, "instance_norm": 3, "running": 3, "conv": 4, "max_pool": 3,
    "softmax_cross_entropy": 1, "svm": 2, "optimizer": 6,
    "batch_norm_second": 2, "layer_norm_second": 2, "group_norm_second": 2,
    "rms_norm_second": 2, "instance_norm_second": 1,
}


def both(forward, backward, inputs):
    """The value of a forward and the gradients of its backward, as PyTorch's case."""

    def result(dy, options, **given):
        y, *caches = forward(*given.values(), **options)
        gradients = backward(dy, caches[0])
        gradients = gradients if isinstance(gradients, tuple) else (gradients,)
        names = [f"d{name}" for name in inputs]
        return {"y": y, **dict(zip(names, gradients, strict=True))}

    return result


def loss(forward, backward, scores):
    def result(dy, options, **given):
        value, cache = forward(given[scores], **options)
        return {"y": value, f"d{scores}": dy * backward(cache)}

    return result


def second(name):
    """dx by a graph's gradient, and <u, dx> by the gradient of that."""
    graph, axes = FAMILY[name]

    def result(dy, u, x, gamma, options):
        column = (-1, *[1] * (x.ndim - 2))
        how = {"axes": axes(x.ndim), "ops": grouped(options.get("groups", 1))}
        known = {"x": x, "gamma": gamma.reshape(column), "beta": np.zeros(1),
                 "eps": options["eps"]}
        given = {name: known[name] for name in graph_inputs(graph)}
        first = gradient(graph, ["x"], given, **how)
        given["dy"] = dy
        both = gradient(first, ["x", "gamma", "dy"], given, of="dx", upstream="u",
                        prefix="h", **how)
        found = run(both, given | {"u": u}, **how).values
        return {name: found[name] for name in ("dx", "hx", "hdy")} | {
            "hgamma": found["hgamma"].ravel()}

    return result


def running(options, **batches):
    """PyTorch's momentum weighs the new value, and its running variance is unbiased."""
    momentum = options["momentum"] and 1 - options["momentum"]
    channels = np.shape(batches["x0"])[1]
    state, found = initial_state(channels, cumulative=momentum is None), {}
    for i, x in enumerate(batches.values()):
        mean, var, _ = statistics(x, (0, *range(2, x.ndim)))
        state = updated(state, mean.ravel(), var.ravel(), x.size // channels,
                        momentum=momentum, unbiased_running_var=True)
        found |= {f"{name}{i}": state[name] for name in ("running_mean", "running_var")}
    return found


def optimizer(options, p, grads):
    """The parameter after every step."""
    step = nn.OPTIMIZERS[options["name"]]
    options = {name: value for name, value in options.items() if name != "name"}
    params, state, after = {"p": p}, {}, []
    for grad in grads:
        params, state = step(params, {"p": grad}, state, **options)
        after.append(params["p"])
    return {"p": after}


NORM = "x", "gamma", "beta"
CONV = "x", "w", "b"
POOL = ("x",)
IMPLEMENTATIONS = [
    ("batch_norm", both(norm.batch_norm_forward, norm.batch_norm_backward, NORM)),
    ("batch_norm",
     both(norm.batch_norm_forward, norm.batch_norm_backward_staged, NORM)),
    ("batch_norm", both(training_forward, batch_norm_vjp, NORM)),
    ("batch_norm_inference", both(inference_forward, batch_norm_vjp, NORM)),
    ("layer_norm", both(norm.layer_norm_forward, norm.layer_norm_backward, NORM)),
    ("group_norm", both(norm.group_norm_forward, norm.group_norm_backward, NORM)),
    ("instance_norm",
     both(norm.instance_norm_forward, norm.instance_norm_backward, NORM)),
    ("rms_norm", both(norm.rms_norm_forward, norm.rms_norm_backward, ("x", "gamma"))),
    ("running", running),
    ("conv", both(nn.conv_forward, nn.conv_backward, CONV)),
    ("conv", both(nn.conv_forward_naive, nn.conv_backward_naive, CONV)),
    ("max_pool", both(nn.max_pool_forward, nn.max_pool_backward, POOL)),
    ("max_pool", both(nn.max_pool_forward_naive, nn.max_pool_backward_naive, POOL)),
    ("softmax_cross_entropy", loss(nn.softmax_cross_entropy_forward,
                                   nn.softmax_cross_entropy_backward, "logits")),
    ("svm", loss(nn.svm_forward, nn.svm_backward, "scores")),
    ("optimizer", optimizer),
    *((f"{name}_norm_second", second(name)) for name in FAMILY),
]


def title(part):
    if isinstance(part, dict):
        options = [f"{k}={v}" for k, v in part["options"].items()]
        first = next(iter(part["given"].values()))
        return f"{part['kind']}, {np.shape(first)}, {', '.join(options)}"
    return ""


def close(a, b):
    """Two float64 implementations that sum in another order: 1e-10 is generous."""
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-10 * np.abs(b).max())


def test_the_stored_file_has_every_case():
    assert Counter(case["kind"] for case in CASES) == KINDS


@pytest.mark.parametrize("case, ours", [
    (case, ours) for case in CASES for kind, ours in IMPLEMENTATIONS
    if kind == case["kind"]], ids=title)
def test_pytorch_agrees(case, ours):
    given = {name: np.array(a) for name, a in case["given"].items()}
    found = ours(options=case["options"], **given)
    assert set(found) == set(case["expected"])
    for name, theirs in case["expected"].items():
        close(found[name], theirs)
