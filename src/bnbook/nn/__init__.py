"""What a network needs, as pure functions with explicit caches."""

from bnbook.nn.averaging import Averaged, averaged
from bnbook.nn.batch_norms import detached_backward
from bnbook.nn.builders import conv_net, mlp, residual_mlp
from bnbook.nn.convolution import (
    conv_backward,
    conv_backward_naive,
    conv_forward,
    conv_forward_naive,
)
from bnbook.nn.curvature import hessian_vector_product, steps_along
from bnbook.nn.dropout import dropout_backward, dropout_forward
from bnbook.nn.exchange import to_onnx
from bnbook.nn.exchange_read import from_onnx
from bnbook.nn.folding import Folded, fold
from bnbook.nn.inference import (
    StatisticsGap,
    accuracy,
    evaluate,
    predict,
    statistics,
    statistics_gaps,
)
from bnbook.nn.initializers import initial_std, initial_weights
from bnbook.nn.layers import (
    add_backward,
    add_forward,
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
    svm_backward,
    svm_forward,
)
from bnbook.nn.network import Network, Run
from bnbook.nn.noise import noise_backward, noise_forward
from bnbook.nn.objective import (
    LOSSES,
    LossAndGrads,
    loss_and_grads,
    numerical_gradients,
    per_sample_gradients,
)
from bnbook.nn.optimizers import (
    OPTIMIZERS,
    adagrad,
    adam,
    momentum,
    nesterov,
    rmsprop,
    sgd,
)
from bnbook.nn.pooling import (
    max_pool_backward,
    max_pool_backward_naive,
    max_pool_forward,
    max_pool_forward_naive,
)
from bnbook.nn.progress import Progress
from bnbook.nn.quantizing import Quantized, quantized
from bnbook.nn.saving import load, save
from bnbook.nn.structure import Layer, Spec, layer
from bnbook.nn.table import LAYERS, NORMALIZATIONS, Kind, Param
from bnbook.nn.trainer import Trainer
from bnbook.nn.training import Curves, Log, accuracy_curves, train
from bnbook.norm.stable import added

__all__ = [
    "LAYERS", "LOSSES", "NORMALIZATIONS", "OPTIMIZERS", "Averaged", "Curves", "Folded",
    "Kind", "Layer", "Log", "LossAndGrads", "Network", "Param", "Progress", "Quantized",
    "Run", "Spec", "StatisticsGap", "Trainer", "accuracy", "accuracy_curves", "adagrad",
    "adam", "add_backward", "add_forward", "added", "affine_backward", "affine_forward",
    "averaged", "conv_backward", "conv_backward_naive", "conv_forward",
    "conv_forward_naive", "conv_net", "detached_backward", "dropout_backward",
    "dropout_forward", "evaluate", "fold", "from_onnx", "hessian_vector_product",
    "initial_std", "initial_weights", "layer", "load", "loss_and_grads",
    "max_pool_backward", "max_pool_backward_naive", "max_pool_forward",
    "max_pool_forward_naive", "mlp", "momentum", "nesterov", "noise_backward",
    "noise_forward", "numerical_gradients", "per_sample_gradients", "predict",
    "quantized", "relu_backward", "relu_forward", "residual_mlp", "rmsprop", "save",
    "sgd", "sigmoid_backward", "sigmoid_forward", "softmax_cross_entropy_backward",
    "softmax_cross_entropy_forward", "statistics", "statistics_gaps", "steps_along",
    "svm_backward", "svm_forward", "tanh_backward", "tanh_forward", "to_onnx", "train",
]
