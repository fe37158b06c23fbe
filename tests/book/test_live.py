"""The live graph's data, what stands in for it without a script, and its scripts."""

import gzip
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from bs4 import BeautifulSoup
from docutils import nodes

from bnbook.graph import BATCH_NORM, grouped, parse, paths, run, without
from bnbook.show import draw, explorer, notebook, shipped
from bnbook.show.explorer import OWN, TEXT
from bnbook.show.explorer_graphs import (
    GRAPHS,
    PRESETS,
    batch,
    paths_of,
    shaped_inputs,
)
from bnbook.show.explorer_tries import TRIES
from bnbook.show.export import table_data
from bnbook.show.formulas import printed, tree
from bnbook.show.layout import path_edges
from bnbook.show.live import Live, inline, short
from bnbook.show.palette import PALETTE
from bnbook.show.scripts import FOLDER, lean, script_text, scripts, style_text
from page.live import add_scripts, copy, parts

# Bytes of gzipped script, the live graph without what follows: 21,000 once, and since
# then steps along dx, a second graph, things to try, values read and dragged.
WEIGHT = 26_000
OWN_WEIGHT = 5_120  # of what reads, lays out and draws a reader's own graph
ALL = ("explorer", *(f"explorer-{part}" for part in OWN if part != "own"))
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.js"))


def page(live):
    return BeautifulSoup(live._repr_html_(), "html.parser")


def data(live):
    return json.loads(page(live).find("script").string)


@pytest.mark.parametrize("kind", GRAPHS)
def test_the_data_is_the_trace(kind):
    trace, sent = shipped(kind), data(explorer(shipped(kind)))["graphs"][kind]
    assert [(s["name"], s["op"], tuple(s["inputs"])) for s in sent["steps"]] == [
        tuple(step) for step in trace.graph]
    assert sent["axes"] == list(trace.axes)
    first = sent["presets"]["as shipped"]
    for name in sent["inputs"]:
        np.testing.assert_array_equal(first[name], trace.values[name].ravel())
    np.testing.assert_array_equal(first["dy"], trace.grads["y"].ravel())
    assert first["eps"] == trace.values["eps"]


@pytest.mark.parametrize("kind", GRAPHS)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_runs(kind, preset):
    entry = GRAPHS[kind]
    given, dy = shaped_inputs(kind, batch(kind, preset))
    trace = run(entry.graph, given, dy, axes=entry.axes, ops=shipped(kind).ops)
    assert np.isfinite(trace.grads["x"]).all()
    for role in entry.roles.values():
        assert role in trace.values


@pytest.mark.parametrize("far", [-9.0, -4.0, 4.0, 9.0])
@pytest.mark.parametrize("which", range(5))
def test_one_far_value_shrinks_the_gradients_of_all_others(which, far):
    first = shipped("batch")
    given = {name: first.values[name] for name in ("x", "gamma", "beta", "eps")}
    x = first.values["x"].copy()
    x[which] = far
    dx = run(BATCH_NORM, given | {"x": x}, first.grads["y"]).grads["x"]
    ratio = np.delete(abs(dx / first.grads["x"]), which)
    assert ratio.max() < 0.9, "the page says so, and invites to try it"


@pytest.mark.parametrize("kind", [kind for kind in GRAPHS if GRAPHS[kind].silent])
def test_the_shares_of_the_paths_add_up_to_dx(kind):
    trace = shipped(kind)
    shares = [without(trace, {tuple(edge) for edge in path["silent"]}).grads["x"]
              for path in paths_of(kind).values()]
    np.testing.assert_allclose(sum(shares), trace.grads["x"], atol=1e-12)


@pytest.mark.parametrize("kind", GRAPHS)
def test_a_paths_own_edge_is_its_own(kind):
    given = paths_of(kind)
    assert all(path["own"] in path["edges"] for path in given.values())
    assert len({tuple(path["own"]) for path in given.values()}) == len(given)


@pytest.mark.parametrize("path", paths_of("batch"))
def test_a_path_of_batch_norm_is_the_graphs_own(path):
    trace, given = shipped("batch"), paths_of("batch")[path]
    assert {tuple(edge) for edge in given["edges"]} == path_edges(BATCH_NORM, path)
    share = without(trace, {tuple(edge) for edge in given["silent"]}).grads["x"]
    np.testing.assert_array_equal(share, paths(trace)[path])


