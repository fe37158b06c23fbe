"""The tool that executes chapters: what is stale, what fails; and strict nbval."""

import os
import subprocess
import sys

import nbformat
import pytest

import notebooks
from pins import PINS

SOURCE = """---
kernelspec: {name: python3, display_name: Python 3, language: python}
---

# Small

```{code-cell} ipython3
print("two and three:", 2 + 3)
```
"""


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A book of one chapter, with a package, a lock and the tools of its own."""
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    monkeypatch.setattr(notebooks, "STAMPS", tmp_path / ".stamps")
    for name in ("src/package.py", "requirements.txt", "tools/pins.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# first\n")
    path = tmp_path / "book" / "source" / "99-small.md"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE)
    return path


@pytest.fixture
def no_kernel(monkeypatch):
    """What is stale does not depend on what the cells do."""
    monkeypatch.setattr(notebooks, "execute", lambda source: source.read_text())


def test_a_chapter_is_stale_until_it_is_made(source, no_kernel):
    assert notebooks.stale(source)
    assert "FAILED" not in notebooks.make(source)
    assert not notebooks.stale(source)


@pytest.mark.parametrize("name", [
    "book/source/99-small.md", "book/99-small.ipynb", "src/package.py",
    "requirements.txt", "tools/pins.py"])
def test_a_chapter_is_stale_when_what_it_follows_from_changes(
        source, no_kernel, name):
    notebooks.make(source)
    path = notebooks.ROOT / name
    path.write_text(path.read_text() + "\n")
    assert notebooks.stale(source)


def test_a_cell_that_fails_leaves_the_notebook_as_it_was(source):
    notebooks.make(source)
    before = notebooks.notebook_path(source).read_bytes()
    source.write_text(SOURCE.replace("2 + 3", "2 + three"))
    assert notebooks.make(source).startswith("FAILED")
    assert notebooks.notebook_path(source).read_bytes() == before
    assert notebooks.stale(source)


def test_a_kernel_that_dies_is_reported(source):
    source.write_text(SOURCE.replace("print(", "import os; os._exit(1); print("))
    assert notebooks.make(source).startswith("FAILED")


def test_the_tool_pins_what_its_kernels_run_on(source, monkeypatch):
    for name in PINS:
        monkeypatch.delenv(name)
    source.write_text(SOURCE.replace('"two and three:", 2 + 3', "dict(os.environ)")
                      .replace("print", "import os\nprint"))
    assert all(f"'{name}': '{value}'" in notebooks.execute(source)
               for name, value in PINS.items())


def test_the_same_source_gives_the_same_bytes(source):
    assert notebooks.execute(source) == notebooks.execute(source)


def run_nbval(path):
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider"]
    return subprocess.run([*command, path], cwd=path.parent, env=os.environ,
                          capture_output=True).returncode


def test_strict_nbval_bites(source):
    notebooks.make(source)
    path = notebooks.notebook_path(source)
    assert run_nbval(path) == 0
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].outputs[0].text = "two and three: 6\n"
    nbformat.write(notebook, path)
    assert run_nbval(path) == 1
