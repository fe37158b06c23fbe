"""Specimens of the five systems: each is caught, what is right is not, and each figure
is what one measures."""

import numpy as np
import pytest

from bnbook import BatchNorm
from bnbook.check import CHECKS, PEERS, kill_matrix, passes
from bnbook.check.adapters import (
    as_implementation,
    book,
    functions,
    graph,
    lazy,
    one_object,
    staged,
)
from bnbook.check.benches import KINDS, bench
from bnbook.check.checks import claimed, close, draw, own_forward, pass_through
from bnbook.check.gradients import check_gradients
from bnbook.check.implementations import TRACE, Implementation, Specimen
from bnbook.check.layer_checks import FUNCTIONS, LAYER_CHECKS
from bnbook.check.layer_trials import batches, new
from bnbook.check.nn_checks import POOL_CHECKS
from bnbook.check.specimens import functions as pairs
from bnbook.check.specimens import layers
from bnbook.check.specimens.bases import GraphLayer, LazyLayer, StagedLayer
from bnbook.check.specimens.catalogue import EXHIBITS, STATE
from bnbook.check.specimens.catalogue import FUNCTIONS as FUNCTION_SPECIMENS
from bnbook.check.specimens.exhibits import exhibits
from bnbook.check.specimens.figures import FIGURES
from bnbook.check.specimens.s0_s4 import ShapeNeverRestored, UnknownModeIsNone
from bnbook.check.specimens.s1 import OnlyTrainingKept, PixelStatistics

SEEDS = range(5)
EXHIBIT = {exhibit.name: exhibit for exhibit in EXHIBITS}
# Of two checks with one name, that of functions.
CHECK = {check.name: check for kind in reversed(KINDS) for check in kind.checks}
CASES = [(kind, specimen) for kind in KINDS for specimen in kind.specimens]

# What plain code for (N, C) lacks, whatever else is wrong with it.
PLAIN = {"images", "another image size", "batch of one refused", "float32, mean 1e4",
         "float16, std 300"}
# Where one fault shows in more than one check.
ALSO = {
    "never flushed": {"backward after test mode", "another batch size",
                      "evaluation between"},
    "evaluation kept": {"backward after test mode", "another batch size"},
    "only training kept": {"another batch size"},
    "only training kept, staged": {"backward after test mode"},
    "only training kept, graph": {"another batch size"},
    "no cache in test mode": {"another batch size"},
    "zero start": {"before any training"},
    "zero start, eps 1e-6": {"first batches"},
    "x handed in again": {"later edits"},
    "beta times gamma": {"upstream of ones", "allclose", "right values",
                         "right complex step"},
    "scaled by 1 / p": {"mean at p = 0.8"},
    "conv sizes by /": {"own gradients"},
    "pool sizes by /": {check.name for check in POOL_CHECKS},
}
BASES = {"S0": lazy(LazyLayer), "S1": staged(StagedLayer), "S4": graph(GraphLayer),
         "S2 S3": functions(pairs.batchnorm_forward, pairs.batchnorm_backward)}


def killers(specimen, checks, seed):
    return set(kill_matrix([specimen], checks, seed).killers(specimen.name))


def specimens(*names):
    return pytest.mark.parametrize("name", names)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind, specimen", CASES, ids=lambda v: v.name)
def test_each_specimen_is_caught_by_its_check_and_is_wrong_in_one_way(
        kind, specimen, seed):
    found = killers(specimen, kind.checks, seed)
    assert specimen.caught_by in found
    assert found - PLAIN <= {specimen.caught_by} | ALSO.get(specimen.name, set())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind, right", [(k, r) for k in KINDS for r in k.right],
                         ids=lambda v: v.name)
def test_what_is_right_passes_every_check(kind, right, seed):
    assert killers(right, kind.checks, seed) == set()


@pytest.mark.parametrize("name", BASES)
def test_the_layers_that_specimens_change_lack_what_all_plain_code_lacks(name):
    base = Specimen(name, "A base.", BASES[name])
    assert killers(base, LAYER_CHECKS, 0) == PLAIN


