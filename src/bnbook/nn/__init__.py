"""What a network needs, as pure functions with explicit caches."""

from bnbook.nn.inference import predict, statistics
from bnbook.nn.initializers import initial_std, initial_weights
from bnbook.nn.layers import (
    affine_backward,
    affine_forward,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)
from bnbook.nn.losses import (
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
)
from bnbook.nn.network import Layer, Network, Run
from bnbook.nn.optimizers import sgd
from bnbook.nn.training import (
    Curves,
    Log,
    accuracy,
    accuracy_curves,
    evaluate,
    step,
    train,
)

__all__ = [
    "Curves", "Layer", "Log", "Network", "Run", "accuracy", "accuracy_curves",
    "affine_backward", "affine_forward", "evaluate", "initial_std", "initial_weights",
    "predict", "relu_backward", "relu_forward", "sgd", "sigmoid_backward",
    "sigmoid_forward", "softmax_cross_entropy_backward",
    "softmax_cross_entropy_forward", "statistics", "step", "tanh_backward",
    "tanh_forward", "train",
]
