"""Chapter sources into executed notebooks: book/source/NAME.md -> book/NAME.ipynb.

The same source, package and environment give the same bytes. Prose may hold
placeholders, {{ expression }}: each is evaluated in the chapter's kernel after the
cells above it, so that a sentence cannot disagree with its cell. Usage:

    python tools/notebooks.py [NAME ...] [--all] [--jobs N]

executes the chapters whose source, package or environment changed since their notebook
was made; the named ones, or --all, whatever changed.
"""

import argparse
import ast
import hashlib
import json
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)

from pins import PINS

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "book" / "source"
STAMPS = ROOT / ".stamps"
PLACEHOLDER = re.compile(r"\{\{ (.+?) \}\}", re.DOTALL)
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
NOTE = """\
> **Run this page.** It is the notebook `book/{name}.ipynb`. In a copy of the book's
> repository, `make lab` opens it in JupyterLab; without make, `pip install -e .` brings
> `bnbook`, the package that the cells import."""


def sources():
    """Every source, in order."""
    return sorted(SOURCES.glob("*.md"))


def source_path(name):
    """The source of this name; ends the program with one line if there is none."""
    if (path := SOURCES / f"{name}.md").exists():
        return path
    sys.exit(f"{name}: no such source in {SOURCES}")


def notebook_path(source):
    return source.parent.parent / f"{source.stem}.ipynb"


def read(source):
    """The notebook of a source before it runs, with the note on how to run it."""
    notebook = jupytext.read(source)
    if source.stem[0].isdigit():
        note = nbformat.v4.new_markdown_cell(NOTE.format(name=source.stem))
        notebook.cells.insert(1, note)
    return notebook


def execute(source):
    """The notebook that `source` gives: executed, and its prose filled in."""
    notebook = read(source)
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=CRITICAL"],
        resources={"metadata": {"path": str(source.parent.parent)}},
    )

    def ask(expressions):
        request = client.kc.execute("", silent=True, user_expressions=expressions)
        return client.wait_for_reply(request)

    with client.setup_kernel(env={**os.environ, **PINS}):
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                client.execute_cell(cell, index)
            fill_words(cell, ask)
    return written(notebook)


def written(notebook):
    """The file of a notebook whose cells are filled in."""
    notebook.cells = with_captions(notebook)
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index:02}"
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return nbformat.writes(notebook) + "\n"


def with_captions(notebook):
    """Its cells, and those that repeat a figure's caption."""
    return [part for cell in notebook.cells for part in with_caption(cell)]


def fill(text, ask):
    """`text` with each placeholder replaced by str() of its value in the kernel."""
    return PLACEHOLDER.sub(lambda match: evaluate(match[1], ask), text)


def fill_words(cell, ask):
    """Fill in the placeholders of prose, or of a figure's caption and alt text.

    ask: the kernel's reply to user_expressions, as Jupyter's protocol has them.
    """
    if cell.cell_type == "markdown":
        cell.source = fill(cell.source, ask)
    shown_as = cell.metadata.get("mystnb", {})
    for part, key in (("figure", "caption"), ("image", "alt")):
        if key in shown_as.get(part, {}):
            shown_as[part][key] = fill(shown_as[part][key], ask)


def with_caption(cell):
    """A cell, and its figure's caption for who reads the notebook and not the page."""
    caption = cell.metadata.get("mystnb", {}).get("figure", {}).get("caption")
    if not caption:
        return [cell]
    hidden = {"tags": ["remove-cell"]}
    return [cell, nbformat.v4.new_markdown_cell(f"*{caption}*", metadata=hidden)]


def evaluate(expression, ask):
    """str() of an expression's value in the kernel."""
    reply = ask({"value": f"str({expression})"})["content"]["user_expressions"]["value"]
    if reply["status"] == "error":
        raise ValueError(f"{{{{ {expression} }}}}: {reply['ename']}: {reply['evalue']}")
    return ast.literal_eval(reply["data"]["text/plain"])


def outdated(source):
    """Whether its notebook is missing, or has other cells or prose than the source.

    Nothing is executed: a placeholder may have become anything, and what changed in the
    package is not seen.
    """
    if not (path := notebook_path(source)).exists():
        return True
    made = with_captions(read(source))
    stored = nbformat.read(path, as_version=4).cells
    return len(made) != len(stored) or not all(map(may_become, made, stored))


def may_become(cell, stored):
    """Whether a source's cell, once filled in, can be the stored one."""
    if cell.cell_type != stored.cell_type:
        return False
    whole = PLACEHOLDER if cell.cell_type == "markdown" else re.compile("(?!)")
    return all(
        re.fullmatch(".*?".join(map(re.escape, holes.split(text)[::2])), kept, re.S)
        for holes, text, kept in (
            (whole, cell.source, stored.source),
            (PLACEHOLDER, *(json.dumps(c.metadata, sort_keys=True)
                            for c in (cell, stored))),
        )
    )


def fingerprint(source):
    """A hash of all that the notebook follows from, and of the notebook itself."""
    package = sorted((ROOT / "src").rglob("*.py"))
    tools = [Path(__file__), ROOT / "tools" / "pins.py", ROOT / "requirements.txt"]
    stored = sorted((ROOT / "benchmarks" / "results").glob("*.json"))
    files = [source, *package, *tools, *stored, notebook_path(source)]
    content = b"\0".join(path.read_bytes() for path in files if path.exists())
    return hashlib.sha256(content).hexdigest()


def stale(source):
    stamp = STAMPS / source.stem
    return not stamp.exists() or stamp.read_text() != fingerprint(source)


def make(source):
    """Write the notebook of one source; the seconds it took, or what went wrong."""
    start = time.perf_counter()
    try:
        text = execute(source)
    except (CellExecutionError, CellTimeoutError, DeadKernelError, ValueError) as error:
        return f"FAILED\n{error}"
    notebook_path(source).write_text(text, encoding="utf-8")
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / source.stem).write_text(fingerprint(source))
    return f"{time.perf_counter() - start:.1f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="chapters, such as 04-ten-nodes")
    parser.add_argument("--all", action="store_true", help="even if nothing changed")
    parser.add_argument("--jobs", type=int, default=2, help="chapters at a time")
    options = parser.parse_args()
    wanted = [source_path(name) for name in options.names] or [
        source for source in sources() if options.all or stale(source)
    ]
    failed = False
    with ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(make, source): source for source in wanted}
        for number, future in enumerate(as_completed(running), 1):
            name, result = running[future].stem, future.result()
            print(f"{number}/{len(wanted)} {name}: {result}", flush=True)
            failed |= result.startswith("FAILED")
    print(f"{len(wanted)} of {len(sources())} chapters executed", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
