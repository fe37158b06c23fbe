"""Dropout, ReLU, convolution and max pooling: short diagnoses of what stands around."""

import numpy as np

from bnbook.check.diagnosis.calls import Broke, call
from bnbook.check.diagnosis.dropout import dropout
from bnbook.check.diagnosis.probes import fits
from bnbook.check.diagnosis.told import Finding, Told, as_findings
from bnbook.nn.convolution import conv_forward_naive
from bnbook.nn.pooling import max_pool_backward_naive, max_pool_forward_naive


def result_of(result):
    y, *cache = result if isinstance(result, tuple) else (result,)
    return np.array(y), cache[0] if cache else None


def relu(forward, backward, seed=0):
    rng = np.random.default_rng(seed)
    x, dy = rng.normal(size=(7, 5)), rng.normal(size=(7, 5))
    x[::2, ::2] = 0
    given, upstream = x.copy(), dy.copy()
    y, cache = result_of(call(forward, {"x": given}, ("x",)))
    told = []
    if not np.array_equal(given, x):
        told.append(Told("x overwritten", "x", "x is overwritten by the forward"))
    if not fits(y, np.maximum(x, 0)):
        told.append(Told("values", "y", "y is not max(x, 0)"))
    if backward is None:
        return told
    dx, _ = result_of(call(backward, {"dy": upstream, "cache": cache}, ("dy", "cache")))
    if not np.array_equal(upstream, dy):
        told.append(Told("dout overwritten", "y", "dout is overwritten by the "
                                                  "backward"))
    for right, name, words in (
            (dy * (x > 0), "", ""), (dy * (x >= 0), "open at 0", "the gradient passes "
                                     "where x is exactly 0; it should be 0 there"),
            (dy, "no mask", "dx is dy: the gradient passes where x is negative"),
            (dy * y, "times y", "dx is dy · y, not dy where x > 0"),
            (dy * (dy > 0), "mask of dy", "the mask is of dy, not of x")):
        if fits(dx, right):
            return told + ([Told(name, "x", words)] if name else [])
    return [*told, Told("unnamed", "x", "dx differs in a way that has no name", False)]


POOLS = (((4, 4), 2, 2, 2), ((5, 7), 2, 3, 2), ((5, 6), 3, 2, 1), ((6, 6), 3, 3, 1))


def max_pool(forward, backward, seed=0):
    rng = np.random.default_rng(seed)
    told = {}
    for (h, w), height, width, stride in POOLS:
        for tied in (False, True):
            x = rng.normal(size=(2, 3, h, w))
            x = np.round(x) if tied else x
            y, kept = max_pool_forward_naive(
                x, height=height, width=width, stride=stride)
            got, cache = result_of(call(forward, {
                "x": x.copy(), "height": height, "width": width, "stride": stride,
                "pool_param": {"pool_height": height, "pool_width": width,
                               "stride": stride}}, ("x", "pool_param")))
            if not fits(got, y):
                _square(told, height == width)
                continue
            dy = rng.normal(size=y.shape)
            if backward is None:
                continue
            dx, _ = result_of(call(backward, {"dy": dy.copy(), "cache": cache},
                                   ("dy", "cache")))
            if not fits(dx, max_pool_backward_naive(dy, kept)):
                _pooled(told, height > stride or width > stride, tied, dx, dy)
    return list(told.values())


def _square(told, square):
    told.setdefault("values", Told(
        "values", "y", "y is not the largest of each window") if square else Told(
        "width for height", "y", "y is wrong where a window is not square: its height "
        "and width are taken for each other"))


def _pooled(told, overlap, tied, dx, dy):
    if not tied and not overlap:
        told["dx"] = Told("unnamed", "x", "dx differs in a way that has no name", False)
    elif not tied:
        told["overlap"] = Told("windows overwrite", "x", "where windows overlap, "
                               "gradient is lost: the backward assigns and should add")
    elif abs(dx.sum() - dy.sum()) > 1e-9 and "overlap" not in told:
        told["ties"] = Told("every tie gets all", "x", "each tied maximum gets the "
                            "whole gradient: they should share it")
    elif "overlap" not in told and "ties" not in told:
        told["tie"] = ("note", Told("one tie gets all", "x", "one of tied maxima gets "
                                    "all of the gradient (as in frameworks)"))


def convolution(forward, backward, seed=0):
    rng = np.random.default_rng(seed)
    x, w, b = (rng.normal(size=s) for s in ((2, 3, 5, 7), (4, 3, 3, 3), (4,)))
    y, _ = conv_forward_naive(x, w, b, stride=2, pad=1)
    given = {"x": x.copy(), "w": w.copy(), "beta": b.copy(), "stride": 2, "pad": 1,
             "conv_param": {"stride": 2, "pad": 1}}
    got, _ = result_of(call(forward, given, ("x", "w", "beta", "conv_param")))
    return [] if fits(got, y) else [Told("values", "y", "y is not the convolution")]


def _diagnosed(check):
    """check(forward, backward, seed) on code, as findings."""
    def run(code, seed):
        if len(code) == 1 and hasattr(code[0], "implementation"):
            code = (code[0].implementation,)
        if len(code) == 1 and hasattr(code[0], "backward"):
            code = (code[0].forward, code[0].backward)
        forward, backward = (*code, None)[:2]
        try:
            told = check(forward, backward, seed)
        except Broke as broke:
            if "float" not in str(broke) or "integer" not in str(broke):
                raise
            told = [Told("sizes by /", "y", "sizes are divided with /, which gives "
                         f"floats on Python 3; use //: {broke}")]
        found = as_findings(told, "p")
        if not any(f.kind == "fault" for f in found):
            found.insert(0, Finding("right", "all", "", "y and dx are right."))
        return found
    return run


OTHERS = {"dropout": _diagnosed(dropout), "relu": _diagnosed(relu),
          "max pool": _diagnosed(max_pool), "convolution": _diagnosed(convolution)}
WORDS = {"dropout": "dropout", "relu": "relu", "max pool": "pool",
         "convolution": "conv"}


def kind_of(code):
    """The kind that the code's names say, "batch norm" if they say nothing."""
    names = [getattr(c, "__qualname__", "").lower() for c in code]
    names += [getattr(getattr(c, "forward", None), "__qualname__", "").lower()
              for c in code]
    for kind, word in WORDS.items():
        if any(word in name for name in names) and not any("norm" in n for n in names):
            return kind
    return "batch norm"
