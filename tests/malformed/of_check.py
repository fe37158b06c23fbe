"""Valid calls of `check`."""

from bnbook import check, norm
from bnbook.check import OURS, RIGHT
from bnbook.graph import BATCH_NORM, OPS
from malformed.kinds import (
    ARRAY,
    BATCHES,
    CALLABLE,
    CHOICE,
    INDEX,
    POSITIVE,
    REAL,
    SEVERAL,
    SOME_ARRAYS,
    Kind,
    but,
    others,
)
from malformed.of_graph import DY, EDGES, GRAPH, TABLE, TRACE, X, trace
from malformed.rows import draw, row

RUN = trace()
GIVEN = {"x": draw(5, 3), "gamma": draw(3, seed=2)}


def scaled(x, gamma):
    return x * gamma


UPSTREAM, GRADS = DY, {"x": DY * GIVEN["gamma"], "gamma": (DY * X).sum(axis=0)}
CODE = (norm.batch_norm_forward, norm.batch_norm_backward)
SUBMITTED = Kind(lambda value: {}, doubtful=lambda value: {  # the verdict says it
    k: (v,) for k, v in others().items()} | {"none": ()})
SPECIMENS = SEVERAL.more(lambda value: {
    "None in it": [None], "its class": [type(value[0])], "a number in it": [3]})
CLAIMED = SOME_ARRAYS.but("a key missing")
MATRIX = check.kill_matrix(RIGHT[:1], OURS[1:2])
METHOD = {"method": CHOICE("complex step"), "h": POSITIVE.but("None")(1e-100)}
# What f takes, f says: a dict that lacks an input, or has one more, is refused in the
# words of Python's own call.
INPUTS = BATCHES.but("a dict", "a key missing", "a key more")
# The names come one by one: no caller gets further with what can not be unpacked.
ONE_BY_ONE = Kind(lambda value: {
    f"{label} in it": [*value, v] for label, v in others().items()})
FUNCTION = {"f": CALLABLE(scaled), "inputs": INPUTS(GIVEN),
            "upstream": ARRAY(UPSTREAM)}
ROWS = (
    row("check.check_gradients", also=("x", "gamma"), **FUNCTION, grads=CLAIMED(GRADS),
        **METHOD)
    | row("check.numerical_gradient", also=("x", "gamma"), **FUNCTION, name=CHOICE("x"),
          method=CHOICE("central difference"), h=POSITIVE.but("None")(1e-5))
    | row("check.check_trace", trace=TRACE(RUN), grads=CLAIMED.but("None")(RUN.grads),
          **METHOD)
    | row("check.relative_error", claimed=ARRAY(X), reference=ARRAY(X), unit=REAL(1.0))
    | row("check.bound", error=Kind(lambda value: but("NaN", "inf", "a half"))(1e-9),
          floor=Kind(lambda value: but("-1"))(-14))
    | row("check.passes", check=Kind(lambda value: others())(OURS[1]), seed=INDEX(0),
          implementation=Kind(lambda value: others())(RIGHT[0].implementation))
    | row("check.kill_matrix", faults=SPECIMENS(RIGHT[:1]), checks=SPECIMENS(OURS[1:2]),
          seed=INDEX(0))
    | row("check.KillMatrix.killers", on=lambda: MATRIX, fault=CHOICE("trace"))
    | row("check.KillMatrix.only", call=lambda names: MATRIX.only(*names),
          names=ONE_BY_ONE(["right values"]))
    | row("check.Report.within", on=lambda: check.check_trace(RUN),
          tolerance=POSITIVE(1e-9))
    | row("check.scaled_rules", op=CHOICE("mean"), factor=REAL(2.0))
    | row("check.from_graph", also=("step",), graph=GRAPH(BATCH_NORM), ops=TABLE(OPS),
          silent=EDGES(()))
    | row("check.load_ipython_extension", shell=Kind(lambda value: others())(
        type("Shell", (), {"register_magic_function": print})()))
    | row("check.diagnose", slow=True, call=lambda code, **told: check.diagnose(
        *code, **told), code=SUBMITTED(CODE), kind=CHOICE.but("None")("batch norm"),
        seed=INDEX(0), gamma=CHOICE.but("a string")("gamma"), also=("told",))
    | row("check.bench", slow=True, seed=INDEX(0))
)
