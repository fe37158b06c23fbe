"""The digits that the assignment's notebooks print.

They are those of published runs of cs231n's assignment 2 (2016 to 2024), drawn again
here from the notebooks' seeds. Eight decimals are printed, so that a value agrees if it
is within half a unit of the eighth.
"""

from itertools import pairwise

import numpy as np
import pytest

from bnbook import cs231n

PRINTED = 0.51e-8  # half a unit of the eighth decimal, and a little for the half itself


def seeded():
    """The notebooks' np.random.seed(231), without the global state."""
    return np.random.RandomState(231)


def printed(values, digits):
    np.testing.assert_allclose(values, digits, rtol=0, atol=PRINTED)


def seen(x, axis):
    """What the notebooks print of an array."""
    return np.array([x.mean(axis=axis), x.std(axis=axis)])


def two_layers(rng, n=200):
    """The notebooks' input of batch and layer norm, n rows of 3 columns."""
    x, w1, w2 = (rng.randn(*s) for s in ((n, 50), (50, 60), (60, 3)))
    return np.maximum(0, x @ w1) @ w2


def relative_error(a, b):
    """The notebooks' measure."""
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


def test_batch_norm_in_training_prints_the_published_digits():
    a = two_layers(seeded())
    printed(seen(a, 0), [[-2.3814598, -13.18038246, 1.91780462],
                         [27.18502186, 34.21455511, 37.68611762]])
    plain, _ = cs231n.batchnorm_forward(a, np.ones(3), np.zeros(3), {"mode": "train"})
    printed(seen(plain, 0), [[0, 0, 0], [0.99999999, 1, 1]])
    gamma, beta = np.array([1.0, 2, 3]), np.array([11.0, 12, 13])
    out, _ = cs231n.batchnorm_forward(a, gamma, beta, {"mode": "train"})
    printed(seen(out, 0), [[11, 12, 13], [0.99999999, 1.99999999, 2.99999999]])


def test_batch_norm_in_test_mode_prints_the_published_digits():
    rng = seeded()
    w1, w2 = rng.randn(50, 60), rng.randn(60, 3)
    bn_param = {"mode": "train"}
    for t in range(51):
        bn_param["mode"] = "train" if t < 50 else "test"
        a = np.maximum(0, rng.randn(200, 50) @ w1) @ w2
        out, _ = cs231n.batchnorm_forward(a, np.ones(3), np.zeros(3), bn_param)
    printed(seen(out, 0), [[-0.03927354, -0.04349152, -0.10452688],
                           [1.01531428, 1.01238373, 0.97819988]])


@pytest.mark.parametrize("name", ["batchnorm_backward", "batchnorm_backward_alt"])
def test_the_batch_norm_gradients_are_the_published_ones(name):
    """Of the notebook's gradient check; printed by one who ported the assignment."""
    rng = seeded()
    x = 5 * rng.randn(4, 5) + 12
    gamma, beta, dout = rng.randn(5), rng.randn(5), rng.randn(4, 5)
    _, cache = cs231n.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    dx, dgamma, dbeta = getattr(cs231n, name)(dout, cache)
    printed(dx, [[-0.00310319, 0.00305468, -0.00156246, 0.17251307, 0.01388029],
                 [0.01147762, -0.10800884, -0.01112564, -0.02021632, -0.02098085],
                 [-0.01682492, -0.01106847, -0.00384286, 0.13581055, -0.04108612],
                 [0.00845049, 0.11602263, 0.01653096, -0.2881073, 0.04818669]])
    printed(dgamma, [2.29048278, 1.39248907, 2.93350569, 0.98234546, 2.08326113])
    printed(dbeta, [0.08461601, 0.59073617, 1.2668311, -1.75428014, -0.80317214])


def test_the_two_backwards_differ_by_rounding_alone():
    """Published, in the notebook's measure: dx 5e-13 to 2e-12, dgamma and dbeta 0."""
    rng = seeded()
    x = 5 * rng.randn(100, 500) + 12
    gamma, beta, dout = rng.randn(500), rng.randn(500), rng.randn(100, 500)
    _, cache = cs231n.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    one = cs231n.batchnorm_backward(dout, cache)
    two = cs231n.batchnorm_backward_alt(dout, cache)
    assert relative_error(one[0], two[0]) < 1e-11
    for a, b in zip(one[1:], two[1:]):
        np.testing.assert_array_equal(a, b)


