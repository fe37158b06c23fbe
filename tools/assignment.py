"""An assignment to hand out, made of the chapters' own lines: `make assignment`.

    python tools/assignment.py [FOLDER]

writes into FOLDER, `_build/assignment` if none is given, what nbgrader calls a course:
`source/batch-norm/batch-norm.ipynb` with the solutions, which the instructor keeps, and
its configuration; and beside them `batch-norm.ipynb` to hand out, the same with every
solution taken out. No line of a solution is typed here: they are read from the code
cells of chapters 4, 5 and 9 and from `bnbook.norm.textbook`, so they change with them.
"""

import ast
import re
import sys
from pathlib import Path
from typing import NamedTuple

import jupytext
import nbformat

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "book" / "source"
TEXTBOOK = ROOT / "src" / "bnbook" / "norm" / "textbook.py"
NAME = "batch-norm"
FILE = f"{NAME}.ipynb"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
CLEARED = "# YOUR CODE HERE\n    raise NotImplementedError()"
NODE = re.compile(r"^## ((\w+) = .+)$", re.MULTILINE)
MADE = re.compile(r"d(?!loss)\w+|to_\w+_from_\w+")
CONFIG = ('c = get_config()\nc.CourseDirectory.course_id = "bnbook"\n'
          'c.CourseDirectory.root = "."\n')

# The usual mistake at a node, for who marks by hand; tests hold the names to chapter 4.
MISTAKES = {
    "y": "beta was copied to every row, so its gradient is a sum; without it dbeta has "
         "the batch's shape",
    "gx": "the other factor: dgamma needs xhat, dxhat needs gamma",
    "xhat": "divar is one number a column: its sum is missing, or loses keepdims",
    "ivar": "the minus sign, or ivar in place of its square",
    "std": "the 2 of the root's derivative",
    "vareps": "none: eps is added, so the gradient passes on as it is",
    "var": "the 1/m, or one row where every row gets a copy",
    "sq": "the message from xhat is overwritten, not added to",
    "xmu": "the minus sign, or the sum down the rows",
    "mu": "the 1/m, or the path through mu left out",
    "closed_form": "one of the two means, or the mean of dy · xhat without the xhat "
                   "before it",
    "running": "the two weights exchanged, or the variance around the wrong mean",
    "inference": "the batch's own statistics in place of the stored ones",
    "batchnorm_forward": "test mode moves the stored statistics, or training does not",
    "batchnorm_backward": "gamma left out, or dgamma and dbeta exchanged",
}


class Task(NamedTuple):
    """One cell to fill in: a function, its solution, and what it gives."""

    name: str
    words: str
    arguments: tuple[str, ...]
    lines: tuple[str, ...]
    gives: tuple[str, ...]
    points: int
    check: str = ""


def sections(chapter):
    """The code cells of a chapter's source by the heading that they stand under."""
    text = (SOURCE / f"{chapter}.md").read_text(encoding="utf-8")
    found, heading = {}, ""
    for cell in jupytext.reads(text, fmt="md:myst").cells:
        if cell.cell_type == "code":
            found.setdefault(heading, []).append(cell.source)
        elif titles := re.findall(r"^## (.+)$", cell.source, re.MULTILINE):
            heading = titles[-1]
    return found


def assignments(cells):
    """Every assignment in these cells, in loops too, in order."""
    nodes = (n for cell in cells for n in ast.walk(ast.parse(cell)))
    return [n for n in nodes if isinstance(n, ast.Assign)]


def targets(assignment):
    """The names that it binds."""
    return [n.id for t in assignment.targets for n in ast.walk(t)
            if isinstance(n, ast.Name)]


def reads(node):
    """The names that it reads, in order, but for NumPy's."""
    return list(dict.fromkeys(
        n.id for n in ast.walk(node) if isinstance(n, ast.Name)
        and isinstance(n.ctx, ast.Load) and n.id not in ("np", "abs")))


