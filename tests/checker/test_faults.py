"""Named faults and checks: every fault is caught, and what catches nothing is shown."""

import re

import numpy as np
import pytest

from bnbook.check import (
    BACKWARD,
    CHECKS,
    CONDUCT,
    EQUIVALENT,
    FAULTS,
    FORWARD,
    OURS,
    PEERS,
    RIGHT,
    check_gradients,
    kill_matrix,
    passes,
)
from bnbook.check.checks import NAMES, claimed, draw, own_forward, pass_through
from bnbook.check.implementations import TRACE
from bnbook.check.peers import relative_error

FAULT = {fault.name: fault for fault in FAULTS}
CHECK = {check.name: check for check in CHECKS}
SEEDS = range(5)


def by_name(specimens):
    return pytest.mark.parametrize("specimen", specimens, ids=lambda s: s.name)


def results(implementation, shape=(5, 3), seed=0):
    with np.errstate(all="ignore"):
        return pass_through(implementation, *draw(np.random.default_rng(seed), *shape))


def differs(got, expected):
    return any(g.shape != e.shape or not np.allclose(g, e, rtol=1e-9, atol=1e-12)
               for g, e in zip(got, expected, strict=True))


@pytest.fixture(scope="module")
def matrix():
    return kill_matrix()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.name)
@by_name(RIGHT + EQUIVALENT)
def test_no_check_raises_a_false_alarm(specimen, check, seed):
    assert passes(check, specimen.implementation, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_our_checks_together_kill_every_fault(seed):
    assert kill_matrix(checks=OURS, seed=seed).survivors == ()


def test_the_peers_checks_together_do_not(matrix):
    assert "one-pass variance" in matrix.only(*[c.name for c in PEERS]).survivors


@pytest.mark.parametrize("name, survivor", [
    ("images", "a statistic per pixel"), ("large mean", "one-pass variance"),
    ("inputs unchanged", "xhat written into x"),
    ("later edits", "cache of caller's arrays"),
    ("two forwards", "only the last forward")])
def test_each_of_these_checks_is_needed(matrix, name, survivor):
    others = [check.name for check in OURS if check.name != name]
    assert survivor in matrix.only(*others).survivors


@by_name(BACKWARD)
def test_a_backward_fault_has_right_values_and_a_wrong_gradient(specimen):
    got, right = results(specimen.implementation), results(TRACE)
    assert np.array_equal(got[0], right[0])
    assert differs(got[1:], right[1:])


# These two are right, or do not run at all, at the shape that the others are run at.
SHAPE = {"a statistic per pixel": (3, 2, 4, 5), "row means as columns": (4, 4)}


@by_name([f for f in FORWARD if f.name != "one-pass variance"])
def test_a_forward_fault_has_wrong_values(specimen):
    shape = SHAPE.get(specimen.name, (5, 3))
    got, right = results(specimen.implementation, shape), results(TRACE, shape)
    assert differs(got[:1], right[:1])


def test_one_pass_variance_is_right_at_a_small_mean_only():
    one_pass = FAULT["one-pass variance"].implementation
    assert not differs(results(one_pass), results(TRACE))
    assert not passes(CHECK["large mean"], one_pass)


@by_name([f for f in FORWARD if f.name != "beta forgotten"])
def test_a_forward_fault_fits_its_own_gradients(specimen):
    shape = SHAPE.get(specimen.name, (5, 3))
    inputs, dy = draw(np.random.default_rng(0), *shape)
    grads = claimed(specimen.implementation, inputs, dy)
    f = own_forward(specimen.implementation)
    assert check_gradients(f, inputs, dy, grads, "complex step").within(1e-10)


@by_name(CONDUCT)
def test_a_fault_of_conduct_is_right_the_first_time(specimen):
    assert not differs(results(specimen.implementation), results(TRACE))


@by_name(EQUIVALENT)
def test_leaving_out_the_message_from_var_to_mu_changes_nothing(specimen):
    got, right = results(specimen.implementation), results(TRACE)
    assert not differs(got, right)


def test_names_are_unique_and_sentences_short():
    for rows in (FAULTS + RIGHT + EQUIVALENT, CHECKS):
        assert len({row.name for row in rows}) == len(rows)
        assert all(row.sentence.endswith(".") for row in rows)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", [
    "dx times 37", "dx times -1000", "dx = 0", "no variance path",
    "reciprocal's sign", "square without the 2"])
def test_a_batch_of_one_passes_what_multiplies_dx_or_drops_the_variance(name, seed):
    fault = FAULT[name].implementation
    assert passes(CHECK["batch of one"], fault, seed)
    assert not passes(CHECK["right complex step"], fault, seed)


