"""A reader's layer: a class, or an object, with forward and backward and its own state.

Its parameters are found by name in its attributes or in a dict among them; so are the
gradients that it keeps and its running statistics.
"""

import copy
import inspect

import numpy as np

from bnbook.check.diagnosis import calls
from bnbook.check.diagnosis.calls import attempt, call, find, parameters
from bnbook.check.diagnosis.results import gradients, value

FLAGS = ("mode", "training", "testing")
BEFORE = ("d", "grad", "dl", "dld", "dloss", "g")


def looks_like_layer(thing):
    """Whether it has forward (or is called) and backward, and gamma is its own."""
    forward = getattr(thing, "forward", None) or (
        thing if callable(thing) else None)
    if not callable(getattr(thing, "backward", None)) or not callable(forward):
        return False
    return inspect.isclass(thing) or not (
        calls.asks_for(forward, "gamma") or inspect.ismodule(thing)
        or len([p for p in parameters(forward) if p.default is p.empty]) >= 3)


def _takes_nothing(made):
    """Whether a class is built from nothing, and its parameters at the first x."""
    try:
        return not inspect.signature(made).parameters
    except (TypeError, ValueError):
        return False


class Layer:
    """A class, of which every session makes a new object; or an object, copied."""

    kind = "layer"

    def __init__(self, thing):
        self.thing = thing
        made = inspect.isclass(thing)
        self.features = None if made else self._features()
        self.takes_eps = made and calls.asks_for(thing, "eps")
        self.takes_momentum = False  # what a layer's own momentum weighs is its own
        self.has_state = True

    def _features(self):
        """How many channels an object is made for, if it says so."""
        place = find(self.thing, "gamma")
        size = np.size(place[0][place[1]]) if place else 1
        return size if size > 1 else None

    def start(self, gamma, beta, eps=None, momentum=None, keep=False):
        """A new session; keep: gamma and beta stay what the layer starts them at."""
        if not inspect.isclass(self.thing):
            return _Use(attempt(copy.deepcopy, self.thing), gamma, beta)
        given = {"features": gamma.size, "gamma": gamma.copy(), "beta": beta.copy()}
        needs = {meaning for p in parameters(self.thing) if p.default is p.empty
                 for meaning in calls.meanings(p.name)}
        given |= {"eps": eps} if eps is not None else {}
        given |= {"momentum": 0.9} if "momentum" in needs else {}
        layer = attempt(self.thing) if _takes_nothing(self.thing) else call(
            self.thing, given, ("features",))
        return _Use(layer, *((None, None) if keep else (gamma, beta)))


class _Use:
    def __init__(self, layer, gamma, beta):
        self.layer, self.cache = layer, None
        self.wanted = {} if gamma is None else {"gamma": gamma, "beta": beta}
        self.x = None
        self.set_all()

    def set_all(self):
        for name in list(self.wanted):
            if self._set(name, self.wanted[name]):
                del self.wanted[name]

    def _set(self, name, a):
        place = find(self.layer, name)
        if place is None or np.size(place[0][place[1]]) not in (1, a.size):
            return False
        holder, key = place
        old = holder[key]
        holder[key] = a.reshape(np.shape(old)) if np.size(old) == a.size else a.copy()
        return True

    def forward(self, x, training=True, mode=None):
        self.x = x
        y = self._forward(x, training, mode)
        if self.wanted:  # parameters that are made at the first forward
            self.set_all()
            y = self._forward(x, training, mode)
        return y

    def _forward(self, x, training, mode):
        f = getattr(self.layer, "forward", None) or self.layer
        given = {"x": x, "training": training, "testing": not training,
                 "mode": mode or ("train" if training else "test")}
        for p in parameters(f)[1:]:
            flag = calls.meaning(p.name, FLAGS)
            if flag == "training" and isinstance(p.default, str):
                given["training"] = given["mode"]
        if not any(calls.asks_for(f, flag) for flag in FLAGS):
            self._switch(training)
        y, self.cache = value(call(f, given, ("x", "training")))
        return y

    def _switch(self, training):
        """Set the layer's own switch between training and test, if it has one."""
        for name, a in (("training", training), ("testing", not training),
                        ("mode", "train" if training else "test")):
            place = find(self.layer, name)
            if place:
                place[0][place[1]] = a
                return
        method = getattr(self.layer, "train" if training else "eval", None)
        if callable(method):
            attempt(method)

    @property
    def switches(self):
        """Whether the layer can be told to run in test mode."""
        f = getattr(self.layer, "forward", None) or self.layer
        return any(calls.asks_for(f, n) or find(self.layer, n) for n in FLAGS) or (
            callable(getattr(self.layer, "eval", None)))

    def backward(self, dy):
        f = self.layer.backward
        given = {"dy": dy, "x": self.x}
        given |= {"cache": self.cache[0]} if self.cache else {}
        order = ("dy", "cache") if self.cache else ("x", "dy")
        required = [p for p in parameters(f) if p.default is p.empty]
        found = gradients(call(f, given, order if len(required) > 1 else ("dy",)))
        for name in ("gamma", "beta"):
            place = self._kept(name)
            if name not in found and place is not None:
                found[name] = np.array(place[0][place[1]])
        return found

    def _kept(self, name):
        place = find(self.layer, name, BEFORE) or find(
            self.layer, name, suffixes=("grad", "gradient"))
        if place:
            return place
        inside = [a for key, a in vars(self.layer).items() if isinstance(a, dict)
                  and str(key).lower().strip("_")[:4] in ("grad", "dpar", "deri")]
        return find(self.layer, name, inside=inside)

    def _running_places(self):
        """Running statistics by name; or what is called mean and var, without running.
        """
        for names in (("running_mean", "running_var"), ("mu", "var")):
            places = [find(self.layer, name) for name in names]
            if None not in places and (names[0] != "mu" or not self._of_batch(places)):
                return places
        return None

    def _of_batch(self, places):
        """Whether what is called mean is that of the latest batch alone."""
        kept = np.ravel(places[0][0][places[0][1]])
        return self.x is not None and kept.size == self.x.shape[1] and np.allclose(
            kept, self.x.mean(axis=tuple(i for i in range(self.x.ndim) if i != 1)))

    def running(self):
        places = self._running_places()
        return places and tuple(np.array(a[key], float) for a, key in places)

    def set_running(self, mean, var):
        for (holder, key), a in zip(self._running_places() or (), (mean, var)):
            if np.size(holder[key]) not in (1, a.size):
                return False
            holder[key] = a.reshape(np.shape(holder[key]) or a.shape).copy()
        return self._running_places() is not None