def lines_for(wanted, found, given=()):
    """(lines, arguments): the assignments that `wanted` needs, and what these read.

    `given` are the names at which to stop asking; what nothing assigns is one too.
    """
    needed, waiting, arguments = {}, list(wanted), []
    first = {name: a for a in reversed(found) for name in targets(a)}
    while waiting:
        name = waiting.pop(0)
        if name in first and name not in given:
            line = first[name]
            if needed.setdefault(found.index(line), line) is line:
                waiting += [n for n in reads(line.value) if n not in targets(line)
                            and n not in arguments]
            arguments += [n for n in reads(line.value) if n not in first or n in given]
    ordered = [ast.unparse(needed[i]) for i in sorted(needed)]
    return tuple(ordered), tuple(dict.fromkeys(arguments))


def nodes():
    """A task a node: the first lines under its heading in chapter 4."""
    for heading, cells in sections("04-ten-nodes").items():
        if not (step := re.match(r"(\w+) = ", heading)):
            continue
        made = [a for a in assignments(cells) if MADE.fullmatch(targets(a)[0])]
        gives = tuple(dict.fromkeys(name for a in made for name in targets(a)))
        lines, arguments = lines_for(gives, made)
        back = "gradients" if len(gives) > 1 else "gradient"
        yield Task(f"node_{step[1]}", f"`{heading}`. From {spoken(arguments)}, give "
                   f"the {back} {spoken(gives)}.", arguments, lines, gives, len(gives))


def closed_form():
    """Chapter 5's one line."""
    cells = sections("05-one-line")["One line"]
    given = ("dy", "gamma", "ivar", "xhat")
    lines, _ = lines_for(["dx"], assignments(cells), given)
    return Task("closed_form", "All of `dx` at once, without the ten steps: from "
                f"{spoken(given)}, give `dx`.", given, lines, ("dx",), 3)


def running():
    """Chapter 9's two lines."""
    cells = sections("09-test-time")["What should the layer remember?"]
    update = [a for a in assignments(cells) if targets(a)[0] in reads(a.value)]
    lines = tuple(ast.unparse(a) for a in update)
    return Task("running", "What training remembers: from the running statistics and "
                "a batch, give the new ones. The momentum, 0.9, weighs the old value; "
                "the variance is biased.", ("r_mean", "r_var", "batch"), lines,
                ("r_mean", "r_var"), 2)


def inference():
    """Chapter 9's layer, once the statistics are given."""
    cells = sections("09-test-time")["What is the layer then?"]
    given = ("x", "gamma", "beta", "mu", "var")
    lines, _ = lines_for(["y"], assignments(cells), given)
    return Task("inference", "The layer at test time: `mu` and `var`, `(C,)`, are "
                "stored ones. eps is 1e-5. Give `y`.", given, lines, ("y",), 2)


def pair():
    """The layer, put together: what `python -m bnbook.check` reads."""
    body = next(n for n in ast.parse(TEXTBOOK.read_text(encoding="utf-8")).body
                if getattr(n, "name", "") == "batch_norm_forward")
    given = ("x", "gamma", "beta", "eps", "axes")
    lines, _ = lines_for(["y"], assignments([ast.unparse(body)]), given)
    lines = [re.sub(r"\baxes\b", "0", line).replace(" + eps", " + 1e-05")
             for line in lines]
    stored = 'bn_param["running_mean"], bn_param["running_var"]'
    test = ('if bn_param["mode"] == "test":',
            f"    return inference(x, gamma, beta, {stored}), None")
    yield Task("batchnorm_forward", "The whole layer. `bn_param` holds `mode`, `train` "
               "or `test`, and `running_mean` and `running_var`, `(C,)`, which "
               "training replaces. Give `y` and a cache.",
               ("x", "gamma", "beta", "bn_param"),
               (*test, *lines, f"{stored} = running({stored}, x)",
                "cache = gamma, ivar, xhat"), ("y", "cache"), 3, FORWARD)
    yield Task("batchnorm_backward", "Its backward pass in training mode: from `dy` "
               "and your cache, give `dx`, `dgamma` and `dbeta`.", ("dy", "cache"),
               ("gamma, ivar, xhat = cache", "dx = closed_form(dy, gamma, ivar, xhat)",
                "dgamma = (dy * xhat).sum(axis=0)", "dbeta = dy.sum(axis=0)"),
               ("dx", "dgamma", "dbeta"), 3, BACKWARD)


