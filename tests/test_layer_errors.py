"""The layer's errors: one line that names the argument, and nothing has changed."""

import copy
import pickle

import numpy as np
import pytest

from bnbook import BatchNorm
from common import inference_forward
from test_layer import both_modes, made, same

CONSTRUCTOR = [
    ({"num_features": 0}, "num_features: 0, expected at least 1"),
    ({"num_features": 2.0}, "num_features: 2.0, expected an integer"),
    ({"num_features": True}, "num_features: True, expected an integer"),
    ({"eps": -1e-5}, "eps: -1e-05, expected a number >= 0"),
    ({"eps": None}, "eps: None, expected a number >= 0"),
    ({"eps": np.inf}, "eps: inf, expected a number >= 0"),
    ({"momentum": 1.5}, "momentum: 1.5, expected a number from 0 to 1"),
    ({"momentum": -0.1}, "momentum: -0.1, expected a number from 0 to 1"),
    ({"momentum": np.nan}, "momentum: nan, expected a number from 0 to 1"),
    ({"momentum": "0.9"}, "momentum: '0.9', expected a number from 0 to 1"),
    ({"momentum": True}, "momentum: True, expected a number from 0 to 1"),
    ({"affine": 1}, "affine: 1, expected True or False"),
    ({"track_running_stats": None},
     "track_running_stats: None, expected True or False"),
    ({"unbiased_running_var": "no"},
     "unbiased_running_var: 'no', expected True or False"),
    ({"dtype": int}, "dtype: <class 'int'>, expected one of float16, float32, float64, "
     "longdouble"),
    ({"dtype": complex}, "dtype: <class 'complex'>, expected one of float16, float32, "
     "float64, longdouble"),
    ({"dtype": None}, "dtype: None, expected one of float16, float32, float64, "
     "longdouble"),
    ({"dtype": (int, -1)}, "dtype: (<class 'int'>, -1), expected one of float16, "
     "float32, float64, longdouble"),
    ({"dtype": "real"}, "dtype: 'real', expected one of float16, float32, float64, "
     "longdouble"),
]


