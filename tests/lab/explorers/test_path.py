"""The path: what is trained, what is shown of it, what can be dragged."""

from itertools import islice

import numpy as np
import pytest

from course_lib.chapters.curvature import hessian_eigenvalues
from course_lib.data import Data, lesson_line
from course_lib.lab.explorers import PathExplorer
from course_lib.lab.explorers.path import FEWEST
from course_lib.lab.explorers.valley import Valley
from course_lib.measure import least_loss, least_squares
from course_lib.models import line
from course_lib.optimizers import constant, momentum, sgd
from course_lib.runs import Setup
from course_lib.training import iterate_runs, train
from tests.lab.explorers.tools import in_panel, move


@pytest.mark.parametrize("batch_size", [1, 7, 100])
def test_the_path_is_that_of_train(batch_size):
    path = PathExplorer(batch_size=batch_size, learning_rate=0.1, momentum=0.5, seed=2)
    run = train(
        line(), lesson_line(), momentum(0.5), constant(0.1), batch_size=batch_size, n_updates=200,
        n_runs=1, seed=2, record=range(201), watch={"w": lambda w: w},
    )  # fmt: skip
    w, excess, _ = path._path(batch_size)
    np.testing.assert_allclose(w, run.watched["w"][0], rtol=0, atol=1e-9)
    least = least_loss(lesson_line(), bias=True)
    np.testing.assert_allclose(excess + least, run.loss[0], rtol=1e-9)


def test_the_marks_stand_where_the_path_goes():
    path = PathExplorer(learning_rate=0.1, update=7)
    w, excess, _ = path._path(8)
    (trace,) = [mark for mark in in_panel(path, "valley", "line") if mark.spans is not None]
    np.testing.assert_array_equal(trace.at(path._frame()), w[:8])
    (curve,) = in_panel(path, "loss", "line")
    np.testing.assert_array_equal(curve.at(path._frame())[-1], [7, excess[7]])
    (shown,) = in_panel(path, "plane", "line")
    (x0, y0), (x1, y1) = shown.at(path._frame())
    np.testing.assert_allclose([(y1 - y0) / (x1 - x0), y0 - x0 * w[7, 0]], w[7])


def test_full_batch_path_diverges_just_above_two_over_the_largest_eigenvalue():
    limit = 2 / hessian_eigenvalues(lesson_line(), bias=True)[0]
    below = PathExplorer(batch_size=100, learning_rate=0.95 * limit)
    above = PathExplorer(batch_size=100, learning_rate=1.05 * limit)
    assert "diverges" not in below._sentence()
    assert above._sentence() == "After 200 updates B = 100 diverges."
    assert "B = 100 (diverges)" in [mark.label for mark in above._scene().marks]
    assert above._table()[1][2:] == ["diverges"] * 3


def test_paths_laid_over_each_other_start_alike_and_stand_in_the_order_of_b():
    path = PathExplorer(batch_size=8, compare=(1, 100), seed=4)
    starts = [path._path(B)[0][0] for B in path._shown()]
    assert len(starts) == 3 and len({tuple(start) for start in starts}) == 1
    labels = [mark.label for mark in path._scene().marks if mark.label]
    assert labels == ["B = 1", "B = 8", "B = 100"]


def test_the_nearest_batch_size_is_named():
    path = PathExplorer(batch_size=8, compare=(1, 100), learning_rate=0.05, seed=4)
    ends = {B: path._path(B)[1][-1] for B in (1, 8, 100)}
    assert f"B = {min(ends, key=ends.get)} is nearest to the optimum" in path._sentence()


def test_the_start_can_be_dragged_and_the_path_follows():
    path = PathExplorer(batch_size=100, learning_rate=0.1)
    message, _ = move(path, start=[1.0, -1.5])
    run = train(
        line(), lesson_line(), sgd(), constant(0.1), batch_size=100, n_updates=200, n_runs=1,
        start=np.array([1.0, -1.5]),
    )  # fmt: skip
    np.testing.assert_allclose(path._path(100)[0][-1], run.w[0])
    assert "start=(1.0, -1.5)" in message["code"]
    assert message["goal"] is None  # from elsewhere the best would be another


def test_an_example_can_be_dragged_and_line_contours_and_path_follow():
    path = PathExplorer()
    before = path._scene().marks
    move(path, moved=[3, 1.5, -20.0])
    X, y = lesson_line().X.copy(), lesson_line().y.copy()
    X[3, 0], y[3] = 1.5, -20
    data = Data(X, y)
    np.testing.assert_allclose(path._valley.optimum, least_squares(data, bias=True))
    assert path._contours[0].points.shape == before[0].points.shape
    assert not path._contours[0].same_as(before[0])
    run = train(line(), data, sgd(), constant(path.learning_rate), batch_size=8, n_updates=200,
                n_runs=1)  # fmt: skip
    np.testing.assert_allclose(path._path(8)[0][-1], run.w[0])


def test_the_valley_is_the_loss_and_its_contours_are_level():
    x = lesson_line().X[:30]
    data = Data(x, 7 - 40 * x[:, 0])
    valley = Valley(data)
    w = np.random.default_rng(0).normal(size=(5, 2)) * 10
    np.testing.assert_allclose(valley.excess(w) + valley.least, line().loss(w, data.X, data.y))
    rings = valley.marks()[0].points
    ring = rings[: np.flatnonzero(np.isnan(rings[:, 0]))[0]]
    losses = line().loss(ring, data.X, data.y)
    np.testing.assert_allclose(losses, losses[0])


def test_the_goal_is_to_arrive_and_stay():
    reached = PathExplorer(batch_size=1, learning_rate=0.004, momentum=0.9)._goal()
    assert reached.reached and reached.cost == reached.best == FEWEST
    passing = PathExplorer(batch_size=1, learning_rate=0.1)._goal()
    assert not passing.reached


def test_the_course_has_found_the_fewest_examples_among_what_is_offered():
    path = PathExplorer()
    rates, costs = path._controls["learning_rate"].values, []
    for B in (1, 2, 4, 8):
        for beta in (0.0, 0.8, 0.9, 0.95):
            setup = Setup(line(), lesson_line(), momentum(beta), batch_size=B, n_runs=1)
            moments = islice(iterate_runs(setup, list(map(constant, rates))), 201)
            with np.errstate(over="ignore", invalid="ignore"):
                excess = path._valley.excess(np.array([w[:, 0] for _, _, w in moments]))
            arrivals = [path._arrival(column) for column in excess.T]
            costs += [B * arrival for arrival in arrivals if arrival is not None]
    assert min(costs) == FEWEST


def test_own_data_far_from_the_lessons_is_shown_with_rates_that_fit_it():
    x = np.linspace(0, 5000, 2000)
    path = PathExplorer(Data(x[:, None], 3 - 0.02 * x))
    limit = 2 / hessian_eigenvalues(path.data, bias=True)[0]
    assert limit / 10 < path.learning_rate < limit
    assert path._valley.optimum == pytest.approx(least_squares(path.data, bias=True))
    assert path._repr_html_()
