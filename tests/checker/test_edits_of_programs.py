"""A fault is an edit of a program: programs are right, edits run and are found."""

import collections
import functools
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bnbook.check import Implementation, diagnose
from bnbook.check.diagnosis.probes import batches, images, probe, squares
from bnbook.check.edits import named, table
from bnbook.check.edits.edits import Edit, changed, edits_of, whole
from bnbook.check.edits.named import NAMED, named_of, node_of
from bnbook.check.edits.programs import (
    FORWARDS,
    PROGRAMS,
    backward_of,
    inputs_of,
    is_backward,
    values_of,
)
from bnbook.check.edits.sentences import said
from bnbook.check.mutants import programmed
from bnbook.graph import BATCH_NORM, run
from bnbook.norm.textbook import statistics_axes

BACKWARDS, ALL = list(PROGRAMS), PROGRAMS | FORWARDS
SHAPES = [(5, 3), (4, 4), (3, 2, 4, 5)]
OUT = ("y", "dx", "dgamma", "dbeta")


def edits(program):
    return edits_of(*whole(program))


def sample(program, count, seed=0, cost=1.3):
    found = [e for e in edits(program) if e.cost <= cost]
    return random.Random(seed).sample(found, count)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("program", ALL)
def test_a_program_makes_what_the_textbook_makes(program, shape):
    p = probe(0, *shape, eps=0.1)
    inputs = inputs_of(*p)
    trace = run(BATCH_NORM, {n: a for n, a in inputs.items() if n != "dy"}, p.dy,
                axes=statistics_axes(p.x))
    right = {"y": trace.values["y"], **{f"d{n}": a for n, a in trace.grads.items()}}
    made = values_of(ALL[program], inputs)
    for name in OUT if program in PROGRAMS else OUT[:1]:
        assert np.abs(made[name] - right[name]).max() < 1e-12


@pytest.mark.parametrize("program", ALL)
def test_every_edit_runs_or_is_refused(program):
    shapes = {n: inputs_of(*probe(0, *n)) for n in SHAPES}
    for k, edit in enumerate(edits(program)):
        shape = SHAPES[k % 3]
        if table.runs(edit, shape):
            made = values_of(edit.graph, shapes[shape])
            assert set(OUT if program in PROGRAMS else OUT[:1]) <= set(made), edit


@pytest.mark.parametrize("program", ALL)
def test_every_edit_is_said_in_one_line_at_a_node(program):
    nodes = {step.name for step in BATCH_NORM} | {"x", "gamma", "beta"}
    for edit in sample(program, 40, cost=9):
        assert said(edit).sentence
        assert "\n" not in said(edit).sentence
        assert said(edit).node in nodes, edit


def test_the_staged_backward_is_the_graphs_own():
    assert PROGRAMS["staged"] == backward_of(BATCH_NORM)
    assert PROGRAMS["staged"][:len(BATCH_NORM)] == BATCH_NORM


@pytest.mark.parametrize("line, at", [
    ("dstd", "ivar"), ("dvareps", "std"), ("dsq", "var"), ("dx_mu", "mu"),
    ("dxmu_sq", "sq"), ("divar", "ivar"), ("dmu", "mu"), ("dxhat", "xhat"),
    ("dx", "x"), ("dgamma", "gamma"), ("vareps", "vareps")])
def test_the_node_is_the_rules_or_the_left_side(line, at):
    assert node_of(line) == at


def as_code(edit):
    """A reader's functions that compute an edited program."""
    backward = any(is_backward(step.name) for step in edit.base)
    return (programmed(BATCH_NORM, edit.graph) if backward else
            programmed(edit.graph, backward_of(edit.graph)))


def same(one, other, probes=None):
    """Whether two programs give the same wherever both run."""
    for p in probes or (*batches(7), *images(7)):
        a, b = (values_of(g, inputs_of(*p)) for g in (one, other))
        for name in set(OUT) & set(a) & set(b):
            if a[name].shape != b[name].shape or not np.allclose(
                    a[name], b[name], rtol=1e-7, atol=1e-9, equal_nan=True):
                return False
    return True


def changes_values(edit):
    wanted = (OUT[:1] if edit.program in FORWARDS else OUT[1:])
    p = batches(3)[2]
    right, wrong = (values_of(g, inputs_of(*p)) for g in (edit.base, edit.graph))
    sound = all(np.isfinite(wrong[n]).all() and wrong[n].shape == right[n].shape
                for n in wanted)
    return sound and any(not np.allclose(right[n], wrong[n]) for n in wanted)


CASES = [e for program in ("forward", "staged", "closed", "paper", "closed, over N")
         for e in sample(program, 7) if changes_values(e)
         and table.runs(e, (5, 3)) and is_backward(e.at) == (program != "forward")]


@pytest.mark.parametrize("edit", CASES, ids=lambda e: f"{e.program} {e.at} {e.kind}")
def test_an_edit_in_a_readers_code_is_named_or_proved_equal(edit):
    found = diagnose(Implementation(*as_code(edit)))
    assert found.faults, said(edit).sentence
    at = {f.node for f in found.faults}
    assert said(edit).node in at or equal_in_effect(edit, found), (
        said(edit).sentence, found)


