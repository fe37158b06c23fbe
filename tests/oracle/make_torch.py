"""PyTorch's results for what bnbook computes, in float64 on the CPU, stored as JSON.

python tests/oracle/make_torch.py > tests/oracle/torch.json

A case is {"kind", "options", "given", "expected"}: given arrays by name, and what
PyTorch makes of them. Options have bnbook's names; where PyTorch's convention is
another, it is translated here, in the line that calls PyTorch. Its momentum for running
statistics is the exception: stored as PyTorch has it, weighing the new value. The tests
read the stored file, so that they need no PyTorch; the weekly run makes it anew.
"""

import json

import numpy as np
import torch
from torch.nn import functional as F

SHAPES = [(7, 3), (2, 5), (20, 4), (4, 3, 6), (3, 2, 4, 3)]
FAMILY_SHAPES = [(4, 6), (3, 4, 5), (2, 4, 3, 2), (2, 4, 2, 2, 2)]
SECOND_SHAPES = [(4, 6), (3, 4, 2, 3)]


def whole(parameter, x):
    """A number a channel as a number a value, which PyTorch takes here."""
    return parameter.reshape(-1, *[1] * (x.ndim - 2)).expand(x.shape[1:])


def multiclass_hinge(scores, labels, margin):
    """Weston & Watkins's loss; PyTorch divides by the number of classes besides."""
    labels = torch.tensor(labels)
    return scores.shape[1] * F.multi_margin_loss(scores, labels, margin=margin)


FUNCTIONS = {
    "batch_norm": lambda x, gamma, beta, eps: F.batch_norm(
        x, None, None, gamma, beta, training=True, eps=eps),
    "batch_norm_inference": lambda x, gamma, beta, mean, var, eps: F.batch_norm(
        x, torch.tensor(mean), torch.tensor(var), gamma, beta, eps=eps),
    "layer_norm": lambda x, gamma, beta, eps: F.layer_norm(
        x, x.shape[1:], whole(gamma, x), whole(beta, x), eps),
    "group_norm": lambda x, gamma, beta, groups, eps: F.group_norm(
        x, groups, gamma, beta, eps),
    "instance_norm": lambda x, gamma, beta, eps: F.instance_norm(
        x, weight=gamma, bias=beta, eps=eps),
    "rms_norm": lambda x, gamma, eps: F.rms_norm(x, x.shape[1:], whole(gamma, x), eps),
    "conv": lambda x, w, b, stride, pad: F.conv2d(x, w, b, stride, pad),
    "max_pool": lambda x, height, width, stride: F.max_pool2d(
        x, (height, width), stride),
    "softmax_cross_entropy": lambda logits, labels: F.cross_entropy(
        logits, torch.tensor(labels)),
    "svm": multiclass_hinge,
}

# name: (options, the optimizer of a list of parameters). eps is large enough to matter.
OPTIMIZERS = {
    "sgd": ({}, torch.optim.SGD),
    "momentum": ({"momentum": 0.8}, torch.optim.SGD),
    "nesterov": ({"momentum": 0.8}, lambda p, lr, momentum: torch.optim.SGD(
        p, lr, momentum, nesterov=True)),
    "adagrad": ({"eps": 1e-3}, torch.optim.Adagrad),
    "rmsprop": (
        {"decay": 0.9, "eps": 1e-3},
        lambda p, lr, decay, eps: torch.optim.RMSprop(p, lr, alpha=decay, eps=eps)),
    "adam": (
        {"beta1": 0.8, "beta2": 0.99, "eps": 1e-3},
        lambda p, lr, beta1, beta2, eps: torch.optim.Adam(p, lr, (beta1, beta2), eps)),
}


def normal(rng, shape, scale=1, shift=0):
    """Normal numbers of three decimals: exact in the file, and short."""
    return (scale * rng.normal(size=shape) + shift).round(3)


def case(kind, given, expected, options):
    arrays = [{name: np.asarray(a).tolist() for name, a in group.items()}
              for group in (given, expected)]
    return {"kind": kind, "options": options, "given": arrays[0], "expected": arrays[1]}


def function_case(kind, given, rng, **options):
    """The value of a function, and its gradient by everything given."""
    leaves = {n: torch.tensor(a, requires_grad=True) for n, a in given.items()}
    y = FUNCTIONS[kind](**leaves, **options)
    dy = normal(rng, y.shape) if y.ndim else 1.0
    y.backward(torch.tensor(dy))
    gradients = {f"d{name}": leaf.grad for name, leaf in leaves.items()}
    return case(kind, {**given, "dy": dy}, {"y": y.detach(), **gradients}, options)


def normalization_case(kind, shape, seed, **options):
    rng = np.random.default_rng(seed)
    gamma, beta = normal(rng, (2, shape[1]), shift=2)
    given = {"x": normal(rng, shape, 3, 1), "gamma": gamma, "beta": beta}
    if kind == "rms_norm":
        del given["beta"]
    if kind == "batch_norm_inference":
        options |= {"mean": normal(rng, shape[1]).tolist(),
                    "var": (1 + abs(normal(rng, shape[1]))).tolist()}
    return function_case(kind, given, rng, **options)


