"""The noisy quadratic model against its closed form, simulated runs, and covariance matrices."""

from itertools import islice

import numpy as np
import pytest

from course_lib.chapters.quadratic import expected_losses, fewest_updates

H = 1 / np.arange(1, 21)


def first_losses(n_updates, *problem, **options):
    """The expected loss at the start and after each of some updates, the last axis."""
    return np.stack([*islice(expected_losses(*problem, **options), n_updates + 1)], axis=-1)


def test_plain_updates_agree_with_the_closed_form():
    """A geometric approach to the steady state α²c/B / (1 − (1 − αh)²) in each direction."""
    lr, B, noise = 0.3, 4, 2 * H
    shrink = (1 - lr * H) ** 2
    floor = lr**2 * noise / B / (1 - shrink)
    exact = [H @ (shrink**t * (1 - floor) + floor) / 2 for t in range(51)]
    np.testing.assert_allclose(first_losses(50, H, noise, B, lr), exact, rtol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_moments_agree_with_covariance_matrices(beta):
    """M ← A M Aᵀ + Q for the pair (w, v) of one direction, as matrices."""
    h, c, B, lr = 0.7, 0.4, 3, 0.25
    A = np.array([[1 - lr * h, -lr * beta], [h, beta]])
    kick = np.array([-lr, 1.0])
    M, exact = np.diag([1.0, 0.0]), []
    for _ in range(31):
        exact.append(h * M[0, 0] / 2)
        M = A @ M @ A.T + c / B * np.outer(kick, kick)
    computed = first_losses(30, [h], [c], B, lr, beta=beta)
    np.testing.assert_allclose(computed, exact, rtol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.9])
def test_simulated_runs_scatter_about_the_expected_loss(beta):
    rng = np.random.default_rng(0)
    lr, B, R = 0.05, 2, 4000
    w, v = rng.choice([-1.0, 1.0], size=(R, 20)), np.zeros((R, 20))
    for _ in range(40):
        v = beta * v + H * w + np.sqrt(H / B) * rng.standard_normal((R, 20))
        w = w - lr * v
    losses = w**2 @ H / 2
    error = losses.std() / np.sqrt(R)
    assert abs(losses.mean() - first_losses(40, H, H, B, lr, beta=beta)[-1]) < 4 * error


def test_a_stack_of_rates_equals_each_by_itself():
    rates = np.array([0.1, 0.5, 5.0])
    together = first_losses(25, H, H, 8, rates, beta=0.3)
    alone = [first_losses(25, H, H, 8, rate, beta=0.3) for rate in rates]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.9])
def test_fewest_updates_is_the_first_crossing_of_any_rate(beta):
    rates, target = np.geomspace(0.005, 3.0, 12), 0.2
    losses = first_losses(600, H, H, 64, rates, beta=beta)
    reached = losses <= target
    first = np.where(reached.any(axis=1), reached.argmax(axis=1), 10**9)
    assert fewest_updates(H, H, 64, rates, target, beta=beta) == (
        first.min(),
        rates[first.argmin()],
    )


def test_a_target_below_the_noise_floor_is_never_reached():
    updates, lr = fewest_updates(H, H, 1, [0.5, 3.0], 1e-6, limit=300)
    assert np.isinf(updates) and np.isnan(lr)


def test_a_target_above_the_start_needs_no_update():
    assert fewest_updates(H, H, 1, [0.1], H.sum())[0] == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"curvature": [1.0, -1.0]}, "curvature must be a positive number"),
        ({"noise": [1.0]}, "curvature and noise must be arrays of the same shape"),
        ({"batch_size": 0}, "batch_size must be a positive number, not 0"),
        ({"rates": [0.0]}, "rates must be a positive number"),
        ({"target": 0.0}, "target must be a positive number"),
        ({"beta": 1.0}, "beta must be a number from 0"),
        ({"limit": -1}, "limit must be a whole number"),
    ],
)
def test_bad_arguments_are_refused(change, says):
    good = {"curvature": [1.0, 0.5], "noise": [1.0, 0.5], "batch_size": 4, "rates": [0.1]}
    with pytest.raises(ValueError, match=says):
        fewest_updates(**({**good, "target": 0.1} | change))
