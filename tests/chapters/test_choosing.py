"""The procedure that chooses a batch size, on problems whose answer is known or counted by hand."""

import numpy as np
import pytest

from course_lib.chapters.choosing import Choice, Trial, choose_batch_size, search
from course_lib.chapters.choosing.search import doublings
from course_lib.chapters.cost import memory_per_update
from course_lib.data import Data, digits_data, linear_data
from course_lib.models import linear, softmax
from course_lib.optimizers import constant, momentum, sgd
from course_lib.training import train

EASY = linear_data(256, 5, noise=0.1)
QUICK = {"progress": False, "n_runs": 5}


def trial(B, updates, seconds_per_update=1e-3):
    return Trial(B, 0.1, updates, updates, updates, seconds_per_update, 1000)


def test_time_is_updates_times_seconds_per_update():
    assert trial(8, 100, 2e-3).seconds == pytest.approx(0.2)
    assert trial(8, 100).examples == 800


def test_the_smallest_batch_within_ten_percent_of_the_least_time_is_chosen():
    choice = Choice(0.1, [trial(1, 400), trial(2, 210), trial(4, 195), trial(8, 300)], "x")
    assert choice.batch_size == 2
    assert choice.lr == 0.1
    assert Choice(0.1, [trial(1, 400), trial(2, 220), trial(4, 195)], "x").batch_size == 4


def test_costlier_updates_favour_larger_batches():
    """8 updates of 10 ms against 100 of 1 ms: the larger batch wins once overhead is large."""
    choice = Choice(0.1, [trial(1, 50, 1e-3), trial(64, 8, 1e-2)], "x")
    assert choice.batch_size == 1
    assert choice.best(overhead=1.0).batch_size == 64
    assert "B = 64 would be better" in " ".join(str(choice).split())


def test_the_printed_choice_names_batch_size_reason_and_end():
    text = str(Choice(0.1, [trial(1, 400), trial(2, 200), trial(4, 195)], "it was enough"))
    assert "Take B = 2 with a learning rate of 0.1" in text
    assert "The search ended because it was enough." in text
    assert text.splitlines()[2].endswith("<- chosen")


def test_a_target_out_of_reach_is_said_and_chooses_nothing():
    choice = choose_batch_size(linear(5), EASY, target=1e-9, max_epochs=2, **QUICK)
    assert choice.batch_size is None and choice.lr is None
    assert "No batch size tried reached a loss of 1e-09" in str(choice)
    assert "came no nearer to the target" in choice.stopped
    assert all("the loss was still falling" in tried.failure for tried in choice.trials)


def test_updates_found_are_those_of_a_plain_training():
    choice = choose_batch_size(linear(5), EASY, target=0.02, smallest=8, **QUICK)
    for tried in choice.trials[:3]:
        run = train(
            linear(5), EASY, sgd(), constant(tried.lr), batch_size=tried.batch_size,
            n_updates=int(2 * tried.updates), n_runs=5, record=range(int(2 * tried.updates) + 1),
        )  # fmt: skip
        first = np.median((run.loss <= 0.02).argmax(axis=1))
        assert first <= tried.updates <= 1.05 * first + 2  # it looks at every 25th part


@pytest.mark.parametrize("n_runs", [1, 4, 16])
def test_half_and_three_quarters_of_the_runs_are_counted_alike(n_runs):
    """The race ends when three quarters are there, so that many is never said to be missing."""
    choice = choose_batch_size(
        linear(5), EASY, target=0.02, smallest=8, progress=False, n_runs=n_runs
    )
    for tried in choice.trials:
        assert tried.low <= tried.updates <= tried.high < np.inf


def test_the_rate_is_tuned_at_each_batch_size_and_not_taken_from_an_end():
    """Isotropic problem: at B = N the best rate is 1/λ = 1/2, and small batches need less."""
    data = linear_data(64, 4, noise=0.01)
    choice = choose_batch_size(
        linear(4), data, target=1e-3, learning_rates=[1e-3, 2e-3, 4e-3], **QUICK
    )
    rates = {tried.batch_size: tried.lr for tried in choice.trials}
    assert rates[1] > 4e-3  # beyond the grid given
    assert rates[max(rates)] > 1.5 * rates[1]


