"""What each way of drawing batches promises."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.batches import (
    in_order,
    shuffled,
    streams,
    take,
    updates_per_epoch,
    with_replacement,
)
from course_lib.data import linear_data

SAMPLINGS = [shuffled, with_replacement, in_order]


@given(N=st.integers(1, 40), data=st.data())
def test_each_epoch_visits_every_example_once(N, data):
    B = data.draw(st.integers(1, N))
    batches = shuffled(N, B, streams(0, 3))
    for _ in range(3):
        epoch = list(islice(batches, updates_per_epoch(N, B)))
        assert [rows.shape[1] for rows in epoch[:-1]] == [B] * (len(epoch) - 1)
        visited = np.sort(np.concatenate(epoch, axis=1))
        np.testing.assert_array_equal(visited, np.tile(np.arange(N), (3, 1)))


def test_short_last_batch_is_kept_or_dropped():
    sizes = {
        last: [rows.shape[1] for rows in islice(shuffled(100, 32, streams(0, 1), last), 8)]
        for last in ("keep", "drop")
    }
    assert sizes == {"keep": [32, 32, 32, 4] * 2, "drop": [32] * 8}
    assert updates_per_epoch(100, 32) == 4 and updates_per_epoch(100, 32, "drop") == 3


def test_dropped_examples_get_their_chance_in_the_next_shuffle():
    epochs = np.concatenate(list(islice(shuffled(10, 4, streams(1, 1), "drop"), 40)), axis=1)
    assert set(epochs[0]) == set(range(10))


def test_shuffles_differ_between_epochs_and_runs():
    first, second = islice(shuffled(50, 50, streams(0, 2)), 2)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first[0], first[1])


@pytest.mark.parametrize("sampling", [shuffled, with_replacement])
@pytest.mark.parametrize(("N", "B"), [(1000, 7), (100, 1), (100, 100)])
def test_a_run_sees_the_same_batches_alone_as_beside_others(sampling, N, B):
    """Also where many epochs are drawn ahead, whose number depends on R."""
    alone = sampling(N, B, streams(4, 1))
    beside = sampling(N, B, streams(4, 600))
    for one, many in islice(zip(alone, beside, strict=True), 400):
        np.testing.assert_array_equal(one[0], many[0])


def test_first_streams_do_not_depend_on_how_many_there_are():
    for one, other in zip(streams(9, 2), streams(9, 5)[:2], strict=True):
        assert one.random() == other.random()


def test_with_replacement_draws_every_example_equally_often():
    rows = np.concatenate(list(islice(with_replacement(10, 10, streams(0, 1)), 10_000)), axis=1)
    counts = np.bincount(rows[0], minlength=10)
    chi_squared = ((counts - 10_000) ** 2 / 10_000).sum()
    assert chi_squared < 27.9  # the 0.999 quantile with 9 degrees of freedom


def test_with_replacement_repeats_examples_even_at_the_full_batch_size():
    rows = next(with_replacement(100, 100, streams(0, 1)))
    assert len(set(rows[0])) == pytest.approx(100 * (1 - np.exp(-1)), abs=12)


def test_every_shuffle_is_equally_likely():
    orders = islice(shuffled(3, 3, streams(2, 1)), 6000)
    counts = np.unique([rows[0] @ [9, 3, 1] for rows in orders], return_counts=True)[1]
    assert len(counts) == 6
    assert ((counts - 1000) ** 2 / 1000).sum() < 20.5  # 0.999 quantile, 5 degrees of freedom


def test_in_order_is_the_order_of_the_data():
    rows = np.concatenate(list(islice(in_order(10, 4), 6)), axis=1)
    np.testing.assert_array_equal(rows, [[*range(10), *range(10)]])


def test_a_legacy_generator_is_asked_for_one_permutation_an_epoch():
    rng, other = np.random.RandomState(1), np.random.RandomState(1)
    rows = np.concatenate(list(islice(shuffled(20, 5, [rng]), 8)), axis=1)[0]
    np.testing.assert_array_equal(rows, [*other.permutation(20), *other.permutation(20)])
    assert rng.rand() == other.rand()  # nothing was drawn ahead


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_batch_size_can_follow_a_schedule(sampling):
    batches = sampling(100, lambda update: 10 if update < 3 else 20, streams(0, 2))
    assert [rows.shape[1] for rows in islice(batches, 6)] == [10, 10, 10, 20, 20, 20]


def test_take_returns_the_examples_of_the_rows():
    data = linear_data(30, 2)
    rows = np.array([[3, 1], [0, 29]])
    X, y = next(take(data, iter([rows])))
    np.testing.assert_array_equal(X, data.X[rows])
    np.testing.assert_array_equal(y, data.y[rows])


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("B", [0, -1, 101, 2.5, "32", None, True, np.nan])
def test_bad_batch_size_is_refused_at_the_call(sampling, B):
    with pytest.raises(ValueError, match=r"batch_size must be a whole number from 1 to 100, not"):
        sampling(100, B, streams(0, 1))


def test_a_schedule_that_leaves_the_range_is_refused_when_it_does():
    batches = shuffled(10, lambda update: 10 * (update + 1), streams(0, 1))
    next(batches)
    with pytest.raises(ValueError, match="batch_size must be a whole number from 1 to 10, not 20"):
        next(batches)


def test_other_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="last must be one of 'keep', 'drop', not 'pad'"):
        shuffled(10, 3, streams(0, 1), "pad")
    with pytest.raises(ValueError, match="R must be a whole number from 1 to 1000000, not 0"):
        streams(0, 0)
    with pytest.raises(ValueError, match="N must be a whole number of at least 1, not 0"):
        in_order(0, 1)
