"""Hessian products and the largest eigenvalue against exact Hessians and finite differences."""

import numpy as np
import pytest

from course_lib.chapters.curvature import hessian_eigenvalues, hessian_vector, largest_eigenvalue
from course_lib.data import digits_data, lesson_line, linear_data
from course_lib.models import line, linear, mlp
from course_lib.optimizers import constant, sgd
from course_lib.training import train

LINEAR = linear_data(50, 4, condition_number=5)
DIGITS = digits_data(n_train=60).train
NETWORK = mlp((64, 3, 10))


def trained():
    return train(NETWORK, DIGITS, sgd(), constant(0.3), batch_size=20, n_updates=200, n_runs=2).w


def whole_hessian(model, w, data, h=1e-5):
    rows = [
        model.grad(w + h * e, data.X, data.y) - model.grad(w - h * e, data.X, data.y)
        for e in np.eye(len(w))
    ]
    H = np.array(rows) / (2 * h)
    return (H + H.T) / 2


def test_hessian_eigenvalues_are_those_of_finite_differences():
    for model, data, bias in ((line(), lesson_line(), True), (linear(4), LINEAR, False)):
        numeric = np.linalg.eigvalsh(whole_hessian(model, np.zeros(model.P), data, h=1e-4))[::-1]
        np.testing.assert_allclose(hessian_eigenvalues(data, bias), numeric, rtol=1e-6)


def test_product_with_the_hessian_of_a_quadratic_is_exact():
    rng = np.random.default_rng(0)
    w, v = rng.standard_normal((2, 3, 4))
    exact = v @ (2 / 50 * LINEAR.X.T @ LINEAR.X)
    np.testing.assert_allclose(hessian_vector(linear(4), w, LINEAR, v), exact, rtol=1e-6)


def test_product_scales_with_the_vector():
    w, v = np.random.default_rng(1).standard_normal((2, 4))
    one, ten = (hessian_vector(linear(4), w, LINEAR, k * v) for k in (1, 10))
    np.testing.assert_allclose(ten, 10 * one, rtol=1e-6)


def test_largest_eigenvalue_of_a_quadratic_is_known():
    found = largest_eigenvalue(linear(4), np.zeros(4), LINEAR, n_products=100)
    assert found == pytest.approx(hessian_eigenvalues(LINEAR)[0], rel=1e-5)


def test_largest_eigenvalue_of_a_network_is_that_of_its_whole_hessian():
    for w in trained():
        exact = np.linalg.eigvalsh(whole_hessian(NETWORK, w, DIGITS))
        assert -exact[0] < exact[-1]  # the eigenvalue of largest size is the largest
        found = largest_eigenvalue(NETWORK, w, DIGITS, n_products=100)
        assert found == pytest.approx(exact[-1], rel=1e-3)


def test_kinks_are_not_taken_for_curvature():
    """Trained by full batch, some units of this network sit close to the kink of their ReLU."""
    data, model = digits_data(n_train=200).train, mlp((64, 32, 10))
    w = train(model, data, sgd(), constant(0.3), batch_size=200, n_updates=600, n_runs=16).w
    found = largest_eigenvalue(model, w, data)
    assert found.max() < 2 * np.median(found)


def test_a_stack_of_points_equals_each_by_itself():
    w = trained()
    together = largest_eigenvalue(NETWORK, w, DIGITS)
    alone = [largest_eigenvalue(NETWORK, v, DIGITS) for v in w]
    np.testing.assert_allclose(together, alone, rtol=1e-4)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="n_products must be a whole number from 1 to"):
        largest_eigenvalue(linear(4), np.zeros(4), LINEAR, n_products=0)
    with pytest.raises(ValueError, match="distance must be a positive number, not 0"):
        hessian_vector(linear(4), np.zeros(4), LINEAR, np.ones(4), distance=0)
