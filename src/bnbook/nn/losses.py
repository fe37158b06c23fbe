"""Losses: a forward that leaves a cache, a backward that gives the loss's gradient."""

from typing import NamedTuple

import numpy as np

from bnbook.nn import arguments


class SoftmaxCache(NamedTuple):
    """Each row's probabilities, and the right classes."""

    p: np.ndarray
    labels: np.ndarray


class SvmCache(NamedTuple):
    """1 where a wrong class is within the margin, else 0, and the right classes."""

    violated: np.ndarray
    labels: np.ndarray


def softmax_cross_entropy_forward(logits, labels):
    r"""The mean surprise at the right classes: (loss, cache).

        loss = -\frac{1}{N} \sum_n \log p_{n, labels_n},
        p_{nk} = e^{logits_{nk}} / \sum_j e^{logits_{nj}}

    logits (N, K) real, N at least 1; labels (N,) integers from 0 to K - 1; loss a
    number. The largest logit of a row is subtracted first, so that no exponential
    overflows. A row with NaN or +inf gives NaN, here and in its gradient. Raises
    TypeError for other dtypes, ValueError for other shapes and labels.
    """
    logits = arguments.scores("logits", logits)
    labels = arguments.labels("labels", labels, *logits.shape)
    with np.errstate(invalid="ignore"):  # inf - inf is NaN, as promised
        shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    cache = SoftmaxCache(np.exp(log_p), labels)
    return -log_p[np.arange(len(labels)), labels].mean(), cache


def softmax_cross_entropy_backward(cache):
    r"""The loss's gradient by the logits, (N, K); every row adds up to 0.

        dlogits_{nk} = (p_{nk} - [k = labels_n]) / N
    """
    p, labels = arguments.instance("cache", cache, SoftmaxCache)
    dlogits = p.copy()
    dlogits[np.arange(len(labels)), labels] -= 1
    return dlogits / len(labels)


def svm_forward(scores, labels, *, margin=1.0):
    r"""The multiclass hinge loss of Weston & Watkins: (loss, cache).

        loss = \frac{1}{N} \sum_n \sum_{j \ne y_n} \max(0, s_{nj} - s_{n y_n} + margin)

    scores s (N, K) real, N at least 1; labels y (N,) integers from 0 to K - 1; margin a
    number of at least 0; loss a number. A row with NaN, or with two infinite scores of
    one sign, gives NaN, here and in its gradient. Raises TypeError for other dtypes,
    ValueError for other shapes, labels and margins. Source: Weston & Watkins 1999; the
    sum over the wrong classes is that of cs231n.
    """
    scores = arguments.scores("scores", scores)
    labels = arguments.labels("labels", labels, *scores.shape)
    margin = float(arguments.nonnegative("margin", margin))
    rows = np.arange(len(labels))
    with np.errstate(invalid="ignore"):  # inf - inf is NaN, as promised
        excess = np.maximum(scores - scores[rows, labels][:, None] + margin, 0)
    excess[rows, labels] = 0
    violated = np.where(np.isnan(excess), excess, excess > 0).astype(scores.dtype)
    return excess.sum(axis=1).mean(), SvmCache(violated, labels)


def svm_backward(cache):
    r"""The loss's gradient by the scores, (N, K); every row adds up to 0.

        dscores_{nj} = [s_{nj} - s_{n y_n} + margin > 0] / N   for j \ne y_n

    and minus their sum at y_n. At exactly the margin, the hinge's kink, it is 0.
    """
    violated, labels = arguments.instance("cache", cache, SvmCache)
    dscores = violated.copy()
    dscores[np.arange(len(labels)), labels] = -violated.sum(axis=1)
    return dscores / len(labels)
