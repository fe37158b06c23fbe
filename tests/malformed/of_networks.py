"""Valid calls of `nn`: networks and their training."""

import numpy as np

from bnbook import nn, norm
from malformed.kinds import (
    ARRAY,
    ARRAYS,
    BATCH,
    CALLABLE,
    CHOICE,
    COUNT,
    COUNTS,
    DTYPE,
    FLAG,
    FRACTION,
    INDEX,
    LABELS,
    NONNEGATIVE,
    POSITIVE,
    SEVERAL,
    Kind,
    but,
    other,
    others,
)
from malformed.of_nn import FOLDER, INIT, LABEL, RNG
from malformed.of_norm import RANKS
from malformed.rows import draw, row

X, DY = draw(5, 4), draw(5, 3)
RNG3 = np.random.default_rng(3)
NET = nn.mlp((4, 3, 3), normalization="batch_norm", dropout=0.5)
OTHER_NET = nn.mlp((4, 3, 3))
PARAMS, STATE = NET.initial_params(RNG3), NET.initial_state()
RUN = NET.forward(PARAMS, X, training=True, state=STATE,
                  rng=np.random.default_rng(0))[1]
OTHER_RUN = OTHER_NET.forward(OTHER_NET.initial_params(RNG3), X, training=True)[1]
SPECS = NET.specs
NETWORK = other()
SURE_LATER = Kind(lambda value: {}, doubtful=COUNT.wrong)  # the Network asks
WIDER = nn.mlp((4, 5, 3), normalization="batch_norm", dropout=0.5)
WIDER_RUN = WIDER.forward(
    WIDER.initial_params(RNG3), X, training=True, rng=RNG3)[1]
RUNS = Kind(lambda value: others() | {
    "its class": nn.Run, "another network's": OTHER_RUN, "its caches": RUN.caches,
    "a cache of another kind": RUN._replace(
        caches=RUN.caches | {"affine1": RUN.caches["relu1"]}),
    "no caches": RUN._replace(caches=None), "no outputs": RUN._replace(outputs=None),
    "a wider network's": WIDER_RUN,
    "outputs of another": RUN._replace(outputs=OTHER_RUN.outputs)})
STATES = Kind(lambda value: others() | {
    "a layer's": value["batch_norm1"], "a layer more": value | {"x": STATE},
    "a statistic less": {"batch_norm1": {"running_mean": np.ones(3)}},
    } | {f"{v} for {k}": {"batch_norm1": value["batch_norm1"] | {k: v}} for k, v in (
        ("running_var", -np.ones(3)), ("num_batches", 0.5))})
KEPT = STATES.but("None")
SPEC = SEVERAL.more(lambda value: {
    "none": [], "a number in it": [3], "an unknown one": ["nope"], "None in it": [None],
    "a layer of no width": ["affine"], "a class in it": [nn.Spec]} | {
        f"a Spec of {spec}": [nn.Spec(*spec)]
        for spec in (("relu", {"p": 1}), ("relu", None), (["relu"], {}))})
NORMALIZATION = Kind(lambda value: but("None") | {
    "another layer": "relu", "a Spec of it": nn.layer("relu"),
    "a Spec's class": nn.Spec, "in a list": ["batch_norm"]})
OF_STATE = ("running_mean", "running_var", "num_batches")

FIT = {"network": NETWORK(NET), "params": ARRAYS(PARAMS), "x": BATCH(X)}
MODEL = {"network": NETWORK(NET), "params": ARRAYS(PARAMS), "state": STATES(STATE)}
SMOOTH_NET = nn.mlp((4, 3, 3), "tanh", normalization="batch_norm")
STEP = SMOOTH_NET.initial_params(np.random.default_rng(8))
SMOOTH = {"network": NETWORK(SMOOTH_NET), "params": ARRAYS(STEP), "x": BATCH(X)}
FROZEN_NET = SMOOTH_NET.with_options("batch_norm", frozen=True)
FROZEN_STATE = FROZEN_NET.initial_state()
FROZEN = SMOOTH | {"network": NETWORK(FROZEN_NET)}
DISTANCES = Kind(lambda value: but("a tuple", "an empty list") | {
    "a string in it": ["1"], "NaN in it": [np.nan], "rows in it": [[1.0, 2.0]]})