def test_the_pooling_that_specimens_change_is_right():
    pool = Implementation(
        lambda x, height, width, stride: layers.pool_forward(
            x, {"pool_height": height, "pool_width": width, "stride": stride}),
        layers.pool_backward)
    assert killers(Specimen("pool", ".", pool), POOL_CHECKS, 0) == set()


def test_every_system_has_specimens_with_names_of_their_own():
    assert len(EXHIBIT) == len(EXHIBITS)
    named = " ".join(exhibit.system for exhibit in EXHIBITS).split()
    assert {"S0", "S1", "S2", "S3", "S4", "all"} == set(named)


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda e: e.name)
def test_a_specimen_says_what_is_wrong_and_how_it_shows_in_a_line_each(exhibit):
    for line in (exhibit.wrong, exhibit.shows):
        assert line.endswith(".")
        assert "\n" not in line
    assert exhibit.code.__name__ in exhibit.source


@pytest.mark.parametrize("row", [
    "half", "half | S0 | It is. | So.", "half | S0 | It is. | So. | bases.LazyLayer |",
    "half | S0 | It is. | So. | bases.LazyLayer | images | more"])
def test_an_unfinished_row_is_an_error_with_its_name(row):
    with pytest.raises(ValueError, match="half"):
        exhibits(row, lambda code: None)


class MovesInTestMode(BatchNorm):
    def forward(self, x, training):
        y = super().forward(x, training)
        if not training:
            super().forward(x, True)
        return y


class BatchStatisticsInTestMode(BatchNorm):
    def forward(self, x, training):
        before = self.state
        y = super().forward(x, True)
        self.state = self.state if training else before
        return y


@pytest.mark.parametrize("cls, name", [
    (MovesInTestMode, "test mode keeps statistics"),
    (BatchStatisticsInTestMode, "test mode")])
def test_what_no_system_does_wrong_is_checked_all_the_same(cls, name):
    assert name in killers(Specimen(name, ".", book(cls)), LAYER_CHECKS, 0)


# What checks nothing.

@pytest.mark.parametrize("specimen", STATE, ids=lambda s: s.name)
def test_no_peers_check_sees_a_fault_of_state(specimen):
    assert killers(specimen, FUNCTIONS[:len(PEERS)], 0) == set()


@specimens("batch of one", "course gradients", "network at N = 2",
           "own differences", "mean 0, std 1")
def test_what_passes_beta_times_gamma(name):
    assert passes(CHECK[name], EXHIBIT["beta times gamma"].implementation)


def test_the_gradients_of_beta_times_gamma_are_right_for_its_own_forward():
    wrong = EXHIBIT["beta times gamma"].implementation
    inputs, dy = draw(np.random.default_rng(0), 5, 3)
    report = check_gradients(own_forward(wrong), inputs, dy,
                             claimed(wrong, inputs, dy), "central difference")
    assert report.within(1e-8)


@specimens("a statistic a pixel", "shape never restored", "one cache in the layer",
           "x kept, not copied", "any number of dimensions")
def test_peers_see_no_fault_of_shape_or_memory(name):
    assert killers(EXHIBIT[name], PEERS, 0) == set()


@pytest.mark.parametrize("factor", [0, 37, -1000])
def test_a_batch_of_one_passes_any_factor_in_dx(factor):
    def backward(dy, cache):
        dx, dgamma, dbeta = pairs.batchnorm_backward(dy, cache)
        return factor * dx, dgamma, dbeta

    wrong = as_implementation(functions(pairs.batchnorm_forward, backward))
    assert passes(CHECK["batch of one"], wrong)
    assert not passes(CHECK["own differences"], wrong)


@specimens("scaled by 1 / p", "one row of mask", "p = 1 divides by 0")
def test_dropouts_own_gradient_passes_every_dropout(name):
    assert passes(CHECK["own gradient"], EXHIBIT[name].implementation)


@specimens("width for height", "windows overwrite", "every tie gets all")
def test_square_windows_side_by_side_pass_every_pooling_that_runs(name):
    assert passes(CHECK["2 by 2, stride 2"], EXHIBIT[name].implementation)


