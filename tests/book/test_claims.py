"""The chapters' assertions fail when the effect they claim is removed.

Each case changes lines of a chapter so that effects are gone and runs the cells. One
assertion must fail; of the chapters that measure training each must, in one of the
chapter's cases. Unchanged, all hold in the notebook's test.
"""

import ast

import jupytext
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

import notebooks

REMOVED = {
    "02-what-breaks": (  # the networks with batch normalization are those without
        'for f in ("sigmoid", "relu") for bn in (False, True))',
        'for f in ("sigmoid", "relu") for bn in (False, False))'),
    "01-the-function": (  # the bracket stands where it belongs
        "right, wrong = gamma * xhat3 + beta, (xhat3 + beta) * gamma",
        "right = wrong = gamma * xhat3 + beta"),
    "03-messages": ("rules, total=last)", "rules, total=sum)"),
    "05-one-line": (  # the two directions are not taken out
        "left = batch_norm_backward(dy, kept)[0] / kept.ivar", "left = dy"),
    "06-is-my-gradient-right": (  # both curves are central differences
        "return f(x + 1j * h * v).imag / h", "return central_difference(v, h)"),
    "07-constants": (  # nothing is detached in training
        '"detached": "detached_batch_norm"}',
        '"detached": "batch_norm"}'),
    "08-backward-graph": (  # the statistics are steps, as they should be
        'for name in ("mu", "std", "ivar")}', "for name in ()}"),
    "09-test-time": (  # nothing is recomputed
        "    if recompute:", "    if False:"),
    "10-which-axes": (  # per pixel is per channel
        '"per pixel": "pixel_batch_norm"', '"per pixel": "batch_norm"'),
    "11-how-many-digits": (  # eps goes along
        "for eps in (1e-5, 1e-3))", "for eps in (1e-5, 1e-5))"),
    "12-order-of-sums": (  # the mean is subtracted once
        "return (x - x.mean(axis=0)).var(axis=0)", "return x.var(axis=0)"),
    "13-moving-a-model": (  # momentum is converted
        "momentum=alpha)", "momentum=0.9)"),
    "14-five-implementations": (  # the backward is whole
        "dx = (dxhat - dxhat.mean(axis=0)) * cache.ivar",
        "dx = (dxhat - dxhat.mean(0) - cache.xhat"
        " * (dxhat * cache.xhat).mean(0)) * cache.ivar"),
    "22-deployed": (  # the file keeps its mode
        'row by row": (training, 500)', 'row by row": (model, 500)'),
    "24-how-fast": (  # no cache, so that blocks save nothing
        "EPS, CACHE, BLOCK = 1e-5, 1 << 21, 1 << 17",
        "EPS, CACHE, BLOCK = 1e-5, 0, 1 << 17"),
    "23-machines": (  # the layer does not share its statistics
        "train, synced, [0, 4, 4, 5, 8]", "train, own, [0, 2, 4, 6, 8]"),
}
EACH = {
    "15-faster": [{
        # the networks with batch norm are those without
        'normalization="batch_norm" if bn else None)\n        for f, bn':
            "normalization=None)\n        for f, bn",
        # raw pixels are prepared
        'cases = {"raw": (plain, raw, raw_test)': 'cases = {"raw": (plain, x, x_test)',
        # there is no batch norm at the entrance
        'nn.Network((64,), ("batch_norm", *plain.specs))': "plain",
    }, {
        # the sigmoid networks are ReLU networks
        "nets = {(f, bn): nn.mlp((64, 50, 50, 10), f,":
            'nets = {(f, bn): nn.mlp((64, 50, 50, 10), "relu",',
        # the largest rate is not too large
        "(0.02, 0.1, 0.5, 2.5, 12.5)": "(0.02, 0.1, 0.5, 2.5, 3)",
    }],
    "16-covariate-shift": [{
        # there is no noise behind the layer
        '("batch_norm", "noise")}': '("batch_norm",)}',
        # the layers before it move less where there is batch norm
        "moved, _ = nn.sgd(p, grads, {}, lr=0.1)":
            "moved, _ = nn.sgd(p, grads, {}, lr=0.01 if net.stateful else 0.1)",
        # the weights start larger where there is batch norm
        "params = net.initial_params(rng, dtype=dtype)":
            "params = {n: a * (20 if net.stateful else 1) for n, a in\n"
            "              net.initial_params(rng, dtype=dtype).items()}",
        # too few products
        "for n in (15, 60))": "for n in (1, 60))",
        # a longer way along the gradient
        "ETAS = np.linspace(0.05, 0.4, 8)": "ETAS = np.linspace(0.05, 8, 8)",
        # weights a quarter as long, without batch norm
        'net = network("relu", "batch norm")\np, hidden':
            'net = network("relu", "none")\np, hidden',
    }, {
        # the network without batch norm has it
        'after = {"none": ()': 'after = {"none": ("batch_norm",)',
        # far more noise
        '("batch_norm", "noise")}': '("batch_norm", nn.layer("noise", shift=10))}',
    }],
    "17-depth": [{
        # the networks with batch norm are those without
        'normalization="batch_norm" if bn else None)\n```': "normalization=None)\n```",
        # all stacks that drift have skips
        "net, rng = network(True, skip), ":
            'net, rng = nn.residual_mlp(64, 20, normalization="batch_norm"), ',
        # the late sum is as deep with four blocks
        '    affine = nn.layer("affine", width=width)\n    specs':
            '    blocks, affine = BLOCKS, nn.layer("affine", width=width)\n    specs',
        # the right network has no skips
        'for name, net in (("right", network(True, True))':
            'for name, net in (("right", network(True, False))',
    }, {
        # not He's start
        "params = params or net.initial_params(np.random.default_rng(seed))":
            "params = params or {n: 1.5 * a for n, a in\n"
            "        net.initial_params(np.random.default_rng(seed)).items()}",
        # no stack that drifts has skips
        "net, rng = network(True, skip), ": "net, rng = network(True, False), ",
        # the skip starts at the trunk
        'nn.layer("add", of=f"relu{i}"))]':
            'nn.layer(\n            "add", of=f"add{i}" if i > 1 else "affine1"))]',
    }],
    "18-weight-decay": [{
        # nothing decays
        "* (dp[n] + decay * (n in of) * p)": "* dp[n]",
        # eps is seen
        "dw = at(1, eps=0)": "dw = at(1, eps=1)",
        # the rate does not go with the square of the length
        "rate=lambda t: 100 * ETA)": "rate=lambda t: ETA)",
        # it does where it should not
        "fit(net, k, scale=10)[1]":
            "fit(net, k, scale=10, rate=lambda t: 100 * ETA)[1]",
    }, {
        # eps is seen
        'net = nn.mlp((64, 50, 10), normalization="batch_norm")':
            'net = nn.mlp((64, 50, 10),\n'
            '             normalization=nn.layer("batch_norm", eps=1))',
        # everything decays
        "fit(net, k, decay, scale=s)": "fit(net, k, LAMBDA, scale=s)",
        # gamma and beta decay a hundred times as much
        "fit(deep, k, 0.01, of)": "fit(deep, k, 0.01 if of == W else 1, of)",
    }],
    "19-gamma-and-beta": [{
        # nothing is trained
        "GB, k).run(5).params": "GB, k).run(0).params",
        "learns, seed, lr=rate).run(5)": "learns, seed, lr=rate).run(0)",
        # gamma stays as it is in silent units
        'np.where(o, 1, p[f"gamma{i}"])': 'p[f"gamma{i}"]',
        # gamma is not taken along
        '"w3": g[:, None] * p["w3"]': '"w3": p["w3"]',
        # all but gamma and beta stays, too
        '("neither", ("w", "b1", "b2", "b3"))': '("neither", ("b3",))',
        # gamma is trained
        '("without γ", ("w", "b1", "b2", "beta"))': '("without γ", "")',
        # gamma does not start at 0
        "n: 0 * a for": "n: a for",
    }, {
        # the scores' layer learns its bias alone
        '("w3", "b3")\ndone': '("b3",)\ndone',
        # both rates are large
        "for rate in (0.3, 0.03)": "for rate in (0.3, 0.31)",
    }],
    "20-small-batches": [{
        # batch norm is group norm
        'kinds = {"batch": "batch_norm"': (
            'kinds = {"batch": nn.layer("group_norm", groups=5)'),
    }, {
        # layer norm is all but off, and a group has two units
        '"layer": "layer_norm"': '"layer": nn.layer("layer_norm", eps=1e3)',
        '"group": nn.layer("group_norm", groups=5)':
            '"group": nn.layer("group_norm", groups=25)',
        # the rate does not go with the size
        "lr=rate * size * parts / 32)": "lr=rate)",
        # a row meets one other row
        "size=(400, size - 1))": "size=(400, 1)).repeat(size - 1, axis=1)",
    }],
    "21-other-data": [{
        # the statistics for other digits are those of the old ones
        "there, test = (np.float32(blank + fault(a - blank, s))\n"
        "                   for a in (x, x_test))":
            "there, test = x, np.float32(blank + fault(x_test - blank, s))",
        # faint digits are digits
        "np.float32(0.2) * (a - blank)": "(a - blank)",
        # nothing drops
        'nn.layer("dropout", p=p)': 'nn.layer("dropout", p=0)',
        # all statistics are recomputed
        "(last.params, last.state), (params, last.state),\n"
        "        (params, stale), (params, state))]": "(params, state),) * 4]",
        # the bad batch is sound
        "ALPHA, K = 0.9, 100": "ALPHA, K = 0.9, 1",
        # nothing is skipped
        "skip_nonfinite=skip": "skip_nonfinite=False",
        # no parameter is held
        "state=state, frozen=FIXED": "state=state, frozen=[]",
        # the query is normalized by what was stored
        "    if training:\n        mu, var": "    if False:\n        mu, var",
    }, {
        # contrast does nothing, and noise is a shading
        "return full / 2 + (1 - 2 * s) * (ink - full / 2)": "return ink",
        "return ink + 2 * s * noise[len(ink)]": "return (1 - s * ramp) * ink",
        # each kind's own statistics are both kinds'
        'range(2 if way == "own" else 1)': "range(1)",
        # the weights move on
        "_, held = step_on(params, batches(way, rng), held)":
            "params, held = step_on(params, batches(way, rng), held)",
        # what was stored is a layer's start
        "x_test, labels_test)\n        for state in (made.state, clean)))":
            "x_test, labels_test)\n        for state in (net.initial_state(), clean)))",
        # the gentle run is the other
        'RUNS = {"gentle": (0.5, 0)': 'RUNS = {"gentle": (2, 0.03)',
        # the state that is put back is the bad one
        "after = [(one[0][0], made.state)": "after = [(one[0][0], one[0][1])",
    }],
}


