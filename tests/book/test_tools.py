"""The tool that executes chapters: what is stale, what fails; and strict nbval."""

import os
import subprocess
import sys

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


ROOT = notebooks.ROOT


def run_nbval(path):
    """nbval's exit code, and what it says, with the book's conftest."""
    command = [sys.executable, "-m", "pytest", "--nbval", "-rf", "-p", "conftest",
               "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml", path]
    env = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    done = subprocess.run(command, cwd=path.parent, env=env, capture_output=True,
                          text=True)
    return done.returncode, done.stdout


EDITED = {"two and three: 5": "Cell 0", "The 5 alone": "Words 2", "It is 5.": "Words 3"}


def test_strict_nbval_bites(source):
    """On an output, on a number in an alt text and on one in prose, edited by hand."""
    alt = "---\nmystnb: {image: {alt: 'The {{ 2 + 3 }} alone'}}\n---\nprint"
    source.write_text(SOURCE.replace("print", alt) + "\nIt is {{ 2 + 3 }}.\n")
    notebooks.make(source)
    path = notebooks.notebook_path(source)
    assert run_nbval(path)[0] == 0
    text = path.read_text()
    for right in EDITED:
        assert text.count(right) == 1
        text = text.replace(right, right.replace("5", "6"))
    path.write_text(text)
    code, said = run_nbval(path)
    assert code == 1 and "3 failed" in said
    assert all(f"::{place}" in said for place in EDITED.values())
