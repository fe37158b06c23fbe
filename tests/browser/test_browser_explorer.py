"""The keyboard alone drives the live graph, from the first batch to dx."""

import numpy as np
import pytest

from bnbook.graph import BATCH_NORM, run
from bnbook.show.explorer import OWN, explorer, shipped
from bnbook.show.scripts import FOLDER, scripts
from bnbook.show.small import projection

FEW, MANY = 25, 120  # keys
PARTS = ("explorer", *(f"explorer-{part}" for part in OWN), "projection")
HERE = "document.querySelector('.bn-live').explorer"
FOCUSED = """(() => {
  const e = document.activeElement;
  const label = [...(e.labels ?? [])].map((l) => l.textContent).join(" ");
  const name = e.getAttribute("aria-label") ?? (label || e.textContent);
  return [name, !!e.closest(".bn-live")];
})()"""


def load(tab, folder, body):
    """Load a page with `body` and the scripts of the live graph and of a small part."""
    style = (FOLDER / "live.css").read_text(encoding="utf-8")
    tags = f"<style>{style}</style>"
    for name in scripts(PARTS):
        text = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
        tags += f'<script defer src="{name}.js"></script>'
    (folder / "page.html").write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>t</title>{tags}'
        f'<a href="#before">before</a>{body}<a href="#after">after</a></html>',
        encoding="utf-8")
    tab.look(1280, "light")
    tab.open((folder / "page.html").as_uri())
    return tab


@pytest.fixture
def live(tab, tmp_path):
    """A page with the live graph and nothing else, loaded."""
    return load(tab, tmp_path, explorer(shipped("batch"), graphs="all")._repr_html_())


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


@pytest.mark.parametrize(("knob", "which"), [("x₁", 0), ("dy₂", 1)])
def test_on_a_knob_home_and_end_go_to_the_ends_of_its_line(live, knob, which):
    live.js("document.body.append(Object.assign(document.createElement('div'),"
            " { style: 'height: 3000px' })); 0")
    tab_to(live, knob)
    name = knob[:-1]
    ends = live.js("['aria-valuemin', 'aria-valuemax'].map((end) =>"
                   " Number(document.activeElement.getAttribute(end)))")
    place, at = live.js("scrollY"), state(live)["at"]
    for key, end in zip(("Home", "End", "Home"), (*ends, ends[0])):
        live.press(key)
        now = live.js(f"{HERE}.state()")
        assert now[name][which] == end and now["at"] == at
    live.js("new Promise((done) => setTimeout(done, 200))")
    assert live.js("scrollY") == place


@pytest.mark.parametrize(("name", "keys", "told"), [
    ("eps", "-1", "you typed −1, expected 0 to 1e9."),
    ("eps", "-", "you typed no number, expected 0 to 1e9."),
    ("x₁", "-2e9", "you typed −2e9, expected −1e9 to 1e9."),
])
def test_a_refused_number_is_told_in_one_line(live, name, keys, told):
    field = f"document.querySelector('.bn-number[aria-label={name}]')"
    said = f"document.getElementById({field}.getAttribute('aria-describedby'))"
    live.js(f"{field}.focus(), {field}.select(), 0")
    for key in keys:
        live.press(key)
    half, stays = "no number" in told, -2 if name == "x₁" else 1e-5
    assert live.js(f"{said}.textContent") == ("" if half else f"{name}: {told}")
    assert live.js(f"{field}.matches('[aria-invalid]')")
    live.press("Tab")
    words = live.js(f"{said}.textContent")
    before, _, end = words.partition(" It stays ")
    assert before == f"{name}: {told}"
    assert float(end[:-1].replace("−", "-")) == stays
    assert float(live.js(f"{field}.value")) == stays
    now = live.js(f"{HERE}.state()")
    assert (now["x"][0] if name == "x₁" else now["eps"]) == stays
    live.js(f"{HERE}.set({{ gamma: [2] }}), 0")
    assert live.js(f"{said}.textContent") == "", "until the next number is taken"


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


STATES = """[...document.querySelectorAll(".bn-live")].map((e) => e.explorer
  ? e.explorer.state().name : [...e.querySelectorAll("input")].map((i) => i.value))"""