class Noted(ast.NodeTransformer):
    """An assertion of a cell calls `_fails` where it would fail."""

    def __init__(self, cell):
        self.cell = cell

    def visit_Assert(self, node):
        call = ast.parse(f"_fails(({self.cell}, {node.lineno}))").body
        return ast.copy_location(ast.If(node.test, [ast.Pass()], call), node)


def cells(name, changes):
    """The code of a chapter's cells, with lines changed."""
    text = (notebooks.SOURCES / f"{name}.md").read_text(encoding="utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    notebook = jupytext.reads(text, fmt="md:myst")
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def failing(name, changes, due):
    """{(cell, line)} of the assertions that do not hold, down to the last of `due`."""
    found = set()
    namespace, end = {"_fails": found.add}, max(k for k, _ in due) + 1
    for k, source in enumerate(cells(name, changes)[:end]):
        tree = ast.fix_missing_locations(Noted(k).visit(ast.parse(source)))
        try:
            exec(compile(tree, f"cell {k}", "exec"), namespace)
        except Exception:  # what a cell needs may be gone: it shows nothing then
            continue
    return found


@pytest.fixture(autouse=True)
def unseen():
    """No figure is shown, and none is left."""
    mpl.use("Agg")
    with mpl.rc_context(), np.errstate(all="ignore"):
        yield
    plt.close("all")


@pytest.mark.parametrize("name", REMOVED)
def test_an_assertion_fails_without_its_effect(name, request):
    old, new = REMOVED[name]
    sources, namespace = cells(name, {old: new}), {}
    if any("on_ranks" in source for source in sources):
        request.getfixturevalue("mpi")
    with pytest.raises(AssertionError):
        for source in sources:
            exec(source, namespace)


@pytest.mark.parametrize("name", EACH)
def test_every_assertion_fails_without_its_effect(name):
    due = {(k, node.lineno): ast.unparse(node)
           for k, source in enumerate(cells(name, {}))
           for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)}
    for changes in EACH[name]:
        assert due  # else the changes before are enough
        for place in failing(name, changes, due):
            due.pop(place, None)
    assert not due
