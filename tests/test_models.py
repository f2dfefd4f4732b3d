"""Losses and gradients against finite differences, textbook formulas and scikit-learn."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from course_lib.data import Data, digits_data, linear_data
from course_lib.models import cross_entropy, line, linear, mlp, probabilities, softmax
from tests.benchmarks.digits import parameters

RNG = np.random.default_rng(0)


def examples_for(model, N=12, seed=1):
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(N) if model.K is None else rng.integers(model.K, size=N)
    return Data(rng.standard_normal((N, model.D)), y)


MODELS = {
    "line": line(),
    "linear": linear(5),
    "softmax": softmax(4, 3),
    "mlp": mlp((4, 6, 5, 3)),
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())


@every_model
@pytest.mark.parametrize("B", [1, 7, 12])
def test_gradient_matches_finite_differences(model, B):
    data = examples_for(model)
    X, y = data.X[:B], data.y[:B]
    w = model.init(np.random.default_rng(2)) + 0.1
    grad = model.grad(w, X, y)
    h = 1e-5
    numeric = [
        (model.loss(w + h * e, X, y) - model.loss(w - h * e, X, y)) / (2 * h)
        for e in np.eye(model.P)
    ]
    assert np.linalg.norm(grad - numeric) < 1e-6 * np.linalg.norm(grad)


@every_model
def test_gradient_of_a_batch_is_the_mean_of_its_examples(model):
    data = examples_for(model)
    w = model.init(RNG)
    grad = model.grad(w, data.X, data.y)
    alone = [model.grad(w, x[None], t[None]) for x, t in zip(data.X, data.y, strict=True)]
    np.testing.assert_allclose(grad, np.mean(alone, axis=0), rtol=1e-12, atol=1e-13)


@every_model
def test_a_stack_of_runs_and_rates_equals_each_by_itself(model):
    data = examples_for(model)
    w = RNG.standard_normal((2, 3, model.P))  # rates, runs
    rows = RNG.integers(len(data), size=(3, 5))
    losses = model.loss(w, data.X[rows], data.y[rows])
    grads = model.grad(w, data.X[rows], data.y[rows])
    assert losses.shape == (2, 3) and grads.shape == w.shape
    for index in np.ndindex(2, 3):
        batch = rows[index[1]]
        X, y = data.X[batch], data.y[batch]
        np.testing.assert_allclose(losses[index], model.loss(w[index], X, y))
        np.testing.assert_allclose(grads[index], model.grad(w[index], X, y), rtol=1e-10, atol=1e-12)


@every_model
def test_start_is_drawn_from_the_generator_alone(model):
    first, again = (model.init(np.random.default_rng(7)) for _ in range(2))
    assert first.shape == (model.P,)
    np.testing.assert_array_equal(first, again)


def test_linear_gradient_is_the_textbook_formula():
    data = linear_data(30, 5, seed=2)
    w = RNG.standard_normal(5)
    grad = linear(5).grad(w, data.X, data.y)
    np.testing.assert_allclose(grad, 2 / 30 * data.X.T @ (data.X @ w - data.y))


def test_line_is_linear_with_a_column_of_ones():
    data = examples_for(line())
    w = RNG.standard_normal(2)
    ones = np.column_stack([data.X, np.ones(len(data))])
    one, other = line(), linear(2)
    np.testing.assert_allclose(one.loss(w, data.X, data.y), other.loss(w, ones, data.y))
    np.testing.assert_allclose(one.grad(w, data.X, data.y), other.grad(w, ones, data.y))


@pytest.mark.parametrize("hidden", [(16,), (12, 8)])
@pytest.mark.parametrize("B", [1, 7, 50])
def test_mlp_agrees_with_scikit_learn_on_the_same_weights_and_batch(hidden, B):
    """One update of MLPClassifier at a rate of 1 moves its weights by minus its gradient."""
    data = digits_data().train
    X, y = data.X[:B], data.y[:B]
    peer = MLPClassifier(
        hidden, solver="sgd", learning_rate_init=1.0, momentum=0.0, alpha=0.0, batch_size=B,
        shuffle=False, random_state=0,
    )  # fmt: skip
    peer.partial_fit(X, y, classes=np.arange(10))
    before = parameters(peer)
    peer.partial_fit(X, y)
    model = mlp((64, *hidden, 10))
    assert model.loss(before, X, y) == pytest.approx(peer.loss_, rel=1e-9)
    np.testing.assert_allclose(
        model.grad(before, X, y), before - parameters(peer), rtol=1e-7, atol=1e-12
    )


def test_cross_entropy_survives_huge_scores():
    scores = np.array([[1000.0, 0, -1000]])
    assert cross_entropy(scores, np.array([1])) == pytest.approx(1000)
    np.testing.assert_allclose(probabilities(scores), [[1, 0, 0]], atol=1e-12)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: linear(0), "D must be a whole number of at least 1, not 0"),
        (lambda: mlp((64,)), "sizes must name at least the features and the classes"),
        (lambda: mlp((64, 0, 10)), "each of sizes must be a whole number of at least 1, not 0"),
        (lambda: softmax(2, "3"), "must be a whole number of at least 1, not '3'"),
    ],
)
def test_bad_sizes_are_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()
