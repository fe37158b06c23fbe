"""What the reader's lines make on one probe, and what they would if one made another.
"""

from contextlib import suppress

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.diagnosis.probes import copied, fitted, started, trained
from bnbook.check.edits.programs import inputs_of
from bnbook.check.lines.layouts import laid, like
from bnbook.check.lines.watching import Watch


class Evidence:
    """The arrays that the lines of a forward and a backward make, on one probe.

    drive: what is run, as `trained`. raw: what was Made. laid: (Made, array as a
    program has it) each. spoilt: where the caller's arrays were first changed. mended:
    what is seen where a line is mended.
    """

    def __init__(self, reader, seen, drive=trained):
        self.reader, self.seen, self.inputs = reader, seen, inputs_of(*seen.probe)
        self.mended, self.drive = [], drive
        watch, self.results = self.run()
        self.raw, self.spoilt = watch.made, watch.spoilt
        self.laid = [(m, a) for m in self.raw if (
            a := laid(m.value, seen.probe.x.shape)) is not None]

    def run(self, exchange=()):
        """(the Watch, the results) of a run, with an exchange."""
        p, results = copied(self.seen.probe), {}
        watch = Watch(exchange, {"x": p.x, "gamma": p.gamma, "beta": p.beta,
                                 "dout": p.dy})
        session = started(self.reader, p)
        with suppress(Broke), watch:
            results |= self.drive(session, p)
        return watch, fitted(results, p)

    def mends(self, values, fits):
        """Whether the code gives what it should if it makes other values.

        values: (Made, value) each. fits: a function of what was seen, whether it is
        that. True of what cannot be tried: another shape of what is no variable.
        """
        shape = self.seen.probe.x.shape
        ways = {made.number: [a for a in like(value, made.value, shape) if (
            a.shape == made.value.shape or made.name.isidentifier())]
            for made, value in values}
        for k in range(max(map(len, ways.values()))):
            results = self.run({number: way[min(k, len(way) - 1)]
                                for number, way in ways.items() if way})[1]
            self.mended.append(self.seen._replace(results=results))
            if fits(self.mended[-1]):
                return True
            self.mended.pop()
        return not any(ways.values())

    def influences(self, one, other):
        """Whether what a line makes depends on what another made."""
        a = one.value
        new = a * np.linspace(1, 2, a.size).reshape(a.shape)
        return not any(m.number == other.number and np.array_equal(m.value, other.value)
                       for m in self.run({one.number: new})[0].made)

    def made_as(self, a):
        return [m for m in self.raw if np.array_equal(m.value.ravel(), np.ravel(a))]

    def useless(self, output):
        """The Made that makes an output NaN, infinite or of another shape; or None."""
        got = self.results.get(output)
        some = [] if got is None else self.made_as(got) if np.isfinite(got).all() else [
            m for m in self.raw if not np.isfinite(m.value).all()]
        return next(iter(some), None)