def test_search_ends_when_two_doublings_do_not_pay():
    sizes = []

    choice = choose_batch_size(linear(5), EASY, target=0.05, **QUICK)
    sizes = [tried.batch_size for tried in choice.trials]
    assert sizes == doublings(1, 256)[: len(sizes)]
    seconds = [tried.seconds for tried in choice.trials]
    if "did not shorten" in choice.stopped:
        assert min(seconds[-2:]) > 0.9 * min(seconds[:-2])
    else:
        assert "whole data set" in choice.stopped and sizes[-1] == 256


def test_no_batch_over_the_memory_budget_is_tried():
    data = digits_data(n_train=256).train
    model = softmax(64, 10)
    budget = memory_per_update(model, data, sgd(), 16) * 1.05
    choice = choose_batch_size(model, data, target=0.8, budget_bytes=budget, smallest=4, **QUICK)
    assert [tried.batch_size for tried in choice.trials] == [4, 8, 16]
    assert "over the budget" in choice.stopped
    assert all(tried.peak_bytes <= budget for tried in choice.trials)


def interrupt_at(monkeypatch, B, method):
    """Press *interrupt* while the search does something at B."""
    before = getattr(search.Search, method)

    def pressed(self, *args):
        if len(self.trials) == [1, 2, 4].index(B) + (method == "_time"):
            raise KeyboardInterrupt
        return before(self, *args)

    monkeypatch.setattr(search.Search, method, pressed)


@pytest.mark.parametrize("method", ["_trial", "_time"])
def test_interrupting_keeps_what_was_measured(monkeypatch, method):
    interrupt_at(monkeypatch, 4, method)
    choice = choose_batch_size(linear(5), EASY, target=0.05, **QUICK)
    assert [tried.batch_size for tried in choice.trials] == [1, 2]
    assert choice.stopped == "it was interrupted at B = 4"
    assert choice.batch_size in (1, 2)


@pytest.mark.parametrize("method", ["_trial", "_time"])
def test_interrupting_before_the_first_trial_gives_one_honest_sentence(monkeypatch, method):
    interrupt_at(monkeypatch, 1, method)
    choice = choose_batch_size(linear(5), EASY, target=0.05, **QUICK)
    assert str(choice) == (
        "Nothing was measured, so there is no advice: it was interrupted at B = 1."
    )


def test_validation_data_judge_and_optimizer_is_used():
    hard = Data(EASY.X, EASY.y + 5)  # no weights fit an offset: the loss stays above 20
    choice = choose_batch_size(linear(5), EASY, 1.0, validation=hard, max_epochs=1, **QUICK)
    assert choice.batch_size is None
    fast = choose_batch_size(linear(5), EASY, 0.05, optimizer=momentum(), smallest=64, **QUICK)
    assert fast.batch_size >= 64


def test_doublings_end_with_the_whole_data_set():
    assert doublings(1, 10) == [1, 2, 4, 8, 10]
    assert doublings(8, 8) == [8]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"target": 0}, "target must be a positive number, not 0"),
        ({"target": "low"}, "target must be a positive number, not 'low'"),
        ({"budget_bytes": -1}, "budget_bytes must be a positive number, not -1"),
        ({"smallest": 257}, "smallest must be a whole number from 1 to 256, not 257"),
        ({"learning_rates": [0.1]}, "learning_rates must be at least 3 in increasing order"),
        ({"learning_rates": [0.3, 0.2, 0.1]}, "learning_rates must be at least 3 in increasing"),
        ({"model": linear(3)}, "data must have D = 3 features for this model, not 5"),
        ({"n_runs": 0}, "n_runs must be a whole number from 1 to 1000000, not 0"),
    ],
)
def test_bad_arguments_are_refused(changed, says):
    arguments = {"model": linear(5), "data": EASY, "target": 0.1} | changed
    with pytest.raises(ValueError, match=says):
        choose_batch_size(**arguments, **({} if "n_runs" in changed else QUICK))
