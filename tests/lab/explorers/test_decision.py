"""The decision: the least product of updates and seconds, within memory."""

import numpy as np

from course_lib.lab.explorers import DecisionExplorer
from course_lib.lab.explorers.decision import fit
from tests.lab.explorers.tools import in_panel, measured_at


def test_decision_is_the_least_product_of_updates_and_seconds():
    decision = DecisionExplorer(
        noise_scale=300, overhead=2e-3, pass_seconds=1e-3, at_once=32, largest=500
    )
    seconds = {B: 1000 * (1 + 300 / B) * (2e-3 + 1e-3 * max(1, B / 32)) for B in range(1, 501)}
    best = min(seconds, key=seconds.get)
    good = [B for B in seconds if seconds[B] <= 1.1 * seconds[best]]
    assert decision.best() == best and decision.as_good() == (min(good), max(good))
    np.testing.assert_allclose(decision.seconds(best), seconds[best])
    assert f"B = {best}" in decision._sentence()


def test_decision_stops_at_the_memory():
    decision = DecisionExplorer(noise_scale=3000, overhead=0.1, pass_seconds=1e-6, largest=64)
    assert decision.best() == 64


def test_decision_recovers_the_numbers_behind_exact_measurements():
    measured = measured_at(1, 4, 16, 64, seconds=lambda B: 3e-5 + 2e-6 * B)
    decision = DecisionExplorer(measured)
    assert decision.noise_scale == 20 and decision.min_updates == 300
    assert decision.overhead == 3e-5 and decision.pass_seconds == 2e-6
    assert eval(repr(decision)).state == decision.state


def test_measurements_that_contradict_the_model_are_fitted_without_negative_numbers():
    rows = [(1, 100.0, 1e-3, 0.1), (10, 5.0, 5e-4, 0.0025)]  # faster updates, more than halved
    assert min(fit(rows).values()) >= 0
    unreached = measured_at(1, 4, 16) + measured_at(64, updates=lambda B: np.inf)
    assert len(DecisionExplorer(unreached).measured) == 3


def test_the_best_and_what_was_measured_stand_on_their_curves():
    decision = DecisionExplorer(measured_at(1, 4, 16, 64, seconds=lambda B: 3e-5 + 2e-6 * B))
    best, rings = in_panel(decision, "time", "points")
    np.testing.assert_allclose(best.points, [(decision.best(), 1)])
    at = np.array([1, 4, 16, 64])
    times = decision.seconds(at) / decision.seconds(decision.best())
    np.testing.assert_allclose(rings.points, np.column_stack([at, times]))


def test_the_choice_matters_little_where_updates_cost_the_same():
    assert not DecisionExplorer()._goal().reached
    easy = DecisionExplorer(noise_scale=1, overhead=0.1, pass_seconds=1e-7)
    assert easy._goal().reached
