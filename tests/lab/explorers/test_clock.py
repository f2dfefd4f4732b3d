"""The same runs against each clock."""

import numpy as np
import pytest

from course_lib.data import lesson_line
from course_lib.lab.explorers import ClockExplorer
from course_lib.models import line
from course_lib.optimizers import constant, sgd
from course_lib.training import train
from tests.lab.explorers.tools import in_panel, move, runs_of_lesson, told


@pytest.mark.parametrize("clock", ["updates", "examples", "epochs", "seconds"])
def test_clocks_compare_runs_at_the_last_moment_within_the_budget(clock):
    runs = runs_of_lesson(1, 50)
    seconds = [1e-3, 2e-3]
    explorer = ClockExplorer(runs, clock=clock, budget=0.02, seconds_per_update=seconds)
    for fraction in (0.02, 0.5, 1):
        budget = fraction * explorer._span(clock)[1]
        explorer = ClockExplorer(runs, clock=clock, budget=budget, seconds_per_update=seconds)
        for run, each, (_, median, _) in zip(runs, seconds, explorer._losses(), strict=True):
            time = run.updates * each if clock == "seconds" else run.clock(clock)
            last = max(i for i, moment in enumerate(time) if moment <= budget * (1 + 1e-6))
            assert median == np.median(run.loss[:, last])


def test_the_order_of_the_lessons_batch_sizes_turns_with_the_clock():
    explorer = ClockExplorer(clock="updates", budget=500.0)
    at_updates = explorer._losses()[:, 1]
    explorer = ClockExplorer(clock="examples", budget=500.0)
    at_examples = explorer._losses()[:, 1]
    assert at_updates[-1] < at_updates[0] and at_examples[0] < at_examples[-1]


def test_a_diverged_run_is_said_to_have_diverged():
    run = train(line(), lesson_line(), sgd(), constant(3.0), batch_size=10, n_updates=300, n_runs=5)
    assert not np.isfinite(run.loss[:, -1]).any()
    explorer = ClockExplorer([run, *runs_of_lesson(50)], clock="updates", budget=90.0)
    assert explorer._repr_html_()
    far = ClockExplorer([run], clock="updates", budget=300.0)
    assert far._sentence() == "At the same 300 updates, all have diverged."
    assert far._repr_html_() and far._goal() is None


def test_a_view_is_told_the_values_and_texts_of_the_controls():
    explorer = ClockExplorer(runs_of_lesson(1, 10), clock="examples", budget=100)
    message, _ = move(explorer)
    assert message["values"]["clock"] == 1
    assert message["texts"]["budget"][message["values"]["budget"]] == "100 examples"


def test_the_marks_at_the_budget_are_the_medians_and_bands_of_that_moment():
    explorer = ClockExplorer(clock="epochs")
    for (low, middle, high), bar, dot in zip(
        explorer._losses(),
        in_panel(explorer, "budget", "segments"),
        in_panel(explorer, "budget", "points"),
        strict=True,
    ):
        np.testing.assert_array_equal(bar.points[0, [1, 3]], [low, high])
        assert dot.points[0, 1] == middle


def test_a_press_chooses_the_budget_and_a_clock_the_winner():
    explorer = ClockExplorer(clock="examples")
    told(explorer, {"event": "change", "pick": ["loss", 240.0, 1.0]})
    assert explorer.budget == 250
    assert not explorer._goal().reached
    assert ClockExplorer(clock="updates", budget=640.0)._goal().reached
