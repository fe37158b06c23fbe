"""Hand-derived forward and backward passes, held to the trace by the tests."""

from bnbook.norm.batch_norm import (
    BatchNormCache,
    batch_norm_backward,
    batch_norm_backward_detached,
    batch_norm_backward_staged,
    batch_norm_forward,
    staged_gradients,
)
from bnbook.norm.batch_norm_layer import (
    LayerCache,
    added,
    inference_forward,
    input_gradient,
    layer_backward,
    training_forward,
)
from bnbook.norm.family import (
    group_norm_backward,
    group_norm_forward,
    instance_norm_backward,
    instance_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
)
from bnbook.norm.folding import folded
from bnbook.norm.layer import BatchNorm
from bnbook.norm.rms_norm import rms_norm_backward, rms_norm_forward
from bnbook.norm.running import (
    Moments,
    initial_state,
    merged,
    moments,
    pooled,
    updated,
)

__all__ = [
    "BatchNorm",
    "BatchNormCache",
    "LayerCache",
    "Moments",
    "added",
    "batch_norm_backward",
    "batch_norm_backward_detached",
    "batch_norm_backward_staged",
    "batch_norm_forward",
    "folded",
    "group_norm_backward",
    "group_norm_forward",
    "inference_forward",
    "initial_state",
    "input_gradient",
    "instance_norm_backward",
    "instance_norm_forward",
    "layer_backward",
    "layer_norm_backward",
    "layer_norm_forward",
    "merged",
    "moments",
    "pooled",
    "rms_norm_backward",
    "rms_norm_forward",
    "staged_gradients",
    "training_forward",
    "updated",
]
