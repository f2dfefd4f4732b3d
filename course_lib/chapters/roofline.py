"""Two ceilings of this machine, and how near to them a layer comes: the roofline.

A product of B rows with a square of weights does 2·B·width² operations on width² + 2·B·width
numbers. While that is little arithmetic for each byte, memory sets the pace; when it is much, the
arithmetic units do (Williams, Waterman and Patterson 2009, doi:10.1145/1498765.1498785).
"""

import os
from collections.abc import Sequence
from time import perf_counter

import numpy as np
from threadpoolctl import ThreadpoolController

from course_lib._checks import check_array, check_list, check_numbers_once, check_whole_number
from course_lib.measure import middle_80

#: Bytes of a number in double precision.
BYTES = 8
#: So many numbers do not fit into the caches of a processor.
LONG = 12_000_000


def intensity(batch_sizes: Sequence[int], width: int) -> np.ndarray:
    """Return a layer's operations for each byte, if each number is read or written once.

    Parameters
    ----------
    batch_sizes : sequence of int
    width : int
        Inputs of the layer, and outputs.

    Examples
    --------
    For one row, each weight of eight bytes serves one product and one sum.

    >>> intensity([1, 100_000], width=1000).round(2)
    array([  0.25, 124.38])
    """
    B, width = _check_sizes(batch_sizes), check_whole_number("width", width, 1)
    return 2 * B * width**2 / (BYTES * (width**2 + 2 * B * width))


def cores() -> int:
    """Return how many threads numpy's matrix products can be given here, 1 if it cannot be set.

    Examples
    --------
    >>> cores() >= 1
    True
    """
    if not ThreadpoolController().select(user_api="blas").info():
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_ceiling(*, n_repeats: int = 5) -> float:
    """Return the most bytes that one thread moves in a second: of a copy, a triad, a dot product.

    Examples
    --------
    >>> memory_ceiling(n_repeats=1) > 1e8
    True
    """
    n_repeats = check_whole_number("n_repeats", n_repeats, 1, 10**6)
    a, b = np.ones(LONG), np.ones(LONG)
    kernels = {  # arrays that are read or written once
        lambda: np.copyto(a, b): 2,
        lambda: np.add(a, b, out=a): 3,
        lambda: a @ b: 2,
    }
    with _threads(1):
        return max(
            arrays * BYTES * LONG / min(_seconds(kernel) for _ in range(n_repeats))
            for kernel, arrays in kernels.items()
        )


def arithmetic_ceiling(*, width: int = 600, n_repeats: int = 10) -> float:
    """Return the operations a second of one thread in a product of two squares of numbers.

    Examples
    --------
    >>> arithmetic_ceiling(width=200, n_repeats=1) > 1e7
    True
    """
    width = check_whole_number("width", width, 1)
    n_repeats = check_whole_number("n_repeats", n_repeats, 1, 10**6)
    a, b, out = (np.ones((width, width)) for _ in range(3))
    with _threads(1):
        fastest = min(_seconds(lambda: np.matmul(a, b, out=out)) for _ in range(n_repeats))
    return 2 * width**3 / fastest


def layer_seconds(
    batch_sizes: Sequence, *, width: int = 2400, threads: Sequence = (1,), rounds: int = 16
) -> np.ndarray:
    """Time B rows through a layer, for each B and each number of threads in turn.

    Parameters
    ----------
    batch_sizes : sequence of int
    width : int
        Inputs of the layer, and outputs. The weights should not fit into a cache.
    threads : sequence of int
    rounds : int
        Times that everything is visited, so that what disturbs the machine disturbs all alike.

    Returns
    -------
    array, shape (rounds, len(threads), len(batch_sizes))

    Examples
    --------
    >>> layer_seconds([1, 8], width=100, threads=[1], rounds=3).shape
    (3, 1, 2)
    """
    sizes = _check_sizes(batch_sizes)
    threads = [
        check_whole_number("each of threads", n, 1)
        for n in check_list("threads", threads, "whole numbers")
    ]
    width, rounds = check_whole_number("width", width, 1), check_whole_number("rounds", rounds, 1)
    rng = np.random.default_rng(0)
    weights, rows = (rng.standard_normal((n, width)) for n in (width, max(sizes)))
    out = np.empty_like(rows)
    seconds = np.empty((rounds + 1, len(threads), len(sizes)))
    for one_round in seconds:
        for of_threads, n in zip(one_round, threads, strict=True):
            with _threads(n):
                np.matmul(rows[: sizes[0]], weights, out[: sizes[0]])  # wakes the threads
                for i, B in enumerate(sizes):
                    of_threads[i] = _seconds(np.matmul, rows[:B], weights, out[:B])
    return seconds[1:]  # the first round warms up


def pays_from(batch_sizes: Sequence, speed_up: np.ndarray) -> int | None:
    """Return the batch size from which on the band of 80 % lies above 1, None if it never does.

    Parameters
    ----------
    batch_sizes : sequence of int
        In increasing order.
    speed_up : array, shape (rounds, len(batch_sizes))
        How many times as fast, in each round.

    Examples
    --------
    >>> pays_from([1, 8, 64], [[0.5, 1.2, 1.9], [1.6, 1.1, 1.8]])
    8
    """
    sizes = _check_sizes(batch_sizes)
    low, _, _ = middle_80(check_array("speed_up", speed_up, (None, len(sizes))))
    does_not = np.flatnonzero(low <= 1)
    first = does_not[-1] + 1 if len(does_not) else 0
    return int(sizes[first]) if first < len(sizes) else None


def _check_sizes(batch_sizes):
    def check(B):
        return check_whole_number("each of batch_sizes", B, 1)

    return np.array(check_numbers_once("batch_sizes", batch_sizes, "batch sizes", check))


def _threads(n):
    return ThreadpoolController().limit(limits=n, user_api="blas")


def _seconds(function, *args):
    start = perf_counter()
    function(*args)
    return perf_counter() - start
