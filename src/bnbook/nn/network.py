"""A network as a tuple of named layers, run forward and backward over their table.

The network itself holds no numbers: parameters go in, outputs and gradients come out.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from bnbook.nn import arguments, layers
from bnbook.nn.initializers import initial_weights
from bnbook.norm import batch_norm_backward, batch_norm_forward

LAYERS = {
    "affine": (layers.affine_forward, layers.affine_backward),
    "batch_norm": (batch_norm_forward, batch_norm_backward),
    "relu": (layers.relu_forward, layers.relu_backward),
    "sigmoid": (layers.sigmoid_forward, layers.sigmoid_backward),
    "tanh": (layers.tanh_forward, layers.tanh_backward),
}
ACTIVATIONS = ("relu", "sigmoid", "tanh")


class Layer(NamedTuple):
    """One layer: its output's name, its row of LAYERS, its parameters' shapes."""

    name: str
    kind: str
    params: dict


class Run(NamedTuple):
    """What one forward leaves: every layer's output by name, every layer's cache."""

    outputs: dict
    caches: dict


@dataclass(frozen=True)
class Network:
    """Affine layers, an activation between them, and batch norm before it if wanted.

    sizes: the widths from input to output, two or more. activation: "relu", "sigmoid"
    or "tanh". Hidden layer i is affine{i} (w{i}, b{i}), batch_norm{i} (gamma{i},
    beta{i}) if `batch_norm`, then <activation>{i}; the last layer is affine alone and
    gives the logits. A bias before batch norm is redundant, and its gradient is
    rounding noise around 0; it stays, so that both networks have the same weights and
    biases. Raises TypeError or ValueError.
    """

    sizes: tuple[int, ...]
    activation: str = "relu"
    batch_norm: bool = False
    layers: tuple[Layer, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        sizes = tuple(arguments.count("sizes", n) for n in self.sizes)
        if len(sizes) < 2:
            raise ValueError(f"sizes: {sizes}, expected two widths or more")
        arguments.choice("activation", self.activation, ACTIVATIONS)
        if not isinstance(self.batch_norm, bool):
            raise TypeError(f"batch_norm: {self.batch_norm!r}, expected True or False")
        object.__setattr__(self, "sizes", sizes)  # the way round `frozen`
        object.__setattr__(self, "layers", self._layers())

    def _layers(self):
        made, last = [], len(self.sizes) - 1
        for i, (fan_in, width) in enumerate(pairwise(self.sizes), start=1):
            shapes = {f"w{i}": (fan_in, width), f"b{i}": (width,)}
            made.append(Layer(f"affine{i}", "affine", shapes))
            if self.batch_norm and i < last:
                shapes = {f"gamma{i}": (width,), f"beta{i}": (width,)}
                made.append(Layer(f"batch_norm{i}", "batch_norm", shapes))
            if i < last:
                made.append(Layer(f"{self.activation}{i}", self.activation, {}))
        return tuple(made)

    def initial_params(self, rng, init="he"):
        """New parameters, name -> float64 array: w by `init`, b and beta 0, gamma 1.

        init: a standard deviation, "xavier" or "he" (see initial_std). The same
        generator gives the same w with and without batch norm, and to every init, up to
        its scale.
        """
        params = {}
        for name, shape in self.param_shapes().items():
            if name.startswith("w"):
                params[name] = initial_weights(rng, *shape, init)
            else:
                params[name] = np.full(shape, float(name.startswith("gamma")))
        return params

    def param_shapes(self):
        """name -> shape of every parameter, in the order in which layers read them."""
        return {n: shape for layer in self.layers for n, shape in layer.params.items()}

    def forward(self, params, x):
        """(logits, run) of a batch x (N, sizes[0]), with the batch's own statistics.

        run.outputs[name] is each layer's output (N, width), the logits last; run.caches
        is for `backward`. Outputs share no memory with the caches.
        """
        x = checked_input(self, params, x)
        outputs, caches = {}, {}
        for name, kind, names in self.layers:
            forward, _ = LAYERS[kind]
            x, caches[name] = forward(x, *(params[n] for n in names))
            outputs[name] = x
        return x, Run(outputs, caches)

    def backward(self, dlogits, run):
        """(grads, doutputs): the loss's gradient by each parameter, and by each output.

        dlogits (N, sizes[-1]): the loss's gradient by the logits. doutputs has a
        gradient for each layer's output under its name, and one for the input under
        "x".
        """
        logits = run.outputs[self.layers[-1].name]
        gradient = arguments.shaped("dlogits", dlogits, logits.shape).copy()
        grads, doutputs = {}, {}
        for name, kind, names in reversed(self.layers):
            _, backward = LAYERS[kind]
            doutputs[name] = gradient
            result = backward(gradient, run.caches[name])
            gradient, *of_params = result if names else (result,)
            grads |= dict(zip(names, of_params, strict=True))
        return grads, doutputs | {"x": gradient}

    def activations(self, run):
        """The outputs of the hidden layers' activations, first layer first."""
        hidden = (name for name, kind, _ in self.layers if kind in ACTIVATIONS)
        return [run.outputs[name] for name in hidden]


def checked_input(network, params, x):
    """x as an array, if x and params fit the network; else TypeError or ValueError."""
    shapes = network.param_shapes()
    if set(params) != set(shapes):
        raise ValueError(f"params: got {sorted(params)}, expected {sorted(shapes)}")
    for name, shape in shapes.items():
        arguments.shaped(f"params[{name!r}]", params[name], shape)
    x = arguments.array("x", x, ndim=2)
    if len(x) == 0 or x.shape[1] != network.sizes[0]:
        raise ValueError(
            f"x: shape {x.shape}, expected (N, {network.sizes[0]}) with N at least 1")
    return x
