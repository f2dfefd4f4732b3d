"""Measurements against exact sums, theory, and things whose size is known."""

from itertools import combinations, product

import numpy as np
import pytest

from course_lib.batches import shuffled
from course_lib.data import Data, digits_data, lesson_line, linear_data
from course_lib.measure import (
    accuracy,
    batch_gradients,
    gradient_noise,
    gradient_variance,
    gradients,
    least_squares,
    noise_and_signal,
    noise_scale,
    updates_to_reach,
)
from course_lib.models import line, linear, mlp
from course_lib.optimizers import constant, sgd
from course_lib.training import train

LINE = lesson_line()
W = np.array([0.5, -1.0])


def test_least_squares_has_no_gradient():
    for model, data, bias in ((line(), LINE, True), (linear(4), linear_data(50, 4), False)):
        grad = model.grad(least_squares(data, bias), data.X, data.y)
        np.testing.assert_allclose(grad, 0, atol=1e-12)


def test_gradients_are_those_of_the_examples_one_by_one():
    data = digits_data(n_train=20).train
    model = mlp((64, 5, 10))
    w = model.init(np.random.default_rng(0))
    alone = [model.grad(w, data.X[i : i + 1], data.y[i : i + 1]) for i in range(20)]
    np.testing.assert_allclose(gradients(model, w, data), alone, atol=1e-14)


@pytest.mark.parametrize("B", [1, 2, 4, 5])
def test_variance_without_replacement_is_exact_over_all_batches(B):
    """Every one of the 6-choose-B batches, so that no chance is left."""
    data = Data(LINE.X[:6], LINE.y[:6])
    each = gradients(line(), W, data)
    batch_means = np.array([each[list(rows)].mean(axis=0) for rows in combinations(range(6), B)])
    exact = batch_means.var(axis=0).sum()
    assert gradient_variance(gradient_noise(line(), W, data), B, 6) == pytest.approx(
        exact, rel=1e-12
    )


def test_variance_with_replacement_is_the_noise_over_the_batch_size():
    noise = gradient_noise(line(), W, LINE)
    np.testing.assert_allclose(gradient_variance(noise, np.array([1, 4])), [noise, noise / 4])
    assert gradient_variance(noise, 100, 100) == 0


def test_measured_batches_scatter_as_theory_says():
    noise = gradient_noise(line(), W, LINE)
    full = line().grad(W, LINE.X, LINE.y)
    for sampling, N in ((shuffled, 100), (None, None)):
        options = {} if sampling is None else {"sampling": sampling}
        drawn = batch_gradients(line(), W, LINE, 30, 4000, **options)
        assert drawn.shape == (4000, 2)
        measured = ((drawn - full) ** 2).sum(axis=1).mean()
        assert measured == pytest.approx(gradient_variance(noise, 30, N), rel=0.08)


def test_batch_gradients_leave_short_batches_out():
    """At B = N − 1 every second batch of an epoch is a single example: none of them may be seen."""
    drawn = batch_gradients(line(), W, LINE, 99, 200, sampling=shuffled)
    each = gradients(line(), W, LINE)
    possible = (each.sum(axis=0) - each) / 99
    gaps = np.linalg.norm(drawn[:, None] - possible, axis=-1).min(axis=1)
    assert gaps.max() < 1e-10


def test_noise_scale_is_where_noise_and_gradient_are_equally_strong():
    B = noise_scale(line(), W, LINE)
    full = line().grad(W, LINE.X, LINE.y)
    noise = gradient_variance(gradient_noise(line(), W, LINE), B)
    assert noise == pytest.approx(full @ full, rel=1e-12)


def test_two_batch_sizes_give_noise_and_signal_exactly_over_all_batches():
    """Every ordered pair and triple of 5 examples, drawn with replacement: no chance is left."""
    data = Data(LINE.X[:5], LINE.y[:5])
    each = gradients(line(), W, data)
    pairs, triples = (
        np.array([each[list(rows)].mean(axis=0) for rows in product(range(5), repeat=B)])
        for B in (2, 3)
    )
    noise, _ = noise_and_signal(pairs, pairs[:1], 2, 3)
    assert noise.shape == (25,)
    short, long = (np.vecdot(g, g).mean() for g in (pairs, triples))
    as_one = (np.array([np.sqrt(short), 0]), np.array([np.sqrt(long), 0]))
    noise, signal = noise_and_signal(*as_one, 2, 3)  # it is linear in the squared lengths
    full = each.mean(axis=0)
    assert noise == pytest.approx(gradient_noise(line(), W, data), rel=1e-10)
    assert signal == pytest.approx(full @ full, rel=1e-10)


def test_accuracy_counts_right_answers_for_a_stack_of_runs():
    data = digits_data(n_train=30).train
    model = mlp((64, 10))
    w = np.stack([model.init(np.random.default_rng(s)) for s in range(3)])
    by_hand = [
        np.mean(
            [
                model.predict(v, x[None])[0].argmax() == t
                for x, t in zip(data.X, data.y, strict=True)
            ]
        )
        for v in w
    ]
    np.testing.assert_allclose(accuracy(model, w, data), by_hand)


def test_moment_of_reaching_a_loss_is_the_first_recorded_one():
    run = train(
        line(), LINE, sgd(), constant(0.2), batch_size=20, n_updates=60, record=range(61), n_runs=4
    )
    target = 1.0
    reached = updates_to_reach(run, target)
    for r, update in enumerate(reached.astype(int)):
        assert run.loss[r, update] <= target < run.loss[r, :update].min()


def test_a_loss_never_reached_takes_for_ever_also_when_runs_diverge():
    run = train(line(), LINE, sgd(), constant(0.01), batch_size=100, n_updates=5)
    assert np.isinf(updates_to_reach(run, 0.1)).all()
    lost = train(line(), LINE, sgd(), constant(9.0), batch_size=100, n_updates=900, n_runs=2)
    assert np.isinf(updates_to_reach(lost, 0.1)).all()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: noise_and_signal(W, W, 8, 8), "batch_large must be a whole number of at least 9"),
        (lambda: gradient_variance(1.0, 0), "batch_size must be a positive number, not 0"),
        (lambda: gradient_variance(1.0, 1, 1), "N must be a whole number of at least 2, not 1"),
        (
            lambda: batch_gradients(line(), W, LINE, 101, 5),
            "batch_size must be a whole number from 1",
        ),
        (
            lambda: batch_gradients(line(), W, LINE, 5, 0),
            "n_draws must be a whole number from 1 to",
        ),
    ],
)
def test_bad_arguments_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
