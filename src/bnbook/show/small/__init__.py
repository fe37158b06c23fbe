"""Small explorables: a few sliders each, and one thing to see.

Each function gives a `Live`, to stand last in a chapter's cell. The page's script
computes what is shown; the module beside it computes the same in Python, for the table
that stands there without a script and for the test that compares the two.
"""

from bnbook.show.small.depth import gradient_by_depth
from bnbook.show.small.digits import float32_digits
from bnbook.show.small.histograms import initial_scale
from bnbook.show.small.opening import pulled_graph
from bnbook.show.small.projection import projection
from bnbook.show.small.rates import learning_rates
from bnbook.show.small.running import running_statistics
from bnbook.show.small.shift import shifted_data
from bnbook.show.small.sizes import batch_sizes

__all__ = ["batch_sizes", "float32_digits", "gradient_by_depth", "initial_scale",
           "learning_rates", "projection", "pulled_graph", "running_statistics",
           "shifted_data"]
