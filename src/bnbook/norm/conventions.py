r"""What the frameworks mean by the same words, as a table, and converters over it.

A state that was trained elsewhere gives the same y at inference once its arrays have
the right names: `imported` and `exported` rename and copy, and change no number. To
go on training alike, convert the momentum too, and where the convention of the running
variance differs, the variance:

    new weight = 1 - old weight,   unbiased var = var m / (m - 1)

Sources: the frameworks' own documentation of batch normalization, and systems.md.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from bnbook.graph.types import Arrays, State
from bnbook.norm import arguments
from bnbook.norm.running import STATISTICS

Framework: TypeAlias = Literal[
    "bnbook", "cs231n", "onnx", "pytorch", "keras", "flax"]


class Convention(NamedTuple):
    """One framework's batch norm.

    weighs: what momentum weighs, "old" or "new"; momentum, eps: the defaults;
    running_var: "biased" or "unbiased"; start: the first running mean and variance,
    None if the caller gives them; cumulative: how a batch weighs with momentum None,
    "by count" or "by batch", None if there is no such thing; names: what ours are
    called, as the path through nested dicts; version, source: of what, and where it was
    read. Those of PyTorch, Keras and Flax were tried as well (`tests/oracle`).
    """

    weighs: Literal["old", "new"]
    momentum: float
    eps: float
    running_var: Literal["biased", "unbiased"]
    start: tuple[float, float] | None
    cumulative: Literal["by count", "by batch"] | None
    names: dict[str, tuple[str, ...]]
    version: str
    source: str


COUNTS = ("num_batches", "num_values")
PARAMS, STATE = ("gamma", "beta"), (*STATISTICS, *COUNTS)
OURS = PARAMS + STATE


def _names(*theirs):
    return {name: tuple(path.split("/")) for name, path in zip(OURS, theirs)}


CONVENTIONS: dict[Framework, Convention] = {
    "bnbook": Convention(
        "old", 0.9, 1e-5, "biased", (0, 1), "by count", _names(*OURS),
        "this one", "bnbook.norm.BatchNorm"),
    "cs231n": Convention(
        "old", 0.9, 1e-5, "biased", (0, 0), None, _names(*OURS[:4]),
        "2024", "https://cs231n.github.io/assignments2024/assignment2/"),
    "onnx": Convention(
        "old", 0.9, 1e-5, "biased", None, None, _names(
            "scale", "B", "input_mean", "input_var"),
        "opset 15", "https://onnx.ai/onnx/operators/onnx__BatchNormalization.html"
        "#batchnormalization-15"),
    "pytorch": Convention(
        "new", 0.1, 1e-5, "unbiased", (0, 1), "by batch", _names(
            "weight", "bias", "running_mean", "running_var", "num_batches_tracked"),
        "2.13", "https://github.com/pytorch/pytorch/blob/v2.13.0/"
        "torch/nn/modules/batchnorm.py"),
    "keras": Convention(
        "old", 0.99, 1e-3, "biased", (0, 1), None, _names(
            "gamma", "beta", "moving_mean", "moving_variance"),
        "3.15", "https://github.com/keras-team/keras/blob/v3.15.1/"
        "keras/src/layers/normalization/batch_normalization.py"),
    "flax": Convention(
        "old", 0.99, 1e-5, "biased", (0, 1), None, _names(
            "params/scale", "params/bias", "batch_stats/mean", "batch_stats/var"),
        "0.12", "https://github.com/google/flax/blob/v0.12.8/"
        "flax/linen/normalization.py"),
}


def converted_momentum(momentum: float | None, source: Framework,
                       target: Framework) -> float | None:
    """The momentum of framework `target` that does what `momentum` does in `source`.

    1 - momentum if they weigh different values. None stays None between frameworks
    whose cumulative averages weigh alike; else ValueError.
    """
    a, b = _convention("source", source), _convention("target", target)
    if arguments.momentum(momentum) is None:
        if a.cumulative is None or a.cumulative != b.cumulative:
            raise ValueError(f"momentum: None, expected a number: {source} averages "
                             f"{a.cumulative}, {target} {b.cumulative}")
        return None
    return momentum if a.weighs == b.weighs else 1 - momentum  # type: ignore[operator]


def unbiased_variance(var: ArrayLike, count: int) -> np.ndarray:
    """var m / (m - 1), for a biased var (C,) of m = count values a channel."""
    m = arguments.count("count", count, least=2)
    return arguments.variance("var", arguments.array("var", var)) * (m / (m - 1))


def biased_variance(var: ArrayLike, count: int) -> np.ndarray:
    """var (m - 1) / m, for an unbiased var (C,) of m = count values a channel.

    A running variance converts exactly if all its batches had the same m.
    """
    m = arguments.count("count", count, least=2)
    return arguments.variance("var", arguments.array("var", var)) * ((m - 1) / m)


def without_start(average: ArrayLike, momentum: float, num_batches: int,
                  start: ArrayLike = 0) -> np.ndarray:
    r"""A running average without the share that its start still has in it.

        (average - w start) / (1 - w),   w = momentum^{num_batches}

    momentum weighs the old value, below 1; num_batches at least 1; start is a number or
    of average's shape. What is left is the weighted mean of the batches alone. Source:
    Kingma & Ba 2015, section 3.
    """
    average = arguments.array("average", average)
    t = arguments.count("num_batches", num_batches)
    w = arguments.fraction("momentum", momentum, below=True) ** t
    start = arguments.array("start", start)
    if start.ndim:
        arguments.shaped("start", start, average.shape)
    return (average - w * start) / (1 - w)


def exported(params: Arrays, state: State, framework: Framework) -> dict[str, Any]:
    """A layer's arrays, copied, under `framework`'s names, nested as it nests them.

    What the framework has no name for is left out; no number changes. ONNX, which has
    no layer without them, gets scale 1 and B 0 where params is {}. The eps must be told
    to the framework beside it. Raises TypeError or ValueError.
    """
    names = _convention("framework", framework).names
    ours = _read(_called("params", params, PARAMS) | _called("state", state, STATE))
    if framework == "onnx":
        ours = _params(ours, like=ours.get("running_mean")) | ours
    nested: dict[str, Any] = {}
    for name, (*parents, last) in names.items():
        if name in ours:
            place = nested
            for key in parents:
                place = place.setdefault(key, {})
            place[last] = np.array(ours[name])
    return nested


def imported(values: Mapping[str, Any],
             framework: Framework) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(params, state) of a layer from `framework`'s arrays: what `exported` gives.

    Where the framework left out one of gamma and beta, it is 1 or 0; both, or both
    statistics, may be missing: {}. num_batches is 0 where none is kept. Assign the
    results to a layer's params and state. Raises TypeError or ValueError, also for a
    name that the framework does not know, or one statistic without the other.
    """
    names = _convention("framework", framework).names
    flat = dict(_flattened(
        arguments.keyed("values", values, values), names.values()))
    for path in flat:
        if path not in names.values():
            raise ValueError(f"values: {framework} has no {'/'.join(map(str, path))}, "
                             f"expected {', '.join(map('/'.join, names.values()))}")
    ours = _read({name: ("/".join(path), flat[path])
                  for name, path in names.items() if path in flat})
    lacks = ["/".join(names[name]) for name in STATISTICS if name not in ours]
    if len(lacks) == 1:
        raise ValueError(f"values: no {lacks[0]}, expected both statistics or none")
    state = {name: ours[name] for name in STATE if name in ours}
    like = next((ours[name] for name in PARAMS if name in ours), None)
    return _params(ours, like), state and {"num_batches": 0} | state