def said(trace):
    """Every value of a graph and every message of its backward pass, in plain text."""
    return {s.name: printed(tree(trace.graph, s.name)) for s in trace.graph} | {
        (m.step, m.input): printed(tree(trace.back, m.name)) for m in trace.messages}


def test_a_rule_in_plain_text_is_the_op_tables():
    assert said(shipped("batch")) == {
        "mu": "1/m · ∑ x", "xmu": "x − mu", "sq": "xmu²", "var": "1/m · ∑ sq",
        "vareps": "var + eps", "std": "√vareps", "ivar": "1 / std",
        "xhat": "xmu · ivar", "gx": "gamma · xhat", "y": "gx + beta",
        ("y", "gx"): "dy", ("y", "beta"): "∑ dy", ("gx", "gamma"): "∑ dgx · xhat",
        ("gx", "xhat"): "dgx · gamma", ("xhat", "xmu"): "dxhat · ivar",
        ("xhat", "ivar"): "∑ dxhat · xmu", ("ivar", "std"): "−divar · ivar²",
        ("std", "vareps"): "dstd / (2 · std)", ("vareps", "var"): "dvareps",
        ("vareps", "eps"): "∑ dvareps", ("var", "sq"): "1/m · dvar",
        ("sq", "xmu"): "2 · dsq · xmu", ("xmu", "x"): "dxmu", ("xmu", "mu"): "−∑ dxmu",
        ("mu", "x"): "1/m · dmu"}


@pytest.mark.parametrize("kind", GRAPHS)
def test_no_rule_holds_latex(kind):
    assert not re.search(r"[\\{}$_]", " ".join(said(shipped(kind)).values()))


@pytest.mark.parametrize("op", grouped(1))
def test_every_op_that_can_be_shown_has_words_for_both_directions(op):
    row = table_data(grouped(1))[op]
    assert (row["words"] is None) == (op in ("spread", "sum", "copy"))
    assert row["words"] is None or all(text.endswith(".") for text in row["words"])


def test_the_text_that_a_reader_starts_from_is_batch_norm():
    trace = shipped("batch")
    given = {name: trace.values[name] for name in ("x", "gamma", "beta", "eps")}
    own = run(parse(TEXT), given, trace.grads["y"])
    for name in ("x", "gamma", "beta", "xhat", "xmu", "var"):
        np.testing.assert_allclose(own.grads[name], trace.grads[name], rtol=1e-12)


def test_without_script_the_page_has_the_drawing_and_every_value():
    trace = shipped("batch")
    soup = page(explorer(trace, graphs="all"))
    drawn = soup.select(".bn-drawn .node")
    assert sorted(box["data-name"] for box in drawn) == sorted(trace.values)
    rows = {row["data-name"]: row.find_all("td") for row in soup.select("tbody tr")}
    assert rows.keys() == set(trace.values)
    assert rows["ivar"][0].text == short(trace.values["ivar"].item())
    assert rows["ivar"][1].text == short(trace.grads["ivar"].item())
    templates = {part["data-graph"] for part in soup.find_all("template")}
    assert templates == GRAPHS.keys() - {"batch"}


def test_without_script_an_outlier_is_drawn_as_one():
    live = explorer(shipped("batch"), preset="an outlier")
    trace = shipped("batch", "an outlier")
    row = page(live).select_one('tr[data-name="std"] td')
    assert row.text == short(trace.values["std"].item())
    np.testing.assert_array_equal(live.x, trace.values["x"])
    np.testing.assert_array_equal(live.dy, trace.grads["y"])


def test_what_is_set_in_a_notebook_is_read_back():
    live = explorer(shipped("batch"), graphs="all")
    left = batch("layer") | {"x": [1, 2, 3, 4, 5, 60], "graph": "layer"}
    live._widget = SimpleNamespace(state=left)
    assert live.x.tolist() == [[1, 2, 3, 4, 5, 60]]
    given, dy = shaped_inputs("layer", left)
    ran = run(BATCH_NORM, given, dy, axes=(1,))
    np.testing.assert_array_equal(live.trace.grads["x"], ran.grads["x"])
    live._widget.state = batch("batch") | {"graph": "own", "text": "y = x - mean(x)"}
    assert [step.op for step in live.trace.graph] == ["mean", "subtract"]


