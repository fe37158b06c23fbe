"""The listings of book/frameworks.md are those that ran, with what they ran on."""

import json
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "oracle"))
from make_frameworks import PAGE, main, said, sections  # noqa: E402

STORED = json.loads((HERE / "oracle/frameworks.json").read_text(encoding="utf-8"))
TEXT = PAGE.read_text(encoding="utf-8")
SHOWN = sections(TEXT)


def test_every_listing_of_the_page_is_in_a_section():
    assert sum(map(len, SHOWN.values())) == TEXT.count("```python\n") > 20
    assert [name for name, _ in SHOWN] == list(STORED)


@pytest.mark.parametrize("section", SHOWN, ids=" ".join)
def test_the_listings_are_those_that_ran_and_none_failed(section):
    name, version = section
    ran = STORED[name]
    assert ran["version"].startswith(version)
    assert [listing["text"] for listing in ran["listings"]] == SHOWN[section]
    assert {listing["said"] for listing in ran["listings"]} == {"pass"}


def test_a_listing_whose_claim_is_false_is_told():
    assert said("assert 1 == 2", {}) == "AssertionError: "
    assert said("missing", {}).startswith("NameError")
    assert said("a = 1", {}) == "pass"


def test_only_the_sections_asked_for_run(capsys):
    assert not main("none")
    assert json.loads(capsys.readouterr().out) == {}
