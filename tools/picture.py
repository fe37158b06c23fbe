"""The README's picture of the graph, drawn from a run: book/_static/graph.svg.

Usage: python tools/picture.py
"""

from pathlib import Path

import numpy as np

from bnbook.graph import BATCH_NORM, run
from bnbook.show import draw
from bnbook.show.palette import PALETTE

PATH = Path(__file__).parent.parent / "book" / "_static" / "graph.svg"


def picture():
    """The graph of a batch of five rows and three columns, on the palette's paper."""
    x = np.arange(15).reshape(5, 3) ** 2
    inputs = {"x": x, "gamma": np.ones(3), "beta": np.zeros(3), "eps": 1e-5}
    svg = str(draw(run(BATCH_NORM, inputs, x)))
    paper = f'<svg style="background: {PALETTE["paper"]}" '
    return svg.replace("<svg ", paper, 1) + "\n"


if __name__ == "__main__":
    PATH.write_text(picture(), encoding="utf-8")
