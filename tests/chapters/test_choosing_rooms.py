"""What a search for a batch size rests on: timings, races, a sample that judges, features."""

import numpy as np
import pytest

from course_lib.chapters.choosing import choose_batch_size, search, stopwatch
from course_lib.chapters.choosing.features import hints
from course_lib.chapters.choosing.race import Judge, Race
from course_lib.chapters.choosing.rates import relative_error, stable_rate
from course_lib.chapters.choosing.stopwatch import Stopwatch
from course_lib.data import Data, linear_data
from course_lib.models import linear
from course_lib.optimizers import sgd
from course_lib.runs import Setup, progress_bar

DATA = linear_data(300, 4, noise=0.1)
QUIET = {"progress": False, "n_runs": 4}


def test_other_load_does_not_spoil_the_seconds(monkeypatch):
    """Nine of ten windows take a hundred times as long; the least one still counts."""
    true, rng = stopwatch._seconds, np.random.default_rng(0)
    calm = Stopwatch(linear(4), DATA, sgd())
    calm.time([4, 64], rounds=30)
    monkeypatch.setattr(
        stopwatch, "_seconds", lambda *args: true(*args) * (100 if rng.random() < 0.9 else 1)
    )
    busy = Stopwatch(linear(4), DATA, sgd())
    busy.time([4, 64], rounds=60)
    for B in (4, 64):
        assert 0.3 < busy.seconds(B) / calm.seconds(B) < 3
        assert np.median(busy._taken[B]) > 10 * min(busy._taken[B])


def test_a_larger_batch_takes_longer_and_drawing_is_counted():
    data = linear_data(4000, 50)
    watch = Stopwatch(linear(50), data, sgd())
    watch.time([1, 4000], rounds=5)
    assert watch.seconds(4000) > 5 * watch.seconds(1)
    assert watch.seconds(4000) > 4000 * min(watch._draws)


def test_the_stable_rate_is_within_a_factor_of_four_of_the_limit():
    """Of the whole data set, the limit is 2/λ = 1, whatever the scale of the features."""
    for scale in (1, 1e-4, 1e5):
        data = Data(scale * DATA.X, DATA.y)
        setup = Setup(linear(4), data, sgd(), 300, 4, 0)
        with progress_bar(False) as bar:
            rate = stable_rate(setup, Judge(linear(4), data, 0), bar) * scale**2
        assert 1 / 16 < rate <= 2


@pytest.mark.parametrize("scale", [1e-3, 1, 1e4])
def test_the_choice_does_not_depend_on_the_unit_of_the_features(scale):
    """A line without a start: all runs begin where they predict zero, in every unit."""
    model = linear(4)._replace(init=lambda rng: np.zeros(4))
    data = Data(scale * DATA.X, DATA.y)
    choice = choose_batch_size(model, data, 0.05, smallest=8, **QUIET)
    found = choice.trials[0]
    assert 1e-3 < found.lr * scale**2 < 2
    assert found.updates < 500


def test_many_examples_are_judged_by_a_sample_as_by_all():
    data = linear_data(40_000, 5)
    choice = choose_batch_size(linear(5), data, 1.02, smallest=64, **QUIET)
    assert any("judged by 32,768 of 40,000 examples" in remark for remark in choice.remarks)
    judge = Judge(linear(5), data, 0)
    w = np.linalg.lstsq(data.X, data.y)[0] + 0.05
    judge.compare(w)
    nobody = np.zeros((1, 8), bool)  # has arrived
    others = w + 0.02 * np.random.default_rng(0).standard_normal((1, 8, 5))
    exact = linear(5).loss(others, data.X, data.y)
    np.testing.assert_allclose(judge.loss(others, 1.0, nobody), exact, rtol=0.01)
    judge.shift = 0.0
    assert abs(judge.loss(others, 1.0, nobody) / exact - 1).max() > 0.005  # the sample alone is off


def test_small_batches_out_of_reach_do_not_end_the_search(monkeypatch):
    """B = 1 would need 2,800 updates."""
    monkeypatch.setattr(search, "MOST_UPDATES", 1000)
    data = linear_data(2000, 30, condition_number=30, noise=0.01)
    choice = choose_batch_size(linear(30), data, 1.3e-4, max_epochs=20, **QUIET)
    assert choice.trials[0].failure and choice.batch_size > 2


def test_runs_that_never_arrive_leave_a_large_but_finite_error():
    found = Race(np.array([0.1]), np.array([[10.0] * 6 + [np.inf] * 3]), [np.zeros(1)], [30])
    assert 0.3 < relative_error(found) < 1


def test_a_close_race_that_a_quarter_did_not_finish_is_repeated():
    data = linear_data(100, 3, seed=0)
    setup = Setup(linear(3), data, sgd(), batch_size=10)
    with progress_bar(False) as bar:
        found = search.Search(setup, Judge(linear(3), data, 0), 1.1, 100, None, bar)
        found.trials.append(search.Trial(10, 0.1, 20.0, 10.0, np.inf, 1e-5, 1000, np.inf))
        found._repeat_close_races()
    assert np.isfinite(found.trials[0].high) and found.trials[0].error < 1


@pytest.mark.parametrize(
    ("X", "offset", "says"),
    [
        (DATA.X, 100, "levelled off at a loss of"),
        (DATA.X * [1, 1, 1e6, 1], 0, "Feature 2 is 1e6 times as large as feature"),
        (DATA.X + 1000, 0, "subtract the mean: 0, 1, 2, 3"),
    ],
)
def test_a_target_out_of_reach_is_explained(X, offset, says):
    choice = choose_batch_size(linear(4), Data(X, DATA.y + offset), 0.02, max_epochs=20, **QUIET)
    assert choice.batch_size is None
    assert says in " ".join(str(choice).split())


def test_diverged_is_told_from_too_slow():
    rates = [1e12, 2e12, 4e12]
    wild = choose_batch_size(linear(4), DATA, 0.02, smallest=300, learning_rates=rates, **QUIET)
    assert wild.trials[0].failure.startswith("diverged at every learning rate, down to")
    slow = choose_batch_size(
        linear(4),
        DATA,
        0.02,
        max_epochs=1,
        smallest=300,
        **QUIET,
        learning_rates=[1e-3, 2e-3, 3e-3],
    )
    assert slow.trials[0].failure.startswith("too slow")


def test_features_are_named_with_the_remedy():
    X = np.random.default_rng(0).standard_normal((200, 3))
    assert hints(Data(X, X[:, 0])) == []
    assert hints(Data(X, X[:, 0]).with_bias()) == []  # a column of ones is meant
    zero = np.column_stack([X, np.zeros(200)])
    assert hints(Data(zero, X[:, 0]), "abcd") == [
        "Constant features teach nothing and can be removed: d."
    ]
    (sentence,) = hints(Data(np.column_stack([X, X[:, 0] - X[:, 2]]), X[:, 0]), "abcd")
    assert sentence == "Collinear features, of which one can be removed: a, c, d."
    huge = hints(Data(X * [1, 1e300, 1e-300], X[:, 0]), "abc")
    assert huge == ["Feature b is 1e600 times as large as feature c: scale each to standard "
                    "deviation 1."]  # fmt: skip
