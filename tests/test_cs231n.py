"""The contract of cs231n's `layers.py`: names, arguments, dictionaries, gradients."""

import copy
import inspect

import numpy as np
import pytest

from bnbook import cs231n

SIGNATURES = {
    "affine_forward": "x w b",
    "affine_backward": "dout cache",
    "relu_forward": "x",
    "relu_backward": "dout cache",
    "batchnorm_forward": "x gamma beta bn_param",
    "batchnorm_backward": "dout cache",
    "batchnorm_backward_alt": "dout cache",
    "layernorm_forward": "x gamma beta ln_param",
    "layernorm_backward": "dout cache",
    "dropout_forward": "x dropout_param",
    "dropout_backward": "dout cache",
    "conv_forward_naive": "x w b conv_param",
    "conv_backward_naive": "dout cache",
    "max_pool_forward_naive": "x pool_param",
    "max_pool_backward_naive": "dout cache",
    "spatial_batchnorm_forward": "x gamma beta bn_param",
    "spatial_batchnorm_backward": "dout cache",
    "spatial_groupnorm_forward": "x gamma beta G gn_param",
    "spatial_groupnorm_backward": "dout cache",
    "svm_loss": "x y",
    "softmax_loss": "x y",
}
CONV = {"stride": 2, "pad": 1}
POOL = {"pool_height": 2, "pool_width": 3, "stride": 1}


def seeded():
    return np.random.RandomState(231)


def trained(gamma, beta, shape):
    """A bn_param in test mode whose statistics are those of five other batches."""
    rng, bn_param = np.random.RandomState(5), {"mode": "train"}
    for _ in range(5):
        x = 3 * rng.randn(*shape) + 1
        cs231n.spatial_batchnorm_forward(x.reshape(*shape, *[1] * (4 - len(shape))),
                                         gamma, beta, bn_param)
    return bn_param | {"mode": "test"}


def normalized(forward, shape, *parameter, **options):
    """(forward of the arrays alone, the arrays) of a normalization."""
    rng = np.random.RandomState(7)
    sizes = parameter or ((shape[1],),) * 2
    arrays = [3 * rng.randn(*shape) + 2, *(rng.randn(*size) + 1.5 for size in sizes)]
    return (lambda *a: forward(*a, **copy.deepcopy(options))), arrays


def drawn(forward, *shapes, **options):
    rng = np.random.RandomState(9)
    arrays = [rng.randn(*shape) for shape in shapes]
    return (lambda *a: forward(*a, **copy.deepcopy(options))), arrays


