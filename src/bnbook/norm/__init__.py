"""Hand-derived forward and backward passes, held to the trace by the tests."""

from bnbook.norm.exchange import to_onnx
from bnbook.norm.family import (
    group_norm_backward,
    group_norm_forward,
    instance_norm_backward,
    instance_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
)
from bnbook.norm.folding import fold_behind, fold_in_front, folded
from bnbook.norm.layer import BatchNorm
from bnbook.norm.ranks import Ranks, RanksError
from bnbook.norm.rms_norm import rms_norm_backward, rms_norm_forward
from bnbook.norm.running import (
    Moments,
    initial_state,
    merged,
    moments,
    pooled,
    updated,
)
from bnbook.norm.stable import Cache, added, batch_norm, batch_norm_vjp
from bnbook.norm.synchronized import (
    SynchronizedCache,
    synchronized_batch_norm,
    synchronized_batch_norm_vjp,
)
from bnbook.norm.textbook import (
    BatchNormCache,
    batch_norm_backward,
    batch_norm_backward_detached,
    batch_norm_backward_staged,
    batch_norm_forward,
    staged_gradients,
)

__all__ = [
    "BatchNorm",
    "BatchNormCache",
    "Cache",
    "Moments",
    "Ranks",
    "RanksError",
    "SynchronizedCache",
    "added",
    "batch_norm",
    "batch_norm_backward",
    "batch_norm_backward_detached",
    "batch_norm_backward_staged",
    "batch_norm_forward",
    "batch_norm_vjp",
    "fold_behind",
    "fold_in_front",
    "folded",
    "group_norm_backward",
    "group_norm_forward",
    "initial_state",
    "instance_norm_backward",
    "instance_norm_forward",
    "layer_norm_backward",
    "layer_norm_forward",
    "merged",
    "moments",
    "pooled",
    "rms_norm_backward",
    "rms_norm_forward",
    "staged_gradients",
    "synchronized_batch_norm",
    "synchronized_batch_norm_vjp",
    "to_onnx",
    "updated",
]
