"""The chapters' assertions fail when the effect they claim is removed.

Each case changes one line of a chapter so that the effect is gone, runs the cells, and
must end in an AssertionError. Unchanged, the same cells run in the notebook's test.
"""

import jupytext
import matplotlib as mpl
import matplotlib.pyplot as plt
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
    "15-faster": (  # the networks with batch norm are those without
        'normalization="batch_norm" if bn else None)\n        for f, bn',
        "normalization=None)\n        for f, bn"),
    "16-covariate-shift": (  # there is no noise behind the layer
        '("batch_norm", "noise")}', '("batch_norm",)}'),
    "17-depth": (  # the networks with batch norm are those without
        'normalization="batch_norm" if bn else None)\n```',
        "normalization=None)\n```"),
    "18-weight-decay": (  # nothing decays
        "* (dp[n] + decay * (n in of) * p)", "* dp[n]"),
    "19-gamma-and-beta": (  # nothing is trained
        "GB, k).run(5).params", "GB, k).run(0).params"),
    "20-small-batches": (  # batch norm is group norm
        'kinds = {"batch": "batch_norm"',
        'kinds = {"batch": nn.layer("group_norm", groups=5)'),
    "22-deployed": (  # the file keeps its mode
        'row by row": (training, 500)', 'row by row": (model, 500)'),
    "21-other-data": (  # the statistics for other digits are those of the old ones
        "there, test = (np.float32(blank + fault(a - blank, s))\n"
        "                   for a in (x, x_test))",
        "there, test = x, np.float32(blank + fault(x_test - blank, s))"),
    "24-how-fast": (  # no cache, so that blocks save nothing
        "EPS, CACHE, BLOCK = 1e-5, 1 << 21, 1 << 17",
        "EPS, CACHE, BLOCK = 1e-5, 0, 1 << 17"),
    "23-machines": (  # the layer does not share its statistics
        "train, synced, [0, 4, 4, 5, 8]", "train, own, [0, 2, 4, 6, 8]"),
}


@pytest.mark.parametrize("name", REMOVED)
def test_an_assertion_fails_without_its_effect(name, request):
    mpl.use("Agg")
    text = (notebooks.SOURCES / f"{name}.md").read_text(encoding="utf-8")
    if "on_ranks" in text:
        request.getfixturevalue("mpi")
    old, new = REMOVED[name]
    assert text.count(old) == 1
    notebook = jupytext.reads(text.replace(old, new), fmt="md:myst")
    namespace = {}
    with pytest.raises(AssertionError), mpl.rc_context():
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(cell.source, namespace)
    plt.close("all")
