"""What is shown is what ran: drawing, LaTeX, tables and JSON of a trace."""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter

import numpy as np
import pytest

from bnbook.graph import (
    BATCH_NORM,
    FAMILY,
    GROUP_NORM,
    INFERENCE,
    OPS,
    PATHS,
    RMS_NORM,
    Step,
    graph_inputs,
    grouped,
    parse,
    run,
    without,
)
from bnbook.show import (
    Table,
    derivation,
    draw,
    gradient_tex,
    gradients_table,
    listing,
    message_tex,
    messages_table,
    step_tex,
    steps_table,
    symbols_table,
    trace_json,
)
from bnbook.show.drawing import PITCH, WIDTH
from bnbook.show.formulas import local
from bnbook.show.layout import layout, path_edges

SVG = "{http://www.w3.org/2000/svg}"


def inputs(rng, graph=BATCH_NORM):
    given = {"x": rng.normal(size=(5, 3)), "gamma": rng.normal(size=3),
             "beta": rng.normal(size=3), "eps": 1e-5}
    if graph is INFERENCE:
        given |= {"mu": rng.normal(size=3), "var": rng.uniform(1, 2, size=3)}
    return given


@pytest.fixture(params=[BATCH_NORM, INFERENCE], ids=["training", "inference"])
def trace(request, rng):
    return run(request.param, inputs(rng, request.param), rng.normal(size=(5, 3)))


def member_trace(rng, name):
    """A run of a member of the family on (N, C, length)."""
    graph, axes = FAMILY[name]
    given = {"x": rng.normal(size=(3, 4, 5)), "gamma": rng.normal(size=(4, 1)),
             "beta": rng.normal(size=(4, 1)), "eps": 1e-5}
    given = {name: given[name] for name in graph_inputs(graph)}
    dy = rng.normal(size=(3, 4, 5))
    return run(graph, given, dy, axes=axes(3), ops=grouped(2))


def groups(drawing, kind):
    root = ET.fromstring(str(drawing))
    return [group for group in root.iter(f"{SVG}g") if group.get("class") == kind]


def test_the_nodes_of_the_drawing_are_the_values_computed(trace):
    names = [group.get("data-name") for group in groups(draw(trace), "node")]
    assert sorted(names) == sorted(trace.values)


def test_the_arrows_back_are_the_messages_sent_with_their_shapes(trace):
    drawn = Counter(
        (g.get("data-step"), g.get("data-input"), g.find(f"{SVG}text").text)
        for g in groups(draw(trace, direction="backward"), "message"))
    assert drawn == Counter(
        (m.step, m.input, str(m.gradient.shape)) for m in trace.messages)


def test_the_arrows_forward_are_the_values_that_the_steps_read(trace):
    drawn = Counter(
        (g.get("data-step"), g.get("data-input"), g.find(f"{SVG}text").text)
        for g in groups(draw(trace, direction="forward"), "edge"))
    assert drawn == Counter(
        (s.name, i, str(trace.values[i].shape)) for s in trace.graph for i in s.inputs)


def test_a_message_that_was_not_sent_is_not_drawn(rng):
    graph = (Step("a", "square", ("x",)), Step("y", "add", ("x", "b")))
    ran = run(graph, {"x": rng.normal(size=3), "b": 1.0}, np.ones(3))
    drawn = groups(draw(ran, direction="backward"), "message")
    assert [g.get("data-input") for g in drawn] == ["x", "b"]


def test_a_square_as_a_product_has_two_arrows_back(rng):
    graph = (Step("y", "multiply", ("x", "x")),)
    ran = run(graph, {"x": rng.normal(size=3)}, np.ones(3))
    arrows = groups(draw(ran, direction="backward"), "message")
    assert len({arrow.find(f"{SVG}path").get("d") for arrow in arrows}) == 2


def test_no_two_values_stand_in_one_place(trace):
    places = list(layout(trace.graph).values())
    assert len(set(places)) == len(places) == len(trace.values)


def test_the_drawing_is_narrow_enough_for_a_phone(trace):
    assert float(ET.fromstring(str(draw(trace))).get("width")) <= 390


def test_a_cropped_drawing_keeps_what_the_lit_value_touches(rng):
    ran = run(BATCH_NORM, inputs(rng), rng.normal(size=(5, 3)))
    cropped = draw(ran, ["gx"], direction="backward", crop=True)
    names = {group.get("data-name") for group in groups(cropped, "node")}
    assert names == {"xhat", "ivar", "gx", "gamma", "y", "beta"}
    sent = {group.get("data-input") for group in groups(cropped, "message")}
    assert sent == {"ivar", "xhat", "gamma", "gx", "beta"}


