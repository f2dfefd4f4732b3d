"""Optimizers against their formulas, and schedules against the points that define them."""

import numpy as np
import pytest

from course_lib.optimizers import (
    adam,
    constant,
    cosine,
    inverse_time,
    linear_rule,
    momentum,
    sgd,
    square_root_rule,
    warm_up,
)

RNG = np.random.default_rng(0)


def run(optimizer, w, grads, lr):
    state = optimizer.init(w)
    for grad in grads:
        w, state = optimizer.update(w, grad, state, lr)
    return w


def test_sgd_moves_against_the_gradient():
    np.testing.assert_allclose(run(sgd(), np.array([1.0, 2]), [np.array([10.0, -10])], 0.1), [0, 3])


def test_momentum_sums_past_gradients():
    w, grads = RNG.standard_normal(3), RNG.standard_normal((4, 3))
    moved = np.zeros(3)
    for t in range(4):  # v_t = Σ β^(t−s) g_s, written out
        moved += sum(0.8 ** (t - s) * grads[s] for s in range(t + 1))
    np.testing.assert_allclose(run(momentum(0.8), w, grads, 0.1), w - 0.1 * moved)


def test_momentum_of_zero_is_sgd():
    w, grads = RNG.standard_normal(3), RNG.standard_normal((4, 3))
    np.testing.assert_allclose(run(momentum(0.0), w, grads, 0.1), run(sgd(), w, grads, 0.1))


def test_first_update_of_adam_moves_every_parameter_by_the_learning_rate():
    w = run(adam(), np.zeros(3), [np.array([1e-3, -5.0, 200])], 0.1)
    np.testing.assert_allclose(w, [-0.1, 0.1, -0.1], rtol=1e-4)


def test_adam_is_its_algorithm_written_for_one_number():
    grads, w, m, v = RNG.standard_normal(20), 0.5, 0.0, 0.0
    for t, g in enumerate(grads, 1):
        m = 0.9 * m + 0.1 * g
        v = 0.99 * v + 0.01 * g * g
        w -= 0.03 * (m / (1 - 0.9**t)) / ((v / (1 - 0.99**t)) ** 0.5 + 1e-8)
    ours = run(adam(0.9, 0.99), np.array([0.5]), grads[:, None], 0.03)
    assert ours[0] == pytest.approx(w, rel=1e-12)


@pytest.mark.parametrize("optimizer", [sgd(), momentum(), adam()], ids=["sgd", "momentum", "adam"])
def test_a_stack_with_its_own_learning_rates_equals_each_run(optimizer):
    w, grads = RNG.standard_normal((3, 2)), RNG.standard_normal((5, 3, 2))
    rates = np.array([0.1, 0.2, 0.3])
    together = run(optimizer, w, grads, rates[:, None])
    for r in range(3):
        np.testing.assert_allclose(together[r], run(optimizer, w[r], grads[:, r], rates[r]))


@pytest.mark.parametrize("optimizer", [sgd(), momentum(), adam()], ids=["sgd", "momentum", "adam"])
def test_an_update_changes_no_array_in_place(optimizer):
    w, grad = np.ones(2), np.ones(2)
    _, state = optimizer.update(w, grad, optimizer.init(w), 0.1)
    optimizer.update(w, grad, state, 0.1)
    assert (w == 1).all() and (grad == 1).all()


def test_schedules_pass_through_the_points_that_define_them():
    assert [constant(0.1)(t) for t in (0, 99)] == [0.1, 0.1]
    assert [inverse_time(1.0, 50)(t) for t in (0, 50, 150)] == [1, 0.5, 0.25]
    assert [cosine(1.0, 100, 0.2)(t) for t in (0, 50, 100, 200)] == pytest.approx(
        [1, 0.6, 0.2, 0.2]
    )
    assert [warm_up(constant(1.0), 4)(t) for t in (0, 1, 3, 4)] == [0.25, 0.5, 1, 1]


def test_the_1_t_schedule_meets_the_conditions_of_robbins_and_monro():
    """Rates 1/(1 + t): their sum goes on growing like log t, the sum of squares stays below 2."""
    rates = np.array([inverse_time(1.0, 1)(t) for t in range(100_000)])
    assert rates[1000:].sum() > rates[100:1000].sum()
    assert (rates**2).sum() < 2


def test_schedules_take_a_rate_for_each_run():
    rates = np.array([0.1, 0.2])
    for schedule in (
        constant(rates),
        inverse_time(rates, 5),
        cosine(rates, 10),
        warm_up(constant(rates), 5),
    ):
        assert np.shape(schedule(3)) == (2,)


def test_rules_scale_the_rate_with_the_batch_size():
    assert [linear_rule(0.1, 32)(B) for B in (32, 64, 16)] == pytest.approx([0.1, 0.2, 0.05])
    assert [square_root_rule(0.1, 32)(B) for B in (32, 128, 8)] == pytest.approx([0.1, 0.2, 0.05])


@pytest.mark.parametrize("lr", [-0.1, np.nan, np.inf, "0.1", None, [0.1, -0.1]])
@pytest.mark.parametrize(
    "make",
    [constant, lambda lr: inverse_time(lr, 10), lambda lr: cosine(lr, 10)],
)
def test_bad_learning_rates_are_refused(make, lr):
    with pytest.raises(ValueError, match="lr must be zero or a positive number, not"):
        make(lr)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: momentum(1.0), "beta must be a number from 0 up to, but not, 1, not 1.0"),
        (lambda: adam(beta2=-0.1), "beta2 must be"),
        (lambda: adam(epsilon=0), "epsilon must be a positive number, not 0"),
        (lambda: warm_up(constant(0.1), 0), "n_updates must be a whole number of at least 1"),
        (lambda: linear_rule(0.1, 0), "batch_size must be a whole number of at least 1"),
        (lambda: square_root_rule(0, 8), "lr must be a positive number, not 0"),
    ],
)
def test_other_bad_arguments_are_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()
