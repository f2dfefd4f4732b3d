"""The explorer of the knee: its curve is the model of notebook 08, its knee where both double."""

import json

import numpy as np
import pytest

from course_lib.lab.explorers import KneeExplorer
from tests.lab.explorers.tools import assert_same_scene, in_panel

MEASURED = {4: 380, 16: 110, 64: 58, 500: 42}


def test_updates_and_examples_fulfil_the_hyperbola_of_notebook_08():
    explorer = KneeExplorer(noise_scale=50, min_updates=300)
    for panel, per_update in (("updates", lambda B: 1), ("examples", lambda B: B)):
        B, height = in_panel(explorer, panel, "line")[-1].points.T
        S = height / per_update(B)
        E = S * B
        np.testing.assert_allclose((S / 300 - 1) * (E / (300 * 50) - 1), 1)


def test_the_knee_stands_at_the_noise_scale_where_both_are_doubled():
    explorer = KneeExplorer(noise_scale=50, min_updates=300)
    for panel, least in (("updates", 300), ("examples", 300 * 50)):
        knee = next(mark for mark in in_panel(explorer, panel, "points") if mark.marker == "D")
        np.testing.assert_allclose(knee.points, [[50, 2 * least]])
        fewest = in_panel(explorer, panel, "line")[0].points[:, 1]
        np.testing.assert_allclose(fewest, least)


def test_it_says_what_the_batch_costs_and_what_doubling_it_would_save():
    said = KneeExplorer(noise_scale=100, min_updates=400, batch_size=20)._sentence()
    assert "B = 20 takes 6 times the fewest updates and 1.2 times the fewest examples." in said
    assert "would save 42 % of the updates" in said  # 3.5 instead of 6 times


def test_a_press_puts_the_knee_there_or_chooses_the_batch():
    explorer = KneeExplorer()
    explorer._pick("updates", 650, 2 * 160)
    assert explorer.state == {"noise_scale": 640.0, "min_updates": 160.0, "batch_size": 16}
    explorer._pick("examples", 1010, 3.0)
    assert explorer.state == {"noise_scale": 640.0, "min_updates": 160.0, "batch_size": 1000}


def test_the_goal_is_reached_with_the_fewest_examples_at_the_knee():
    assert not KneeExplorer(batch_size=80)._goal().reached
    at_knee = KneeExplorer(batch_size=100)
    assert at_knee._goal().reached and at_knee._progress()["met"]
    beyond = KneeExplorer(batch_size=125)
    assert beyond._goal().reached and not beyond._progress()["met"]
    prices = [KneeExplorer(batch_size=B)._price(B) for B in at_knee._controls["batch_size"].values]
    best = min(examples for updates, examples in prices if updates <= 2)
    assert at_knee._goal().best == pytest.approx(best) == pytest.approx(2)


def test_the_goal_with_measurements_is_the_nearest_curve_of_all_settings():
    explorer = KneeExplorer(measured=MEASURED)
    assert not explorer._goal().reached
    misses = {
        (scale, least): max(
            max(least * (1 + scale / B) / S, S / (least * (1 + scale / B)))
            for B, S in MEASURED.items()
        )
        for scale in explorer._controls["noise_scale"].values
        for least in explorer._controls["min_updates"].values
    }
    best = min(misses, key=misses.get)
    assert explorer._goal().best == pytest.approx(100 * (misses[best] - 1))
    found = KneeExplorer(*best, measured=MEASURED)
    assert found._goal().reached and found._progress()["met"]
    for panel in ("updates", "examples"):
        squares = in_panel(explorer, panel, "points")[-1].points
        expected = [(B, S if panel == "updates" else S * B) for B, S in MEASURED.items()]
        np.testing.assert_allclose(squares, expected)


@pytest.mark.parametrize(
    "state", [{}, {"noise_scale": 77.7, "min_updates": 5, "batch_size": 7, "measured": MEASURED}]
)
def test_the_line_of_code_repeats_the_scene(state):
    explorer = KneeExplorer(**state)
    assert_same_scene(eval(repr(explorer)), explorer)
    json.dumps(explorer._answer())  # as it travels to the browser


def test_measurements_may_be_numbers_of_numpy():
    B, S = np.array([4, 500]), np.array([380.0, 42.5])
    explorer = KneeExplorer(measured=dict(zip(B, S, strict=True)))
    assert_same_scene(eval(repr(explorer)), KneeExplorer(measured={4: 380, 500: 42.5}))
    json.dumps(explorer._answer())


@pytest.mark.parametrize(
    "wrong",
    [
        {"noise_scale": 0}, {"noise_scale": [1.0]}, {"min_updates": np.nan}, {"batch_size": 0},
        {"batch_size": 2.5}, {"measured": [1, 2]}, {"measured": {4: 100}},
        {"measured": {4: 100, 8: np.inf}}, {"measured": {0: 100, 8: 50}},
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        KneeExplorer(**wrong)
