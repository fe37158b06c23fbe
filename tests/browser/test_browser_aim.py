"""The explorer at first sight, steps along dx, a second graph, values one can drag."""

from itertools import pairwise

import numpy as np
import pytest
from test_browser_explorer import HERE, load

from bnbook.graph import BATCH_NORM, run, without
from bnbook.show.explorer import explorer, shipped
from bnbook.show.explorer_graphs import batch, paths_of
from bnbook.show.explorer_tries import AIM, TRIES

RATE, STEPS = AIM["rate"], AIM["steps"]
STRAIGHT = {tuple(edge) for edge in paths_of("batch")["straight"]["silent"]}


@pytest.fixture
def live(tab, tmp_path):
    """The explorer as its own page opens it."""
    shown = explorer(shipped("batch"), graphs="all", at="dx", preset="an outlier")
    return load(tab, tmp_path, shown._repr_html_())


def descent(given, target, silent):
    """x, y and the cost of each of the steps, by NumPy."""
    x, points = np.array(given["x"])[:, None], []
    target = np.array(target, float)[:, None]
    for _ in range(STEPS + 1):
        inputs = {"x": x} | {n: given[n] for n in ("gamma", "beta", "eps")}
        y = run(BATCH_NORM, inputs).values["y"]
        points.append((x.ravel(), y.ravel(), 0.5 * np.sum((y - target) ** 2)))
        ran = run(BATCH_NORM, inputs, y - target)
        x = x - RATE * (without(ran, silent) if silent else ran).grads["x"]
    return points


@pytest.mark.parametrize("preset", ["as shipped", "an outlier"])
@pytest.mark.parametrize("silent", [set(), STRAIGHT], ids=["all", "straight"])
def test_fifty_steps_end_where_numpys_do(live, preset, silent):
    given, target = batch("batch", preset), [3, 0.5, 0, -2, -1]
    edges = str([list(edge) for edge in silent])
    live.js(f"{HERE}.choose('batch', {preset!r})")
    points = live.js(f"bnDescent.descend(DATA.graphs.batch, {HERE}.state(), {target},"
                     f" {RATE}, {STEPS}, {edges})".replace("DATA", DATA))
    expected = descent(given, target, silent)
    assert len(points) == len(expected) == STEPS + 1
    for point, (x, y, cost) in zip(points, expected):
        np.testing.assert_allclose(point["x"], x, rtol=0, atol=1e-9 * abs(x).max())
        np.testing.assert_allclose(point["y"], y, rtol=0, atol=1e-9)
        assert abs(point["cost"] - cost) < 1e-9 * max(1, cost)


DATA = """(() => { const data = JSON.parse(document.querySelector(
  ".bn-live > script").textContent); data.graphs.batch.ops = data.ops;
  return data })()"""


def test_all_of_dx_never_raises_the_cost_and_keeps_the_mean():
    """What the page says of the batch as it comes, and of the outlier."""
    target = AIM["target"][:5]
    for preset in ("as shipped", "an outlier"):
        whole = descent(batch("batch", preset), target, set())
        costs = [cost for *_, cost in whole]
        assert all(b < a * (1 + 1e-12) for a, b in pairwise(costs))
        np.testing.assert_allclose(whole[-1][0].mean(), whole[0][0].mean(), atol=1e-9)
    part = descent(batch("batch"), target, STRAIGHT)
    assert part[-1][2] > 10 * min(cost for *_, cost in part)


def test_the_first_sentence_is_true_of_the_numbers(live):
    base, now = shipped("batch"), shipped("batch", "an outlier")
    said = live.js("document.querySelector('.bn-told').textContent")
    size = [abs(t.grads["x"][:4]).mean() for t in (base, now)]
    std = [t.values["std"].item() for t in (base, now)]
    assert f"grew from {std[0]:.3f} to {std[1]:.2f}" in said
    assert f"other four fell from {size[0]:.3f} to {size[1]:.3f}" in said
    assert live.js(f"{HERE}.state().name") == "dx"


@pytest.mark.parametrize("k", range(len(TRIES)))
def test_a_thing_to_try_sets_its_state(live, k):
    label, to, hint = TRIES[k]
    live.js(f"{HERE}.set({{ at: 0 }}),"
            f" document.querySelectorAll('.bn-tries button')[{k}].click(); 0")
    state = live.js(f"(() => {{ const {{ graph, name, path, cut }} = {HERE}.state();"
                    " return { graph, name, path, cut } })()")
    assert state == {"graph": to["graph"], "name": {"dsq": "dsq"}.get(to["at"], "dx"),
                     "path": to["path"], "cut": to["cut"]}, label
    assert live.js("document.querySelector('.bn-hint').textContent") == hint


def test_the_first_sentence_is_about_the_thing_that_is_tried(live):
    said = "document.querySelector('.bn-told').textContent"
    asked = "Move one value far away"
    for k, (label, to, _) in enumerate(TRIES):
        live.js(f"document.querySelectorAll('.bn-tries button')[{k}].click(); 0")
        words = live.js(said)
        assert asked not in words and words == to.get("told", words), label
        assert ("moved from" in words) == (to["preset"] != "as shipped"), label
    live.js("document.querySelectorAll('.bn-tries button')[2].click()")
    live.js(f"{HERE}.set({{ at: 'dxmu' }}); 0")
    assert live.js(said) == TRIES[2][1]["told"], "a step takes nothing from it"
    live.js(f"{HERE}.set({{ x: [1, 2, 3, 4, 5] }}); 0")
    assert live.js(said).startswith("every x moved"), "an edit is told in its place"
    live.js(f"{HERE}.choose('batch', 'as shipped'); 0")
    assert live.js(said).startswith("This is the batch as it came")


