"""The explorer of workers: the time model of notebook 11, its best point and its ceiling."""

import json

import numpy as np
import pytest

from course_lib.lab.explorers import WorkersExplorer
from course_lib.lab.explorers.workers import AIM, CREW
from tests.lab.explorers.tools import assert_same_scene, in_panel


def seconds_to_target(W, e, b, critical, talk, S_min=22.0, a=7e-5):
    """Return the seconds as the cell of notebook 11 writes them."""
    return S_min * (1 + critical / (W * b)) * (a + e * b + talk)


def test_the_curves_are_the_time_model_of_notebook_11():
    explorer = WorkersExplorer(link=2e-3, critical=500, example=0.1, per_worker=8)
    computing, talking, total, machine = in_panel(explorer, "seconds", "line")
    W = total.points[:, 0]
    expected = seconds_to_target(W, 0.1, 8, 500, 0.04 + 2e-3 * W)
    np.testing.assert_allclose(total.points[:, 1], expected)
    np.testing.assert_allclose(computing.points[:, 1] + talking.points[:, 1], expected)
    np.testing.assert_allclose(computing.points[:, 1], seconds_to_target(W, 0.1, 8, 500, 0))
    alone = min(seconds_to_target(1, 0.1, B, 500, 0) for B in range(1, 1001))
    np.testing.assert_allclose(machine.points[:, 1], alone)
    speed = in_panel(explorer, "speed", "line")[2]
    np.testing.assert_allclose(speed.points[:, 1], alone / expected)


def test_the_fastest_number_is_the_one_of_the_formula():
    explorer = WorkersExplorer(link=1e-3, critical=4000, example=0.1, per_worker=4, call=0.02)
    formula = np.sqrt(4000 / 4 * (7e-5 + 0.4 + 0.02) / 1e-3)
    assert explorer.best() == pytest.approx(formula, abs=1)
    for panel, of in (("seconds", explorer.seconds), ("speed", explorer.speed_up)):
        ring = next(mark for mark in in_panel(explorer, panel, "points") if mark.marker == "D")
        np.testing.assert_allclose(ring.points, [[explorer.best(), of(explorer.best())]])


def test_free_talk_comes_near_the_ceiling_and_does_not_pass_it():
    explorer = WorkersExplorer(link=1e-9, critical=40, example=0.1, per_worker=4, call=0)
    _, ceiling, speed, _ = in_panel(explorer, "speed", "line")
    assert 0.98 * ceiling.points[0, 1] < speed.points[-1, 1] < ceiling.points[0, 1]
    at_b = seconds_to_target(1, 0.1, 4, 40, 0) / explorer.alone()
    np.testing.assert_allclose(ceiling.points[:, 1] * at_b, explorer.ceiling())
    assert explorer.ceiling() == 11


def test_it_says_how_much_faster_and_which_number_is_the_fastest():
    slow = WorkersExplorer(16, example=1e-6)
    ratio = seconds_to_target(16, 1e-6, 4, 250, 0.04 + 16 * 4e-3) / slow.alone()
    said = slow._sentence()
    assert "times slower than one machine alone" in said
    told = float(said.split("are ")[1].split()[0].replace(",", ""))
    assert told == pytest.approx(ratio, rel=0.05)
    best = WorkersExplorer().best()
    assert f"The fastest number is {best}: " in WorkersExplorer()._sentence()
    assert "No other number of workers is faster." in WorkersExplorer(best)._sentence()
    assert WorkersExplorer(1)._sentence().startswith("1 worker is 1.2 times slower than one")


def test_a_press_chooses_the_number_of_workers():
    explorer = WorkersExplorer()
    explorer._pick("speed", 99.0, 3.0)
    assert explorer.workers == 100
    dots = [mark.points[0, 0] for mark in in_panel(explorer, None, "points") if mark.marker == "o"]
    assert dots == [100, 100]


def test_the_goal_is_the_best_of_all_settings():
    values = {name: control.values for name, control in WorkersExplorer()._controls.items()}
    link, example, b = (
        np.array(values[name])[index]
        for name, index in (
            ("link", np.s_[:, None, None, None]),
            ("example", np.s_[:, None, None]),
            ("per_worker", np.s_[:, None]),
        )
    )
    sizes = np.arange(1, 4097)
    for critical in values["critical"]:
        alone = seconds_to_target(1, example, sizes, critical, 0).min(axis=-1, keepdims=True)
        crew = seconds_to_target(CREW, example, b, critical, 0.04 + link * CREW)
        if (alone / crew >= AIM).any():
            break
    found = WorkersExplorer(CREW, link=1e-5, critical=critical, example=1.0, per_worker=1)
    assert found._goal().reached and found._progress()["met"]
    assert found._goal().best == critical
    assert not WorkersExplorer(80, link=1e-5, critical=1e4, example=1.0)._goal().reached
    assert not WorkersExplorer(CREW)._goal().reached
    assert WorkersExplorer(call=0.1)._goal() is None


@pytest.mark.parametrize(
    "state", [{}, {"workers": 77, "link": 3e-3, "per_worker": 5, "call": 0, "min_updates": 100}]
)
def test_the_line_of_code_repeats_the_scene(state):
    explorer = WorkersExplorer(**state)
    assert_same_scene(eval(repr(explorer)), explorer)
    json.dumps(explorer._answer())  # as it travels to the browser


@pytest.mark.parametrize(
    "wrong",
    [
        {"workers": 0}, {"workers": 5000}, {"link": 0}, {"critical": -1}, {"example": np.nan},
        {"per_worker": 65}, {"min_updates": 0}, {"fixed": -1e-3}, {"call": [0.1]},
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        WorkersExplorer(**wrong)