MANY = SEVERAL.more(lambda value: {
    "none": [], "a number in it": [3], "None in it": [None], "a dict of nothing": [{}],
    "a key missing": [{**STEP}, {"w1": STEP["w1"]}]})
SHARES = Kind(lambda value: but("None") | {
    "one": [1.0], "three": [1.0, 1.0, 1.0], "below 0": [-1.0, 2.0], "zeros": [0, 0],
    "NaN in it": [np.nan, 1.0], "strings": ["1", "2"]})
BACK = {"dy": ARRAY(DY), "run": RUNS(RUN)}
LOSS = {"loss": CHOICE("softmax"), "weight_decay": NONNEGATIVE(0.01)}
BUILT = {"activation": CHOICE("relu"), "normalization": NORMALIZATION("batch_norm"),
         "dropout": FRACTION(0.5)}
ROWS = (
    row("nn.layer", also=("width", "p"), call=lambda kind, width: nn.layer(
        kind, width=width), kind=CHOICE("affine"), width=SURE_LATER(3))
    | row("nn.Network", also=("kind", "width", "p"), input_shape=COUNTS((4,)),
          specs=SPEC(SPECS))
    | row("nn.mlp", sizes=COUNTS((4, 3, 3)), **BUILT)
    | row("nn.conv_net", input_shape=COUNTS((1, 4, 4)), filters=COUNTS((2, 2)),
          classes=COUNT(3), **BUILT)
    | row("nn.residual_mlp", width=COUNT(4), blocks=COUNT(2), inputs=COUNT(4),
          classes=COUNT(3), activation=CHOICE("relu"),
          normalization=NORMALIZATION("batch_norm"), skip=FLAG(True))
    | row("nn.Network.with_options", on=lambda: NET, also=("p",),
          kind=CHOICE("batch_norm"), eps=SURE_LATER(1e-3))
    | row("nn.Network.param_shapes", on=lambda: NET)
    | row("nn.Network.initial_params", on=lambda: NET, rng=RNG(RNG3), init=INIT("he"),
          dtype=DTYPE(float))
    | row("nn.Network.initial_state", on=lambda: NET, dtype=DTYPE(float))
    | row("nn.Network.forward", on=lambda: NET, params=ARRAYS(PARAMS), x=BATCH(X),
          state=KEPT(STATE), training=FLAG(True), rng=RNG(RNG3),
          ranks=RANKS.but("None")(norm.Ranks()), also=OF_STATE)
    | row("nn.Network.backward", also=("cache",), on=lambda: NET, **BACK)
    | row("nn.Network.input_gradient", also=("cache",), on=lambda: NET, **BACK)
    | row("nn.Network.activations", on=lambda: NET,
          run=RUNS.but("a cache of another kind")(RUN))
    | row("nn.statistics", **FIT)
    | row("nn.fold", **MODEL, also=OF_STATE)
    | row("nn.to_onnx", **MODEL, dtype=DTYPE(float), also=OF_STATE)
    | row("nn.from_onnx", model=other()(nn.to_onnx(NET, PARAMS, STATE)))
    | row("nn.predict", **FIT, state=STATES(STATE), also=OF_STATE)
    | row("nn.statistics_gaps", **FIT, state=STATES(STATE), also=OF_STATE)
    | row("nn.evaluate", also=OF_STATE, **FIT, state=STATES(STATE),
          labels=LABELS(LABEL))
    | row("nn.loss_and_grads", **FIT, labels=LABELS(LABEL), **LOSS, state=KEPT(STATE),
          rng=RNG(RNG3), ranks=RANKS.but("None")(norm.Ranks()), also=OF_STATE)
    | row("nn.numerical_gradients", **FIT, labels=LABELS(LABEL), **LOSS, rng=RNG(RNG3),
          h=POSITIVE(1e-5))
    | row("nn.steps_along", **SMOOTH, labels=LABELS(LABEL), direction=ARRAYS(STEP),
          distances=DISTANCES((0.0, 0.1)), **LOSS)
    | row("nn.hessian_vector_product", **SMOOTH, labels=LABELS(LABEL), v=ARRAYS(STEP),
          h=POSITIVE(1e-5), **LOSS)
    | row("nn.averaged", **{n: a for n, a in SMOOTH.items() if n != "params"},
          also=("params",), several=MANY([STEP, STEP]), weights=SHARES((1.0, 3.0)))
    | row("nn.per_sample_gradients", **FROZEN, labels=LABELS(LABEL),
          loss=CHOICE("softmax"), state=KEPT(FROZEN_STATE), also=OF_STATE)
)