def test_a_key_moves_the_part_that_has_the_focus_and_no_other(tab, tmp_path):
    first = explorer(shipped("batch"), at="dxmu", view=("graph", "detail"), name="a")
    second = explorer(shipped("rms"), at="dx", cut="straight", view=("graph", "shares"),
                      name="b")
    small = projection([0.1, -0.4, 1.2], [-0.8, 1.5, 1.8])
    load(tab, tmp_path, "".join(p._repr_html_() for p in (first, small, second)))
    before = tab.js(STATES)
    assert before[0] == "dxmu" and before[2] == "dx" and before[1]
    tab_to(tab, "The graph")
    tab.press("ArrowLeft")
    assert tab.js(STATES) == ["dsq", *before[1:]]
    tab.js("document.querySelector('[data-live=projection] input').focus(); 0")
    tab.press("ArrowRight")
    now = tab.js(STATES)
    assert now[0] == "dsq" and now[1] != before[1] and now[2] == "dx"
    tab_to(tab, "The graph")
    tab.press("Home")
    assert tab.js(STATES) == ["dsq", now[1], "start"]


def test_the_batch_goes_along_to_a_graph_that_can_take_it(live):
    live.js(f"{HERE}.set({{ x: [1, 2, 3, 4, 50], eps: 0.5 }})")
    live.js(f"{HERE}.choose('inference')")
    assert (state(live)["x"], state(live)["eps"]) == ([1, 2, 3, 4, 50], 0.5)
    assert live.js(f"{HERE}.state().mu") == shipped("inference").values["mu"].tolist()
    live.js(f"{HERE}.choose('layer')")
    assert state(live)["x"] == shipped("layer").values["x"].ravel().tolist()
    live.js(f"{HERE}.choose('batch', 'a large mean')")
    assert min(state(live)["x"]) > 900


def test_a_link_leads_to_the_graph_that_it_names(tab, tmp_path):
    high = '<div style="height: 3000px"></div>'
    body = explorer(shipped("batch"), name="far", at="dx")._repr_html_()
    load(tab, tmp_path, high + body + high)
    assert tab.js("scrollY") == 0
    link = tab.js(f"{HERE}.set({{ at: 'mu' }}), {HERE}.address()")
    tab.js(f"location.hash = {link!r}; 0")
    tab.js("new Promise((done) => setTimeout(done, 200))")
    top = tab.js("document.querySelector('.bn-live').getBoundingClientRect().top")
    assert abs(top) < 200 and state(tab)["name"] == "mu"


def test_a_step_keeps_the_focus_when_the_table_of_shares_goes(live):
    tab_to(live, "To dx")
    live.press("Enter")
    tab_to(live, "Shares of dx")
    live.press("ArrowLeft")
    assert live.js(FOCUSED) == ["Next", True]


def test_a_dragged_value_moves_and_the_mean_stays_marked(live):
    marks = "[...document.querySelectorAll('.bn-mark')].map((e) => e.textContent)"
    live.js(f"{HERE}.set({{ at: 'y' }})")
    before, shown = state(live)["x"], live.js(marks)
    x, y = live.js("(() => { const e = document.querySelector('.bn-knob');"
                   " e.scrollIntoView({ block: 'center' });"
                   " const r = e.getBoundingClientRect();"
                   " return [r.left + r.width / 2, r.top + r.height / 2] })()")
    for kind, by in (("mousePressed", 0), ("mouseMoved", 60), ("mouseReleased", 60)):
        live.call("Input.dispatchMouseEvent", type=kind, x=x + by, y=y, button="left",
                  buttons=1, clickCount=1)
    assert state(live)["x"][0] > before[0] and state(live)["x"][1:] == before[1:]
    assert live.js(marks) == shown and shown


@pytest.mark.parametrize("page", ["explorer", "04-ten-nodes", "05-one-line"])
def test_on_a_phone_the_buttons_stay_in_sight(tab, site, page):
    """The theme's boxes could scroll, and a box that scrolls lets nothing stick."""
    tab.look(390, "light")
    tab.open(f"{site}book/{page}.html")
    tab.js("[...document.querySelectorAll('.bn-steps button')].at(-1).click()")
    for part in ("stage", "card, .bn-shares"):
        tab.js(f"document.querySelector('.bn-{part}').scrollIntoView({{"
               " block: 'end', behavior: 'instant' })")
        tab.js("new Promise(requestAnimationFrame)")
        assert tab.js("""(() => {
          const button = document.querySelector('.bn-steps button');
          const { x, y, width, height } = button.getBoundingClientRect();
          return document.elementFromPoint(x + width / 2, y + height / 2) === button;
        })()"""), part


