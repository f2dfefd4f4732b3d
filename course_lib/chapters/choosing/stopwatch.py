"""Seconds an update, such that what else the machine does spoils them as little as can be.

Other programs can only make an update slower. So each batch size is timed in many short windows,
all batch sizes in turn, and the least time of each is taken.
"""

from collections.abc import Iterator
from itertools import islice
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from course_lib.batches import DRAWN_AHEAD, shuffled, streams, take, updates_per_epoch
from course_lib.optimizers import constant
from course_lib.training import iterate

#: Seconds of a window: shorter than the slice of time that another program gets.
WINDOW = 0.5e-3
#: An epoch of at most so many updates is timed as a whole, with its short last batch.
SHORT_EPOCH = 8
#: Times to shuffle the data for the time of a draw at least, and examples that are enough.
FEWEST_DRAWS, SHUFFLED = 6, 2**18


class Stopwatch:
    """The least seconds of an update of a single run, on one BLAS thread.

    Parameters
    ----------
    model, data, optimizer
        As in :func:`course_lib.training.train`.

    Examples
    --------
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> from course_lib.optimizers import sgd
    >>> stopwatch = Stopwatch(line(), lesson_line(), sgd())
    >>> stopwatch.time([1, 100], rounds=3)
    >>> 0 < stopwatch.seconds(1) < 1
    True
    """

    def __init__(self, model, data, optimizer):
        self.model, self.data, self.optimizer = model, data, optimizer
        self.order = next(shuffled(len(data), len(data), streams(0, 1)))  # (1, N)
        self._windows = {}
        self._taken = {}
        self._draws = []

    def time(self, batch_sizes, rounds: int) -> None:
        """Time each batch size in turn, `rounds` times over, after a warm-up of the new ones.

        What was timed before is forgotten: the machine may have been less busy then, which would
        favour the batch sizes that had been timed already.
        """
        with threadpool_limits(1):
            for B in batch_sizes:
                if B not in self._windows:
                    self._windows[B] = _calibrated(self._updates(B), self._unit(B))
                self._taken[B] = []
            for _ in range(rounds):
                if len(self._draws) < max(FEWEST_DRAWS, SHUFFLED // len(self.data)):
                    self._draws.append(_seconds_to_draw(len(self.data)))
                for B in batch_sizes:
                    updates, n = self._windows[B]
                    self._taken[B].append(_seconds(updates, n) / n)

    def seconds(self, batch_size: int) -> float:
        """Return the least seconds of an update: its computation and the drawing of its batch."""
        return min(self._taken[batch_size]) + self._seconds_to_draw_batch(batch_size)

    def _seconds_to_draw_batch(self, B):
        N = len(self.data)
        return min(self._draws) * N / updates_per_epoch(N, B)

    def _unit(self, B):
        """Return how many updates belong together, so that all windows hold batches alike."""
        n = updates_per_epoch(len(self.data), B)
        return n if n <= SHORT_EPOCH else 1

    def _updates(self, B) -> Iterator:
        w = self.model.init(np.random.default_rng(0))[None]
        batches = take(self.data, self._same_epoch(B, whole=self._unit(B) == 1))
        return iterate(self.model, batches, self.optimizer, constant(1e-12), w)

    def _same_epoch(self, B, whole):
        """Yield the batches of one shuffle again and again, so that windows hold no drawing."""
        N = len(self.data)
        end = N - N % B if whole else N
        while True:
            for first in range(0, end, B):
                yield self.order[:, first : first + B]


def _calibrated(updates, unit):
    """Return the updates, and how many of them fill a window; this also warms up."""
    next(updates)  # the start
    n = unit
    while _seconds(updates, n) < WINDOW / 2:
        n *= 2
    return updates, n


def _seconds(updates, n):
    start = perf_counter()
    for _ in islice(updates, n):
        pass
    return perf_counter() - start


def _seconds_to_draw(N):
    """Return the seconds that an example takes to be drawn: epochs are shuffled ahead."""
    epochs = shuffled(N, N, streams(0, 1))
    n = max(1, min(8, DRAWN_AHEAD // N))  # what it draws in its first go
    return _seconds(epochs, n) / (n * N)
