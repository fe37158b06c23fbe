"""What the reader's lines make on one probe, and what they would if one made another.
"""

from contextlib import suppress

import numpy as np

from bnbook.check.diagnosis.calls import Broke
from bnbook.check.edits.programs import inputs_of
from bnbook.check.lines.layouts import laid, like
from bnbook.check.lines.watching import Watch


class Evidence:
    """The arrays that the lines of a forward and a backward make, on one probe.

    raw: what was Made. laid: (Made, array as a program has it) each. spoilt: where the
    caller's arrays were first changed. mended: what is seen where a line is mended.
    """

    def __init__(self, reader, seen):
        self.reader, self.seen, self.inputs = reader, seen, inputs_of(*seen.probe)
        self.mended = []
        watch, self.results = self.run()
        self.raw, self.spoilt = watch.made, watch.spoilt
        self.laid = [(m, a) for m in self.raw if (
            a := laid(m.value, seen.probe.x.shape)) is not None]

    def run(self, exchange=()):
        """(the Watch, the results) of a run, with an exchange."""
        p, results = self.seen.probe, {}
        given = {"x": p.x.copy(), "gamma": p.gamma.copy(), "beta": p.beta.copy(),
                 "dout": p.dy.copy()}
        watch = Watch(exchange, given)
        session = self.reader.start(given["gamma"], given["beta"], p.eps)
        with suppress(Broke), watch:
            results["y"] = session.forward(given["x"]).copy()
            results |= session.backward(given["dout"])
        wanted = {"y": p.x, "x": p.x, "gamma": p.gamma, "beta": p.gamma}
        return watch, {n: a.reshape(wanted[n].shape) if a.size == wanted[n].size else a
                       for n, a in results.items()}

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

    def useless(self, output):
        """The Made that makes an output NaN, infinite or of another shape; or None."""
        got = self.results.get(output)
        if got is None:
            return None
        if np.isfinite(got).all():
            return next((m for m in self.raw if np.array_equal(m.value, got)), None)
        return next((m for m in self.raw if not np.isfinite(m.value).all()), None)
