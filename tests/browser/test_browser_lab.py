"""In a real JupyterLab the live parts run, and what a reader sets is read back."""

import re
from importlib.util import find_spec
from pathlib import Path

import nbformat
import numpy as np
import pytest

from bnbook.graph import BATCH_NORM, run
from lab import command, lab, open_and_run, until
from needed import missing

BOOK = Path(__file__).parents[2] / "book"
GRAPH = "document.querySelector('.jp-Notebook .bn-live').explorer"
SMALL = """\
from bnbook.show.small import projection
small = projection([-2.01, 1.68, -0.63], [-0.8, 1.5, 1.8])
small"""
READ = "[...document.querySelectorAll('.jp-OutputArea-output pre')].at(-1)?.textContent"
STEPS = 2 * len(BATCH_NORM)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A JupyterLab with the explorer's own page, and two cells more."""
    if lacking := [name for name in ("jupyterlab", "anywidget") if not find_spec(name)]:
        missing(f"no {lacking[0]}: pip install {lacking[0]}")
    folder = tmp_path_factory.mktemp("lab")
    notebook = nbformat.read(BOOK / "explorer.ipynb", as_version=4)
    notebook.cells += map(nbformat.v4.new_code_cell, (
        SMALL, "print(live.x.ravel().tolist(), small.state['x1'])"))
    nbformat.write(notebook, folder / "explorer.ipynb")
    with lab(folder) as address:
        yield address


def test_a_slider_keeps_its_keys_and_a_button_passes_the_others_on(tab, address):
    open_and_run(tab, address, "explorer.ipynb")
    slider = "document.querySelector('[data-live=projection] input[type=range]')"
    until(tab, f"!!{slider}?.closest('.bn-on')")
    now = (f"[Number({slider}.value),"
           " jupyterapp.shell.currentWidget.content.activeCellIndex]")
    tab.js(f"{slider}.scrollIntoView({{ block: 'center' }}), {slider}.focus(), 0")
    first, cell = tab.js(now)
    values = []
    for key in ("ArrowRight", "ArrowUp", "ArrowLeft", "Home", "End"):
        tab.press(key)
        value, at = tab.js(now)
        assert at == cell, f"{key} moved to another cell"
        values.append(value)
    assert first < values[0] < values[1] and values[2] == values[0]
    assert [values[3], values[4]] == tab.js(f"[{slider}.min, {slider}.max].map(Number)")
    tab.js("document.querySelector('[data-live=projection] button').focus(), 0")
    tab.press("ArrowUp")
    until(tab, f"{now}[1] !== {cell}", seconds=20)


def test_a_reader_steps_to_dx_and_reads_the_batch_back(tab, address):
    open_and_run(tab, address, "explorer.ipynb")
    until(tab, f"{GRAPH}?.state().name === 'dx'")
    tab.js("document.querySelector('.bn-stage').focus(); 0")
    tab.press("Home")
    assert tab.js(f"{GRAPH}.state().name") == "start"
    for _ in range(STEPS):
        tab.press("ArrowRight")
    now = tab.js(f"(() => {{ const {{ name, x, dy, gamma, beta, eps, grads }} = {GRAPH}"
                 ".state(); return { name, x, dy, gamma, beta, eps,"
                 " dx: [...grads.x.data] } })()")
    assert now["name"] == "dx", "the arrow keys are the graph's own, not JupyterLab's"
    given = {name: now[name] for name in ("gamma", "beta", "eps")}
    ran = run(BATCH_NORM, given | {"x": np.array(now["x"])[:, None]},
              np.array(now["dy"])[:, None])
    np.testing.assert_allclose(now["dx"], ran.grads["x"].ravel(), atol=1e-12)

    tab.js("document.querySelector('.bn-row .bn-number').select(); 0")
    tab.press("7")
    tab.js("document.querySelector('[data-live=projection]').explorable"
           ".set({ x1: 1.5 }); 0")
    assert tab.js(f"{GRAPH}.state().x[0]") == 7
    tab.js("(n => { n.activeCellIndex = n.widgets.length - 1 })"
           "(jupyterapp.shell.currentWidget.content)")
    command(tab, "notebook:run-cell")
    found = until(tab, f"{READ}?.includes('[7.0') && {READ}")
    numbers = [float(v) for v in re.findall(r"-?\d+\.?\d*", found)]
    assert numbers == [7, *now["x"][1:], 1.5]
