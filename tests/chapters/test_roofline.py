"""The roofline: arithmetic that can be counted by hand, and timings as wide inequalities."""

import numpy as np
import pytest

from course_lib.chapters import roofline
from course_lib.chapters.roofline import (
    arithmetic_ceiling,
    cores,
    intensity,
    layer_seconds,
    memory_ceiling,
    pays_from,
)


def test_intensity_counts_every_number_of_a_small_layer():
    """Two rows through a square of three: 2·2·9 operations; 9 weights, 6 numbers in, 6 out."""
    assert intensity([2], 3) == pytest.approx([36 / (8 * (9 + 6 + 6))])


def test_intensity_grows_with_the_batch_up_to_a_limit_that_the_width_sets():
    B = 2 ** np.arange(20)
    found = intensity(B, 512)
    assert (np.diff(found) > 0).all()
    assert found[0] == pytest.approx(0.25, rel=0.01) and found[-1] < 512 / 8


@pytest.mark.flaky(reruns=2)  # other programs may slow one of the two measurements
def test_a_layer_stays_below_the_arithmetic_ceiling():
    """One row far below it, many near it; a disturbed machine may lower the ceiling by a third."""
    sizes = np.array([1, 64])
    before = arithmetic_ceiling(n_repeats=5)
    seconds = layer_seconds(sizes, width=1000, rounds=5).min(axis=(0, 1))
    rates = 2 * sizes * 1000**2 / seconds
    ceiling = max(before, arithmetic_ceiling(n_repeats=5))
    assert rates[0] < 0.7 * ceiling and rates[1] < 1.5 * ceiling


def test_memory_delivers_more_than_a_number_for_each_operation_of_a_slow_machine():
    assert 1e8 < memory_ceiling(n_repeats=2) < 1e13


def test_every_thread_count_and_batch_size_is_timed_in_each_round():
    found = layer_seconds([1, 4, 16], width=64, threads=(1, cores()), rounds=4)
    assert found.shape == (4, 2, 3) and (found > 0).all()


def test_one_core_is_said_where_threads_cannot_be_set(monkeypatch):
    class Nothing:
        def select(self, **_):
            return self

        def info(self):
            return []

    monkeypatch.setattr(roofline, "ThreadpoolController", Nothing)
    assert cores() == 1


def test_threads_are_set_for_the_time_of_a_call_only():
    def count():
        return [each["num_threads"] for each in roofline.ThreadpoolController().info()]

    before = count()
    layer_seconds([1], width=8, threads=[1], rounds=1)
    assert count() == before


@pytest.mark.parametrize(
    ("speed_up", "answer"),
    [
        ([[0.9, 0.8, 0.7]] * 16, None),
        ([[1.1, 1.2, 1.3]] * 16, 1),
        ([[1.2, 0.9, 1.3]] * 16, 64),  # what pays at B = 1 alone does not pay from there on
        ([[0.9, 1.2, 1.3]] * 8 + [[0.9, 0.5, 1.3]] * 8, 64),  # the median is not enough
    ],
)
def test_parallel_work_pays_from_where_the_whole_band_does(speed_up, answer):
    assert pays_from([1, 8, 64], speed_up) == answer


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: intensity([0], 3), "each of batch_sizes must be a whole number of at least 1"),
        (lambda: intensity([1], 0), "width must be a whole number of at least 1, not 0"),
        (lambda: layer_seconds([]), "batch_sizes must hold one or more batch sizes"),
        (lambda: layer_seconds([0]), "each of batch_sizes must be a whole number"),
        (lambda: layer_seconds([1], threads=[0]), "each of threads must be a whole number"),
        (lambda: layer_seconds([1], rounds=0), "rounds must be a whole number"),
        (lambda: memory_ceiling(n_repeats=0), "n_repeats must be a whole number"),
        (lambda: arithmetic_ceiling(width=0), "width must be a whole number"),
        (lambda: pays_from([1, 2], [[1.0, 2.0, 3.0]]), "speed_up must be an array of numbers"),
    ],
)
def test_bad_arguments_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
