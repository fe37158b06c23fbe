"""Valid calls of `norm`."""

import numpy as np

from bnbook import norm
from bnbook.norm import conventions
from malformed.kinds import (
    ARRAY,
    ARRAYS,
    BATCH,
    BELOW,
    CALLABLE,
    CHOICE,
    COUNT,
    COUNTS,
    DTYPE,
    FLAG,
    FRACTION,
    FREE,
    INDEX,
    NONNEGATIVE,
    POSITIVE,
    SEVERAL,
    SOME_ARRAYS,
    Kind,
    but,
    other,
    others,
)
from malformed.rows import draw, row

X, DY = draw(5, 3), draw(5, 3, seed=1)
IMAGES, DIMAGES = draw(2, 4, 3, 2), draw(2, 4, 3, 2, seed=1)
GAMMA, BETA, MEAN, VAR = (draw(3, seed=k) for k in (2, 3, 4, 5))
VAR = abs(VAR)
STATISTICS = "running_mean", "running_var", "num_batches"
STATE = {"running_mean": MEAN, "running_var": VAR, "num_batches": 2}
CACHES = {
    "batch_norm": norm.batch_norm_forward(X, GAMMA, BETA)[1],
    "layer": norm.batch_norm(X, {"gamma": GAMMA, "beta": BETA}, {}, training=True)[1],
    "layer_norm": norm.layer_norm_forward(X, GAMMA, BETA)[1],
    "group_norm": norm.group_norm_forward(IMAGES, draw(4), draw(4, seed=1), 2)[1],
    "instance_norm": norm.instance_norm_forward(IMAGES, draw(4), draw(4, seed=1))[1],
    "synchronized": norm.synchronized_batch_norm(
        X, {"gamma": GAMMA, "beta": BETA}, {}, norm.Ranks(), training=True)[1],
    "rms_norm": norm.rms_norm_forward(X, GAMMA)[1],
}


def cache(name):
    rest = (c for n, c in CACHES.items() if type(c) is not type(CACHES[name]))
    return other(*rest)(CACHES[name])


def layer():
    bn = norm.BatchNorm(3)
    bn.forward(X, True)
    return bn


def negative(kind):
    return kind.more(lambda a: {"below 0": a - 100})


MOMENTS = Kind(lambda value: others() | {
    "two of them": value[:2], "a string for the mean": ("a", *value[1:]),
    "a var below 0": (value[0], -1 - value[1], 5), "a half count": (*value[:2], 0.5),
    "another length": (value[0][:2], *value[1:]),
    "count -1": (*value[:2], -1)}, lambda value: {"a tuple": tuple(value)})
WITHIN_STATE = ARRAYS.more(lambda value: {
    "a var below 0": value | {"running_var": -1 - value["running_var"]},
    "a half count": value | {"num_batches": 0.5}})
BATCHES = SEVERAL.more(lambda value: {
    "none": [], "None in it": [*value, None], "another width": [*value, draw(5, 2)]})
FLAT = {"weight": GAMMA, "bias": BETA, "running_mean": MEAN, "running_var": VAR,
        "num_batches_tracked": np.array(3)}
RANKS = Kind(lambda value: others())
OPTIONAL_FRACTION = FRACTION.but("None")

FORWARD = {"x": BATCH(X), "gamma": ARRAY(GAMMA), "beta": ARRAY(BETA)}
OF_IMAGES = {"x": BATCH(IMAGES), "gamma": ARRAY(draw(4)),
             "beta": ARRAY(draw(4, seed=1))}
KEPT = ARRAY.but("an axis more")  # dims may be kept
EPS = {"eps": NONNEGATIVE(1e-5)}
INTO = {"w": ARRAY(draw(3, 3, 1)), "b": ARRAY.but("None")(BETA), "scale": ARRAY(GAMMA),
        "shift": ARRAY(MEAN), "layout": CHOICE("conv"), "groups": COUNT(1)}
GIVEN = {"mean": ARRAY(MEAN), "var": negative(ARRAY)(VAR)}
ROWS = (
    row("norm.batch_norm_forward", **FORWARD, **EPS)
    | row("norm.layer_norm_forward", **FORWARD, **EPS)
    | row("norm.instance_norm_forward", **OF_IMAGES, **EPS)
    | row("norm.group_norm_forward", **OF_IMAGES, groups=COUNT(2), **EPS)
    | row("norm.rms_norm_forward", x=BATCH(X), gamma=ARRAY(GAMMA), **EPS)
    | row("norm.fold_in_front", **INTO)
    | row("norm.fold_behind", **INTO, stride=COUNT(1), pad=INDEX(0))
    | row("norm.to_onnx", layer=other()(norm.BatchNorm(3)),
          shape=COUNTS.but("None")((3, 2)), dtype=DTYPE(float))
    | row("norm.folded", gamma=ARRAY.but("None")(GAMMA), beta=ARRAY.but("None")(BETA),
          **GIVEN, **EPS)
)
for names, name, dy in (
        (("batch_norm_backward", "batch_norm_backward_staged", "staged_gradients",
          "batch_norm_backward_detached"), "batch_norm", DY),
        (("batch_norm_vjp",), "layer", DY),
        *(((f"{n}_norm_backward",), f"{n}_norm", d) for n, d in (
            ("layer", DY), ("group", DIMAGES), ("instance", DIMAGES), ("rms", DY)))):
    for function in names:
        ROWS |= row(f"norm.{function}", dy=ARRAY(dy), cache=cache(name))
