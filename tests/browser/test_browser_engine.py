"""The page's op table is NumPy's: to the last digits, and no rule can change unseen."""

import json
import re
from pathlib import Path

import pytest
from random_runs import KNOWN, NORMS, READS, cases, differences

from bnbook.graph import OPS, grouped

ENGINE = Path(__file__).parents[2] / "tools/page/live/engine.js"
RUNS, FEW = 1000, 20
SWAPPED = {"+": "-", "-": "+", "*": "/", "/": "*"}
RULES = [(op, part) for op, inputs in READS.items()
         for part in ("forward", *range(len(inputs)))]


@pytest.fixture(scope="module")
def engine():
    return ENGINE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(chromium):
    tab = chromium.tab()
    yield tab
    tab.close()


def test_every_op_and_every_member_of_the_family_is_compared(page, engine):
    ops = page.js(f"(() => {{ {engine}; return Object.keys(bnGraph.OPS) }})()")
    assert set(ops) == set(grouped(1)) == set(READS)
    assert {step.op for name in NORMS for step in KNOWN[name]} == set(READS)


@pytest.mark.parametrize("name", KNOWN)
def test_script_and_numpy_agree(page, engine, name):
    assert not differences(page, engine, cases(name, RUNS))


def rule_of(page, engine, op, part):
    """The text of one rule, and where it begins in the script."""
    side = "forward" if part == "forward" else "vjp"
    rule = f"bnGraph.OPS.{op}.{side}.toString()"
    text = page.js(f"(() => {{ {engine}; return {rule} }})()")
    row = re.search(rf"\b{op}: {{", engine)
    assert row, f"{op}: no row of the op table in the script"
    return text, engine.index(text, row.end())


def replaced(engine, text, start, new):
    return engine[:start] + new + engine[start + len(text):]


@pytest.mark.parametrize(("op", "part"), RULES)
def test_a_rule_that_is_off_by_a_billionth_in_the_script_is_seen(
    page, engine, op, part
):
    text, start = rule_of(page, engine, op, part)
    at = "" if part == "forward" else f"[{part}]"
    spoiled = f"""(...given) => {{
      const made = structuredClone(({text})(...given));
      made{at}.data = made{at}.data.map((v) => v * (1 + 1e-9));
      return made; }}"""
    wrong = replaced(engine, text, start, spoiled)
    assert differences(page, wrong, cases(op, FEW))
    assert any(differences(page, wrong, cases(name, 2)) for name in NORMS
               if op in {step.op for step in KNOWN[name]})


@pytest.mark.parametrize(("op", "part"), [r for r in RULES if r[1] != 1])
def test_every_sign_in_a_rule_of_the_script_counts(page, engine, op, part):
    text, start = rule_of(page, engine, op, part)
    for sign in re.finditer(r"(?<= )[-+*/](?= )|(?<=\W)-(?=\w)", text):
        mutant = text[:sign.start()] + SWAPPED[sign[0]] + text[sign.end():]
        wrong = replaced(engine, text, start, mutant)
        assert differences(page, wrong, cases(op, FEW)), mutant


def test_what_was_copied_forward_must_add_up_backward(page, engine):
    assert "+= v" in engine
    assert differences(page, engine.replace("+= v", "= v"), cases("batch", 2))


@pytest.mark.parametrize(("op", "part"), [r for r in RULES if r[0] in OPS])
def test_a_rule_that_is_off_by_a_billionth_in_the_op_table_is_seen(
    page, engine, op, part
):
    row = OPS[op]

    def forward(*given):
        return row.forward(*given) * (1 + 1e-9)

    def vjp(*given):
        return tuple(g * (1 + 1e-9 * (k == part))
                     for k, g in enumerate(row.vjp(*given)))

    wrong = row._replace(**({"forward": forward} if part == "forward"
                            else {"vjp": vjp}))
    assert differences(page, engine, cases(op, FEW), ops={op: wrong})


def test_a_message_sent_elsewhere_is_seen(page, engine):
    swapped = engine.replace("input: name, gradient", "input: step.name, gradient")
    assert swapped != engine
    assert "not message" in differences(page, swapped, cases("rms", 1))[0]


def test_numbers_go_to_the_page_and_back_unrounded(tab):
    given = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308]
    assert str(tab.js(json.dumps(given))) == str(given)
