"""Every guard bites: run on a planted fault, it must say so."""

import collections
import copy
import importlib
import inspect
import re

import nbformat
import pytest
from test_notebooks import SOURCES, difference

import lint
import lint_house
import lint_html
import lint_notebooks
import lint_prose
import mutation
import notebooks
import picture
from common import no_faults

ROOT = notebooks.ROOT
PACKAGE = ROOT / "src" / "bnbook"


@pytest.fixture
def notebook():
    chapter = next(s for s in SOURCES if s.stem.startswith("04"))
    return nbformat.read(notebooks.notebook_path(chapter), as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def figure_cell(notebook):
    figure = lint_notebooks.FIGURE
    return next(cell for cell in code_cells(notebook)
                if any(figure in output.get("data", {}) for output in cell.outputs))


def strip(notebook):
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None


def delete_a_cell(notebook):
    notebook.cells.remove(code_cells(notebook)[3])


def forget_the_alt_text(notebook):
    del figure_cell(notebook).metadata["mystnb"]["image"]


def forget_the_caption(notebook):
    del figure_cell(notebook).metadata["mystnb"]["figure"]


def show_a_png(notebook):
    data = figure_cell(notebook).outputs[-1].data
    data["image/png"] = data.pop(lint_notebooks.FIGURE)


def ignore_an_output(notebook):
    code_cells(notebook)[2].metadata["tags"] = ["nbval-ignore-output"]


def ignore_by_comment(notebook):
    code_cells(notebook)[2].source += "\n# NBVAL_IGNORE_OUTPUT"


def write_to_stderr(notebook):
    code_cells(notebook)[2].outputs.append(
        nbformat.v4.new_output("stream", name="stderr", text="warning"))


def grow_too_long(notebook):
    code_cells(notebook)[2].source += "\nx = 1" * 20


def grow_too_wide(notebook):
    code_cells(notebook)[2].source += "\nx = " + "1 + " * 20 + "1"


def forget_the_outputs(notebook):
    for cell in code_cells(notebook):
        cell.outputs = []


def end_in_an_error(notebook):
    code_cells(notebook)[2].outputs.append(
        nbformat.v4.new_output("error", ename="E", evalue="", traceback=[]))


def show_an_image_in_html(notebook):
    html = {"text/html": '<img src="data:image/png;base64,AA==">'}
    code_cells(notebook)[2].outputs.append(
        nbformat.v4.new_output("display_data", data=html))


def grow_a_figure(notebook):
    figure_cell(notebook).outputs[-1].data[lint_notebooks.FIGURE] += " " * 500_000


def grow_everywhere(notebook):
    for cell in code_cells(notebook):
        cell.source += "\nx = 1" * 8


@pytest.mark.parametrize("plant, words", [
    (strip, "execution counts"), (forget_the_outputs, "no cell has an output"),
    (delete_a_cell, "execution counts"), (forget_the_alt_text, "without alt text"),
    (forget_the_caption, "without caption"), (show_a_png, "no SVG"),
    (show_an_image_in_html, "no SVG"), (ignore_an_output, "kept out"),
    (ignore_by_comment, "kept out"), (write_to_stderr, "stderr"),
    (end_in_an_error, "ends in an error"), (grow_too_long, "lines, at most"),
    (grow_too_wide, "characters"), (grow_a_figure, "more than 500 KB"),
    (grow_everywhere, "half of the cells"),
])
def test_the_notebook_guard_bites(notebook, plant, words):
    assert lint_notebooks.faults(notebook) == []
    plant(notebook)
    assert any(words in fault for fault in lint_notebooks.faults(notebook))


@pytest.mark.parametrize("word", [
    "nbval-ignore-output", "nbval-skip", "nbval-raises-exception", "raises-exception",
    "NBVAL_IGNORE_OUTPUT", "NBVAL_SKIP", "PYTEST_VALIDATE_IGNORE_OUTPUT"])
def test_no_cell_escapes_nbval(notebook, word):
    code_cells(notebook)[2].source += f"\n# {word}"
    assert any("kept out" in fault for fault in lint_notebooks.faults(notebook))


def change_prose(notebook):
    cell = next(c for c in notebook.cells if "1e-" in c.source
                and c.cell_type == "markdown")
    cell.source = cell.source.replace("1e-", "2e-")


def replace_an_svg(notebook):
    data = figure_cell(notebook).outputs[-1].data
    data[lint_notebooks.FIGURE] = data[lint_notebooks.FIGURE].replace("mean", "median")


@pytest.mark.parametrize("plant", [
    strip, delete_a_cell, forget_the_alt_text, change_prose, replace_an_svg])
def test_the_comparison_with_the_source_bites(notebook, plant):
    stored, planted = nbformat.writes(notebook), copy.deepcopy(notebook)
    plant(planted)
    assert difference(stored, stored) is None
    assert difference(nbformat.writes(planted), stored)


def test_a_source_edited_without_regenerating_is_noticed(tmp_path):
    source = tmp_path / "source" / "99-small.md"
    source.parent.mkdir()
    source.write_text(SMALL)
    stored = notebooks.execute(source)
    assert difference(stored, notebooks.execute(source)) is None
    source.write_text(SMALL.replace("2 + 3", "2 + 4"))
    assert difference(stored, notebooks.execute(source))


@pytest.mark.parametrize("old, new", [
    ("A sum.", "A product."), ("2 + 3", "2 + 4"), ("The sum is", "It is"),
    ("\nThe sum is {{ total }}.\n", ""), ("A sum.", "A sum.\n\n+++\n\nOf two."),
    ("```{code-cell} ipython3", "```{code-cell} ipython3\n:tags: [hide-input]")])
def test_a_notebook_of_another_source_is_outdated(tmp_path, old, new):
    source = tmp_path / "source" / "99-small.md"
    source.parent.mkdir()
    source.write_text(SMALL)
    assert notebooks.outdated(source)
    notebooks.notebook_path(source).write_text(notebooks.execute(source))
    assert not notebooks.outdated(source)
    source.write_text(SMALL.replace(old, new))
    assert source.read_text() != SMALL
    assert notebooks.outdated(source)


def test_no_notebook_is_outdated():
    no_faults(filter(notebooks.outdated, SOURCES), "make notebooks")


SMALL = """---
kernelspec: {name: python3, display_name: Python 3, language: python}
---

# Small

A sum.

```{code-cell} ipython3
total = 2 + 3
total
```

The sum is {{ total }}.
"""


def test_placeholders_are_filled_from_the_kernel(tmp_path):
    (tmp_path / "source").mkdir()
    source = tmp_path / "source" / "99-small.md"
    source.write_text(SMALL)
    assert "The sum is 5." in notebooks.execute(source)


def test_a_placeholder_that_fails_is_an_error(tmp_path):
    (tmp_path / "source").mkdir()
    source = tmp_path / "source" / "99-small.md"
    source.write_text(SMALL.replace("{{ total }}", "{{ totals }}"))
    with pytest.raises(ValueError, match="NameError"):
        notebooks.execute(source)


@pytest.mark.parametrize("sentence", [
    "The sum is 5.", "It is off by 0.25.", "The error is 3e-16.", "That is 81 %.",
    "It is $10^{-15}$.", "It is `0.83`.", "After 1,297 images.", "It is .81 at best.",
    "It is {{ 5 }}.", "It is {{ '81 %' }}.", "It is {{total}}.",
    "It rose to\n81. Then.",
    "It is < 3e-16, and that is > 0.", ":::{note} The error is 3e-16\nSo.\n:::",
    "It is {math}`3.7`.",
    "It took 2048 steps.", "After Ioffe 2048.", "A batch of 2015.", "It is `2015`.",
    "It is\n2015. Then.", "Ioffe's 2015.5.",
])
def test_the_prose_guard_bites(sentence):
    assert lint_prose.faults(SMALL) == []
    assert lint_prose.faults(SMALL + "\n" + sentence)


@pytest.mark.parametrize("sentence", [
    "Add 2 and 3.", "See chapter 5 and Figure 12.", "Ioffe and Szegedy 2015.",
    "Wu et al. 2018 and Higham (1993).", "Open since\n2015, and so on.",
    "float64 and NumPy2.", "It is $x^2 + 1$.", "[a](12-b.ipynb)", "{eq}`eq-12`",
])
def test_the_prose_guard_lets_constants_and_citations_pass(sentence):
    assert lint_prose.faults(SMALL + "\n" + sentence) == []


def test_the_prose_guard_tells_every_fault_with_its_line():
    found = lint_prose.faults(SMALL + "\nIt is 0.25.\n\nOr 7, says {{ 5 }}, {{total}}.")
    lines = SMALL.count("\n")
    assert [fault.split(": ")[0] for fault in found] == [
        f"source:{lines + 4}", f"source:{lines + 4}", f"source:{lines + 2}",
        f"source:{lines + 4}"]


def test_a_source_is_linted_before_it_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    source = tmp_path / "99-small.md"
    source.write_text(SMALL.replace("total = 2 + 3", "total = 2 + 3  #" + "x" * 80)
                      + "\nIt is 0.25.")
    prose, cell = lint.source_faults(source)
    assert prose.startswith("99-small.md:16: 0.25 in prose")
    assert cell.startswith("99-small.md:10: 96 characters")


def test_a_guard_fails_with_every_fault_and_what_to_do():
    with pytest.raises(pytest.fail.Exception, match=r"^a: 1\nb: 2\nmake notebooks$"):
        no_faults(["a: 1", "b: 2"], "make notebooks")
    no_faults([], "make notebooks")


def test_a_cited_figure_passes():
    cited = SMALL.replace("\n---", "\ncited: {'14': Ioffe and Szegedy 2015}\n---", 1)
    assert lint_prose.faults(cited + "\nThey needed 14 times fewer steps.") == []


def test_the_house_stands():
    no_faults(lint_house.upward(PACKAGE),
              "Move what is shared to the earlier part; the order is in CONTRIBUTING.")


@pytest.mark.parametrize("line", [
    "from bnbook.norm import batch_norm_forward", "import bnbook.show.drawing",
    "from bnbook import check", "from ..check import faults"])
def test_the_house_guard_bites(tmp_path, line):
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "ops.py").write_text(line + "\n")
    assert lint_house.upward(tmp_path)


