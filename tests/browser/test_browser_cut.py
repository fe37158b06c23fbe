"""A cut edge leaves the pass that is really left, and nothing of it is called whole."""

import json

import numpy as np
import pytest
from test_browser_explorer import HERE, load

from bnbook.graph import without
from bnbook.show.explorer import explorer, shipped
from bnbook.show.explorer_graphs import GRAPHS, paths_of

CUTS = [(kind, path) for kind in GRAPHS for path in paths_of(kind)]
TEXT = "document.querySelector('.bn-live').textContent"


@pytest.fixture
def live(tab, tmp_path):
    return load(tab, tmp_path, explorer(shipped("batch"), graphs="all")._repr_html_())


def gradients(tab):
    """What the page has for each gradient, by name, and the messages' names."""
    return json.loads(tab.js(f"""(() => {{
      const {{ grads, messages }} = {HERE}.state();
      return JSON.stringify([Object.fromEntries(Object.entries(grads).map(([name, a]) =>
        [name, [...a.data]])), messages.map(({{ name }}) => name)]); }})()"""))


@pytest.mark.parametrize(("kind", "path"), CUTS)
def test_every_gradient_is_that_of_the_pass_that_is_left(live, kind, path):
    live.js(f"{HERE}.choose({kind!r}), {HERE}.set({{ at: 'dx', cut: {path!r} }})")
    edge = tuple(paths_of(kind)[path]["own"])
    left = without(shipped(kind), {edge})
    grads, messages = gradients(live)
    assert grads.keys() == left.grads.keys()
    assert messages == [message.name for message in left.messages]
    for name, gradient in left.grads.items():
        scale = max(abs(shipped(kind).grads[name]).max(), 1e-300)
        np.testing.assert_allclose(grads[name], gradient.ravel(), rtol=0,
                                   atol=1e-12 * scale, err_msg=name)


@pytest.mark.parametrize(("kind", "path"), CUTS)
def test_nothing_is_called_whole_in_a_cut_pass(live, kind, path):
    live.js(f"{HERE}.choose({kind!r}), {HERE}.set({{ cut: {path!r} }})")
    steps = len(GRAPHS[kind].graph)
    for at in range(2 * steps + 1):
        live.js(f"{HERE}.set({{ at: {at} }})")
        assert "whole" not in live.js(TEXT), at
    live.js(f"{HERE}.set({{ cut: null }})")
    assert any("whole" in live.js(f"{HERE}.set({{ at: {at} }}), {HERE}.text()")
               for at in range(2 * steps + 1)), "uncut it is said"


@pytest.mark.parametrize("path", paths_of("batch"))
def test_what_a_cut_changed_stands_beside_what_it_was(live, path):
    live.js(f"{HERE}.set({{ at: 'dx', cut: {path!r} }})")
    rows = live.js("""Object.fromEntries([...document.querySelectorAll(
      '.bn-all tbody tr')].map((row) => [row.cells[0].textContent,
      row.cells[2].textContent]))""")
    whole = shipped("batch")
    left = without(whole, {tuple(paths_of("batch")[path]["own"])})
    for name in left.grads:
        apart = abs(left.grads[name] - whole.grads[name]).max()
        assert ("was" in rows[name]) == (apart > 1e-9), name
    assert "was" in live.js("document.querySelector('.bn-shares').textContent")


def test_a_cut_message_is_said_to_be_cut_where_it_would_be_sent(live):
    live.js(f"{HERE}.set({{ at: 'dxmu', cut: 'variance' }})")
    said = live.js(f"{HERE}.text()")
    assert "nothing to xmu (this message is cut)" in said
    card = live.js("document.querySelector('.bn-card').textContent")
    assert "To xmu nothing: this message is cut. It was" in card
    assert "It leaves dxmu at" in card and "Uncut: " in card


def test_the_story_of_a_cut_pass_claims_no_law_of_a_gradient(live):
    live.js(f"{HERE}.set({{ at: 'dx', cut: 'straight' }})")
    story = " ".join(live.js(f"{HERE}.story()"))
    assert "The message from xhat to xmu is cut" in story
    assert "not the gradient of the loss" in story and "law" not in story
