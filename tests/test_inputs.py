"""No public callable takes a malformed argument, or refuses it in others' words.

The table of valid calls and of what is tried in their place stands in `malformed/`. Its
rows that take long are tried by hand: `cd tests && python -m malformed.sweep`.
"""

import inspect

import numpy as np
import pytest

from malformed import sweep
from malformed.kinds import ARRAY, COUNT, NONNEGATIVE, Given, Kind
from malformed.rows import Row, exported, public
from malformed.sweep import TABLE

pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass")

# What is still taken wrongly or refused in other words: the arguments of a callable. An
# argument that is right by now fails here too, and then leaves the list.
KNOWN = {}


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if not row.slow])
def test_what_is_malformed_is_refused_in_one_line_that_names_it(name):
    _, found = sweep.sweep(name)
    unknown = [f for f in found if f.argument not in KNOWN.get(name, ())]
    assert not unknown, "\n".join(map(str, unknown))
    assert {f.argument for f in found} == set(KNOWN.get(name, ())), "right by now"


def test_every_public_callable_has_a_valid_call():
    assert set(exported()) == set(TABLE)
    assert set(KNOWN) <= set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_a_row_has_every_argument(name):
    parameters = inspect.signature(public(name)).parameters.values()
    named = {p.name for p in parameters if p.kind not in (p.VAR_KEYWORD,)} - {"self"}
    assert named <= set(TABLE[name].arguments)


TAKES_EPS = [name for name in exported()
             if "eps" in inspect.signature(public(name)).parameters]


@pytest.mark.parametrize("name", TAKES_EPS)
def test_eps_is_given_by_name(name):
    """cs231n has it in a dict; so no number after the arrays is taken for it."""
    kind = inspect.signature(public(name)).parameters["eps"].kind
    assert kind is inspect.Parameter.KEYWORD_ONLY
    given = [g.value for n, g in TABLE[name].arguments.items() if n != "eps"]
    with pytest.raises(TypeError, match=r"positional arguments? but"):
        public(name)(*given, *[1e-5] * (9 - len(given)))


def test_what_takes_eps_is_found():
    assert {"norm.batch_norm_forward", "norm.rms_norm_forward", "norm.BatchNorm",
            "norm.folded", "nn.adam"} <= set(TAKES_EPS)


def told(call, kind, value, monkeypatch, **more):
    """The faults that the sweep finds in a function of one argument, or more."""
    given = {"x": kind(value)} | {n: Given(Kind(lambda v: {}), v)
                                  for n, v in more.items()}
    monkeypatch.setitem(TABLE, "planted", Row(call, given, (), False))
    return {(f.label, f.fault) for f in sweep.sweep("planted")[1]}


def careful(x):
    if not isinstance(x, int) or isinstance(x, bool) or x < 1:
        raise ValueError(f"x: {x!r:.9}, expected 1 or more".replace("\n", " "))
    return x


def drawing(x, rng):
    rng.random()
    return careful(x)


def writing(x, kept):
    kept["x"] = 1
    return careful(x)


def test_the_sweep_finds_nothing_in_a_careful_function(monkeypatch):
    plain = COUNT._replace(legal=lambda value: {})
    assert told(careful, plain, 3, monkeypatch) == set()
    assert told(careful, COUNT, 3, monkeypatch) == {
        ("int64", "refused"), ("uint8", "refused")}


@pytest.mark.parametrize("call, kind, value, fault", [
    (lambda x: x, NONNEGATIVE, 0.5, ("nan", "accepted")),
    (lambda x: x.T, ARRAY, np.ones((2, 3)), ("None", "internal")),
    (lambda x: [1][x], COUNT, 0, ("a string", "internal")),
    (lambda x: 1 / 0 if x is None else x, COUNT, 1, ("None", "internal")),
    (lambda x: next(iter([])) if x is None else x, COUNT, 1, ("None", "internal")),
    (lambda x: careful(x) if x else 1 + x, COUNT, 1, ("None", "internal")),
    (lambda x: np.ones(2) + np.ones(x), COUNT, 2, ("0", "internal")),
    (lambda x: np.asarray(x).strides, ARRAY, np.ones((2, 3)), ("strided", "other")),
])
def test_the_sweep_bites(call, kind, value, fault, monkeypatch):
    assert fault in told(call, kind, value, monkeypatch)


@pytest.mark.parametrize("said, fault", [
    ("y: 3, expected 4", "unnamed"), ("xx: 3, expected 4", "unnamed"),
    ("x: 3,\nexpected 4", "internal"), ("expected 4", "unnamed")])
def test_the_sweep_reads_what_is_said(said, fault, monkeypatch):
    def call(x):
        if x != 1:
            raise ValueError(said)

    assert ("None", fault) in told(call, COUNT, 1, monkeypatch)


@pytest.mark.parametrize("call, more", [
    (drawing, {"rng": np.random.default_rng(0)}), (writing, {"kept": {}})])
def test_a_refused_call_that_has_drawn_or_written_is_found(call, more, monkeypatch):
    found = told(call, COUNT, 3, monkeypatch, **more)
    assert ("-1", "changed") in found