def test_a_part_that_the_house_does_not_know_is_a_fault(tmp_path):
    (tmp_path / "helpers.py").write_text("import numpy\n")
    assert lint_house.upward(tmp_path)


LOCK = (ROOT / "requirements.txt").read_text()
PROJECT = (ROOT / "pyproject.toml").read_text()


def test_the_lock_meets_every_range_with_exact_versions():
    no_faults(lint_house.unlocked(LOCK, PROJECT),
              "Make the lock anew, as CONTRIBUTING says under Versions.")


@pytest.mark.parametrize("pattern, line", [
    (r"numpy==.*", "numpy==1.26.4"), (r"numpy==.*", "numpy>=2"), (r"nbval==.*", ""),
    (r"jupyter-book==.*", "jupyter-book==2.0.0")])
def test_the_lock_guard_bites(pattern, line):
    planted = re.sub(rf"(?m)^{pattern}$", line, LOCK)
    assert planted != LOCK
    assert lint_house.unlocked(planted, PROJECT)


# Of extras, imported when it is asked for.
LATE = ("anywidget", "traitlets", "onnx", "mpi4py")


def test_the_package_imports_what_it_requires():
    package_only = PROJECT.split("[project.optional-dependencies]")[0]
    assert lint_house.undeclared(
        PACKAGE, lint_house.project_requirements(package_only), LATE) == []


