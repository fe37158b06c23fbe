"""The page's script reads a graph's text as Python does, to the step or the word."""

import pytest
from own_graphs import TABLE, by_script, faults
from random_texts import texts

from bnbook.graph import OPS, parse
from bnbook.graph.expressions import expression
from bnbook.show.export import table_data

# Names that every object of script has, and blanks that only one of the two knows.
SPECIAL = [
    "constructor = x", "y = constructor(x)", "y = valueOf", "y = toString + __proto__",
    "__proto__ = x\ny = __proto__ - x", "y = __proto__(x)",
    "y = x\x0b", "\x0by = x", "y =\x0bx +\x0cx", "y\x0b= x", "y\r= x", "y = x\r\r\n",
    "y = x\u00a0", "\ufeffy = x", "y = x\u2028z = y", "y = x\x85z = y",
    "y = x\x1cz = y", "y = \u00a0x", "y = x \u3000", "y = x\u200b", "y = é", "y = x²",
    "ｙ = x", "y = ٣",
    "y = " + "x" * 196, "y = " + "x" * 197, "y = x #" + "🙂" * 300,
    "y = " + "🙂" * 196, "y = " + "🙂" * 197, "y = 🙂", "y = 1e5 * 1E-5 + 1.e5",
    "y = 1e+", "y = 007", "y = x\n\n\nz = y = x", "y = a'", "y' = a",
    "y = (a * b + c) * (d + e)", "a = x + y\ny = a",
    "y = x + y", "y = add(x)", "y = mean(x, x)", "y = spread(x, x)",
]
READ = """
({ all, ops }) => all.map((text) => {
  try {
    return { steps: bnText.parse(text, ops) };
  } catch (error) {
    return { error: error.message };
  }
})
"""


def by_python(text, ops):
    try:
        return {"steps": [[n, op, list(reads)] for n, op, reads in parse(text, ops)]}
    except ValueError as error:
        return {"error": str(error)}


@pytest.fixture(scope="module")
def page(chromium):
    tab = chromium.tab()
    yield tab
    tab.close()


def differences(page, all_texts, ops=OPS, planted=()):
    """The texts that the script reads otherwise."""
    data = {"all": all_texts, "ops": table_data(ops)}
    found = by_script(page, ["graph-text"], READ, data, planted)
    for one in found:
        if "steps" in one:
            one["steps"] = [[s["name"], s["op"], s["inputs"]] for s in one["steps"]]
    return [(text, one) for text, one in zip(all_texts, found, strict=True)
            if one != by_python(text, ops)]


@pytest.mark.parametrize("ops", [OPS, TABLE], ids=["ten ops", "with split and merge"])
def test_random_texts_right_and_wrong_are_read_alike(page, ops):
    assert not differences(page, texts(0, 200), ops)


@pytest.mark.parametrize("text", SPECIAL)
def test_what_script_might_take_otherwise_is_read_alike(page, text):
    assert not differences(page, [text])


def test_every_rule_of_the_table_is_read_alike(page):
    rules = [rule for op in TABLE.values() for rule in op.rules if rule]
    read = "(all) => all.map(bnText.expression)"
    trees = by_script(page, ["graph-text"], read, rules)
    assert trees == [as_lists(expression(rule)) for rule in rules]


def as_lists(tree):
    return tree if isinstance(tree, str) else [tree[0], *map(as_lists, tree[1:])]


def test_the_script_throws_a_plain_error(page):
    kind = by_script(page, ["graph-text"], """(ops) => {
      try { bnText.parse("", ops); } catch (error) { return error.constructor.name; }
    }""", table_data())
    assert kind == "Error"


FAULTS = faults(r"""
    /gu; → /g;
    [^ \t\n\r\f\v] → \S
    (?:\.\d+)? → ∅
    [eE][+-]?\d+ → [eE]\d+
    [A-Za-z_]\w*| → [A-Za-z]\w*|
    NAME = /^[A-Za-z_]\w*$/ → NAME = /^\w+$/
    AROUND_LINE = /^[ \t\r]+|[ \t\r]+$/g → AROUND_LINE = /^\s+|\s+$/g
    AROUND_NAME = /^[ \t]+|[ \t]+$/g → AROUND_NAME = /^\s+|\s+$/g
    LONGEST = 200 → LONGEST = 201
    [...line].length → line.length
    ["-", "subtract"] → ["-", "add"]
    ["/", "divide"] → ["/", "multiply"]
    tree, next(tokens)] → next(tokens), tree]
    closed(sum(tokens) → closed(product(tokens)
    ["negate", factor(tokens)] → ["negate", product(tokens)]
    found.length ? "," → found.length > 1 ? ","
    tokens[0] !== ")" → tokens[0] === "end"
    tokens.length > 1 → tokens.length > 2
    split("\n") → split(/\r?\n|\u2028/)
    split("#")[0] → split("# ")[0]
    told(k + 1 → told(k
    made.set(name, k + 1) → made.set(name, k)
    indexOf( → lastIndexOf(
    if (made.has(name)) → if (false)
    line >= at → line > at
    !rules.includes(null) → true
    parts.length !== many → parts.length > many
    for (const part of parts) check → for (const part of parts.slice(1)) check
""")


@pytest.mark.parametrize(("said", "instead"), FAULTS)
def test_a_fault_in_the_script_is_seen(page, said, instead):
    assert differences(page, [*texts(0, 200), *SPECIAL],
                       planted=[("graph-text", said, instead)])
