"""A network trained on several ranks: the losses and gradients of one process."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ranks_tasks as tasks
from bnbook import nn
from bnbook.data import load_digits
from bnbook.norm import Ranks
from test_synchronized import EACH, splits

DIGITS = load_digits()
X, LABELS = DIGITS.x_train[:60], DIGITS.y_train[:60]
NET = nn.mlp((64, 12, 9, 10), normalization="batch_norm")
SYNCED = NET.with_options("batch_norm", synchronized=True)
PARAMS = NET.initial_params(np.random.default_rng(0))


def one(network, steps, **options):
    """Losses, parameters and state of one process with all rows."""
    params, state, losses = PARAMS, network.initial_state(), []
    for _ in range(steps):
        step = nn.loss_and_grads(network, params, X, LABELS, state=state, **options)
        params, _ = nn.sgd(params, step.grads, {}, lr=0.5)
        state = step.state
        losses.append(step.loss)
    return losses, params, state


def same(ours, whole, within=1e-11):
    losses, params, state = ours
    np.testing.assert_allclose(losses, whole[0], rtol=within)
    for a, b in zip(params.values(), whole[1].values()):
        np.testing.assert_allclose(a, b, atol=within)
    for name, one in state.items():
        for key, value in one.items():
            np.testing.assert_allclose(value, whole[2][name][key], atol=within)


@settings(EACH, max_examples=15)
@given(split=splits(60), decay=st.sampled_from([0.0, 0.01]),
       loss=st.sampled_from(["softmax", "svm"]))
def test_training_on_ranks_is_training_on_one(on, split, decay, loss):
    n, _, cuts = split
    cuts = [*cuts[:-1], 60]
    options = {"weight_decay": decay, "loss": loss}
    results = on(n, tasks.training, SYNCED, PARAMS, X, LABELS, cuts, 5, options)
    whole = one(NET, 5, **options)
    for ours in results:
        same(ours, whole)
        assert ours[0] == results[0][0]  # the same bits on all ranks


def test_a_convolution_network_too(on):
    x = X.reshape(-1, 1, 8, 8)
    net = nn.conv_net(filters=(3, 4))
    params = net.initial_params(np.random.default_rng(1))
    synced = net.with_options("batch_norm", synchronized=True)
    results = on(3, tasks.training, synced, params, x, LABELS, [0, 7, 7, 60], 1, {})
    whole = nn.loss_and_grads(net, params, x, LABELS)
    after, _ = nn.sgd(params, whole.grads, {}, lr=0.5)
    for ours in results:
        np.testing.assert_allclose(ours[0], [whole.loss], rtol=1e-12)
        for name, p in ours[1].items():
            np.testing.assert_allclose(p, after[name], atol=1e-12)


def test_without_synchronizing_it_is_another_function(on):
    """What the layer is for: each rank normalizes by its own rows, and keeps them."""
    cuts = [0, 20, 40, 60]
    results = on(3, tasks.training, NET, PARAMS, X, LABELS, cuts, 3, {})
    whole = one(NET, 3)
    assert abs(np.subtract(results[0][0], whole[0])).max() > 1e-3
    means = [state["batch_norm1"]["running_mean"] for *_, state in results]
    assert abs(means[0] - means[1]).max() > 1e-3


def test_frozen_layers_send_nothing(on):
    frozen = SYNCED.with_options("batch_norm", frozen=True)
    results = on(2, tasks.training, frozen, PARAMS, X, LABELS, [0, 40, 60], 2, {})
    same(results[1], one(NET.with_options("batch_norm", frozen=True), 2))
    assert frozen.synchronized == [] and len(SYNCED.synchronized) == 2


def test_a_rank_with_other_parameters_is_named(on):
    other = PARAMS | {"w2": PARAMS["w2"] + 1e-9}
    lines = on(3, tasks.other_params, SYNCED, [PARAMS, PARAMS, other], X, LABELS)
    assert len({*lines}) == 1 and lines[0].startswith(
        "RanksError: rank 2: params['w2']: shape (12, 9), dtype float64, values of sum")


def test_no_rows_anywhere_are_refused(on):
    lines = on(2, tasks.training, SYNCED, PARAMS, X, LABELS, [0, 0, 0], 1, {})
    assert {*lines} == {"RanksError: x: 0 values a channel on all ranks, expected at "
                        "least 2"}


def test_one_process_needs_no_mpi():
    ours = nn.loss_and_grads(SYNCED, PARAMS, X, LABELS, ranks=Ranks(), weight_decay=0.1)
    whole = nn.loss_and_grads(NET, PARAMS, X, LABELS, weight_decay=0.1)
    assert ours.loss == pytest.approx(whole.loss, rel=1e-13)
    for name, g in whole.grads.items():
        np.testing.assert_allclose(ours.grads[name], g, atol=1e-13)


def test_a_synchronized_network_asks_for_no_row_of_its_own():
    assert (NET.least_rows, SYNCED.least_rows) == (2, 0)
    with pytest.raises(ValueError, match="N at least 1"):
        nn.loss_and_grads(NET, PARAMS, X[:0], LABELS[:0])
