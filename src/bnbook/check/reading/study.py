"""Finding, on one probe, how a reader's code is run and where it keeps things."""

from dataclasses import replace

import numpy as np

from bnbook.check.diagnosis.calls import Broke, asks_for, meanings, parameters
from bnbook.check.diagnosis.probes import error, probe
from bnbook.check.reading import slots
from bnbook.check.reading.gradients import Gradients
from bnbook.check.reading.judge import fitted_eps, judged, stands
from bnbook.check.reading.layouts import layouts
from bnbook.check.reading.modes import required_flags, says, switches, working
from bnbook.check.reading.outputs import left_behind, moved
from bnbook.check.reading.parameters import means, parameters_of, running_of
from bnbook.check.reading.plans import first_that_runs, plans
from bnbook.check.reading.session import RUNNING

KNOWN = ("context", "x", "gamma", "beta", "bn_param", "running_mean", "running_var",
         "eps", "momentum", "name", "index")
SPARE = ("x", "gamma", "beta", "bn_param", "eps", "running", "momentum", "training",
         "nothing")
PAIRS = ("parameters", "running", "momentum", "training", "nothing")


def returned_backward(dout, cache):
    """The backward of a forward that returns one."""
    return cache(dout)


class Study:
    """A reading of code that is made in one way, found step by step.

    results: what the code gives for the probe, of y, x, gamma and beta.
    """

    def __init__(self, reader, p, reading):
        self.reader, self.p, self.reading = reader, p, reading
        self.c, self.lazy, self.results = p.gamma.size, {}, {}
        n, c, *space = p.x.shape
        self.firsts = probe(1, n, c, *space).x, probe(2, n, c, *space).x
        y = self._find_forward()
        if reader.thing is not None:
            self._find_parameters()
        self._find_switch()
        self._find_running()
        self._find_backward()
        r = self.reading
        r.wrong, r.fits = judged(self.p, self.results)
        r.fits &= np.shape(y) == p.x.shape
        r.settled = r.fits and (len(self.results) > 1 or r.wrong == 3)

    def _find_backward(self):
        """The results, of y and of the backward, which the forward may return."""
        session, reader = self.ran(), self.reader
        self.results = {"y": session.y}
        self.p = stands(self.p, session.y, self.reading.missing())
        self.reading.eps = fitted_eps(self.p, session.y)
        if reader.backward_code is None and any(map(callable, session.cache)):
            reader.backward_code = returned_backward
        if reader.backward_code:
            self.results |= Gradients(self).results

    def use(self, p=None, **changes):
        """A session under the reading as far as it goes, with some changes."""
        p = p or self.p
        return self.reader.session(replace(self.reading, **changes), p.gamma.copy(),
                                   p.beta.copy(), p.eps)

    def ran(self, p=None, **changes):
        """The same after a forward, whose y it keeps."""
        p, session = p or self.p, self.use(p, **changes)
        session.y = session.forward(p.x.copy())
        return session

    def _find_forward(self):
        """The plan of the forward, and the place of y if it is not returned."""
        f = self.use().methods(self.p.x)[0]
        self.reading.handed = self.reader.thing is None or asks_for(f, "gamma")
        self.reading.forward, y = first_that_runs(
            self._forward_plans(f), self._first, self._unlike)
        return y

    def _forward_plans(self, f):
        """By name if all that must be handed over has one; or x, gamma, beta first."""
        named = required_flags(f)
        if not self.reading.handed:
            return plans(f, ("x", "index"), ("x", "nothing"), named)
        said = {m for q in parameters(f) for m in meanings(q.name)[:1]}
        boxes = {q.name: "bn_param" for q in parameters(f)[1:]
                 if q.default is q.empty and not says(q.name)}
        as_pair = [] if {"gamma", "beta"} <= said else [
            plan for plan in plans(f, ("x",), PAIRS, named)
            if "parameters" in plan.sources()]
        by_name = plans(f, KNOWN, SPARE, named) + as_pair + plans(
            f, ("x",), SPARE, named | boxes)
        given = [q.name for q in parameters(f)[:3] if q.default is q.empty]
        if len(given) < 3 or {"x", "gamma", "beta"} <= said:
            return by_name
        by_place = dict(zip(given, ("x", "gamma", "beta")))
        return plans(f, KNOWN, SPARE, named | by_place) + by_name

    def _unlike(self, y):
        """0 if y is right but for eps, or if that is not known yet."""
        if not self.reading.handed:
            return 0
        return 1 + (np.shape(y) != self.p.x.shape) - (
            fitted_eps(self.p, y) is not None)

    def _first(self, plan):
        use = self.use(forward=plan)
        before = slots.copied(slots.places(use.made(self.p.x)))
        try:
            return use.forward(self.p.x.copy())
        except Broke as broke:
            after = slots.places(use.layer)
            path = left_behind(moved(before, after), after, self.p.x.size, "y")
            if "returned None" not in str(broke) or path is None:
                raise
        self.reading.output = path
        return self.ran(forward=plan).y

    def _find_parameters(self):
        """gamma and beta of an object, and whether they are there before a forward."""
        fresh = slots.copied(slots.places(self.use().made(self.p.x)))
        layer = self.ran().layer
        found = slots.places(layer)
        self.lazy = {path: np.array(a, float) for path, a in found.items()
                     if path not in fresh or np.size(fresh[path]) != np.size(a)}
        if not self.reading.handed:
            self.reading.parameters = parameters_of(
                layer, found, self.c, self._with, self.reader.hints)
        self.reading.lazy = bool({*self.lazy} & {*self.reading.parameters.values()})

    def _with(self, values):
        """y with other values in some places; Broke if the forward overwrites them."""
        use = self.use(lazy=bool(self.lazy))
        for path, a in (self.lazy | values).items():  # what starts at random stays
            if path in values or slots.has(use.made(self.p.x), path):
                slots.put(use.made(self.p.x), path, a)
        y = use.forward(self.p.x.copy())
        for path, a in values.items():
            if error(np.ravel(slots.get(use.layer, path)), a) > 1e-6:
                raise Broke("it is overwritten by the forward")
        return y

    def _find_switch(self):
        use = self.ran()
        options = switches(use.methods(self.p.x)[0], use.layer,
                           self.reader.hints["train"])
        self.reading.switch = working(options, self._second)
        self.reading.forward = self.reading.forward.without(self.reading.switch)

    def _second(self, switch, training, first):
        use = self.use(switch=switch, forward=self.reading.forward.without(switch))
        use.forward(self.firsts[first])
        return use.forward(self.p.x.copy(), training=training)

    def _find_running(self):
        """Where running statistics are kept, or that they go in and out."""
        r = self.reading
        if self.reader.thing is not None:
            layer = self.ran().layer
            r.running = running_of(layer, slots.places(layer), self.c,
                                   self._tested, {*r.parameters.values()},
                                   self.reader.hints)
            mean = r.running.get("running_mean")
            if r.running and means(mean) != "running_mean" and not self._is_mean(mean):
                r.running = {}
            return
        taken = [a.shape for a in layouts(self.p.x.ndim) if self._keeps(a.shape)]
        r.keeps, r.running_shape = bool(taken), (taken or [None])[0]
        if "bn_param" in r.forward.sources() and not r.keeps:
            paths = slots.places(self.ran().bn_param)
            r.running = {name: next((path for path in paths if {name, short} & {
                *meanings(slots.words(path)[-1])}), (("[]", name),))
                for name, short in zip(RUNNING, ("mu", "var"))}

    def _keeps(self, shape):
        """Whether running statistics that go in in a shape come out again."""
        try:
            return self.ran(running_shape=shape).kept is not None
        except Broke:
            return False

    def _tested(self, values, x=None):
        """y in test mode after two batches, with other values in some places."""
        use = self.use()
        for first in self.firsts:
            use.forward(first)
        for path, a in values.items():
            slots.put(use.layer, path, a)
        return use.forward(self.p.x.copy() if x is None else x,
                           training=not use.switches)

    def _is_mean(self, path):
        """Whether a place is the mean itself, and not a sum that a count divides."""
        use, shift = self.use(), np.linspace(0.5, 1, self.c)
        for first in self.firsts:
            use.forward(first)
        kept = np.ravel(slots.get(use.layer, path))
        if kept.size != self.c:  # a list of all that there were
            return False
        x = self.p.x - shift.reshape(-1, *[1] * (self.p.x.ndim - 2))
        try:
            seen = self._tested({path: kept + shift}), self._tested({}, x)
        except Broke:
            return True
        return not np.isfinite(seen).all() or error(*seen) < 1e-6
