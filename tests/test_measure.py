"""Measurements against exact sums, theory, and things whose size is known."""

from itertools import combinations, product

import numpy as np
import pytest

from course_lib import measure
from course_lib.batches import shuffled
from course_lib.data import Data, digits_data, lesson_line, linear_data
from course_lib.measure import (
    accuracy,
    batch_gradients,
    examples_to_reach,
    gradient_noise,
    gradient_variance,
    gradients,
    hessian_eigenvalues,
    largest_batch,
    least_squares,
    memory_per_update,
    noise_and_signal,
    noise_scale,
    peak_memory,
    seconds_per_update,
    throughput,
    updates_to_reach,
)
from course_lib.models import line, linear, mlp
from course_lib.optimizers import adam, constant, momentum, sgd
from course_lib.training import train

LINE = lesson_line()
W = np.array([0.5, -1.0])


def test_least_squares_has_no_gradient():
    for model, data, bias in ((line(), LINE, True), (linear(4), linear_data(50, 4), False)):
        grad = model.grad(least_squares(data, bias), data.X, data.y)
        np.testing.assert_allclose(grad, 0, atol=1e-12)


def test_hessian_eigenvalues_are_those_of_finite_differences():
    h = 1e-4
    model = line()
    columns = [
        model.grad(W + h * e, LINE.X, LINE.y) - model.grad(W - h * e, LINE.X, LINE.y)
        for e in np.eye(2)
    ]
    numeric = np.linalg.eigvalsh(np.array(columns) / (2 * h))[::-1]
    np.testing.assert_allclose(hessian_eigenvalues(LINE, bias=True), numeric, rtol=1e-6)


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
    np.testing.assert_array_equal(examples_to_reach(run, target), 20 * reached)


def test_a_loss_never_reached_takes_for_ever_also_when_runs_diverge():
    run = train(line(), LINE, sgd(), constant(0.01), batch_size=100, n_updates=5)
    assert np.isinf(updates_to_reach(run, 0.1)).all()
    lost = train(line(), LINE, sgd(), constant(9.0), batch_size=100, n_updates=900, n_runs=2)
    assert np.isinf(updates_to_reach(lost, 0.1)).all()


def test_timings_are_positive_and_a_batch_of_1000_takes_longer_than_one_of_1():
    data = digits_data().train
    model = mlp((64, 64, 10))
    one, thousand = (
        seconds_per_update(model, data, sgd(), B, n_repeats=3, seconds=0.01) for B in (1, 1000)
    )
    assert one.shape == (3,) and (one > 0).all()
    assert np.median(thousand) > 2 * np.median(one)
    assert (throughput(model, data, sgd(), 8, n_repeats=2, seconds=0.002) > 0).all()


def test_peak_memory_sees_an_array_that_is_gone_at_the_end():
    assert peak_memory(lambda: np.ones(500_000).sum()) == pytest.approx(4_000_000, rel=0.01)
    assert peak_memory(lambda: None) < 10_000


DIGITS = digits_data().train


def test_an_example_more_takes_the_memory_that_its_arrays_have():
    """The most is alive on the way back through a hidden layer of H units, before K classes."""
    D, H, K = 64, 48, 10
    model = mlp((D, H, K))
    few, many = (memory_per_update(model, DIGITS, sgd(), B) for B in (600, 1000))
    numbers = D + 1 + H + K + H  # batch: X and y; hidden layer, scores, gradient by hidden layer
    assert many - few == pytest.approx(400 * (8 * numbers + H), rel=0.01)  # H bools: where x > 0


def test_optimizers_that_remember_take_more_memory():
    model = mlp((64, 200, 10))
    plain, heavy, adaptive = (
        memory_per_update(model, DIGITS, optimizer, 1) for optimizer in (sgd(), momentum(), adam())
    )
    assert plain < heavy < adaptive
    assert heavy - plain >= 0.9 * 8 * model.P


@pytest.mark.parametrize("optimizer", [None, adam()], ids=["sgd", "adam"])
@pytest.mark.parametrize(
    ("model", "data", "budget"),
    [
        (mlp((64, 16, 10)), DIGITS, 4e5),
        (mlp((64, 64, 10)), DIGITS, 1e6),
        (mlp((64, 128, 10)), DIGITS, 2_000_000),
        (linear(5), linear_data(3000, 5), 100_000),
    ],
)
def test_the_largest_batch_fits_and_one_example_more_does_not(model, data, budget, optimizer):
    B = largest_batch(model, data, budget, optimizer)
    assert 1 < B < len(data)
    at, above = (memory_per_update(model, data, optimizer or sgd(), b) for b in (B, B + 1))
    assert at <= budget < above


def test_all_examples_are_the_largest_batch_where_they_fit():
    assert largest_batch(line(), LINE, 1e9) == len(LINE)
    assert largest_batch(line(), Data(LINE.X[:1], LINE.y[:1]), 1e9) == 1


@pytest.mark.parametrize("answer", [1, 2, 3, 4, 5, 63, 64, 65, 99, 100])
def test_no_batch_of_more_than_twice_the_answer_is_tried(monkeypatch, answer):
    tried = []

    def memory(model, data, optimizer, batch_size):
        tried.append(batch_size)
        return 8 * batch_size

    monkeypatch.setattr(measure, "memory_per_update", memory)
    assert largest_batch(line(), LINE, 8 * answer + 7) == answer
    assert max(tried) <= 2 * answer and len(tried) <= 16


def test_a_budget_below_a_single_example_is_refused_with_what_that_takes():
    with pytest.raises(ValueError, match=r"budget must be at least [\d,]+ bytes, .* not 100"):
        largest_batch(line(), LINE, 100)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: largest_batch(line(), LINE, 0), "budget must be a positive number, not 0"),
        (lambda: largest_batch(line(), LINE, "1 GB"), "budget must be a positive number, not '1"),
        (
            lambda: memory_per_update(line(), LINE, sgd(), 101),
            "batch_size must be a whole number from 1 to 100, not 101",
        ),
        (lambda: noise_and_signal(W, W, 8, 8), "batch_large must be a whole number of at least 9"),
        (lambda: gradient_variance(1.0, 0), "batch_size must be a positive number, not 0"),
        (lambda: gradient_variance(1.0, 1, 1), "N must be a whole number of at least 2, not 1"),
        (
            lambda: batch_gradients(line(), W, LINE, 101, 5),
            "batch_size must be a whole number from 1",
        ),
        (
            lambda: batch_gradients(line(), W, LINE, 5, 0),
            "n_draws must be a whole number of at least",
        ),
        (lambda: seconds_per_update(line(), LINE, sgd(), 0), "batch_size must be a whole number"),
        (
            lambda: seconds_per_update(line(), LINE, sgd(), 1, n_repeats=0),
            "n_repeats must be a whole",
        ),
    ],
)
def test_bad_arguments_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
