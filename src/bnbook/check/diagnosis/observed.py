"""What a reader's code gave on the first probes that run, and the eps that it had."""

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.probes import batches, images, squares, tried
from bnbook.check.diagnosis.told import note
from bnbook.check.edits import explain
from bnbook.norm.textbook import EPS


def observed(reader, seed):
    """What was seen on batches, or square ones, or images; Broke if nothing runs."""
    lines = []
    for probes in (batches, squares, images):
        seen, line = tried(reader, probes(seed))
        if seen:
            return seen
        lines.append(line)
    raise Broke(f"your code breaks on a batch (N, C) = (5, 3): {lines[0]}")


def with_eps(reader, seen):
    """What was seen, each probe with the eps that the code uses if it takes none."""
    if reader.takes_eps:
        return seen, []
    eps = explain.own_eps(seen)
    if eps is None:
        return explain.with_eps(seen, explain.likely_eps(seen)), []
    whose = " (Keras's convention)" if eps == 1e-3 else ""
    told = [] if eps == EPS else [note("own eps", "vareps", f"eps is {eps:g}{whose}")]
    return explain.with_eps(seen, eps), told