def test_layer_norm_prints_the_published_digits():
    a = two_layers(seeded(), n=4)
    printed(seen(a, 1),
            [[-59.06673243, -47.60782686, -43.31137368, -26.40991744],
             [10.07429373, 28.39478981, 35.28360729, 4.01831507]])
    plain, _ = cs231n.layernorm_forward(a, np.ones(3), np.zeros(3), {"mode": "train"})
    printed(seen(plain, 1), [[0] * 4, [0.99999995, 0.99999999, 1, 0.99999969]])
    out, _ = cs231n.layernorm_forward(a, np.full(3, 3.0), np.full(3, 5.0), {})
    printed(seen(out, 1), [[5] * 4, [2.99999985, 2.99999998, 2.99999999, 2.99999907]])


def test_spatial_batch_norm_prints_the_published_digits():
    x = 4 * seeded().randn(2, 3, 4, 5) + 10
    for gamma, beta, means, stds in (
        (np.ones(3), np.zeros(3), [0, 0, 0], [0.99999962, 0.99999951, 0.9999996]),
        (np.array([3, 4, 5]), np.array([6, 7, 8]), [6, 7, 8],
         [2.99999885, 3.99999804, 4.99999798]),
    ):
        out, _ = cs231n.spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
        printed(seen(out, (0, 2, 3)), [means, stds])


def test_spatial_batch_norm_in_test_mode_prints_the_published_digits():
    rng, bn_param = seeded(), {}
    for t in range(51):
        bn_param["mode"] = "train" if t < 50 else "test"
        x = 2.3 * rng.randn(10, 4, 11, 12) + 13
        out, _ = cs231n.spatial_batchnorm_forward(x, np.ones(4), np.zeros(4), bn_param)
    printed(seen(out, (0, 2, 3)),
            [[-0.08034406, 0.07562881, 0.05716371, 0.04378383],
             [0.96718744, 1.0299714, 1.02887624, 1.00585577]])


def test_group_norm_prints_the_published_digits():
    x = 4 * seeded().randn(2, 6, 4, 5) + 10
    gamma, beta = np.ones((1, 6, 1, 1)), np.zeros((1, 6, 1, 1))
    out, _ = cs231n.spatial_groupnorm_forward(x, gamma, beta, 2, {"mode": "train"})
    printed(seen(x.reshape(4, -1), 1),
            [[9.72505327, 8.51114185, 8.9147544, 9.43448077],
             [3.67070958, 3.09892597, 4.27043622, 3.97521327]])
    printed(seen(out.reshape(4, -1), 1),
            [[0] * 4, [0.99999963, 0.99999948, 0.99999973, 0.99999968]])


def ramp(start, stop, *shape):
    return np.linspace(start, stop, num=np.prod(shape)).reshape(shape)


def test_affine_prints_the_published_digits():
    x, w = ramp(-0.1, 0.5, 2, 4, 5, 6), ramp(-0.2, 0.3, 120, 3)
    out, _ = cs231n.affine_forward(x, w, ramp(-0.3, 0.1, 3))
    printed(out, [[1.49834967, 1.70660132, 1.91485297],
                  [3.25553199, 3.5141327, 3.77273342]])


def test_relu_prints_the_published_digits():
    out, _ = cs231n.relu_forward(ramp(-0.5, 0.5, 3, 4))
    printed(out, [[0, 0, 0, 0], [0, 0, 0.04545455, 0.13636364],
                  [0.22727273, 0.31818182, 0.40909091, 0.5]])


def test_convolution_prints_the_published_digits():
    x, w = ramp(-0.1, 0.5, 2, 3, 4, 4), ramp(-0.2, 0.3, 3, 3, 4, 4)
    b, conv_param = ramp(-0.1, 0.2, 3), {"stride": 2, "pad": 1}
    out, _ = cs231n.conv_forward_naive(x, w, b, conv_param)
    printed(out.reshape(6, 4), [
        [-0.08759809, -0.10987781, -0.18387192, -0.2109216],
        [0.21027089, 0.21661097, 0.22847626, 0.23004637],
        [0.50813986, 0.54309974, 0.64082444, 0.67101435],
        [-0.98053589, -1.03143541, -1.19128892, -1.24695841],
        [0.69108355, 0.66880383, 0.59480972, 0.56776003],
        [2.36270298, 2.36904306, 2.38090835, 2.38247847],
    ])