@pytest.mark.parametrize("width", [1280, 520])
@pytest.mark.parametrize(("label", "part"), [("Give y a target", "aim"),
                                             ("Leave out the mean", "own")])
def test_what_a_try_opens_comes_into_view_with_the_focus(live, label, part, width):
    live.look(width, "light")
    live.js("[...document.querySelectorAll('.bn-tries button')].find((b) =>"
            f" b.textContent === {label!r}).click(); 0")
    top, first, open_, held = live.js(f"""(() => {{
      const part = document.querySelector("details.bn-{part}");
      const first = part.querySelector("input, textarea").getBoundingClientRect();
      return [part.getBoundingClientRect().top, first.bottom, part.open,
        document.activeElement === part.querySelector("summary")] }})()""")
    assert open_ and held
    assert 0 < top < first < 700


def test_steps_are_taken_by_buttons_and_told_in_numbers(live):
    said = "document.querySelector('.bn-aim [role=status]').textContent"
    live.js("document.querySelector('.bn-aim').open = true")
    press = "[...document.querySelectorAll('.bn-aim button')][{}].click(); 0"
    live.js(press.format(0))
    assert live.js(said).startswith("After 1 step of 0.1.")
    assert live.js("document.querySelector('.bn-aim caption').textContent"
                   ) == "y after 1 step"
    live.js(press.format(1))
    ends = [descent(batch("batch", "an outlier"), AIM["target"][:5], silent)[-1][2]
            for silent in (set(), STRAIGHT)]
    assert f"With all of dx the cost is {ends[0]:.2f}" in live.js(said)
    assert f"With the straight path alone the cost is {ends[1]:.3f}" in live.js(said)
    live.js(f"{HERE}.choose('inference')")
    assert "straight" not in live.js(said)


def test_a_second_graph_takes_the_same_batch_at_the_same_place(live):
    live.js("(s => { s.value = 'inference'; s.dispatchEvent(new Event('change')) })"
            "(document.querySelector('.bn-beside select'))")
    table = "document.querySelector('.bn-beside table').textContent"
    given = batch("inference") | {"x": batch("batch", "an outlier")["x"]}
    ran = run(shipped("inference").graph, {n: np.array(given[n]) for n in (
        "mu", "var", "gamma", "beta", "eps")} | {"x": np.array(given["x"])[:, None]},
        np.array(given["dy"])[:, None])
    first = f"{ran.grads['x'].ravel()[0]:.2f}".replace("-", "−")
    assert f"({first}," in live.js(table)
    assert "beta" not in live.js(table), "it is the same in both"


def test_up_and_down_read_a_value_and_escape_nothing(live):
    live.js("document.querySelector('.bn-stage').focus(); 0")
    for _ in range(2):
        live.press("ArrowDown")
    mu = shipped("batch", "an outlier").values["mu"].item()
    tip = "document.querySelector('.bn-tip')"
    assert live.js(f"{tip}.textContent").startswith(f"mu = {mu:.2f}; dmu = ")
    live.js("document.activeElement.blur(); 0")
    assert live.js(f"{tip}.hidden")


def mouse(tab, x, y, dx=0, dy=0, hold=0):
    """Press at a place, move, hold, release."""
    for kind, far in (("mousePressed", 0), ("mouseMoved", 1), ("mouseReleased", 1)):
        if kind == "mouseReleased" and hold:
            tab.js(f"new Promise((done) => setTimeout(done, {hold}))")
        tab.call("Input.dispatchMouseEvent", type=kind, x=x + far * dx, y=y + far * dy,
                 button="left", buttons=1, clickCount=1)


def test_a_bar_is_dragged_where_it_stands(live):
    before = live.js(f"{HERE}.state().x")
    x, y = live.js("(() => { const r = document.querySelector('.bn-grab')"
                   ".getBoundingClientRect(); return [r.left + 2, r.top + 5] })()")
    mouse(live, x, y, dy=-20)
    now = live.js(f"{HERE}.state()")
    assert now["x"][0] > before[0] and now["x"][1:] == before[1:]
    assert now["name"] == "dx", "a drag is no click"


def test_a_number_line_fits_its_values_and_widens_while_one_is_held_at_its_end(live):
    knob = "document.querySelectorAll('.bn-knob')[4]"
    high = f"Number({knob}.getAttribute('aria-valuemax'))"
    before, most = live.js(high), max(batch("batch", "an outlier")["x"])
    assert most < before < 1.4 * most
    x, y, room = live.js(f"(() => {{ const k = {knob}, r = k.getBoundingClientRect(),"
                         " l = k.parentElement.getBoundingClientRect();"
                         " return [r.left + 12, r.top + 12, l.right - r.left] })()")
    mouse(live, x, y, dx=room, hold=400)
    assert live.js(high) > before and live.js(f"{HERE}.state().x[4]") > before
