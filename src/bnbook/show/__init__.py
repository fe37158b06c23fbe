"""A trace made visible: drawings, LaTeX, tables, JSON; and what a function moves."""

from bnbook.show.drawing import draw
from bnbook.show.explorer import explorer, shipped
from bnbook.show.export import trace_json
from bnbook.show.formulas import listing
from bnbook.show.latex import (
    derivation,
    form_tex,
    gradient_tex,
    message_tex,
    rules_table,
    step_tex,
    terms_tex,
)
from bnbook.show.launch import on_ranks
from bnbook.show.passes import count_passes
from bnbook.show.tables import (
    Table,
    gradients_table,
    messages_table,
    rules_applied,
    steps_table,
    symbols_table,
)

__all__ = [
    "Table", "count_passes", "derivation", "draw", "explorer", "form_tex",
    "gradient_tex", "gradients_table", "listing", "message_tex", "messages_table",
    "on_ranks", "rules_applied", "rules_table", "shipped", "step_tex", "steps_table",
    "symbols_table", "terms_tex", "trace_json",
]