def tasks():
    """Every task, in order."""
    return [*nodes(), closed_form(), running(), inference(), *pair()]


def spoken(names):
    """`a`, `b` and `c`."""
    marked = [f"`{name}`" for name in names]
    return " and ".join(filter(None, [", ".join(marked[:-1]), marked[-1]]))


# The cells that are the same whatever the chapters say

INTRODUCTION = """\
# Batch normalization, node by node

Each cell below is a function to fill in, and the cell behind it checks yours on a
batch: no output is good news. A node is judged by itself, from right values, so that
one mistake costs one node. Rename nothing. `x` is `(m, C)`; statistics are `(1, C)`,
one number a column, kept as a row; `gamma` and `beta` are `(C,)`; `d<name>` is the
gradient of the loss by `<name>`. The names are those of *Batch Normalization by
Computation Graph*."""

TOOLS = '''\
import inspect
import re

import numpy as np

from bnbook.check import check_trace
from bnbook.graph import BATCH_NORM, run
from bnbook.norm import batch_norm

def a_run(seed):
    """One batch, forward and backward, with every value in between."""
    rng = np.random.default_rng(seed)
    x, dy = rng.normal(3, 2, size=(2, 5 + seed, 3))
    gamma, beta = rng.normal(size=(2, 3))
    given = {"x": x, "gamma": gamma, "beta": beta, "eps": 1e-5}
    return run(BATCH_NORM, given, dy)

def value(trace, name):
    """What a name of the book is in this run."""
    if sent := re.fullmatch(r"to_(\\w+)_from_(\\w+)", name):
        return next(m.gradient for m in trace.into(sent[1]) if m.step == sent[2])
    if name == "m":
        return len(trace.values["x"])
    if name.startswith("d"):
        return trace.grads[name[1:]]
    return trace.values[name]

def compare(name, found, right):
    """Says in one line what is amiss."""
    if found is None:
        raise AssertionError(f"{name}: nothing came back")
    assert np.shape(found) == np.shape(right), (
        f"{name} has the shape {np.shape(found)}, expected {np.shape(right)}")
    largest = np.max(np.abs(found - right)) / np.max(np.abs(right))
    assert largest < 1e-9, f"{name} is wrong: off by {largest:.1g} of its largest value"

def judge(function, gives, seed=0):
    """Give it right values, and compare what it gives with a derivative of the run."""
    trace = a_run(seed)
    names = inspect.signature(function).parameters
    found = function(*(np.copy(value(trace, name)) for name in names))
    several = found if isinstance(found, tuple) else (found,)
    assert len(several) == len(gives.split()), (
        f"{function.__name__} gives {len(several)} values, expected {gives}")
    for name, one in zip(gives.split(), several):
        compare(name, one, value(trace, name))
        if name[1:] in trace.grads:  # and by the complex step, which knows no rule
            assert check_trace(trace, grads={name[1:]: one}).within(1e-9), name'''

RUNNING = '''\
def judge_running(seed=0):
    rng = np.random.default_rng(seed)
    batch, old = rng.normal(3, 2, size=(6, 4)), rng.uniform(1, 2, size=(2, 4))
    r_mean, r_var = running(*old.copy(), batch)
    compare("r_mean", r_mean, 0.9 * old[0] + 0.1 * batch.sum(axis=0) / 6)
    off = batch - batch.sum(axis=0) / 6
    compare("r_var", r_var, 0.9 * old[1] + 0.1 * (off**2).sum(axis=0) / 6)

judge_running()'''

INFERENCE = '''\
def stored(seed):
    rng = np.random.default_rng(seed)
    mean, var = rng.normal(size=4), rng.uniform(1, 2, size=4)
    params = dict(zip(("gamma", "beta"), rng.normal(size=(2, 4))))
    state = {"running_mean": mean, "running_var": var, "num_batches": 1}
    return rng.normal(3, 2, size=(6, 4)), params, state

def judge_inference(seed=0):
    x, params, state = stored(seed)
    y = inference(x, *params.values(), state["running_mean"], state["running_var"])
    compare("y", y, batch_norm(x, params, state, training=False)[0])

judge_inference()'''

