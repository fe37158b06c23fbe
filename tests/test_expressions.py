"""The small language: what a text says as steps, and what it may not say."""

import ast
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnbook.graph import (
    BATCH_NORM,
    GROUP_NORM,
    INFERENCE,
    OPS,
    RMS_NORM,
    Step,
    graph_inputs,
    grouped,
    parse,
    run,
)
from bnbook.graph.expressions import SIGNS, expression

# The page's script reads the same texts, in the browser's tests.
RANDOM = runpy.run_path(str(Path(__file__).parent / "browser" / "random_texts.py"))
TEXTS, RIGHT = RANDOM["texts"](0, 400), RANDOM["right_texts"](0, 200)
TABLE = grouped(2)


def lines(graph):
    """Steps in one string: name op inputs, a step between bars."""
    return " | ".join(" ".join((step.name, step.op, *step.inputs)) for step in graph)


@pytest.mark.parametrize("text, steps", [
    ("mu = mean(x)", "mu mean x"),
    ("y=a+b", "y add a b"),
    ("y = a - b", "y subtract a b"),
    ("y = a * b", "y multiply a b"),
    ("y = a / b", "y divide a b"),
    ("y = a", "y same a"),
    ("y = 2", "y same 2"),
    ("y = -a", "y negate a"),
    ("y = add(a, b)", "y add a b"),
    ("y = (a)", "y same a"),
    ("y = ((a + (b)))", "y add a b"),
    ("y = 1.5e-3 * a", "y multiply 1.5e-3 a"),
    ("y = 2E+4/a", "y divide 2E+4 a"),
    ("_ = x_1 + Y2", "_ add x_1 Y2"),
    ("y = mean + add", "y add mean add"),  # a value may have an op's name
    ("y = mean ( x )", "y mean x"),
])
def test_a_line_is_a_step(text, steps):
    assert lines(parse(text)) == steps


@pytest.mark.parametrize("text, steps", [
    ("y = gamma * xhat + beta", "y' multiply gamma xhat | y add y' beta"),
    ("y = beta + gamma * xhat", "y' multiply gamma xhat | y add beta y'"),
    ("y = sqrt(square(a) + 1)", "y'' square a | y' add y'' 1 | y sqrt y'"),
    ("y = (a + b) * (c - d)", "y' add a b | y'' subtract c d | y multiply y' y''"),
    ("y = (a * b + c) * (d + e)",
     "y'' multiply a b | y' add y'' c | y''' add d e | y multiply y' y'''"),
    ("y = a + b\nz = y * y + b", "y add a b | z' multiply y y | z add z' b"),
])
def test_what_stands_inside_a_line_is_a_part_of_it(text, steps):
    assert lines(parse(text)) == steps


@pytest.mark.parametrize("text, like", [
    ("a - b - c", "(a - b) - c"), ("a / b / c", "(a / b) / c"),
    ("a - b + c", "(a - b) + c"), ("a / b * c", "(a / b) * c"),
    ("a + b * c", "a + (b * c)"), ("a * b + c", "(a * b) + c"),
    ("a - b / c", "a - (b / c)"), ("-a * b", "(-a) * b"), ("-a + b", "(-a) + b"),
    ("a * -b", "a * (-b)"), ("a - -b", "a - (-b)"), ("--a", "-(-a)"),
    ("a / -mean(b)", "a / (-(mean(b)))"),
])
def test_what_binds_first_is_what_does_in_school(text, like):
    assert expression(text) == expression(like)


def by_python(tree, text):
    """Python's own reading of a value, as the tree that `expression` makes."""
    def read(node):
        return by_python(node, text)

    match tree:
        case ast.BinOp(left, op, right):
            signs = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
            return SIGNS[signs[type(op)]], read(left), read(right)
        case ast.UnaryOp(ast.USub(), value):
            return "negate", read(value)
        case ast.Call(ast.Name(op), inputs):
            return op, *map(read, inputs)
        case ast.Name(name):
            return name
    return ast.get_source_segment(text, tree)


@pytest.mark.parametrize("text", RIGHT[:60], ids=range(60))
def test_python_reads_the_same_values(text):
    for line in text.replace("\r", "").split("\n"):
        value = line.split("#")[0].partition("=")[2].strip()
        if value:
            tree = ast.parse(value, mode="eval").body
            assert expression(value) == by_python(tree, value)


