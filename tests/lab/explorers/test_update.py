"""One update taken apart: what is drawn and said is what training does."""

import numpy as np
import pytest

from course_lib.data import lesson_line
from course_lib.lab.explorers import UpdateExplorer
from course_lib.measure import gradients, least_squares
from course_lib.models import line
from course_lib.optimizers import constant, sgd
from course_lib.training import train
from tests.lab.explorers.tools import assert_same_scene, move

DATA = lesson_line()
BEST = tuple(least_squares(DATA, bias=True).round(2))


def points(explorer, panel, label):
    """Return the points of the marks of a panel that have a label."""
    marks = explorer._scene().marks
    return np.vstack([m.points for m in marks if (m.panel, m.label) == (panel, label)])


def after_one_update(explorer):
    run = train(
        line(), DATA, sgd(), constant(explorer.learning_rate), batch_size=explorer.batch_size,
        n_updates=1, n_runs=1, seed=explorer.seed, start=np.array(explorer.w),
    )  # fmt: skip
    return run.w[0]


@pytest.mark.parametrize("B", [1, 7, 100])
def test_the_step_is_that_of_training(B):
    explorer = UpdateExplorer(batch_size=B, learning_rate=0.3, seed=5, w=(2.0, 6.0))
    after = after_one_update(explorer)
    steps = [m.points for m in explorer._scene().marks if (m.panel, m.width) == ("valley", 4)]
    np.testing.assert_allclose(steps, [[[2.0, 6.0, *after]]], atol=1e-12)
    full = [2, 6] - 0.3 * line().grad(np.array([2.0, 6.0]), DATA.X, DATA.y)
    np.testing.assert_allclose(points(explorer, "valley", "those of all"), [[2, 6, *full]])


def test_arrows_are_the_gradients_of_the_batch_and_their_mean():
    explorer = UpdateExplorer(batch_size=6, seed=2, w=(0.5, 5.5))
    batch = points(explorer, "plane", "batch of 6")
    w = np.array(explorer.w)
    each = line().grad(w, batch[:, None, :1], batch[:, 1:])
    thin = [m.points for m in explorer._scene().marks if (m.panel, m.width) == ("gradients", 1)]
    np.testing.assert_allclose(thin, [np.column_stack([np.zeros((6, 2)), each])])
    mean = points(explorer, "gradients", "mean and step")
    np.testing.assert_allclose(mean, [line().grad(w, batch[:, :1], batch[:, 1])])
    of_all = points(explorer, "gradients", "those of all")
    np.testing.assert_allclose(of_all[0, 2:], gradients(line(), w, DATA).mean(axis=0))


def test_a_larger_batch_of_a_seed_holds_the_smaller_one():
    small = points(UpdateExplorer(batch_size=3, seed=4), "plane", "batch of 3")
    large = points(UpdateExplorer(batch_size=9, seed=4), "plane", "batch of 9")
    np.testing.assert_array_equal(large[:3], small)


@pytest.mark.parametrize(
    ("w", "rate", "B", "sentence"),
    [
        ((1, 3), 0.1, 8, "The step lowers the loss of its 8 examples, and of all 100."),
        (BEST, 0.1, 8, "The step lowers the loss of its 8 examples, but raises that of all 100."),
        ((0, 0), 0.8, 8, "The step raises the loss of its 8 examples, and of all 100."),
        ((0, 0), 0.8, 100, "The step raises the loss of all 100 examples."),
        (BEST, 0.1, 1, "The step lowers the loss of its example, but raises that of all 100."),
    ],
)
def test_the_sentence_compares_the_losses_before_and_after(w, rate, B, sentence):
    explorer = UpdateExplorer(w=w, learning_rate=rate, batch_size=B)
    batch = points(explorer, "plane", f"batch of {B}")
    moments = np.array([explorer.w, after_one_update(explorer)])
    before, after = line().loss(moments, DATA.X, DATA.y)
    batch_before, batch_after = line().loss(moments, batch[:, :1], batch[:, 1])
    assert explorer._sentence() == sentence
    assert (after > before) == ("raises" in sentence)
    assert (batch_after < batch_before) == ("lowers" in sentence)
    assert explorer._table()[2][-1].startswith("−") == (after < before)


def test_the_goal_is_reached_at_the_optimum_and_not_on_the_slope():
    explorer = UpdateExplorer(batch_size=10, learning_rate=0.1)
    assert not explorer._goal().reached
    told = move(explorer, w=least_squares(DATA, bias=True))[0]
    assert explorer._goal().reached and told["goal"]["met"]
    explorer = UpdateExplorer(batch_size=8, learning_rate=0.1, w=explorer.w)
    assert not explorer._goal().reached  # too few
    assert not UpdateExplorer(batch_size=10, learning_rate=0.6)._goal().reached  # too fast


def test_a_line_of_code_repeats_what_was_dragged():
    explorer = UpdateExplorer()
    assert not explorer._goal().reached
    message = move(explorer, w=[3.14159, 2.71828], batch_size=0, learning_rate=3, seed=7)[0]
    again = eval(message["code"])
    assert again.state == explorer.state and again.w == (3.14, 2.72)
    assert_same_scene(again, explorer)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size must be .* 1 to 100, not 0"),
        ({"batch_size": 101}, "batch_size must be .* not 101"),
        ({"learning_rate": -1}, "learning_rate must be a positive number, not -1"),
        ({"learning_rate": float("nan")}, "learning_rate must be .* not nan"),
        ({"seed": -1}, "seed must be .* not -1"),
        ({"w": (1, 2, 3)}, "w must be an? .*shape"),
        ({"w": (9, 0)}, r"w must be a slope in .* not \(9, 0\)"),
        ({"w": (float("nan"), 0)}, r"w must be a slope in .* not \(nan, 0\)"),
        ({"w": "here"}, "w must be"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        UpdateExplorer(**arguments)
