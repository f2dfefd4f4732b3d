"""What a search for a batch size has found, and its reasons in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import NamedTuple

import numpy as np

#: A doubling that saves less than this fraction of the time counts as a diminishing return.
WORTH_IT = 0.1


class Trial(NamedTuple):
    """What was measured at one batch size.

    Attributes
    ----------
    batch_size : int
        B.
    lr : float
        The learning rate that reached the target first; nan if none did.
    updates : float
        Median updates to the target over the runs; inf if it was not reached.
    low, high : float
        The same for the quarter of runs that was fastest, and for three quarters.
    seconds_per_update : float
        The least on this machine, one BLAS thread.
    peak_bytes : int
        Memory that a run holds at the peak of an update.
    error : float
        Standard error of `updates`, as a fraction of it.
    failure : str
        Why the target was not reached; empty if it was.
    """

    batch_size: int
    lr: float
    updates: float
    low: float
    high: float
    seconds_per_update: float
    peak_bytes: int
    error: float = 0.0
    failure: str = ""

    @property
    def examples(self) -> float:
        """Examples seen up to the target."""
        return self.updates * self.batch_size

    @property
    def seconds(self) -> float:
        """Seconds to the target on this machine."""
        return self.updates * self.seconds_per_update


@dataclass(frozen=True)
class Choice:
    """A batch size with its reasons; printing it explains it.

    Attributes
    ----------
    target : float
        The loss to be reached.
    trials : list of Trial
        One for each batch size tried, the smallest first.
    stopped : str
        Why no larger batch size was tried.
    remarks : sequence of str
        What else a reader should know, a sentence each: how the loss was judged, and what about the
        data makes training slow.
    """

    target: float
    trials: list[Trial]
    stopped: str
    remarks: Sequence[str] = ()

    @property
    def batch_size(self) -> int | None:
        """The smallest B within 10 % of the least time: less memory, and no slower to speak of."""
        chosen = self.best()
        return chosen and chosen.batch_size

    @property
    def lr(self) -> float | None:
        """The learning rate that was best at the chosen batch size."""
        chosen = self.best()
        return chosen and chosen.lr

    def best(self, overhead: float = 0.0) -> Trial | None:
        """Return the trial to take if updates cost `overhead` seconds more; None if all failed."""
        seconds = np.array(
            [trial.updates * (trial.seconds_per_update + overhead) for trial in self.trials]
        )
        if not np.isfinite(seconds).any():
            return None
        return self.trials[int(np.argmax(seconds <= seconds.min() * (1 + WORTH_IT)))]

    @property
    def interval(self) -> tuple[int, int] | None:
        """The least and the largest B of which none can be told to cost more than 10 % more.

        Around the chosen batch size, every one belongs to it whose time is within 10 % of the least
        time, or as near to that as the two could be measured.
        """
        chosen = self.best()
        if chosen is None:
            return None
        fastest = min(self.trials, key=lambda trial: trial.seconds)
        good = [
            trial.seconds
            <= fastest.seconds * (1 + WORTH_IT) * (1 + np.hypot(trial.error, fastest.error))
            for trial in self.trials
        ]
        low = high = self.trials.index(chosen)
        while low > 0 and good[low - 1]:
            low -= 1
        while high < len(good) - 1 and good[high + 1]:
            high += 1
        return self.trials[low].batch_size, self.trials[high].batch_size

    def __str__(self) -> str:
        paragraphs = [fill(reason, 90) for reason in self.reasons()]
        return "\n".join([*self.table(), "", *paragraphs] if self.trials else paragraphs)

    def table(self) -> list[str]:
        """Return a line for each trial, below a line of headings."""
        lines = ["    B       rate   updates   examples   µs/update    time in ms     memory"]
        for t in self.trials:
            mark = "<- chosen" if t.batch_size == self.batch_size else ""
            if np.isfinite(t.updates):
                lines.append(
                    f"{t.batch_size:5} {t.lr:#10.3g} {t.updates:9,.0f} {t.examples:10,.0f} "
                    f"{1e6 * t.seconds_per_update:11,.0f} {1e3 * t.seconds:13,.2f} "
                    f"{t.peak_bytes / 1e3:7,.0f} kB {mark}"
                )
            else:
                lines.append(f"{t.batch_size:5}  {t.failure}")
        return lines

    def reasons(self) -> list[str]:
        """Return the decision, why the search ended, and what would change it, a sentence each."""
        if not self.trials:
            return [f"Nothing was measured, so there is no advice: {self.stopped}."]
        chosen = self.best()
        ended = f"The search ended because {self.stopped}."
        if chosen is None:
            return [
                f"No batch size tried reached a loss of {self.target:g}.",
                ended,
                self._what_would_reach_it(),
                *self.remarks,
            ]
        fastest = min(self.trials, key=lambda trial: trial.seconds)
        decision = (
            f"Take B = {chosen.batch_size} with a learning rate of {chosen.lr:.3g}: it is the "
            f"smallest batch within {100 * WORTH_IT:.0f} % of the least time "
            f"({1e3 * fastest.seconds:,.2f} ms, at B = {fastest.batch_size})."
        )
        return [decision, *self._draw(), ended, self._what_would_change_it(chosen), *self.remarks]

    def _draw(self):
        low, high = self.interval
        if low == high:
            return []
        inside = [trial for trial in self.trials if low <= trial.batch_size <= high]
        error = max(trial.error for trial in inside)
        return [
            f"B = {low} to {high} cost the same here: their times differ by less than "
            f"{100 * WORTH_IT:.0f} %, or by what could not be measured "
            f"(± {max(1, round(100 * error))} %)."
        ]

    def _what_would_reach_it(self):
        failures = {trial.failure.split()[0] for trial in self.trials}
        if failures == {"diverged"}:
            return "Smaller features would change this: training never became stable."
        if "too" in failures:
            return (
                "More epochs for the search, features of one scale, or an optimizer with momentum "
                "would change this."
            )
        return "A higher target or another model would change this."

    def _what_would_change_it(self, chosen):
        if len(self.trials) == 1:
            return "No other batch size was tried: a wider search may find a better one."
        for overhead in chosen.seconds_per_update * 2.0 ** np.arange(-3, 11):
            other = self.best(overhead)
            if other.batch_size > chosen.batch_size:
                return (
                    f"If every update cost {1e6 * overhead:,.0f} µs more, as where machines "
                    f"talk over a network, B = {other.batch_size} would be better: "
                    f"it needs {chosen.updates / other.updates:.1f} times fewer updates."
                )
        return "No batch tried needs far fewer updates, so costlier ones would not change this."
