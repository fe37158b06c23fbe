"""Losses: a forward that leaves a cache, a backward that gives the loss's gradient."""

import numpy as np

from bnbook.nn import arguments


def softmax_cross_entropy_forward(logits, labels):
    r"""The mean surprise at the right classes: (loss, cache).

        loss = -\frac{1}{N} \sum_n \log p_{n, labels_n},
        p_{nk} = e^{logits_{nk}} / \sum_j e^{logits_{nj}}

    logits (N, K) real, N at least 1; labels (N,) integers from 0 to K - 1; loss a
    number. The largest logit of a row is subtracted first, so that no exponential
    overflows. Raises TypeError for other dtypes, ValueError for other shapes and
    labels.
    """
    logits = arguments.array("logits", logits, ndim=2)
    if 0 in logits.shape:
        raise ValueError(f"logits: shape {logits.shape}, expected one row or more")
    labels = arguments.labels("labels", labels, *logits.shape)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(labels)), labels].mean(), (np.exp(log_p), labels)


def softmax_cross_entropy_backward(cache):
    r"""The loss's gradient by the logits, (N, K); every row adds up to 0.

        dlogits_{nk} = (p_{nk} - [k = labels_n]) / N
    """
    p, labels = cache
    dlogits = p.copy()
    dlogits[np.arange(len(labels)), labels] -= 1
    return dlogits / len(labels)