FORWARD = '''\
def judge_forward(seed=0):
    for mode in ("train", "test"):
        x, params, state = stored(seed)
        right, _, after = batch_norm(x, params, state, training=mode == "train")
        mine = {"mode": mode, **{n: state[n].copy() for n in list(state)[:2]}}
        y, _ = batchnorm_forward(x, *params.values(), mine)
        compare(f"y, mode {mode},", y, right)
        for name in ("running_mean", "running_var"):
            compare(f"{name}, mode {mode},", mine[name], after[name])

judge_forward()'''

BACKWARD = '''\
def judge_backward(seed=0):
    trace = a_run(seed)
    x, gamma, beta = (trace.values[name] for name in ("x", "gamma", "beta"))
    stored = {"running_mean": np.zeros(3), "running_var": np.ones(3)}
    _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train", **stored})
    found = batchnorm_backward(trace.grads["y"], cache)
    for name, one in zip(("x", "gamma", "beta"), found):
        compare(f"d{name}", one, trace.grads[name])

judge_backward()'''

CHECKS = {"running": RUNNING, "inference": INFERENCE}

END_WORDS = """\
Hand in this notebook as it is. Before you do, restart the kernel and run all cells. For
what is wrong in which line, ask `python -m bnbook.check batch-norm.ipynb`."""


def checked(task):
    """The cell behind a task: a check that is shown, and one on another batch."""
    text = (task.check or CHECKS.get(task.name)
            or f'judge({task.name}, "{" ".join(task.gives)}")')
    last = text.splitlines()[-1]
    again = last.replace("()", "(seed=1)") if last.endswith("()") else (
        f"{last[:-1]}, seed=1)")
    return "\n".join([text, HIDDEN[0], again, HIDDEN[1]])


def function(task):
    """The task's function, with its solution between the marks."""
    body = [BEGIN, *task.lines, END]
    if task.gives != task.lines:
        body.append(f"return {', '.join(task.gives)}")
    head = f"def {task.name}({', '.join(task.arguments)}):"
    return "\n".join([head, *(f"    {line}" for line in body)])


def cell(kind, source, name, points=None, solution=False):
    """A cell with nbgrader's metadata: locked unless it is to be filled in."""
    made = (nbformat.v4.new_code_cell if kind == "code"
            else nbformat.v4.new_markdown_cell)(source, id=name.replace("_", "-"))
    made.metadata["nbgrader"] = {
        "schema_version": 3, "grade_id": name, "grade": points is not None,
        "solution": solution, "task": False, "locked": not solution,
        **({"points": points} if points is not None else {})}
    return made


def instructor():
    """The notebook with the solutions."""
    cells = [cell("markdown", INTRODUCTION, "about"), cell("code", TOOLS, "tools")]
    for task in tasks():
        cells += [cell("markdown", task.words, f"{task.name}_words"),
                  cell("code", function(task), task.name, solution=True),
                  cell("code", checked(task), f"{task.name}_check", task.points)]
    cells.append(cell("markdown", END_WORDS, "end"))
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3",
                                    "language": "python"},
                     "language_info": {"name": "python"}}
    return made


def between(marks, text, instead=""):
    """The text with what stands between the marks, and them, replaced."""
    first, last = map(re.escape, marks)
    return re.sub(rf"[ ]*{first}.*?{last}\n?", instead, text, flags=re.DOTALL)


def student():
    """The notebook to hand out: no solution, no hidden check."""
    made = instructor()
    for each in made.cells:
        cleared = between((BEGIN, END), each.source, f"    {CLEARED}\n")
        each.source = between(HIDDEN, cleared).rstrip("\n")
    return made


def rubric():
    """(task, points, the usual mistake) of every task."""
    return [(task.name, task.points, MISTAKES[task.name.removeprefix("node_")])
            for task in tasks()]


def main():
    folder = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "_build" / "assignment"
    kept = folder / "source" / NAME / FILE
    kept.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(instructor(), kept)
    nbformat.write(student(), folder / FILE)
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    print(f"to hand out: {folder / FILE}\nto keep:     {kept}")


if __name__ == "__main__":
    main()
