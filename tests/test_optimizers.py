"""Optimizers: each held to its equation written out for one number, and to a valley."""

import copy
import math

import numpy as np
import pytest

from bnbook import nn

every_optimizer = pytest.mark.parametrize("name", nn.OPTIMIZERS)
STATEFUL = [name for name in nn.OPTIMIZERS if name != "sgd"]
SLOTS = {"sgd": [], "momentum": ["v"], "nesterov": ["v"], "adagrad": ["h"],
         "rmsprop": ["h"], "adam": ["m", "v", "t"]}


def gradients(steps, seed=0):
    """For each step a gradient of w (2, 3) and of b (2,)."""
    rng = np.random.default_rng(seed)
    return [{"w": rng.normal(size=(2, 3)), "b": rng.normal(size=2)}
            for _ in range(steps)]


def start(dtype=float):
    rng = np.random.default_rng(9)
    return {"w": rng.normal(size=(2, 3)).astype(dtype),
            "b": rng.normal(size=2).astype(dtype)}


def walk(name, params, steps, **how):
    """(params, state) after one step for each of the gradients."""
    state = {}
    for grads in steps:
        params, state = nn.OPTIMIZERS[name](params, grads, state, **how)
    return params, state


def by_sgd(p, steps, lr):
    return p - lr * sum(steps)


def by_momentum(p, steps, lr, momentum):
    # Unrolled: step k moves by -lr times all gradients so far, aged by momentum.
    for k in range(len(steps)):
        p -= lr * sum(momentum**(k - i) * steps[i] for i in range(k + 1))
    return p


def by_nesterov(p, steps, lr, momentum):
    # In the paper's form: theta moves, and p = theta + momentum * v looks ahead.
    theta, v = p, 0.0
    for g in steps:
        v = momentum * v - lr * g
        theta += v
    return theta + momentum * v


def by_adagrad(p, steps, lr, eps):
    for k, g in enumerate(steps):
        p -= lr * g / (math.hypot(*steps[:k + 1]) + eps)
    return p


def by_rmsprop(p, steps, lr, decay, eps):
    for k, g in enumerate(steps):
        mean = (1 - decay) * sum(decay**(k - i) * steps[i]**2 for i in range(k + 1))
        p -= lr * g / (math.sqrt(mean) + eps)
    return p


def by_adam(p, steps, lr, beta1, beta2, eps):
    # Corrected means are weighted means: the weights are divided by their sum.
    for k in range(len(steps)):
        first = [beta1**(k - i) for i in range(k + 1)]
        second = [beta2**(k - i) for i in range(k + 1)]
        m = sum(a * g for a, g in zip(first, steps)) / sum(first)
        v = sum(a * g * g for a, g in zip(second, steps)) / sum(second)
        p -= lr * m / (math.sqrt(v) + eps)
    return p