def worth(tree, values):
    """What a tree is worth: its ops, one in another."""
    if isinstance(tree, str):
        return np.array(float(tree)) if tree[0].isdigit() else values[tree]
    return OPS[tree[0]].forward((), *(worth(part, values) for part in tree[1:]))


@np.errstate(all="ignore")  # a random text may well divide by 0
@pytest.mark.parametrize("text", RIGHT[:60], ids=range(60))
def test_a_graph_is_worth_what_its_lines_are(text):
    graph, draw = parse(text), np.random.default_rng(6)
    values = {name: draw.uniform(1, 2, (3, 2)) for name in graph_inputs(graph)}
    found = run(graph, values, axes=()).values
    for line in text.split("\n"):
        name, _, value = line.split("#")[0].partition("=")
        if value:
            values[name.strip()] = worth(expression(value.strip()), values)
            np.testing.assert_array_equal(found[name.strip()], values[name.strip()])


@pytest.mark.parametrize("text", [
    "\n\nq = a + b # half\n\n#\n y = q * q", "q = a + b\r\ny = q * q\r\n",
    "# y = 1\nq=a+b#y = 2\n\ty\t=\tq\t*\tq\t\n", "q = a + b\n   \t\r\ny = q*q",
    "q = (a + b)\ny = multiply(q, q)",
])
def test_blanks_remarks_and_ends_of_lines_say_nothing(text):
    assert parse(text) == parse("q = a + b\ny = q * q")


def test_a_name_that_no_line_makes_is_an_input():
    assert graph_inputs(parse("q = a * b\ny = 2 * q + c")) == ("a", "b", "c")


def test_a_number_is_no_input_and_is_worth_itself():
    graph = parse("y = 1.5 * a - 25e-2")
    assert graph_inputs(graph) == ("a",)
    assert run(graph, {"a": 4.0}).values["y"] == 5.75


def test_a_number_takes_the_dtype_of_the_arrays():
    values = run(parse("y = 2 * a"), {"a": np.ones(3, np.float32)}).values
    assert values["y"].dtype == np.float32


BY_HAND = """mu = mean(x)
xmu = x - mu
sq = square(xmu)
var = mean(sq)
vareps = var + eps
std = sqrt(vareps)
ivar = reciprocal(std)
xhat = xmu * ivar
gx = gamma * xhat
y = gx + beta  # ten lines
"""


def test_batch_norm_as_a_text_is_batch_norm():
    assert parse(BY_HAND) == BATCH_NORM


def text_of(graph):
    """A graph as a text, each step an op with its inputs in brackets."""
    return "\n".join(f"{s.name} = {s.op}({', '.join(s.inputs)})" for s in graph)


@pytest.mark.parametrize("graph", [BATCH_NORM, INFERENCE, RMS_NORM, GROUP_NORM])
def test_a_graph_of_the_family_comes_back_from_its_text(graph):
    assert parse(text_of(graph), TABLE) == graph


def test_batch_norm_in_two_lines_is_worth_the_same():
    text = ("d = x - mean(x)\n"
            "y = gamma * (d / sqrt(mean(square(d)) + eps)) + beta")
    draw = np.random.default_rng(7)
    given = {"x": draw.normal(size=(5, 3)), "gamma": draw.normal(size=3),
             "beta": draw.normal(size=3), "eps": 0.1}
    ours, theirs = (run(g, given).values["y"] for g in (parse(text), BATCH_NORM))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-14)  # units in the last


RULES = [pytest.param(op, rule, id=f"{name} {'ab'[k]}") for name, op in TABLE.items()
         for k, rule in enumerate(op.rules) if rule is not None]


def leaves(tree):
    if isinstance(tree, str):
        return [tree]
    return [leaf for part in tree[1:] for leaf in leaves(part)]


def ops_in(tree):
    """(op, how many inputs it is given) of all that a tree is made of."""
    if isinstance(tree, str):
        return []
    return [(tree[0], len(tree) - 1), *(o for part in tree[1:] for o in ops_in(part))]


@pytest.mark.parametrize("op, rule", RULES)
def test_a_rule_is_made_of_g_y_and_the_inputs(op, rule):
    names = {leaf for leaf in leaves(expression(rule)) if not leaf[0].isdigit()}
    assert names <= {"g", "y", *"ab"[:len(op.rules)]} and "g" in names


