"""What was found wrong in five public write-ups of batch norm, as specimens.

Each is freshly written code, wrong in one way, with the check of this book that catches
it. S0 to S4 are the five: a layer class, a staged class in a network, functions with a
cache, a file with every layer, a graph class. "all" is what all five do.
"""

from bnbook.check import adapters
from bnbook.check.implementations import Implementation
from bnbook.check.specimens import bases, layers
from bnbook.check.specimens import functions as pairs
from bnbook.check.specimens.exhibits import Exhibit, exhibits

__all__ = [
    "CONVOLUTION", "DROPOUT", "EXHIBITS", "FUNCTIONS", "POOLING", "RELU", "STATE",
    "Exhibit",
]


def _layer(code):
    """A class in its base's style, or a forward that has the plain backward."""
    if not isinstance(code, type):
        return adapters.functions(code, pairs.batchnorm_backward)
    return next(style(code) for base, style in (
        (bases.LazyLayer, adapters.lazy), (bases.StagedLayer, adapters.staged),
        (bases.GraphLayer, adapters.graph)) if issubclass(code, base))


def _function(code):
    """A pair; of a layer, a new one every forward, or one that an image's row suits."""
    if not isinstance(code, type):
        backward = code.__name__.replace("forward", "backward")
        return Implementation(code, getattr(pairs, backward))
    if code is bases.StagedLayer:
        return adapters.one_object(code)
    of_pixels = code is not bases.LazyLayer
    return adapters.as_implementation(_layer(code), of_pixels)


def _dropout(code):
    return Implementation(code, layers.dropout_backward)


def _relu(code):
    return Implementation(layers.relu_forward, code)


def _pool(code):
    """A wrong forward or backward of pooling, with a right one."""
    backward = code.__name__ in ("pool_assigns", "pool_all_to_every_tie")
    forward = layers.pool_forward if backward else code
    return Implementation(
        lambda x, height, width, stride: forward(x, {
            "pool_height": height, "pool_width": width, "stride": stride}),
        code if backward else layers.pool_backward)


FUNCTIONS = exhibits(r"""
beta times gamma | S3 | y is (xhat + beta) * gamma. | gamma 1, 2, 3 and beta 11, 12, \
13: means 11, 24, 39; gradients agree. | functions.beta_times_gamma_forward | means \
11, 12, 13
x kept, not copied | S0 S2 S3 S4 | The cache holds the caller's x. | Editing x after \
the forward changes dx. | functions.x_kept_forward | later edits
one cache in the layer | S1 S4 | What backward needs is in the layer. | A second \
forward makes the first one's backward wrong. | bases.StagedLayer | two forwards
a statistic a pixel | S1 | Images are flattened to N by C H W. | Every pixel of an \
image has mean 0 over the batch. | s1.PixelStatistics | images
shape never restored | S4 | Images are flattened, and stay so. | (N, C, H, W) goes in, \
and (N, C H W) comes out. | s0_s4.ShapeNeverRestored | images
any number of dimensions | S0 | The dimensions of x are not checked. | (2, 2, 2, 2) \
runs: means go over N alone, gamma over W. | bases.LazyLayer | images
""", _function)

