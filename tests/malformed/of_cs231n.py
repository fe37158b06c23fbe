"""Valid calls of `cs231n`."""

import numpy as np

from bnbook import cs231n
from malformed.kinds import ARRAY, BATCH, CHOICE, COUNT, FREE, LABELS, Kind, but, other
from malformed.rows import draw, row

X, W, B = draw(5, 3), draw(3, 2), draw(2)
GAMMA, BETA = draw(3, seed=2), draw(3, seed=3)
IMAGES, FILTERS = draw(2, 4, 4, 4), draw(2, 4, 3, 3, seed=1)
LABEL = np.array([0, 2, 1, 1, 0])
OF_IMAGES = {"gamma": ARRAY(draw(4, seed=2)), "beta": ARRAY(draw(4, seed=3))}
NOT_NUMBERS = {"None": None, "a string": "a", "NaN": np.nan, "-1": -1, "a list": [1],
               "True": True, "complex": 1j, "inf": np.inf}
SWITCHES = {"None": None, "another": "eval", "a number": 1, "a list": ["train"]}


def param(empty_too=False, **wrong):
    """A dictionary of options. wrong: option -> what is wrong for it."""
    return Kind(lambda value: but(*["a dict"] * empty_too) | {
        f"{key}: {label}": value | {key: v} for key, values in wrong.items()
        for label, v in values.items()})


def numbers(**others):
    return NOT_NUMBERS | others


STATISTICS = {"None": None, "of another shape": np.ones(2), "masked": np.ma.ones(3),
              "strings": np.array(["a"] * 3)}
OF_BATCH = {"mode": "train", "eps": 1e-5, "momentum": 0.9}
BN = param(mode=SWITCHES, eps=NOT_NUMBERS, momentum=numbers(two=2),
           running_mean=STATISTICS, running_var=STATISTICS)
EPS = param(True, eps=NOT_NUMBERS)
OPTIONS = ("eps", "momentum", "running_mean", "running_var", "mode", "p", "seed",
           "stride", "pad", "pool_height", "pool_width")
SIZES = numbers(half=0.5)
DROPOUT = {"mode": "train", "p": 0.5, "seed": 3}
CONV, POOL = {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}
PAIRS = {  # backward -> out and cache of its forward
    "affine": cs231n.affine_forward(X, W, B),
    "relu": cs231n.relu_forward(X),
    "dropout": cs231n.dropout_forward(X, DROPOUT),
    "batchnorm": cs231n.batchnorm_forward(X, GAMMA, BETA, {"mode": "train"}),
    "layernorm": cs231n.layernorm_forward(X, GAMMA, BETA, {}),
    "spatial_groupnorm": cs231n.spatial_groupnorm_forward(
        IMAGES, draw(4), draw(4), 2, {}),
    "spatial_batchnorm": cs231n.spatial_batchnorm_forward(
        IMAGES, draw(4), draw(4), {"mode": "train"}),
    "conv": cs231n.conv_forward_naive(IMAGES, FILTERS, B, CONV),
    "max_pool": cs231n.max_pool_forward_naive(IMAGES, POOL),
}
BATCHES = {"batchnorm", "spatial_batchnorm"}


def backward(name, ending=""):
    out, cache = PAIRS[name]
    rest = [c for n, (_, c) in PAIRS.items() if n != name and not {n, name} <= BATCHES]
    return row(f"cs231n.{name}_backward{ending}", dout=ARRAY(draw(*out.shape)),
               cache=other(*rest)(cache))


SCORES = {"x": BATCH(X), "y": LABELS(LABEL)}
IMAGE = {"x": BATCH.but("transposed")(IMAGES)}
NORMED = {"x": BATCH(X), "gamma": ARRAY(GAMMA), "beta": ARRAY(BETA)}
ROWS = (
    row("cs231n.affine_forward", x=BATCH(X), w=ARRAY(W), b=ARRAY(B))
    | row("cs231n.relu_forward", x=FREE(X))
    | row("cs231n.dropout_forward", also=OPTIONS, x=FREE(X),
        dropout_param=param(mode=SWITCHES, p=numbers(two=2), seed={
            "a string": "a", "-1": -1, "a half": 0.5, "too large": 2**32, "True": True,
            "a list": [1]})(DROPOUT), p_is=CHOICE.but("None")("drop"))
    | row("cs231n.dropout_p_is", meaning=CHOICE("drop"))
    | row("cs231n.conv_forward_naive", also=OPTIONS, **IMAGE, w=ARRAY(FILTERS),
          b=ARRAY(B), conv_param=param(stride=SIZES, pad=SIZES)(CONV))
    | row("cs231n.max_pool_forward_naive", also=OPTIONS, **IMAGE, pool_param=param(
        pool_height=SIZES, pool_width=SIZES, stride=SIZES)(POOL))
    | row("cs231n.svm_loss", **SCORES) | row("cs231n.softmax_loss", **SCORES)
    | row("cs231n.batchnorm_forward", also=OPTIONS, **NORMED, bn_param=BN(OF_BATCH))
    | row("cs231n.layernorm_forward", also=OPTIONS, **NORMED,
          ln_param=EPS({"eps": 1e-5}))
    | row("cs231n.spatial_batchnorm_forward", also=OPTIONS, **OF_IMAGES, **IMAGE,
          bn_param=BN(OF_BATCH))
    | row("cs231n.spatial_groupnorm_forward", also=OPTIONS, **OF_IMAGES, **IMAGE,
          G=COUNT(2), gn_param=EPS({"eps": 1e-5}))
    | backward("affine") | backward("relu") | backward("dropout")
    | backward("batchnorm") | backward("batchnorm", "_alt") | backward("layernorm")
    | backward("spatial_batchnorm") | backward("spatial_groupnorm")
    | backward("conv", "_naive") | backward("max_pool", "_naive")
)