@pytest.mark.parametrize("folder", ["tools", "tests", "benchmarks"])
def test_everything_else_imports_what_the_project_requires(folder):
    own = lint_house.siblings(ROOT / "tools") | {
        "torch", "jax", "flax", "keras"}  # of the oracles alone
    assert lint_house.undeclared(
        ROOT / folder, lint_house.project_requirements(PROJECT), own) == []


def test_the_requirements_guard_bites(tmp_path):
    (tmp_path / "a.py").write_text("import numpy, torch\n")
    assert lint_house.undeclared(tmp_path, ["numpy"]) == [
        "a.py: imports torch, which is not required"]


PAGE = """<html><body><h1 id="a">A</h1><p><math><mi>x</mi></math></p>
<a href="#a">up</a><a href="b.html#b">b</a><img src="c.svg" alt="a circle">
</body></html>"""


@pytest.fixture
def site(tmp_path):
    (tmp_path / "a.html").write_text(PAGE)
    (tmp_path / "b.html").write_text('<p id="b">b</p>')
    (tmp_path / "c.svg").write_text("<svg/>")
    return tmp_path


@pytest.mark.parametrize("old, new", [
    ("b.html#b", "d.html"), ("b.html#b", "b.html#d"), ("#a", "#d"), ("c.svg", "d.svg"),
    (' alt="a circle"', ""), ("<math>", r"$\hat{x}$<math>"), ("<p>", '<p id="a">'),
    ("<p>", '<script src="https://example.org/a.js"></script><p>'),
    ("<p>", r"<p>\begin{align} a \end{align}"), ("<p>", "<p>$x^2$"),
    ("<p>", r"<p>\gamma"),
    ("<p>", '<p style="background: url(https://example.org/a.png)">'),
    ("<p>", '<style>@import "https://example.org/a.css"</style><p>'),
    ("<p>", '<video src="//example.org/a.mp4"></video><p>'),
    ("<p>", '<img alt="a" srcset="https://example.org/a.png 2x"><p>'),
    ("<p>", '<a hidden href="gone.pdf">gone</a><p>'),
    ("<p>", '<a href="../bnbook.pdf">gone</a><p>'),
    ("<p>", '<svg role="img" aria-label=""></svg><p>'), ('alt="a circle"', 'alt=""'),
])
def test_the_html_guard_bites(site, old, new):
    assert lint_html.faults(site) == []
    page = PAGE.replace(old, new, 1)
    assert page != PAGE
    (site / "a.html").write_text(page)
    assert lint_html.faults(site)


