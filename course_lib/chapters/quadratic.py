"""Training computed instead of run: the noisy quadratic model.

The loss is ½ Σᵢ hᵢ wᵢ², with the curvature hᵢ in direction i and the optimum at zero. A batch of B
gives the gradient hᵢ wᵢ plus noise of variance cᵢ / B (Zhang et al. 2019, arXiv 1907.04164).
The expected loss then needs only the second moments of each direction, and these follow from one
update to the next without drawing a single random number.
"""

from collections.abc import Iterator
from itertools import count

import numpy as np

from course_lib._checks import (
    check_fraction,
    check_not_negative,
    check_one_number,
    check_positive,
    check_whole_number,
)


def expected_losses(curvature, noise, batch_size, lr, *, beta: float = 0.0) -> Iterator:
    """Yield the expected loss at the start and after each update, forever.

    Parameters
    ----------
    curvature : array, shape (D,)
        hᵢ, the eigenvalues of the Hessian.
    noise : array, shape (D,)
        cᵢ, the variance of one example's gradient in each direction.
    batch_size : int
        B.
    lr : float or array, shape (K,)
        Learning rates, side by side.
    beta : float
        Heavy-ball momentum in the convention of :func:`course_lib.optimizers.momentum`:
        v ← β·v + g, then w ← w − α·v. Zero is the plain update.

    Yields
    ------
    loss : float, or array of shape (K,)
        Every direction starts with E[wᵢ²] = 1. A rate that diverges ends in inf or nan.

    Examples
    --------
    >>> from itertools import islice
    >>> losses = expected_losses([1.0, 0.5], [0, 0], batch_size=1, lr=1.0)
    >>> [float(loss) for loss in islice(losses, 3)]
    [0.75, 0.0625, 0.015625]
    """
    h = np.asarray(check_positive("curvature", curvature), dtype=float)
    c = np.asarray(check_not_negative("noise", noise), dtype=float)
    if h.ndim != 1 or c.shape != h.shape:
        raise ValueError(
            "curvature and noise must be arrays of the same shape (D,), "
            f"not {h.shape} and {c.shape}"
        )
    check_one_number("batch_size", check_positive("batch_size", batch_size))
    check_positive("lr", lr)
    check_one_number("beta", check_fraction("beta", beta))
    return _moments(h, c / batch_size, np.asarray(lr, dtype=float)[..., None], beta)


def fewest_updates(
    curvature,
    noise,
    batch_size,
    rates,
    target: float,
    *,
    beta: float = 0.0,
    limit: int = 1_000_000,
) -> tuple[float, float]:
    """Return the updates to an expected loss of `target` with the best of several rates.

    All rates are computed side by side, and the first to arrive is the best.

    Parameters
    ----------
    curvature, noise, batch_size, beta
        As in :func:`expected_losses`.
    rates : sequence of K learning rates
    target : float
        Expected loss to reach.
    limit : int
        Updates after which to give up, at most ten million.

    Returns
    -------
    updates : int, or inf if no rate gets there within `limit`
    lr : float
        The best rate, or nan.

    Examples
    --------
    >>> fewest_updates([1.0, 0.1], [1.0, 0.1], batch_size=64, rates=[0.1, 1.0, 3.0], target=0.1)
    (1, 1.0)
    """
    rates = np.atleast_1d(check_positive("rates", rates))
    check_one_number("target", check_positive("target", target))
    limit = check_whole_number("limit", limit, 0, 10_000_000)
    losses = expected_losses(curvature, noise, batch_size, rates, beta=beta)
    for updates, loss in zip(range(limit + 1), losses, strict=False):
        if (loss <= target).any():  # nan is not
            return updates, float(rates[np.where(loss <= target, loss, np.inf).argmin()])
    return np.inf, np.nan


def _moments(h, variance, lr, beta):
    ww, wv, vv = np.ones(lr.shape[:-1] + h.shape), 0.0, 0.0  # E[w²], E[wv], E[v²]
    shrink, kick = (1 - lr * h) ** 2, lr**2 * variance
    for _ in count():
        yield ww @ h / 2
        with np.errstate(over="ignore", invalid="ignore"):  # a rate may diverge
            if beta == 0:
                ww = shrink * ww + kick
            else:
                vv = beta**2 * vv + 2 * beta * h * wv + h**2 * ww + variance
                wv = beta * wv + h * ww
                ww = ww - 2 * lr * wv + lr**2 * vv
                wv = wv - lr * vv