ROWS |= (
    row("norm.added", grads=SOME_ARRAYS({"w": X, "b": MEAN}),
        more=ARRAYS({"w": DY, "b": VAR}))
    | row("norm.moments", x=FREE(X))
    | row("norm.merged", a=MOMENTS(norm.moments(X)), b=MOMENTS(norm.moments(DY)),
          also=("b.mean",))
    | row("norm.pooled", also=("x", "b.mean"), batches=BATCHES([X, DY]))
    | row("norm.initial_state", num_features=COUNT(3), dtype=DTYPE(float),
          cumulative=FLAG(False))
    | row("norm.updated", state=WITHIN_STATE(STATE), mean=KEPT(MEAN),
          var=negative(KEPT)(VAR), count=COUNT(5),
          momentum=OPTIONAL_FRACTION(0.9), unbiased_running_var=FLAG(False),
          also=STATISTICS)
    | row("norm.batch_norm", x=BATCH(X), params=SOME_ARRAYS(
        {"gamma": GAMMA, "beta": BETA}), state=WITHIN_STATE.but("a dict")(STATE),
          training=FLAG(True), **EPS, momentum=OPTIONAL_FRACTION(0.9),
          unbiased_running_var=FLAG(False), also=("gamma", "beta", *STATISTICS))
    | row("norm.BatchNorm", num_features=COUNT.but("None")(3), **EPS,
          momentum=OPTIONAL_FRACTION(0.9), affine=FLAG(True),
          track_running_stats=FLAG(True), unbiased_running_var=FLAG(False),
          dtype=DTYPE(float))
    | row("norm.BatchNorm.forward", on=layer, x=BATCH(X), training=FLAG(True))
    | row("norm.BatchNorm.backward", on=layer, dy=ARRAY(DY), input_only=FLAG(False))
    | row("norm.BatchNorm.reset_running_stats", on=layer)
)


ROWS |= (
    row("norm.synchronized_batch_norm", x=BATCH(X), params=SOME_ARRAYS(
        {"gamma": GAMMA, "beta": BETA}), state=WITHIN_STATE.but("a dict")(STATE),
          ranks=RANKS(norm.Ranks()), training=FLAG(True), **EPS,
          momentum=OPTIONAL_FRACTION(0.9), unbiased_running_var=FLAG(False),
          block=COUNT.but("None")(2), also=("gamma", "beta", *STATISTICS))
    | row("norm.synchronized_batch_norm_vjp", dy=ARRAY(DY),
          cache=other(CACHES["layer_norm"])(CACHES["synchronized"]))
    | row("norm.Ranks", comm=Kind(lambda value: but("None"))(None),
          timeout=POSITIVE(60.0), check=FLAG(True))
    | row("norm.Ranks.summed", on=norm.Ranks, a=FREE(X))
    | row("norm.Ranks.reduced", on=norm.Ranks, a=FREE(X), merge=CALLABLE(np.add))
    | row("norm.Ranks.gathered", on=norm.Ranks, a=FREE.more(
        lambda value: {"a number": 3.0})(X))
    | row("norm.Ranks.all", on=norm.Ranks, value=Kind(lambda value: {})("any"))
)

VARIANCE = {"var": negative(FREE)(VAR), "count": COUNT(5)}
KEYS = {name: "/".join(path) for name, path in
        conventions.CONVENTIONS["pytorch"].names.items()}
ROWS |= (
    row("norm.conventions.converted_momentum", momentum=OPTIONAL_FRACTION(0.9),
        source=CHOICE("bnbook"), target=CHOICE("pytorch"))
    | row("norm.conventions.unbiased_variance", **VARIANCE)
    | row("norm.conventions.biased_variance", **VARIANCE)
    | row("norm.conventions.without_start", average=FREE(MEAN), momentum=BELOW(0.9),
          num_batches=COUNT(3), start=FREE(np.array(0.0)))
    | row("norm.conventions.exported", params=SOME_ARRAYS.but("a key missing")(
        {"gamma": GAMMA, "beta": BETA}), state=SOME_ARRAYS.but("a key missing")(STATE),
        framework=CHOICE("pytorch"))
    | row("norm.conventions.imported", also=tuple(KEYS.values()),
          values=SOME_ARRAYS.but("a key missing")(FLAT), framework=CHOICE("pytorch"))
)