# What one sees.

@pytest.mark.parametrize("seed", SEEDS)
def test_beta_times_gamma_has_the_means_11_24_39(seed):
    np.testing.assert_allclose(FIGURES["beta times gamma"](seed), [11, 24, 39])


@pytest.mark.parametrize("seed", SEEDS)
def test_dropout_over_p_is_nine_times_too_large_or_a_quarter(seed):
    # The means of 200,000 draws: three standard deviations are below 2 %.
    means = FIGURES["scaled by 1 / p"](seed)
    np.testing.assert_allclose([means[p] for p in (0.1, 0.5, 0.8)], [9, 1, 0.25],
                               rtol=0.02)


@pytest.mark.parametrize("seed", SEEDS)
def test_from_a_start_at_zero_the_variance_takes_50_batches(seed):
    figures = FIGURES["zero start"](seed)
    assert round(figures.pop("factor")) == 316
    # 1 - 0.9^t, times 63/64 for the biased variance of 64 rows.
    np.testing.assert_allclose([*figures.values()], [.10, .40, .64, .88, .98],
                               atol=0.015)


def test_a_start_at_zero_with_eps_of_1e_6_multiplies_by_1000():
    np.testing.assert_allclose(FIGURES["zero start, eps 1e-6"](), 1000)


def test_momentum_1_from_a_start_at_zero_multiplies_by_316():
    assert round(FIGURES["momentum the other way"]()) == 316


@pytest.mark.parametrize("seed", SEEDS)
@specimens("never flushed", "only training kept", "only training kept, graph")
def test_the_gradient_of_another_batch_is_wrong_in_the_first_digit(name, seed):
    assert FIGURES[name](seed) > 0.3


def test_a_batch_of_one_gives_beta_and_no_gradient():
    assert FIGURES["batch of one"]() == {"y - beta": 0, "dx": 0}


@pytest.mark.parametrize("seed", SEEDS)
def test_float32_at_a_mean_of_1e4_is_wrong_by_2e_3(seed):
    assert 1e-3 < FIGURES["float32 sums"](seed) < 4e-3


@pytest.mark.parametrize("seed", SEEDS)
def test_float16_squares_overflow_and_leave_nothing(seed):
    assert FIGURES["float16 squares"](seed) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_overlapping_windows_lose_most_of_the_gradient(seed):
    assert FIGURES["windows overwrite"](seed) < 0.5


def test_a_constant_image_gets_its_gradient_four_times():
    np.testing.assert_allclose(FIGURES["every tie gets all"](), 4)


def test_every_figure_belongs_to_a_specimen():
    assert set(FIGURES) <= set(EXHIBIT)


def test_never_flushed_returns_a_list_with_the_first_batchs_gradient():
    rng = np.random.default_rng(0)
    layer = EXHIBIT["never flushed"].implementation
    it, gamma, beta = new(layer, rng)
    first, second, dy = *batches(rng, 2), rng.normal(size=(8, 3))
    layer.forward(it, first, "train")
    layer.backward(it, dy, first)
    layer.forward(it, second, "train")
    dx, *_ = layer.backward(it, dy, second)
    inputs = {"x": first, "gamma": gamma, "beta": beta}
    assert isinstance(dx, list)
    assert close(dx, pass_through(TRACE, inputs, dy)[1:2], 1e-12)


def test_a_second_forward_makes_the_first_backward_wrong():
    shared = one_object(StagedLayer)
    first, dy = draw(np.random.default_rng(0), 5, 3)
    second, _ = draw(np.random.default_rng(1), 5, 3)
    right = pass_through(TRACE, first, dy)[1]
    shared.forward(*first.values())
    np.testing.assert_allclose(shared.backward(dy, None)[0], right)
    shared.forward(*second.values())
    assert not np.allclose(shared.backward(dy, None)[0], right)


def test_training_on_8_rows_and_evaluating_3_ends_in_a_value_error():
    it = OnlyTrainingKept(np.ones(3), np.zeros(3))
    rng = np.random.default_rng(0)
    it.forward(rng.normal(size=(8, 3)))
    it.forward(rng.normal(size=(3, 3)), training=False)
    with pytest.raises(ValueError, match="broadcast"):
        it.backward(rng.normal(size=(3, 3)))


