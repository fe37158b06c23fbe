"""What a network is made of, and one pass through it."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np

from bnbook.nn import arguments
from bnbook.nn.table import LAYERS, Param
from bnbook.norm.running import checked_state, initial_state


class Spec(NamedTuple):
    """A layer as one asks for it: a row of LAYERS and its options."""

    kind: str
    options: dict[str, Any]


class Layer(NamedTuple):
    """A layer in its place: its output's name, kind, parameters (name -> Param),
    options, and the shape of a row of its output."""

    name: str
    kind: str
    params: dict[str, Param]
    options: dict[str, Any]
    shape: tuple[int, ...]


def layer(kind: str, **options: Any) -> Spec:
    """A layer to build a Network from: layer("affine", width=50), layer("relu").

    The kinds and their options, with defaults, are the rows of LAYERS. Raises
    ValueError for a kind or an option that is not there.
    """
    known = LAYERS[arguments.choice("kind", kind, LAYERS)].options
    for name in options:
        if name not in known:
            raise ValueError(f"{name}: no option of {kind}, expected one of "
                             f"{list(known)}")
    return Spec(kind, {**known, **options})


def as_specs(values: Iterable[str | Spec]) -> tuple[Spec, ...]:
    """A tuple of Specs, from several of what `as_spec` takes."""
    if isinstance(values, str | Spec) or not isinstance(values, Iterable):
        raise TypeError(f"specs: {arguments.shown(values)}, expected several layers, "
                        "as in (layer(kind, ...), ...)")
    return tuple(map(as_spec, values))


def as_spec(value: str | Spec) -> Spec:
    """A Spec with all its options, from one or from a kind's name alone."""
    if isinstance(value, str):
        return layer(value)
    if not isinstance(value, Spec):
        raise TypeError(f"specs: {arguments.shown(value)}, expected a kind or "
                        "layer(kind, ...)")
    arguments.instance("specs", value.options, Mapping, "options in a dict")
    return layer(value.kind, **value.options)


def placed(shape, specs):
    """The Layers that specs give for inputs (N, *shape).

    Each is tried on a batch of zeros: what it refuses, it refuses here, and what comes
    out has the next one's shape.
    """
    made, x, i = [], np.zeros((2, *shape)), 0
    outputs = {"x": x}
    for kind, options in specs:
        own = LAYERS[kind].params(x.shape[1:], options)
        i += any(param.init is None for param in own.values())
        taken = {name for layer in made for name in (layer.name, *layer.params)}
        number = str(i)
        while taken & {name + number for name in (kind, *own)}:
            number += "'"
        params = {name + number: param for name, param in own.items()}
        new = Layer(kind + number, kind, params, options, ())
        x = outputs[new.name] = _tried(new, x, outputs)
        made.append(new._replace(shape=x.shape[1:]))
    return tuple(made)


def _tried(layer, x, outputs):
    for name in LAYERS[layer.kind].inputs:
        arguments.choice(name, layer.options[name], outputs)
    params = {name: np.zeros(param.shape) for name, param in layer.params.items()}
    stateful = LAYERS[layer.kind].stateful
    state = {layer.name: initial_state_of(layer, float)} if stateful else {}
    mode = {"training": False, "batch_statistics": False, "rng": None}
    with np.errstate(divide="ignore", invalid="ignore"):  # at eps = 0
        (_, y, *_), = steps((layer,), params, x, state, mode, outputs)
    return y


def initial_state_of(layer, dtype, *, cumulative=False) -> dict[str, Any]:
    """A batch norm layer's running statistics before training."""
    num_features = _num_features(layer)
    return initial_state(num_features, dtype, cumulative=cumulative)


def checked_state_of(layer, state, training):
    """`state`, checked and copied, if it is one of this batch norm layer.

    Training needs the count that its momentum asks for; inference does without.
    """
    num_features = _num_features(layer)
    counted = isinstance(state, Mapping) and "num_values" in state
    cumulative = layer.options["momentum"] is None if training else counted
    return deepcopy(checked_state(state, num_features, cumulative=cumulative))


def _num_features(layer):
    gamma, _ = layer.params.values()
    return gamma.shape[0]


def inputs(layer):
    """The names of the earlier outputs that a layer takes beside the last one."""
    return [layer.options[name] for name in LAYERS[layer.kind].inputs]


def steps(layers, params, x, state, mode, outputs=None):
    """Run x through the layers: for each (name, y, cache), the new state if stateful.

    mode: what the run says of training, batch_statistics, rng and, if there are some,
    ranks; it also overrides options. outputs: what stands before the first layer, by
    name.
    """
    wanted = {name for layer in layers for name in inputs(layer)}
    outputs = {"x": x} if outputs is None else outputs
    for layer in layers:
        row = LAYERS[layer.kind]
        known = {"ranks": None, **layer.options, **mode, "state": state.get(layer.name)}
        keywords = {name: known[name] for name in row.keywords}
        taken = [outputs[name] for name in inputs(layer)]
        x, *rest = row.forward(
            x, *taken, *(params[n] for n in layer.params), **keywords)
        if layer.name in wanted:
            outputs[layer.name] = x
        yield layer.name, x, *rest