STATE = exhibits(r"""
never flushed | S0 | Each backward takes the batches from the first on. | The second \
step's dx is a list with the first batch's dx. | s0_s4.NeverFlushed | second step
evaluation kept | S0 | A forward in test mode is kept for backward too. | After an \
evaluation, training gets the evaluation's gradient. | s0_s4.EvaluationKept | \
evaluation between
running unless kept | S0 | retain_derived=False also picks statistics. | Training with \
nothing kept uses the running statistics. | s0_s4.RunningUnlessKept | nothing kept
random gamma | S0 | gamma starts at random numbers without a seed. | Two runs differ. \
| s0_s4.RandomGamma | same start
only training kept | S0 | A forward in test mode keeps nothing. | Backward after it \
gives the gradient of the last training batch. | s0_s4.OnlyTrainingKept | backward \
after test mode
only training kept, staged | S1 | A forward in test mode keeps nothing. | Train on 8 \
rows, evaluate 3, backward: ValueError. | s1.OnlyTrainingKept | another batch size
a statistic a pixel, running | S1 | Running statistics are C H W long. | An image of \
another size: ValueError. | s1.PixelStatistics | another image size
zero start, eps 1e-6 | S1 | The running variance starts at 0. | Test mode before any \
training multiplies x by 1000. | s1.ZeroStartSmallEps | before any training
no cache in test mode | S2 S3 | In test mode the cache is None. | Backward after test \
mode: TypeError. | functions.no_cache_in_test_forward | backward after test mode
zero start | S2 S3 S4 | The running variance starts at 0. | Before training x is \
multiplied by 316; after 1, 5, 10, 22, 50 batches the variance is 10, 40, 64, 88, 98 % \
of the truth. | functions.zero_start_forward | first batches
only training kept, graph | S4 | A forward in test mode keeps nothing. | Backward \
after it gives the gradient of the last training batch. | s0_s4.NoCacheInTestMode | \
backward after test mode
x handed in again | S4 | backward trusts the x it is handed. | Another x gives another \
dx, without a word. | s0_s4.XHandedInAgain | backward with another x
unknown mode is None | S4 | An unknown mode falls through. | forward returns None. | \
s0_s4.UnknownModeIsNone | unknown mode
momentum the other way | S4 | The comment on momentum is false. | At 1 the statistics \
never move: from 0, x is multiplied by 316. | s0_s4.MomentumTheOtherWay | momentum
batch of one | all | One row is taken without a word. | y is beta, and dx is 0. | \
functions.batchnorm_forward | batch of one refused
float32 sums | all | The mean is added up row after row, in float32. | mean 1e4, std \
1: y is wrong by 2e-3 at 128 rows. | functions.batchnorm_forward | float32, mean 1e4
float16 squares | all | Squares are taken in float16. | N(0, 300): the variance \
overflows, and y is 0. | functions.batchnorm_forward | float16, std 300
""", _layer)

DROPOUT = exhibits(r"""
scaled by 1 / p | S3 | It keeps with 1 - p, and divides by p. | The mean is 9 times \
too large at p = 0.1, a quarter at 0.8, right at 0.5. | layers.dropout_over_p | mean \
at p = 0.1
one row of mask | S3 | All rows of the batch have one mask. | Whole columns are 0. | \
layers.dropout_one_row | mask per element
p = 1 divides by 0 | S2 S3 | The scale is 1 / (1 - p), whatever p is. | At p = 1 all \
is NaN. | layers.dropout_over_nothing | p = 1
""", _dropout)

RELU = exhibits(r"""
dout overwritten | S3 | backward writes dx into the caller's dout. | dout is not what \
it was. | layers.relu_in_place | dout kept
open at 0 | S3 | The gradient passes where x is exactly 0. | dx is dout there, not 0. \
| layers.relu_open_at_zero | closed at 0
""", _relu)

CONVOLUTION = exhibits(r"""
conv sizes by / | S3 | Sizes are divided with /. | TypeError on Python 3. | \
layers.conv_true_division | sizes are whole
""", lambda code: Implementation(code, None))

POOLING = exhibits(r"""
pool sizes by / | S3 | Sizes are divided with /. | TypeError on Python 3. | \
layers.pool_true_division | 2 by 2, stride 2
width for height | S3 | A window is as high as it is wide. | Square windows are right, \
others are not. | layers.pool_width_for_height | windows not square
windows overwrite | S3 | backward assigns, and should add. | Where windows overlap, \
gradient is lost. | layers.pool_assigns | windows overlap
every tie gets all | S3 | Each tied maximum gets the whole gradient. | The sum of dx \
is larger than that of dout. | layers.pool_all_to_every_tie | ties
""", _pool)

EXHIBITS = FUNCTIONS + STATE + DROPOUT + RELU + CONVOLUTION + POOLING
