"""%%diagnose in IPython's own shell: verdict, line, options, and what is refused."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from planted_lines import STAGED, STAGED_FAULTS

from bnbook.check.magic import parser
from bnbook.check.reading.hints import HINTS
from notebooks import ROOT

OLD, NEW = next(f for f in STAGED_FAULTS if "sd ** 3" in f[1])


@pytest.fixture
def shell():
    made = InteractiveShell()
    made.run_line_magic("load_ext", "bnbook.check")
    yield made
    made.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_a_right_cell_is_right_and_its_names_stay(shell):
    found = shell.run_cell("%%diagnose\n" + STAGED).result
    assert "is right" in repr(found) and found.verdict.right
    assert callable(shell.user_ns["backward"])


def test_the_line_is_marked_in_the_cells_own_source(shell):
    found = shell.run_cell("%%diagnose\n" + STAGED.replace(OLD, NEW)).result
    number = ("%%diagnose\n" + STAGED).split("\n").index(OLD) + 1
    assert f"cell:{number}  {NEW.strip()}" in repr(found)
    html = found._repr_html_()
    marked = [row for row in html.split("\n") if row.startswith(f"{number:3}  <mark")]
    assert len(marked) == html.count("<mark title") == 1 and "sd ** 3" in marked[0]


def test_what_the_cell_holds_is_escaped(shell):
    wrong = STAGED.replace(OLD, NEW + "  # <script>a & b</script>")
    html = shell.run_cell("%%diagnose\n" + wrong).result._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;a &amp; b" in html


def test_a_backward_alone_finds_the_forward_of_an_earlier_cell(shell):
    forward, backward = STAGED.split("\n\n\ndef backward")
    shell.run_cell(forward)
    found = shell.run_cell("%%diagnose\ndef backward" + backward.replace(OLD, NEW))
    assert [f.line.source for f in found.result.verdict.faults] == [NEW.strip()]


def test_names_and_a_class(shell):
    other = "\n\ndef other_forward(x, gamma, beta, eps):\n    return 0 * x, None\n"
    found = shell.run_cell("%%diagnose forward backward\n" + STAGED + other).result
    assert found.verdict.right and found.verdict.what == "forward with backward"
    with_class = "%%diagnose --seed 3\nimport numpy as np\nfrom bnbook import BatchNorm"
    found = shell.run_cell(with_class + "\n\n\nclass Mine(BatchNorm):\n    pass\n")
    assert found.result.verdict.what == "Mine"


@pytest.mark.parametrize("line, cell, words", [
    ("--kind cake", STAGED, "invalid choice"), ("--cake", STAGED, "unrecognized"),
    ("cake", STAGED, "there is no cake"), ("", "a = 1", "defines nothing")])
def test_a_wrong_call_is_refused_in_a_line(shell, capsys, line, cell, words):
    ran = shell.run_cell(f"%%diagnose {line}\n{cell}")
    shown = "".join(capsys.readouterr())
    assert ran.result is None and words in shown and "Traceback" not in shown


def test_what_the_cell_raises_is_shown_as_by_ipython(shell, capsys):
    assert shell.run_cell("%%diagnose\n1 / 0").result is None
    assert "ZeroDivisionError" in "".join(capsys.readouterr())


def test_what_is_printed_while_it_is_diagnosed_is_not_shown(shell, capsys):
    loud = STAGED.replace("    m = x", "    print('loud')\n    m = x")
    shell.run_cell("%%diagnose\n" + loud)
    assert "loud" not in capsys.readouterr().out


def test_every_hint_of_the_command_is_an_option():
    options = {a.dest for a in parser()._actions}
    assert options == {"names", "kind", "seed", *HINTS}


def test_the_lab_has_it_loaded(shell, monkeypatch):
    fresh = InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: fresh)
    exec((ROOT / "tools" / "lab.py").read_text(encoding="utf-8"), {})
    assert "diagnose" in fresh.magics_manager.magics["cell"]
    assert "PYTHONSTARTUP=$(CURDIR)/tools/lab.py" in (ROOT / "Makefile").read_text()
