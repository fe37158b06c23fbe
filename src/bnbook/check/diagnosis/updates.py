"""A wrong update of running statistics: the edit that it is, and the reader's line."""

import numpy as np

from bnbook.check.diagnosis.momentum import momenta
from bnbook.check.diagnosis.told import is_fault
from bnbook.check.edits import explain
from bnbook.check.edits.table import NAMES
from bnbook.check.lines import located
from bnbook.check.reading.session import RUNNING

WEIGHTS = (0.9, 0.1, 0.99, 0.01)  # of the old value, that code has written in it


def updated(session, p):
    """(name, array) of running statistics that were set, after a batch of training."""
    session.set_running(*p.kept[:2])
    session.forward(p.x)
    yield from zip(RUNNING, session.running() or ())


def at_lines(reader, seen, told, own):
    """What is told of running statistics, at the lines of the reader's that it is of.

    own: the forward's graph. A variance that is right of itself is not told of beside a
    wrong mean.
    """
    fits = list(_conventions(reader, seen, own))
    right = set().union(*(outputs for outputs, *_ in fits))
    found = [t for t in told if not is_fault(t) or t.node not in ("mu", "var")]
    of = {name: [t for t in told if t not in found and t.node == node]
          for name, node in zip(RUNNING, ("mu", "var"))}
    if of["running_mean"] and "newvar" in right and "newmean" not in right:
        of["running_var"] = []
    for name, faults in of.items():
        beside = {NAMES[n] for n in RUNNING if n != name}
        options = [(not beside <= outputs, one, base) for outputs, one, base in fits
                   if NAMES[name] not in outputs]
        found += faults and _lined(reader, faults, name, options)
    return found


def _conventions(reader, seen, own):
    """(the outputs that are right, what was seen, the program) of each convention."""
    m = momenta(seen.session, reader, np.nan)[0]
    for keep in dict.fromkeys(([] if np.isnan(m) else [m, round(1 - m, 12)])
                              + [*WEIGHTS]):
        one = seen._replace(probe=seen.probe._replace(
            kept=(*seen.probe.kept[:2], keep)))
        for program in explain.updates(own).programs:
            base = explain.Base("running", (program,), True)
            yield base.right([one]), one, base


def _lined(reader, faults, name, options):
    """Faults of one of the two, by the likeliest edit of the likeliest convention.

    options: (whether the other is wrong in it, what was seen, the program) of each.
    """
    hits = []
    for apart in (False, True):
        hits = hits or [(found[0].cost, found, one, base)
                        for wrong, one, base in options if wrong == apart
                        if (found := explain.explained(base, [one], name))]
    if not hits:
        return faults
    _, found, one, base = min(hits, key=lambda hit: hit[0])
    told = located(reader, [one], {name: explain.told(found)}, updated, base)[name]
    return [faults[0]._replace(edit=told[0].edit, line=told[0].line),
            *faults[1:]] if faults[0].sure else told
