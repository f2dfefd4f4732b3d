"""Which batch size should I take? The lesson's procedure, as a function.

Start small, double the batch size, tune the learning rate at each, and measure what it takes to
reach a target: updates(B) from training, seconds an update(B) from this machine. Their product is
the time to the target. Stop when larger batches no longer shorten it, or when memory ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import NamedTuple

import numpy as np

from course_lib._checks import check_positive, check_whole_number
from course_lib.batches import updates_per_epoch
from course_lib.chapters.cost import memory_per_update, seconds_per_update
from course_lib.models import check_fit
from course_lib.optimizers import constant, sgd
from course_lib.runs import Setup, lock_step, progress_bar
from course_lib.training import iterate_runs

#: A doubling that saves less than this fraction of the time counts as a diminishing return.
WORTH_IT = 0.1
#: The first batch size tries these rates, the others only such around the last best one.
FIRST_RATES = np.geomspace(2**-9, 2**2, 12)
NEXT_RATES = 2.0 ** np.arange(-0.5, 2, 0.5)


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
        Median on this machine, one BLAS thread.
    peak_bytes : int
        Memory that a run holds at the peak of an update.
    """

    batch_size: int
    lr: float
    updates: float
    low: float
    high: float
    seconds_per_update: float
    peak_bytes: int

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
    """

    target: float
    trials: list[Trial]
    stopped: str

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

    def __str__(self) -> str:
        lines = ["    B       rate   updates   examples   µs/update    time in ms     memory"]
        for t in self.trials:
            mark = "<- chosen" if t.batch_size == self.batch_size else ""
            if np.isfinite(t.updates):
                lines.append(
                    f"{t.batch_size:5} {t.lr:#10.3g} {t.updates:9,.0f} {t.examples:10,.0f} "
                    f"{1e6 * t.seconds_per_update:11,.0f} {1e3 * t.seconds:13,.1f} "
                    f"{t.peak_bytes / 1e3:7,.0f} kB {mark}"
                )
            else:
                lines.append(f"{t.batch_size:5}  no learning rate reached the target")
        return "\n".join([*lines, "", *(fill(reason, 90) for reason in self.reasons())])

    def reasons(self) -> list[str]:
        """Return the decision, why the search ended, and what would change it, a sentence each."""
        chosen = self.best()
        if chosen is None:
            return [
                f"No batch size tried reached a loss of {self.target:g}.",
                f"The search ended because {self.stopped}.",
                "A higher target, more epochs for the search, or another model would change this.",
            ]
        fastest = min(self.trials, key=lambda trial: trial.seconds)
        return [
            f"Take B = {chosen.batch_size} with a learning rate of {chosen.lr:.3g}: it is the "
            f"smallest batch within {100 * WORTH_IT:.0f} % of the least time "
            f"({1e3 * fastest.seconds:,.1f} ms, at B = {fastest.batch_size}).",
            f"The search ended because {self.stopped}.",
            self._what_would_change_it(chosen),
        ]

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


def choose_batch_size(
    model,
    data,
    target: float,
    budget_bytes: float | None = None,
    *,
    validation=None,
    optimizer=None,
    learning_rates: Sequence[float] = FIRST_RATES,
    smallest: int = 1,
    max_epochs: int = 100,
    n_runs: int = 16,
    seed: int = 0,
    progress: bool = True,
) -> Choice:
    """Choose a batch size for a model and data on this machine, by the lesson's procedure.

    At each batch size, runs with several learning rates race to the target in lock-step, all on the
    same batches; the rate at which three quarters of them arrive first wins. Press *interrupt* at
    any time: what was measured is returned.

    Parameters
    ----------
    model : Model
    data : Data
        The N training examples.
    target : float
        Loss to reach, on `validation` if given, else on `data`.
    budget_bytes : float, optional
        Memory that a run may hold, as `measure.memory_per_update` counts it. Left out, it is not
        limited.
    validation : Data, optional
        Examples that judge but are not learned from.
    optimizer : Optimizer, optional
        ``sgd()`` unless given.
    learning_rates : increasing sequence of float
        Rates for the first batch size; each next one races rates from 0.7 times the last winner to
        2.8 times it. A winner at an end of its grid is not believed: the grid moves on.
    smallest : int
        Batch size to start with.
    max_epochs : int
        Epochs after which a batch size counts as not reaching the target.
    n_runs : int
        R, runs for each rate.
    seed : int
        Seed of the R streams.
    progress : bool
        Show a bar, one tick a batch size.

    Returns
    -------
    Choice
    """
    check_fit(model, data)
    validation = data if validation is None else validation
    check_fit(model, validation)
    check_positive("target", target)
    smallest = check_whole_number("smallest", smallest, 1, len(data))
    max_epochs = check_whole_number("max_epochs", max_epochs, 1)
    n_runs = check_whole_number("n_runs", n_runs, 1)
    if budget_bytes is not None:
        check_positive("budget_bytes", budget_bytes)
    rates = np.array([check_positive("each learning rate", rate) for rate in learning_rates])
    if len(rates) < 3 or (np.diff(rates) <= 0).any():
        right = "at least 3 in increasing order"
        raise ValueError(f"learning_rates must be {right}, not {learning_rates!r}")

    trials, B = [], smallest
    optimizer = optimizer or sgd()
    sizes = [*doublings(smallest, len(data))]
    with progress_bar(progress, total=len(sizes), unit=" batch sizes") as bar:
        try:
            for B in sizes:
                bar.set_postfix_str(f"B = {B}")
                peak = memory_per_update(model, data, optimizer, B)
                if budget_bytes is not None and peak > budget_bytes:
                    takes, budget = (f"{size / 1e3:,.1f} kB" for size in (peak, budget_bytes))
                    stopped = f"B = {B} takes {takes}, over the budget of {budget}"
                    break
                limit = _most_updates(trials, max_epochs * updates_per_epoch(len(data), B))
                lr, reached = _race_within_grid(
                    model, data, validation, optimizer, B, rates, target, n_runs, seed, limit
                )
                quartiles = _arrival(reached, [0.5, 0.25, 0.75]).tolist()
                seconds = float(np.median(seconds_per_update(model, data, optimizer, B)))
                trials.append(Trial(B, lr, *quartiles, seconds, peak))
                bar.update()
                if np.isfinite(lr):
                    rates = lr * NEXT_RATES
                if stopped := _reason_to_stop(trials):
                    break
            else:
                stopped = f"B = {B} is the whole data set"
            bar.total = bar.n  # no more were needed
        except KeyboardInterrupt:
            stopped = f"it was interrupted at B = {B}"
    return Choice(float(target), trials, stopped)


def doublings(smallest: int, N: int) -> list[int]:
    """Return smallest, twice that, four times … up to N, and N itself at the end."""
    sizes = []
    while smallest < N:
        sizes.append(smallest)
        smallest *= 2
    return [*sizes, N]


def _reason_to_stop(trials):
    """Return why the search should end after these trials, or an empty string."""
    seconds = [trial.seconds for trial in trials]
    if np.isinf(seconds[-2:]).all() and len(seconds) > 1:
        failed = " and ".join(f"B = {trial.batch_size}" for trial in trials[-2:])
        return f"no learning rate reached the target at {failed}"
    if len(seconds) > 2 and min(seconds[-2:]) > (1 - WORTH_IT) * min(seconds[:-2]):
        return f"the last two doublings did not shorten the time by {100 * WORTH_IT:.0f} %"
    return ""


def _most_updates(trials, limit):
    """A larger batch needs no more updates, so twice those of the last one are enough to see it."""
    return int(min([limit, *(2 * trial.updates + 20 for trial in trials[-1:])]))


def _race_within_grid(model, data, judge, optimizer, B, rates, target, n_runs, seed, limit):
    """Race the rates; while the winner stands at an end of the grid, move the grid and repeat."""
    for _ in range(6):
        winner, reached = _race(
            model, data, judge, optimizer, B, rates, target, n_runs, seed, limit
        )
        has_arrived = np.isfinite(_arrival(reached, 0.5))
        if not has_arrived or 0 < winner < len(rates) - 1:
            break
        rates = rates * (rates[winner] / rates[len(rates) // 2])
    return float(rates[winner]) if has_arrived else np.nan, reached


def _race(model, data, judge, optimizer, B, rates, target, n_runs, seed, limit):
    """Train all rates in one stack until three quarters of the runs of one of them are there.

    Returns the index of the winning rate and the updates that each of its runs took, shape (R,).
    """
    setup = Setup(model, data, optimizer, B, n_runs, seed)
    moments = iterate_runs(setup, [constant(rate) for rate in rates])
    reached = np.full((len(rates), n_runs), np.inf)
    next_look = 1
    with lock_step():
        for updates, _, w in moments:
            if updates < min(next_look, limit):
                continue
            next_look = updates + 1 + updates // 25  # 4 % is fine enough, and looking costs time
            there = model.loss(w, judge.X, judge.y) <= target
            reached = np.where(there & np.isinf(reached), updates, reached)
            arrived = np.isfinite(reached).mean(axis=1)
            if arrived.max() >= 0.75 or updates >= limit:
                break
    medians, quartiles = _arrival(reached, [0.5, 0.75])
    winner = np.lexsort((-arrived, medians, quartiles))[0]  # by the quartile, then the median, …
    return int(winner), reached[winner]


def _arrival(reached, fraction):
    """Return the updates after which a fraction of the runs (..., R) was there."""
    return np.quantile(reached, fraction, axis=-1, method="inverted_cdf")