@pytest.mark.parametrize("op, rule", RULES)
def test_a_rule_is_made_of_the_tables_ops(op, rule):
    for name, given_ in ops_in(expression(rule)):
        assert len(TABLE[name].rules) == given_


@pytest.mark.parametrize("op, rule", RULES)
def test_a_rule_is_linear_in_g(op, rule):
    """So g stands once, and under no square, root, reciprocal or divisor."""
    def holds(tree):
        return "g" in leaves(tree)

    def linear(tree):
        if isinstance(tree, str):
            return tree == "g"
        op, *parts = tree
        nonlinear = op in ("square", "sqrt", "reciprocal") or (
            op == "divide" and holds(parts[1]))
        return not nonlinear and any(map(linear, parts))

    tree = expression(rule)
    assert leaves(tree).count("g") == 1 and linear(tree)


OP_NAMES = ("add, subtract, multiply, divide, square, sqrt, reciprocal, negate, same, "
            "mean")
MALFORMED = [
    ("", "text: no line, expected lines such as mu = mean(x)"),
    (" \n# a remark\n", "text: no line, expected lines such as mu = mean(x)"),
    ("y", "line 1: expected name = value, got y"),
    ("\n\n= a", "line 3: expected name = value, got = a"),
    ("2 = a", "line 1: expected name = value, got 2 = a"),
    ("y' = a", "line 1: expected name = value, got y' = a"),
    ("a b = c", "line 1: expected name = value, got a b = c"),
    ("σ = a", "line 1: expected name = value, got σ = a"),
    ("y =", "line 1: expected a value, got the end of the line"),
    ("y = # a", "line 1: expected a value, got the end of the line"),
    ("y = a +", "line 1: expected a value, got the end of the line"),
    ("y = * a", "line 1: expected a value, got *"),
    ("y = + a", "line 1: expected a value, got +"),
    ("y = a ** b", "line 1: expected a value, got *"),
    ("y = .5", "line 1: expected a value, got ."),
    ("y = σ", "line 1: expected a value, got σ"),
    ("y = ٣", "line 1: expected a value, got ٣"),
    ("y = ()", "line 1: expected a value, got )"),
    ("y = mean()", "line 1: expected a value, got )"),
    ("y = add(a,)", "line 1: expected a value, got )"),
    ("y = a b", "line 1: expected + - * / or the end of the line, got b"),
    ("y = a = b", "line 1: expected + - * / or the end of the line, got ="),
    ("y = a)", "line 1: expected + - * / or the end of the line, got )"),
    ("y = a^2", "line 1: expected + - * / or the end of the line, got ^"),
    ("y = 2a", "line 1: expected + - * / or the end of the line, got a"),
    ("y = 2٣", "line 1: expected + - * / or the end of the line, got ٣"),
    ("y = aé", "line 1: expected + - * / or the end of the line, got é"),
    ("y = a\u00a0", "line 1: expected + - * / or the end of the line, got \u00a0"),
    ("\u2003y = a", "line 1: expected name = value, got \u2003y = a"),
    ("y = 1.", "line 1: expected + - * / or the end of the line, got ."),
    ("y = y'", "line 1: expected + - * / or the end of the line, got '"),
    ("y = 2(a)", "line 1: expected + - * / or the end of the line, got ("),
    ("y = a, b", "line 1: expected + - * / or the end of the line, got ,"),
    ("y = (a", "line 1: expected ), got the end of the line"),
    ("y = (a, b)", "line 1: expected ), got ,"),
    ("y = add(a b)", "line 1: expected ), got b"),
    ("q = a\ny = exp(q)", f"line 2: exp is no op, expected one of {OP_NAMES}"),
    ("y = spread(a, b)", f"line 1: spread is no op, expected one of {OP_NAMES}"),
    ("y = split(a)", f"line 1: split is no op, expected one of {OP_NAMES}"),
    ("y = mean(a, b)", "line 1: mean of 2 values, expected 1"),
    ("y = add(a)", "line 1: add of 1 values, expected 2"),
    ("y = 1 + add(a, b, c)", "line 1: add of 3 values, expected 2"),
    ("y = a\ny = b", "line 2: line 1 makes y, expected another name"),
    ("\ny = y + 1", "line 2: y is made in line 2, expected it above"),
    ("q = a * y\ny = q", "line 1: y is made in line 2, expected it above"),
    ("y = " + "a" * 197, "line 1: 201 characters, expected at most 200"),
]


