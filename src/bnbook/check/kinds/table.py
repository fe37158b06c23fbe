"""The kinds, as a table: what each is called, what it is, and what it is tried on.

A kind is a row of KINDS; what its wrong values are called stands in `wrong`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import bnbook.cs231n as cs231n
from bnbook.check.diagnosis.probes import EPSILONS
from bnbook.nn.table import LAYERS
from bnbook.nn.windows import at_place, grid


class Kind(NamedTuple):
    """words: the pattern of its names. inputs: its arrays, as they are asked for.

    of(v) -> (y, back), back(dy) -> the gradients in order. probes: (shapes, settings)
    of each. settings: what it may ask for besides; free: values of these, for code that
    has its own. layouts: how its arrays may lie, keys of LAYOUTS.
    """

    words: str
    inputs: tuple
    of: Callable
    probes: tuple
    settings: tuple = ()
    free: tuple = ()
    layouts: tuple = ("",)

    @property
    def gradients(self):
        return tuple(n for n in self.inputs if n != "labels")

    @property
    def loss(self):
        return "labels" in self.inputs


def draw(kind, shapes, settings, rng):
    """One probe: name -> array or setting; of x, some are 0, tied, or probabilities."""
    v = {n: rng.normal(size=s) for n, s in shapes.items()} | settings
    if "gamma" in v:
        v["gamma"] = 1 + 0.3 * v["gamma"]
    if "slope" in v:
        v["x"][::2, ::2] = 0
    if v.get("tied"):
        v["x"] = np.round(v["x"])
    if kind.loss:
        v["labels"] = rng.integers(v["x"].shape[1], size=len(v["x"]))
    if "probabilities" in v:
        v["x"] = np.exp(v["x"]) / np.exp(v["x"]).sum(axis=1, keepdims=True)
    return v


def _layer(name, inputs):
    """of(v) of a layer of this package."""
    layer = LAYERS[name]

    def of(v):
        y, cache = layer.forward(*(v[n] for n in inputs),
                                 **{n: v[n] for n in layer.keywords})

        def back(dy):
            dx = layer.backward(dy, cache)
            return dx if isinstance(dx, tuple) else (dx,)
        return y, back
    return of


def _average(v):
    """The mean of every window; back, an equal share to each of its values."""
    window, stride = (v["height"], v["width"]), v["stride"]
    size, count = grid(v["x"].shape[2:], window, stride), window[0] * window[1]

    def back(dy):
        dx = np.zeros_like(v["x"])
        for place in np.ndindex(window):
            at_place(dx, place, size, stride)[...] += dy / count
        return (dx,)
    return sum(at_place(v["x"], place, size, stride) / count
               for place in np.ndindex(window)), back


def _loss(f):
    """of(v) of a mean over the batch, f -> (it, its gradient); of the sum if v says so.
    """
    def of(v):
        loss, dx = f(v["x"], v["labels"])
        times = len(v["x"]) if v.get("sum") else 1
        return np.array(loss * times), lambda dy: (dy * times * dx,)
    return of


def _surprise(p, labels):
    right = np.eye(p.shape[1])[labels]
    return -(right * np.log(p)).sum() / len(p), -right / p / len(p)


def _leaky(v):
    slope = np.where(v["x"] > 0, 1, v["slope"])
    return slope * v["x"], lambda dy: (slope * dy,)


def _shaped(*shape):
    return lambda a: a.reshape(shape), np.ravel


def _axes(*order):
    back = np.argsort(order)
    return lambda a: a.transpose(order), lambda a: a.transpose(
        back) if a.ndim == len(order) else a  # of another rank: it stays, and is wrong


LAST, TURNED = _axes(0, 2, 3, 1), _axes(1, 0)
LAYOUTS = {  # array -> (ours to the reader's, and back); a name in brackets is not told
    "": {}, "(rows)": dict.fromkeys(("gamma", "beta", "b"), _shaped(1, -1)),
    "(channels)": dict.fromkeys(("gamma", "beta"), _shaped(1, -1, 1, 1)),
    "channels last": {"x": LAST, "y": LAST, "w": _axes(2, 3, 1, 0),
                      "b": _shaped(1, 1, 1, -1)},
    "w is (outputs, inputs)": {"w": TURNED},
    "samples are columns": {"x": TURNED, "y": TURNED, "w": TURNED, "b": _shaped(-1, 1)},
    "labels are one-hot": {"labels": (lambda a: np.eye(5)[a], None)}}
ON_IMAGES = ("", "(channels)", "channels last")

TABLES = tuple(({"x": (n, c), "gamma": c, "beta": c}, {"eps": e})
               for n, c, e in ((5, 3, 1e-5), (4, 6, 0.1), (7, 4, 0.02)))
IMAGES = tuple(({"x": (n, c, 3, 4), "gamma": c, "beta": c}, {"eps": e, "groups": g})
               for n, c, g, e in ((3, 4, 2, 1e-5), (2, 6, 3, 0.1), (5, 6, 2, 0.02)))
ELEMENTS = tuple(({"x": s}, {"slope": a}) for s, a in (((7, 5), 0.1), ((4, 6), 0.3)))
WINDOWS = tuple(({"x": (2, 3, *s)}, {
    "height": h, "width": w, "stride": k, "size": h if h == w else None, "tied": tied})
    for s, h, w, k in (((4, 4), 2, 2, 2), ((5, 7), 2, 3, 2), ((5, 6), 3, 2, 1),
                       ((6, 6), 3, 3, 1)) for tied in (False, True))
KERNELS = tuple(({"x": (2, 3, *s), "w": (4, 3, 3, 3), "b": 4}, {
    "stride": k, "pad": p, "size": 3, "outputs": 4})
    for s, k, p in (((5, 5), 1, 1), ((5, 7), 2, 1), ((4, 6), 1, 0)))
MATRICES = tuple(({"x": (n, d), "w": (d, m), "b": m}, {"outputs": m})
                 for n, d, m in ((5, 3, 4), (3, 4, 2)))
SCORES = tuple(({"x": (n, 5)}, {}) for n in (4, 7))
CHANCES = tuple((shapes, {"probabilities": True}) for shapes, _ in SCORES)


def _norm(words, name, probes, layouts, inputs=("x", "gamma", "beta"), groups=()):
    return Kind(words, inputs, _layer(f"{name}_norm", inputs), probes, (*groups, "eps"),
                tuple({"eps": e} for e in EPSILONS), layouts)


def _pool(words, of, probes):
    return Kind(words, ("x",), of, probes, ("height", "width", "stride", "size"), tuple(
        {"height": k, "width": k, "stride": k} for k in (2, 3)), ("", "channels last"))


def _of_loss(words, f, probes=SCORES):
    return Kind(words, ("x", "labels"), _loss(f), probes, (),
                ({"sum": True},), ("", "labels are one-hot"))


WXB = ("x", "w", "b")
KINDS = {
    "layer norm": _norm("layer_?norm|(^|_)ln(_|$)", "layer", TABLES, ("", "(rows)")),
    "group norm": _norm("group_?norm|(^|_)gn(_|$)", "group", IMAGES, ON_IMAGES,
                        groups=("groups",)),
    "instance norm": _norm("instance_?norm", "instance", IMAGES, ON_IMAGES),
    "RMS norm": _norm("rms_?norm", "rms", TABLES, ("", "(rows)"), ("x", "gamma")),
    "relu": Kind("relu", ("x",), _layer("relu", ("x",)), ELEMENTS),
    "leaky relu": Kind("leaky|lrelu", ("x",), _leaky, ELEMENTS, ("slope",), tuple(
        {"slope": a} for a in (0.01, 0.1, 0.2, 0.3, 0.001, 0.05))),
    "max pool": _pool("pool", _layer("max_pool", ("x",)), WINDOWS),
    "average pool": _pool("(av|average|avg|mean)_?pool", _average, WINDOWS[::2]),
    "convolution": Kind(
        "conv", WXB, _layer("conv", WXB), KERNELS,
        ("stride", "pad", "size"), ({"stride": 1, "pad": 0}, {"stride": 1, "pad": 1}),
        ("", "channels last")),
    "affine": Kind(
        "affine|linear|dense|fully_?connected|(^|_)fc(_|$)", WXB,
        _layer("affine", WXB), MATRICES, (), (),
        ("", "(rows)", "w is (outputs, inputs)", "samples are columns")),
    "softmax loss": _of_loss("softmax.*(loss|entropy)", cs231n.softmax_loss),
    "svm loss": _of_loss("svm|hinge", cs231n.svm_loss),
    "cross-entropy": _of_loss("cross_?entropy", _surprise, CHANCES),
}
