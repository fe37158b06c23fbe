"""%%diagnose: a notebook's cell is run, and what it defines is diagnosed below it.

`%load_ext bnbook.check` brings it; `make lab` has it from the start.
"""

import argparse
import ast
import shlex
from contextlib import redirect_stdout
from dataclasses import dataclass
from html import escape
from io import StringIO
from types import ModuleType
from typing import Any

from bnbook.check.command.arguments import about_the_code

USAGE = """%%diagnose [name ...] [--kind KIND] [--seed N] [--gamma NAME ...]
Nothing is named: all that the cell defines is diagnosed."""


def load_ipython_extension(shell: Any) -> None:
    """Bring %%diagnose to an IPython shell, which shows what is called wrongly."""
    if not callable(getattr(shell, "register_magic_function", None)):
        raise TypeError(f"shell: {type(shell).__name__}, expected IPython's")

    def diagnose_cell(line, cell):
        try:
            return diagnosed(shell, line, cell)
        except ValueError as error:
            return shell.show_usage_error(error)

    diagnose_cell.__doc__ = f"{USAGE}\n\n{parser().format_help()}"
    shell.register_magic_function(diagnose_cell, "cell", "diagnose")


class Parser(argparse.ArgumentParser):
    """One that raises where others end the process."""

    def error(self, message):
        raise ValueError(f"%%diagnose: {message}")


def parser():
    """The words behind %%diagnose: those of the command that hold for one cell."""
    made = Parser("%%diagnose", add_help=False)
    made.add_argument("names", nargs="*", help="what to diagnose, as forward backward")
    about_the_code(made)
    return made


def diagnosed(shell, line, cell):
    """Run a cell and diagnose what it defines: a CellVerdict; None if it raises.

    ValueError for options that there are not, and for names that it does not define.
    """
    from bnbook.check.diagnosis.diagnose import diagnose  # once it is needed

    given = vars(parser().parse_args(shlex.split(line)))
    source = f"#%%diagnose {line}\n{cell}"  # so that lines are numbered as in the cell
    outer = shell.displayhook.exec_result  # which the inner run would forget
    ran = shell.run_cell(source, store_history=False)
    shell.displayhook.exec_result = outer
    if not ran.success:
        return None  # IPython has shown what it raised
    code = code_of(shell.user_ns, given.pop("names"), shell.transform_cell(source))
    with redirect_stdout(StringIO()):
        return CellVerdict(cell, diagnose(*code, **given))


def code_of(space, names, source):
    """What `diagnose` is given: what is named or alone, else a module of all."""
    found = names or [node.name for node in ast.parse(source).body
                      if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    lost = [f"there is no {name}" for name in found if name not in space]
    if lost or not found:
        what = (lost or ["the cell defines nothing"])[0]
        raise ValueError(f"%%diagnose: {what}, expected functions or a class")
    code, module = [space[name] for name in found], ModuleType("__main__")
    vars(module).update(zip(found, code))
    return code if names or len(code) == 1 else [module]


@dataclass(frozen=True, repr=False)
class CellVerdict:
    """A cell's source and its diagnosis, shown together."""

    source: str
    verdict: object

    def __repr__(self):
        return repr(self.verdict)

    def _repr_html_(self):
        """The cell with its lines at fault marked, and the diagnosis below it."""
        at = {f.line.number: f.line for f in self.verdict.findings
              if f.line and f.line.file == "cell"}
        rows = []
        for number, text in enumerate(self.source.rstrip().split("\n"), 2):
            text, line = escape(text), at.get(number)
            if line:
                words = f"has {line.has}, needs {line.should}" if line.has else ""
                text = f'<mark title="{escape(words)}">{text}</mark>'
            rows.append(f"{number:3}  {text}")
        shown = "<pre>" + "\n".join(rows) + "</pre>" if at else ""
        return shown + self.verdict._repr_html_()