def test_at_a_batch_of_one_dx_and_dgamma_are_zero():
    _, dx, dgamma, _ = results(TRACE, (1, 4))
    assert not dx.any()
    assert not dgamma.any()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["dx = 0", "no variance path", "dx times -1000"])
def test_an_upstream_of_ones_passes_zeros_no_variance_and_the_wrong_sign(name, seed):
    fault = FAULT[name].implementation
    assert passes(CHECK["upstream of ones"], fault, seed)
    assert not passes(CHECK["allclose"], fault, seed)


@pytest.mark.parametrize("name", ["course gradients", "own differences"])
def test_no_check_against_the_own_forward_sees_beta_multiplied_by_gamma(name):
    fault = FAULT["(xhat + beta) * gamma"].implementation
    assert passes(CHECK[name], fault)
    assert not passes(CHECK["means 11, 12, 13"], fault)


def test_beta_multiplied_by_gamma_gives_the_means_11_24_39():
    x = np.random.default_rng(0).normal(size=(200, 3))
    forward = FAULT["(xhat + beta) * gamma"].implementation.forward
    y, _ = forward(x, np.array([1.0, 2, 3]), np.array([11.0, 12, 13]))
    assert np.allclose(y.mean(axis=0), [11, 24, 39])


def test_a_gradient_check_at_a_square_shape_passes_row_means_as_columns():
    fault = FAULT["row means as columns"].implementation
    inputs, dy = draw(np.random.default_rng(0), 4, 4)
    grads = claimed(fault, inputs, dy)
    f = own_forward(fault)
    assert check_gradients(f, inputs, dy, grads, "central difference").within(1e-8)
    assert not passes(CHECK["own differences"], fault)


def test_eps_outside_the_root_changes_the_fifth_digit_at_most():
    fault = FAULT["eps outside the root"].implementation
    (y, *_), (right, *_) = results(fault, (8, 3)), results(TRACE, (8, 3))
    assert 1e-7 < np.abs(y - right).max() < 1e-4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["eps of 1e-3", "eps outside the root"])
def test_one_decimal_passes_another_eps(name, seed):
    assert passes(CHECK["upstream of ones"], FAULT[name].implementation, seed)


def test_a_gradient_of_another_shape_is_no_match():
    assert not passes(CHECK["images"], FAULT["dgamma keeps its dims"].implementation)
    assert passes(CHECK["allclose"], FAULT["dgamma keeps its dims"].implementation)


def test_the_courses_error_is_taken_element_by_element():
    assert relative_error(np.array([1.0, 3.0]), np.array([1.0, 1.0])) == 0.5


def test_a_check_that_raises_has_not_passed():
    def broken(implementation, rng):
        raise RuntimeError

    assert not passes(CHECK["right values"]._replace(passed=broken), TRACE)


def test_the_matrix_counts_what_it_shows(matrix):
    assert matrix.killed.shape == (len(FAULTS), len(CHECKS))
    for j, check in enumerate(CHECKS):
        assert matrix.counts[check.name] == matrix.killed[:, j].sum()


def test_the_matrix_repeats(matrix):
    assert np.array_equal(kill_matrix().killed, matrix.killed)


def test_killers_and_survivors_are_two_views_of_one_matrix(matrix):
    for fault in FAULTS:
        for name in CHECK:
            survived = fault.name in matrix.only(name).survivors
            assert survived == (name not in matrix.killers(fault.name))


def test_text_has_a_row_a_fault_and_a_legend_a_check(matrix):
    lines = str(matrix).splitlines()
    assert [line.split("  ")[0] for line in lines[1:len(FAULTS) + 1]] == list(FAULT)
    assert sum(line.endswith("killed") for line in lines) == len(CHECKS)


def test_html_says_each_verdict_in_a_word(matrix):
    html = matrix._repr_html_()
    assert len(re.findall(">killed</td>", html)) == matrix.killed.sum()
    assert len(re.findall(">passes</td>", html)) == (~matrix.killed).sum()


def test_html_has_a_caption_and_scopes_every_header(matrix):
    html = matrix._repr_html_()
    assert html.startswith('<table class="bn-table">')
    assert html.count("<caption>") == 1
    assert len(re.findall("<th ", html)) == len(re.findall('<th scope="', html))
    assert html.count('scope="row"') == len(FAULTS) + 1


@by_name(RIGHT)
def test_right_implementations_agree(specimen):
    inputs, dy = draw(np.random.default_rng(0), 5, 3)
    got = claimed(specimen.implementation, inputs, dy)
    assert all(np.allclose(got[n], claimed(TRACE, inputs, dy)[n]) for n in NAMES)
