"""The specimens of the layers around batch norm."""

from bnbook.check.implementations import Implementation
from bnbook.check.specimens import layers, pooling
from bnbook.check.specimens.exhibits import Exhibit


def _dropout(forward):
    return Implementation(forward, layers.dropout_backward)


DROPOUT = (
    Exhibit("scaled by 1 / p", "S3", "It keeps with 1 - p, and divides by p.",
            "The mean is 9 times too large at p = 0.1, a quarter at 0.8, right at 0.5.",
            layers.dropout_over_p, "mean at p = 0.1", _dropout(layers.dropout_over_p)),
    Exhibit("one row of mask", "S3", "All rows of the batch have one mask.",
            "Whole columns are 0.",
            layers.dropout_one_row, "mask per element",
            _dropout(layers.dropout_one_row)),
    Exhibit("p = 1 divides by 0", "S2 S3", "The scale is 1 / (1 - p), whatever p is.",
            "At p = 1 all is NaN.",
            layers.dropout_over_nothing, "p = 1",
            _dropout(layers.dropout_over_nothing)),
)

RELU = (
    Exhibit("dout overwritten", "S3", "backward writes dx into the caller's dout.",
            "dout is not what it was.",
            layers.relu_in_place, "dout kept",
            Implementation(layers.relu_forward, layers.relu_in_place)),
    Exhibit("open at 0", "S3", "The gradient passes where x is exactly 0.",
            "dx is dout there, not 0.",
            layers.relu_open_at_zero, "closed at 0",
            Implementation(layers.relu_forward, layers.relu_open_at_zero)),
)

CONVOLUTION = (
    Exhibit("conv sizes by /", "S3", "Sizes are divided with /.",
            "TypeError on Python 3.",
            layers.conv_true_division, "sizes are whole",
            Implementation(layers.conv_true_division, None)),
)


def _pool(forward=pooling.pool_forward, backward=pooling.pool_backward):
    def with_param(x, height, width, stride):
        return forward(x, {"pool_height": height, "pool_width": width,
                           "stride": stride})
    return Implementation(with_param, backward)


POOLING = (
    Exhibit("pool sizes by /", "S3", "Sizes are divided with /.",
            "TypeError on Python 3.",
            pooling.pool_true_division, "2 by 2, stride 2",
            _pool(pooling.pool_true_division)),
    Exhibit("width for height", "S3", "A window is as high as it is wide.",
            "Square windows are right, others are not.",
            pooling.pool_width_for_height, "windows not square",
            _pool(pooling.pool_width_for_height)),
    Exhibit("windows overwrite", "S3", "backward assigns, and should add.",
            "Where windows overlap, gradient is lost.",
            pooling.pool_assigns, "windows overlap",
            _pool(backward=pooling.pool_assigns)),
    Exhibit("every tie gets all", "S3", "Each tied maximum gets the whole gradient.",
            "The sum of dx is larger than that of dout.",
            pooling.pool_all_to_every_tie, "ties",
            _pool(backward=pooling.pool_all_to_every_tie)),
)
