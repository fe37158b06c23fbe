"""A whole network for inference, its batch norms folded into their neighbours."""

from typing import Any, NamedTuple

import numpy as np

from bnbook.graph.types import Arrays, States
from bnbook.nn.network import Network, checked_for_predict
from bnbook.nn.structure import Spec, inputs
from bnbook.nn.table import IDLE, LAYERS, NORMALIZATIONS
from bnbook.norm.folding import Layout, fold_behind, fold_in_front, folded

LAYOUTS: dict[str, Layout] = {"affine": "affine", "conv": "conv"}


class Folded(NamedTuple):
    """A network that predicts as another did, with the batch norms that stay.

    kept: the name, in the old network, of each norm that is still there -> why.
    """

    network: Network
    params: dict[str, np.ndarray]
    state: dict[str, dict[str, Any]]
    kept: dict[str, str]


def fold(network: Network, params: Arrays, state: States | None) -> Folded:
    """The network for `predict` alone, with fewer layers and parameters, as a Folded.

    Each batch norm goes into the affine layer or convolution in front of it, if nothing
    else reads that one's output; else into the one behind, if nothing else reads the
    batch norm's output and the convolution is not padded with zeros; else it stays, and
    `kept` says why. Dropout and noise, which do nothing then, are left out. The scores
    are those of `predict`, up to rounding; arrays keep their dtypes. params and state
    are checked as `predict` does. `norm.fold_in_front` and `norm.fold_behind` do the
    arithmetic.
    """
    arrays, state = checked_for_predict(network, params, state)
    rest = _Rest(network, dict(arrays), state)
    for layer in network.layers:
        rest.take(layer)
    if not rest.left:
        raise ValueError("network: dropout and noise alone, expected a layer that "
                         "does something at test time")
    return rest.result()


class _Rest:
    """What is left of a network while one goes through its layers."""

    def __init__(self, network, params, state):
        self.network, self.params, self.state = network, params, state
        self.left = []
        self.kept = {}
        self.same = {}  # an output that is gone -> the one in its place
        working = [layer for layer in network.layers if layer.kind not in IDLE]
        self.next = dict(zip((layer.name for layer in working), working[1:]))
        before = "x"
        for layer in network.layers:
            if layer.kind in IDLE:
                self.same[layer.name] = before
            before = layer.name

    def take(self, layer):
        """Leave it out, fold it, or keep it."""
        if layer.kind in IDLE:
            return
        if LAYERS[layer.kind].stateful:
            front = self.in_front(layer)
            behind = front and self.behind(layer)
            if behind is None:
                self.same[layer.name] = self.left[-1].name if self.left else "x"
                return
            self.kept[layer.name] = f"in front: {front}; behind: {behind}"
        elif layer.kind in NORMALIZATIONS:
            self.kept[layer.name] = "its statistics are each row's own"
        self.left.append(layer)

    def in_front(self, layer):
        """None if it could be folded there and is, else why not."""
        if not self.left:
            return "nothing"
        front = self.left[-1]
        if front.kind in LAYOUTS and (reader := self.reader(front.name)):
            return f"{front.name} is read by {reader} too"
        return self.into(front, layer, fold_in_front)

    def behind(self, layer):
        """None if it could be folded there and is, else why not."""
        behind = self.next.get(layer.name)
        if behind is None:
            return "nothing"
        if reader := self.reader(layer.name):
            return f"{reader} reads it beside {behind.name}"
        options = {k: behind.options[k] for k in ("stride", "pad")
                   if k in behind.options}
        return self.into(behind, layer, fold_behind, **options)

    def reader(self, name):
        """The name of a layer that adds this output to another, None if none does."""
        return next((one.name for one in self.network.layers
                     if name in map(self.origin, inputs(one))), None)

    def origin(self, name):
        while name in self.same:
            name = self.same[name]
        return name

    def into(self, neighbour, layer, fold, **options):
        """None if the neighbour has taken the batch norm in, else why not."""
        if neighbour.kind not in LAYOUTS:
            return f"{neighbour.name} is no affine layer or convolution"
        gamma, beta = (self.params[n] for n in layer.params)
        if neighbour.kind == "conv" and len(gamma) != layer.shape[0]:
            return f"{neighbour.name} has the same weights for every pixel"
        stored, (w, b) = self.state[layer.name], neighbour.params
        scale, shift = folded(gamma, beta, stored["running_mean"],
                              stored["running_var"], eps=layer.options["eps"])
        try:
            new = fold(self.params[w], self.params[b], scale, shift,
                       layout=LAYOUTS[neighbour.kind], **options)
        except ValueError as error:
            return f"{neighbour.name} has {error}"
        self.params |= {n: a.astype(self.params[n].dtype) for n, a in zip((w, b), new)}
        return None

    def result(self):
        network, names = rebuilt(self.network.input_shape, [
            (layer.name, Spec(layer.kind, layer.options | {
                n: self.origin(layer.options[n]) for n in LAYERS[layer.kind].inputs}))
            for layer in self.left])
        params = {new: self.params[old].copy() for layer, made in zip(
            self.left, network.layers) for old, new in zip(layer.params, made.params)}
        state = {names[n]: one for n, one in self.state.items() if n in names}
        return Folded(network, params, state, self.kept)


def rebuilt(input_shape, named):
    """A Network of (name, Spec) pairs, and name -> what the layer is called in it.

    A Spec may name an earlier output by the name that it had.
    """
    specs, names = [], {"x": "x"}
    for name, (kind, options) in named:
        read = {n: names[options[n]] for n in LAYERS[kind].inputs}
        specs.append(Spec(kind, {**options, **read}))
        names[name] = Network(input_shape, specs).layers[-1].name
    return Network(input_shape, specs), names
