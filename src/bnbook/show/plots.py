"""Matplotlib figures in the house's one style: SVG, transparent, the palette's colours.

Every plot is made of paths and text. `imshow` is not used: its PNG would be embedded,
follow no theme, and weigh more than the rest of the figure.
"""

import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from bnbook.show.palette import PALETTE

WIDTH = 5.2  # inches; a phone's 358 pixels then show 11 pt text at 10.5 pixels
INK, MUTED, GRID = PALETTE["ink"], PALETTE["muted"], PALETTE["grid"]
CYCLE = [PALETTE[name] for name in ("blue", "orange", "green", "red", "purple")]
STYLE = {
    "figure.figsize": (WIDTH, 3.2), "figure.constrained_layout.use": True,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    "legend.frameon": False, "legend.fontsize": 11,
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11, "axes.titlesize": 11, "axes.labelsize": 11, "figure.labelsize": 11,
    "xtick.labelsize": 10, "ytick.labelsize": 10, "axes.titleweight": "normal",
    "text.color": INK, "axes.titlecolor": INK, "axes.labelcolor": INK,
    "axes.edgecolor": MUTED, "xtick.color": MUTED, "ytick.color": MUTED,
    "xtick.labelcolor": INK, "ytick.labelcolor": INK,
    "grid.color": GRID, "grid.linewidth": 0.8, "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False, "axes.spines.right": False,
    "axes.prop_cycle": mpl.cycler(color=CYCLE),  # type: ignore[attr-defined]
    "lines.linewidth": 1.8,
    "axes.formatter.useoffset": False,
    "svg.fonttype": "none", "svg.hashsalt": "bnbook",
}
SAVE = {"bbox_inches": "tight", "metadata": {"Date": None}}


def use_house_style():
    """Set the style for every later figure; in a notebook, show figures as SVG.

    The same figure then gives the same bytes every time.
    """
    mpl.rcdefaults()
    mpl.rcParams.update(STYLE)
    shell = _notebook_shell()
    if shell is not None:
        shell.run_line_magic("matplotlib", "inline")
        shell.run_line_magic("config", "InlineBackend.figure_formats = ['svg']")
        shell.run_line_magic("config", f"InlineBackend.print_figure_kwargs = {SAVE}")


def _notebook_shell():
    ipython = sys.modules.get("IPython")  # loaded in every notebook
    shell = ipython and ipython.get_ipython()
    return shell if hasattr(shell, "kernel") else None


def save_svg(figure, file):
    """Write the figure to `file` (a path or a binary file), as a notebook shows it."""
    figure.savefig(file, format="svg", **SAVE)


def layer_histograms(rows, *, limits=None, bins=31, label="activation", color="blue"):
    """A grid of histograms, one row a network, one column a layer; returns the figure.

    In a notebook, assign it: the figure shows itself at the end of the cell.

    rows: row label -> list of arrays, one a layer, all rows of equal length. Every
    panel shares the value axis (limits, or the range of all values), and is scaled to
    its own tallest bin; values beyond the limits count in the outermost bins.
    """
    lengths = {len(layers) for layers in rows.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(f"rows: {sorted(lengths)} layers, expected one number above 0")
    if limits is None:
        values = [np.asarray(a) for layers in rows.values() for a in layers]
        limits = min(a.min() for a in values), max(a.max() for a in values)
    figure, axes = plt.subplots(
        len(rows), lengths.pop(), sharex=True, squeeze=False,
        figsize=(WIDTH, 0.5 + 0.62 * len(rows)))
    for line, (name, layers) in zip(axes, rows.items(), strict=True):
        for ax, values in zip(line, layers, strict=True):
            _histogram(ax, values, limits, bins, PALETTE[color])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for i, ax in enumerate(axes[0], start=1):
        ax.set_title(f"layer {i}")
    figure.supxlabel(label)
    return figure


def _histogram(ax, values, limits, bins, color):
    counts, edges = np.histogram(np.clip(np.ravel(values), *limits), bins, limits)
    tops = counts / max(counts.max(), 1)
    ax.stairs(*_merged(tops, edges), fill=True, color=color)
    ax.set(xlim=limits, ylim=(0, 1.08), xticks=limits, yticks=(0,), yticklabels=())
    _bare(ax)


def _merged(tops, edges):
    """The same outline with neighbouring bins of one height joined: a shorter path."""
    new = np.flatnonzero(np.diff(tops)) + 1
    return tops[[0, *new]], edges[[0, *new, -1]]


def accuracy_grid(panels, x, *, columns=4, xlabel="step", ylabel="accuracy"):
    """A grid of learning curves with their spread over seeds; returns the figure.

    In a notebook, assign it: the figure shows itself at the end of the cell.

    panels: title -> {series label: array (seeds, points)}, up to five series, the same
    in each panel; x (points,): where the points stand, from 0 on. A line is the median
    over seeds, its band runs from the lowest to the highest seed.
    """
    shapes = {np.shape(v)[1:] for series in panels.values() for v in series.values()}
    if shapes != {np.shape(x)}:
        raise ValueError(f"x: shape {np.shape(x)}, expected that of a curve: {shapes}")
    lines = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        lines, columns, sharex=True, sharey=True, squeeze=False,
        figsize=(WIDTH, 0.9 + 1.05 * lines))
    for ax in axes.flat[len(panels):]:
        ax.set_visible(False)
    for ax, (title, series) in zip(axes.flat, panels.items(), strict=False):
        for k, (label, values) in enumerate(series.items()):
            _band(ax, np.asarray(x), np.asarray(values), label, k)
        ax.set_title(title, fontsize=10)
        ax.set(xticks=(0, max(x)), ylim=(-0.04, 1.04), yticks=(0, 0.5, 1))
        _bare(ax)
        ax.yaxis.get_major_ticks()[-1].gridline.set_visible(False)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    figure.supxlabel(xlabel), figure.supylabel(ylabel)
    return figure


def _band(ax, x, values, label, k):
    # Dashes as well as colours tell the series apart in print and to colour-blind eyes.
    style = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)), (0, (8, 2)))[k]
    ax.plot(x, np.median(values, axis=0), color=CYCLE[k], linestyle=style, label=label)
    ax.fill([*x, *x[::-1]], [*values.min(axis=0), *values.max(axis=0)[::-1]],
            color=CYCLE[k], alpha=0.25, linewidth=0)


def _bare(ax):
    """Leave the curves, horizontal lines and numbers, unclipped: in a grid of panels,
    frames, tick marks and clipping paths are half the file."""
    ax.set_frame_on(False)
    ax.grid(False, axis="x")
    for tick in (*ax.xaxis.get_major_ticks(), *ax.yaxis.get_major_ticks()):
        tick.tick1line.set_visible(False)
        tick.gridline.set_clip_on(False)
    for artist in (*ax.lines, *ax.patches):
        artist.set_clip_on(False)
