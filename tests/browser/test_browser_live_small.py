"""The small explorables: the page's numbers are Python's, in a real browser."""

import gzip
import json
import re
import sys
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets

from bnbook.show import small
from bnbook.show.small.seeded import normals, uniform

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from bnbook.show.scripts import FOLDER, script_text, scripts  # noqa: E402

KIB = 1024
depth, digits, histograms, opening, projection, rates, running, shift, sizes = (
    import_module(f"bnbook.show.small.{name}")
    for name in ("depth", "digits", "histograms", "opening", "projection", "rates",
                 "running", "shift", "sizes"))
RNG = np.random.default_rng(4)
LIVES = {
    "depth": small.gradient_by_depth({blocks: np.exp(np.random.default_rng(17).normal(
        0, 3, size=(2, 2, blocks))) for blocks in (5, 10, 20, 40)}),
    "histograms": small.initial_scale(datasets.load_digits().data[:50]),
    "opening": small.pulled_graph([-2, 1.7, -0.6, 1.5], [-0.1, -0.5, 0.9, -0.6]),
    "projection": small.projection([-2.01, 1.68, -0.63], [-0.8, 1.5, 1.8]),
    "rates": small.learning_rates(
        [0.02, 0.1, 0.5, 2.5],
        [[[[20, 40, 30], [20, 10, np.inf], [np.inf, 10, np.inf], [np.inf] * 3],
          [[60, 70, 65], [35, 30, 40], [25, 20, 15], [20, np.inf, 30]]],
         [[[np.inf] * 3] * 4,
          [[90, 80, np.inf], [40, 45, 50], [20] * 3, [np.inf] * 3]]],
        np.geomspace(0.02, 50, 9), np.exp(np.random.default_rng(5).normal(
            size=(2, 3, 9)))),
    "running": small.running_statistics(np.maximum(RNG.normal(size=300), 0) * 3),
    "digits": small.float32_digits(RNG.normal(size=20)),
    "shift": small.shifted_data(
        {fault: RNG.uniform(-0.2, 1.2, (11, 64)) for fault in ("contrast", "noise")},
        {fault: RNG.uniform(size=(11, 5, 5)) for fault in ("contrast", "noise")},
        np.linspace(0, 1, 11), (4, 16, 64, 1297), at=4),
    "sizes": small.batch_sizes((2, 4, 8, 32), {
        name: RNG.uniform(0, 0.4, (4, 3)) for name in ("batch", "layer", "rms")}),
}
DATA = {name: live.data for name, live in LIVES.items()}
# A line of each one's scripts, and what makes it wrong.
FAULTS = {
    "depth": ("** (1 / (depth - 1))", "** (1 / depth)"),
    "histograms": ("Math.sqrt(variance(values) + eps)",
                   "Math.sqrt(variance(values)) + eps"),
    "opening": ("{ axes: [0],", "{ axes: [1],"),
    "projection": ("const dx = times(left, ivar)", "const dx = times(left, 1)"),
    "rates": ("(v === 0 ? Infinity : v)", "v"),
    "running": ("(1 - momentum) * s", "momentum * s"),
    "digits": ("const fl = Math.fround", "const fl = (v) => v"),
    "shift": ("data.accuracy[fault][0][0]", "data.accuracy[fault][0][1]"),
    "sizes": ("means.indexOf(Math.min(...means))", "means.indexOf(Math.max(...means))"),
}


def test_every_explorable_is_tried():
    modules = {getattr(small, name).__module__ for name in small.__all__}
    names = {module.split(".")[-1] for module in modules}
    for table in (LIVES, FAULTS, STATES):
        assert set(table) == names


def some(names, lows, highs, count=8):
    """Random states of a sliders' tenth each."""
    rng = np.random.default_rng(0)
    return [dict(zip(names, rng.uniform(lows, highs).round(1).tolist()))
            for _ in range(count)]


