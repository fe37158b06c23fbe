"""A trace made visible: drawings, LaTeX, tables, JSON."""

from bnbook.show.drawing import draw
from bnbook.show.explorer import explorer, shipped
from bnbook.show.export import trace_json
from bnbook.show.latex import derivation, gradient_tex, step_tex
from bnbook.show.tables import (
    Table,
    gradients_table,
    messages_table,
    steps_table,
    symbols_table,
)

__all__ = [
    "Table", "derivation", "draw", "explorer", "gradient_tex", "gradients_table",
    "messages_table", "shipped", "step_tex", "steps_table", "symbols_table",
    "trace_json",
]