@pytest.mark.parametrize("entry", TRIES)
def test_a_thing_to_try_can_be_gone_to(entry):
    _, to, hint = entry
    graph = parse(to["text"]) if to["text"] else GRAPHS[to["graph"]].graph
    names = {step.name for step in graph} | {i for step in graph for i in step.inputs}
    assert to["preset"] in PRESETS and to["at"][1:] in names and hint.endswith(".")
    assert to["cut"] is None or to["cut"] in paths_of(to["graph"])


@pytest.mark.parametrize("asked", [False, True])
def test_only_a_person_gets_a_widget(monkeypatch, asked):
    monkeypatch.setattr(notebook, "attended", lambda: asked)
    monkeypatch.setattr(notebook, "able", lambda: False)
    shown = explorer(shipped("batch"))._repr_mimebundle_()
    assert ("pip install anywidget" in shown.get("text/html", "")) == asked
    assert asked or not shown


def test_nothing_that_runs_unattended_is_taken_for_a_person():
    assert not notebook.attended()


def test_a_notebook_gets_the_books_colours():
    style = style_text(["explorer"])
    for name, value in PALETTE.items():
        assert f"--bn-{name}: {value};" in style.split("\n")[0]
    assert style.split("\n")[1].count("--bn-") == style.split("\n")[0].count("--bn-")


def test_no_id_stands_twice_and_every_marker_is_there():
    html = explorer(shipped("batch"), graphs="all")._repr_html_()
    other = explorer(shipped("batch"), name="second")._repr_html_()
    ids = re.findall(r'\bid="([^"]+)"', html + other)
    assert len(ids) == len(set(ids)) > 0
    assert set(re.findall(r"url\(#([^)]+)\)", html + other)) == set(ids)


def test_the_drawing_follows_the_pages_colours():
    svg = inline(draw(shipped("batch")), "a", "words")
    assert "var(--bn-blue, #0068b8)" in svg and 'aria-label="words"' in svg
    assert not re.search(r"(?<!, )#[0-9a-f]{6}", svg)


def test_data_cannot_end_its_script():
    live = Live("part", {"a": "</script>"}, "", "a < b")
    assert live._repr_html_().count("</script>") == 1
    assert data(live) == {"a": "</script>"}
    assert page(live).find("p").text == "a < b"


@pytest.mark.parametrize(("value", "text"), [
    (0.0, "0"), (-0.3, "−0.300"), (1.5, "1.50"), (12.345, "12.3"), (1e-5, "1e−5"),
    (2.5e6, "2.5e6"), (1e-14, "0")])
def test_a_short_number(value, text):
    assert short(value) == text


@pytest.mark.parametrize(("options", "message"), [
    ({"at": "nu"}, "at: 'nu', expected one of"),
    ({"preset": "none"}, "preset: 'none', expected one of"),
    ({"path": "direct"}, "path: 'direct', expected one of"),
    ({"cut": "direct"}, "cut: 'direct', expected one of"),
    ({"view": ["all"]}, r"view: \[\'all\'\], expected names out of"),
    ({"graphs": ["weight"]}, "graphs: 'weight', expected one of")])
def test_explorer_names_a_bad_argument(options, message):
    with pytest.raises(ValueError, match=message):
        explorer(shipped("batch"), **options)


def trace_of(shape, dy=True, axes=0):
    given = {"x": np.arange(6.0).reshape(shape), "gamma": 1.0, "beta": 0.0, "eps": 1e-5}
    return run(BATCH_NORM, given, np.ones(shape) if dy else None, axes=axes)


@pytest.mark.parametrize(("trace", "message"), [
    (trace_of((3, 2)), r"trace: x of shape \(3, 2\), expected \(N, 1\)"),
    (trace_of((3, 2), axes=1), r"trace: x of shape \(3, 2\), expected \(1, C\)"),
    (trace_of((6, 1), dy=False), "trace: ran forward only"),
    (trace_of((6, 1), axes=(0, 1)), "trace: none of the graphs")])
def test_explorer_says_which_trace_it_wants(trace, message):
    with pytest.raises(ValueError, match=message):
        explorer(trace)


def test_a_graph_to_switch_to_may_open_with_a_run_of_ones_own():
    given, dy = shaped_inputs("inference", batch("inference") | {"mu": [7.0]})
    own = run(GRAPHS["inference"].graph, given, dy)
    sent = data(explorer(shipped("batch"), graphs=[own, "rms"]))["graphs"]
    assert list(sent) == ["batch", "inference", "rms"]
    assert sent["inference"]["presets"]["as shipped"]["mu"] == [7.0]


