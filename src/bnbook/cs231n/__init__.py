"""The functions of the cs231n assignment 2's `layers.py`: same names, same contract.

A notebook of that assignment runs when its `from cs231n.layers import *` becomes
`from bnbook.cs231n import *`. If it is of 2018 or later, say `dropout_p_is("keep")`
once: its p is the probability to keep, and here, as before 2018, to drop.

They are thin functions over `norm` and `nn`. Every forward returns (out, cache), every
backward takes (dout, cache); a cache is opaque, shares no memory with what was handed
in or out, and can be used again. No argument is changed but `bn_param`, which receives
"running_mean" and "running_var". Integers become float64, other dtypes stay, float16 is
normalized in float32. TypeError or ValueError say in one line which argument is wrong,
what it was and what was expected.

Source: Stanford cs231n, assignment 2, 2016 to 2024.
"""

from bnbook.cs231n.network import (
    affine_backward,
    affine_forward,
    conv_backward_naive,
    conv_forward_naive,
    dropout_backward,
    dropout_forward,
    dropout_p_is,
    max_pool_backward_naive,
    max_pool_forward_naive,
    relu_backward,
    relu_forward,
    softmax_loss,
    svm_loss,
)
from bnbook.cs231n.normalization import (
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    layernorm_backward,
    layernorm_forward,
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    spatial_groupnorm_backward,
    spatial_groupnorm_forward,
)

__all__ = [
    "affine_backward", "affine_forward", "batchnorm_backward", "batchnorm_backward_alt",
    "batchnorm_forward", "conv_backward_naive", "conv_forward_naive",
    "dropout_backward", "dropout_forward", "dropout_p_is", "layernorm_backward",
    "layernorm_forward", "max_pool_backward_naive", "max_pool_forward_naive",
    "relu_backward", "relu_forward", "softmax_loss", "spatial_batchnorm_backward",
    "spatial_batchnorm_forward", "spatial_groupnorm_backward",
    "spatial_groupnorm_forward", "svm_loss",
]
