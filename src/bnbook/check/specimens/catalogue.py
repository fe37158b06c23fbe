"""What was found wrong in five public write-ups of batch norm, as specimens.

Each is freshly written code, wrong in one way, with the check of this book that catches
it. S0 to S4 are the five: a layer class, a staged class in a network, functions with a
cache, a file with every layer, a graph class. "all" is what all five do.
"""

from bnbook.check.specimens.batch_norm import FUNCTIONS, STATE
from bnbook.check.specimens.exhibits import Exhibit
from bnbook.check.specimens.nn import CONVOLUTION, DROPOUT, POOLING, RELU

__all__ = [
    "CONVOLUTION", "DROPOUT", "EXHIBITS", "FUNCTIONS", "POOLING", "RELU", "STATE",
    "Exhibit",
]

EXHIBITS = FUNCTIONS + STATE + DROPOUT + RELU + CONVOLUTION + POOLING
