"""Valid calls of `nn` and `data`: functions."""

import tempfile
from pathlib import Path

import numpy as np

from bnbook import nn
from malformed.kinds import (
    ARRAY,
    ARRAYS,
    BATCH,
    BELOW,
    COMPLEX,
    COMPLEX_BATCH,
    COUNT,
    COUNTS,
    FLAG,
    FRACTION,
    FREE,
    FREE_COMPLEX,
    INDEX,
    LABELS,
    NONNEGATIVE,
    SOME_ARRAYS,
    Kind,
    but,
    other,
    others,
)
from malformed.of_norm import CACHES as OF_NORM
from malformed.rows import draw, row

X, W, B = draw(5, 3), draw(3, 2), draw(2)
IMAGES, FILTERS = draw(2, 3, 4, 4), draw(2, 3, 3, 3, seed=1)
PARAMS, GRADS = ({"w": draw(3, 2, seed=k), "b": draw(2, seed=k)} for k in (0, 1))
LABEL = np.array([0, 2, 1, 1, 0])
POOL = {"height": 2, "width": 2, "stride": 2}

CACHES = {
    "affine": nn.affine_forward(X, W, B)[1],
    "relu": nn.relu_forward(X)[1],
    "sigmoid": nn.sigmoid_forward(X)[1],
    "tanh": nn.tanh_forward(X)[1],
    "add": nn.add_forward(X, X)[1],
    "noise": nn.noise_forward(X, np.random.default_rng(0), training=True)[1],
    "dropout": nn.dropout_forward(X, 0.5, np.random.default_rng(0), training=True)[1],
    "conv": nn.conv_forward(IMAGES, FILTERS, B, pad=1)[1],
    "max_pool": nn.max_pool_forward(IMAGES, **POOL)[1],
    "softmax_cross_entropy": nn.softmax_cross_entropy_forward(X, LABEL)[1],
    "svm": nn.svm_forward(X, LABEL)[1],
    "batch_norm": OF_NORM["layer"],
}
RNG = Kind(lambda value: others() | {
    "a seed": 0, "the old one": np.random.RandomState(0),
    "its class": np.random.Generator})


def cache(name):
    """A cache, and in its place those of all other functions, and of its own class."""
    rest = [c for n, c in CACHES.items() if n != name]
    return other(*rest)(CACHES[name])


ROWS = (
    row("nn.affine_forward", x=COMPLEX_BATCH(X), w=COMPLEX(W), b=COMPLEX(B))
    | row("nn.relu_forward", x=FREE(X))
    | row("nn.add_forward", x=FREE_COMPLEX(X), earlier=COMPLEX(X))
    | row("nn.noise_forward", x=FREE(X), rng=RNG(np.random.default_rng(3)),
          training=FLAG(True), shift=NONNEGATIVE(0.5), spread=NONNEGATIVE(1.25),
          jitter=NONNEGATIVE(0.1))
    | row("nn.sigmoid_forward", x=FREE_COMPLEX(X))
    | row("nn.tanh_forward", x=FREE_COMPLEX(X))
    | row("nn.dropout_forward", x=FREE_COMPLEX(X), p=FRACTION(0.5),
          rng=RNG(np.random.default_rng(3)), training=FLAG(True))
    | row("nn.detached_backward", dy=ARRAY(X), cache=cache("batch_norm"))
    | row("nn.softmax_cross_entropy_forward", logits=BATCH(X), labels=LABELS(LABEL))
    | row("nn.svm_forward", scores=BATCH(X), labels=LABELS(LABEL),
          margin=NONNEGATIVE(1.0))
    | row("nn.accuracy", logits=BATCH(X), labels=LABELS(LABEL))
    | row("nn.quantized", w=FREE(X), bits=COUNT(8), axis=INDEX.but("None")(0))
    | row("nn.added", grads=SOME_ARRAYS(PARAMS), more=ARRAYS(GRADS))
    | row("data.load_digits")
)
for name, dy in (("affine", draw(5, 2)), ("sigmoid", X), ("tanh", X), ("dropout", X)):
    ROWS |= row(f"nn.{name}_backward", dy=COMPLEX(dy), cache=cache(name))
