"""Which examples the next update sees.

Each function yields row numbers of shape (R, B), forever: one row of them for each of R runs, drawn
from that run's own generator. Run r therefore sees the same batches whether it is trained alone or
beside others.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat

import numpy as np

from course_lib._checks import (
    MOST_RUNS,
    check_call,
    check_choice,
    check_generators,
    check_iterable,
    check_kind,
    check_seed,
    check_whole_number,
)
from course_lib.data import Data

#: Row numbers drawn ahead at most, in one go for all runs (8 bytes each).
DRAWN_AHEAD = 2**21

BatchSize = int | Callable[[int], int]


def streams(seed: int, R: int) -> list[np.random.Generator]:
    """Return R independent generators; the first ones are the same whatever R is.

    Examples
    --------
    >>> one, two = streams(seed=0, R=2)
    >>> int(one.integers(100)), int(two.integers(100))
    (80, 66)
    """
    seed = check_seed(seed)
    R = check_whole_number("R", R, 1, MOST_RUNS)
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(R)]


def shuffled(
    N: int, batch_size: BatchSize, rngs: Sequence, last: str = "keep"
) -> Iterator[np.ndarray]:
    """Yield batches of a fresh shuffle of all N examples in each epoch.

    Parameters
    ----------
    N : int
        Number of examples.
    batch_size : int, or function of the update number
        B, from 1 to N.
    rngs : sequence of R generators
        One a run. A legacy ``RandomState`` is asked for one permutation an epoch, when it begins.
    last : {"keep", "drop"}
        What becomes of the N mod B examples left at the end of an epoch: an update on a smaller
        batch, or none (they get their chance in the next shuffle).

    Yields
    ------
    rows : array of int, shape (R, B), or (R, N mod B) for a short last batch

    Examples
    --------
    >>> from itertools import islice
    >>> epoch = islice(shuffled(N=5, batch_size=2, rngs=streams(0, 1)), 3)
    >>> [rows.tolist() for rows in epoch]
    [[[3, 1]], [[4, 2]], [[0]]]
    """
    rngs = check_generators(rngs)
    size = _as_schedule(N, batch_size)
    check_choice("last", last, ("keep", "drop"))
    return _slices(_orders(N, rngs), size, last)


def in_order(
    N: int, batch_size: BatchSize, rngs: Sequence = (), last: str = "keep"
) -> Iterator[np.ndarray]:
    """Yield batches in the order of the data, the same for each epoch and run: shape (1, B).

    The arguments are those of :func:`shuffled`; the generators are not used.

    Examples
    --------
    >>> batches = in_order(N=5, batch_size=2)
    >>> next(batches), next(batches), next(batches)
    (array([[0, 1]]), array([[2, 3]]), array([[4]]))
    """
    size = _as_schedule(N, batch_size)
    check_choice("last", last, ("keep", "drop"))
    return _slices(_forever(np.arange(N)[None]), size, last)


def with_replacement(N: int, batch_size: BatchSize, rngs: Sequence) -> Iterator[np.ndarray]:
    """Yield batches of which every example is drawn from all N, whatever was drawn before.

    The arguments are those of :func:`shuffled`. An epoch has no end here, so no batch is short.

    Examples
    --------
    >>> next(with_replacement(N=100, batch_size=4, rngs=streams(0, 16))).shape
    (16, 4)
    """
    rngs = check_generators(rngs)
    size = _as_schedule(N, batch_size)
    return _draws(N, size, rngs, one_by_one=callable(batch_size))


def take(data, rows: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the examples of each batch of rows: X of shape (R, B, D), y of shape (R, B).

    Examples
    --------
    >>> data = Data(X=[[0.0], [1.0], [2.0]], y=[5.0, 6.0, 7.0])
    >>> X, y = next(take(data, in_order(3, 2)))
    >>> y
    array([[5., 6.]])
    """
    check_kind("data", data, Data, "lesson_line()")
    check_iterable("rows", rows, "shuffled(100, 10, streams(0, 16))")
    return _take(data, rows)


def _take(data, rows):
    for batch in rows:
        try:
            batch = np.ascontiguousarray(batch)  # once for both: a batch is a view of a whole epoch
            yield data.X.take(batch, axis=0), data.y.take(batch)
        except (IndexError, TypeError):
            right = f"an array of row numbers from 0 to {len(data) - 1}"
            raise ValueError(f"each batch of rows must be {right}, not {batch!r}") from None


def updates_per_epoch(N: int, batch_size: int, last: str = "keep") -> int:
    """Return how many updates an epoch has: N/B, rounded up if the short batch is kept.

    Examples
    --------
    >>> updates_per_epoch(100, 32), updates_per_epoch(100, 32, last="drop")
    (4, 3)
    """
    N = check_whole_number("N", N, 1)
    batch_size = check_whole_number("batch_size", batch_size, 1, N)
    check_choice("last", last, ("keep", "drop"))
    return -(-N // batch_size) if last == "keep" else N // batch_size


def _as_schedule(N: int, batch_size: BatchSize) -> Callable[[int], int]:
    """Return the batch size as a function of the update number that checks what it returns."""
    N = check_whole_number("N", N, 1)
    if not callable(batch_size):
        batch_size = check_whole_number("batch_size", batch_size, 1, N)
        return lambda update: batch_size

    def size(update):
        return check_whole_number("batch_size", check_call("batch_size", batch_size, update), 1, N)

    return size


def _slices(orders, size, last):
    update = 0
    for order in orders:  # (R, N), one an epoch
        N, start = order.shape[1], 0
        while start < N:
            B = size(update)
            rows = order[:, start : start + B]
            start += B
            if last == "drop" and start > N:
                break
            yield rows
            update += 1


def _forever(value):
    while True:
        yield value


def _orders(N, rngs):
    """Yield a shuffle of the N rows for each run, shape (R, N)."""
    if any(isinstance(rng, np.random.RandomState) for rng in rngs):
        while True:
            yield np.stack([rng.permutation(N) for rng in rngs])
    for epochs in _ahead(N * len(rngs)):
        orders = np.empty((epochs, len(rngs), N), dtype=np.intp)
        for run, rng in enumerate(rngs):  # random keys in increasing order: rows in random order
            orders[:, run] = rng.random((epochs, N)).argsort(axis=1)
        yield from orders


def _draws(N, size, rngs, one_by_one):
    update = 0
    for n in repeat(1) if one_by_one else _ahead(size(0) * len(rngs)):
        B = size(update)
        yield from np.stack([rng.integers(N, size=(n, B)) for rng in rngs], axis=1)
        update += n


def _ahead(size):
    """Yield how many items of this size to draw at once: few at first, as a run may be short."""
    n, most = 8, max(1, DRAWN_AHEAD // size)
    while True:
        yield min(n, most)
        n = min(2 * n, most)