NAMES = Kind(lambda value: but("a tuple", "an empty list", "a generator", "a dict") | {
    "an unknown one": ["w9"], "a number in it": [3]})
OPTIONS = {
    "validation": Kind(lambda value: but("None") | {
        "x alone": (X,), "a list": [X, LABEL], "labels of floats": (X, LABEL / 1)})(
            (X, LABEL)),
    "params": ARRAYS.but("None")(PARAMS), "init": INIT("he"),
    "state": KEPT(STATE), "frozen": NAMES(["w1"]),
    "optimizer": CHOICE.but("a function", "a class")("adam"),
    "lr": NONNEGATIVE(0.1), "lr_decay": NONNEGATIVE(0.9), "batch_size": COUNT(3),
    **LOSS, "track_running_stats": FLAG(True),
    "skip_nonfinite": FLAG(True), "seed": INDEX(1),
    "report": CALLABLE.but("None")(str), "report_every": INDEX(0)}


def trainer():
    return nn.Trainer(NET, X, LABEL, batch_size=3)


trainer().save(FOLDER / "progress.npz")
PROGRESS = trainer().run(1)
UNTRACKED = {k: v for k, v in OPTIONS.items() if k not in (
    "track_running_stats", "params", "validation", "state")}
FILE = Kind(lambda value: others() | {"another file": FOLDER / "saved.npz",
                                      "a folder": FOLDER, "none": FOLDER / "none.npz"})
TARGET = FILE.but("a string", "bytes", "another file", "none")
TUPLE = Kind(lambda value: others() | {
    "two": value[:2], "None in it": (None, *value[1:]), "a list": [*value][:3]})
CURVES = {"activations": Kind(lambda value: but("a generator", "a tuple") | {
    "a name": "relu", "an unknown one": ["nope"]})(["relu"]),
    "seeds": Kind(lambda value: but() | {"-1 in it": [-1], "a half in it": [0.5],
                                         "a string in it": ["1"]})([0]),
    "hidden": COUNTS((2,)), "epochs": COUNT(1), "batch_size": COUNT(3),
    "lr": NONNEGATIVE(0.1), "points": COUNT(1)}
ROWS |= (
    row("nn.Trainer", also=OF_STATE, network=NETWORK(NET), x=BATCH(X),
        labels=LABELS(LABEL), **OPTIONS)
    | row("nn.Trainer.run", on=trainer, epochs=INDEX(1))
    | row("nn.Trainer.save", on=trainer, path=TARGET(FOLDER / "progress2.npz"))
    | row("nn.Trainer.load", on=trainer, path=FILE(FOLDER / "progress.npz"))
    | row("nn.Trainer.optimized", on=trainer, now=other()(PROGRESS),
          grads=ARRAYS(RUN and {k: v * 0 for k, v in PARAMS.items()}))
    | row("nn.Progress.line", on=lambda: PROGRESS, batches=COUNT(2), epochs=INDEX(1))
    | row("nn.train", call=nn.train, **FIT | {
        "params": ARRAYS.but("None")(PARAMS)}, labels=LABELS(LABEL), epochs=COUNT(1),
          **UNTRACKED)
    | row("nn.accuracy_curves", digits=TUPLE((X, LABEL, X, LABEL)), also=(
        "x", "labels", "x_test", "labels_test", "activation", "init", "seed", "sizes"),
        scales=Kind(lambda value: but("a masked array") | {
            "-1 in it": [-1], "a string in it": ["1"]})([0.1]), **CURVES)
)
