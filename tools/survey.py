"""What is wrong with a built page, as a real browser shows it: one load, every look."""

import gzip
import json
import re
import urllib.request
from pathlib import Path
from typing import NamedTuple

from lint_html import RAW_LATEX

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
AS_IT_OPENS = ((1280, "light"), (390, "dark"))
UNFOLDED = ((1280, "dark"), (390, "light"))
LOOKS = AS_IT_OPENS + UNFOLDED
PAUSE = 400  # ms: the theme marks what scrolls 300 ms after a resize
# What a change of theme can break, and what takes axe-core four fifths of its time: it
# is asked once in each theme, where everything is unfolded.
COLOURS = ["color-contrast", "link-in-text-block"]
BUT_COLOURS = {"rules": {name: {"enabled": False} for name in COLOURS}}
ONLY_COLOURS = {"runOnly": COLOURS}
WITHIN = ("data:", "blob:", "about:", "chrome:")
LOUD = {"error", "warning", "assert"}
DRAWING = re.compile(rb'<svg [^>]*class="bn-(figure|graph).*?</svg>', re.S)
PICTURE = re.compile(r"\.(svg|png|jpe?g|webp|gif)$")


class Fault(NamedTuple):
    """One thing wrong: what kind, where and when, in what words."""

    kind: str
    look: str
    words: str


def survey(tab, url, *, axe, shoot=None, pause=PAUSE):
    """Every fault of one page; `shoot((width, theme))` takes the pictures to be kept.

    axe is the text of axe-core. The page is seen wide and light, narrow and dark as it
    opens, then wide and dark, narrow and light with everything unfolded.
    pause: how long the page's scripts take after a change of width.
    """
    tab.look(*LOOKS[0])
    tab.open(url)
    for text in (axe, SCRIPT):
        tab.js(text + "\n;0")
    faults = [*_formulas(tab), *_focus(tab)]
    for (width, theme), asked in zip(AS_IT_OPENS, (BUT_COLOURS, None)):
        faults += _seen(tab, width, theme, pause, asked, "as it opens")
        if shoot:
            shoot((width, theme))
    tab.js(f"bnSurvey.unfold({pause})")
    for (width, theme), asked in zip(UNFOLDED, (ONLY_COLOURS, {})):
        faults += _seen(tab, width, theme, pause, asked, "unfolded")
    return [*faults, *reported(tab, url)]


def _seen(tab, width, theme, pause, asked, state):
    """What is too wide in one look, and what axe finds if it is asked (its options)."""
    tab.look(width, theme)
    tab.js(f"bnSurvey.still({pause})")
    look = f"{width} px, {theme}, {state}"
    found = {"overflow": tab.js("bnSurvey.overflow()")}
    if asked is not None:
        found["axe"] = tab.js(f"bnSurvey.axeFaults({json.dumps(asked)})")
    for kind, words in found.items():
        yield from (Fault(kind, look, w) for w in words)


def _formulas(tab):
    """LaTeX left as text, and formulas that show an error or nothing."""
    raw = tab.js(f"bnSurvey.rawFormulas({json.dumps(RAW_LATEX.pattern)})")
    broken = tab.js("bnSurvey.brokenFormulas()")
    return [Fault("formula", "as it opens", words) for words in raw + broken]


def _focus(tab):
    """What can take the keyboard's focus without showing it."""
    tab.press("Tab")
    hidden = tab.js("bnSurvey.hiddenFocus()")
    return [Fault("focus", "as it opens", words) for words in hidden]


def requested(tab):
    """The addresses that the page asked for, each once, in order."""
    sent = tab.said("Network.requestWillBeSent")
    sockets = tab.said("Network.webSocketCreated")
    return list(dict.fromkeys(
        [p["request"]["url"] for p in sent] + [p["url"] for p in sockets]))


def reported(tab, url):
    """What the browser itself had to say against the page since it was opened."""
    return [*_requests(tab, url), *_console(tab)]


def _requests(tab, url):
    """Requests to another host, and to what is not there."""
    own = (url[: url.index("/", 8)], *WITHIN)  # the scheme and host, or file://
    for address in requested(tab):
        if not address.startswith(own):
            yield Fault("request", "any", f"leaves the loopback: {address}")
    for reply in tab.said("Network.responseReceived"):
        if reply["response"]["status"] >= 400:
            yield Fault("request", "any", f"not there: {reply['response']['url']}")


def _console(tab):
    """Errors and warnings that the page wrote or threw."""
    for entry in tab.said("Log.entryAdded"):
        if entry["entry"]["level"] in LOUD:
            yield Fault("console", "any", entry["entry"]["text"])
    for thrown in tab.said("Runtime.exceptionThrown"):
        details = thrown["exceptionDetails"]
        words = details.get("exception", {}).get("description", details["text"])
        yield Fault("console", "any", words)
    for call in tab.said("Runtime.consoleAPICalled"):
        if call["type"] in LOUD:
            yield Fault("console", "any", json.dumps(call["args"])[:200])


def weight(tab):
    """(bytes without figures, bytes of all), gzipped, of the page `tab` has loaded."""
    plain = everything = 0
    for address in requested(tab):
        if address.startswith(WITHIN):
            continue
        with urllib.request.urlopen(address) as answer:
            body = answer.read()
        size = len(gzip.compress(body))
        everything += size
        if not PICTURE.search(address.split("?")[0]):
            plain += len(gzip.compress(DRAWING.sub(b"", body)))
    return plain, everything