STATES = {
    "depth": [{"depth": blocks, "norm": norm, "skip": skip} for blocks in (5, 10, 40)
              for norm in (False, True) for skip in (False, True)],
    "histograms": [{"f": f, "norm": norm, "scale": scale}
                   for f in ("sigmoid", "relu") for norm in (False, True)
                   for scale in (1, 0.072, 1e-4)],
    "opening": some(("x1", "x2", "x3", "x4"), [-12] * 4, [12] * 4),
    "projection": [
        {**state, "eps": eps} for eps in (0, 1e-5, 0.1, 1)
        for state in some(("x1", "x2", "x3", "dy1", "dy2", "dy3"), [-2] * 6, [2] * 6)],
    "rates": [{"f": f, "rate": rate} for f in ("relu", "sigmoid")
              for rate in DATA["rates"]["rates"]],
    "running": [{"momentum": a, "size": m, "seed": seed, "from": start, "unbiased": u}
                for a, m, seed, start, u in (
                    (0.9, 50, 1, "standard", False), (0.99, 2, 2, "zero", True),
                    (0, 5, 3, "far", False), (1, 200, 20, "far", True))],
    "digits": [{"mean": mean} for mean in DATA["digits"]["means"]],
    "shift": [{"fault": fault, "strength": s, "rows": n}
              for fault in ("contrast", "noise") for s in (0, 0.3, 1)
              for n in (4, 64, 1297)],
    "sizes": [{"size": size, "norm": norm}
              for size in (2, 4, 32) for norm in ("batch", "layer", "rms")],
}


def expected(name, state):
    """What the page's state must hold, computed in Python."""
    if name == "depth":
        return depth.profile(DATA[name], **state)
    if name == "histograms":
        return {"layers": histograms.layers(DATA[name], **state)}
    if name == "opening":
        return opening.answered(DATA[name], state)
    if name == "projection":
        return projection.parts(state)
    if name == "rates":
        return rates.found(DATA[name], **state)
    if name == "running":
        return running.curves(DATA[name], **state)
    if name in ("shift", "sizes"):
        return {"shift": shift, "sizes": sizes}[name].read(DATA[name], **state)
    return digits.found(DATA[name]["deviations"], state["mean"])


def gap(page, python):
    """The largest difference, relative above 1; infinite where the kinds differ."""
    if isinstance(python, dict):
        return max(gap(page[key], value) for key, value in python.items())
    if isinstance(python, list) and python and isinstance(python[0], dict):
        return max(map(gap, page, python)) if len(page) == len(python) else np.inf
    a, b = np.asarray(page, float), np.asarray(python, float)
    return (abs(a - b) / np.maximum(1, abs(b))).max() if a.shape == b.shape else np.inf


def write_page(folder, names, *, fault=None):
    """A page with these explorables, its scripts beside it; `fault`: whose to break."""
    texts = {name: (FOLDER / f"{name}.js").read_text("utf-8")
             for name in scripts(names)}
    if fault:
        right, wrong = FAULTS[fault]
        assert "".join(texts.values()).count(right) == 1
        texts = {name: script.replace(right, wrong) for name, script in texts.items()}
    for name, script in texts.items():
        (folder / f"{name}.js").write_text(script, "utf-8")
    tags = "".join(
        f'<script defer src="{name}.js"></script>' for name in scripts(names))
    body = "".join(LIVES[name]._repr_html_() for name in names)
    html = f'<!doctype html><meta charset="utf-8"><title>t</title>{tags}{body}'
    (folder / "page.html").write_text(html, "utf-8")
    return (folder / "page.html").as_uri()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The address of a page with all of them."""
    return write_page(tmp_path_factory.mktemp("small"), [*LIVES])


def root(name):
    return f"document.querySelector('[data-live={name}]')"


def asked(tab, name):
    """The gap of the page's worst state."""
    states = json.dumps(STATES[name])
    found = tab.js(f"""{states}.map((state) => {{
      const part = {root(name)}.explorable;
      part.set(state);
      return JSON.parse(JSON.stringify(part.state(), (_, v) => v));
    }})""")
    pairs = zip(found, STATES[name], strict=True)
    return max(gap(page, expected(name, state)) for page, state in pairs)


