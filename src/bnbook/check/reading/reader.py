"""A reader: a stranger's code behind one interface, read on the first batch that runs.

A reading is how the code is called and where it keeps things. Of several that run, the
one is taken under which most is right.
"""

import inspect
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from bnbook.check.diagnosis import probes
from bnbook.check.diagnosis.calls import Broke
from bnbook.check.reading import slots
from bnbook.check.reading.construct import takes, ways
from bnbook.check.reading.hints import Hints
from bnbook.check.reading.judge import judged, stands
from bnbook.check.reading.layouts import layouts
from bnbook.check.reading.outputs import returned_names
from bnbook.check.reading.parameters import number_named
from bnbook.check.reading.plans import Plan, first_that_runs
from bnbook.check.reading.session import Session
from bnbook.check.reading.study import Study
from bnbook.graph import BATCH_NORM, run
from bnbook.norm import batch_norm_forward
from bnbook.norm.textbook import EPS, statistics_axes


@dataclass
class Reading:
    """How a reader's code is called and where it keeps things; paths as in `slots`.

    way: how the object is made. handed: gamma and beta are arguments of the forward.
    output, left: where results are left.
    lazy: parameters are made at the first forward. keeps: running statistics go in and
    out. stepped, late, rate: backward takes a step, before dx, of that size. settled:
    sizes fit in a layout, and y is right if there is nothing else to go by.
    """

    way: object
    layouts: dict
    forward: Plan | None = None
    handed: bool = False
    output: tuple | None = None
    lazy: bool = False
    parameters: dict = field(default_factory=dict)
    switch: object = None
    running: dict = field(default_factory=dict)
    running_shape: tuple | None = None
    keeps: bool = False
    backward: Plan | None = None
    left: dict = field(default_factory=dict)
    stepped: bool = False
    late: bool = False
    rate: float | None = 1.0
    eps: float | None = None
    broke: str = ""
    wrong: int = 9
    fits: bool = False
    settled: bool = False

    def missing(self):
        """Which of gamma and beta cannot be set."""
        return [] if self.handed else [
            n for n in ("gamma", "beta") if n not in self.parameters]

    def merit(self):
        """What is compared between readings: more is better."""
        return -len(self.missing()), self.fits, -self.wrong


def grounds():
    """A table, a square one and images: what runs on none cannot be run."""
    return probes.probe(0, 5, 3), probes.probe(0, 4, 4), probes.images(0)[0]