RECURRENCES = {  # name: what it does to one number, what is set, what is the default
    "sgd": (by_sgd, {}, {}),
    "momentum": (by_momentum, {"momentum": 0.6}, {"momentum": 0.9}),
    "nesterov": (by_nesterov, {"momentum": 0.6}, {"momentum": 0.9}),
    "adagrad": (by_adagrad, {"eps": 0.1}, {"eps": 1e-8}),
    "rmsprop": (by_rmsprop, {"decay": 0.7, "eps": 0.1}, {"decay": 0.99, "eps": 1e-8}),
    "adam": (by_adam, {"beta1": 0.6, "beta2": 0.8, "eps": 0.1},
             {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
}


@every_optimizer
@pytest.mark.parametrize("default", [False, True])
def test_every_number_follows_its_recurrence(name, default):
    by_hand, chosen, defaults = RECURRENCES[name]
    steps, known = gradients(5), defaults if default else chosen
    params, _ = walk(name, start(), steps, lr=0.3, **({} if default else chosen))
    for key, first in start().items():
        for i in np.ndindex(first.shape):
            truth = by_hand(first[i], [g[key][i] for g in steps], 0.3, **known)
            # Five steps of a few roundings each.
            assert params[key][i] == pytest.approx(truth, rel=1e-13, abs=1e-14)


# What cs231n's notebook of fully connected networks prints: the first row of each.
PUBLISHED = [
    ("momentum", 1e-3, {"v": (0.6, 0.9)}, {},
     {"p": [0.1406, 0.20738947, 0.27417895, 0.34096842, 0.40775789],
      "v": [0.5406, 0.55475789, 0.56891579, 0.58307368, 0.59723158]}),
    ("rmsprop", 1e-2, {"h": (0.6, 0.9)}, {},
     {"p": [-0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247]}),
    ("adam", 1e-2, {"m": (0.6, 0.9), "v": (0.7, 0.5)}, {"t": 5},
     {"p": [-0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977],
      "v": [0.69966, 0.68908382, 0.67851319, 0.66794809, 0.65738853]}),
]


@pytest.mark.parametrize("name, lr, slots, more, printed", PUBLISHED,
                         ids=[row[0] for row in PUBLISHED])
def test_cs231ns_published_digits_come_out(name, lr, slots, more, printed):
    def ramp(ends):
        return {"p": np.linspace(*ends, 20).reshape(4, 5)}

    state = {slot: ramp(ends) for slot, ends in slots.items()} | more
    params, state = nn.OPTIMIZERS[name](
        ramp((-0.4, 0.6)), ramp((-0.6, 0.4)), state, lr=lr)
    for key, digits in printed.items():
        got = (params if key == "p" else state[key])["p"][0]
        np.testing.assert_allclose(got, digits, rtol=0, atol=5e-9)


@every_optimizer
def test_it_finds_the_bottom_of_a_valley(name):
    # 10 (x - 3)^2 / 2 + (y + 1)^2 / 2, curved ten times as much along x as along y.
    curvature, bottom = np.array([10.0, 1.0]), np.array([3.0, -1.0])
    params, state = {"p": np.zeros(2)}, {}
    lr = {"adagrad": 1.0, "rmsprop": 0.01, "adam": 0.1}.get(name, 0.05)
    for _ in range(500):
        grads = {"p": curvature * (params["p"] - bottom)}
        params, state = nn.OPTIMIZERS[name](params, grads, state, lr=lr)
    # RMSProp's steps do not shrink, so it stays within about one of the bottom.
    np.testing.assert_allclose(params["p"], bottom, atol=2 * lr if name == "rmsprop"
                               else 1e-3)


def test_adams_first_step_is_lr_against_the_sign():
    params, _ = walk("adam", {"p": np.zeros(3)}, [{"p": np.array([1e-3, -5, 70])}],
                     lr=0.1)
    np.testing.assert_allclose(params["p"], [-0.1, 0.1, -0.1], rtol=2e-5)


@every_optimizer
def test_the_state_has_the_symbols_that_are_carried_on(name):
    _, state = walk(name, start(), gradients(3), lr=0.1)
    assert list(state) == SLOTS[name]
    for slot in set(SLOTS[name]) - {"t"}:
        assert {n: a.shape for n, a in state[slot].items()} == {"w": (2, 3), "b": (2,)}
    assert state.get("t", 3) == 3


@every_optimizer
def test_a_stopped_run_can_be_resumed(name):
    steps = gradients(6)
    whole, _ = walk(name, start(), steps, lr=0.1)
    params, state = walk(name, start(), steps[:2], lr=0.1)
    state = copy.deepcopy(state)
    for grads in steps[2:]:
        params, state = nn.OPTIMIZERS[name](params, grads, state, lr=0.1)
    for key in whole:
        np.testing.assert_array_equal(params[key], whole[key])


@every_optimizer
def test_no_argument_changes_and_none_is_returned(name):
    first, state = walk(name, start(), gradients(1), lr=0.1)
    grads = gradients(1, seed=3)[0]
    kept = copy.deepcopy((first, grads, state))
    result = nn.OPTIMIZERS[name](first, grads, state, lr=0.1)
    for a, b in zip(leaves((first, grads, state)), leaves(kept), strict=True):
        np.testing.assert_array_equal(a, b)
    for array in leaves(result):
        array *= 0
    for a, b in zip(leaves((first, grads, state)), leaves(kept), strict=True):
        np.testing.assert_array_equal(a, b)


def leaves(tree):
    """Every array in nested dicts and tuples."""
    if isinstance(tree, np.ndarray):
        return [tree]
    branches = tree.values() if isinstance(tree, dict) else tree
    return [a for b in branches if not isinstance(b, int) for a in leaves(b)]


@every_optimizer
def test_a_rate_of_zero_moves_nothing(name):
    params, _ = walk(name, start(), gradients(3), lr=0)
    for key, p in start().items():
        np.testing.assert_array_equal(params[key], p)


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
@pytest.mark.parametrize("lr", [0.1, np.float64(0.1)])
def test_parameters_keep_their_dtype_whatever_the_gradients(name, dtype, lr):
    params, state = walk(name, start(dtype), gradients(2), lr=lr)
    assert {p.dtype for p in params.values()} == {np.dtype(dtype)}
    # Squares of gradients, and an eps of 1e-8, are beyond float16.
    wide = np.dtype(np.float32 if dtype == np.float16 else dtype)
    assert {a.dtype for a in leaves(state)} <= {wide}


def test_float16_parameters_without_a_gradient_stay():
    first, grads = {"p": np.ones(2, np.float16)}, {"p": [0.0, 1e-3]}
    params, _ = walk("adam", first, [grads], lr=0.5)
    np.testing.assert_array_equal(params["p"], np.float16([1, 0.5]))


@every_optimizer
def test_integers_become_float64(name):
    params, _ = walk(name, {"p": [4, 5]}, [{"p": [1, 1]}], lr=0.5)
    assert params["p"].dtype == np.float64 and (params["p"] < [4, 5]).all()


@every_optimizer
def test_nan_stays_in_its_element(name):
    steps = gradients(2)
    steps[0]["w"][1, 2] = np.nan
    params, _ = walk(name, start(), steps, lr=0.1)
    assert np.isnan(params["w"][1, 2]) and np.isnan(params["w"]).sum() == 1
    assert np.isfinite(params["b"]).all()


P, G = {"p": np.ones(2)}, {"p": np.array([1.0, 2.0])}
ERRORS = [
    (ValueError, "grads: keys ['q'], expected ['p']", (P, {"q": G["p"]}, {}), {}),
    (ValueError, "grads['p']: shape (1, 2), expected (2,)", (P, {"p": [[1, 2]]}, {}),
     {}),
    (TypeError, "grads['p']: dtype complex128", (P, {"p": G["p"] * 1j}, {}), {}),
    (TypeError, "params['p']: dtype bool", ({"p": [True, False]}, G, {}), {}),
    (TypeError, "params: list, expected a dict", ([P["p"]], G, {}), {}),
    (TypeError, "grads: list, expected a dict", (P, [G["p"]], {}), {}),
    (TypeError, "state: NoneType, expected a dict", (P, G, None), {}),
    (TypeError, "state: ndarray, expected a dict", (P, G, np.zeros(2)), {}),
    (ValueError, "grads: keys [1, 'p'], expected ['p']", (P, {1: G["p"], **G}, {}), {}),
    (ValueError, "lr: -1, expected a number >= 0", (P, G, {}), {"lr": -1}),
    (ValueError, "lr: nan", (P, G, {}), {"lr": float("nan")}),
    (TypeError, "lr: '1', expected a number", (P, G, {}), {"lr": "1"}),
]


@every_optimizer
@pytest.mark.parametrize(("kind", "message", "args", "how"), ERRORS,
                         ids=[e[1] for e in ERRORS])
def test_bad_arguments_are_named_in_one_line(name, kind, message, args, how):
    with pytest.raises(kind) as raised:
        nn.OPTIMIZERS[name](*args, **{"lr": 0.1, **how})
    assert str(raised.value).startswith(message) and "\n" not in str(raised.value)


@every_optimizer
def test_the_state_of_another_optimizer_is_refused(name):
    for other in nn.OPTIMIZERS:
        _, state = walk(other, P, [G], lr=0.1)
        if state and SLOTS[other] != SLOTS[name]:
            with pytest.raises(ValueError, match=r"^state: keys .* expected"):
                nn.OPTIMIZERS[name](P, G, state, lr=0.1)


@pytest.mark.parametrize("name", STATEFUL)
def test_a_state_of_other_names_or_shapes_is_refused(name):
    _, state = walk(name, P, [G], lr=0.1)
    slot = SLOTS[name][-1 if name != "adam" else 1]
    for wrong, start in [
            ({"q": np.ones(2)}, f"state['{slot}']: keys ['q'], expected ['p']"),
            ({"p": np.ones(3)}, f"state['{slot}']['p']: shape (3,), expected (2,)")]:
        with pytest.raises(ValueError) as raised:
            nn.OPTIMIZERS[name](P, G, {**state, slot: wrong}, lr=0.1)
        assert str(raised.value) == start


def test_half_a_state_of_adam_is_refused():
    _, state = walk("adam", P, [G], lr=0.1)
    for key in state:
        half = {k: v for k, v in state.items() if k != key}
        with pytest.raises(ValueError, match=r"^state: keys"):
            nn.adam(P, G, half, lr=0.1)
    with pytest.raises(ValueError, match=r"^state\['t'\]: -1, expected at least 0"):
        nn.adam(P, G, {**state, "t": -1}, lr=0.1)


NUMBERS = [(name, key) for name, row in RECURRENCES.items() for key in row[2]]


@pytest.mark.parametrize("name, key", NUMBERS)
def test_numbers_out_of_range_are_refused(name, key):
    wrong = (-0.1, float("nan")) + (() if key == "eps" else (1, 1.5))
    for value in wrong:
        with pytest.raises(ValueError, match=f"^{key}: {value}, expected a number"):
            nn.OPTIMIZERS[name](P, G, {}, lr=0.1, **{key: value})
    with pytest.raises(TypeError, match=f"^{key}: None, expected a number"):
        nn.OPTIMIZERS[name](P, G, {}, lr=0.1, **{key: None})
