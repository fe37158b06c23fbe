"""A whole network folded: the same scores, fewer parameters; what stays, and why."""

import numpy as np
import pytest

from bnbook import nn
from bnbook.nn import layer
from common import assert_refused, rng

KINDS = ("affine", "conv", "batch_norm", "batch_norm", "pixel_batch_norm", "relu",
         "dropout", "add", "max_pool", "layer_norm", "noise")


def fitted(network, seed=0):
    """Parameters and a state as training might have left them."""
    r = rng(seed)
    params = {n: a + r.normal(size=a.shape) / 3
              for n, a in network.initial_params(r).items()}
    state = {n: {"running_mean": r.normal(size=one["running_mean"].shape),
                 "running_var": r.uniform(0.1, 3, one["running_var"].shape),
                 "num_batches": 3} for n, one in network.initial_state().items()}
    return params, state


def gap(network, folded, params, state):
    """The largest difference of the scores, over their largest."""
    x = rng(1).normal(size=(5, *network.input_shape))
    y = nn.predict(network, params, state, x)
    return abs(nn.predict(*folded[:3], x) - y).max() / max(1, abs(y).max())


def drawn(seed):
    """A network of random layers, some of them reading earlier ones."""
    r, specs, names = rng(seed), [], {}
    network = nn.Network((2, 6, 6), ("relu",))
    while len(specs) < 8:
        kind = str(r.choice(KINDS))
        shape = network.output_shape if specs else (2, 6, 6)
        if kind == "add":
            same = [n for n, s in names.items() if s == shape]
            if not same:
                continue
            spec = layer("add", of=str(r.choice(same)))
        elif kind == "affine":
            spec = layer(kind, width=4)
        elif kind == "conv" and len(shape) == 3:
            spec = layer(kind, filters=3, size=int(r.choice((1, 3))),
                         pad=int(r.integers(2)))
        else:
            spec = layer(kind) if kind != "conv" else layer("relu")
        try:
            network = nn.Network((2, 6, 6), [*specs, spec])
        except ValueError:  # an image too small for it, or none
            continue
        specs.append(spec)
        names[network.layers[-1].name] = network.output_shape
    return network


@pytest.mark.parametrize("seed", range(150))
def test_random_networks_predict_the_same(seed):
    network = drawn(seed)
    params, state = fitted(network, seed)
    folded = nn.fold(network, params, state)
    assert gap(network, folded, params, state) < 1e-12
    norms = [one.name for one in network.layers if one.kind in nn.NORMALIZATIONS]
    left = [one for one in folded.network.layers if one.kind in nn.NORMALIZATIONS]
    assert len(left) == len(folded.kept) and {*folded.kept} <= {*norms}
    idle = {one.kind for one in folded.network.layers} & {"dropout", "noise"}
    assert not idle


def test_the_random_networks_show_every_case():
    said = " ".join(why for network in map(drawn, range(150))
                    for why in nn.fold(network, *fitted(network)).kept.values())
    for words in ("is no affine", "is read by", "reads it beside", "nothing",
                  "pad: 1, expected 0", "for every pixel", "each row's own"):
        assert words in said


def count(params):
    return sum(a.size for a in params.values())


@pytest.mark.parametrize("network, fewer", [
    (nn.mlp((6, 5, 4, 3), normalization="batch_norm", dropout=0.5), 2 * (5 + 4)),
    (nn.conv_net((2, 8, 8), (4, 6)), 2 * (4 + 6)),
    (nn.mlp((6, 5, 3), normalization="pixel_batch_norm"), 2 * 5),
    (nn.mlp((6, 5, 3), normalization="detached_batch_norm"), 2 * 5),
    (nn.Network((6,), ("batch_norm", layer("affine", width=3))), 2 * 6),
    (nn.Network((2, 6, 6), ("batch_norm", layer("affine", width=3))), 2 * 2),
    (nn.Network((2, 6, 6), ("relu", "batch_norm", "dropout",
                            layer("conv", filters=3, pad=0))), 2 * 2),
    (nn.Network((6,), (layer("affine", width=3), "batch_norm", "batch_norm")), 12)])