def second_case(kind, shape, seed, **options):
    """dx, and the gradients of <u, dx> by everything that it depends on."""
    rng = np.random.default_rng(seed)
    given = {"x": normal(rng, shape, 3, 1), "gamma": normal(rng, shape[1], shift=2)}
    leaves = {n: torch.tensor(a, requires_grad=True) for n, a in given.items()}
    beta = {} if kind == "rms_norm" else {"beta": torch.zeros(shape[1])}
    y = FUNCTIONS[kind](**leaves, **beta, **options)
    given |= {"dy": normal(rng, shape), "u": normal(rng, shape)}
    leaves["dy"] = torch.tensor(given["dy"], requires_grad=True)
    dx, = torch.autograd.grad(y, leaves["x"], leaves["dy"], create_graph=True)
    second = torch.autograd.grad(dx, list(leaves.values()), torch.tensor(given["u"]))
    expected = {f"h{name}": h for name, h in zip(leaves, second)}
    return case(f"{kind}_second", given, {"dx": dx.detach(), **expected}, options)


def running_case(shapes, seed, momentum):
    """The running statistics after each of several batches; variances are unbiased."""
    rng = np.random.default_rng(seed)
    layer = torch.nn.BatchNorm1d(shapes[0][1], momentum=momentum)
    given, expected = {}, {}
    for i, shape in enumerate(shapes):
        given[f"x{i}"] = normal(rng, shape, i + 1, i)
        layer(torch.tensor(given[f"x{i}"]))
        expected[f"running_mean{i}"] = layer.running_mean.clone()
        expected[f"running_var{i}"] = layer.running_var.clone()
    return case("running", given, expected, {"momentum": momentum})


def optimizer_case(name, seed):
    """A parameter after each of three steps with given gradients."""
    rng = np.random.default_rng(seed)
    options, make = OPTIMIZERS[name]
    options = {"lr": 0.1, **options}
    given = {"p": normal(rng, (2, 3)), "grads": normal(rng, (3, 2, 3))}
    p = torch.tensor(given["p"], requires_grad=True)
    optimizer, after = make([p], **options), []
    for gradient in given["grads"]:
        p.grad = torch.tensor(gradient)
        optimizer.step()
        after.append(p.detach().clone())
    return case("optimizer", given, {"p": torch.stack(after)},
                {"name": name, **options})


def cases():
    for seed, shape in enumerate(SHAPES):
        for eps in (1e-5, 1e-3):
            yield normalization_case("batch_norm", shape, seed, eps=eps)
    for seed, shape in enumerate(SHAPES[::2]):
        yield normalization_case("batch_norm_inference", shape, seed, eps=1e-3)
    for seed, shape in enumerate(FAMILY_SHAPES, 10):
        yield normalization_case("layer_norm", shape, seed, eps=1e-3)
        yield normalization_case("group_norm", shape, seed, groups=2, eps=1e-3)
        yield normalization_case("rms_norm", shape, seed, eps=1e-3)
        if len(shape) > 2:
            yield normalization_case("instance_norm", shape, seed, eps=1e-3)
    yield running_case([(6, 3), (4, 3, 2), (9, 3)], 20, momentum=0.1)
    yield running_case([(6, 3), (4, 3, 2), (9, 3)], 21, momentum=0.4)
    yield running_case([(6, 3)] * 3, 22, momentum=None)
    for seed, (stride, pad) in enumerate([(1, 0), (1, 1), (2, 1), (3, 2)], 30):
        rng = np.random.default_rng(seed)
        given = {"x": normal(rng, (2, 2, 5, 4)), "w": normal(rng, (3, 2, 3, 2)),
                 "b": normal(rng, 3)}
        yield function_case("conv", given, rng, stride=stride, pad=pad)
    for seed, (height, width, stride) in enumerate([(2, 2, 2), (3, 2, 1), (2, 3, 2)]):
        rng = np.random.default_rng(40 + seed)
        yield function_case("max_pool", {"x": normal(rng, (2, 3, 5, 7))}, rng,
                            height=height, width=width, stride=stride)
    rng, labels = np.random.default_rng(50), [3, 0, 2, 2, 1]
    scores = normal(rng, (5, 4), 3)
    yield function_case("softmax_cross_entropy", {"logits": scores}, rng, labels=labels)
    for margin in (1.0, 0.5):
        yield function_case(
            "svm", {"scores": scores}, rng, labels=labels, margin=margin)
    for seed, name in enumerate(OPTIMIZERS, 60):
        yield optimizer_case(name, seed)
    for seed, shape in enumerate(SECOND_SHAPES, 70):
        for kind in ("batch_norm", "layer_norm", "rms_norm"):
            yield second_case(kind, shape, seed, eps=1e-3)
        yield second_case("group_norm", shape, seed, groups=2, eps=1e-3)
    yield second_case("instance_norm", SECOND_SHAPES[-1], 72, eps=1e-3)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    version = torch.__version__.split("+")[0]
    print(f'{{"torch": "{version}", "cases": [')
    print(",\n".join(map(json.dumps, cases())))
    print("]}")
