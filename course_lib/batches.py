"""Which examples the next update sees.

Each function yields row numbers of shape (R, B), forever: one row of them for each of R runs, drawn
from that run's own generator. Run r therefore sees the same batches whether it is trained alone or
beside others.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat

import numpy as np

from course_lib._checks import check_choice, check_whole_number

#: Row numbers drawn ahead at most, in one go for all runs (8 bytes each).
DRAWN_AHEAD = 2**21

BatchSize = int | Callable[[int], int]


def streams(seed: int, R: int) -> list[np.random.Generator]:
    """Return R independent generators; the first ones are the same whatever R is."""
    R = check_whole_number("R", R, 1)
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
    """
    size = as_schedule(N, batch_size)
    check_choice("last", last, ("keep", "drop"))
    return _slices(_orders(N, rngs), size, last)


def in_order(
    N: int, batch_size: BatchSize, rngs: Sequence = (), last: str = "keep"
) -> Iterator[np.ndarray]:
    """Yield batches in the order of the data, the same for each epoch and run: shape (1, B).

    The arguments are those of :func:`shuffled`; the generators are not used.
    """
    size = as_schedule(N, batch_size)
    check_choice("last", last, ("keep", "drop"))
    return _slices(_forever(np.arange(N)[None]), size, last)


def with_replacement(N: int, batch_size: BatchSize, rngs: Sequence) -> Iterator[np.ndarray]:
    """Yield batches of which every example is drawn from all N, whatever was drawn before.

    The arguments are those of :func:`shuffled`. An epoch has no end here, so no batch is short.
    """
    size = as_schedule(N, batch_size)
    return _draws(N, size, rngs, one_by_one=callable(batch_size))


def take(data, rows: Iterator[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the examples of each batch of rows: X of shape (R, B, D), y of shape (R, B)."""
    for batch in rows:
        batch = np.ascontiguousarray(batch)  # once for both: a batch is a view of a whole epoch
        yield data.X.take(batch, axis=0), data.y.take(batch)


def updates_per_epoch(N: int, batch_size: int, last: str = "keep") -> int:
    """Return how many updates an epoch has: N/B, rounded up if the short batch is kept."""
    N = check_whole_number("N", N, 1)
    batch_size = check_whole_number("batch_size", batch_size, 1, N)
    check_choice("last", last, ("keep", "drop"))
    return -(-N // batch_size) if last == "keep" else N // batch_size


def as_schedule(N: int, batch_size: BatchSize) -> Callable[[int], int]:
    """Return the batch size as a function of the update number that checks what it returns."""
    N = check_whole_number("N", N, 1)
    if not callable(batch_size):
        batch_size = check_whole_number("batch_size", batch_size, 1, N)
        return lambda update: batch_size
    return lambda update: check_whole_number("batch_size", batch_size(update), 1, N)


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
