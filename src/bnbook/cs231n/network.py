"""Affine, ReLU, dropout, conv, pooling and losses with the assignment's contract.

`nn` does the work; here are the assignment's names, dictionaries and returns.
"""

import numpy as np

from bnbook.cs231n.contract import returned, setting, training, upstream
from bnbook.nn import arguments, convolution, dropout, layers, losses, pooling

MASKS = {
    "drop": lambda u, p: (u >= p, p),
    "keep": lambda u, p: (u < p, 1 - p),
}
"""From u in [0, 1): (which are kept, the probability to drop), by what p means."""
_meaning = ["drop"]


def dropout_p_is(meaning):
    """Say once what the `p` of `dropout_param` is the probability of.

    "drop", as in the assignment until 2017 and here from the start, or "keep", as in
    the assignment since 2018. It holds for every later `dropout_forward` of this
    process that does not say p_is. Raises ValueError for another word.
    """
    _meaning[0] = arguments.choice("meaning", meaning, tuple(MASKS))


def affine_forward(x, w, b):
    r"""out = x w + b, each x_n read as one row: (out, cache).

    x (N, d_1, ..., d_k), w (D, M) with D = d_1 \cdots d_k, b (M,) -> out (N, M).
    Raises TypeError or ValueError, in one line that names the argument.
    """
    x, w, b = _real(x=x, w=w, b=b)
    return returned(*layers.affine_forward(x, w, b))


def affine_backward(dout, cache):
    """(dx, dw, db) from dout (N, M); dx has x's shape."""
    return layers.affine_backward(*upstream(dout, cache))


def relu_forward(x):
    r"""out = \max(x, 0), any shape: (out, cache)."""
    return returned(*layers.relu_forward(x))


def relu_backward(dout, cache):
    """dx: dout where x > 0, else 0; dout is left as it is."""
    return layers.relu_backward(*upstream(dout, cache))


def dropout_forward(x, dropout_param, *, p_is=None):
    r"""Inverted dropout: (out, cache).

        out = x \cdot mask / (1 - p) in mode "train",   out = x in mode "test"

    dropout_param: "mode"; "p", the probability to drop, as in the older assignment;
    "seed", optional. Since 2018 the assignment's p is the probability to keep: for it
    say p_is="keep", or `dropout_p_is("keep")` once after the import. Every element has
    its own mask. It comes from NumPy's global legacy generator, as the assignment's
    does, or with a seed from a legacy generator of its own, so that the published
    digits come out and the global one stays as it is.
    Raises TypeError or ValueError, before anything is drawn.
    """
    (x,) = _real(x=x)
    p_is = _meaning[0] if p_is is None else p_is
    mask = MASKS[arguments.choice("p_is", p_is, tuple(MASKS))]
    p = arguments.fraction("p", setting("dropout_param", dropout_param, "p"))
    if training("dropout_param", dropout_param):
        u = _legacy(dropout_param.get("seed")).random_sample(x.shape)
        inner = dropout.DropoutCache(*mask(u, p))
    else:
        inner = dropout.DropoutCache(np.ones(x.shape, bool), 0.0)
    out = dropout.dropout_backward(x, inner)  # it is linear: x passes as dout will
    return returned(out, inner)


def dropout_backward(dout, cache):
    """dx, with the forward's mask and scale."""
    return dropout.dropout_backward(*upstream(dout, cache))


def conv_forward_naive(x, w, b, conv_param):
    r"""Convolution in loops: (out, cache).

        out_{nfij} = b_f + \sum_{cuv} xp_{n, c, i stride + u, j stride + v} w_{fcuv}

    x (N, C, H, W), w (F, C, HH, WW), b (F,); conv_param: "stride" and "pad", the zeros
    on every side of xp -> out (N, F, H', W') with H' = 1 + (H + 2 pad - HH) / stride
    rounded down, and W' likewise. Raises TypeError or ValueError.
    """
    x, w, b = _real(x=x, w=w, b=b)
    how = {key: setting("conv_param", conv_param, key) for key in ("stride", "pad")}
    return returned(*convolution.conv_forward_naive(x, w, b, **how))


def conv_backward_naive(dout, cache):
    """(dx, dw, db) from dout (N, F, H', W')."""
    return convolution.conv_backward_naive(*upstream(dout, cache))


def max_pool_forward_naive(x, pool_param):
    r"""The largest of every window, in loops: (out, cache).

    x (N, C, H, W); pool_param: "pool_height", "pool_width" and "stride" ->
    out (N, C, H', W') with H' = 1 + (H - pool_height) / stride rounded down, and W'
    likewise. Raises TypeError or ValueError.
    """
    (x,) = _real(x=x, ndim=4)
    height, width, stride = (
        arguments.count(key, setting("pool_param", pool_param, key))
        for key in ("pool_height", "pool_width", "stride")
    )
    for key, size, most in zip(("pool_height", "pool_width"), (height, width),
                               x.shape[2:]):
        if size > most:
            raise ValueError(f"{key}: {size}, expected at most the image's, {most}")
    return returned(*pooling.max_pool_forward_naive(
        x, height=height, width=width, stride=stride))


def max_pool_backward_naive(dout, cache):
    """dx: windows that overlap add up, and tied maxima share equally."""
    return pooling.max_pool_backward_naive(*upstream(dout, cache))


def svm_loss(x, y):
    r"""The multiclass hinge loss and its gradient: (loss, dx).

        loss = \frac{1}{N} \sum_n \sum_{j \ne y_n} \max(0, x_{nj} - x_{n y_n} + 1)

    x (N, C) scores, y (N,) labels from 0 to C - 1. Raises TypeError or ValueError.
    """
    return _loss(losses.svm_forward, losses.svm_backward, x, y)


def softmax_loss(x, y):
    r"""The mean cross-entropy of the softmax and its gradient: (loss, dx).

        loss = -\frac{1}{N} \sum_n \log (e^{x_{n y_n}} / \sum_j e^{x_{nj}})

    x (N, C) scores, y (N,) labels from 0 to C - 1. Raises TypeError or ValueError.
    """
    return _loss(losses.softmax_cross_entropy_forward,
                 losses.softmax_cross_entropy_backward, x, y)


def _loss(forward, backward, x, y):
    x = arguments.scores("x", x)
    loss, inner = forward(x, arguments.labels("y", y, *x.shape))
    return loss, backward(inner)


def _real(ndim=None, **values):
    # nn takes complex numbers for the complex step; the assignment has no use for them.
    return [arguments.array(name, value, ndim=ndim) for name, value in values.items()]


def _legacy(seed):
    """Where random_sample is drawn from."""
    if seed is None:
        return np.random
    if arguments.count("seed", seed, least=0) >= 2**32:
        raise ValueError(f"seed: {seed}, expected at most 2**32 - 1")
    return np.random.RandomState(seed)
