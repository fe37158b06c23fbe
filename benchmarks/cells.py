"""What the book's notebooks cost: a cold run of the tool against the cells alone.

PYTHONPATH=tools python benchmarks/cells.py

Runs every chapter's code cells in one process, one after another, and sums their time;
then runs `tools/notebooks.py --all`, which starts a kernel for each.
"""

import contextlib
import io
import os
import subprocess
import sys
import time
from pathlib import Path

import jupytext
from IPython.core.interactiveshell import InteractiveShell

from pins import PINS

ROOT = Path(__file__).parent.parent


def seconds_of_cells(source):
    """The time of a chapter's cells, in this process and in one namespace."""
    shell = InteractiveShell.instance()
    shell.reset()
    spent = 0.0
    for cell in source.cells:
        if cell.cell_type == "code":
            start = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                shell.run_cell(cell.source).raise_error()
            spent += time.perf_counter() - start
    return spent


def main():
    total = 0.0
    for path in sorted((ROOT / "book" / "source").glob("*.md")):
        spent = seconds_of_cells(jupytext.read(path))
        total += spent
        print(f"{path.stem:28} {spent:6.2f} s")
    print(f"{'all cells, one process':28} {total:6.2f} s", flush=True)
    for jobs in (1, 2):
        start = time.perf_counter()
        tool = [sys.executable, "tools/notebooks.py", "--all", "--jobs", str(jobs)]
        subprocess.run(tool, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        spent = time.perf_counter() - start
        print(f"{f'cold run, {jobs} at a time':28} {spent:6.2f} s")


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in PINS.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **PINS})
    main()
