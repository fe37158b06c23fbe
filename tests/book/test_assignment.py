"""The assignment: made of the chapters' lines, and graded by both of its ways."""

import csv
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import assignment
from needed import missing

BIN = Path(sys.executable).parent
FOUND = BIN / "nbgrader"
NBGRADER = str(FOUND) if FOUND.exists() else shutil.which("nbgrader")
TASKS = assignment.tasks()
TOTAL = sum(task.points for task in TASKS)
NODES = ("y", "gx", "xhat", "ivar", "std", "vareps", "var", "sq", "xmu", "mu")
# What a wrong submission has in place of what; which cells that costs, and the words.
WRONG = {"dstd / (2 * std)": "dstd / std",
         "dy - dy_mean - xhat * dy_xhat": "dy - xhat * dy_xhat"}
COSTS = {"node_std": "dvareps is wrong: off by 1 of its largest value",
         "closed_form": "dx is wrong", "batchnorm_backward": "dx is wrong"}


def code(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def wrong():
    made = assignment.instructor()
    assert all(right in "\n".join(code(made)) for right in WRONG)
    for cell in made.cells:
        for right, other in WRONG.items():
            cell.source = cell.source.replace(right, other)
    return made


def marks(notebook):
    """Each graded cell's points and what it said, every cell run, as autograde does."""
    names, given = {}, {}
    for cell in notebook.cells:
        data, said = cell.metadata["nbgrader"], ""
        if cell.cell_type == "code":
            try:
                exec(cell.source, names)
            except (AssertionError, NotImplementedError) as error:
                said = str(error) or type(error).__name__
        if data["grade"]:
            given[data["grade_id"].removesuffix("_check")] = said
    return given


def test_a_task_for_every_node_and_for_what_the_class_has_besides():
    assert [t.name for t in TASKS] == [
        *(f"node_{name}" for name in NODES), "closed_form", "running", "inference",
        "batchnorm_forward", "batchnorm_backward"]
    assert all(mistake for _, _, mistake in assignment.rubric())


def test_the_chapters_lines_pass_every_check():
    assert set(marks(assignment.instructor()).values()) == {""}


def test_what_is_handed_out_has_no_solution_and_no_hidden_check():
    text = "\n".join(code(assignment.student()))
    for task in TASKS:
        assert f"def {task.name}(" in text
        assert not any(f"    {line}\n" in text for line in task.lines)
    assert "SOLUTION" not in text and "HIDDEN" not in text and "seed=1" not in text
    assert text.count("raise NotImplementedError()") == len(TASKS)


def test_an_empty_cell_passes_no_check():
    assert all(marks(assignment.student()).values())


@pytest.mark.parametrize("task", [t for t in TASKS if t.name.startswith("node_")],
                         ids=lambda t: t.name)
def test_a_mistake_at_a_node_costs_that_node_alone(task):
    made = assignment.instructor()
    cell = next(c for c in made.cells
                if c.metadata["nbgrader"]["grade_id"] == task.name)
    first = task.lines[0]
    name, value = first.split(" = ", 1)
    cell.source = cell.source.replace(first, f"{name} = 3 * ({value})")
    given = marks(made)
    assert [name for name, said in given.items() if said] == [task.name]
    assert given[task.name].startswith(f"{task.gives[0]} is wrong: off by ")


def test_a_wrong_submission_loses_its_cells_and_hears_why():
    given = {name: said for name, said in marks(wrong()).items() if said}
    assert list(given) == list(COSTS)
    assert all(COSTS[name] in said for name, said in given.items())


def test_the_command_grades_a_class_into_a_table(tmp_path):
    nbformat.write(assignment.instructor(), tmp_path / "ada.ipynb")
    nbformat.write(wrong(), tmp_path / "bob.ipynb")
    nbformat.write(assignment.student(), tmp_path / "cleo.ipynb")
    done = subprocess.run([sys.executable, "-m", "bnbook.check", "--csv", tmp_path],
                          capture_output=True, text=True)
    ada, bob, cleo = csv.DictReader(io.StringIO(done.stdout))
    assert (ada["outcome"], ada["dx"], ada["faults"]) == ("right", "right", "")
    assert (bob["outcome"], bob["y"], bob["dx"], bob["dgamma"]) == (
        "wrong", "right", "wrong", "right")
    assert bob["faults"] == "dx lacks the path through the mean"
    assert cleo["outcome"] == "not run" and "NotImplementedError" in cleo["why"]


def nbgrader(folder, *given):
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic by name
    done = subprocess.run([NBGRADER, *given], cwd=folder, capture_output=True,
                          text=True,
                          env={**os.environ, "HOME": str(folder), "PATH": path})
    assert done.returncode == 0, done.stderr


def test_nbgrader_hands_out_and_marks_a_right_and_a_wrong_submission(tmp_path):
    if NBGRADER is None:
        missing("no nbgrader here: pip install nbgrader", "BNBOOK_NBGRADER")
    subprocess.run([sys.executable, assignment.__file__, tmp_path], check=True)
    nbgrader(tmp_path, "generate_assignment", assignment.NAME)
    released = tmp_path / "release" / assignment.NAME / assignment.FILE
    handed_out, made_here = nbformat.read(released, 4), nbformat.read(
        tmp_path / assignment.FILE, 4)
    assert code(handed_out) == code(made_here)
    for name, made in {"ada": assignment.instructor(), "bob": wrong()}.items():
        folder = tmp_path / "submitted" / name / assignment.NAME
        folder.mkdir(parents=True)
        nbformat.write(made, folder / assignment.FILE)
    nbgrader(tmp_path, "autograde", assignment.NAME)
    nbgrader(tmp_path, "export")
    with open(tmp_path / "grades.csv", newline="", encoding="utf-8") as file:
        scores = {row["student_id"]: float(row["raw_score"])
                  for row in csv.DictReader(file)}
    lost = sum(task.points for task in TASKS if task.name in COSTS)
    assert scores == {"ada": TOTAL, "bob": TOTAL - lost}
    graded = nbformat.read(
        tmp_path / "autograded" / "bob" / assignment.NAME / assignment.FILE, 4)
    said = [o.evalue for c in graded.cells for o in c.get("outputs", [])
            if o.output_type == "error"]
    assert len(said) == len(COSTS)
    assert all(words in text for words, text in zip(COSTS.values(), said))
