"""The explorer of costs: its line, its ceiling, and what fits into memory."""

import json

import numpy as np
import pytest

from course_lib.chapters.cost import largest_batch, memory_per_update
from course_lib.data import digits_data
from course_lib.lab.explorers import CostExplorer
from course_lib.lab.explorers.cost import DEFAULTS, ENOUGH, MODEL_BYTES
from course_lib.models import mlp
from course_lib.optimizers import sgd
from tests.lab.explorers.tools import assert_same_scene, in_panel


def test_the_memory_of_the_defaults_is_the_one_of_notebook_06():
    model, data = mlp((64, 64, 10)), digits_data(seed=0).train
    explorer = CostExplorer()
    for B in (1, 200, 1000):
        held = memory_per_update(model, data, sgd(), B)
        assert explorer.bytes(B) == pytest.approx(held, rel=0.06)
    assert explorer.largest() == pytest.approx(largest_batch(model, data, 1e6), rel=0.08)


def test_half_of_the_ceiling_is_reached_at_a_over_b_and_nine_tenths_at_nine_times_that():
    explorer = CostExplorer(fixed=2e-3, each=5e-6)
    assert explorer.rate(400) * explorer.each == pytest.approx(0.5)
    assert explorer.rate(3600) * explorer.each == pytest.approx(0.9)
    ring = next(mark for mark in in_panel(explorer, "rate", "points") if mark.marker == "D")
    np.testing.assert_allclose(ring.points, [[400, 0.5 / 5e-6]])


def test_the_largest_batch_that_fits_fits_and_one_more_does_not():
    for memory in (2e5, 1e6, 7.3e7):
        explorer = CostExplorer(memory=memory)
        largest = explorer.largest()
        assert explorer.bytes(largest) <= memory < explorer.bytes(largest + 1)
        for mark in in_panel(explorer, None, "areas"):
            assert largest < mark.points[0, 0] < largest + 1
        assert (
            f"largest batch that fits is B = {largest:,}."
            in CostExplorer(1, memory=memory)._sentence()
        )


def test_it_says_what_does_not_fit():
    assert "but at most B = 477 fits into 1 MB" in CostExplorer(1000)._sentence()
    assert "not even one example fits into 100 kB" in CostExplorer(memory=1e5)._sentence()


def test_the_chosen_batch_lies_on_each_curve():
    explorer = CostExplorer(250)
    for panel, height in (("seconds", 1e-4 + 250 * 1.25e-6), ("rate", 250 / (1e-4 + 250 * 1.25e-6)),
                          ("bytes", MODEL_BYTES + 250 * 1688)):  # fmt: skip
        dot = in_panel(explorer, panel, "points")[-1]
        np.testing.assert_allclose(dot.points, [[250, height]])
        curve = next(m for m in in_panel(explorer, panel, "line") if m.width == 2.0
                     and m.dash == "")  # fmt: skip
        x, y = curve.points.T
        assert np.exp(np.interp(np.log(250), np.log(x), np.log(y))) == pytest.approx(
            height, rel=1e-3
        )


def test_a_press_chooses_the_batch_or_the_memory():
    explorer = CostExplorer()
    explorer._pick("rate", 130, 1e5)
    assert (explorer.batch_size, explorer.memory) == (125, 1e6)
    explorer._pick("bytes", 3, 4.1e7)
    assert (explorer.batch_size, explorer.memory) == (125, 4e7)


def test_the_goal_is_the_best_of_all_settings():
    explorer = CostExplorer()
    best = min(
        memory
        for memory in explorer._controls["memory"].values
        for B in explorer._controls["batch_size"].values
        if explorer.bytes(B) <= memory and explorer.rate(B) * explorer.each >= ENOUGH
    )
    assert CostExplorer()._goal().best == best / 1e6
    assert CostExplorer(800, memory=best)._goal().reached
    assert CostExplorer(800, memory=best)._progress()["met"]
    assert not CostExplorer(800, memory=1e6)._goal().reached  # does not fit
    assert not CostExplorer(640, memory=best)._goal().reached  # too slow
    assert not CostExplorer(800, memory=2 * best)._progress()["met"]
    assert CostExplorer(each=2 * DEFAULTS["each"])._goal() is None


@pytest.mark.parametrize("state", [{}, {"batch_size": 7, "memory": 3.33e7, "model_bytes": 5e6}])
def test_the_line_of_code_repeats_the_scene(state):
    explorer = CostExplorer(**state)
    assert_same_scene(eval(repr(explorer)), explorer)
    json.dumps(explorer._answer())  # as it travels to the browser


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_size": 0}, {"batch_size": 70_000}, {"batch_size": 1.5}, {"fixed": 0},
        {"each": -1.0}, {"memory": np.inf}, {"per_example": "much"}, {"model_bytes": [1.0, 2.0]},
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CostExplorer(**wrong)
