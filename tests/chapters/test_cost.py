"""Costs against things whose size is known."""

import numpy as np
import pytest

from course_lib.chapters import cost
from course_lib.chapters.cost import (
    largest_batch,
    memory_per_update,
    peak_memory,
    seconds_per_update,
)
from course_lib.data import Data, digits_data, lesson_line, linear_data
from course_lib.models import line, linear, mlp
from course_lib.optimizers import adam, momentum, sgd

LINE = lesson_line()


def test_timings_are_positive_and_a_batch_of_1000_takes_longer_than_one_of_1():
    data = digits_data().train
    model = mlp((64, 64, 10))
    one, thousand = (
        seconds_per_update(model, data, sgd(), B, n_repeats=3, seconds=0.01) for B in (1, 1000)
    )
    assert one.shape == (3,) and (one > 0).all()
    assert np.median(thousand) > 2 * np.median(one)


def test_peak_memory_sees_an_array_that_is_gone_at_the_end():
    assert peak_memory(lambda: np.ones(500_000).sum()) == pytest.approx(4_000_000, rel=0.01)
    assert peak_memory(lambda: None) < 10_000


DIGITS = digits_data().train


def test_an_example_more_takes_the_memory_that_its_arrays_have():
    """The most is alive on the way back through a hidden layer of H units, before K classes."""
    D, H, K = 64, 48, 10
    model = mlp((D, H, K))
    few, many = (memory_per_update(model, DIGITS, sgd(), B) for B in (600, 1000))
    numbers = D + 1 + H + K + H  # batch: X and y; hidden layer, scores, gradient by hidden layer
    assert many - few == pytest.approx(400 * (8 * numbers + H), rel=0.01)  # H bools: where x > 0


def test_optimizers_that_remember_take_more_memory():
    model = mlp((64, 200, 10))
    plain, heavy, adaptive = (
        memory_per_update(model, DIGITS, optimizer, 1) for optimizer in (sgd(), momentum(), adam())
    )
    assert plain < heavy < adaptive
    assert heavy - plain >= 0.9 * 8 * model.P


@pytest.mark.parametrize("optimizer", [None, adam()], ids=["sgd", "adam"])
@pytest.mark.parametrize(
    ("model", "data", "budget"),
    [
        (mlp((64, 16, 10)), DIGITS, 4e5),
        (mlp((64, 64, 10)), DIGITS, 1e6),
        (mlp((64, 128, 10)), DIGITS, 2_000_000),
        (linear(5), linear_data(3000, 5), 100_000),
    ],
)
def test_the_largest_batch_fits_and_one_example_more_does_not(model, data, budget, optimizer):
    B = largest_batch(model, data, budget, optimizer)
    assert 1 < B < len(data)
    at, above = (memory_per_update(model, data, optimizer or sgd(), b) for b in (B, B + 1))
    assert at <= budget < above


def test_all_examples_are_the_largest_batch_where_they_fit():
    assert largest_batch(line(), LINE, 1e9) == len(LINE)
    assert largest_batch(line(), Data(LINE.X[:1], LINE.y[:1]), 1e9) == 1


@pytest.mark.parametrize("answer", [1, 2, 3, 4, 5, 63, 64, 65, 99, 100])
def test_no_batch_of_more_than_twice_the_answer_is_tried(monkeypatch, answer):
    tried = []

    def memory(model, data, optimizer, batch_size):
        tried.append(batch_size)
        return 8 * batch_size

    monkeypatch.setattr(cost, "memory_per_update", memory)
    assert largest_batch(line(), LINE, 8 * answer + 7) == answer
    assert max(tried) <= 2 * answer and len(tried) <= 16


def test_a_budget_below_a_single_example_is_refused_with_what_that_takes():
    with pytest.raises(ValueError, match=r"budget must be at least [\d,]+ bytes, .* not 100"):
        largest_batch(line(), LINE, 100)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: largest_batch(line(), LINE, 0), "budget must be a positive number, not 0"),
        (lambda: largest_batch(line(), LINE, "1 GB"), "budget must be a positive number, not '1"),
        (
            lambda: memory_per_update(line(), LINE, sgd(), 101),
            "batch_size must be a whole number from 1 to 100, not 101",
        ),
        (lambda: seconds_per_update(line(), LINE, sgd(), 0), "batch_size must be a whole number"),
        (
            lambda: seconds_per_update(line(), LINE, sgd(), 1, n_repeats=0),
            "n_repeats must be a whole",
        ),
    ],
)
def test_bad_arguments_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