TEST = trained(np.ones(3), np.zeros(3), (6, 3))
IMAGES = trained(np.ones(3), np.zeros(3), (4, 3, 2, 5))
GROUP = {"G": 2, "gn_param": {}}
LAYERS = {
    "affine": drawn(cs231n.affine_forward, (4, 2, 3), (6, 5), (5,)),
    "relu": drawn(cs231n.relu_forward, (4, 2, 3)),
    "batchnorm": normalized(cs231n.batchnorm_forward, (6, 3),
                            bn_param={"mode": "train"}),
    "batchnorm alt": normalized(cs231n.batchnorm_forward, (6, 3),
                                bn_param={"mode": "train"}),
    "batchnorm test": normalized(cs231n.batchnorm_forward, (6, 3), bn_param=TEST),
    "batchnorm alt test": normalized(cs231n.batchnorm_forward, (6, 3), bn_param=TEST),
    "spatial_batchnorm": normalized(cs231n.spatial_batchnorm_forward, (4, 3, 2, 5),
                                    bn_param={"mode": "train", "eps": 0.1}),
    "spatial_batchnorm test": normalized(cs231n.spatial_batchnorm_forward,
                                         (4, 3, 2, 5), bn_param=IMAGES),
    "layernorm": normalized(cs231n.layernorm_forward, (4, 6), ln_param={"eps": 0.1}),
    "spatial_groupnorm": normalized(cs231n.spatial_groupnorm_forward, (3, 4, 2, 5),
                                    **GROUP),
    "spatial_groupnorm (1, C, 1, 1)": normalized(
        cs231n.spatial_groupnorm_forward, (3, 4, 2, 5), (1, 4, 1, 1), (1, 4, 1, 1),
        **GROUP),
    "spatial_groupnorm (1, C, 1, 1) and (C,)": normalized(
        cs231n.spatial_groupnorm_forward, (3, 4, 2, 5), (1, 4, 1, 1), (4,), **GROUP),
    "dropout": drawn(cs231n.dropout_forward, (4, 5),
                     dropout_param={"mode": "train", "p": 0.3, "seed": 1}),
    "dropout keep": drawn(cs231n.dropout_forward, (4, 5), p_is="keep",
                          dropout_param={"mode": "train", "p": 0.3, "seed": 1}),
    "dropout test": drawn(cs231n.dropout_forward, (4, 5),
                          dropout_param={"mode": "test", "p": 0.3}),
    "conv naive": drawn(cs231n.conv_forward_naive, (2, 3, 5, 4), (2, 3, 3, 2), (2,),
                        conv_param=CONV),
    "max_pool naive": drawn(cs231n.max_pool_forward_naive, (2, 3, 4, 5),
                            pool_param=POOL),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


def backward(name):
    """affine -> affine_backward, batchnorm alt test -> batchnorm_backward_alt."""
    layer, *words = name.split()
    ending = [w for w in words if w in ("alt", "naive")]
    return getattr(cs231n, "_".join([layer, "backward", *ending]))


def gradients(name, dout, cache):
    """Always a tuple."""
    found = backward(name)(dout, cache)
    return found if isinstance(found, tuple) else (found,)


def run(name):
    """(forward, arrays, out, cache, dout) with a random upstream gradient."""
    forward, arrays = LAYERS[name]
    arrays = [a.copy() for a in arrays]
    out, cache = forward(*arrays)
    return forward, arrays, out, cache, np.random.RandomState(3).randn(*out.shape)


def numeric(f, x, dout, h=1e-5):
    """Central differences of sum(f * dout), good to about 1e-9 of values near 1."""
    grad = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        up = f().copy()
        x[i] = old - h
        grad[i] = np.sum((up - f()) * dout) / (2 * h)
        x[i] = old
    return grad


@every_layer
def test_every_gradient_is_that_of_its_forward(name):
    forward, arrays, _, cache, dout = run(name)
    found = gradients(name, dout, cache)
    assert len(found) == len(arrays)
    for array, gradient in zip(arrays, found):
        expected = numeric(lambda: forward(*arrays)[0], array, dout)
        assert gradient.shape == array.shape
        np.testing.assert_allclose(gradient, expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", ["svm_loss", "softmax_loss"])
def test_the_losses_gradients_are_theirs(name):
    rng = seeded()
    x, y = rng.randn(6, 4), rng.randint(4, size=6)
    loss = getattr(cs231n, name)
    expected = numeric(lambda: np.array(loss(x, y)[0]), x, 1.0)
    np.testing.assert_allclose(loss(x, y)[1], expected, rtol=1e-7, atol=1e-9)


def test_the_module_has_the_assignments_functions_and_what_says_its_p():
    assert set(cs231n.__all__) == {*SIGNATURES, "dropout_p_is"}


@pytest.mark.parametrize("name, arguments", SIGNATURES.items())
def test_the_arguments_are_the_assignments_in_its_order(name, arguments):
    parameters = inspect.signature(getattr(cs231n, name)).parameters.values()
    positional = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    assert positional == arguments.split()
    assert all(p.default is not p.empty for p in parameters if p.name not in positional)


def frozen(a):
    a.setflags(write=False)
    return a


@every_layer
def test_no_argument_is_changed(name):
    forward, arrays, _, _, dout = run(name)
    _, cache = forward(*map(frozen, arrays))
    gradients(name, frozen(dout), cache)


@every_layer
def test_a_cache_is_independent_and_serves_twice(name):
    _, arrays, out, cache, dout = run(name)
    first = [g.copy() for g in gradients(name, dout, cache)]
    for a in (*arrays, out, *gradients(name, dout, cache)):
        a[...] = np.nan
    for a, b in zip(first, gradients(name, dout, cache)):
        np.testing.assert_array_equal(a, b)


@every_layer
def test_dout_of_another_shape_is_refused(name):
    *_, cache, dout = run(name)
    for wrong in (dout[:1], dout[..., None], 1.0):
        with pytest.raises(ValueError, match=r"^dout: shape .*, expected .*\Z"):
            backward(name)(wrong, cache)


@every_layer
@pytest.mark.parametrize("dtype", [np.float32, np.longdouble])
def test_the_dtype_is_kept(name, dtype):
    forward, arrays = LAYERS[name]
    out, cache = forward(*(a.astype(dtype) for a in arrays))
    assert out.dtype == dtype
    for g in gradients(name, np.ones(out.shape, dtype), cache):
        assert g.dtype == dtype


@every_layer
def test_integers_become_float64(name):
    forward, arrays = LAYERS[name]
    out, cache = forward(*((10 * a).astype(int) for a in arrays))
    assert out.dtype == np.float64
    assert gradients(name, np.ones(out.shape, int), cache)[0].dtype == np.float64


def test_float16_with_a_large_mean_is_normalized_right():
    """Mean 1000, deviation 30: its squares' sum is far beyond float16."""
    x = (30 * seeded().randn(500, 3) + 1000).astype(np.float16)
    bn_param = {"mode": "train", "momentum": 0}
    out, cache = cs231n.batchnorm_forward(x, np.ones(3), np.zeros(3), bn_param)
    wide = x.astype(float)
    assert out.dtype == np.float16
    for backward in (cs231n.batchnorm_backward, cs231n.batchnorm_backward_alt):
        assert backward(out, cache)[0].dtype == np.float16
    np.testing.assert_allclose(
        out, (wide - wide.mean(0)) / wide.std(0), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(bn_param["running_var"], wide.var(0), rtol=1e-6)


def test_bn_param_receives_the_running_statistics_and_nothing_else():
    x, bn_param = seeded().randn(6, 3), {"mode": "train", "note": "mine"}
    cs231n.batchnorm_forward(x, np.ones(3), np.zeros(3), bn_param)
    assert list(bn_param) == ["mode", "note", "running_mean", "running_var"]
    np.testing.assert_allclose(bn_param["running_mean"], 0.1 * x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(bn_param["running_var"], 0.1 * x.var(0), rtol=1e-12)


def test_the_running_arrays_are_new_and_the_old_ones_stay():
    x, mean, var = seeded().randn(6, 3), np.full(3, 2.0), np.full(3, 4.0)
    bn_param = {"mode": "train", "momentum": 0.75, "running_mean": frozen(mean),
                "running_var": frozen(var)}
    cs231n.batchnorm_forward(x, np.ones(3), np.zeros(3), bn_param)
    np.testing.assert_allclose(
        bn_param["running_mean"], 1.5 + 0.25 * x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(
        bn_param["running_var"], 3 + 0.25 * x.var(0), rtol=1e-12)


def test_test_mode_leaves_the_running_statistics_as_they_are():
    bn_param = copy.deepcopy(TEST)
    kept = {name: bn_param[name] for name in ("running_mean", "running_var")}
    cs231n.batchnorm_forward(seeded().randn(4, 3), np.ones(3), np.zeros(3), bn_param)
    assert all(bn_param[name] is array for name, array in kept.items())
    np.testing.assert_array_equal(bn_param["running_var"], TEST["running_var"])


def test_test_mode_before_training_starts_at_0_and_0():
    """So that x is only scaled, by 1 / sqrt(eps): the assignment's, and no use."""
    x, bn_param = seeded().randn(4, 3), {"mode": "test", "eps": 0.25}
    out, _ = cs231n.batchnorm_forward(x, np.ones(3), np.zeros(3), bn_param)
    np.testing.assert_allclose(out, 2 * x, rtol=1e-15)
    for name in ("running_mean", "running_var"):
        np.testing.assert_array_equal(bn_param[name], np.zeros(3))
    assert not np.shares_memory(bn_param["running_mean"], bn_param["running_var"])


def test_test_mode_takes_a_single_row():
    x = seeded().randn(1, 3)
    out, _ = cs231n.batchnorm_forward(x, np.ones(3), np.zeros(3), dict(TEST))
    expected = (x - TEST["running_mean"]) / np.sqrt(TEST["running_var"] + 1e-5)
    np.testing.assert_allclose(out, expected, rtol=1e-13)


def test_the_other_dictionaries_are_left_alone():
    x, images, one = seeded().randn(4, 3), seeded().randn(2, 4, 5, 5), np.ones
    dicts = [{"mode": "train"}, {"mode": "train"}, {"mode": "train", "p": 0.5},
             dict(CONV), dict(POOL)]
    before = copy.deepcopy(dicts)
    cs231n.layernorm_forward(x, one(3), one(3), dicts[0])
    cs231n.spatial_groupnorm_forward(images, one(4), one(4), 2, dicts[1])
    cs231n.dropout_forward(x, dicts[2])
    cs231n.conv_forward_naive(images, one((2, 4, 3, 3)), one(2), dicts[3])
    cs231n.max_pool_forward_naive(images, dicts[4])
    assert dicts == before


def test_dropout_in_test_mode_is_a_copy_of_x():
    x = seeded().randn(4, 5)
    out, _ = cs231n.dropout_forward(x, {"mode": "test", "p": 0.3})
    np.testing.assert_array_equal(out, x)
    assert not np.shares_memory(out, x)


def test_p_is_the_probability_to_drop_unless_said_otherwise():
    param = {"mode": "train", "p": 0.1, "seed": 4}
    out, _ = cs231n.dropout_forward(np.ones((300, 200)), param)
    assert abs((out == 0).mean() - 0.1) < 0.01  # eight standard deviations


def test_what_p_means_can_be_said_once():
    param = {"mode": "train", "p": 0.25, "seed": 4}
    drops, keeps = (cs231n.dropout_forward(X, param, p_is=p_is)[0]
                    for p_is in ("drop", "keep"))
    try:
        cs231n.dropout_p_is("keep")
        np.testing.assert_array_equal(cs231n.dropout_forward(X, param)[0], keeps)
        np.testing.assert_array_equal(
            cs231n.dropout_forward(X, param, p_is="drop")[0], drops)
        with pytest.raises(ValueError, match=r"^meaning: 'maybe', expected one of"):
            cs231n.dropout_p_is("maybe")
    finally:
        cs231n.dropout_p_is("drop")
    np.testing.assert_array_equal(cs231n.dropout_forward(X, param)[0], drops)


def test_p_to_keep_is_one_minus_p_to_drop():
    x = np.ones((300, 200))
    for p_is, p in (("drop", 0.2), ("keep", 0.8)):
        out, _ = cs231n.dropout_forward(
            x, {"mode": "train", "p": p, "seed": 4}, p_is=p_is)
        assert abs((out == 0).mean() - 0.2) < 0.01  # six standard deviations
        np.testing.assert_allclose(out[out != 0], 1.25, rtol=1e-15)


@pytest.mark.parametrize("p_is, p", [("drop", 1), ("keep", 0)])
def test_dropping_all_gives_zeros(p_is, p):
    out, cache = cs231n.dropout_forward(
        np.ones((3, 4)), {"mode": "train", "p": p}, p_is=p_is)
    assert not out.any()
    assert not cs231n.dropout_backward(np.ones((3, 4)), cache).any()


def test_every_element_has_its_own_mask():
    out, _ = cs231n.dropout_forward(
        np.ones((50, 40)), {"mode": "train", "p": 0.5, "seed": 4})
    assert len(np.unique(out, axis=0)) == 50


def test_a_seed_repeats_the_mask_and_leaves_numpys_own_generator():
    param = {"mode": "train", "p": 0.5, "seed": 123}
    before = np.random.get_state(legacy=False)["state"]
    one, two = (cs231n.dropout_forward(np.ones((5, 6)), param)[0] for _ in range(2))
    after = np.random.get_state(legacy=False)["state"]
    np.testing.assert_array_equal(one, two)
    assert before["pos"] == after["pos"]
    np.testing.assert_array_equal(before["key"], after["key"])


def test_tied_maxima_share_and_overlapping_windows_add():
    pool_param = {"pool_height": 1, "pool_width": 2, "stride": 1}
    _, cache = cs231n.max_pool_forward_naive(
        np.array([[[[1.0, 1.0, 0.0]]]]), pool_param)
    dx = cs231n.max_pool_backward_naive(np.array([[[[4.0, 3.0]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[2, 5, 0]]]])


def test_relus_gradient_at_0_is_0():
    _, cache = cs231n.relu_forward(np.array([-1.0, 0, 1]))
    np.testing.assert_array_equal(cs231n.relu_backward(np.ones(3), cache), [0, 0, 1])


X, IMAGE = np.ones((4, 3)) * np.arange(4)[:, None], np.ones((2, 4, 5, 5))
ONE, ZERO = np.ones(3), np.zeros(3)


def bn(x=X, gamma=ONE, beta=ZERO, mode="train", **more):
    return cs231n.batchnorm_forward(x, gamma, beta, {"mode": mode, **more})


def gn(G=2, gamma=None, gn_param=None):
    gamma = np.ones(4) if gamma is None else gamma
    return cs231n.spatial_groupnorm_forward(
        IMAGE, gamma, np.zeros(4), G, {} if gn_param is None else gn_param)


def drop(mode="train", p_is="drop", **param):
    return cs231n.dropout_forward(X, {"mode": mode, **param}, p_is=p_is)


def conv(x=IMAGE, w=None, **param):
    w = np.ones((2, 4, 3, 3)) if w is None else w
    return cs231n.conv_forward_naive(x, w, np.ones(2), param)


def pool(**param):
    return cs231n.max_pool_forward_naive(IMAGE, POOL | param)


REFUSED = [
    ("mode", ValueError, lambda: bn(mode="eval")),
    ("mode", ValueError, lambda: bn(mode=None)),
    ("mode", ValueError, lambda: drop(mode="training", p=0.5)),
    ("bn_param", ValueError, lambda: cs231n.batchnorm_forward(X, ONE, ZERO, {})),
    ("bn_param", TypeError, lambda: cs231n.batchnorm_forward(X, ONE, ZERO, "train")),
    ("x", ValueError, lambda: bn(IMAGE)),
    ("x", ValueError, lambda: bn(X[:1])),
    ("x", ValueError, lambda: bn(X[:0])),
    ("x", TypeError, lambda: bn(X + 1j)),
    ("x", TypeError, lambda: bn(X > 1)),
    ("x", TypeError, lambda: bn(np.ma.masked_array(X))),
    ("gamma", ValueError, lambda: bn(gamma=np.ones((1, 3)))),
    ("gamma", TypeError, lambda: bn(gamma=["a", "b", "c"])),
    ("beta", ValueError, lambda: bn(beta=np.zeros(4))),
    ("eps", ValueError, lambda: bn(eps=-1e-5)),
    ("momentum", ValueError, lambda: bn(momentum=1.5)),
    ("momentum", TypeError, lambda: bn(momentum=None)),
    ("running_mean", ValueError, lambda: bn(running_mean=np.zeros(4))),
    ("running_var", ValueError, lambda: bn(mode="test", running_var=-ONE)),
    ("x", ValueError,
     lambda: cs231n.spatial_batchnorm_forward(X, ONE, ZERO, {"mode": "train"})),
    ("x", ValueError, lambda: cs231n.layernorm_forward(IMAGE, ONE, ZERO, {})),
    ("eps", ValueError, lambda: cs231n.layernorm_forward(X, ONE, ZERO, {"eps": -1})),
    ("ln_param", TypeError, lambda: cs231n.layernorm_forward(X, ONE, ZERO, None)),
    ("G", ValueError, lambda: gn(3)),
    ("G", TypeError, lambda: gn(2.0)),
    ("gamma", ValueError, lambda: gn(gamma=np.ones((4, 1, 1)))),
    ("gn_param", TypeError, lambda: gn(gn_param=[])),
    ("p", ValueError, lambda: drop(p=1.5)),
    ("p", TypeError, lambda: drop(p="half")),
    ("p_is", ValueError, lambda: drop(p=0.5, p_is="kept")),
    ("dropout_param", ValueError, lambda: drop()),
    ("seed", ValueError, lambda: drop(p=0.5, seed=-1)),
    ("seed", ValueError, lambda: drop(p=0.5, seed=2**32)),
    ("seed", TypeError, lambda: drop(p=0.5, seed="one")),
    ("x", TypeError, lambda: cs231n.affine_forward(X + 1j, X.T, np.ones(4))),
    ("w", ValueError, lambda: cs231n.affine_forward(X, X, ONE)),
    ("b", ValueError, lambda: cs231n.affine_forward(X, X.T, np.ones((1, 4)))),
    ("x", TypeError, lambda: cs231n.relu_forward(X + 1j)),
    ("x", ValueError, lambda: conv(X, **CONV)),
    ("x", TypeError, lambda: conv(IMAGE + 1j, **CONV)),
    ("w", ValueError, lambda: conv(w=np.ones((2, 3, 3, 3)), **CONV)),
    ("stride", ValueError, lambda: conv(stride=0, pad=1)),
    ("pad", TypeError, lambda: conv(stride=1, pad=0.5)),
    ("conv_param", ValueError, lambda: conv(stride=1)),
    ("pool_height", ValueError, lambda: pool(pool_height=0)),
    ("pool_width", ValueError, lambda: pool(pool_width=6)),
    ("stride", TypeError, lambda: pool(stride=1.5)),
    ("pool_param", ValueError, lambda: cs231n.max_pool_forward_naive(IMAGE, {})),
    ("cache", TypeError, lambda: cs231n.relu_backward(X, X)),
    ("cache", TypeError, lambda: cs231n.spatial_groupnorm_backward(IMAGE, None)),
    ("y", ValueError, lambda: cs231n.svm_loss(X, [[0], [0, 1], [1], [2]])),
    ("x", ValueError, lambda: cs231n.svm_loss(ONE, np.zeros(3, int))),
    ("y", TypeError, lambda: cs231n.svm_loss(X, np.zeros(4))),
    ("y", ValueError, lambda: cs231n.softmax_loss(X, np.array([0, 1, 2, 3]))),
]


@pytest.mark.parametrize("name, error, call", REFUSED)
def test_bad_input_gets_one_line_that_begins_with_its_name(name, error, call):
    with pytest.raises(error) as caught:
        call()
    message = str(caught.value)
    assert message.startswith(f"{name}: ") and "expected" in message
    assert "\n" not in message


@pytest.mark.parametrize("bad", [
    {"x": X[:1]}, {"gamma": np.ones(4)}, {"beta": np.ones((1, 3))},
    {"bn_param": {"eps": -1}}, {"bn_param": {"momentum": 2}},
    {"bn_param": {"running_mean": np.ones(4)}},
])
def test_an_error_leaves_bn_param_as_it_was(bad):
    bn_param = {"mode": "train", "running_mean": ONE, **bad.get("bn_param", {})}
    before = dict(bn_param)
    arguments = {"x": X, "gamma": ONE, "beta": ZERO, **bad, "bn_param": bn_param}
    with pytest.raises(ValueError):
        cs231n.batchnorm_forward(**arguments)
    assert bn_param.keys() == before.keys()
    assert all(bn_param[key] is before[key] for key in before)


def test_an_error_in_dropout_draws_nothing():
    before = np.random.get_state(legacy=False)["state"]["pos"]
    for wrong in ({"mode": "train", "p": 2}, {"mode": "no", "p": 0.5}):
        with pytest.raises(ValueError):
            cs231n.dropout_forward(X, wrong)
    assert np.random.get_state(legacy=False)["state"]["pos"] == before
