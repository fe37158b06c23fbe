"""Mutation testing of graph/ and norm/: a small change of the code must fail a test.

    python tools/mutation.py [WORKERS [MOST [PACKAGE]]]

Cosmic Ray changes one operator, constant or condition at a time, in copies of the tree.
MOST: of each module so many mutants are tried, drawn at random; without it all are. A
mutant must fail one of its own module's tests, those that TESTS names. It must stand
beside the tests' requirements (`make mutation` sees to it). Prints the score, timeouts
apart, and every survivor; tests/mutation.md explains the last run's.
"""

import collections
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = "graph", "norm"
TESTS = {  # what each file's tests are; the others follow
    "graph/family": "family", "graph/gradient": "gradient edits",
    "graph/expressions": "expressions", "graph/edits": "edits",
    "graph/closed_form": "closed_form", "graph/products": "closed_form",
    "graph": "graph check gradient", "norm/conventions": "conventions running",
    "norm/running": "running layer", "norm/rms_norm": "family norm",
    "norm/folding": "folding folding_neighbours", "norm/exchange": "exchange onnx",
    "norm/blocks": "kernel numerics", "norm/kernel": "kernel numerics layer",
    "norm/small": "kernel numerics layer", "norm/family": "family numerics",
    "norm/stable": "norm kernel layer running layer_errors",
    "norm/layer": "layer layer_errors norm", "norm/statistics": "numerics layer family",
    "norm/normalize": "layer numerics family", "norm/textbook": "norm numerics cs231n",
    "norm/across": "synchronized ranks", "norm/ranks": "ranks synchronized",
    "norm/synchronized": "synchronized ranks",
    "norm/arguments": "layer_errors norm family layer dropout optimizers",
    "norm": "norm",
}  # fmt: skip
CONFIG = """[cosmic-ray]
module-path = "src/bnbook/{module}.py"
timeout = 300.0
excluded-modules = []
test-command = "{python} -m pytest -x -q -p no:cacheprovider {tests}"
[cosmic-ray.distributor]
name = "local"
"""


def tests(module):
    """The test files of a module."""
    key = next(key for key in TESTS if module.startswith(key))
    return files(TESTS[key])


def files(names):
    """The test files of some names, each once."""
    return " ".join(f"tests/test_{name}.py" for name in dict.fromkeys(names.split()))


def copied(module):
    """A copy of the tree for one module's mutants."""
    place = ROOT / "_build" / "mutation" / module.replace("/", "-")
    shutil.rmtree(place, ignore_errors=True)
    for name in ("src", "tests", "tools"):
        shutil.copytree(ROOT / name, place / name)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, place / name)
    return place


def environment(place):
    """That of a process that imports from a copy of the tree."""
    path = f"{place}/src:{place}/tools"
    return os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1",
                         "BNBOOK_PATIENCE": "8"}  # mutants of ranks hang


def prove():
    """Raise CalledProcessError where a test fails in a copy without a mutant."""
    place = copied("unchanged")
    every = files(" ".join(TESTS.values())).split()
    subprocess.run([sys.executable, "-m", "pytest", "-x", "-q", *every], cwd=place,
                   env=environment(place), check=True, stdout=subprocess.DEVNULL)


def mutate(module, most):
    """Run mutants of one module: (how many there are, [(outcome, line, change)])."""
    place = copied(module)
    config = CONFIG.format(module=module, python=sys.executable, tests=tests(module))
    (place / "cr.toml").write_text(config)
    for step in ("init", "exec"):
        cosmic_ray = Path(sys.executable).with_name("cosmic-ray")
        subprocess.run([cosmic_ray, step, "cr.toml", "s.db"], cwd=place,
                       env=environment(place), check=True)
        if step == "init":
            there = draw(place / "s.db", most)
    query = """select r.output, r.test_outcome, s.start_pos_row, r.diff
               from mutation_specs s join work_results r using (job_id)"""
    rows = sqlite3.connect(place / "s.db").execute(query).fetchall()
    return there, [(outcome(*row[:2]), row[2], changed(row[3])) for row in rows]


def draw(session, most):
    """Leave at most so many of a session's mutants, the same each time: how many were.
    """
    with sqlite3.connect(session) as found:
        jobs = [job for job, in found.execute(
            "select job_id from mutation_specs order by start_pos_row, start_pos_col, "
            "operator_name, occurrence")]
        some = random.Random(0).sample(jobs, min(most, len(jobs)))
        for job in {*jobs} - {*some}:
            for table in ("mutation_specs", "work_items"):
                found.execute(f"delete from {table} where job_id = ?", (job,))
    return len(jobs)


def outcome(output, test):
    """killed, survived, or timeout: Cosmic Ray counts a hanging test as a kill."""
    return "timeout" if output == "timeout" else test.lower()


def changed(diff):
    """The lines taken out and put in."""
    lines = [line for line in diff.splitlines() if line[:1] in "+-"]
    return " -> ".join(
        line[1:].strip() for line in lines if line[:3] not in ("+++", "---")
    )


def main(workers, most, packages):
    modules = [
        str(path.relative_to(ROOT / "src" / "bnbook").with_suffix(""))
        for package in packages
        for path in sorted((ROOT / "src" / "bnbook" / package).glob("*.py"))
    ]
    prove()
    count = collections.Counter()
    with ThreadPoolExecutor(workers) as pool:
        mutants = pool.map(mutate, modules, [most] * len(modules))
        for module, (there, results) in zip(modules, mutants):
            own = collections.Counter(kind for kind, _, _ in results)
            count += own
            print(f"{module}: {len(results)} of {there}, {dict(own)}", flush=True)
            for kind, line, what in results:
                if kind != "killed":
                    print(f"    {kind}, line {line}: {what}")
    print(f"{count['killed']} of {count.total()} killed, {dict(count)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else os.cpu_count(),
         int(sys.argv[2]) if sys.argv[2:] else sys.maxsize, sys.argv[3:] or PACKAGES)
