"""What an update costs on this machine: seconds, and bytes at its peak."""

import tracemalloc
from bisect import bisect_right
from collections.abc import Callable
from itertools import islice
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from course_lib._checks import (
    check_function,
    check_kind,
    check_one_number,
    check_positive,
    check_whole_number,
)
from course_lib.batches import shuffled, streams, take
from course_lib.models import check_fit
from course_lib.optimizers import Optimizer, constant, sgd
from course_lib.training import iterate


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

    Examples
    --------
    >>> from course_lib.data import digits_data
    >>> from course_lib.models import mlp
    >>> from course_lib.optimizers import sgd
    >>> network, digits = mlp((64, 32, 10)), digits_data().train
    >>> seconds = seconds_per_update(network, digits, sgd(), batch_size=16, n_repeats=3)
    >>> seconds.shape, bool((seconds > 0).all())
    ((3,), True)
    """
    _check_loop(model, data, optimizer, batch_size)
    n_repeats = check_whole_number("n_repeats", n_repeats, 1, 10**6)
    check_one_number("seconds", check_positive("seconds", seconds))
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


def peak_memory(function: Callable, *args) -> int:
    """Call ``function(*args)`` and return how many bytes it held at its peak.

    Examples
    --------
    >>> peak_memory(np.zeros, 1_000_000) // 1_000_000  # of 8 bytes each
    8
    """
    check_function("function", function, "its arguments", "np.zeros")
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

    Examples
    --------
    >>> from course_lib.data import digits_data
    >>> from course_lib.models import mlp
    >>> from course_lib.optimizers import sgd
    >>> network, digits = mlp((64, 32, 10)), digits_data().train
    >>> few, many = (memory_per_update(network, digits, sgd(), B) for B in (10, 1000))
    >>> few < many
    True
    """
    batch_size = _check_loop(model, data, optimizer, batch_size)
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

    Examples
    --------
    >>> from course_lib.data import digits_data
    >>> from course_lib.models import mlp
    >>> network, digits = mlp((64, 32, 10)), digits_data().train
    >>> B = largest_batch(network, digits, budget=500_000)
    >>> memory_per_update(network, digits, sgd(), B) <= 500_000
    True
    """
    check_one_number("budget", check_positive("budget", budget))
    optimizer = sgd() if optimizer is None else optimizer

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


def _check_loop(model, data, optimizer, batch_size):
    check_fit(model, data)
    check_kind("optimizer", optimizer, Optimizer, "sgd()")
    return check_whole_number("batch_size", batch_size, 1, len(data))
