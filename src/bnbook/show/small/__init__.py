"""Six small explorables: a few sliders each, and one thing to see.

Each function gives a `Live`, to stand last in a chapter's cell. The page's script
computes what is shown; the module beside it computes the same in Python, for the table
that stands there without a script and for the test that compares the two.
"""

from bnbook.show.small.digits import float32_digits
from bnbook.show.small.histograms import initial_scale
from bnbook.show.small.opening import pulled_graph
from bnbook.show.small.projection import projection
from bnbook.show.small.rates import learning_rates
from bnbook.show.small.running import running_statistics

__all__ = ["float32_digits", "initial_scale", "learning_rates", "projection",
           "pulled_graph", "running_statistics"]