@pytest.mark.parametrize("name", LIVES)
def test_the_page_computes_what_python_computes(tab, whole, name):
    tab.open(whole)
    assert asked(tab, name) < 1e-12


@pytest.mark.parametrize("name", LIVES)
def test_a_fault_in_the_script_is_seen(tab, tmp_path, name):
    tab.open(write_page(tmp_path, [name], fault=name))
    assert asked(tab, name) > 1e-6


def test_float32_is_equal_to_the_last_bit(tab, whole):
    tab.open(whole)
    for mean in DATA["digits"]["means"]:
        tab.js(f"{root('digits')}.explorable.set({{mean: {mean}}})")
        page = tab.js(f"{root('digits')}.explorable.state()")
        assert page["found"] == expected("digits", {"mean": mean})["found"]


@pytest.mark.parametrize("mean", DATA["digits"]["means"])
def test_the_float32_sums_are_numpys_own(mean):
    column = (np.array(DATA["digits"]["deviations"]) + mean).astype(np.float32)
    x = np.stack([column, column], axis=1)
    once = x - x.mean(axis=0)
    ways = digits.found(DATA["digits"]["deviations"], mean)["found"]
    assert ways["two"] == x.var(axis=0)[0]
    assert ways["one"] == ((x * x).mean(axis=0) - x.mean(axis=0) ** 2)[0]
    assert ways["twice"] == once.var(axis=0)[0]
    exact = [Fraction(float(v)) for v in column]
    mu = sum(exact) / len(exact)
    true = float(sum((v - mu) ** 2 for v in exact) / len(exact))
    found = digits.found(DATA["digits"]["deviations"], mean)["truth"]["var"]
    assert found == pytest.approx(true, rel=1e-12, abs=1e-30)


