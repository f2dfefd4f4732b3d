"""How a gradient changes the parameters.

An optimizer is given the learning rate with each update, because how it should follow the batch
size is a subject of this course. A schedule is a function from the number of the update (0, 1, …)
to a learning rate; a rule is a function from the batch size to one. Wherever a learning rate is
asked for, an array of shape (R,) gives each run its own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from course_lib._checks import (
    check_fraction,
    check_function,
    check_not_negative,
    check_one_number,
    check_positive,
    check_rate,
    check_whole_number,
)

#: The learning rate of each update, by its number: 0, 1, …
Schedule = Callable[[int], float | np.ndarray]


class Init(Protocol):
    """The ``init`` function of an optimizer."""

    def __call__(self, w: np.ndarray) -> Any:
        """Return what the optimizer remembers before the first update; w has shape (..., P)."""


class Update(Protocol):
    """The ``update`` function of an optimizer."""

    def __call__(self, w: np.ndarray, grad: np.ndarray, state: Any, lr) -> tuple[np.ndarray, Any]:
        """Return the new parameters and the new memory; no argument is changed.

        `grad` has the shape of `w`, (..., P), and `lr` fits it.
        """


class Optimizer(NamedTuple):
    """Two pure functions. To add one, write a function like :func:`momentum` that returns both.

    Attributes
    ----------
    init : Init
        What the optimizer remembers at the start.
    update : Update
        One change of the parameters.
    """

    init: Init
    update: Update


def sgd() -> Optimizer:
    """Return the update rule of the lesson: w ← w − α·g.

    Examples
    --------
    >>> import numpy as np
    >>> optimizer = sgd()
    >>> w, state = optimizer.update(np.array([1.0, 2.0]), np.array([10.0, 0.0]), None, lr=0.1)
    >>> w
    array([0., 2.])
    """
    return Optimizer(lambda w: None, lambda w, grad, state, lr: (w - lr * grad, None))


def momentum(beta: float = 0.9) -> Optimizer:
    """Return heavy-ball momentum: v ← β·v + g, then w ← w − α·v.

    In this convention a steady gradient ends up being applied 1/(1 − β) times over.

    Examples
    --------
    >>> import numpy as np
    >>> optimizer = momentum(0.5)
    >>> w, v = optimizer.update(np.zeros(1), np.ones(1), np.zeros(1), lr=0.1)
    >>> w, v = optimizer.update(w, np.ones(1), v, lr=0.1)
    >>> v
    array([1.5])
    """
    check_one_number("beta", check_fraction("beta", beta))

    def update(w, grad, v, lr):
        v = beta * v + grad
        return w - lr * v, v

    return Optimizer(np.zeros_like, update)


def adam(beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Optimizer:
    """Return Adam with bias correction (Kingma & Ba 2015, arXiv 1412.6980, algorithm 1).

    Examples
    --------
    The first step is as long as the learning rate, however long the gradient.

    >>> import numpy as np
    >>> optimizer, w = adam(), np.zeros(2)
    >>> w, state = optimizer.update(w, np.array([1e-3, -1e3]), optimizer.init(w), lr=0.1)
    >>> w.round(4)
    array([-0.1,  0.1])
    """
    check_one_number("beta1", check_fraction("beta1", beta1))
    check_one_number("beta2", check_fraction("beta2", beta2))
    check_one_number("epsilon", check_positive("epsilon", epsilon))

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
    """Return the schedule α_t = lr.

    Examples
    --------
    >>> constant(0.1)(1000)
    0.1
    """
    lr = check_not_negative("lr", lr)
    return lambda update: lr


def inverse_time(lr, half_after: int) -> Schedule:
    """Return the 1/t schedule α_t = lr / (1 + t/half_after): half of lr after `half_after` updates.

    Its rates sum to infinity and their squares do not (Robbins & Monro 1951).

    Examples
    --------
    >>> schedule = inverse_time(0.4, half_after=100)
    >>> [schedule(update) for update in (0, 100, 300)]
    [0.4, 0.2, 0.1]
    """
    lr = check_not_negative("lr", lr)
    half_after = check_whole_number("half_after", half_after, 1)
    return lambda update: lr / (1 + update / half_after)


def cosine(lr, n_updates: int, final: float = 0.0) -> Schedule:
    """Return half a cosine wave from lr down to `final` at update `n_updates`, then flat.

    Examples
    --------
    >>> schedule = cosine(0.4, n_updates=100)
    >>> [round(float(schedule(update)), 3) for update in (0, 50, 100, 200)]
    [0.4, 0.2, 0.0, 0.0]
    """
    lr = check_not_negative("lr", lr)
    n_updates = check_whole_number("n_updates", n_updates, 1)
    check_one_number("final", check_not_negative("final", final))

    def schedule(update):
        done = min(update / n_updates, 1)
        return final + (lr - final) * (1 + np.cos(np.pi * done)) / 2

    return schedule


def warm_up(schedule: Schedule, n_updates: int) -> Schedule:
    """Return `schedule`, scaled by 1/n, 2/n, … 1 in its first n = `n_updates` updates.

    Examples
    --------
    >>> schedule = warm_up(constant(0.4), n_updates=4)
    >>> [round(schedule(update), 3) for update in (0, 1, 2, 3, 4)]
    [0.1, 0.2, 0.3, 0.4, 0.4]
    """
    check_function("schedule", schedule, "the update number", "constant(0.1)")
    check_rate(schedule, 0)
    n_updates = check_whole_number("n_updates", n_updates, 1)
    return lambda update: schedule(update) * min((update + 1) / n_updates, 1)


def linear_rule(lr, batch_size: int) -> Callable[[int], float]:
    """Return the rule B ↦ lr · B / batch_size (Goyal et al. 2017, arXiv 1706.02677).

    Examples
    --------
    >>> linear_rule(0.1, batch_size=32)(128)
    0.4
    """
    lr = check_positive("lr", lr)
    batch_size = check_whole_number("batch_size", batch_size, 1)
    return lambda B: lr * check_positive("B", B) / batch_size


def square_root_rule(lr, batch_size: int) -> Callable[[int], float]:
    """Return the rule B ↦ lr · √(B / batch_size), for Adam (Malladi et al. 2022, arXiv 2205.10287).

    Theirs changes Adam's β₁, β₂ and ε along with the rate.

    Examples
    --------
    >>> square_root_rule(0.1, batch_size=32)(128)
    0.2
    """
    lr = check_positive("lr", lr)
    batch_size = check_whole_number("batch_size", batch_size, 1)
    return lambda B: lr * (check_positive("B", B) / batch_size) ** 0.5
