"""A reader's running statistics and test mode, under every documented convention."""

import numpy as np

from bnbook.check.diagnosis import momentum as weighed
from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.probes import Seen, copied, started
from bnbook.check.diagnosis.running_variance import CLOSE, running_variance, weights
from bnbook.check.diagnosis.test_mode import test_mode
from bnbook.check.diagnosis.told import Told, note
from bnbook.check.diagnosis.updates import at_lines, updated
from bnbook.check.edits.programs import inputs_of, values_of
from bnbook.graph import BATCH_NORM

NOT_FOUND = note("no running statistics", "mu", "no running statistics were found")
FEW_DIGITS = note("not run in full", "mu", "running statistics of so few digits are "
                  "not compared")
STATELESS = note("no test mode", "mu", "no test mode: mode is not read, and there are "
                 "no running statistics")

AVERAGE = note("running statistics of all batches", "mu", "the running statistics are "
               "plain averages over all batches")


def running(reader, p, own=BATCH_NORM):
    """What one training forward does to running statistics that were set.

    own: the graph of the reader's own forward, which may have a fault; () if it is not
    known.
    """
    rng = np.random.default_rng(3)
    old = rng.normal(size=p.gamma.size), rng.uniform(0.5, 2, p.gamma.size)
    p = p._replace(kept=old)
    session = started(reader, copied(p))
    start = weighed.start_of_layer(session, reader) if reader.kind == "layer" else []
    if not session.set_running(*old):
        return start
    results = dict(updated(session, copied(p)))
    now = [*results.values()] or None
    if lacking := _lacking(reader, now, old):
        return [lacking]
    if own == ():
        return start
    told = _moved(reader, session, p, old, [a.ravel() for a in now], own)
    return at_lines(reader, Seen(p, results, {}, session), told, own) + start


def _lacking(reader, now, old):
    """A note where the running statistics are not there to be compared; or None."""
    if now is None or any(np.size(a) != np.size(b) for a, b in zip(now, old)):
        return NOT_FOUND
    if any(a.dtype.itemsize < 4 for a in now):
        return FEW_DIGITS
    still = all(np.array_equal(a.ravel(), b) for a, b in zip(now, old))
    return NOT_FOUND if still and reader.kind == "functions" and reader.keeps else None


def _is_plain_average(w, session, p, old, mean):
    """Whether the weights change from batch to batch, as a plain average's do."""
    session.set_running(*old)
    session.forward(p.x.copy())
    again = weights(session.running()[0].ravel(), old[0], mean)
    return again is not None and abs(again[1] - w[1]) > CLOSE


def _batch(p, own, old, now):
    """Mean and variance, the reader's own where it is these that were averaged."""
    axes = tuple(i for i in range(p.x.ndim) if i != 1)
    v, found = values_of(own, inputs_of(*p)), []
    for i, (name, right) in enumerate((("mu", p.x.mean(axis=axes)),
                                       ("var", p.x.var(axis=axes)))):
        mine = np.broadcast_to(v[name].ravel(), right.shape) if name in v and (
            v[name].size in (1, right.size)) else right
        w = weights(now[i], old[i], mine)
        found.append(mine if w and abs(sum(w) - 1) < CLOSE else right)
    return found


def _moved(reader, session, p, old, now, own):
    """What is told of running statistics, old and now; own: the forward's graph."""
    batch = _batch(p, own, old, now)
    w = weights(now[0], old[0], batch[0])
    if w is None:
        return [Told("running mean", "mu", "the running mean is no weighted sum of the "
                     "old one and the batch's", False)]
    start = weighed.start_of_functions(reader, p, w, batch) if (
        reader.kind == "functions") else []
    if abs(sum(w) - 1) < CLOSE and _is_plain_average(w, session, p, old, batch[0]):
        told = [AVERAGE]
    else:
        ours = weighed.default(w, reader, p, old, batch[0])
        told = weighed.momentum(*w, *weighed.momenta(session, reader, ours), reader)
    return told + running_variance(w, now[1], old[1], batch[1],
                                   p.x.size // p.gamma.size, told) + start


def state(reader, p, own=BATCH_NORM):
    """Running statistics, then test mode: (part, what is told of it) for each."""
    if not reader.has_state:
        return []
    if weighed.stateless(reader, p):
        return [("test mode", [STATELESS])]
    return [("running statistics", _tried(lambda: running(reader, p, own))),
            ("test mode", _tried(lambda: test_mode(reader, p)))]


def _tried(check):
    """What a check tells; where the reader's code breaks on the way, a note."""
    try:
        return check()
    except Broke as broke:
        return [note("not run in full", "y", "running statistics or test mode could "
                     f"not be run in full: {broke}")]
