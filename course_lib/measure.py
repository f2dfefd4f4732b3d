"""Numbers read off models, data and runs.

Two quantities recur. With gᵢ the gradient of example i and G their mean, the noise of a single
example's gradient is tr Σ = (1/N) Σᵢ ‖gᵢ − G‖². The mean of a batch of B of them has the variance
tr Σ / B when drawn with replacement, and tr Σ / B · (N − B)/(N − 1) when drawn without
(Cochran, *Sampling Techniques*, 3rd ed. 1977, on simple random sampling).
"""

from collections.abc import Callable
from itertools import islice

import numpy as np

from course_lib._checks import check_positive, check_whole_number
from course_lib.batches import streams, take, with_replacement


def least_squares(data, bias: bool = False) -> np.ndarray:
    """Return the parameters of the least mean squared error, in one solve.

    Parameters
    ----------
    data : Data
    bias : bool
        Whether to fit a bias too, as the last parameter, as in ``line()``.

    Returns
    -------
    w : array, shape (D,), or (D + 1,) with a bias
    """
    X = data.with_bias().X if bias else data.X
    return np.linalg.lstsq(X, data.y)[0]


def gradients(model, w, data) -> np.ndarray:
    """Return the gradient of each example by itself, shape (N, P): each is a batch of one."""
    return model.grad(w, data.X[:, None], data.y[:, None])


def batch_gradients(
    model, w, data, batch_size: int, n_draws: int, *, seed=0, sampling: Callable = with_replacement
) -> np.ndarray:
    """Return the gradients at w of many random batches, shape (n_draws, P).

    Parameters
    ----------
    model : Model
    w : array, shape (P,)
    data : Data
    batch_size : int
        B, from 1 to N. Batches cut short by the end of an epoch are left out.
    n_draws : int
        Number of batches.
    seed : int
        Seed of the draws.
    sampling : function of (N, batch_size, rngs)
        ``with_replacement``, or ``shuffled`` for batches without a repeated example.
    """
    n_draws = check_whole_number("n_draws", n_draws, 1)
    batches = take(data, sampling(len(data), batch_size, streams(seed, 1)))
    whole = ((X[0], y[0]) for X, y in batches if y.shape[-1] == batch_size)
    return np.array([model.grad(w, X, y) for X, y in islice(whole, n_draws)])


def gradient_noise(model, w, data) -> float:
    """Return tr Σ, the variance of one example's gradient at w, summed over the parameters."""
    return float(gradients(model, w, data).var(axis=0).sum())


def gradient_variance(noise, batch_size, N: int | None = None):
    """Return the variance of a batch's mean gradient, summed over the parameters, as theory has it.

    Parameters
    ----------
    noise : float
        tr Σ, as :func:`gradient_noise` returns it.
    batch_size : int or array of int
        B.
    N : int, optional
        Given, batches are drawn without replacement from N examples; left out, with replacement.

    Returns
    -------
    float or array
        tr Σ / B, times (N − B)/(N − 1) without replacement.
    """
    batch_size = check_positive("batch_size", batch_size)
    with_repeats = noise / np.asarray(batch_size)
    if N is None:
        return with_repeats
    N = check_whole_number("N", N, 2)
    return with_repeats * (N - np.asarray(batch_size)) / (N - 1)


def noise_scale(model, w, data) -> float:
    """Return the gradient noise scale tr Σ / ‖G‖² at w, in examples, from all N gradients.

    At this batch size the squared noise of the gradient equals its squared length
    (McCandlish et al. 2018, arXiv 1812.06162, equation 2.9, where it is called B_simple).
    """
    each = gradients(model, w, data)
    return float(each.var(axis=0).sum() / (each.mean(axis=0) ** 2).sum())


def noise_and_signal(small, large, batch_small: int, batch_large: int):
    """Estimate tr Σ and ‖G‖² from gradients of batches of two sizes, each without bias.

    A batch of B, drawn with replacement, has E ‖g‖² = ‖G‖² + tr Σ / B: two sizes give two equations
    (McCandlish et al. 2018, arXiv 1812.06162, appendix A.1). Both estimates can come out negative.
    Average each over many batches before you divide: their ratio for a single pair has no mean.

    Parameters
    ----------
    small, large : array, shape (..., P)
        Mean gradients of batches of the two sizes.
    batch_small, batch_large : int

    Returns
    -------
    noise, signal : arrays, shape (...)
        Estimates of tr Σ and of ‖G‖².
    """
    batch_small = check_whole_number("batch_small", batch_small, 1)
    batch_large = check_whole_number("batch_large", batch_large, batch_small + 1)
    short, long = np.vecdot(small, small), np.vecdot(large, large)
    noise = (short - long) / (1 / batch_small - 1 / batch_large)
    signal = (batch_large * long - batch_small * short) / (batch_large - batch_small)
    return noise, signal


def accuracy(model, w, data) -> np.ndarray:
    """Return the fraction of examples whose highest class score is the right one, shape (...)."""
    return np.mean(model.predict(w, data.X).argmax(axis=-1) == data.y, axis=-1)


def updates_to_reach(run, target: float) -> np.ndarray:
    """Return the first recorded update with a loss of at most `target`: shape (R,), inf if none."""
    reached = run.loss <= target  # nan is not
    return np.where(reached.any(axis=1), run.updates[reached.argmax(axis=1)], np.inf)
