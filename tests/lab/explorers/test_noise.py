"""The noise of batches: measured, predicted, and said."""

import numpy as np

from course_lib.data import lesson_line
from course_lib.lab.explorers import NoiseExplorer
from course_lib.measure import gradient_noise
from course_lib.models import line
from tests.lab.explorers.tools import in_panel, told


def test_noise_explorer_predicts_by_the_formula():
    data = lesson_line()
    noise = NoiseExplorer(batch_size=4, place="start", n_batches=1000)
    full, _, measured, predicted = noise._measured()
    np.testing.assert_allclose(predicted**2, gradient_noise(line(), np.zeros(2), data) / 4)
    np.testing.assert_allclose(full, line().grad(np.zeros(2), data.X, data.y))
    assert 0.9 < measured / predicted < 1.1


def test_the_circle_and_the_point_stand_where_they_were_computed():
    noise = NoiseExplorer(batch_size=16)
    full, drawn, measured, predicted = noise._measured()
    circle, _ = in_panel(noise, "plane", "line")
    np.testing.assert_allclose(np.hypot(*(circle.points - full).T), predicted)
    np.testing.assert_array_equal(in_panel(noise, "plane", "points")[0].points, drawn)
    np.testing.assert_allclose(in_panel(noise, "scatter", "points")[0].points, [(16, measured)])


def test_noise_is_zero_when_the_batch_is_all_examples_without_replacement():
    noise = NoiseExplorer(batch_size=100, sampling="shuffled", place="optimum")
    assert noise._sentence().startswith("100 batches of 100 scatter by 0; theory says 0.")
    assert "All that you see is noise" in noise._sentence()
    assert np.isnan(in_panel(noise, "scatter", "points")[0].points[0, 1])  # log of 0
    assert noise._repr_html_()


def test_a_press_chooses_the_nearest_batch_size():
    noise = NoiseExplorer()
    told(noise, {"event": "change", "pick": ["scatter", 37.0, 1.0]})
    assert noise.batch_size == 40


def test_the_goal_is_a_fifth_of_the_scatter_of_single_examples():
    assert not NoiseExplorer(batch_size=8)._goal().reached
    best = NoiseExplorer()._goal().best
    goals = [NoiseExplorer(batch_size=best, sampling=how)._goal()
             for how in ("with_replacement", "shuffled")]  # fmt: skip
    assert any(goal.reached and goal.cost == best for goal in goals)
