"""The noise ball: what is drawn and said is what training does."""

import numpy as np
import pytest

from course_lib.batches import with_replacement
from course_lib.data import lesson_line
from course_lib.lab.explorers import BallExplorer
from course_lib.lab.explorers.ball import BEST, FRAMES, IN_CLOUD
from course_lib.measure import least_loss, least_squares
from course_lib.models import line
from course_lib.optimizers import constant, inverse_time, sgd
from course_lib.training import train
from tests.lab.explorers.tools import assert_same_scene, in_panel, move

DATA = lesson_line()
OPTIMUM, LEAST = least_squares(DATA, bias=True), least_loss(DATA, bias=True)


def trained(schedule, B=1):
    """Return the parameters (R, T, 2) and losses (R, T) of 16 runs at every 20th update."""
    run = train(
        line(), DATA, sgd(), schedule, batch_size=B, n_updates=1000, n_runs=16, start=np.zeros(2),
        sampling=with_replacement, record=range(0, 1001, 20), watch={"w": lambda w: w},
    )  # fmt: skip
    return run.watched["w"], run.loss


@pytest.fixture(scope="module")
def explorer():
    return BallExplorer(learning_rate=0.1, half_after=20, batch_size=2)


@pytest.fixture(scope="module", params=["constant", "decaying"])
def expected(request):
    """The name of a schedule, with what training at B = 2 does by it."""
    schedule = {"constant": constant(0.1), "decaying": inverse_time(0.1, 20)}[request.param]
    return request.param, *trained(schedule, 2)


def test_the_cloud_is_the_last_half_of_the_runs(explorer, expected):
    name, w, _ = expected
    cloud, now = in_panel(explorer, name, "points")[::2]
    assert FRAMES[IN_CLOUD].min() > 500
    np.testing.assert_allclose(cloud.points, w[:, IN_CLOUD].swapaxes(0, 1).reshape(-1, 2))
    assert len(cloud.at(25)) == 0  # the first half is not in it
    np.testing.assert_allclose(cloud.at(26), w[:, 26])  # update 520
    np.testing.assert_allclose(now.at(7), w[:, 7])


def test_the_circle_has_the_root_mean_square_radius_of_the_last_half(explorer, expected):
    name, w, _ = expected
    away = w[:, FRAMES > 500] - OPTIMUM
    radius = np.sqrt((away**2).sum(axis=-1).mean())
    circle = in_panel(explorer, name, "line")[1]
    np.testing.assert_allclose(np.linalg.norm(circle.points - OPTIMUM, axis=1), radius)
    assert len(circle.at(25)) == 0 and len(circle.at(26)) == len(circle.points)
    titles = {panel.name: panel.title for panel in explorer._scene().panels}
    assert titles[name] == f"{name} rate: radius {radius:.2g}"


def test_the_curve_is_the_median_loss_of_the_runs(explorer, expected):
    name, _, loss = expected
    curves = {mark.label: mark.points for mark in in_panel(explorer, "loss", "line")}
    np.testing.assert_allclose(curves[f"{name} rate"][:, 0], FRAMES)
    median = np.median(loss, axis=0) / LEAST - 1
    np.testing.assert_allclose(curves[f"{name} rate"][:, 1], median, rtol=1e-6)


def test_the_sentence_compares_the_radii():
    wide = BallExplorer()
    radius = [wide._radius(w) for w in wide._runs().values()]
    ratio = radius[0] / radius[1]
    said = f"runs at a constant rate lie {ratio:.2g} times as far from the optimum as those at"
    assert ratio > 1 and said in wide._sentence()
    slow = BallExplorer(learning_rate=0.005, half_after=5)._sentence()
    assert "runs at a decaying rate lie" in slow  # it never arrives
    lost = BallExplorer(learning_rate=0.9, half_after=20)
    assert lost._sentence() == "With α = 0.9 at the start, a constant rate diverges."
    assert np.isfinite(lost._radius(lost._runs()["decaying"]))


def test_the_best_of_the_goal_is_reached_with_one_example_an_update():
    above = {}
    for half_after in (10, 200):
        for rate in (0.05, 0.2):
            losses = trained(inverse_time(rate, half_after))[1]
            above[rate, half_after] = losses[:, FRAMES > 500].mean() / LEAST - 1
    best = min(above, key=above.get)
    assert above[best] <= 0.01 < min(above[each] for each in above if each != best)
    goal = BallExplorer(learning_rate=best[0], half_after=best[1])._goal()
    assert goal.reached and goal.cost == goal.best == BEST
    assert not BallExplorer()._goal().reached
    assert not BallExplorer(learning_rate=best[0], half_after=10, update=500)._goal().reached


def test_a_large_batch_reaches_the_goal_at_a_higher_cost():
    goal = BallExplorer(learning_rate=0.05, batch_size=40)._goal()
    assert goal.reached and goal.cost == 40_000


def test_a_line_of_code_repeats_what_is_shown():
    explorer = BallExplorer()
    message, _ = move(explorer, learning_rate=2, half_after=1, update=30)
    again = eval(message["code"])
    assert again.state == explorer.state and again.update == 600
    assert_same_scene(again, explorer)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"learning_rate": 0}, "learning_rate must be a positive number, not 0"),
        ({"learning_rate": float("inf")}, "learning_rate must be .* not inf"),
        ({"half_after": 0}, "half_after must be .* not 0"),
        ({"half_after": 2.5}, "half_after must be .* not 2.5"),
        ({"batch_size": 101}, "batch_size must be .* 1 to 100, not 101"),
        ({"update": 1020}, "update must be .* 0 to 1000, not 1020"),
        ({"update": 30}, "update must be a multiple of 20, not 30"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        BallExplorer(**arguments)
