"""A session of a reader's code: one object or one dict, run forward and backward."""

import copy

import numpy as np

from bnbook.check.diagnosis.calls import Broke, meanings, number
from bnbook.check.reading import slots
from bnbook.check.reading.construct import Context, Given, Optimizer, Settings, made
from bnbook.check.reading.modes import unset
from bnbook.check.reading.outputs import core, gradients, named_pair, value
from bnbook.check.reading.plans import call_by

RUNNING = ("running_mean", "running_var")
PAIR = ("gamma", "beta")


class Session:
    """A session. The reader's object is made when it is first needed.

    keep: the object's own gamma and beta stay. layer: that object, None of functions.
    cache: what the forward returned beside y. kept: running statistics that functions
    take and return.
    """

    def __init__(self, reader, reading, gamma, beta, eps, momentum=0.9, keep=False):
        self.reader, self.reading, self.keep = reader, reading, keep
        self.gamma, self.beta, self.eps, self.momentum = gamma, beta, eps, momentum
        self.bn_param = Settings(eps=eps, momentum=momentum)
        self.object, self.x, self.cache, self.broke = None, None, None, ""
        self.kept, self.context, self.handed, self.names = None, Context(), {}, []

    @property
    def layer(self):
        """The reader's object."""
        if self.reader.thing is None:
            return None
        return self.made(self.x if self.x is not None else self.reader.ground.x)

    def made(self, x):
        """The reader's object, made for such an x if there is none yet."""
        if self.object is None and self.reader.thing is not None:
            eps = self.eps if self.reader.takes_eps else None
            self.object = made(self.reader.thing, self.reading.way, Given(
                self._into(self._like(x)).shape, self.gamma, self.beta, eps,
                size_name=self.reader.hints["size"]))
            for name, mode in unset(self.object, self.reader.forward_code).items():
                setattr(self.object, name, mode)
            if self.reading.lazy:
                self.warm_up(x)
            for name, path in self.reading.parameters.items():
                if not self.keep:
                    slots.put(self.object, path, getattr(self, name))
        return self.object

    def _like(self, x):
        """Random numbers in x's shape, with as many channels as gamma has."""
        return np.random.default_rng(0).normal(size=(
            len(x), self.gamma.size, *x.shape[2:]))

    def warm_up(self, x):
        """A forward after which all that is made at the first is there.

        Lists, which may grow with every forward, are what they were before it.
        """
        own = getattr(self.object, "__dict__", {})
        holding = {path[0][1] for path in self.reading.parameters.values()}
        lists = {name: list(a) for name, a in own.items()
                 if isinstance(a, list) and name not in holding}
        self._forward(self._like(x), True, None)
        own.update(lists)

    def methods(self, x):
        """The reader's forward and backward, of its object if there is one."""
        thing = self.made(x)
        return [getattr(thing, code) if isinstance(code, str) else code
                for code in (
                    self.reader.forward_code, self.reader.backward_code)]

    def layout(self, ndim):
        return self.reading.layouts.get(ndim) or self.reader.layout(ndim)

    def _into(self, a):
        return self.layout(a.ndim).into(a)

    def forward(self, x, training=True, mode=None, **flags):
        """y of a batch; mode: a word that says neither training nor test mode."""
        self.made(x)
        self.x = x
        return self._forward(x, training, mode, **flags)

    def _forward(self, x, training, mode, **flags):
        switch, code = self.reading.switch, self.methods(x)[0]
        if switch is not None:
            switch.set(self.object, training)
            flags = flags | switch.arguments(training, mode)
        self._hand_over(x, training, mode)
        result = call_by(self.reading.forward, code, self.handed, **flags)
        if result is None and self.reading.output is not None:
            result = np.array(slots.get(self.object, self.reading.output))
        y, rest = value(result, self.handed["x"].shape)
        self.names = dict(zip(map(id, result), self.reader.returned[0])) if isinstance(
            result, tuple) and len(result) == len(self.reader.returned[0]) else {}
        self.cache = [a for a in rest if a is not self.bn_param]
        self.handed["y"] = y
        self._take_running()
        return self.layout(x.ndim).back(y) if y.ndim == x.ndim else y

    def _hand_over(self, x, training, mode):
        """What the forward may be handed: source -> value."""
        mode = mode or ("train" if training else "test")
        shape = self.layout(x.ndim).shape
        mean, var = self.kept or self._kept_as(
            np.zeros(self.gamma.size), np.ones(self.gamma.size), shape)
        self.bn_param["mode"] = mode
        self.handed = {
            "gamma": self.gamma.reshape(shape), "beta": self.beta.reshape(shape),
            "eps": self.eps, "momentum": self.momentum, "training": training,
            "testing": not training, "mode": mode, "running_mean": mean,
            "running_var": var}
        self.bn_param.meant = self.handed | {"mu": mean, "var": var}
        self.lent = mean.copy(), var.copy()
        self.handed |= {"x": self._into(x), "bn_param": self.bn_param, "nothing": None,
                        "running": (mean, var), "context": self.context, "name": "",
                        "index": 0, "parameters": tuple(self.handed[n] for n in PAIR)}

    def _kept_as(self, mean, var, shape):
        """Running statistics in the shape in which they are handed over."""
        shape = self.reading.running_shape or shape
        return mean.reshape(shape).copy(), var.reshape(shape).copy()

    def _take_running(self):
        """The running statistics among what was returned, where they go in and out."""
        c, rest = self.gamma.size, self.cache
        asked = {"running", *RUNNING} & self.reading.forward.sources()
        pairs = [a for a in rest if named_pair(a, c)]
        if asked:
            pairs += [a for a in rest if isinstance(a, (tuple, list)) and len(a) == 2
                      and all(np.size(b) == c and np.ndim(b) for b in a)]
        loose = [a for a in rest if isinstance(a, np.ndarray) and a.size == c]
        taken, given = [], self.handed["running"]
        if asked and not all(map(np.array_equal, given, self.lent)):
            self.kept = given  # they were changed in place
        elif asked and len(loose) >= 2:
            self.kept = taken = tuple(loose[-2:])
        elif pairs and len(rest) > 1:
            self.kept = named_pair(pairs[-1], c) or tuple(pairs[-1])
            taken = pairs[-1:]
        self.cache = [a for a in rest if not any(a is b for b in taken)]

    @property
    def switches(self):
        """Whether the code can be told to run in test mode."""
        return self.reading.switch is not None

    def given_back(self):
        """Sources for what the forward returned beside y, and for what is in it."""
        cache = self.cache or []
        found = {f"returned {i}": a for i, a in enumerate(cache)}
        if len(cache) == 1 and isinstance(cache[0], (tuple, list)):
            found |= {f"in it {i}": a for i, a in enumerate(cache[0])}
        if len(cache) > 1:
            found["all"] = tuple(cache)
        return found

    def own_names(self):
        """The reader's names -> gamma, beta or x, where it has any."""
        places = self.reading.parameters.items()
        ends = ({str(path[i][1]): n for n, path in places} for i in (-1, 0))
        kept = next((names for names in ends if len(names) == len(places)), {})
        return kept | {name: source for name, source in self.reading.forward.names
                       if source in ("x", *PAIR)}

    @property
    def order(self):
        """gamma and beta as returned: the contract's order, or the author's own."""
        taken = [s for _, s in self.reading.forward.names if s in PAIR] or [*PAIR]
        said = [n for name in self.reader.returned[1] for n in PAIR
                if n in meanings(core(name))]
        own = taken != [*PAIR] and {*said} == {*taken}
        return said if own else taken

    def named(self):
        """Parameter -> source, of what the forward takes or returns by name."""
        names = [self.names.get(id(a), "") for a in self.cache]
        return self.own_names() | {
            name: f"returned {i}" for i, name in enumerate(names)
            if name and "cache" not in meanings(name)}

    def backward(self, dy):
        """The gradients; a step that the layer takes in it is taken by a copy."""
        r = self.reading
        if r.backward is None:
            if self.reader.backward_code is None:
                return {}
            raise Broke(r.broke)
        found = self._stepped(dy) if r.stepped else self.returned(
            self.call_backward(r.backward, dy))
        if "x" not in found:
            raise Broke("the backward returned no dx")
        return found

    def _stepped(self, dy):
        """The gradients that a copy's step shows; dx without it, if it comes late."""
        twin, r = copy.copy(self), self.reading
        twin.object = copy.deepcopy(self.layer)
        before = twin.parameters()
        found = twin.returned(twin.call_backward(r.backward, dy))
        if r.late:
            found["x"] = self.returned(self.call_backward(r.backward, dy, 0.0))["x"]
        for name, a in twin.parameters().items():
            if r.rate and not np.array_equal(a, before[name]):
                found.setdefault(name, (before[name] - a).ravel() / r.rate)
        return found

    def parameters(self):
        """gamma and beta as the object keeps them."""
        return {name: np.array(slots.get(self.layer, path), float)
                for name, path in self.reading.parameters.items()}

    def call_backward(self, plan, dy, rate=1.0):
        """What the backward returned."""
        boxes = [a for a in self.cache or () if not isinstance(a, np.ndarray)] or [
            a for name, a in getattr(self.layer, "__dict__", {}).items()
            if name.lower().endswith("cache") and isinstance(a, (tuple, list, dict))]
        if "context" in self.reading.forward.sources():
            boxes = [self.context]
        values = self.handed | self.given_back() | {
            "dy": self._into(dy), "x": self._into(self.x), "learning_rate": rate,
            "optimizer": Optimizer(), "cache": (boxes or self.cache or [None])[0]}
        return call_by(plan, self.methods(self.x)[1], values)

    def returned(self, result):
        """What the backward gave, returned or left, as arrays in this book's layout."""
        found = gradients(result, self.x.size, self.own_names(), self.order)
        for name, path in self.reading.left.items():
            if name not in found and slots.has(self.object, path):
                found[name] = slots.get(self.object, path)
        found = {n: np.array(number(f"d{n}", a)) for n, a in found.items()}
        own = {n: a.shape for n, a in self.parameters().items()} or {
            n: self.handed[n].shape for n in PAIR}
        for n, shape in own.items():
            if n in found and found[n].shape == shape:
                found[n] = found[n].ravel()
        if "x" in found and found["x"].ndim == self.x.ndim:
            found["x"] = self.layout(self.x.ndim).back(found["x"])
        return found

    @property
    def holder(self):
        """What keeps running statistics: the object, or the dict that is handed in."""
        return self.bn_param if self.reader.thing is None else self.layer

    def running(self):
        """(mean, variance) as they are kept; None if there are none, or none yet."""
        places = self.reading.running
        kept = self.kept if self.reading.keeps else [
            slots.get(self.holder, p) for p in places.values()
            if slots.has(self.holder, p)]
        if not kept or len(kept) != 2:
            return None
        return tuple(np.array(number(n, a), float) for n, a in zip(RUNNING, kept))

    def set_running(self, mean, var):
        """Whether there are running statistics, which are then these."""
        x = self.x if self.x is not None else self.reader.ground.x
        if self.reading.keeps:
            self.kept = self._kept_as(mean, var, self.layout(x.ndim).shape)
        elif self.reading.running:
            if self.running() is None:
                self.warm_up(x)
            for path, a in zip(self.reading.running.values(), (mean, var)):
                slots.put(self.holder, path, a)
        return self.reading.keeps or bool(self.reading.running)
