"""A network as a tuple of named layers, run forward and backward over their table.

The network itself holds no numbers: parameters, running statistics and inputs go in,
outputs and gradients come out.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from bnbook.graph.types import Arrays, States
from bnbook.nn import arguments
from bnbook.nn.initializers import Init, initial_weights
from bnbook.nn.structure import (
    Layer,
    Spec,
    as_specs,
    checked_state_of,
    initial_state_of,
    inputs,
    placed,
    steps,
)
from bnbook.nn.table import ACTIVATIONS, LAYERS, Param
from bnbook.norm.ranks import Ranks


class Run(NamedTuple):
    """What one forward leaves: every layer's output and cache by name; the new state.

    state is the one given to `forward`, with this batch averaged in if in training.
    """

    outputs: dict[str, np.ndarray]
    caches: dict[str, Any]
    state: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Network:
    """Layers one after the other, each a kind of LAYERS.

    input_shape: that of one row of x, such as (64,) or (1, 8, 8). specs: what `layer`
    returns, or a kind's name alone. The i-th affine or conv is affine{i} or conv{i}
    (parameters w{i}, b{i}), and what follows it takes its number: batch_norm{i}
    (gamma{i}, beta{i}), relu{i}. Where such a name is taken, the next one has a prime:
    relu1'. Raises TypeError or ValueError, in the layer's own words where a layer
    refuses its input or an option.
    """

    input_shape: tuple[int, ...]
    specs: Iterable[Spec | str]
    layers: tuple[Layer, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        shape = arguments.counts("input_shape", self.input_shape)
        specs = as_specs(self.specs)
        if not specs:
            raise ValueError("specs: none, expected one layer or more")
        for name, value in (("input_shape", shape), ("specs", specs),
                            ("layers", placed(shape, specs))):
            object.__setattr__(self, name, value)  # the way round `frozen`

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of a row of the output: (K,) if these are the scores of K classes.
        """
        return self.layers[-1].shape

    @property
    def stateful(self) -> list[Layer]:
        """The layers with running statistics."""
        return [layer for layer in self.layers if LAYERS[layer.kind].stateful]

    @property
    def mixing(self) -> list[Layer]:
        """The layers that, in training, compute a row's output from all rows."""
        return [layer for layer in self.stateful if not layer.options.get("frozen")]

    @property
    def synchronized(self) -> list[Layer]:
        """The layers that, in training, use the rows of all ranks."""
        return [layer for layer in self.mixing if layer.options.get("synchronized")]

    @property
    def least_rows(self) -> int:
        """How many rows a training batch needs: 2 if a channel would have one value, 0
        if other ranks' rows count as well."""
        alone = any(param.shape == (math.prod(layer.shape),)
                    for layer in self.mixing if not layer.options.get("synchronized")
                    for param in layer.params.values())
        return 2 if alone else int(not self.synchronized)

    @property
    def params(self) -> dict[str, Param]:
        """name -> Param of every parameter, in the order in which layers read them."""
        return {n: param for layer in self.layers for n, param in layer.params.items()}

    def param_shapes(self) -> dict[str, tuple[int, ...]]:
        """name -> shape of every parameter, in the order in which layers read them."""
        return {name: param.shape for name, param in self.params.items()}

    def with_options(self, kind: str, **options: Any) -> "Network":
        """The network with other options in all layers of a kind.

        with_options("batch_norm", frozen=True): in training, too, they use the state's
        statistics, which stay. Names stay, so parameters and state serve both. Raises
        ValueError for a kind that is not here or an option that it has not.
        """
        given = as_specs(self.specs)
        arguments.choice("kind", kind, dict.fromkeys(spec.kind for spec in given))
        return Network(self.input_shape, [
            Spec(kind, {**spec.options, **options}) if spec.kind == kind else spec
            for spec in given])

    def initial_params(self, rng: np.random.Generator, init: Init = "he",
                       dtype: DTypeLike = np.float64) -> dict[str, np.ndarray]:
        """New parameters, name -> array: w by `init`, b and beta 0, gamma 1.

        init: a standard deviation, "xavier" or "he" (see initial_std). The same
        generator gives the same w with any normalization, and to every init, up to its
        scale.
        """
        dtype, params = arguments.floating("dtype", dtype), {}
        for name, (shape, start, _) in self.params.items():
            if start is None:
                params[name] = initial_weights(rng, shape, init).astype(dtype)
            else:
                params[name] = np.full(shape, start, dtype)
        return params

    def initial_state(self, dtype: DTypeLike = np.float64) -> dict[str, dict[str, Any]]:
        """The running statistics before training: layer name -> a state of
        norm.running. {} for a network without batch norm."""
        return {layer.name: initial_state_of(
                    layer, dtype, cumulative=layer.options["momentum"] is None)
                for layer in self.stateful}

    def forward(self, params: Arrays, x: ArrayLike, *, training: bool,
                state: States | None = None, rng: np.random.Generator | None = None,
                ranks: Ranks | None = None) -> tuple[np.ndarray, Run]:
        """(y, run) of a batch x (N, *input_shape).

        In training, batch norm uses the batch's statistics, and dropout draws from rng;
        a given state comes back updated as run.state. In inference, batch norm uses the
        state's (`initial_state` or `statistics`) and nothing drops. ranks: with which
        synchronized batch norm shares its statistics; None: none. run.outputs[name]
        is each layer's output, the last one y; run.caches is for `backward`. Outputs
        share no memory with the caches.
        """
        params, x, state = checked(self, params, x, state, training)
        if ranks is not None:
            arguments.instance("ranks", ranks, Ranks, "Ranks or None")
        if not state and len(self.mixing) < len(self.stateful):
            raise TypeError("state: None, expected the statistics of frozen batch norm")
        if training and len(x) < self.least_rows:  # said before rng is drawn from
            raise ValueError(f"x: shape {x.shape} gives a channel 1 values, "
                             "expected at least 2")
        outputs, caches, states = {}, {}, {}
        mode = {"training": training, "batch_statistics": training, "rng": rng,
                "ranks": ranks}
        for name, y, cache, *new in steps(self.layers, params, x, state, mode):
            outputs[name], caches[name] = y, cache
            if name in state:
                (states[name],) = new
        return y, Run(outputs, caches, states)

    def backward(self, dy: ArrayLike,
                 run: Run) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """(grads, doutputs): the loss's gradient by each parameter, and by each output.

        dy: the loss's gradient by y, of its shape. doutputs has a gradient for each
        layer's output under its name, and one for the input under "x". It is the
        gradient of the mode that the forward ran in.
        """
        y = self._own(run)[self.layers[-1].name]
        grads: dict[str, np.ndarray] = {}
        doutputs = {self.layers[-1].name: arguments.shaped("dy", dy, y.shape).copy()}
        before = ["x", *(layer.name for layer in self.layers)]
        for layer, source in reversed([*zip(self.layers, before)]):
            result = LAYERS[layer.kind].backward(
                doutputs[layer.name], run.caches[layer.name])
            sources = [source, *inputs(layer)]
            names = [*sources, *layer.params]
            result = result if len(names) > 1 else (result,)
            for name, gradient in zip(sources, result):
                known = name in doutputs  # read twice: its gradients add up
                doutputs[name] = doutputs[name] + gradient if known else gradient
            grads |= dict(zip(layer.params, result[len(sources):], strict=True))
        return grads, doutputs

    def input_gradient(self, dy: ArrayLike, run: Run) -> np.ndarray:
        """The gradient by the input x alone, of its shape."""
        return self.backward(dy, run)[1]["x"]

    def activations(self, run: Run) -> list[np.ndarray]:
        """The outputs of the activation layers, first layer first."""
        outputs = self._own(run)
        return [outputs[layer.name] for layer in self.layers
                if layer.kind in ACTIVATIONS]

    def _own(self, run):
        """The outputs of a run, if it is one of these layers'."""
        shapes = {layer.name: layer.shape for layer in self.layers}
        arguments.instance("run", run, Run)
        arguments.keyed("run.caches", run.caches, shapes)
        for name, y in arguments.keyed("run.outputs", run.outputs, shapes).items():
            arguments.shaped(f"run.outputs[{name!r}]", y, (len(y), *shapes[name]))
        return run.outputs


