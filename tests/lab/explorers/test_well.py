"""The double well: what is drawn and said is what notebook 09's loop does."""

from itertools import islice
from pathlib import Path

import nbformat
import numpy as np
import pytest

from course_lib.batches import streams, with_replacement
from course_lib.lab.explorers import WellExplorer
from course_lib.lab.explorers.well import EXAMPLES, WELL
from tests.lab.explorers.tools import assert_same_scene, in_panel, told

NOTEBOOK = Path(__file__).parents[3] / "notebooks/09_generalization.ipynb"


@pytest.fixture(scope="module")
def notebook():
    """Return what notebook 09 names in the cell with the double well."""
    cells = nbformat.read(NOTEBOOK, 4).cells
    [source] = [each.source for each in cells if "def where_they_end(" in each.source]
    names = {"np": np, "islice": islice, "streams": streams, "with_replacement": with_replacement}
    names |= {"SEED": 0, "N": 200}
    exec(source, names)
    return names


def test_the_examples_are_those_of_the_notebook(notebook):
    np.testing.assert_array_equal(EXAMPLES.y, notebook["z"])


def test_the_gradient_is_that_of_the_loss():
    x, X, z = np.linspace(-2, 2, 9)[:, None], EXAMPLES.X[:7], EXAMPLES.y[:7]
    difference = (WELL.loss(x + 1e-5, X, z) - WELL.loss(x - 1e-5, X, z)) / 2e-5
    np.testing.assert_allclose(WELL.grad(x, X, z)[:, 0], difference, atol=1e-8)


@pytest.mark.parametrize(("rate", "B"), [(0.2, 2), (0.2, 16), (0.4, 32)])
def test_the_runs_end_where_those_of_the_notebook_do(notebook, rate, B):
    share, loss = notebook["where_they_end"](rate, B, n_runs=32)
    explorer = WellExplorer(batch_size=B, other=64, learning_rate=rate)
    [balls] = in_panel(explorer, "well 0", "points")
    last = balls.at(100)
    assert (last[:, 0] > 0).mean() == share
    heights = last[:, 1] - 0.02 * np.arange(32)
    np.testing.assert_allclose(heights.mean(), loss)
    curve = in_panel(explorer, "count", "line")[0]
    np.testing.assert_array_equal(curve.points[-1], [round(100 / rate), 32 * share])
    assert explorer._scene().panels[0].title == f"B = {B}: {32 * share:.0f} of 32 over the hill"
    assert explorer._sentence().startswith(
        f"{32 * share:.0f} of 32 runs of B = {B} are in the deep"
    )


def test_a_frame_shows_the_runs_of_its_moment():
    explorer = WellExplorer(batch_size=4, other=1, moment=40)
    for i in (0, 1):
        [balls] = in_panel(explorer, f"well {i}", "points")
        line, dot = in_panel(explorer, "count", "line")[i], in_panel(explorer, "count", "points")[i]
        n = (balls.at(40)[:, 0] > 0).sum()
        np.testing.assert_array_equal(dot.at(40), [[200, n]])  # 40 % of 500 updates
        np.testing.assert_array_equal(line.at(40)[-1], [200, n])
        assert f"{n} of" in explorer._sentence() or f"{n} of B = 1" in explorer._sentence()
        assert (balls.at(0)[:, 0] == -1).all()


def test_all_examples_stay_where_descent_leads():
    explorer = WellExplorer(other=300)
    x = -1.0
    for _ in range(500):
        x -= 0.2 * (x**3 - x - 0.2)
    _, last = explorer._runs()[1]
    np.testing.assert_allclose(last[-1], x, rtol=1e-9)
    assert x < 0 and explorer._sentence().endswith("against 0 of B = 300.")


def test_runs_that_diverge_are_not_in_the_deep_well():
    explorer = WellExplorer(batch_size=1, learning_rate=0.5)
    assert not np.isfinite(explorer._runs()[0][1][-1]).any()
    assert explorer._sentence().startswith("0 of 32 runs of B = 1 are")
    assert explorer._table()[1][-1] == "∞"


def test_the_goal_needs_a_higher_rate_for_a_larger_batch():
    explorer = WellExplorer(batch_size=32)
    assert not explorer._goal().reached
    rates = explorer._controls["learning_rate"].values
    assert told(explorer, {"values": {"learning_rate": rates.index(0.4)}})[0]["goal"]["met"]
    assert not WellExplorer(batch_size=32, learning_rate=0.4, moment=20)._goal().reached
    assert not WellExplorer(batch_size=32, start=1.0)._goal().reached
    assert not WellExplorer(batch_size=8, other=25, learning_rate=0.4)._goal().reached  # too small


def test_a_press_chooses_the_start_and_a_line_of_code_repeats_it():
    explorer = WellExplorer()
    message = told(explorer, {"pick": ["well 1", 0.62, 0.3], "values": {"batch_size": 2}})[0]
    again = eval(message["code"])
    assert again.state == explorer.state and again.start == 0.6 and again.batch_size == 3
    assert_same_scene(again, explorer)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size must be .* 1 to 300, not 0"),
        ({"other": 301}, "other must be .* 1 to 300, not 301"),
        ({"learning_rate": 0.7}, "learning_rate must be from 0.2 to 0.5, not 0.7"),
        ({"learning_rate": "high"}, "learning_rate must be .* not 'high'"),
        ({"start": 2}, "start must be from −1.5 to 1.5, not 2"),
        ({"start": float("nan")}, "start must be a finite number, not nan"),
        ({"start": [0, 1]}, "start must be a single number"),
        ({"moment": 101}, "moment must be .* 0 to 100, not 101"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        WellExplorer(**arguments)
