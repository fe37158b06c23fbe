"""Every chapter: its notebook follows from its source, and hides nothing from nbval."""

import json
import os
import platform
import subprocess
import sys

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

import lint_notebooks
import lint_prose
import notebooks
from common import no_faults
from pins import PINS

SOURCES = notebooks.sources()
IDS = [source.stem for source in SOURCES]
# Elsewhere exp and matrix products differ in the last bits, and so do curves drawn.
SAME_BYTES = platform.system() == "Linux" and platform.machine() == "x86_64"

chapters = pytest.mark.parametrize("source", SOURCES, ids=IDS)


@chapters
def test_the_notebook_follows_from_its_source_and_the_package(source, request):
    if "on_ranks" in source.read_text(encoding="utf-8"):
        request.getfixturevalue("mpi")
    stored = notebooks.notebook_path(source).read_text(encoding="utf-8")
    made = notebooks.execute(source)
    if SAME_BYTES:
        assert difference(stored, made) is None


def difference(stored, made):
    """The first cell in which two notebooks differ, None if they are the same bytes."""
    if stored == made:
        return None
    cells = [json.loads(text)["cells"] for text in (stored, made)]
    for number, (a, b) in enumerate(zip(*cells)):
        if a != b:
            return f"cell {number}: stored {a}, made {b}"
    return f"{len(cells[0])} cells stored, {len(cells[1])} made, or other metadata"


@chapters
def test_the_notebook_hides_nothing(source):
    notebook = nbformat.read(notebooks.notebook_path(source), as_version=4)
    no_faults(lint_notebooks.faults(notebook, source.stem),
              f"Change book/source/{source.name}; python tools/lint.py source "
              f"{source.stem} reads it without running it.")


@chapters
def test_no_number_in_prose_was_typed_by_hand(source):
    name = source.relative_to(notebooks.ROOT)
    no_faults(lint_prose.faults(source.read_text(encoding="utf-8"), name),
              f"python tools/lint.py source {source.stem} says this before it runs.")


def test_every_notebook_has_a_source():
    stored = {path.stem for path in notebooks.SOURCES.parent.glob("*.ipynb")}
    assert stored == set(IDS)


def in_kernel(code, env):
    manager, client = start_new_kernel(env=env)
    try:
        outputs = []
        client.execute_interactive(code, output_hook=outputs.append, timeout=60)
        return "".join(o["content"].get("text", "") for o in outputs)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.skipif(not SAME_BYTES, reason="the pins are of x86-64 Linux")
def test_the_pins_hold_in_the_kernel():
    code = """
import numpy, threadpoolctl
for pool in threadpoolctl.threadpool_info():
    print(pool["internal_api"], pool.get("architecture"), pool["num_threads"])
"""
    assert in_kernel(code, dict(os.environ)).split("\n")[0] == "openblas Haswell 1"


BYTES_OF_EXP = """
import hashlib, numpy as np
x = np.random.default_rng(0).normal(size=10_000)
print(hashlib.sha256(np.exp(x).tobytes()).hexdigest())
"""


@pytest.mark.skipif(not SAME_BYTES, reason="the pins are of x86-64 Linux")
def test_numpys_pin_decides_the_bytes_of_exp():
    """On a processor with AVX-512, dropping the pin must change what exp gives."""
    unpinned = {k: v for k, v in os.environ.items() if k not in PINS}
    pinned = [run_python(BYTES_OF_EXP, {**unpinned, **PINS}) for _ in range(2)]
    assert pinned[0] == pinned[1]
    if "avx512_skx" in cpu_features(unpinned):
        assert run_python(BYTES_OF_EXP, unpinned) != pinned[0]


def run_python(code, env):
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True,
        check=True,
    )
    return done.stdout.strip()


def cpu_features(env):
    code = ("from numpy._core._multiarray_umath import __cpu_features__ as f\n"
            "print(*(name.lower() for name in f if f[name]))")
    return run_python(code, env).split()
