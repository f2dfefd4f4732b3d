"""How a gradient changes the parameters.

An optimizer is given the learning rate with each update, because how it should follow the batch
size is a subject of this course. A schedule is a function from the number of the update (0, 1, …)
to a learning rate; a rule is a function from the batch size to one. Wherever a learning rate is
asked for, an array of shape (R,) gives each run its own.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from course_lib._checks import (
    check_fraction,
    check_not_negative,
    check_positive,
    check_whole_number,
)

Schedule = Callable[[int], float]


class Optimizer(NamedTuple):
    """Two pure functions.

    Attributes
    ----------
    init : function of w
        What the optimizer remembers at the start.
    update : function of (w, grad, state, lr)
        The new parameters and the new memory.
    """

    init: Callable
    update: Callable


def sgd() -> Optimizer:
    """Return the update rule of the lesson: w ← w − α·g."""
    return Optimizer(lambda w: None, lambda w, grad, state, lr: (w - lr * grad, None))


def momentum(beta: float = 0.9) -> Optimizer:
    """Return heavy-ball momentum: v ← β·v + g, then w ← w − α·v.

    In this convention a steady gradient ends up being applied 1/(1 − β) times over.
    """
    check_fraction("beta", beta)

    def update(w, grad, v, lr):
        v = beta * v + grad
        return w - lr * v, v

    return Optimizer(np.zeros_like, update)


def adam(beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Optimizer:
    """Return Adam with bias correction (Kingma & Ba 2015, arXiv 1412.6980, algorithm 1)."""
    check_fraction("beta1", beta1)
    check_fraction("beta2", beta2)
    check_positive("epsilon", epsilon)

    def init(w):
        return np.zeros_like(w), np.zeros_like(w), 0

    def update(w, grad, state, lr):
        m, v, t = state
        t += 1
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        return w - lr * m_hat / (np.sqrt(v_hat) + epsilon), (m, v, t)

    return Optimizer(init, update)


def constant(lr) -> Schedule:
    """Return the schedule α_t = lr."""
    check_not_negative("lr", lr)
    return lambda update: lr


def inverse_time(lr, half_after: int) -> Schedule:
    """Return the 1/t schedule α_t = lr / (1 + t/half_after): half of lr after `half_after` updates.

    Its rates sum to infinity and their squares do not (Robbins & Monro 1951).
    """
    check_not_negative("lr", lr)
    half_after = check_whole_number("half_after", half_after, 1)
    return lambda update: lr / (1 + update / half_after)


def cosine(lr, n_updates: int, final: float = 0.0) -> Schedule:
    """Return half a cosine wave from lr down to `final` at update `n_updates`, then flat."""
    check_not_negative("lr", lr)
    n_updates = check_whole_number("n_updates", n_updates, 1)
    check_not_negative("final", final)

    def schedule(update):
        done = min(update / n_updates, 1)
        return final + (lr - final) * (1 + np.cos(np.pi * done)) / 2

    return schedule


def warm_up(schedule: Schedule, n_updates: int) -> Schedule:
    """Return `schedule`, scaled by 1/n, 2/n, … 1 in its first n = `n_updates` updates."""
    n_updates = check_whole_number("n_updates", n_updates, 1)
    return lambda update: schedule(update) * min((update + 1) / n_updates, 1)


def linear_rule(lr, batch_size: int) -> Callable[[int], float]:
    """Return the rule B ↦ lr · B / batch_size (Goyal et al. 2017, arXiv 1706.02677)."""
    check_positive("lr", lr)
    batch_size = check_whole_number("batch_size", batch_size, 1)
    return lambda B: lr * B / batch_size


def square_root_rule(lr, batch_size: int) -> Callable[[int], float]:
    """Return the rule B ↦ lr · √(B / batch_size), for Adam (Malladi et al. 2022, 2205.10287)."""
    check_positive("lr", lr)
    batch_size = check_whole_number("batch_size", batch_size, 1)
    return lambda B: lr * (B / batch_size) ** 0.5