@pytest.mark.parametrize("step, factors", [
    ("y", {"gx": "×1", "beta": "×1"}), ("gx", {"gamma": "×xhat", "xhat": "×gamma"}),
    ("ivar", {"std": "×−ivar²"}), ("std", {"vareps": "×1/(2·std)"}),
    ("var", {"sq": "×1/m"}), ("sq", {"xmu": "×2·xmu"}),
    ("xmu", {"x": "×1", "mu": "×−1"}),
])
def test_an_arrow_may_carry_its_local_derivative(rng, step, factors):
    ran = run(BATCH_NORM, inputs(rng), rng.normal(size=(5, 3)))
    drawn = groups(draw(ran, [step], direction="backward", local=True), "message")
    texts = {g.get("data-input"): [t.text for t in g.iter(f"{SVG}text")]
             for g in drawn if g.get("data-step") == step}
    for name, factor in factors.items():
        assert sorted(texts[name]) == sorted([factor, str(ran.grads[name].shape)])
    others = [g for g in drawn if g.get("data-step") != step]
    assert all(len(list(g.iter(f"{SVG}text"))) == 1 for g in others)


@pytest.mark.parametrize("op", OPS)
def test_a_local_derivative_times_the_upstream_is_the_message(op):
    rng = np.random.default_rng(3)
    a, b, g = rng.uniform(1, 2, size=(3, 4, 3))
    y = OPS[op].forward(0, *(a, b)[:len(OPS[op].rules)])
    for rule, k in zip(OPS[op].rules, range(2)):
        if rule is None or op in ("mean", "spread", "sum", "copy"):
            continue  # the shape changes, so it is a copy or a sum too
        text = local(rule, {}).replace("·", "*").replace("−", "-")
        value = eval(text.replace("²", "**2"), {"a": a, "b": b, "y": y})
        sent = run((Step("y", op, ("a", "b")[:len(OPS[op].rules)]),),
                   {"a": a, "b": b} if len(OPS[op].rules) == 2 else {"a": a}, g)
        np.testing.assert_allclose(g * value, sent.grads["ab"[k]], rtol=1e-12)


def test_lit_values_differ_and_the_rest_do_not(trace):
    plain, lit = groups(draw(trace), "node"), groups(draw(trace, ["ivar"]), "node")
    differ = [a.get("data-name") for a, b in zip(plain, lit, strict=True)
              if ET.tostring(a) != ET.tostring(b)]
    assert differ == ["ivar"]


@pytest.mark.parametrize("path", PATHS)
def test_a_paths_edges_are_those_whose_messages_reach_x_along_it(rng, path):
    ran = run(BATCH_NORM, inputs(rng), rng.normal(size=(5, 3)))
    edges = path_edges(BATCH_NORM, path)
    assert not edges & PATHS[path]
    everything = {(s.name, i) for s in BATCH_NORM for i in s.inputs}
    along = without(ran, everything - edges).grads["x"]
    np.testing.assert_array_equal(along, without(ran, PATHS[path]).grads["x"])