@pytest.mark.parametrize("text, message", MALFORMED)
def test_a_text_that_is_amiss_is_told_in_one_line(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$") as caught:
        parse(text)
    assert "\n" not in str(caught.value)


def test_the_first_line_that_is_amiss_is_the_one_told():
    with pytest.raises(ValueError, match=r"^line 2: expected a value"):
        parse("q = a\nw = *\ny = (")


def test_a_line_of_200_characters_is_read_and_remarks_do_not_count():
    name = "a" * 196
    assert lines(parse(f"y = {name}  # {name}")) == f"y same {name}"


@pytest.mark.parametrize("text", [
    "y = " + "(" * 97 + "a" + ")" * 97, "y = " + "-" * 195 + "a",
    "y = " + "mean(" * 32 + "a" + ")" * 32, "y = a" + "+a" * 97])
def test_as_deep_as_a_line_can_be_is_read(text):
    assert parse(text)[-1].name == "y"


@pytest.mark.parametrize("text", ["(" * 196, "-" * 196, "-(" * 98, "a(" * 98,
                                  "mean(" * 39, "(-" * 98])
def test_as_deep_as_a_line_can_be_is_told(text):
    with pytest.raises(ValueError, match=r"^line 1: expected a value, got the end"):
        parse("y = " + text)


def test_a_table_of_more_ops_reads_them():
    assert lines(parse("y = merge(split(x))", TABLE)) == "y' split x | y merge y'"


def well_made(graph, ops):
    """Whether names are made once and before they are read, by ops of the table."""
    made = {step.name for step in graph}
    above = set()
    for name, op, inputs in graph:
        if len(inputs) != len(ops[op].rules) or any(i in made - above for i in inputs):
            return False
        above.add(name)
    return len(graph) == len(made) and all(type(step) is Step for step in graph)


def parses(text):
    """Whether a text is a graph; if not, it must be told in one line, what and where.
    """
    try:
        graph = parse(text)
    except ValueError as error:
        told = str(error)
        assert re.match(r"line [1-9]\d*: |text: no line, ", told) and "\n" not in told
        assert re.search(r"expected", told)
        return False
    assert well_made(graph, OPS)
    return True


WORDS = st.one_of(
    st.text(max_size=6), st.text("()+-*/=,#'._ \t\r\n", max_size=12),
    st.sampled_from(["x", "y", "y =", "mean(", "add(", "2", "1e5", "\n", "a = b\n", ")",
                     "σ", "🙂", "\r\n", "\x00", "\u2028", "(" * 120, "x" * 250,
                     "-" * 180]))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(WORDS, max_size=12).map("".join))
def test_no_text_is_answered_by_anything_but_steps_or_a_line(text):
    parses(text)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text())
def test_no_value_is_answered_by_anything_but_steps_or_a_line(text):
    parses("y = " + text)


def test_random_right_texts_are_graphs():
    assert all(map(parses, RIGHT))


def test_of_the_random_texts_many_are_graphs_and_many_are_not():
    share = np.mean([parses(text) for text in TEXTS])
    assert 0.5 < share < 0.8  # every other one is right, and some accidents do no harm


def test_the_random_texts_are_told_of_every_kind_of_fault():
    """Each message that the language has comes up in the two hundred that JS reads."""
    told = set()
    for text in TEXTS[:200]:
        try:
            parse(text)
        except ValueError as error:
            told.add(re.sub(r"\d+", "N", str(error).partition(": ")[2]))
    for kind in ("no line", "expected name", "expected a value", "expected + - ",
                 "expected )", "line N makes", ".* is made in line N, expected it abov",
                 "N characters", r".* is no op", ".* of N values, expected N"):
        pattern = kind if ".*" in kind else re.escape(kind)
        assert any(re.match(pattern, line) for line in told), kind


def test_the_same_seed_gives_the_same_texts():
    assert RANDOM["texts"](0, 50) == TEXTS[:50] != RANDOM["texts"](1, 50)
