"""The rate and its limit: what is drawn and said is what training does."""

import numpy as np
import pytest

from course_lib.chapters.curvature import hessian_eigenvalues
from course_lib.data import lesson_line
from course_lib.lab.explorers import RateExplorer
from course_lib.lab.explorers.rate import BEST, RATES
from course_lib.measure import least_loss, least_squares
from course_lib.models import line
from course_lib.optimizers import constant, sgd
from course_lib.training import train
from tests.lab.explorers.tools import assert_same_scene, in_panel, told

DATA = lesson_line()
LIMIT = 2 / hessian_eigenvalues(DATA, bias=True)[0]


def trained(rate, start=(0, 0), n_updates=60):
    """Return the path and the loss of the full batch, after each update."""
    run = train(
        line(), DATA, sgd(), constant(rate), batch_size=len(DATA), n_updates=n_updates, n_runs=1,
        start=np.array(start, float), record=range(n_updates + 1), watch={"path": lambda w: w},
    )  # fmt: skip
    return run.watched["path"][0], run.loss[0]


@pytest.mark.parametrize("rate", [0.03, 0.41, 0.5])
def test_the_path_and_its_loss_are_those_of_training(rate):
    explorer = RateExplorer(learning_rate=rate, start=(3.0, 1.0), update=7)
    path, loss = trained(rate, (3, 1))
    drawn = in_panel(explorer, "valley", "line")[-1]
    np.testing.assert_allclose(drawn.points, path, rtol=1e-9)
    np.testing.assert_allclose(drawn.at(7), path[:8], rtol=1e-9)
    curve = in_panel(explorer, "loss", "line")[0]
    excess = loss - least_loss(DATA, bias=True)
    np.testing.assert_allclose(curve.points, np.column_stack([range(61), excess]), rtol=1e-6)


def test_each_rate_stands_at_the_loss_to_which_it_leads_after_the_updates_shown():
    explorer = RateExplorer(start=(2.0, 0.0))
    [curve] = in_panel(explorer, "rates", "line")
    for update in (0, 11, 60):
        shown = curve.at(update)
        np.testing.assert_allclose(shown[:, 0], RATES)
        for rate in (0.02, 0.3, 0.52):
            loss = trained(rate, (2, 0))[1][update] - least_loss(DATA, bias=True)
            np.testing.assert_allclose(shown[RATES.index(rate), 1], loss, rtol=1e-6)


def test_the_limit_parts_the_rates_that_shrink_the_distance_from_those_that_do_not():
    explorer = RateExplorer()
    [limit] = in_panel(explorer, "rates", "segments")
    np.testing.assert_allclose(limit.points[0, [0, 2]], LIMIT)
    paths, _ = explorer._paths((0.0, 0.0))
    away = np.linalg.norm(paths[[40, 60]] - least_squares(DATA, bias=True), axis=-1)
    np.testing.assert_array_equal(away[1] < away[0], np.array(RATES) < LIMIT)


@pytest.mark.parametrize(
    ("rate", "side", "ratio", "said"),
    [
        (0.1, "below", 1.0234, "2.3 % above the least"),
        (0.48, "below", 16, "16 times the least"),
        (0.49, "beyond", 400, "400 times the least"),
    ],
)
def test_the_sentence_names_the_side_of_the_limit_and_the_loss(rate, side, ratio, said):
    assert (rate < LIMIT) == (side == "below")
    loss = trained(rate)[1][40] / least_loss(DATA, bias=True)
    assert loss == pytest.approx(ratio, rel=0.05 if ratio > 3 else 0.0005)
    sentence = RateExplorer(learning_rate=rate, update=40)._sentence()
    assert f"{side} the limit {LIMIT:.3f}: after 40 updates the loss is {said}." in sentence


def test_the_best_of_the_goal_is_the_least_loss_of_all_rates_offered():
    least = least_loss(DATA, bias=True)
    above = {rate: 100 * (trained(rate, n_updates=20)[1][-1] / least - 1) for rate in RATES}
    best = min(above, key=above.get)
    assert float(f"{above[best]:.3g}") == BEST
    explorer = RateExplorer()
    assert not explorer._goal().reached
    message, _ = told(explorer, {"values": {"learning_rate": RATES.index(best)}})
    assert explorer._goal().reached and message["goal"]["met"]
    assert not RateExplorer(learning_rate=best, update=21)._goal().reached
    assert not RateExplorer(learning_rate=best, start=(2.7, 4.2))._goal().reached


def test_a_press_chooses_the_nearest_rate_and_a_drag_the_start():
    explorer = RateExplorer()
    told(explorer, {"pick": ["rates", 0.3449, 1.0]})
    assert explorer.learning_rate == 0.34
    message = told(explorer, {"values": {"start": [1.23456, 5.4321]}})[0]
    again = eval(message["code"])
    assert again.state == explorer.state and again.start == (1.23, 5.43)
    assert_same_scene(again, explorer)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"learning_rate": 0}, "learning_rate must be a positive number, not 0"),
        ({"learning_rate": 0.7}, "learning_rate must be at most 0.6, not 0.7"),
        ({"start": (9, 0)}, r"start must be a slope in .* not \(9, 0\)"),
        ({"start": (float("nan"), 0)}, "start must be a slope in"),
        ({"start": 3}, "start must be"),
        ({"update": 61}, "update must be .* 0 to 60, not 61"),
        ({"update": 1.5}, "update must be .* not 1.5"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        RateExplorer(**arguments)
