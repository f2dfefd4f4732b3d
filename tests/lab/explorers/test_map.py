"""The map of rate and batch size: its cells are what training gives, its lines the rules."""

import json

import numpy as np
import pytest

from course_lib.batches import with_replacement
from course_lib.data import lesson_line
from course_lib.lab.explorers import MapExplorer
from course_lib.lab.explorers.map import BUDGETS, FAR, NEAR, RATES, SIZES
from course_lib.measure import least_loss, middle_80
from course_lib.models import line
from course_lib.optimizers import constant, sgd
from course_lib.training import train
from tests.lab.explorers.tools import assert_same_scene, in_panel


def trained(B, rate, n_updates):
    """Return the loss above the least one, in units of it, of 16 runs after each update."""
    run = train(
        line(), lesson_line(), sgd(), constant(rate), batch_size=B, n_updates=n_updates, n_runs=16,
        seed=0, sampling=with_replacement, record=range(n_updates + 1),
    )  # fmt: skip
    return run.loss / least_loss(lesson_line(), bias=True) - 1


@pytest.mark.parametrize(
    ("B", "rate", "held", "budget"),
    [(1, 0.011, "examples", 640), (64, 0.36, "examples", 640), (12, 0.13, "updates", 20)],
)
def test_the_cell_and_its_curves_are_what_training_gives(B, rate, held, budget):
    explorer = MapExplorer(B, rate, held=held, budget=budget)
    n = budget if held == "updates" else budget // B
    low, middle, high = middle_80(trained(B, rate, n))
    cell = explorer.losses()[SIZES.index(B), RATES.index(rate)]
    assert cell == pytest.approx(middle[-1], abs=1e-9)
    clock = np.arange(n + 1) * (B if held == "examples" else 1)
    [band] = in_panel(explorer, "run", "band")
    np.testing.assert_allclose(band.points, np.column_stack([clock, low, high]), atol=1e-9)
    curve = in_panel(explorer, "run", "line")[-1]
    np.testing.assert_allclose(curve.points, np.column_stack([clock, middle]), atol=1e-9)


def test_the_cells_cover_the_map_and_the_lowest_loss_has_the_strongest_colour():
    explorer = MapExplorer()
    shown, diverged = in_panel(explorer, "map", "areas")
    losses = explorer.losses()
    assert len(shown.points) + len(diverged.points) == losses.size
    assert len(diverged.points) == (losses > FAR).sum() > 0
    i, j = np.unravel_index(losses.argmin(), losses.shape)
    best = shown.points[shown.shades == shown.shades.max()]
    x0, y0, x1, y1 = best.T
    assert np.any((x0 < SIZES[i]) & (SIZES[i] < x1) & (y0 < RATES[j]) & (RATES[j] < y1))


def test_the_rings_stand_at_the_least_median_of_each_batch_size():
    explorer = MapExplorer(held="updates", budget=40)
    rings = in_panel(explorer, "map", "points")[0]
    assert [B for B, _ in rings.points] == SIZES
    for (B, rate), losses in zip(rings.points, explorer.losses(), strict=True):
        assert rate == explorer.best_rate(int(B)) == RATES[losses.argmin()]


def test_the_rules_go_through_the_cell_with_slopes_of_one_and_a_half():
    linear, root = in_panel(MapExplorer(8, 0.13), "map", "line")
    for rule, slope in ((linear, 1), (root, 0.5)):
        B, rate = rule.points.T
        np.testing.assert_allclose(rate, 0.13 * (B / 8) ** slope)


def test_the_best_rate_follows_the_linear_rule_for_examples_and_not_for_updates():
    explorer = MapExplorer()
    ratios = [explorer.best_rate(B) / B for B in SIZES if B <= 16]
    assert max(ratios) < 1.5 * min(ratios)  # the rates of the map are √2 apart
    explorer = MapExplorer(held="updates", budget=80)
    assert explorer.best_rate(16) < 3 * explorer.best_rate(1)


def test_it_says_what_the_chosen_rate_costs():
    said = MapExplorer(1, 0.26)._sentence()
    ratio = (1 + np.median(trained(1, 0.26, 640)[:, -1])) / (1 + MapExplorer().losses()[0].min())
    assert said.startswith(f"At B = 1 the best rate is {MapExplorer().best_rate(1)}; 0.26 ends at ")
    assert float(said.split("ends at ")[1].split()[0]) == pytest.approx(ratio, rel=0.2)
    assert "; 1 diverges." in MapExplorer(1, 1.0)._sentence()
    assert "; " not in MapExplorer(1, 0.011)._sentence()


def test_a_press_chooses_a_cell_and_the_budget_follows_the_clock():
    explorer = MapExplorer(budget=320)
    explorer._pick("map", 13, 0.2)
    assert (explorer.batch_size, explorer.learning_rate) == (12, 0.18)
    explorer._change("held", "updates")
    assert explorer.budget == 40
    assert explorer._controls["budget"].texts[-1] == "80 updates"


def test_the_goal_is_the_best_of_all_cells():
    fewest = min(
        budget if held == "updates" else budget // B
        for held, budgets in BUDGETS.items()
        for budget in budgets
        for B, losses in zip(SIZES, MapExplorer(held=held, budget=budget).losses(), strict=True)
        if losses.min() <= NEAR and (held == "examples" or B * budget <= 640)
    )
    best = MapExplorer(48, 0.36)
    assert best._goal().reached and best._goal().cost == best._goal().best == fewest
    assert not MapExplorer(64, 0.36)._goal().reached
    assert not MapExplorer(64, 0.18, held="updates", budget=80)._goal().reached  # 5,120 examples


@pytest.mark.parametrize("state", [{}, {"batch_size": 32, "held": "updates", "budget": 10}])
def test_the_line_of_code_repeats_the_scene(state):
    explorer = MapExplorer(**state)
    assert_same_scene(eval(repr(explorer)), explorer)
    json.dumps(explorer._answer())  # as it travels to the browser


@pytest.mark.parametrize(
    "wrong",
    [{"batch_size": 5}, {"batch_size": True}, {"learning_rate": 0.1}, {"learning_rate": [0.011]},
     {"held": "epochs"}, {"budget": 20}],
)  # fmt: skip
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        MapExplorer(**wrong)
