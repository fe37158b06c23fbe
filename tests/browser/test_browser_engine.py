"""The page's graphs are NumPy's: to the last digits, and no rule can change unseen."""

import copy
import json
import re
from pathlib import Path

import pytest
from random_runs import KNOWN, NORMS, READS, RULES, cases, differences, own_cases

from bnbook.graph import OPS, grouped

WEB = Path(__file__).parents[2] / "web"
RUNS, FEW, OWN = 1000, 20, 20
SWAPPED = {"+": "-", "-": "+", "*": "/", "/": "*"}
SENT = [(op, k) for op, rules in RULES.items() for k, rule in enumerate(rules) if rule]


@pytest.fixture(scope="module")
def engine():
    return "".join((WEB / f"{name}.js").read_text(encoding="utf-8")
                   for name in ("engine", "gradient"))


@pytest.fixture(scope="module")
def page(chromium):
    tab = chromium.tab()
    yield tab
    tab.close()


def test_every_op_and_every_member_of_the_family_is_compared(page, engine):
    ops = page.js(f"(() => {{ {engine}; return Object.keys(bnGraph.VALUES) }})()")
    assert set(ops) == set(grouped(1)) == set(READS)


@pytest.mark.parametrize("name", KNOWN)
def test_script_and_numpy_agree(page, engine, name):
    assert not differences(page, engine, cases(name, RUNS))


@pytest.mark.parametrize("seed", range(OWN))
def test_script_and_numpy_agree_on_graphs_that_a_reader_could_type(page, engine, seed):
    assert not differences(page, engine, own_cases(seed, FEW))


def value_of(page, engine, op):
    """The text of one op's value, and where it begins in the script."""
    text = page.js(f"(() => {{ {engine}; return bnGraph.VALUES.{op}.toString() }})()")
    row = re.search(rf"\b{op}: \(", engine)
    assert row, f"{op}: no row of the op table in the script"
    return text, engine.index(text, row.start())


def replaced(engine, text, start, new):
    return engine[:start] + new + engine[start + len(text):]


@pytest.mark.parametrize("op", READS)
def test_a_value_that_is_off_by_a_billionth_in_the_script_is_seen(page, engine, op):
    text, start = value_of(page, engine, op)
    spoiled = f"""(...given) => {{
      const {{ shape, data }} = ({text})(...given);
      return {{ shape, data: data.map((v) => v * (1 + 1e-9)) }}; }}"""
    assert differences(page, replaced(engine, text, start, spoiled), cases(op, FEW))


@pytest.mark.parametrize("op", READS)
def test_every_sign_in_a_value_of_the_script_counts(page, engine, op):
    text, start = value_of(page, engine, op)
    for sign in re.finditer(r"(?<= )[-+*/](?= )|(?<=\W)-(?=\w)", text):
        mutant = text[:sign.start()] + SWAPPED[sign[0]] + text[sign.end():]
        wrong = replaced(engine, text, start, mutant)
        assert differences(page, wrong, cases(op, FEW)), mutant


@pytest.mark.parametrize(("op", "k"), SENT)
@pytest.mark.parametrize("spoil", [
    lambda rule: ["negate", rule], lambda rule: ["multiply", "1.000000001", rule]],
    ids=["sign", "billionth"])
def test_a_rule_broken_in_the_exported_table_is_seen(page, engine, op, k, spoil):
    rules = copy.deepcopy(RULES)
    rules[op][k] = spoil(rules[op][k])
    assert differences(page, engine, cases(op, FEW), rules=rules)
    norms = [n for n in NORMS if op in {step.op for step in KNOWN[n]}]
    assert any(differences(page, engine, cases(n, 2), rules=rules) for n in norms
               ) or not norms


@pytest.mark.parametrize("op", OPS)
def test_a_value_that_is_off_by_a_billionth_in_the_op_table_is_seen(page, engine, op):
    row = OPS[op]
    wrong = row._replace(forward=lambda *given: row.forward(*given) * (1 + 1e-9))
    assert differences(page, engine, cases(op, FEW), ops={op: wrong})


@pytest.mark.parametrize(("old", "new"), [
    ("+= v", "= v"),  # what was copied forward must add up backward
    ('["add", sum, message]', "message"),  # the last message wins
    ("step: step.name, input, name }", "step: input, input, name }"),
    ("summed || op !==", "op !=="), ("twice(input, often)", "true"),
    ('op: "same", inputs: left', 'op: "negate", inputs: left'),
    ("gone.add(step.name);", ""), ("(inbox[input] ??= []).push(name);",
                                   "inbox[input] ??= [name];"),
])
def test_a_slip_in_the_gradient_of_the_script_is_seen(page, engine, old, new):
    assert old in engine
    wrong = engine.replace(old, new)
    chosen = [case for name in ("batch", "rms", "group") for case in cases(name, 3)]
    try:
        assert differences(page, wrong, chosen)
    except RuntimeError as error:
        assert "script" in str(error) or "rror" in str(error)


def test_numbers_go_to_the_page_and_back_unrounded(tab):
    given = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308]
    assert str(tab.js(json.dumps(given))) == str(given)
