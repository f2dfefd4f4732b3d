"""Numbers read off models, data and runs.

Two quantities recur. With gᵢ the gradient of example i and G their mean, the noise of a single
example's gradient is tr Σ = (1/N) Σᵢ ‖gᵢ − G‖². The mean of a batch of B of them has the variance
tr Σ / B when drawn with replacement, and tr Σ / B · (N − B)/(N − 1) when drawn without
(Cochran, *Sampling Techniques*, 3rd ed. 1977, on simple random sampling).
"""

import tracemalloc
from bisect import bisect_right
from collections.abc import Callable
from itertools import islice
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from course_lib._checks import check_positive, check_whole_number
from course_lib.batches import shuffled, streams, take, with_replacement
from course_lib.optimizers import constant, sgd
from course_lib.training import iterate


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
    return np.linalg.lstsq(_columns(data, bias), data.y)[0]


def hessian_eigenvalues(data, bias: bool = False) -> np.ndarray:
    """Return the eigenvalues of H = (2/N) XᵀX, the largest first: shape (D,), one more with a bias.

    H is the Hessian of the mean squared error of ``linear``, and with a bias that of ``line``.
    """
    return np.linalg.svd(_columns(data, bias), compute_uv=False) ** 2 * 2 / len(data)


def _columns(data, bias):
    """Return X, with a column of ones at its end where there is a bias to fit."""
    return np.column_stack([data.X, np.ones(len(data))]) if bias else data.X


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
    return _first_reached(run.loss, run.updates, target)


def examples_to_reach(run, target: float) -> np.ndarray:
    """Return the examples seen at that moment: shape (R,), inf if there is none."""
    return _first_reached(run.loss, run.examples, target)


def _first_reached(loss, clock, target):
    reached = loss <= target  # nan is not
    first = clock[reached.argmax(axis=1)]
    return np.where(reached.any(axis=1), first, np.inf)


def seconds_per_update(
    model, data, optimizer, batch_size: int, *, n_repeats: int = 7, seconds: float = 0.02
) -> np.ndarray:
    """Time the updates of a single run on this machine, on one BLAS thread.

    Parameters
    ----------
    model, data, optimizer
        As in :func:`course_lib.training.train`.
    batch_size : int
        B, from 1 to N.
    n_repeats : int
        Times to measure.
    seconds : float
        Each measurement repeats the update for about this long.

    Returns
    -------
    array, shape (n_repeats,)
        Seconds for one update, batch drawing included; report their median and spread.
    """
    n_repeats = check_whole_number("n_repeats", n_repeats, 1)
    check_positive("seconds", seconds)
    rngs = streams(0, 1)
    w = np.stack([model.init(rng) for rng in rngs])
    batches = take(data, shuffled(len(data), batch_size, rngs))
    moments = iterate(model, batches, optimizer, lambda update: 1e-6, w)

    def time_updates(n):
        start = perf_counter()
        for _ in islice(moments, n):
            pass
        return perf_counter() - start

    with threadpool_limits(1):
        n = 1
        while time_updates(n) < seconds / 2:  # also warms up
            n *= 2
        return np.array([time_updates(n) / n for _ in range(n_repeats)])


def throughput(model, data, optimizer, batch_size: int, **options) -> np.ndarray:
    """Return examples per second, shape (n_repeats,); options as in `seconds_per_update`."""
    return batch_size / seconds_per_update(model, data, optimizer, batch_size, **options)


def peak_memory(function: Callable, *args) -> int:
    """Call ``function(*args)`` and return how many bytes it held at its peak."""
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        function(*args)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        if not was_tracing:
            tracemalloc.stop()
    return peak - before


def memory_per_update(model, data, optimizer, batch_size: int) -> int:
    """Return how many bytes the loop of a single run holds at the peak of an update.

    Counted are the batch, what the model keeps for the way back, the gradient, the parameters and
    the optimizer's memory; not the data themselves, nor row numbers that were drawn ahead.

    Parameters
    ----------
    model, data, optimizer
        As in :func:`course_lib.training.train`.
    batch_size : int
        B, from 1 to N.
    """
    batch_size = check_whole_number("batch_size", batch_size, 1, len(data))
    rows = np.arange(batch_size)[None]

    def two_updates():  # in the second one, the first one's batch and gradient are not gone yet
        w = model.init(streams(0, 1)[0])[None]
        for _ in iterate(model, take(data, iter([rows, rows])), optimizer, constant(1e-6), w):
            pass

    two_updates()  # what is made only once, at the first call, is not a cost of the batch
    return peak_memory(two_updates)


def largest_batch(model, data, budget: float, optimizer=None) -> int:
    """Return the largest batch size whose update holds at most `budget` bytes, N if all do.

    It is found by measuring: B doubles until an update takes too much, then halving the gap leads
    to a B that fits while B + 1 does not. So no batch of more than twice the answer is ever tried.

    Parameters
    ----------
    model, data
        As in :func:`course_lib.training.train`.
    budget : float
        Bytes, as :func:`memory_per_update` counts them.
    optimizer : Optimizer, optional
        Left out, ``sgd()``; momentum and Adam keep more numbers for each parameter.

    Raises
    ------
    ValueError
        If an update on a single example already takes more.
    """
    check_positive("budget", budget)
    optimizer = optimizer or sgd()

    def memory(batch_size):
        return memory_per_update(model, data, optimizer, batch_size)

    if memory(1) > budget:
        raise ValueError(
            f"budget must be at least {memory(1):,} bytes, which an update on one example takes, "
            f"not {budget!r}"
        )
    fits = 1
    while fits < len(data) and memory(min(2 * fits, len(data))) <= budget:
        fits = min(2 * fits, len(data))
    too_many = min(2 * fits, len(data) + 1)
    return fits + bisect_right(range(fits + 1, too_many), budget, key=memory)