def test_the_random_numbers_are_alike_and_random(tab, whole):
    tab.open(whole)
    page = tab.js("[[...bnNumbers.normals(3, 1000)], Array.from({length: 1000},"
                  " (_, k) => bnNumbers.uniform(7, k))]")
    np.testing.assert_allclose(page[0], normals(3, 1000), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(page[1], uniform(7, np.arange(1000)))
    many = normals(1, 46_400)
    assert abs(many.mean()) < 0.02 and abs(many.std() - 1) < 0.02
    assert abs(np.corrcoef(many[:-1], many[1:])[0, 1]) < 0.02


def test_the_script_takes_the_place_of_the_table_and_says_no_error(tab, whole):
    tab.open(whole)
    assert tab.js("document.querySelectorAll('.bn-fallback').length") == 0
    assert tab.js("document.querySelectorAll('.bn-small').length") == len(LIVES)
    assert not tab.said("Runtime.exceptionThrown") + tab.said("Log.entryAdded")


@pytest.mark.parametrize(("name", "control"), [
    ("histograms", "scale"), ("projection", "dy1"), ("running", "momentum"),
    ("digits", "mean"), ("opening", "x1"), ("depth", "depth"), ("shift", "strength"),
    ("sizes", "size"), ("rates", "rate")])
def test_the_arrow_keys_move_a_slider_and_the_live_region_says_it(
        tab, whole, name, control):
    tab.open(whole)
    said = f"{root(name)}.querySelector('[aria-live]').textContent"
    before, words = tab.js(f"{root(name)}.explorable.state()"), tab.js(said)
    tab.js(f"{root(name)}.querySelector('[id$=-{control}]').focus()")
    tab.press("ArrowRight" if name in ("digits", "sizes") else "ArrowLeft")
    tab.js("new Promise((done) => setTimeout(done, 400))")
    after = tab.js(f"{root(name)}.explorable.state()")
    assert after[control] != before[control]
    assert tab.js(said) == after["said"] != words
    tab.js(f"{root(name)}.querySelector('button').click()")
    assert tab.js(f"{root(name)}.explorable.state()")[control] == before[control]


def test_every_control_has_a_label_and_every_picture_words(tab, whole):
    tab.open(whole)
    assert tab.js("""[...document.querySelectorAll("input, select")]
      .filter((input) => input.labels.length !== 1).length""") == 0
    assert tab.js("""[...document.querySelectorAll("svg")]
      .filter((svg) => !svg.getAttribute("aria-label")).length""") == 0


def test_an_unknown_control_is_refused(tab, whole):
    tab.open(whole)
    with pytest.raises(RuntimeError, match="scope: no control has this name"):
        tab.js(f"{root('digits')}.explorable.set({{scope: 1}})")


def test_a_constant_batch_has_no_gradient_and_no_error(tab, whole):
    tab.open(whole)
    part = f"{root('projection')}.explorable"
    tab.js(f"{part}.set({{x1: 0.1, x2: 0.1, x3: 0.1, eps: 0}})")
    assert "no x̂" in tab.js(f"{part}.state().said")
    tab.js(f"{part}.set({{eps: 1e-5}})")
    assert tab.js(f"{part}.state().xhat") == [0, 0, 0]


@pytest.mark.parametrize("name", LIVES)
def test_each_weighs_at_most_ten_kib_with_all_it_needs(name):
    sent = script_text([name]), LIVES[name]._repr_html_()
    assert sum(len(gzip.compress(part.encode(), 9)) for part in sent) < 10 * KIB


@pytest.mark.parametrize("name", LIVES)
def test_without_a_script_a_table_or_a_drawing_stands_there(name):
    html = LIVES[name]._repr_html_()
    assert re.search(r'class="bn-fallback"><(table|svg) .*</(table|svg)>', html, re.S)
    assert html == LIVES[name]._repr_html_()


@pytest.mark.parametrize(("call", "argument", "named"), [
    (small.initial_scale, [[0.5]], "pixels"), (small.initial_scale, [1], "pixels"),
    (lambda runs: small.learning_rates([1, 2], runs, [1], [[[1]]] * 2), [1], "steps"),
    (small.running_statistics, [1], "feature"), (small.float32_digits, 1, "deviations"),
    (small.gradient_by_depth, {2: np.zeros((2, 2, 2))}, "norms"),
])
def test_bad_input_gets_one_line_that_names_it(call, argument, named):
    with pytest.raises(ValueError, match=f"^{named}: [^\n]*expected [^\n]*$"):
        call(argument)


def test_a_bar_of_x_can_be_pulled(tab, whole):
    tab.look(1280, "light")
    tab.open(whole)
    state = f"{root('opening')}.explorable.state()"
    before = tab.js(state)
    at = tab.js(f"""(() => {{ const handle = {root('opening')}
      .querySelectorAll(".bn-opening-lying .bn-opening-handle, "
        + "svg .bn-opening-handle")[1];
      handle.scrollIntoView({{block: "center"}});
      const box = handle.getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2]; }})()""")
    for kind, y in (("mousePressed", 0), ("mouseMoved", -30), ("mouseReleased", -30)):
        tab.call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1] + y,
                 button="left", buttons=1, clickCount=1)
    after = tab.js(state)
    assert after["x2"] == pytest.approx(before["x2"] + 3)
    assert after["grads"]["x"] != before["grads"]["x"]


@pytest.mark.parametrize(("call", "named"), [
    (lambda: small.pulled_graph([0], [0]), "x"),
    (lambda: small.pulled_graph([0, 13], [0, 1]), "x"),
    (lambda: small.pulled_graph([0, 1], [0, 1, 2]), "dy"),
    (lambda: small.pulled_graph([0, 1], [0, 1], pull=13), "pull")])
def test_the_pulled_graph_names_a_bad_argument(call, named):
    with pytest.raises(ValueError, match=f"^{named}: [^\n]*expected [^\n]*$"):
        call()


@pytest.mark.parametrize(("x", "dy", "named"), [
    ([0, 1], [0, 1, 2], "x"), ([0, 1, 2], [0, 1, 3], "dy")])
def test_the_projection_wants_three_numbers_that_its_sliders_reach(x, dy, named):
    with pytest.raises(ValueError, match=f"^{named}: .*expected three numbers"):
        small.projection(x, dy)