def test_an_image_of_another_size_ends_in_a_value_error():
    it = PixelStatistics(np.ones(60), np.zeros(60))
    it.forward(np.random.default_rng(0).normal(size=(4, 3, 5, 4)))
    with pytest.raises(ValueError, match="broadcast"):
        it.forward(np.random.default_rng(0).normal(size=(4, 3, 7, 6)))


def test_a_statistic_a_pixel_leaves_no_pixel_a_mean():
    it = PixelStatistics(np.ones(60), np.zeros(60))
    y = it.forward(np.random.default_rng(0).normal(size=(4, 3, 5, 4)))
    assert y.shape == (4, 3, 5, 4)
    assert np.abs(y.mean(axis=0)).max() < 1e-12


def test_a_shape_never_restored_comes_out_flat():
    x = np.random.default_rng(0).normal(size=(4, 3, 5, 2))
    assert ShapeNeverRestored(30).forward(x, "train").shape == (4, 30)


def test_four_dimensions_of_two_run_and_are_wrong():
    x = np.random.default_rng(0).normal(size=(2, 2, 2, 2))
    inputs = {"x": x, "gamma": np.array([1.0, 2]), "beta": np.array([3.0, 4])}
    y = LazyLayer().forward(x)
    assert y.shape == x.shape
    assert not close([y], pass_through(TRACE, inputs, x)[:1], 0.1)


def test_an_unknown_mode_gives_none():
    assert UnknownModeIsNone(3).forward(np.ones((4, 3)), "validation") is None


def test_backward_without_a_cache_is_a_type_error():
    out, cache = pairs.no_cache_in_test_forward(
        np.ones((4, 3)), np.ones(3), np.zeros(3), {"mode": "test"})
    with pytest.raises(TypeError):
        pairs.batchnorm_backward(out, cache)


def test_gamma_at_random_makes_two_runs_differ():
    x = np.random.default_rng(0).normal(size=(8, 3))
    code = EXHIBIT["random gamma"].code
    assert not np.allclose(code().forward(x), code().forward(x))


def test_sizes_by_division_are_a_type_error():
    x = np.ones((1, 1, 4, 4))
    with pytest.raises(TypeError):
        layers.conv_true_division(x, np.ones((1, 1, 3, 3)), np.ones(1), 1, 1)
    with pytest.raises(TypeError):
        layers.pool_true_division(
            x, {"pool_height": 2, "pool_width": 2, "stride": 2})


def test_dropping_all_leaves_nan():
    with np.errstate(all="ignore"):
        y, _ = layers.dropout_over_nothing(np.ones((3, 2)), 1, np.random.default_rng(0))
    assert np.isnan(y).all()


# The bench.

@pytest.fixture(scope="module")
def verdicts():
    return bench()


def test_the_bench_has_a_matrix_a_kind_and_every_specimen(verdicts):
    assert [*verdicts.matrices] == [kind.name for kind in KINDS]
    assert [*verdicts.caught] == [e.name for kind in KINDS for e in kind.specimens]
    assert set(verdicts.caught) == set(EXHIBIT)


def test_nothing_survives_the_bench(verdicts):
    assert all(matrix.survivors == () for matrix in verdicts.matrices.values())


def test_the_bench_shows_as_text_and_as_tables(verdicts):
    text, html = repr(verdicts), verdicts._repr_html_()
    assert html.count("<table") == html.count("<caption>") == len(KINDS)
    for name in EXHIBIT:
        assert name in text
        assert name.replace("'", "&#x27;") in html


def test_the_text_has_a_letter_of_its_own_for_every_check(verdicts):
    text = repr(verdicts.matrices["layers with state"])
    head = text.splitlines()[0].split()
    assert len(set(head)) == len(head) == len(LAYER_CHECKS)


def test_functions_are_checked_by_all_that_named_faults_are():
    assert KINDS[0].checks == CHECKS
    assert KINDS[0].specimens == FUNCTION_SPECIMENS