def test_the_html_guard_reads_the_styles(site):
    (site / "a.css").write_text("@import url(https://example.org/b.css);")
    assert lint_html.faults(site)


def test_the_built_pages_have_no_fault():
    built = ROOT / "_build" / "html"
    assert (built / "index.html").exists(), "run `make book` first"
    no_faults(lint_html.faults(built), "Then make book.")


def test_no_two_public_classes_share_a_name():
    homes = collections.defaultdict(set)
    for part in lint_house.FLOORS:
        module = importlib.import_module(f"bnbook.{part}")
        for name in getattr(module, "__all__", ()):
            if inspect.isclass(found := getattr(module, name)):
                homes[name].add(found.__module__)
    no_faults((f"{name}: {', '.join(sorted(where))}" for name, where in homes.items()
               if len(where) > 1), "Give one of them a name of its own.")


def test_contributing_names_files_that_are_there():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = re.findall(r"`((?:src|tests|tools|book|web|benchmarks)/[\w./-]+)`", text)
    named += re.findall(r"pytest ((?:tests/[\w./-]+ ?)+)", text)
    assert len(named) > 30
    no_faults((f"CONTRIBUTING.md: {path}: not there" for words in named
               for path in words.split() if "NN" not in path
               and not (ROOT / path).exists()), "Say where it is now.")


def test_the_mutations_lists_name_what_is_there():
    for module, names in mutation.TESTS.items():
        assert [*PACKAGE.glob(f"{module}*")], module
        for name in names.split():
            assert (ROOT / f"tests/test_{name}.py").exists(), f"{module}: {name}"


def test_the_readmes_picture_is_the_drawing_of_a_run():
    assert picture.PATH.read_text(encoding="utf-8") == picture.picture()


def test_the_core_is_small_enough_to_read():
    core = ("ops.py", "steps.py", "gradient.py", "trace.py", "normalization.py")
    texts = [(PACKAGE / "graph" / name).read_text() for name in core]
    assert sum(len(text.splitlines()) for text in texts) <= 270


FAULTS = ("edits/*.py", "mutants.py", "diagnosis/unnamed.py")  # finds and names them


@pytest.mark.parametrize("patterns, most", [(FAULTS, 1144), (("**/*.py",), 10124)])
def test_the_checker_does_not_grow(patterns, most):
    files = {path for pattern in patterns for path in (PACKAGE / "check").glob(pattern)}
    count = sum(len(path.read_text().splitlines()) for path in files)
    assert count <= most, (f"check/ {patterns}: {count} lines, at most {most}: write "
                           "what is new as rows of data, or something else in fewer")


def test_a_form_of_the_book_that_is_offered_hidden_may_be_missing(site):
    (site / "b.html").write_text('<p id="b"><a hidden href="../bnbook.pdf">b</a></p>')
    assert lint_html.faults(site) == []