class Reader:
    """kind: "functions", "layer" or "backward".

    code: forward and backward, functions or names of methods of `thing`, a class or an
    object; thing is None of functions. Of a class every session makes a new object.
    """

    named_eps, features = None, None

    def __init__(self, kind, thing, code, hints=None):
        self.kind, self.thing = kind, thing
        self.forward_code, self.backward_code = code
        self.hints = hints or Hints()
        self.returned = [*map(returned_names, code)]
        self.theirs = tuple(f for f in code if f) if thing is None else (
            thing if inspect.isclass(thing) else type(thing),)
        self.takes_eps = thing is not None and takes(thing, "eps")
        if thing is not None and not inspect.isclass(thing):
            self.features = _features(thing)
        self.reading = self._read()
        self._what_it_takes()

    def _what_it_takes(self):
        """What of eps, momentum and mode it takes, and whether it keeps anything."""
        r, sources = self.reading, self.reading.forward.sources()
        asks, self.keeps = "bn_param" in sources, r.keeps
        self.takes_mode = asks or isinstance(getattr(r.switch, "training", None), str)
        self.has_state = self.kind == "layer" or asks or r.keeps
        self.takes_momentum = "momentum" in sources or (
            asks and self._reads("momentum", 0.5, 0.9))
        self.takes_eps |= "eps" in sources or (
            asks and (r.eps == 0 or self._reads("eps", EPS, 0.5)))
        if self.thing is not None:
            self.named_eps = number_named(self._started().layer, "eps")

    def _reads(self, name, *values):
        """Whether what is handed over in a dict under a name changes what comes out."""
        seen = []
        for value in values:
            session = self._started(**{name: value})
            y = [session.forward(self.ground.x.copy()) for _ in range(2)][-1]
            kept = [np.ravel(a) for a in session.running() or (0.0,)]
            seen.append(y if name == "eps" else np.concatenate(kept))
        return probes.error(*seen) > 1e-6

    def _started(self, eps=EPS, **given):
        return self.on(self.ground._replace(eps=eps), **given)

    def forward_of(self):
        return self._started().methods(self.ground.x)[0]

    @property
    def eps(self):
        """The code's own eps: what it calls so, or else what y is made with."""
        if self.takes_eps:
            return None
        return self.reading.eps if self.named_eps is None else self.named_eps

    def stands(self, p, y, session):
        """A probe as the code had it: with its own eps, γ and β where it has these.

        In a layer that keeps float32 they are what is left of ours.
        """
        kept = session.parameters()
        p = p._replace(**{n: a.ravel() for n, a in kept.items() if a.size == (
            getattr(p, n).size) and np.allclose(a.ravel(), getattr(p, n), 2e-3)})
        p = stands(p, y, self.reading.missing())
        return p if self.eps is None else p._replace(eps=self.eps)

    def start(self, gamma, beta, eps=EPS, momentum=0.9, keep=False):
        """A new session; keep: gamma and beta stay what the layer starts them at."""
        return self.session(self.reading, gamma, beta, eps, momentum, keep)

    def on(self, p, **given):
        """A new session with copies of a probe's parameters."""
        return self.start(p.gamma.copy(), p.beta.copy(), p.eps, **given)

    def session(self, *given):
        return (BackwardSession if self.kind == "backward" else Session)(self, *given)

    def _read(self):
        """The best reading on the first ground on which any runs."""
        broke = None
        for ground in map(self._for, grounds()):
            best, error = self._best(ground)
            broke = broke or error
            if best:
                self.ground = ground
                return best
        shape = ", ".join(map(str, grounds()[0].x.shape))
        raise Broke(f"your code breaks on a batch (N, C) = ({shape}): {broke}"
                    ) from broke.__cause__

    def _for(self, p):
        return probes.made_for((p,), self.features)[0]

    def _best(self, p):
        """The best reading on a probe, or None; and what broke first."""
        best, broke = None, None
        for way in ways(self.thing):
            for layout in self._layouts(p.x.ndim):
                try:
                    found = Study(self, p, Reading(way, {p.x.ndim: layout})).reading
                except Broke as error:
                    broke = broke or error
                    continue
                if best is None or found.merit() > best.merit():
                    best = found
                if best.settled and not best.missing():
                    return best, broke
            if best and best.fits and not best.missing():
                break
        return best, broke

    def _layouts(self, ndim):
        return layouts(ndim, self.hints["layout"], self.thing is None)

    def layout(self, ndim):
        """The layout of x with so many dimensions; tried at the first such x."""
        if ndim not in self.reading.layouts:
            options = self._layouts(ndim)
            p = self._for(probes.images(0)[0] if ndim == 4 else grounds()[0])
            try:
                found, _ = first_that_runs(
                    options, lambda layout: self._unlike(p, layout), int)
            except Broke:
                found = options[0]
            self.reading.layouts[ndim] = found
        return self.reading.layouts[ndim]

    def _unlike(self, p, layout):
        """How many results are not right in a layout; Broke if none is."""
        session = self.session(replace(self.reading, layouts={p.x.ndim: layout}),
                               p.gamma.copy(), p.beta.copy(), p.eps)
        results = {"y": session.forward(p.x.copy())}
        with suppress(Broke):
            results |= session.backward(p.dy.copy())
        wrong, fits = judged(p, results)
        if wrong == 4 or not fits or np.shape(results["y"]) != p.x.shape:
            raise Broke("nothing is right in this layout")
        return wrong


def _features(thing):
    """How many channels an object is made for, if it says so."""
    sizes = [np.size(a) for a in slots.places(thing).values()
             if np.size(a) > 1 and np.size(a) == max(np.shape(a))]
    return max(set(sizes), key=sizes.count) if sizes else None


class BackwardSession(Session):
    """A session whose forward is this book's, with the values of its graph at hand."""

    def forward(self, x, training=True, mode=None):
        y = super().forward(x)
        if x.ndim == 2:
            inputs = {n: self.handed[n] for n in ("x", "gamma", "beta", "eps")}
            self.handed = run(BATCH_NORM, inputs,
                              axes=statistics_axes(x)).values | self.handed
        return y


def backward_alone(backward, hints=None):
    """The reader of a backward whose forward, and so its cache, is this book's.

    It takes dout and cache (a BatchNormCache), or dout and values of the graph by name.
    """
    reader = Reader("backward", None, (batch_norm_forward, backward), hints)
    reader.theirs = (backward,)
    seen, _ = probes.tried(reader, probes.batches(0)[:3])
    broke = next((s.session.broke for s in seen), reader.reading.broke)
    if broke:
        raise Broke(f"{broke}: if the cache is your own forward's, hand in that "
                    "forward too")
    return reader
