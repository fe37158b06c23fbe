"""Hand-derived forward and backward passes, held to the trace by the tests."""

from bnbook.norm.batch_norm import (
    BatchNormCache,
    batch_norm_backward,
    batch_norm_backward_detached,
    batch_norm_backward_staged,
    batch_norm_forward,
    staged_gradients,
)

__all__ = [
    "BatchNormCache",
    "batch_norm_backward",
    "batch_norm_backward_detached",
    "batch_norm_backward_staged",
    "batch_norm_forward",
    "staged_gradients",
]