ROWS |= row("nn.add_backward", dy=COMPLEX(X), cache=cache("add"))
ROWS |= row("nn.noise_backward", dy=ARRAY(X), cache=cache("noise"))
ROWS |= row("nn.relu_backward", dy=ARRAY(X), cache=cache("relu"))
for name in ("softmax_cross_entropy", "svm"):
    ROWS |= row(f"nn.{name}_backward", cache=cache(name))
for naive in ("", "_naive"):
    ROWS |= (
        row(f"nn.conv_forward{naive}", x=COMPLEX_BATCH(IMAGES), w=COMPLEX(FILTERS),
            b=COMPLEX(B), stride=COUNT(1), pad=INDEX(1))
        | row(f"nn.conv_backward{naive}", dy=COMPLEX(draw(2, 2, 4, 4)),
              cache=cache("conv"))
        | row(f"nn.max_pool_forward{naive}", x=BATCH.but("transposed")(IMAGES),
            **{k: COUNT(v) for k, v in POOL.items()})
        | row(f"nn.max_pool_backward{naive}", dy=ARRAY(draw(2, 3, 2, 2)),
              cache=cache("max_pool"))
    )

NUMBERS = {"momentum": BELOW(0.9), "eps": NONNEGATIVE(1e-8), "decay": BELOW(0.9),
           "beta1": BELOW(0.9), "beta2": BELOW(0.99)}
STATES = {"sgd": "", "momentum": "v", "nesterov": "v", "adagrad": "h", "rmsprop": "h",
          "adam": "mv"}
OWN = {"sgd": (), "momentum": ("momentum",), "nesterov": ("momentum",),
       "adagrad": ("eps",), "rmsprop": ("decay", "eps"),
       "adam": ("beta1", "beta2", "eps")}


def state(value):
    """A state of an optimizer; {} is right too."""
    def wrong(value):
        found = but("a dict") | {"a slot more": value | {"z": PARAMS}}
        for slot in value:
            found[f"None for {slot}"] = value | {slot: None}
            found[f"{slot} missing"] = {k: v for k, v in value.items() if k != slot}
            if slot != "t":
                found |= {f"{slot}: {label}": value | {slot: v}
                          for label, v in ARRAYS.wrong(value[slot]).items()}
        return found if len(value) > 1 else {
            k: v for k, v in found.items() if not k.endswith("missing")}
    return Kind(wrong)(value)


for name, slots in STATES.items():
    kept = {slot: {n: abs(a) for n, a in GRADS.items()} for slot in slots}
    ROWS |= row(f"nn.{name}", params=SOME_ARRAYS(PARAMS), grads=ARRAYS(GRADS),
                state=state(kept | ({"t": 3} if name == "adam" else {})),
                lr=NONNEGATIVE(0.1), **{n: NUMBERS[n] for n in OWN[name]})

INIT = Kind(lambda value: NONNEGATIVE.wrong(0.1) | {"nope": "nope"})
TEMPORARY = tempfile.TemporaryDirectory()  # gone when the process ends
FOLDER = Path(TEMPORARY.name)
nn.save(FOLDER / "saved.npz", {"a": X})
PATH = Kind(lambda value: others() | {
    "a folder": FOLDER, "in no folder": FOLDER / "b/c"})
TREE = Kind(lambda value: but("a dict") | {
    "a number as name": {3: X}, "a slash": {"a/b": X}, "an object": {"a": object()},
    "None in it": {"a": None}, "masked": {"a": np.ma.ones(3)}, "unequal rows": {
        "a": [[1.0, 2.0], [3.0]]}, "a generator in it": {"a": iter(())}})
ROWS |= (
    row("nn.save", path=PATH.but("a string", "bytes")(FOLDER / "new.npz"),
          tree=TREE({"a": X, "b": {"c": 1}}), also=("a",))
    | row("nn.load", path=PATH(FOLDER / "saved.npz"))
    | row("nn.initial_std", init=INIT("he"), fan_in=COUNT(3), fan_out=COUNT(4))
    | row("nn.initial_weights", rng=RNG(np.random.default_rng(3)), init=INIT("he"),
          shape=COUNTS.more(lambda value: {
              "one": (3,), "three": (3, 2, 2), "none": ()})((3, 2)))
)