def _params(ours, like):
    """gamma and beta of the given, 1 and 0 in the shape of `like`; {} if that is None.
    """
    if like is None:
        return {}
    start = {"gamma": np.ones_like(like), "beta": np.zeros_like(like)}
    return {name: ours.get(name, start[name]) for name in PARAMS}


def _called(label, value, names):
    """name -> (what the caller calls it, value), if the names are among these."""
    if set(arguments.keyed(label, value, value)) - set(names):
        raise ValueError(f"{label}: keys {list(value)}, expected some of {list(names)}")
    return {name: (f"{label}[{name!r}]", a) for name, a in value.items()}


def _read(called):
    """name -> array (C,), a copy, or count, from what `_called` gives."""
    read, c = {}, None
    for name, (words, value) in called.items():
        if name in COUNTS:
            one = np.size(value) == 1  # PyTorch's may have shape (1,)
            value = arguments.plain(words, value).item() if one else value
            read[name] = arguments.count(words, value, least=0)
        else:
            c = arguments.array(words, value, ndim=1).size if c is None else c
            read[name] = np.array(arguments.of_channels(words, value, c))
    return read


def _flattened(values, leaves, path=()):
    """(path, value) of every leaf of nested dicts, and of what is one of `leaves`."""
    for key, value in values.items():
        if isinstance(value, Mapping) and (*path, key) not in leaves:
            yield from _flattened(value, leaves, (*path, key))
        else:
            yield (*path, key), value


def _convention(name, framework):
    return CONVENTIONS[arguments.choice(name, framework, CONVENTIONS)]
