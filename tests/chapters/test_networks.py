"""Networks whose examples meet, and one whose curvature can be followed."""

import numpy as np
import pytest

from course_lib.chapters.networks import contrastive, normalised, smooth
from course_lib.models import softmax

MODELS = {
    "contrastive": contrastive(3, 4),
    "normalised": normalised(6, 5, 3),
    "not normalised": normalised(6, 5, 3, norm=False),
    "smooth": smooth(6, 5, 3),
}
each_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def examples(B=8, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((B, 6)), rng.integers(3, size=B)


def start(model, seed=1):
    return model.init(np.random.default_rng(seed))


@each_model
def test_gradient_matches_finite_differences(model):
    w, (X, y) = start(model), examples()
    steps = 1e-6 * np.eye(model.P)
    ahead, behind = (np.array([model.loss(w + s * d, X, y) for d in steps]) for s in (1, -1))
    assert model.grad(w, X, y) == pytest.approx((ahead - behind) / 2e-6, rel=1e-5, abs=1e-7)


@each_model
def test_a_stack_of_runs_equals_lone_runs(model):
    w = np.stack([start(model, seed) for seed in range(3)])
    X, y = (np.stack(parts) for parts in zip(*(examples(seed=s) for s in range(3)), strict=True))
    for stacked in (model.grad, model.loss, model.predict):
        arguments = (w, X) if stacked is model.predict else (w, X, y)
        lone = [stacked(*(part[run] for part in arguments)) for run in range(3)]
        assert np.allclose(stacked(*arguments), lone, rtol=1e-12, atol=1e-15)


@each_model
def test_no_argument_is_changed(model):
    w, (X, y) = start(model), examples()
    kept = w.copy(), X.copy(), y.copy()
    model.grad(w, X, y)
    assert all(np.array_equal(a, b) for a, b in zip((w, X, y), kept, strict=True))


@pytest.mark.parametrize("name, identical", [
    ("contrastive", False), ("normalised", False), ("not normalised", True), ("smooth", True),
])  # fmt: skip
def test_accumulation_is_identical_where_examples_do_not_meet(name, identical):
    model, (X, y) = MODELS[name], examples()
    whole = model.grad(start(model), X, y)
    parts = model.grad(start(model), X.reshape(2, 4, 6), y.reshape(2, 4)).mean(axis=0)
    assert np.allclose(parts, whole, rtol=1e-12, atol=1e-14) == identical


def test_contrastive_loss_of_views_that_are_alike_is_chance():
    """If all views are the same, each of B answers is as good: the loss is log B."""
    model = contrastive(3, 4)
    X = np.ones((8, 6))
    assert model.loss(start(model), X, np.zeros(8)) == pytest.approx(np.log(8))


def test_contrastive_scores_are_cosines_over_the_temperature():
    model, (X, _) = contrastive(3, 3, temperature=0.5), examples()
    scores = model.predict(np.eye(3).ravel(), X)
    first, second = (
        part / np.linalg.norm(part, axis=1, keepdims=True) for part in (X[:, :3], X[:, 3:])
    )
    assert scores == pytest.approx(first @ second.T / 0.5)


def test_a_normalised_unit_has_mean_zero_and_deviation_one():
    """Two units with opposite weights: the ReLUs of both together give the unit back."""
    model, X = normalised(1, 2, 1), np.array([[1.0], [2.0], [4.0], [9.0]])
    scores = model.predict(np.array([1.0, -1.0, 1.0, -1.0]), X)[:, 0]  # max(z, 0) − max(−z, 0)
    assert scores == pytest.approx((X[:, 0] - 4) / X[:, 0].std(), rel=1e-4)


def test_without_normalisation_the_last_layer_is_a_softmax_of_the_hidden_units():
    model, (X, y) = normalised(6, 6, 3, norm=False), examples()
    X, U = np.abs(X), np.random.default_rng(2).standard_normal((6, 3))
    w = np.concatenate([np.eye(6).ravel(), U.ravel()])
    oracle = softmax(6, 3)
    assert model.loss(w, X, y) == pytest.approx(
        oracle.loss(np.concatenate([U.ravel(), np.zeros(3)]), X, y)
    )


@pytest.mark.parametrize("make", [
    lambda: contrastive(0, 2), lambda: contrastive(3, 2, temperature=0), lambda: smooth(3, 2, 1.5),
    lambda: normalised(3, 0, 2), lambda: normalised(3, 2, 2, norm="no"), lambda: smooth("3", 2, 1),
])  # fmt: skip
def test_bad_input_is_a_value_error(make):
    with pytest.raises(ValueError):
        make()
