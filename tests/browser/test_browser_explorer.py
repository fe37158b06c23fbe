"""The keyboard alone drives the live graph, from the first batch to dx."""

import numpy as np
import pytest

from bnbook.graph import BATCH_NORM, run
from bnbook.show.explorer import explorer, shipped
from page.live import FOLDER, scripts

FEW, MANY = 25, 120  # keys
HERE = "document.querySelector('.bn-live').explorer"
FOCUSED = """(() => {
  const e = document.activeElement;
  const label = [...(e.labels ?? [])].map((l) => l.textContent).join(" ");
  const name = e.getAttribute("aria-label") ?? (label || e.textContent);
  return [name, !!e.closest(".bn-live")];
})()"""


@pytest.fixture
def live(tab, tmp_path):
    """A page with the live graph and nothing else, loaded."""
    tags = ""
    for name in scripts(["explorer"]):
        text = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
        (tmp_path / f"{name}.js").write_text(text, encoding="utf-8")
        tags += f'<script defer src="{name}.js"></script>'
    body = explorer(shipped("batch"), graphs="all")._repr_html_()
    (tmp_path / "page.html").write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>t</title>{tags}'
        f'<a href="#before">before</a>{body}<a href="#after">after</a></html>',
        encoding="utf-8")
    tab.look(1280, "light")
    tab.open((tmp_path / "page.html").as_uri())
    return tab


def state(tab):
    return tab.js(f"(() => {{ const {{ at, name, x, dy, gamma, beta, eps, grads }} ="
                  f" {HERE}.state(); return {{ at, name, x, dy, gamma, beta, eps,"
                  " dx: [...(grads.x?.data ?? [])] } })()")


def tab_to(tab, name):
    """Press Tab until what has the focus is called `name`."""
    met = []
    for _ in range(MANY):
        tab.press("Tab")
        met.append(tab.js(FOCUSED)[0])
        if met[-1].startswith(name):
            return
    pytest.fail(f"{name}: not reached by Tab, only {met}")


def press_until_dx(tab, key):
    """Press a key until dx is whole; the sentences said on the way."""
    said = [tab.js(f"{HERE}.text()")]
    for _ in range(FEW):
        before = state(tab)["at"]
        tab.press(key)
        if state(tab)["at"] == before:
            break
        said.append(tab.js("document.querySelector('.bn-say').textContent"))
    return said


@pytest.mark.parametrize(("control", "key"), [
    ("Next", "Enter"), ("Next", " "), ("Next", "ArrowRight"),
    ("The graph", "ArrowRight"),
])
def test_step_by_step_from_start_to_dx(live, control, key):
    assert state(live)["at"] == 0
    tab_to(live, control)
    said = press_until_dx(live, key)
    assert len(said) == 2 * len(BATCH_NORM) + 1
    assert len(set(said)) == len(said), "every step says something of its own"
    assert state(live)["at"] == 2 * len(BATCH_NORM)
    assert "dx" in said[-1]


def test_an_outlier_made_by_keys_gives_numpys_dx(live):
    tab_to(live, "x₁")
    before = state(live)["x"]
    for _ in range(5):
        live.press("PageUp")
    tab_to(live, "To dx")
    live.press("Enter")
    now = state(live)
    assert now["x"][0] > before[0] + 1 and now["x"][1:] == before[1:]
    given = {"x": np.array(now["x"])[:, None], "gamma": now["gamma"],
             "beta": now["beta"], "eps": now["eps"]}
    dx = run(BATCH_NORM, given, np.array(now["dy"])[:, None]).grads["x"].ravel()
    np.testing.assert_allclose(now["dx"], dx, rtol=0, atol=1e-12 * abs(dx).max())
    assert live.js("document.querySelector('.bn-shares table')") is not None


def test_home_and_end_go_to_the_ends(live):
    tab_to(live, "The graph")
    live.press("End")
    assert state(live)["at"] == 2 * len(BATCH_NORM)
    live.press("Home")
    assert state(live)["at"] == 0


def test_the_focus_is_never_caught(live):
    tab_to(live, "before")
    met = []
    while len(met) < MANY and (not met or met[-1][0] != "after"):
        live.press("Tab")
        met.append(live.js(FOCUSED))
    assert met[-1][0] == "after"
    assert all(name.strip() for name, inside in met if inside)
    live.press("Tab", shift=True)
    assert live.js(FOCUSED)[1], "and back in, by Shift and Tab"
