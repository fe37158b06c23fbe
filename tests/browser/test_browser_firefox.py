"""Every built page is whole in Firefox too: silent, its formulas drawn, no wider."""

import json

import pytest

from browser import served
from firefox import Firefox, find_firefox
from lint_html import RAW_LATEX
from needed import missing
from screenshots import pages
from survey import SCRIPT, WITHIN

WIDTHS = (1280, 390)
BAD = ("error", "warn")
# Firefox says so of a formula of which only the first half has arrived, too; the survey
# searches whole pages for such formulas.
ARRIVING = "Invalid markup: Incorrect number of children for"
LOOKED = f"""[...bnSurvey.rawFormulas({json.dumps(RAW_LATEX.pattern)}),
  ...bnSurvey.brokenFormulas(), ...bnSurvey.overflow()]"""


@pytest.fixture(scope="module")
def firefox():
    if not (path := find_firefox()):
        missing("no Firefox: apt-get install firefox-esr")
    browser = Firefox(path)
    yield browser
    browser.close()


def faults(firefox, site, page):
    """What is wrong with one page, in words."""
    found = []
    for width in WIDTHS:
        firefox.look(width)
        firefox.open(site + page)
        firefox.js(f"(() => {{ {SCRIPT}; return 0 }})()")
        found += [f"{width} px: {words}" for words in firefox.js(LOOKED)]
        logged = [(p["level"], p["text"]) for p in firefox.said("log.entryAdded")]
        found += [f"console: {text}" for level, text in logged
                  if level in BAD and not text.startswith(ARRIVING)]
        for p in firefox.said("network.beforeRequestSent"):
            if not p["request"]["url"].startswith((site, *WITHIN)):
                found.append(f"leaves the loopback: {p['request']['url']}")
        for p in firefox.said("network.responseCompleted"):
            if p["response"]["status"] >= 400:
                found.append(f"not there: {p['response']['url']}")
    return found


def test_every_page_is_whole(firefox, site, built):
    found = [f"{page}: {words}" for page in pages(built)
             for words in faults(firefox, site, page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("planted", "words"), [
    ("<p>whole</p>", None),
    ("<script>throw new Error('planted')</script>", "console: Error: planted"),
    ('<img alt="a" src="http://127.0.0.2:8765/a.png">', "leaves the loopback"),
    ('<img alt="a" src="lost.png">', "not there"),
    ("<p>so $x^2$ follows</p>", "so $x^2$ follows"),
    ("<math><msup><mi>x</mi></msup></math>", "390 px: <msup>"),
    ('<main><p style="width: 600px">wide</p></main>', "390 px: the page"),
])
def test_a_planted_fault_is_found(firefox, tmp_path, planted, words):
    (tmp_path / "page.html").write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title>'
        f'<link rel="icon" href="data:,"></head><body>{planted}</body></html>')
    with served(tmp_path) as site:
        found = faults(firefox, site, "page.html")
    assert any(words in fault for fault in found) if words else not found
