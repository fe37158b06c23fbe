"""Valid calls of `show`."""

import numpy as np

from bnbook.graph import BATCH_NORM, OPS, closed_form, run
from bnbook.show import count_passes, on_ranks, shipped
from bnbook.show.explorer import PARTS
from malformed.kinds import (
    ARRAYS,
    CALLABLE,
    CHOICE,
    COUNT,
    FLAG,
    FRACTION,
    INDEX,
    NAMES,
    NONNEGATIVE,
    POSITIVE,
    REAL,
    SEVERAL,
    TEXT,
    Kind,
    but,
    dtypes,
    layouts,
    others,
    special,
)
from malformed.of_graph import INPUTS, RAN, READ, TABLE, TRACE, X, trace
from malformed.rows import draw, row


def tenfold(ranks, by):
    return by * ranks.rank


T = TRACE(trace())
CHANGES = closed_form(trace())
TREE = Kind(lambda value: but("a string") | {
    "an unknown op": ("exp", "x"), "too few": ("add", "x"), "a number": ("add", "x", 3),
    "None in it": ("square", None), "the empty string": ""})
EXPLORED = Kind(lambda value: TRACE.wrong(trace()) | {
    "of a batch of 3 columns": trace(), "of another graph": run(BATCH_NORM[:4], {
        "x": np.ones((5, 1))}, np.ones((1, 1)))})
OF_ROWS = SEVERAL.more(lambda value: {
    "a shorter row": [*value, (1,)], "a number as row": [3]})
GRAPHS = SEVERAL.more(lambda value: {
    "an unknown one": ["nope"], "None in it": [None],
    "a forward run": [run(BATCH_NORM, INPUTS)]})
OF_CHANGES = SEVERAL.more(lambda value: {
    "None in it": [None], "its class": [type(value[0])]})
NAMED = RAN.more(lambda value: {"of names that mean nothing": run(
    (BATCH_NORM[0]._replace(name="z"),), {"x": X})})
EVERY_OP = TABLE.but("without an op")
ROWS = (
    row("show.Table", caption=TEXT("c"), head=Kind(lambda value: but(
        "an empty list", "a tuple", "a generator", "a dict", "unequal rows", "an array",
        "an object array", "a masked array") | {"shorter": ["a"]})(
            ["a", "b"]), rows=OF_ROWS([(1, 2)]))
    | row("show.draw", trace=T, lit=NAMES(["x"]), path=CHOICE.but("None")("mean"),
          direction=CHOICE("both"), crop=FLAG(False), local=FLAG(False))
    | row("show.explorer", trace=EXPLORED(shipped("batch")), at=CHOICE("dx"),
          path=CHOICE.but("None")("mean"), cut=CHOICE.but("None")("mean"),
          preset=CHOICE("an outlier"), view=NAMES(PARTS[:3]),
          graphs=GRAPHS(["layer"]), name=TEXT("live"), caption=TEXT("c"))
    | row("show.on_ranks", n=COUNT(2), function=CALLABLE(tenfold),
          given=Kind(lambda value: {})((10,)), timeout=POSITIVE(60.0), slow=True,
          call=lambda n, function, given, timeout: on_ranks(
              n, function, *given, timeout=timeout))
    | row("show.shipped", kind=CHOICE("batch"), preset=CHOICE("an outlier"))
    | row("show.listing", graph=READ(BATCH_NORM), start=INDEX(2))
    | row("show.step_tex", trace=RAN(trace()), name=CHOICE("xmu"), equals=TEXT("="))
    | row("show.gradient_tex", trace=T, name=CHOICE("xmu"), equals=TEXT("="))
    | row("show.message_tex", trace=T, step=CHOICE("sq"), name=CHOICE("xmu"),
          before=TEXT(""))
    | row("show.rules_table", names=NAMES(["add"]), ops=EVERY_OP(OPS))
    | row("show.form_tex", trace=RAN(trace()), tree=TREE(CHANGES[-1].tree))
    | row("show.terms_tex", trace=RAN(trace()), tree=TREE(CHANGES[-1].tree))
    | row("show.rules_applied", changes=OF_CHANGES(CHANGES))
    | row("show.symbols_table", trace=NAMED(trace()), member=CHOICE("batch"))
    | row("show.steps_table", trace=RAN(trace()))
    | row("show.trace_json", trace=RAN.more(lambda value: {
        "of NaN": run(BATCH_NORM, INPUTS | {"x": X * np.nan}),
        "complex": run(BATCH_NORM, INPUTS | {"x": X + 1j})})(trace()))
    | row("show.derivation", trace=RAN(trace()))
    | row("show.count_passes", call=lambda function, args, cache: count_passes(
        function, *args, cache=cache), function=CALLABLE(np.square),
          args=Kind(lambda value: {"none": (), "numbers": (1, 2.0), "empty": (X[:0],)})(
              (X,)), cache=INDEX(0))
)
for name in ("messages_table", "gradients_table"):
    ROWS |= row(f"show.{name}", trace=T)