@pytest.mark.parametrize("options, message", CONSTRUCTOR)
def test_the_constructor_refuses(options, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        BatchNorm(**{"num_features": 3, **options})
    assert str(caught.value) == message


def changed(**changes):
    """A function that assigns to params and state of a layer, key by key."""
    def change(bn):
        for name, value in changes.items():
            (bn.params if name in ("gamma", "beta") else bn.state)[name] = value
    return change


def assigned(**attributes):
    def change(bn):
        for name, value in attributes.items():
            setattr(bn, name, value)
    return change


def nothing(bn):
    pass


X = np.random.default_rng(3).normal(size=(4, 3))
FORWARD = [
    (nothing, (np.ones(3), True), "x: 1 dimensions, expected 2 to 5: (N, C, *spatial)"),
    (nothing, (np.ones((2, 3, 1, 1, 1, 1)), False),
     "x: 6 dimensions, expected 2 to 5: (N, C, *spatial)"),
    (nothing, (X[:1], True),
     "x: shape (1, 3) gives a channel 1 values, expected at least 2"),
    (nothing, (X[:0], True),
     "x: shape (0, 3) gives a channel 0 values, expected at least 2"),
    (nothing, (np.ones((4, 3, 0)), True),
     "x: shape (4, 3, 0) gives a channel 0 values, expected at least 2"),
    (nothing, (np.ones((4, 5)), True),
     "x: shape (4, 5), expected 3 channels on axis 1"),
    (nothing, (np.ones((4, 2)), True),
     "x: shape (4, 2), expected 3 channels on axis 1"),
    (nothing, (np.ones((4, 0)), False),
     "x: shape (4, 0), expected 3 channels on axis 1"),
    (nothing, (X.astype(complex), True), "x: dtype complex128, expected real numbers"),
    (nothing, (X > 0, True), "x: dtype bool, expected real numbers"),
    (nothing, (X.astype(object), True), "x: dtype object, expected real numbers"),
    (nothing, (X.astype(str), True), "x: dtype <U32, expected real numbers"),
    (nothing, (None, True), "x: dtype object, expected real numbers"),
    (nothing, ([[1, 2, 3], [4]], True), "x: rows of unequal length, expected an array"),
    (nothing, (np.ma.masked_less(X, 0), True),
     "x: a masked array, expected a plain one (fill it first)"),
    (nothing, ([np.ma.masked_less(row, 0) for row in X], True),
     "x: a masked array, expected a plain one (fill it first)"),
    (nothing, (X, "train"), "training: 'train', expected True or False"),
    (nothing, (X, 1), "training: 1, expected True or False"),
    (nothing, (X, None), "training: None, expected True or False"),
    (changed(gamma=np.ones((1, 3))), (X, True), "gamma: shape (1, 3), expected (C,) = "
     "(3,); reshape it with gamma.reshape(-1)"),
    (changed(beta=np.ones(2)), (X, True), "beta: shape (2,), expected (C,) = (3,)"),
    (changed(beta=1.0), (X, True), "beta: shape (), expected (C,) = (3,)"),
    (changed(gamma=np.ones(3, complex)), (X, True),
     "gamma: dtype complex128, expected real numbers"),
    (assigned(params={"gamma": np.ones(3)}), (X, True),
     "params: keys ['gamma'], expected ['gamma', 'beta']"),
    (assigned(params=[1, 2]), (X, True), "params: list, expected a dict"),
    (changed(running_mean=np.ones((1, 3))), (X, True), "running_mean: shape (1, 3), "
     "expected (C,) = (3,); reshape it with running_mean.reshape(-1)"),
    (changed(running_var=np.ones(4)), (X, False),
     "running_var: shape (4,), expected (C,) = (3,)"),
    (changed(running_var=[1, -2, 3]), (X, True),
     "running_var: smallest value -2.0, expected at least 0"),
    (changed(num_batches=-1), (X, True), "num_batches: -1, expected at least 0"),
    (changed(num_batches=1.5), (X, False), "num_batches: 1.5, expected an integer"),
    (changed(num_values=3), (X, False), "state: keys ['running_mean', 'running_var', "
     "'num_batches', 'num_values'], expected ['running_mean', 'running_var', "
     "'num_batches']"),
    (assigned(state=None), (X, True), "state: NoneType, expected a dict"),
    (assigned(state={}), (X, True), "state: keys [], expected ['running_mean', "
     "'running_var', 'num_batches']"),
]


def everything(bn):
    return copy.deepcopy([bn.params, bn.state, bn.grads, bn.hyperparams])


def unchanged(bn, before):
    for a, b in zip(everything(bn), before):
        if isinstance(a, dict):
            same(a, b)
        else:
            assert a == b


@pytest.mark.parametrize("change, arguments, message", FORWARD)
def test_a_bad_forward_gets_one_line_and_changes_nothing(change, arguments, message):
    """Nor is the last good forward forgotten: its backward still gives the same."""
    bn = made()
    bn.forward(X, training=True)
    dy = X[::-1] + 1
    dx = bn.backward(dy)
    change(bn)
    before, given_before = everything(bn), pickle.dumps(arguments)
    with pytest.raises((TypeError, ValueError)) as caught:
        bn.forward(*arguments)
    assert str(caught.value) == message
    unchanged(bn, before)
    assert pickle.dumps(arguments) == given_before
    same(bn.backward(dy), dx)


@pytest.mark.parametrize("dy, message", [
    (np.ones(3), "dy: shape (3,), expected (4, 3)"),
    (np.ones((1, 3)), "dy: shape (1, 3), expected (4, 3)"),
    (np.ones((3, 4)), "dy: shape (3, 4), expected (4, 3)"),
    (1.0, "dy: shape (), expected (4, 3)"),
    (np.ones((4, 3), complex), "dy: dtype complex128, expected real numbers"),
    (np.ones((4, 3), bool), "dy: dtype bool, expected real numbers"),
    (np.ma.ones((4, 3)), "dy: a masked array, expected a plain one (fill it first)"),
])
@pytest.mark.parametrize("input_only", [True, False])
@both_modes
def test_a_bad_backward_gets_one_line_and_changes_nothing(
        dy, message, input_only, training):
    bn = made()
    bn.forward(X, training)
    bn.backward(X)
    before = everything(bn)
    with pytest.raises((TypeError, ValueError)) as caught:
        bn.backward(dy, input_only=input_only)
    assert str(caught.value) == message
    unchanged(bn, before)


def test_input_only_is_true_or_false():
    bn = made()
    bn.forward(X, training=True)
    with pytest.raises(TypeError, match=r"^input_only: 1, expected True or False$"):
        bn.backward(X, input_only=1)


def test_backward_before_forward():
    message = "^backward: no forward yet, expected one before it$"
    with pytest.raises(RuntimeError, match=message):
        made().backward(X)


@pytest.mark.parametrize("name", ["params", "state"])
@pytest.mark.parametrize("wrong", [None, [], np.ones(3)])
def test_what_is_no_dict_is_refused_before_the_first_forward_too(name, wrong):
    bn = BatchNorm()
    setattr(bn, name, wrong)
    with pytest.raises(TypeError, match=f"^{name}: .*, expected a dict$"):
        bn.forward(X, training=True)


def test_without_affine_there_are_no_params_to_assign():
    bn = BatchNorm(3, affine=False)
    bn.params = {"gamma": np.ones(3)}
    with pytest.raises(ValueError, match=r"^params: keys \['gamma'\], expected \[\]$"):
        bn.forward(X, training=True)


def test_without_running_statistics_there_is_no_state_to_assign():
    bn = BatchNorm(3, track_running_stats=False)
    bn.state = {"running_mean": np.zeros(3)}
    with pytest.raises(ValueError, match=r"^state: keys .*, expected \[\]$"):
        bn.forward(X, training=True)


@pytest.mark.parametrize("change, message", [
    ({"mean": np.ones((1, 3))}, "running_mean: shape (1, 3), expected (C,) = (3,); "
     "reshape it with running_mean.reshape(-1)"),
    ({"var": [1, 1, -1]}, "running_var: smallest value -1.0, expected at least 0"),
    ({"eps": -1.0}, "eps: -1.0, expected a number >= 0"),
    ({"gamma": np.ones(1)}, "gamma: shape (1,), expected (C,) = (3,)"),
])
def test_the_function_of_inference_refuses(change, message):
    good = {"x": X, "gamma": np.ones(3), "beta": np.ones(3), "mean": np.ones(3),
            "var": np.ones(3), "eps": 1e-5}
    with pytest.raises((TypeError, ValueError)) as caught:
        inference_forward(**{**good, **change})
    assert str(caught.value) == message