def test_the_books_networks_fold_whole(network, fewer):
    params, state = fitted(network)
    folded = nn.fold(network, params, state)
    assert gap(network, folded, params, state) < 1e-12
    assert folded.kept == {} == folded.state
    assert not folded.network.stateful
    assert count(folded.params) == count(params) - fewer


@pytest.mark.parametrize("specs, why", [
    (("relu", "batch_norm", "relu"),
     "in front: relu0 is no affine layer or convolution; "
     "behind: relu0' is no affine layer or convolution"),
    (("batch_norm",), "in front: nothing; behind: nothing"),
    (("batch_norm", layer("conv", filters=2)),
     "in front: nothing; behind: conv1 has pad: 1, expected 0: the zeros beyond the "
     "border come after the batch norm and are not shifted"),
    ((layer("conv", filters=2), "batch_norm", layer("add", of="conv1")),
     "in front: conv1 is read by add1 too; "
     "behind: add1 is no affine layer or convolution"),
    (("batch_norm", layer("conv", filters=2, size=1, pad=0),
      layer("add", of="batch_norm0")),
     "in front: nothing; behind: add1 reads it beside conv1"),
    (("relu", "batch_norm", "dropout", layer("conv", filters=2, size=1, pad=0),
      layer("add", of="dropout0")),
     "in front: relu0 is no affine layer or convolution; "
     "behind: add1 reads it beside conv1"),
    ((layer("conv", filters=2), "pixel_batch_norm"),
     "in front: conv1 has the same weights for every pixel; behind: nothing")])
def test_what_stays_says_why(specs, why):
    network = nn.Network((2, 6, 6), specs)
    params, state = fitted(network)
    folded = nn.fold(network, params, state)
    assert [*folded.kept.values()] == [why]
    assert gap(network, folded, params, state) < 1e-12


def test_the_second_of_two_in_front_is_stopped_by_who_reads_the_first():
    network = nn.Network((6,), (layer("affine", width=3), "batch_norm", "batch_norm",
                                layer("add", of="batch_norm1")))
    params, state = fitted(network)
    folded = nn.fold(network, params, state)
    assert [one.name for one in folded.network.layers] == [
        "affine1", "batch_norm1", "add1"]
    assert [*folded.kept] == ["batch_norm1'"]
    assert gap(network, folded, params, state) < 1e-12


def test_blocks_with_the_norm_first_keep_it():
    network = nn.residual_mlp(5, 2, inputs=6, normalization="batch_norm")
    folded = nn.fold(network, *fitted(network))
    assert [*folded.kept] == ["batch_norm1", "batch_norm2"]


def test_arrays_keep_their_dtype_and_share_nothing():
    network = nn.mlp((6, 5, 3), normalization="batch_norm")
    params, state = fitted(network)
    small = {n: a.astype("f4") for n, a in params.items()}
    folded = nn.fold(network, small, state)
    assert {a.dtype for a in folded.params.values()} == {np.dtype("f4")}
    assert not any(np.shares_memory(a, b) for a in folded.params.values()
                   for b in small.values())
    np.testing.assert_allclose(
        folded.params["w1"], nn.fold(network, params, state).params["w1"], rtol=1e-6)


def test_what_does_not_fit_is_refused_in_one_line():
    network = nn.mlp((6, 5, 3), normalization="batch_norm")
    params, state = fitted(network)
    assert_refused(TypeError, "network: ", lambda: nn.fold(3, params, state))
    assert_refused(TypeError, "params: ", lambda: nn.fold(network, None, state))
    assert_refused(TypeError, "state: ", lambda: nn.fold(network, params, None))
    assert_refused(ValueError, "state: ", lambda: nn.fold(network, params, {}))


def test_dropout_alone_is_no_network():
    network = nn.Network((6,), ("dropout",))
    assert_refused(ValueError, "network: ", lambda: nn.fold(network, {}, None))