def test_presets_vary_the_shipped_batch_and_no_other():
    sent = data(explorer(trace_of((6, 1)), graphs=["batch", "rms"]))["graphs"]
    assert list(sent["batch"]["presets"]) == ["as shipped"]
    assert sent["batch"]["presets"]["as shipped"]["x"] == [0, 1, 2, 3, 4, 5]
    assert list(sent["rms"]["presets"]) == list(PRESETS)


def test_a_page_gets_the_scripts_of_its_own_parts():
    raw = nodes.raw("", '<div class="bn-live" data-live="explorer">', format="html")
    found = parts(SimpleNamespace(findall=nodes.section("", raw, raw.copy()).findall))
    assert found == ["explorer"]
    assert parts(nodes.section("", nodes.paragraph("", "no part"))) == []


def test_a_part_brings_the_scripts_of_what_it_shows():
    live = explorer(shipped("batch"), view=("graph", "shares", "batch"))
    html = nodes.raw("", live._repr_html_(), format="html")
    found = parts(SimpleNamespace(findall=nodes.section("", html).findall))
    assert found == ["explorer", "explorer-batch", "explorer-shares"]
    assert not parts(SimpleNamespace(findall=nodes.section("").findall))


def test_a_script_comes_after_what_it_needs():
    names = scripts(["explorer"])
    assert names[0] == "live" and names[-1] == "explorer"
    assert names.index("engine") < names.index("explorer-model")
    assert len(names) == len(set(names))


def test_scripts_find_what_their_needs_need(tmp_path):
    for name, text in {"a": "// needs: b", "b": "// needs: c", "c": ""}.items():
        (tmp_path / f"{name}.js").write_text(text)
    assert scripts(["a"], tmp_path) == ["live", "c", "b", "a"]


def weight(*names):
    return len(gzip.compress(script_text(names).encode()))


def test_the_live_graph_weighs_little():
    assert weight(*ALL) < WEIGHT
    assert weight(*ALL, "explorer-own") - weight(*ALL) < OWN_WEIGHT


def test_a_lean_script_says_the_same():
    lines = ['"use strict";', "f(); // why", "  // how", "  g('//',", "  1);", "", "}"]
    assert lean("\n".join(lines)) == "f(); // why\ng('//',1);}"


def test_types_do_not_weigh_on_a_page():
    lines = ["  /**", "   * How.", "   * @type {(a: A) => B}", "   */", "  f(a) {",
             "    return /** @type {B} */ (a) * 2; /* kept */", "  }"]
    assert lean("\n".join(lines)) == "f(a) {return (a) * 2; /* kept */}"


def test_every_script_of_a_part_is_sent_once_after_its_needs():
    for name in SCRIPTS:
        script = (FOLDER / f"{name}.js").read_text("utf-8")
        lines = re.findall(r"^// needs: (.+)$", script, re.MULTILINE)
        order = scripts([name])
        assert len(order) == len(set(order))
        for needed in (other for line in lines for other in line.split(", ")):
            assert order.index(needed) < order.index(name), name


def test_the_pages_get_scripts_and_styles_and_nothing_else(tmp_path):
    app = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(name="html"))
    added = []
    app.add_js_file = app.add_css_file = lambda name, **_: added.append(name)
    html = explorer(shipped("batch"))._repr_html_()
    copy(app)
    add_scripts(app, "page", "", {}, nodes.section("", nodes.raw("", html)))
    sent = {f"live/{path.name}" for path in (tmp_path / "_static" / "live").iterdir()}
    styles = {f"live/{path.name}" for path in FOLDER.glob("*.css")}
    assert sent == styles | {name for name in added if name.endswith(".js")}
    assert len(sent - styles) == 1


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_declares_one_name_or_none(name):
    script = (FOLDER / f"{name}.js").read_text("utf-8")
    names = re.findall(r"^(?:const|let|var|function|class) (\w+)", script, re.MULTILINE)
    assert len(names) <= 1 and all(re.match("bn[A-Z]", made) for made in names)


def test_no_script_asks_another_host():
    for file in FOLDER.glob("*.js"):
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//\w+\.|fetch\(|import\(|XMLHttp", text), file
