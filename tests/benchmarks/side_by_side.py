"""Time two ways of doing the same work in turn, on one core each."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

from course_lib.runs import progress_bar

#: A side that keeps more cores than this busy does not run on one thread.
ONE_CORE = 1.2


@dataclass(frozen=True)
class Sides:
    """Two ways of doing the same work.

    Attributes
    ----------
    ours, peer : function without arguments
        Do the work.
    ours_units, peer_units : int
        How much of it a call does, for example the number of draws.
    prove : function without arguments
        Raises an AssertionError unless both do the same work; returns what it proved, in words.
    limit : function without arguments, optional
        Returns, by their names, seconds for a call of `ours` that no code could do without.
    """

    ours: Callable[[], object]
    peer: Callable[[], object]
    ours_units: int
    peer_units: int
    prove: Callable[[], str]
    limit: Callable[[], dict[str, float]] | None = None


@dataclass(frozen=True)
class Comparison:
    """What was measured: seconds for a unit of work, in the order in which they were taken."""

    ours: list[float]
    peer: list[float]
    proof: str = ""
    limit: dict[str, float] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """How many times as long the peer takes, by the medians."""
        return float(np.median(self.peer) / np.median(self.ours))

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the largest ratio of two neighbours in time."""
        ratios = np.divide(self.peer, self.ours)
        return float(ratios.min()), float(ratios.max())


def compare(sides: Sides, n_repeats: int = 5, name: str = "", progress: bool = True) -> Comparison:
    """Prove that both sides do the same work, warm both up, and time them A B A B …"""
    ours, peer, remarks = [], [], []
    bar = progress_bar(progress, total=2 * n_repeats + 2, desc=name, leave=False)
    with threadpool_limits(1), bar:
        proof = sides.prove()
        for repeat in range(n_repeats + 1):
            for side, units, call, taken in (
                ("ours", sides.ours_units, sides.ours, ours),
                ("the peer", sides.peer_units, sides.peer, peer),
            ):
                seconds, cores = _seconds_and_cores(call)
                bar.update()
                if repeat == 0:  # the first call warms up
                    continue
                taken.append(seconds / units)
                if cores > ONE_CORE:
                    remarks.append(f"{side} kept {cores:.1f} cores busy")
        limit = sides.limit() if sides.limit else {}
    return Comparison(ours, peer, proof, limit, remarks)


def median_seconds(call, n_repeats: int = 5) -> float:
    """Return the median time of some calls, after one that warms up."""
    call()
    return float(np.median([_seconds_and_cores(call)[0] for _ in range(n_repeats)]))


def _seconds_and_cores(call):
    start, start_busy = time.perf_counter(), time.process_time()
    call()
    seconds = time.perf_counter() - start
    return seconds, (time.process_time() - start_busy) / seconds