def _values(a):
    return but("an array") | dtypes(a) | special(a) | {
        "empty": a[:0], "an axis more": a[None]}


VALUES = Kind(_values, layouts)
SHARES = ARRAYS.more(lambda value: {
    "nothing": {}, "a number as name": {3: value["batch"]},
    "shares above 1": {"batch": 2 + value["batch"]}})
MEASURED = np.full((2, 4), 0.5), np.full((2, 3, 3), 0.25)
RISING = Kind(lambda value: but("a generator") | {
    "one": [1.0], "falling": [2.0, 1.0], "NaN in it": [1.0, np.nan], "strings": ["a"]})
ROWS |= (
    row("show.small.gradient_by_depth", norms=Kind(lambda value: but("a dict") | {
        "an array of another depth": {3: value[2]}, "zeros": {2: 0 * value[2]},
        "NaN in it": {2: np.nan * value[2]}, "a depth of 1": {1: value[2][..., :1]}})(
            {2: np.ones((2, 2, 2))}), depth=COUNT(2))
    | row("show.small.float32_digits", deviations=VALUES(draw(6)), mean=NONNEGATIVE(1))
    | row("show.small.initial_scale", pixels=VALUES(np.arange(12.0).reshape(4, 3)),
          widths=Kind(lambda value: others() | {"-1 in it": [-1]})((4, 4)),
          seed=INDEX(1), eps=NONNEGATIVE(1e-5))
    | row("show.small.learning_rates", rates=VALUES(np.array([0.1, 0.5])),
          steps=VALUES(1 + draw(2, 2, 2, 3) ** 2), etas=VALUES(np.array([0.2, 1.0])),
          losses=VALUES(1 + draw(2, 3, 2) ** 2))
    | row("show.small.projection", x=VALUES(np.array([0.1, 0.5, -1.0])),
          dy=VALUES(np.array([1.0, -0.5, 0.3])), eps=NONNEGATIVE(1e-5))
    | row("show.small.pulled_graph", x=VALUES(np.array([0.1, 0.5, -1.0])),
          dy=VALUES(np.array([1.0, -0.5, 0.3])), pull=REAL(8.0))
    | row("show.small.batch_sizes", sizes=RISING([2, 4]), norm=CHOICE.but(
        "None")("batch"), errors=SHARES.but(
            "a key more", "a key missing")({"batch": MEASURED[0]}))
    | row("show.small.shifted_data", images=ARRAYS({"batch": MEASURED[0]}),
          accuracy=SHARES({"batch": MEASURED[1]}), strengths=RISING([0, 1]),
          rows=RISING([4, 16]), fault=CHOICE.but("None")("batch"), at=INDEX(1))
    | row("show.small.running_statistics", feature=VALUES(draw(9)),
          momentum=FRACTION(0.9), size=COUNT(5))
)
