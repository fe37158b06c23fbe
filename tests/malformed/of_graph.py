"""Valid calls of `graph`."""

from bnbook.graph import (
    BATCH_NORM,
    OPS,
    RMS_NORM,
    Op,
    Step,
    gradient,
    run,
)
from malformed.kinds import (
    ARRAY,
    CHOICE,
    COMPLEX_ARRAYS,
    COUNT,
    NAMES,
    SEVERAL,
    TEXT,
    Kind,
    but,
    others,
)
from malformed.rows import draw, row

X, DY = draw(5, 3), draw(5, 3, seed=1)
INPUTS = {"x": X, "gamma": draw(3, seed=2), "beta": draw(3, seed=3), "eps": 1e-5}


def trace():
    return run(BATCH_NORM, INPUTS, DY)


def _graphs(value):
    value = tuple(value)
    return but() | {
        "a step twice": (*value, value[0]), "backwards": value[::-1],
        "a number in it": (*value, 3), "a pair in it": (*value, ("z", "mean")),
        "inputs of numbers": (*value, Step("z", "square", (3,))),
        "an empty name": (*value, Step("", "square", ("x",))),
        "an empty input": (*value, Step("z", "square", ("",))),
        "a name of None": (*value, Step(None, "square", ("x",))),
        "too many inputs": (*value, Step("z", "square", ("x", "x"))),
        "too few inputs": (*value, Step("z", "add", ("x",))),
        "no such op": (*value, Step("z", "exp", ("x",))),
        "an op of a list": (*value, Step("z", ["add"], ("x",))),
        "no such number": (*value, Step("z", "square", ("2z",)))}


GRAPH = Kind(_graphs, lambda value: {"a list": [*value], "a generator": iter([*value])})
READ = GRAPH.but(  # what is read without an op table, and not run
    "backwards", "too many inputs", "too few inputs", "no such op", "a step twice",
    "no such number")
AXES = Kind(
    lambda value: but("True", "-1", "a tuple", "an empty list") | {
        "True": True, "9": 9, "-9": -9, "twice": (0, 0), "a string in it": (0, "1"),
        "a half in it": (0.5,), "True in it": (True,), "NaN": float("nan")},
    lambda value: {"negative": -2, "a tuple": (0,), "a list": [0]})
TABLE = Kind(
    lambda value: others() | {
        "a list of names": [*OPS], "functions": dict.fromkeys(OPS, len),
        "without an op": {k: v for k, v in OPS.items() if k != "subtract"},
        "a number": OPS | {"mean": 3}},
    lambda value: {"with another": OPS | {"z": Op(len, (), "")}})
TRACE = Kind(lambda value: others() | {
    "its class": type(value), "forward only": run(BATCH_NORM, INPUTS),
    "its values": value.values, "its graph": value.graph})
RAN = TRACE.but("forward only")
EDGES = SEVERAL.more(lambda value: {
    "an edge that is none": [*value, ("a", "b")], "a name in it": [*value, "mu"],
    "a number in it": [*value, 3], "a list in it": [["sq", "xmu"]]})
GIVEN = COMPLEX_ARRAYS.more(lambda value: {
    f"{label} for eps": value | {"eps": eps}
    for label, eps in (("None", None), ("a string", "1"), ("True", True))})
PREFIX = TEXT.more(lambda value: {"a digit": "2"})



def ran(**given):
    """What a run made: how the axes were written is no part of it."""
    made = run(**given)
    return made.graph, made.values, made.back, made.sums


BACKWARD = gradient(BATCH_NORM, ["x"], INPUTS)[len(BATCH_NORM):]
OPTIONS = {"axes": AXES(0), "ops": TABLE(OPS)}
ROWS = (
    row("graph.run", call=ran, also=("step", *INPUTS), graph=GRAPH(BATCH_NORM),
        inputs=GIVEN(INPUTS), upstream=ARRAY.but("None")(DY), **OPTIONS)
    | row("graph.gradient", also=("step", *INPUTS), graph=GRAPH(BATCH_NORM),
          wrt=NAMES(["x", "gamma"]), inputs=GIVEN(INPUTS | {"dy": DY}),
          of=CHOICE.but("None")("y"), upstream=PREFIX.but("None")("dy"),
          prefix=PREFIX("d"), **OPTIONS)
    | row("graph.graph_inputs", graph=READ(BATCH_NORM))
    | row("graph.parse", also=("line",), text=TEXT.more(lambda value: {
        "no line": "", "nonsense": "a = = b", "no op": "a = exp(x)"})("a = x * x"),
        ops=Kind(lambda value: others())(OPS))
    | row("graph.paths", trace=TRACE.more(lambda value: {
        "another graph": run(RMS_NORM, {k: INPUTS[k] for k in ("x", "eps", "gamma")},
                             DY)})(trace()))
    | row("graph.without", trace=TRACE(trace()), edges=EDGES({("sq", "xmu")}))
    | row("graph.dropped", steps=READ(BACKWARD), names=NAMES(["dxmu.sq"]))
    | row("graph.grouped", groups=COUNT(2))
    | row("graph.closed_form", also=("m",), trace=TRACE(trace()), name=CHOICE("x"))
    | row("graph.Trace.into", on=trace, name=CHOICE("xmu"))
    | row("graph.Trace.backward", on=trace, upstream=ARRAY(DY))
)
