"""Checkpoints change what is held and how long it takes, and not the gradient."""

import numpy as np
import pytest

from course_lib.chapters.checkpoint import checkpointed
from course_lib.chapters.cost import memory_per_update
from course_lib.data import digits_data
from course_lib.models import mlp
from course_lib.optimizers import adam, sgd

DIGITS = digits_data().train
SIZES = (64,) * 12 + (10,)


@pytest.mark.parametrize("every", [1, 2, 3, 4, 5, 6, 11, 12])
def test_the_gradient_is_that_of_the_plain_network(every):
    plain = mlp(SIZES)
    w = plain.init(np.random.default_rng(0))
    expected = plain.grad(w, DIGITS.X[:50], DIGITS.y[:50])
    found = checkpointed(SIZES, every).grad(w, DIGITS.X[:50], DIGITS.y[:50])
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("sizes", [(64, 10), (64, 5, 10), (64, 20, 7, 30, 10)])
def test_layers_of_any_width_and_a_stack_of_runs(sizes):
    plain = mlp(sizes)
    w = np.stack([plain.init(np.random.default_rng(seed)) for seed in range(3)])
    for every in range(1, len(sizes)):
        found = checkpointed(sizes, every).grad(w, DIGITS.X[:9], DIGITS.y[:9])
        np.testing.assert_allclose(found, plain.grad(w, DIGITS.X[:9], DIGITS.y[:9]), rtol=1e-12)


@pytest.mark.parametrize("optimizer", [sgd(), adam()], ids=["sgd", "adam"])
def test_it_holds_the_inputs_that_were_kept_and_those_of_one_piece(optimizer):
    """Against k = 1, which keeps all: 12/k inputs, and k − 1 computed again, of B · 64 numbers."""
    B = 1000
    inputs = {
        k: memory_per_update(checkpointed(SIZES, k), DIGITS, optimizer, B) / (8 * 64 * B)
        for k in (1, 2, 3, 4, 6, 12)
    }
    assert inputs[2] - inputs[3] == pytest.approx(7 - 6, abs=0.05)
    assert inputs[3] == pytest.approx(inputs[4], abs=0.05)
    assert inputs[12] - inputs[3] == pytest.approx(12 - 6, rel=0.15)
    assert inputs[1] - inputs[3] == pytest.approx(12 - 6, rel=0.15)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: checkpointed(SIZES, 0), "every must be a whole number from 1 to 12, not 0"),
        (lambda: checkpointed(SIZES, 13), "every must be a whole number from 1 to 12, not 13"),
        (lambda: checkpointed((64,), 1), "sizes must name at least the features and the classes"),
    ],
)
def test_bad_arguments_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
