"""The ten colours of every figure, named by what they mean.

The light values stand here because Matplotlib and a notebook read on its own need
real colours. The book's pages replace each by a CSS variable (`--bn-<name>`), so the
same figure follows the dark theme; `book/_static/bnbook.css` holds the dark values.
The five hues differ in lightness as well as in hue, and each has a contrast of at
least 4.5 on white, so that they serve as text.
"""

PALETTE = {
    "ink": "#1f2937",  # text and axes
    "muted": "#56606e",  # secondary text
    "paper": "#ffffff",  # the page behind a figure
    "grid": "#d3d9e0",  # grid lines, never text
    "lit": "#fff0b8",  # fill of a lit node, under ink
    "blue": "#0068b8",  # forward
    "orange": "#b35900",  # backward
    "green": "#00694e",
    "red": "#a3003c",  # faults
    "purple": "#a848a0",
}
