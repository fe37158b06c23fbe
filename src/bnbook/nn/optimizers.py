r"""Optimizers: parameters, gradients and state go in, new ones come out.

Each row of OPTIMIZERS is f(params, grads, state, *, lr, ...) -> (new params, new state)
and changes none of its arguments. params, grads: name -> array, the same names and
shapes. state: {} at the start, then what the last step returned: for each symbol below
that is carried on (v, h, m), a dict name -> array, all 0 at first, and for Adam the
number of steps t. lr: a number of at least 0. Products, squares and roots are
elementwise; dp is the gradient by p. New parameters keep p's dtype; integers become
float64, and float16 is computed, and its state kept, in float32. Raises TypeError or
ValueError, before anything is computed, for names, shapes, dtypes or numbers that do
not fit.
"""

from collections.abc import Callable

import numpy as np

from bnbook.graph.types import Arrays, State
from bnbook.nn import arguments
from bnbook.nn.stepping import Stepped, checked_state, stepped


def sgd(params: Arrays, grads: Arrays, state: State, *, lr: float) -> Stepped:
    r"""Against the gradient; stochastic (SGD) if it is that of a batch. No state.

        p' = p - lr \cdot dp

    Source: Robbins & Monro 1951.
    """
    lr = _rate(lr)
    return stepped(lambda p, dp: (p - lr * dp,), (), params, grads, state)


def momentum(params: Arrays, grads: Arrays, state: State, *, lr: float,
             momentum: float = 0.9) -> Stepped:
    r"""Heavy ball: the last step goes on, weighed by momentum mu in [0, 1).

        v' = mu \cdot v - lr \cdot dp,   p' = p + v'

    The learning rate is inside v, as in cs231n; PyTorch multiplies by it afterwards,
    which is the same as long as it stays. Source: Polyak 1964.
    """
    lr, mu = _rate(lr), arguments.fraction("momentum", momentum, below=True)

    def rule(p, dp, v):
        v = mu * v - lr * dp
        return p + v, v

    return stepped(rule, ("v",), params, grads, state)


def nesterov(params: Arrays, grads: Arrays, state: State, *, lr: float,
             momentum: float = 0.9) -> Stepped:
    r"""Nesterov momentum: the gradient is that of where momentum alone would lead.

        v' = mu \cdot v - lr \cdot dp,   p' = p + mu \cdot v' - lr \cdot dp

    p stands for that place already (cs231n's and PyTorch's form), so dp is the gradient
    by p as always. Sources: Nesterov 1983; Sutskever et al. 2013.
    """
    lr, mu = _rate(lr), arguments.fraction("momentum", momentum, below=True)

    def rule(p, dp, v):
        v = mu * v - lr * dp
        return p + mu * v - lr * dp, v

    return stepped(rule, ("v",), params, grads, state)


def adagrad(params: Arrays, grads: Arrays, state: State, *, lr: float,
            eps: float = 1e-8) -> Stepped:
    r"""Steps over the root of the sum of all squared gradients so far.

        h' = h + dp^2,   p' = p - lr \cdot dp / (\sqrt{h'} + eps)

    eps as in cs231n, a number of at least 0 (PyTorch's is 1e-10). Source: Duchi, Hazan
    & Singer 2011.
    """
    lr, eps = _rate(lr), float(arguments.nonnegative("eps", eps))

    def rule(p, dp, h):
        h = h + dp**2
        return p - lr * dp / (np.sqrt(h) + eps), h

    return stepped(rule, ("h",), params, grads, state, squares="h")


def rmsprop(params: Arrays, grads: Arrays, state: State, *, lr: float,
            decay: float = 0.99, eps: float = 1e-8) -> Stepped:
    r"""Steps over the root of a running mean of squared gradients.

        h' = decay \cdot h + (1 - decay) dp^2,
        p' = p - lr \cdot dp / (\sqrt{h'} + eps)

    decay in [0, 1) weighs the old value; both defaults are cs231n's and PyTorch's.
    Source: Tieleman & Hinton 2012, lecture 6e of their course.
    """
    lr, eps = _rate(lr), float(arguments.nonnegative("eps", eps))
    decay = arguments.fraction("decay", decay, below=True)

    def rule(p, dp, h):
        h = decay * h + (1 - decay) * dp**2
        return p - lr * dp / (np.sqrt(h) + eps), h

    return stepped(rule, ("h",), params, grads, state, squares="h")


def adam(params: Arrays, grads: Arrays, state: State, *, lr: float, beta1: float = 0.9,
         beta2: float = 0.999, eps: float = 1e-8) -> Stepped:
    r"""RMSProp with momentum, both means corrected for their start at 0.

        t' = t + 1,   m' = beta1 \cdot m + (1 - beta1) dp,
        v' = beta2 \cdot v + (1 - beta2) dp^2,
        p' = p - lr \frac{m' / (1 - beta1^{t'})}{\sqrt{v' / (1 - beta2^{t'})} + eps}

    beta1 and beta2 in [0, 1) weigh the old values; defaults are the paper's. Source:
    Kingma & Ba 2015, algorithm 1.
    """
    lr, eps = _rate(lr), float(arguments.nonnegative("eps", eps))
    beta1 = arguments.fraction("beta1", beta1, below=True)
    beta2 = arguments.fraction("beta2", beta2, below=True)
    moments = dict(checked_state(state, ("m", "t", "v")))
    t = arguments.count("state['t']", moments.pop("t", 0), least=0) + 1

    def rule(p, dp, m, v):
        m = beta1 * m + (1 - beta1) * dp
        v = beta2 * v + (1 - beta2) * dp**2
        root = np.sqrt(v / (1 - beta2**t))
        return p - lr * (m / (1 - beta1**t)) / (root + eps), m, v

    params, moments = stepped(
        rule, ("m", "v"), params, grads, moments, squares="v")
    return params, {**moments, "t": t}


OPTIMIZERS: dict[str, Callable[..., Stepped]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
}


def _rate(lr):
    return float(arguments.nonnegative("lr", lr))