def checked_for_predict(network, params, state) -> tuple[dict[str, np.ndarray], Any]:
    """(params, state) as `predict` uses them, if they fit; else as `checked`."""
    arguments.instance("network", network, Network, "a Network")
    none = np.empty((0, *network.input_shape))
    params, _, state = checked(network, params, none, state, training=False)
    return params, state


def checked(network, params, x, state=None,
            training=True) -> tuple[dict[str, np.ndarray], np.ndarray, dict[str, Any]]:
    """(params, x, state) as they are used, if all fit; else TypeError or ValueError."""
    arguments.instance("network", network, Network, "a Network")
    arguments.flag("training", training)
    shapes = network.param_shapes()
    arguments.keyed("params", params, shapes)
    params = {name: arguments.shaped(f"params[{name!r}]", params[name], shape)
              for name, shape in shapes.items()}
    x = arguments.array("x", x)
    some = training and network.least_rows > 0
    if x.ndim == 0 or x.shape[1:] != network.input_shape or len(x) < some:
        expected = ", ".join(map(str, ("N", *network.input_shape)))
        least = ", N at least 1" * some
        raise ValueError(f"x: shape {x.shape}, expected ({expected}){least}")
    if state is None and (training or not network.stateful):
        return params, x, {}
    arguments.keyed("state", state, [layer.name for layer in network.stateful])
    return params, x, {layer.name: checked_state_of(layer, state[layer.name], training)
                       for layer in network.stateful}
