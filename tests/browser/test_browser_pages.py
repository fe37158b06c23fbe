"""Every built page, in Chromium: whole, silent, for every reader, and light."""

import json
import os
import re
from pathlib import Path

import pytest

from screenshots import pages, shoot, stem
from survey import AS_IT_OPENS, PAUSE, SCRIPT, reported, survey, weight

KIB = 1024
WITHOUT_FIGURES, ALL = 170 * KIB, 250 * KIB
KEPT = Path(__file__).parents[2] / "_build" / "screenshots"
PARTS = 10
PICTURES = "BNBOOK_PICTURES" in os.environ  # of every page: a quarter of the time


def amiss(chromium, site, axe, page):
    """What is wrong with one page, a line each; its pictures, if wanted, in KEPT."""
    tab, wanted = chromium.tab(), PICTURES or page == "book/index.html"
    try:
        faults = survey(tab, site + page, axe=axe,
                        shoot=wanted and (lambda look: shoot(tab, KEPT, page, look)))
        plain, whole = weight(tab)
    finally:
        tab.close()
    if plain > WITHOUT_FIGURES or whole > ALL:
        yield f"{page}: {plain / KIB:.0f} KiB without figures, {whole / KIB:.0f} with"
    for fault in faults:
        yield f"{page}, {fault.look}: {fault.kind}: {fault.words}"
    for width, theme in AS_IT_OPENS:
        if wanted and not (KEPT / f"{stem(page)}-{width}-{theme}-1.png").is_file():
            yield f"{page}: no picture, {width} px, {theme}"


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_whole_and_light(chromium, site, built, axe, part):
    found = [words for page in pages(built)[part::PARTS]
             for words in amiss(chromium, site, axe, page)]
    assert not found, "\n".join(found)


# The looks of every element in few characters; a variable that nothing reads may go.
LOOKS_OF_ALL = """[...document.querySelectorAll("body, body *")].map((element) =>
  [null, "::before", "::after"].map((part) => {
    const style = getComputedStyle(element, part);
    if (part && style.content === "none") return 0;
    let sum = 0;
    for (const name of style) {
      if (name.startsWith("--")) continue;
      for (const c of style.getPropertyValue(name))
        sum = (31 * sum + c.charCodeAt(0)) | 0;
    }
    return sum;
  }).join())"""
SHEET = "document.querySelector('link[href*=\"_static/book.css\"]')"


@pytest.mark.parametrize(("page", "width", "theme"), [
    ("book/index.html", 1280, "light"), ("book/symbols.html", 390, "dark"),
    ("search.html", 390, "light")])
def test_the_lean_sheet_looks_as_all_sheets_do(tab, site, built, page, width, theme):
    names = (built / "_static" / "book.css").read_text("utf-8").split("*/")[0][3:]
    whole = "".join((built / n).read_text("utf-8") for n in names.split())
    whole = whole.replace('url("fonts/', f'url("{site}_static/fonts/')
    tab.look(width, theme)
    tab.open(site + page)
    tab.js(SCRIPT)  # it stops what is on its way from one colour to another
    settled = f"document.fonts.ready.then(() => bnSurvey.still({PAUSE}))"
    tab.js(settled)
    lean = tab.js(LOOKS_OF_ALL)
    tab.js(f"{{ const all = document.createElement('style');"
           f" all.textContent = {json.dumps(whole)}; {SHEET}.replaceWith(all); }} 0")
    tab.js(settled)
    assert len(lean) > 100 and tab.js(LOOKS_OF_ALL) == lean


MENUS = "button.primary-toggle, .search-button__button, .theme-switch-button"


@pytest.mark.parametrize("width", [1280, 390])
def test_open_menus_are_for_every_reader(tab, site, axe, width):
    tab.look(width, "light")
    tab.open(site + "book/index.html")
    tab.js(axe + "\n;0")
    tab.js(f"document.querySelectorAll({MENUS!r}).forEach((b) =>"
           " b.checkVisibility() && b.click())")
    tab.js("new Promise((done) => setTimeout(done, 800))")
    found = tab.js("axe.run().then((r) => r.violations.map((v) => v.id))")
    assert not found


def test_search_finds_with_no_network(tab, site):
    tab.open(site + "search.html?q=variance")
    tab.js("new Promise((done) => setTimeout(done, 1500))")
    assert tab.js("document.querySelectorAll('#search-results li').length") > 3


@pytest.mark.parametrize(("words", "place"), [
    ("quotient rule", "quotient-rule"), ("padding mask", "padded-positions"),
    ("data parallel workers", "uneven-batches"), ("checkpointing", "move-twice"),
    ("catastrophic forgetting", "how-do-i-freeze-it")])
def test_a_result_of_the_search_leads_to_the_section(tab, site, words, place):
    tab.open(site + f"search.html?q={words.replace(' ', '+')}")
    tab.js("new Promise((done) => setTimeout(done, 2500))")
    links = tab.js("[...document.querySelectorAll('#search-results a')]"
                   ".map((a) => a.href)")
    assert any(place in link.partition("#")[2] for link in links), links


@pytest.mark.parametrize("page", ["book/index.html", "book/04-ten-nodes.html"])
def test_a_page_opened_as_a_file_is_silent(tab, built, page):
    address = (built / page).resolve().as_uri()
    tab.open(address)
    assert not reported(tab, address)


def test_every_page_but_a_forwarding_one_is_looked_at(built):
    left = {p.relative_to(built).as_posix() for p in built.rglob("*.html")}
    for page in left - {*pages(built)}:
        text = (built / page).read_text(encoding="utf-8")
        assert "_static" in page or re.search('http-equiv="refresh"', text, re.I)