def test_the_same_trace_gives_the_same_bytes(rng):
    given, dy = inputs(rng), rng.normal(size=(5, 3))
    first, second = (str(draw(run(BATCH_NORM, given, dy), ["mu"])) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("options, message", [
    ({"lit": ["nu"]}, r"lit: \['nu'\], expected names out of \['x', "),
    ({"lit": "mu"}, "lit: 'mu', expected names"),
    ({"path": "direct"}, "path: 'direct', expected one of 'straight'"),
    ({"direction": "up"}, "direction: 'up', expected"),
])
def test_draw_names_a_bad_argument(rng, options, message):
    ran = run(BATCH_NORM, inputs(rng), np.ones((5, 3)))
    with pytest.raises((TypeError, ValueError), match=message):
        draw(ran, **options)


def test_a_graph_without_statistics_has_no_paths(rng):
    ran = run(INFERENCE, inputs(rng, INFERENCE), np.ones((5, 3)))
    with pytest.raises(ValueError, match="path: 'variance', but the graph computes no"):
        draw(ran, path="variance")


def test_a_forward_run_has_no_messages_to_draw(rng):
    with pytest.raises(ValueError, match="trace: ran forward only"):
        draw(run(BATCH_NORM, inputs(rng)))


@pytest.mark.parametrize("name", FAMILY)
def test_the_drawing_of_a_member_is_its_trace(rng, name):
    ran = member_trace(rng, name)
    assert sorted(g.get("data-name") for g in groups(draw(ran), "node")) == sorted(
        ran.values)
    drawn = Counter(
        (g.get("data-step"), g.get("data-input"), g.find(f"{SVG}text").text)
        for g in groups(draw(ran, direction="backward"), "message"))
    assert drawn == Counter(
        (m.step, m.input, str(m.gradient.shape)) for m in ran.messages)


@pytest.mark.parametrize("graph", [GROUP_NORM, RMS_NORM])
def test_no_two_values_of_the_family_stand_in_one_place(graph):
    places = list(layout(graph).values())
    assert len(set(places)) == len(places) == len(graph) + len(graph_inputs(graph))


@pytest.mark.parametrize("name", FAMILY)
def test_a_shape_has_room_between_two_columns_and_left_of_the_first(rng, name):
    ran = member_trace(rng, name)
    boxes = sorted({float(g.find(f"{SVG}rect").get("x"))
                    for g in groups(draw(ran), "node")})
    longest = 6 * max(len(str(value.shape)) for value in ran.values.values())
    assert boxes[1] - boxes[0] - WIDTH >= longest
    assert boxes[0] + WIDTH / 2 >= longest


def test_short_shapes_leave_the_columns_where_they_are(trace):
    boxes = sorted({float(g.find(f"{SVG}rect").get("x"))
                    for g in groups(draw(trace), "node")})
    assert boxes[1] - boxes[0] == PITCH


@pytest.mark.parametrize("name", ["group", "rms"])
@pytest.mark.parametrize("path", PATHS)
def test_paths_are_those_of_statistics_of_x(rng, name, path):
    with pytest.raises(ValueError, match=f"path: '{path}', but the graph computes no"):
        draw(member_trace(rng, name), path=path)


@pytest.mark.parametrize("name", FAMILY)
def test_the_derivation_of_a_member_has_a_line_for_every_value(rng, name):
    ran = member_trace(rng, name)
    lines = str(derivation(ran)).splitlines()[1:-1]
    assert len(lines) == len(ran.graph) + len(ran.grads) - 1


def test_latex_splits_what_was_merged_and_merges_what_was_split(rng):
    ran = member_trace(rng, "group")
    assert step_tex(ran, "xg") == r"x_g = \mathrm{split}(x)"
    assert step_tex(ran, "xhat") == r"\hat{x} = \mathrm{merge}(\hat{x}_g)"
    assert gradient_tex(ran, "xhatg") == r"d\hat{x}_g = \mathrm{split}(d\hat{x})"
    assert gradient_tex(ran, "x") == r"dx = \mathrm{merge}(dx_g)"


def test_rms_norm_has_a_root_of_its_own_in_latex(rng):
    ran = member_trace(rng, "rms")
    assert step_tex(ran, "rms") == r"\mathit{rms} = \sqrt{\mathit{mseps}}"
    assert gradient_tex(ran, "x") == (
        r"dx = d\hat{x} \cdot \mathit{irms} + 2\,d\mathit{sq} \cdot x")


@pytest.mark.parametrize("name, title, mean", [
    ("batch", "batch", "column"), ("layer", "layer", "sample"),
    ("instance", "instance", "channel of a sample"),
    ("group", "group", "group of a sample"), ("rms", "RMS", None)])
def test_the_symbols_table_says_what_a_members_mean_goes_over(rng, name, title, mean):
    ran = member_trace(rng, name)
    table = symbols_table(ran, name)
    assert table.caption == f"The names of {title} normalization"
    meanings = {row[0]: row[2] for row in table.rows}
    assert list(meanings) == list(ran.values)
    assert meanings.get("mu") == (mean and f"the mean of each {mean}")
    assert meanings["sq"] == ("its square" if mean else "the square of each value")


def test_the_symbols_table_refuses_what_is_no_member(trace):
    with pytest.raises(ValueError, match=r"^member: 'weight', expected one of"):
        symbols_table(trace, "weight")


def test_the_derivation_has_a_line_for_every_step_and_every_gradient(trace):
    lines = str(derivation(trace)).splitlines()[1:-1]
    assert len(lines) == len(trace.graph) + len(trace.grads) - 1


def test_latex_leaves_out_messages_that_were_not_sent(rng):
    graph = (Step("u", "square", ("a",)), Step("y", "add", ("a", "b")))
    ran = run(graph, {"a": rng.normal(size=3), "b": 1.0}, np.ones(3))
    assert gradient_tex(ran, "a") == r"d\mathit{a} = dy"


def test_latex_sums_where_the_run_broadcast(rng):
    ran = run(BATCH_NORM, inputs(rng), np.ones((5, 3)))
    assert gradient_tex(ran, "beta") == r"d\beta = \sum dy"
    assert gradient_tex(ran, "x") == r"dx = d\mathit{xmu} + \frac{1}{m}\,d\mu"
    assert gradient_tex(ran, "mu") == r"d\mu = -\sum d\mathit{xmu}"


def read_back(tex, **values):
    """The value of a formula, its LaTeX read as arithmetic."""
    tex = re.sub(r"\\mathit\{(\w)\}", r"\1", tex).replace(r"\cdot", "*")
    tex = tex.replace(r"\sum a", "a.sum()").replace(r"\sum dy", "dy.sum()")
    tex = re.sub(r"\\frac\{(.+?)\}\{(.+?)\}(\\,)?", r"(\1)/(\2)*1*", tex + " ")
    tex = re.sub(r"\\sqrt\{(.+?)\}", r"(\1)**.5", tex).replace("^", "**")
    return eval(tex.replace(r"\,", "*").rstrip("* ").replace("* *", "*"), {}, values)


@pytest.mark.parametrize("name", OPS)
def test_the_latex_of_an_op_says_what_the_op_and_its_rules_compute(name, rng):
    sizes = {"sum": (5, 1), "spread": (1, 5), "copy": (1, 5)}.get(name, (5, 5))
    args = {letter: rng.uniform(1, 2, size=size)
            for letter, size, _ in zip("ab", sizes, OPS[name].rules)}
    y = OPS[name].forward(0, *args.values())
    ran = run((Step("y", name, tuple(args)),), args, rng.normal(size=y.shape))
    values = {**ran.values, **ran.sums, "m": 5}
    said = {"y": step_tex(ran, "y")}
    said |= {m.name: gradient_tex(ran, m.input) for m in ran.messages}
    assert len(said) > 1
    for name, tex in said.items():
        value = read_back(tex.partition(" = ")[2], **values)
        np.testing.assert_allclose(np.broadcast_to(value, values[name].shape),
                                   values[name], rtol=1e-12)


def test_tables_show_as_text_and_as_html(trace):
    for make in (steps_table, messages_table, gradients_table, symbols_table):
        table = make(trace)
        assert str(table.rows[0][0]) in repr(table)
        root = ET.fromstring(table._repr_html_())
        assert root.find("caption").text == table.caption
        assert len(root.findall("tbody/tr")) == len(table.rows)


def test_a_table_refuses_rows_of_another_length():
    with pytest.raises(ValueError, match="rows: "):
        Table("a", ("b", "c"), [(1,)])


def test_a_head_is_written_as_its_rows_are():
    table = Table("a", ("rows", 32, None), [("time", 1, 2)])
    assert repr(table).splitlines()[1] == "rows  32  None"
    assert "<th scope=\"col\">32</th>" in table._repr_html_()


def test_a_table_refuses_one_string_as_its_head():
    with pytest.raises(TypeError, match="head: 'ab', expected"):
        Table("a", "ab", [(1, 2)])


def test_tables_escape_what_html_would_read():
    assert "&lt;b&gt;" in Table("a", ("b",), [("<b>",)])._repr_html_()


def test_json_reads_back_to_the_trace(trace):
    data = json.loads(trace_json(trace))
    assert [step["name"] for step in data["steps"]] == [s.name for s in trace.graph]
    for name in trace.values:
        value = trace.values[name]
        np.testing.assert_array_equal(np.array(data["values"][name]), value)
        assert tuple(data["shapes"][name]) == value.shape
    for sent, message in zip(data["messages"], trace.messages, strict=True):
        assert (sent["step"], sent["input"]) == (message.step, message.input)
        np.testing.assert_array_equal(np.array(sent["gradient"]), message.gradient)


def test_a_typed_graph_is_printed_a_line_a_named_value(rng):
    graph = parse("my_val = (x - mean(x)) * 1e-5\ny = square(sqrt(square(my_val)))")
    ran = run(graph, {"x": rng.normal(size=(5, 3))}, np.ones((5, 3)))
    lines = str(derivation(ran)).splitlines()[1:-1]
    assert [line.split(" &= ")[0] for line in lines] == [
        r"\mathit{my\_val}", "y", r"d\mathit{my\_val}", "dx"]
    assert r"\cdot 10^{-5}" in lines[0]
    assert listing(graph).endswith("y = (√(my_val²))²")


@pytest.mark.parametrize(("call", "said"), [
    (lambda ran: gradient_tex(ran, "q"), "name: 'q', expected one of "),
    (lambda ran: gradient_tex(ran, "y"), "name: 'y', expected one of "),
    (lambda ran: message_tex(ran, "q", "xmu"), "step: 'q' sends no message to 'xmu'"),
])
def test_a_formula_of_what_is_not_there_is_refused(rng, call, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        call(run(BATCH_NORM, inputs(rng), np.ones((5, 3))))