@pytest.mark.parametrize("page", ["explorer", "04-ten-nodes"])
def test_on_a_phone_nothing_floats_over_the_steps_and_contents_open(tab, site, page):
    tab.look(390, "dark")
    tab.open(f"{site}book/{page}.html")
    for top in (1500, 1200):  # the theme shows its button on the way up
        tab.js(f"scrollTo({{ top: {top}, behavior: 'instant' }}); 0")
        tab.js("new Promise((done) => setTimeout(done, 300))")
    assert not tab.js("document.getElementById('pst-back-to-top').checkVisibility()")
    tab.js("document.querySelector('.secondary-toggle').click(); 0")
    tab.js("new Promise((done) => setTimeout(done, 500))")
    link = "document.querySelector('#pst-page-toc-nav a')"
    assert tab.js(f"{link}.checkVisibility()")
    tab.js(f"{link}.click(); 0")
    tab.js("new Promise((done) => setTimeout(done, 500))")
    assert not tab.js(f"{link}.checkVisibility({{ visibilityProperty: true }})")


def test_a_wide_page_has_its_contents_beside_the_fields(tab, site):
    tab.look(1280, "light")
    tab.open(f"{site}book/explorer.html")
    for top in (0, 900):
        tab.js(f"scrollTo({{ top: {top}, behavior: 'instant' }}); 0")
        tab.js("new Promise((done) => setTimeout(done, 300))")
        left, right, shown, glyph = tab.js("""(() => {
          const list = document.querySelector(".bd-sidebar-secondary");
          const head = list.querySelector(".onthispage");
          return [list.getBoundingClientRect().left,
            document.querySelector(".bn-live").getBoundingClientRect().right,
            list.querySelector("#pst-page-toc-nav a").checkVisibility(),
            getComputedStyle(head, "::after").content] })()""")
        assert shown and right < left and glyph == "none", "no glyph of a missing font"


SHAPES = """(() => {
  const lie = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom
    && b.top < a.bottom;
  const box = (e) => e.getBoundingClientRect();
  return [...document.querySelectorAll("svg:has(.node)")].flatMap((svg) => {
    const nodes = [...svg.querySelectorAll(".node > rect")].map(box);
    return [...svg.querySelectorAll(":is(.edge, .message) text")]
      .filter((text) => text.style.textAnchor === "middle"
        && nodes.some((node) => lie(box(text), node)))
      .map((text) => text.textContent) })
})()"""


@pytest.mark.parametrize("page", ["03-messages", "04-ten-nodes", "05-one-line"])
def test_on_a_phone_a_shape_stays_between_its_boxes(tab, site, page):
    tab.look(390, "light")
    tab.open(f"{site}book/{page}.html")
    assert not tab.js(SHAPES)


SMALL = """[...document.querySelectorAll(".bn-explorer svg text")].filter((text) =>
  text.checkVisibility() && text.textContent &&
  parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a < 11.95)
  .map((text) => text.textContent)"""


@pytest.mark.parametrize("page", ["03-messages", "04-ten-nodes", "05-one-line",
                                  "07-constants", "09-test-time", "explorer"])
def test_on_a_phone_no_label_is_smaller_than_12_px(tab, site, page):
    tab.look(390, "light")
    tab.open(f"{site}book/{page}.html")
    assert not tab.js(SMALL)


def test_reset_clears_the_address_for_good(live):
    live.js("[...document.querySelectorAll('.bn-steps button')][1].click()")
    live.js("new Promise((done) => setTimeout(done, 600))")
    assert live.js("location.hash")
    live.js("[...document.querySelectorAll('.bn-switches button')][0].click()")
    live.js("new Promise((done) => setTimeout(done, 600))")
    assert not live.js("location.hash")


@pytest.mark.parametrize("said", ["graph:constructor", "graph:batch,path:constructor",
                                  "graph:batch,cut:toString", "nothing"])
def test_an_address_that_says_nonsense_is_survived(live, said):
    live.js(f"location.hash = {HERE}.address().split('=')[0] + '={said}'; 0")
    live.js("new Promise((done) => setTimeout(done, 200))")
    assert not live.said("Runtime.exceptionThrown") and state(live)["name"] == "start"
