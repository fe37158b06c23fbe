"""A constant of the package as a table: what LAYERS, PEERS and their like hold."""

from .docstrings import inline


def rows_of(value):
    """(head, rows) of a table of kinds or of named sentences; None for another."""
    if isinstance(value, dict):
        kinds = list(value.values())
        if kinds and all(hasattr(kind, "stateful") for kind in kinds):
            return _kinds(value)
        return None
    if isinstance(value, tuple) and value and all(
            hasattr(one, "sentence") for one in value):
        return ("name", "what it says"), [(f"`{v.name}`", v.sentence) for v in value]
    return None


def _kinds(value):
    head = ("kind", "forward", "options", "keeps a state")
    return head, [
        (f"`{name}`", f"`{kind.forward.__name__}`",
         ", ".join(f"`{option}`" for option in kind.options) or "none",
         "yes" if kind.stateful else "no") for name, kind in value.items()]


def table(value):
    """The table in RST; no line where the value is not shown as one."""
    found = rows_of(value)
    if found is None:
        return []
    head, rows = found
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (head, *rows):
        marks = ["*", *[" "] * (len(row) - 1)]
        lines += [f"   {mark} - {inline(cell)}" for mark, cell in zip(marks, row)]
    return [*lines, ""]
