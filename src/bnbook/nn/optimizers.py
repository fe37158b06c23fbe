"""Optimizers: parameters and gradients go in, new parameters come out."""

from bnbook.nn import arguments
from bnbook.norm.arguments import nonnegative


def sgd(params, grads, lr):
    r"""One step of gradient descent: a new dict of new arrays.

        p' = p - lr \cdot dp   for each parameter p

    params, grads: name -> array, the same names and shapes; lr: a number of at least 0.
    Neither dict is changed. Raises ValueError or TypeError.
    """
    lr = float(nonnegative("lr", lr))
    if set(params) != set(grads):
        raise ValueError(f"grads: got {sorted(grads)}, expected {sorted(params)}")
    new = {}
    for name, p in params.items():
        p = arguments.array(f"params[{name!r}]", p)
        new[name] = p - lr * arguments.shaped(f"grads[{name!r}]", grads[name], p.shape)
    return new
