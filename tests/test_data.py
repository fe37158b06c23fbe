import numpy as np
import pytest
from sklearn import datasets

from bnbook.data import load_digits

DIGITS = load_digits()


def test_the_first_1297_train_and_the_last_500_test():
    assert DIGITS.x_train.shape == (1297, 64)
    assert DIGITS.x_test.shape == (500, 64)
    labels = datasets.load_digits().target
    np.testing.assert_array_equal(DIGITS.y_train, labels[:1297])
    np.testing.assert_array_equal(DIGITS.y_test, labels[-500:])


@pytest.mark.parametrize("name", ["x_train", "x_test", "y_train", "y_test"])
def test_images_are_float64_and_labels_int64(name):
    expected = np.float64 if name[0] == "x" else np.int64
    assert getattr(DIGITS, name).dtype == expected


def test_every_training_pixel_has_mean_zero():
    # 1297 additions of values up to 5, each rounded to 4e-16: far below 1e-12.
    assert np.abs(DIGITS.x_train.mean(axis=0)).max() < 1e-12


def test_the_training_pixels_have_one_standard_deviation_together_not_each():
    assert DIGITS.x_train.std() == pytest.approx(1, abs=1e-12)
    assert np.ptp(DIGITS.x_train.std(axis=0)) > 1


def test_pixels_that_are_blank_in_training_stay_zero_there():
    blank = np.ptp(datasets.load_digits().data[:1297], axis=0) == 0
    assert blank.any() and not DIGITS.x_train[:, blank].any()


def test_the_scaling_can_be_undone_with_training_rows_alone():
    pixels = datasets.load_digits().data / 16
    mean = pixels[:1297].mean(axis=0)
    std = (pixels[:1297] - mean).std()
    np.testing.assert_allclose(DIGITS.x_test * std + mean, pixels[1297:], atol=1e-14)


def test_a_caller_who_edits_the_arrays_spoils_no_later_load():
    spoiled = load_digits()
    for array in spoiled:
        array[:] = 7
    for again, first in zip(load_digits(), DIGITS, strict=True):
        np.testing.assert_array_equal(again, first)