@functools.cache
def edits_by_sentence():
    """sentence -> every single edit that it is said of."""
    found = collections.defaultdict(list)
    for program in ALL:
        for e in edits(program):
            found[said(e).sentence].append(e)
    return found


def equal_in_effect(edit, found):
    """Whether an edit at the node that is told gives what the planted one does."""
    told = {f.sentence.removeprefix("either ").split("; or ")[0] for f in found.faults}
    others = [e for words in told for e in edits_by_sentence()[words]]
    wanted = [n for n in OUT if n in {s.name for s in edit.base}]
    probes = (*batches(3)[1:4], images(3)[0])

    def values(e, p):
        made = values_of(e.graph, inputs_of(*p))
        right = values_of(e.base, inputs_of(*p))
        return [made[n] for n in wanted if n in made and not np.allclose(
            made[n], right[n], rtol=1e-9, atol=1e-12)]

    return any(all(any(a.shape == b.shape and np.allclose(a, b) for b in values(e, p))
                   for p in probes for a in values(edit, p)) for e in others)


@pytest.mark.parametrize("one, two", [
    ("divar without xmu", "dmu lacks 1/N"), ("sqrt without the 1/2", "subtract's sign"),
    ("reciprocal's power", "square without the 2")])
def test_a_pair_of_edits_is_told_as_two(one, two):
    found = {e.fault.name: e for e in edits("staged") if e.fault}
    graph = changed(PROGRAMS["staged"], found[one].changes + found[two].changes)
    told = diagnose(Implementation(*programmed(BATCH_NORM, graph)))
    assert {f.name for f in told.faults} == {one, two}


@pytest.mark.parametrize("forward", FORWARDS)
@pytest.mark.parametrize("backward", BACKWARDS)
@pytest.mark.parametrize("seed", range(2))
def test_no_right_program_is_blamed(forward, backward, seed):
    code = programmed(FORWARDS[forward], PROGRAMS[backward])
    assert diagnose(Implementation(*code), seed=seed).right


@pytest.mark.parametrize("row", [
    "half", "half | dx = dy", "half | dx = dy |", "half | dx = dy | It is. |",
    "half | dx = nothing | It is.", "half | dz = dy | It is.",
    "half | dx = (dy | It is.", "half | dx = twist(dy) | It is.",
    "half | dx | It is.", "half | dx = dy | It is. | x | more",
    "half | dx = dy | It is. | nowhere"])
def test_an_unfinished_row_is_an_error_with_its_name(row):
    with pytest.raises(ValueError, match="half"):
        named_of("backward", row)


def test_an_unfinished_row_is_an_error_at_import(tmp_path):
    text = Path(named.__file__).read_text().replace(
        '"backward": r"""\n', '"backward": r"""\nhalf | dx = dy\n', 1)
    (tmp_path / "planted.py").write_text(text)
    done = subprocess.run([sys.executable, "-c", "import planted"], cwd=tmp_path,
                          capture_output=True, text=True)
    assert done.returncode
    assert "ValueError: named fault half" in done.stderr


def test_one_row_is_enough_to_be_found():
    row = "dgamma thrice | dgamma = 3 * sum(dy * xhat, gamma) | dgamma is thrice."
    fault = named_of("backward", row)
    staged = PROGRAMS["staged"]
    edit = Edit("staged", "named", "dgamma", fault.lines, 0.5, staged, fault)
    p = batches(0)[2]
    right, wrong = (values_of(g, inputs_of(*p)) for g in (edit.base, changed(
        edit.base, (("dgamma'", ()), *fault.lines))))
    assert np.allclose(wrong["dgamma"], 3 * right["dgamma"])
    assert (fault.node, said(edit).node, said(edit).sentence) == (
        "gamma", "gamma", "dgamma is thrice.")


def test_named_faults_differ_from_the_textbook_and_from_each_other():
    probes = (*batches(3), *squares(3)[:1], *images(3))
    seen = {}
    for program in ("forward", "staged"):
        for e in (e for e in edits(program) if e.fault):
            key = []
            for p in probes:
                if table.runs(e, p.x.shape):
                    made = values_of(e.graph, inputs_of(*p))
                    key += [np.round(np.ravel(made[n]), 7) for n in OUT if n in made]
            key = np.concatenate(key).tobytes()
            other = seen.setdefault((program, key), e.fault.name)
            assert other == e.fault.name or {other, e.fault.name} <= {
                "over the features", "layer norm", "backward's eps", "dx lacks eps"}


def test_names_of_faults_and_their_nodes():
    drawn = {step.name for step in BATCH_NORM} | {"x", "gamma", "beta"}
    assert {fault.node for fault in NAMED} <= drawn
    often = [(f.of == "test", f.name) for f in NAMED if f.name not in (
        "backward's eps", "another eps", "running std", "running var from the mean")]
    assert len(often) == len(set(often))


def test_nan_matches_nothing():
    got = np.ones((5, 3))
    assert not table.agrees(np.full((5, 3), np.nan), got)
    assert not table.agrees(np.full((2, 5, 3), np.inf), got).any()
    assert not table.agrees(np.ones((4, 3)), got).any()
