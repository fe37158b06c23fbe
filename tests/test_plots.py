import hashlib
import io
import re
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("agg")


from bnbook.show import plots
from bnbook.show.palette import PALETTE

SCRIPT = """
import hashlib, io, sys
import matplotlib
matplotlib.use("agg")
sys.path.insert(0, "tests")
import test_plots
print(test_plots.digest())
"""


pytestmark = pytest.mark.usefixtures("house_style")


def histograms(rows=4):
    r = np.random.default_rng(0)
    return plots.layer_histograms(
        {str(i): [r.random((400, 30)) for _ in range(5)] for i in range(rows)})


def grid(seeds=3):
    r = np.random.default_rng(1)
    panels = {f"relu {i}": {k: r.random((seeds, 13)) for k in ("with", "without")}
              for i in range(16)}
    return plots.accuracy_grid(panels, np.arange(4, 53, 4))


def svg(figure):
    file = io.BytesIO()
    plots.save_svg(figure, file)
    return file.getvalue().decode()


def digest():
    plots.use_house_style()
    return hashlib.sha256((svg(histograms()) + svg(grid())).encode()).hexdigest()


def test_fresh_processes_give_the_same_bytes():
    command = [sys.executable, "-c", SCRIPT]
    first, second = (subprocess.check_output(command, text=True) for _ in range(2))
    assert first == second == digest() + "\n"


every_figure = pytest.mark.parametrize("make", [histograms, grid])


@every_figure
def test_a_figure_is_small(make):
    assert len(svg(make())) < 60_000


@every_figure
def test_a_figure_holds_only_the_palettes_colours(make):
    colours = set(re.findall(r"#[0-9a-fA-F]{6}\b", svg(make())))
    assert colours and colours <= set(PALETTE.values())


@every_figure
def test_a_figure_has_no_background_no_raster_and_no_date(make):
    text = svg(make())
    assert "<image" not in text and "dc:date" not in text
    assert not re.search(r"fill: #ffffff", text)


@every_figure
def test_text_stays_text_and_is_readable_on_a_phone(make):
    text = svg(make())
    sizes = [float(s) for s in re.findall(r"font(?:-size)?: [^;]*?([\d.]+)px", text)]
    width = float(re.search(r'width="([\d.]+)pt"', text)[1])
    assert sizes and min(sizes) * 358 / width > 9


def test_a_histogram_is_one_path_as_high_as_its_counts():
    figure = plots.layer_histograms({"a": [np.repeat([0, 1, 3], [2, 8, 4])]}, bins=4,
                                    limits=(0, 4))
    (outline,) = figure.axes[0].patches
    tops, edges, _ = outline.get_data()
    np.testing.assert_allclose(tops, [0.25, 1, 0, 0.5])
    np.testing.assert_allclose(edges, [0, 1, 2, 3, 4])


def test_values_beyond_the_limits_count_in_the_outermost_bins():
    figure = plots.layer_histograms({"a": [np.array([-9, 0.1, 0.9, 7, 8])]}, bins=2,
                                    limits=(0, 1))
    tops, *_ = figure.axes[0].patches[0].get_data()
    np.testing.assert_allclose(tops, [2 / 3, 1])


def test_bins_of_one_height_are_joined():
    tops, edges = plots._merged(np.array([0, 0, 2, 2, 1, 0]), np.arange(7))
    np.testing.assert_array_equal(tops, [0, 2, 1, 0])
    np.testing.assert_array_equal(edges, [0, 2, 4, 5, 6])


def test_a_curve_is_the_median_and_its_band_runs_from_lowest_to_highest():
    values = np.array([[0.1, 0.2], [0.5, 0.3], [0.6, 0.9]])
    figure = plots.accuracy_grid({"a": {"with": values}}, [10, 20])
    ax = figure.axes[0]
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[10, 0.5], [20, 0.3]])
    corners = ax.patches[0].get_xy()[:4]
    np.testing.assert_array_equal(corners, [[10, 0.1], [20, 0.2], [20, 0.9], [10, 0.6]])


def test_every_series_has_its_own_dashes():
    figure = plots.accuracy_grid({"a": {k: np.ones((3, 2)) for k in "vwxyz"}}, [1, 2])
    assert len({str(line._unscaled_dash_pattern) for line in figure.axes[0].lines}) == 5


def test_positions_that_do_not_fit_the_curves_are_refused():
    with pytest.raises(ValueError, match="x: shape"):
        plots.accuracy_grid({"a": {"with": np.ones((3, 2))}}, [1, 2, 3])


def test_rows_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="rows: "):
        plots.layer_histograms({"a": [np.ones(3)], "b": [np.ones(3), np.ones(3)]})


def shown_in_a_notebook():
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    cells = [
        "from bnbook.show import plots\nplots.use_house_style()",
        "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2, 4])",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    nbclient.NotebookClient(book, kernel_name="python3", record_timing=False).execute()
    assert not book.cells[0].outputs
    (output,) = book.cells[1].outputs
    return output.data


def test_a_notebook_shows_the_same_svg_every_time_and_no_png():
    first, second = shown_in_a_notebook(), shown_in_a_notebook()
    assert set(first) == {"image/svg+xml", "text/plain"}
    assert first == second
    assert "dc:date" not in first["image/svg+xml"]
    assert "#ffffff" not in first["image/svg+xml"]
