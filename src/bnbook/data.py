"""The book's one data set: scikit-learn's handwritten digits."""

from typing import NamedTuple

import numpy as np
from sklearn import datasets

N_TRAIN = 1297


class Digits(NamedTuple):
    """Real 8x8 images as rows of 64 pixels, and the digit 0 to 9 that each shows.

    x_train (1297, 64) and x_test (500, 64) are float64, in standard deviations of the
    training pixels; y_train (1297,) and y_test (500,) are int64.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def load_digits() -> Digits:
    r"""The digits: the first 1297 to train, the last 500 to test; new arrays each call.

        x = (p / 16 - m) / s

    p: the pixels, 0 to 16; m (64,): the mean of each pixel over the training rows; s:
    one standard deviation (biased) of all the centred training pixels, a single number,
    so that a pixel which is always blank stays 0. Nothing is learned from the test
    rows.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI
    Machine Learning Repository (1998), its test set of 1797 images as scikit-learn
    ships it. No download.
    """
    pixels, labels = datasets.load_digits(return_X_y=True)
    x = pixels / 16
    x -= x[:N_TRAIN].mean(axis=0)
    x /= x[:N_TRAIN].std()
    y = labels.astype(np.int64)
    return Digits(x[:N_TRAIN].copy(), y[:N_TRAIN].copy(),
                  x[N_TRAIN:].copy(), y[N_TRAIN:].copy())