def test_max_pooling_prints_the_published_digits():
    pool_param = {"pool_width": 2, "pool_height": 2, "stride": 2}
    out, _ = cs231n.max_pool_forward_naive(ramp(-0.3, 0.4, 2, 3, 4, 4), pool_param)
    printed(out.reshape(6, 4), [
        [-0.26315789, -0.24842105, -0.20421053, -0.18947368],
        [-0.14526316, -0.13052632, -0.08631579, -0.07157895],
        [-0.02736842, -0.01263158, 0.03157895, 0.04631579],
        [0.09052632, 0.10526316, 0.14947368, 0.16421053],
        [0.20842105, 0.22315789, 0.26736842, 0.28210526],
        [0.32631579, 0.34105263, 0.38526316, 0.4],
    ])


def test_the_losses_print_the_published_digits():
    """Sixteen digits of a mean of fifty: to some roundings of the last one."""
    rng = seeded()
    x, y = 0.001 * rng.randn(50, 10), rng.randint(10, size=50)
    np.testing.assert_allclose(cs231n.svm_loss(x, y)[0], 8.999602749096233, rtol=2e-15)
    np.testing.assert_allclose(
        cs231n.softmax_loss(x, y)[0], 2.302545844500738, rtol=2e-15)


@pytest.mark.parametrize("p_is, p, mean, zeros", [
    ("keep", (0.25, 0.4, 0.7), (10.014059116977283, 9.977917658761159,
                                9.987811912159426), (0.749784, 0.600796, 0.30074)),
    ("drop", (0.6, 0.75), (4.014061423217988 / 0.4, 2.5054064372816414 / 0.25),
     (0.598632, 0.749504)),
])
def test_dropout_prints_the_published_digits(p_is, p, mean, zeros):
    """The mean of 250000 numbers, in whatever order NumPy adds them, to 1e-14.

    The published run with p to drop does not scale up what it keeps, and draws its
    first mask (p = 0.3) by `binomial`, which turns the numbers round below 0.5.
    """
    state = np.random.get_state()
    try:
        np.random.seed(231)
        x = np.random.randn(500, 500) + 10
        np.random.rand(250_000 * (p_is == "drop"))
        for *row, m, z in zip(p, mean, zeros):
            out, _ = cs231n.dropout_forward(
                x, {"mode": "train", "p": row[0]}, p_is=p_is)
            np.testing.assert_allclose(out.mean(), m, rtol=1e-14)
            assert (out == 0).mean() == z
    finally:
        np.random.set_state(state)


def network_loss(x, y, weights, hidden, reg=0.0):
    """Affine, `hidden`, affine, `hidden`, affine, softmax; biases are 0."""
    *inner, last = weights
    for w in inner:
        x, _ = cs231n.affine_forward(x, w, np.zeros(w.shape[1]))
        x = hidden(x)
    x, _ = cs231n.affine_forward(x, last, np.zeros(last.shape[1]))
    loss, _ = cs231n.softmax_loss(x, y)
    return loss + sum(0.5 * reg * np.sum(w**2) for w in weights)


def network_draws(rng):
    sizes = 15, 20, 30, 10
    x, y = rng.randn(2, 15), rng.randint(10, size=2)
    return x, y, lambda rng: [5e-2 * rng.randn(*s) for s in pairwise(sizes)]


def batchnorm_relu(x):
    gamma, beta = np.ones(x.shape[1]), np.zeros(x.shape[1])
    out, _ = cs231n.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    return cs231n.relu_forward(out)[0]


def test_the_batch_norm_networks_initial_loss_has_all_17_digits():
    """As printed on a machine with AVX2; elsewhere products may round otherwise."""
    rng = seeded()
    x, y, draw = network_draws(rng)
    for reg, loss in ((0, 2.2611955101340957), (3.14, 6.996533220108303)):
        got = network_loss(x, y, draw(rng), batchnorm_relu, reg)
        np.testing.assert_allclose(got, loss, rtol=1e-15)


def test_the_dropout_networks_initial_losses_have_all_17_digits():
    """The assignment's seed moves NumPy's own generator, on which the third net's
    weights depend: 60 numbers after seed 123."""
    rng, moved = seeded(), np.random.RandomState(123)
    moved.rand(2, 30)
    x, y, draw = network_draws(rng)
    for keep, source, loss in ((1, rng, 2.3004790897684924),
                               (0.75, rng, 2.302371489704412),
                               (0.5, moved, 2.3042759220785896)):
        param = {"mode": "train", "p": keep, "seed": 123}

        def hidden(x, param=param):
            out, _ = cs231n.relu_forward(x)
            return cs231n.dropout_forward(out, param, p_is="keep")[0]

        got = network_loss(x, y, draw(source), hidden)
        np.testing.assert_allclose(got, loss, rtol=1e-15)
