"""The data are what their docstrings say, and bad data are refused."""

from itertools import islice

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits

from course_lib.batches import streams
from course_lib.chapters.curvature import hessian_eigenvalues
from course_lib.data import (
    DIABETES,
    Data,
    digits_data,
    drifting_line,
    drifting_slope,
    lesson_line,
    line_data,
    linear_data,
)
from course_lib.measure import least_squares


@pytest.mark.parametrize("N", [100, 150])
def test_lesson_line_is_what_the_lesson_draws(N):
    np.random.seed(42)  # noqa: NPY002  the lesson's own lines
    x = 2 * np.random.rand(N, 1)  # noqa: NPY002
    y = 4 + 3 * x + np.random.randn(N, 1)  # noqa: NPY002
    data = lesson_line(N=N)
    np.testing.assert_array_equal(data.X, x)
    np.testing.assert_array_equal(data.y, y[:, 0])
    assert len(lesson_line()) == 100


def test_lesson_line_leaves_the_generator_where_the_lesson_goes_on():
    rng = np.random.RandomState(42)
    lesson_line(rng)
    other = np.random.RandomState(42)
    other.rand(100), other.randn(100)
    assert rng.randn() == other.randn()


def test_a_bias_is_the_weight_of_a_feature_that_is_always_one():
    data = lesson_line().with_bias()
    np.testing.assert_array_equal(data.X[:, 0], lesson_line().X[:, 0])
    assert (data.X[:, 1] == 1).all() and data.X.shape == (100, 2)


def test_line_data_lies_about_its_line():
    data = line_data(20_000, noise=0.5, seed=3)
    np.testing.assert_allclose(least_squares(data, bias=True), [3, 4], atol=0.03)
    residual = data.y - (3 * data.X[:, 0] + 4)
    assert residual.std() == pytest.approx(0.5, rel=0.03)


@pytest.mark.parametrize("condition_number", [1, 10, 1000.0])
def test_linear_data_has_the_condition_number_asked_for(condition_number):
    eigenvalues = hessian_eigenvalues(linear_data(200, 7, condition_number=condition_number))
    assert eigenvalues[0] == pytest.approx(2)
    assert eigenvalues[0] / eigenvalues[-1] == pytest.approx(condition_number)


def test_the_files_hold_what_scikit_learn_has():
    diabetes = load_diabetes(scaled=False)
    ours = np.loadtxt(DIABETES, delimiter=",", skiprows=1)
    np.testing.assert_allclose(ours, np.column_stack([diabetes.data, diabetes.target]))


def test_digits_are_split_without_overlap_and_scaled():
    split = digits_data(seed=1)
    assert [len(part) for part in split] == [1000, 397, 400]
    images = np.concatenate([part.X for part in split])
    assert images.min() == 0 and images.max() == 1
    original = load_digits().data / 16
    np.testing.assert_array_equal(np.sort(images, axis=0), np.sort(original, axis=0))


def test_wrong_labels_are_as_many_as_asked_for_and_only_in_the_training_part():
    clean, noisy = digits_data(seed=5), digits_data(seed=5, wrong_labels=0.3)
    np.testing.assert_array_equal(clean.train.X, noisy.train.X)
    assert (clean.train.y != noisy.train.y).sum() == 300
    assert set(noisy.train.y) == set(range(10))
    np.testing.assert_array_equal(clean.validation.y, noisy.validation.y)
    np.testing.assert_array_equal(clean.test.y, noisy.test.y)


def test_same_seed_gives_the_same_data_and_another_seed_other_data():
    one, again, other = (linear_data(50, 3, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.y, again.y)
    assert not np.array_equal(one.y, other.y)


def test_drifting_line_swings_as_its_slope_says():
    update = 250
    stream = drifting_line(streams(0, 4), 2000, noise=0.1, period=1000)
    X, y = next(islice(stream, update, None))
    assert X.shape == (4, 2000, 1) and y.shape == (4, 2000)
    for x, target in zip(X[..., 0], y, strict=True):
        slope, bias = np.polyfit(x, target, 1)
        assert slope == pytest.approx(drifting_slope(update, 1000), abs=0.02)
        assert bias == pytest.approx(4, abs=0.02)
    assert drifting_slope(update, 1000) == pytest.approx(4)


@pytest.mark.parametrize(
    ("X", "y", "says"),
    [
        (np.empty((0, 2)), np.empty(0), r"X must have shape \(N, D\) with N and D at least 1"),
        (np.ones(3), np.ones(3), r"X must have shape \(N, D\)"),
        (np.ones((3, 2)), np.ones(4), r"y must have shape \(3,\).*not \(4,\)"),
        (np.ones((3, 2)), np.ones((3, 1)), r"y must have shape \(3,\).*not \(3, 1\)"),
        ([[1.0], [np.nan]], [0, 0], r"X must be finite, but X\[1, 0\] is nan"),
        ([[1.0], [2.0]], [0, np.inf], r"y must be finite, but y\[1\] is inf"),
        ([["a"], ["b"]], [0, 0], "X must hold numbers"),
    ],
)
def test_bad_data_are_refused_with_what_is_wrong(X, y, says):
    with pytest.raises(ValueError, match=says):
        Data(X, y)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: linear_data(2.5, 1), "N must be a whole number of at least 1, not 2.5"),
        (lambda: linear_data(9, 1, noise=-1), "noise must be zero or a positive number, not -1"),
        (lambda: linear_data(3, 5), "N must be a whole number of at least 5, not 3"),
        (lambda: linear_data(9, 2, condition_number=0.5), "condition_number must be at least 1"),
        (lambda: digits_data(n_train=1797), "n_train must be a whole number from 1 to 1795"),
        (lambda: digits_data(wrong_labels=1.5), "wrong_labels must be a number from 0"),
        (lambda: drifting_line(streams(0, 1), 0), "batch_size must be a whole number"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_drawn(make, says):
    with pytest.raises(ValueError, match=says):
        make()
