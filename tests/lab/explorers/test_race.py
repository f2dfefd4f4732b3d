"""The race: the same runs, and another winner on another clock."""

import numpy as np
import pytest

from course_lib.data import lesson_line
from course_lib.lab.explorers import RaceExplorer
from course_lib.measure import least_loss
from course_lib.models import line
from course_lib.optimizers import constant, sgd
from course_lib.training import train
from tests.lab.explorers.tools import in_panel


@pytest.mark.parametrize("B", [1, 10, 100])
def test_the_runs_are_those_of_train(B):
    race = RaceExplorer(clock="updates", learning_rate=0.1, seed=3)
    run = train(line(), lesson_line(), sgd(), constant(0.1), batch_size=B, n_updates=60, seed=3)
    np.testing.assert_allclose(race._run(B, 0.1, 3, 60)[-1], run.w, atol=1e-12)
    least = least_loss(lesson_line(), bias=True)
    expected = (np.median(run.loss[:, -1]) - least) / least
    assert race._standing()[B] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
def test_the_winner_turns_with_the_clock(seed):
    first = {
        clock: next(iter(RaceExplorer(clock=clock, seed=seed)._standing()))
        for clock in ("updates", "examples", "epochs")
    }
    assert first["updates"] > 1 and first["examples"] < 50 and first["epochs"] < 50
    assert RaceExplorer(clock="updates", seed=seed)._standing()[1] > 2 * min(
        RaceExplorer(clock="updates", seed=seed)._standing().values()
    )


def test_all_stand_at_the_same_moment_of_the_clock():
    for clock in ("updates", "examples", "epochs", "seconds"):
        race = RaceExplorer(clock=clock, moment=100)
        time = race._times()[100]
        for B, dot in zip(race.batch_sizes, in_panel(race, "loss", "points"), strict=True):
            (at, excess) = dot.at(100)[0]
            assert time - race._per_update(B) < at <= time * (1 + 1e-9)
            assert excess == race._standing()[B]
    assert RaceExplorer(moment=0)._sentence() == "All start at the same places."


def test_epochs_and_examples_tell_the_same_story():
    examples, epochs = RaceExplorer(clock="examples"), RaceExplorer(clock="epochs")
    assert examples._standing() == epochs._standing()


def test_the_goal_is_the_clock_on_which_the_full_batch_wins():
    assert not RaceExplorer(clock="examples")._goal().reached
    race = RaceExplorer(clock="updates")
    assert race._goal().reached == (next(iter(race._standing())) == 100)
