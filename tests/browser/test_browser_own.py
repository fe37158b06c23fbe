"""A reader types a normalization: it is drawn, run as NumPy runs it, and linked."""

import json

import numpy as np
import pytest
from test_browser_explorer import FOCUSED, HERE, load, tab_to

from bnbook.graph import parse, run
from bnbook.show import listing
from bnbook.show.explorer import TEXT, explorer, shipped

RMS = "ms = mean(square(x))\nxhat = x / sqrt(ms + eps)\ny = gamma * xhat"
WRONG = "document.querySelector('.bn-own .bn-wrong').textContent"
AREA = "document.querySelector('.bn-own textarea')"


@pytest.fixture
def live(tab, tmp_path):
    return load(tab, tmp_path, explorer(shipped("batch"), graphs="all")._repr_html_())


def typed(tab, text):
    """What is said against a text that is typed and drawn."""
    tab.js(f"{AREA}.value = {json.dumps(text)},"
           " document.querySelector('.bn-own button').click()")
    return tab.js(WRONG)


@pytest.mark.parametrize("text", [TEXT, RMS, "y = (x - mean(x)) * 2 + 0.5 * x * x",
                                  "a = x\nb = a * a\ny = b / (1 + b)",
                                  "constructor = mean(x)\ny = x - constructor"])
def test_a_typed_graph_runs_as_numpys_and_lists_its_backward_lines(live, text):
    assert typed(live, text) == ""
    live.js(f"{HERE}.set({{ at: 'dx' }})")
    first = shipped("batch")
    graph = parse(text)
    known = {n: first.values[n] for n in ("x", "gamma", "beta", "eps")
             if any(n in step.inputs for step in graph)}
    trace = run(graph, known, first.grads["y"])
    grads = live.js(f"Object.fromEntries(Object.entries({HERE}.state().grads)"
                    ".map(([name, a]) => [name, [...a.data]]))")
    assert grads.keys() == trace.grads.keys()
    for name, gradient in trace.grads.items():
        np.testing.assert_allclose(grads[name], gradient.ravel(), rtol=1e-11)
    assert live.js("document.querySelector('.bn-own pre').textContent") == listing(
        trace.back)
    drawn = live.js("[...document.querySelectorAll('.bn-stage .node')]"
                    ".map((box) => box.dataset.name)")
    assert sorted(drawn) == sorted(trace.values)
    program = live.js(f"{HERE}.python()")
    names = {}
    exec(program.replace("print(", "print_ = ("), names)
    np.testing.assert_allclose(names["trace"].grads["x"], trace.grads["x"], rtol=1e-12)


@pytest.mark.parametrize(("text", "said"), [
    ("y = z + x", "line 1: reads z, expected x, gamma, beta, eps or a name made above"),
    ("a = x\nx2 = a + w", "line 2: reads w, expected x, gamma, beta, eps or a name made"
                          " above"),
    ("y = gamma", "line 1: y does not depend on x, expected it to"),
    ("gamma = x", "line 1: gamma is an input, expected another name"),
    ("dx = x", "line 1: dx is what a gradient is called, expected another name"),
    ("m = mean(eps)\ny = m + x",
     "line 1: mean of one number, expected x or what is made of it"),
    ("", "text: no line, expected lines such as mu = mean(x)"),
    ("y = x +", "line 1: expected a value, got the end of the line"),
    ("mu = mean(x)\ny = exp(x)", "line 2: exp is no op, expected one of add, subtract, "
     "multiply, divide, square, sqrt, reciprocal, negate, same, mean"),
    ("y = merge(x)", "line 1: merge is no op, expected one of add, subtract, multiply, "
     "divide, square, sqrt, reciprocal, negate, same, mean"),
    ("y = mean(x)", "line 1: y is one number, expected one for each of x"),
    ("y = sqrt(mean(square(x)))",
     "line 1: y is one number, expected one for each of x"),
    ("\n".join(f"a{k} = x" for k in range(41)), "text: 41 steps, expected at most 40"),
])
def test_a_mistake_is_named_in_one_line_and_changes_nothing(live, text, said):
    before = live.js(f"{HERE}.address()")
    assert typed(live, text) == said
    assert live.js(f"{HERE}.address()") == before
    assert typed(live, RMS) == "", "and goes when it is mended"


def test_the_link_holds_the_text(live):
    typed(live, RMS + "  # a remark: 1, 2_3")
    live.js(f"{HERE}.set({{ at: 'dx', x: [1, 2, 3, 4, 9] }})")
    link, dx = live.js(f"[{HERE}.address(), [...{HERE}.state().grads.x.data]]")
    live.js(f"{HERE}.choose('layer')")
    live.js(f"location.hash = {json.dumps(link)}; 0")
    live.js("new Promise((done) => setTimeout(done, 300))")
    assert live.js(f"[...{HERE}.state().grads.x.data]") == dx
    assert live.js(f"{AREA}.value").startswith("ms = mean(square(x))")
    assert live.js(f"{HERE}.address()") == link


@pytest.mark.parametrize("said", ["graph:own,text:y%20%3D", "graph:own,text:%ZZ",
                                  "graph:own,text:y%20%3D%20x,at:constructor"])
def test_a_link_with_a_broken_text_is_survived(live, said):
    live.js(f"location.hash = {HERE}.address().split('=')[0] + '={said}'; 0")
    live.js("new Promise((done) => setTimeout(done, 300))")
    assert not live.said("Runtime.exceptionThrown")
    assert live.js(f"{HERE}.state().name") in ("start", "y")


def test_the_keyboard_alone_draws_a_graph_and_steps_to_its_dx(live):
    tab_to(live, "Your own graph")
    live.press("Enter")
    tab_to(live, "The steps")
    live.js(f"{AREA}.value = {json.dumps(RMS)}; 0")
    live.press("ArrowRight")
    assert live.js(f"{HERE}.state().at") == 0, "in the text an arrow moves the cursor"
    tab_to(live, "Draw it")
    live.press("Enter")
    assert live.js(f"{HERE}.state().graph") == "own"
    assert live.js(FOCUSED)[0] == "Draw it"
    live.js("document.querySelector('.bn-stage').focus(); 0")
    live.press("End")
    assert live.js(f"{HERE}.state().name") == "dx"


def test_every_step_of_a_typed_graph_says_something_of_its_own(live):
    typed(live, TEXT)
    said = []
    for at in range(live.js(f"{HERE}.set({{ at: 99 }}), {HERE}.state().at") + 1):
        live.js(f"{HERE}.set({{ at: {at} }})")
        said.append(live.js(f"{HERE}.text()"))
    assert len(set(said)) == len(said) and "dx is whole" in said[-1]
