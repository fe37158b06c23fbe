"""What PyTorch, Keras and Flax make of one training batch with their defaults, as JSON.

    python tests/oracle/make_conventions.py > tests/oracle/conventions.json

Needs torch, keras (on JAX) and flax. For each framework and shape: its version, the
names and values of a new layer's arrays, those after one batch in training mode, and y
of the same batch in inference mode afterwards, all float32, channels on axis 1 in what
is stored. The tests hold the table of bnbook.norm.conventions to it.
"""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "jax"

import flax
import jax
import keras
import numpy as np
import torch
from flax import linen

SHAPES = [(6, 3), (4, 3, 2, 2)]


def batch(shape):
    return np.random.default_rng(0).normal(1, 2, size=shape).astype(np.float32)


def last(x):
    """Channels last, as Keras and Flax have them by default."""
    return np.moveaxis(x, 1, -1)


def first(y):
    return np.moveaxis(np.asarray(y), -1, 1)


def pytorch(x):
    kind = torch.nn.BatchNorm1d if x.ndim == 2 else torch.nn.BatchNorm2d
    layer, at = kind(x.shape[1]), torch.tensor(x)

    def arrays():
        return {name: a.numpy().copy() for name, a in layer.state_dict().items()}

    new = arrays()
    layer(at)
    trained = arrays()
    return new, trained, layer.eval()(at).detach().numpy()


def keras_layer(x):
    layer = keras.layers.BatchNormalization()
    layer.build(last(x).shape)

    def arrays():
        return {w.name: keras.ops.convert_to_numpy(w) for w in layer.weights}

    new = arrays()
    layer(last(x), training=True)
    return new, arrays(), first(layer(last(x), training=False))


def flat(tree, path=()):
    if not hasattr(tree, "items"):
        return {"/".join(path): np.asarray(tree)}
    return {name: a for key, part in tree.items()
            for name, a in flat(part, (*path, key)).items()}


def flax_layer(x):
    layer = linen.BatchNorm()
    new = layer.init(jax.random.key(0), last(x), use_running_average=True)
    _, moved = layer.apply(new, last(x), use_running_average=False,
                           mutable=["batch_stats"])
    trained = {**new, **moved}
    y = layer.apply(trained, last(x), use_running_average=True)
    return flat(new), flat(trained), first(y)


FRAMEWORKS = {"pytorch": (pytorch, torch.__version__), "keras": (
    keras_layer, keras.__version__), "flax": (flax_layer, flax.__version__)}


def listed(arrays):
    return {name: a.tolist() for name, a in arrays.items()}


def main():
    cases = []
    for framework, (run, version) in FRAMEWORKS.items():
        for shape in SHAPES:
            new, trained, y = run(batch(shape))
            cases.append({"framework": framework, "version": version,
                          "x": batch(shape).tolist(), "new": listed(new),
                          "trained": listed(trained), "y": y.tolist()})
    json.dump({"cases": cases}, sys.stdout)


if __name__ == "__main__":
    main()
