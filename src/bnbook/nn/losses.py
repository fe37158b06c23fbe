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
    logits = arguments.scores("logits", logits)
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


def svm_forward(scores, labels, *, margin=1.0):
    r"""The multiclass hinge loss of Weston & Watkins: (loss, cache).

        loss = \frac{1}{N} \sum_n \sum_{j \ne y_n} \max(0, s_{nj} - s_{n y_n} + margin)

    scores s (N, K) real, N at least 1; labels y (N,) integers from 0 to K - 1; margin a
    number of at least 0; loss a number. Raises TypeError for other dtypes, ValueError
    for other shapes, labels and margins. Source: Weston & Watkins 1999; the sum over
    the wrong classes is that of cs231n.
    """
    scores = arguments.scores("scores", scores)
    labels = arguments.labels("labels", labels, *scores.shape)
    margin = float(arguments.nonnegative("margin", margin))
    rows = np.arange(len(labels))
    excess = np.maximum(scores - scores[rows, labels][:, None] + margin, 0)
    excess[rows, labels] = 0
    return excess.sum(axis=1).mean(), ((excess > 0).astype(scores.dtype), labels)


def svm_backward(cache):
    r"""The loss's gradient by the scores, (N, K); every row adds up to 0.

        dscores_{nj} = [s_{nj} - s_{n y_n} + margin > 0] / N   for j \ne y_n

    and minus their sum at y_n. At exactly the margin, the hinge's kink, it is 0.
    """
    violated, labels = cache
    dscores = violated.copy()
    dscores[np.arange(len(labels)), labels] = -violated.sum(axis=1)
    return dscores / len(labels)
