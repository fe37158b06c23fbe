"""The generator of submissions: its texts run, its labels are true, nothing is unused.
"""

import ast
from collections import Counter

import pytest
from generator.faults import BACKWARD_FAULTS, FAULTS
from generator.sets import cases
from generator.styles import ROWS, choices
from generator.truth import right, tried
from generator.write import write

HARMLESS = {  # Σ xmu is 0, so these have no effect, or none in every style
    "x for xmu", "variance's part of dmu lost", "dmu of one path", "N of one axis only",
    "overwrites x", "overwrites dout", "sum does not keep dims", "N of the features",
    "gamma not spread over images"}


@pytest.mark.parametrize("c", choices(40, 5), ids=lambda c: f"{c.shape}-{c.layout}")
def test_what_is_written_without_a_fault_is_right(c):
    found = tried(write(c))
    assert right(found), found


def test_every_choice_of_every_row_occurs():
    seen = {row: {getattr(c, row) for c in choices(1500, 2)} for row in ROWS}
    unseen = {row: set(values) - seen[row] for row, values in ROWS.items()}
    assert not {row: values for row, values in unseen.items() if values}


def test_every_fault_is_in_its_line_and_has_an_effect():
    left, styles = list(FAULTS), choices(400, 7)
    for c in styles:
        plain = write(c)
        for fault in list(left):
            try:
                faulty = write(c, [fault])
            except LookupError:
                continue
            ast.parse(faulty.text)
            line = faulty.lines[fault.key] - 1
            assert faulty.text.splitlines()[line] != plain.text.splitlines()[
                plain.lines[fault.key] - 1], fault
            if fault.name in HARMLESS or not right(tried(faulty)):
                left.remove(fault)
    assert not left


def test_the_staged_algorithms_have_faults_enough():
    staged = [c for c in choices(200, 1) if c.backward == "staged"][:5]
    applied = Counter()
    for c in staged:
        for fault in BACKWARD_FAULTS:
            try:
                write(c, [fault])
                applied[fault] += 1
            except LookupError:
                pass
    assert len(applied) >= 45


def test_a_set_is_the_same_for_the_same_seed():
    one, two = ([(c.submission.text, c.truth) for c in cases(6, 3)] for _ in "ab")
    assert one == two
