"""The survey bites: a page that is right passes, and each planted fault is found."""

import pytest
import websocket

import browser
from browser import served
from survey import DRAWING, survey, weight

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<style>
  a:focus-visible, button:focus-visible {{ outline: 3px solid blue; }}
  @media (prefers-color-scheme: dark) {{
    html {{ background: #111; color: #eee; }} a {{ color: #9cf; }}
  }}
</style>
</head><body><main><h1>A page</h1><p>Words and <code>$x^2$</code>, a
<a href="#a">link</a>, <math><mi>x</mi></math>.</p>{}</main></body></html>"""

FAULTS = {
    "foreign image": ("request", '<img alt="a" src="http://example.org/a.png">'),
    "foreign script": ("request", '<script src="https://example.org/a.js"></script>'),
    "foreign fetch": ("request", "<script>fetch('http://example.org')</script>"),
    "foreign socket": ("request", "<script>new WebSocket('ws://example.org')</script>"),
    "foreign style": ("request", "<style>@import '//example.org/a.css';</style>"),
    "lost file": ("request", '<img alt="a" src="lost.png">'),
    "thrown": ("console", "<script>throw new Error('planted')</script>"),
    "rejected": ("console", "<script>Promise.reject(new Error('planted'))</script>"),
    "written": ("console", "<script>console.error('planted')</script>"),
    "raw dollars": ("formula", "<p>so $x^2$ follows</p>"),
    "raw command": ("formula", r"<p>\frac is no word</p>"),
    "merror": ("formula", "<math><merror><mtext>no</mtext></merror></math>"),
    "wide": ("overflow", '<div style="width: 1400px">wide</div>'),
    "wide on a phone": ("overflow", '<div style="width: 500px">wide</div>'),
    "no alt": ("axe", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
    "no name": ("axe", "<button></button>"),
    "pale": ("axe", '<p style="color: #999; background: #fff">pale</p>'),
    "pale in the dark": ("axe", """<style>@media (prefers-color-scheme: dark) {
        .p { color: #444; } }</style><p class="p">pale</p>"""),
    "pale in code": ("axe", "<pre>" + 9 * "<b>word</b> "
        + "<b style='color: #999'>pale</b></pre>"),
    "code on another ground": ("axe", "<pre>" + 9 * "<b>word</b> "
        + "<i style='background: #444'><b>word</b></i></pre>"),
    "pale behind single letters": ("axe", "<pre style='color: #999'>"
        + 9 * "<b>a</b> " + "<b>word</b></pre>"),
    "pale by two veils in code": ("axe", "<pre>" + 9 * (
        veil := "<i style='opacity: .6'>{}</i> ").format("<b>word</b>")
        + veil.format(veil.format("<b>word</b>")) + "</pre>"),
    "folded": ("axe", "<details><summary>more</summary><img src='data:,'></details>"),
    "best practice": ("axe", "<h4>a heading that skips two levels</h4>"),
    "hidden focus": ("focus", '<a href="#b" style="outline: none">link</a>'),
    "ring without colour": (
        "focus", '<a href="#b" style="outline-color: transparent">link</a>'),
}


@pytest.fixture(scope="module")
def page(chromium):
    tab = chromium.tab()
    yield tab
    tab.close()


def kinds(tab, folder, axe, planted):
    (folder / "page.html").write_text(PAGE.format(planted), encoding="utf-8")
    with served(folder) as site:
        faults = survey(tab, site + "page.html", axe=axe, pause=0)
    return {fault.kind: fault for fault in faults}


def test_a_page_without_a_fault_passes(page, tmp_path, axe):
    assert not kinds(page, tmp_path, axe, "")


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(page, tmp_path, axe, name):
    kind, planted = FAULTS[name]
    assert kind in kinds(page, tmp_path, axe, planted)


def test_figures_are_weighed_apart(page, tmp_path):
    noise = "".join(chr(33 + i * i * 7919 % 89) for i in range(5000)).replace("<", "")
    drawing = f'<svg id="d" class="bn-figure"><desc>{noise}</desc></svg>'
    assert not DRAWING.sub(b"", drawing.encode())
    weights = []
    for planted in ("", drawing):
        (tmp_path / "page.html").write_text(PAGE.format(planted), encoding="utf-8")
        with served(tmp_path) as site:
            page.open(site + "page.html")
            weights.append(weight(page))
    (plain, _), (plain_too, whole) = weights
    assert abs(plain - plain_too) < 30 < whole - plain_too


def test_a_picture_that_does_not_come_is_asked_for_once_more(tab, site, monkeypatch):
    """As of a page behind another, of which Chromium draws nothing."""
    tab.open(site + "book/cite.html")
    ask, asked = tab.call, []

    def late(method, *, within=browser.ANSWER, **params):
        asked.append(method)
        if asked == ["Page.bringToFront", "Page.captureScreenshot"]:
            raise websocket.WebSocketTimeoutException
        return ask(method, within=within, **params)

    monkeypatch.setattr(tab, "call", late)
    assert tab.picture().startswith(b"\x89PNG")
    assert asked == ["Page.bringToFront", "Page.captureScreenshot"] * 2
