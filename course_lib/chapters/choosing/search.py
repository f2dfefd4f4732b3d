"""The procedure: double the batch size, tune the learning rate, measure both factors, stop."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from course_lib._checks import (
    check_flag,
    check_list,
    check_one_number,
    check_positive,
    check_whole_number,
)
from course_lib.batches import updates_per_epoch
from course_lib.chapters.choosing.choice import WORTH_IT, Choice, Trial
from course_lib.chapters.choosing.features import hints
from course_lib.chapters.choosing.race import LEVEL, WON, Judge, Race, arrival
from course_lib.chapters.choosing.rates import (
    FIRST_RATES,
    NEAR_RATES,
    NEXT_RATES,
    lr_and_updates,
    numbers_held,
    relative_error,
    stable_rate,
    tune,
)
from course_lib.chapters.choosing.stopwatch import Stopwatch
from course_lib.chapters.cost import memory_per_update
from course_lib.data import Data
from course_lib.models import Model, check_fit
from course_lib.optimizers import Optimizer, sgd
from course_lib.runs import Setup, progress_bar

#: Runs that look for a rate, before all runs race near it.
SCOUTS = 4
#: Updates after which a batch size counts as not reaching the target, if epochs do not end before.
MOST_UPDATES = 50_000
#: Numbers that a race may compute.
MOST_WORK = 2**29
#: Rounds of timing after each new batch size, and before the search ends.
FEW_ROUNDS, ALL_ROUNDS = 10, 60
#: Trials within so many times the least time, and with a larger error than this, race once more …
CLOSE, UNSURE = 1.3, 0.04
#: … with up to so many times the runs, all of them fresh, at rates near the last winner.
FRESH, FRESH_RATES = 4, 2.0 ** np.arange(-0.5, 1, 0.5)
#: Training this long is worth a hint about the features.
MANY_UPDATES = 1000


def choose_batch_size(
    model: Model,
    data: Data,
    target: float,
    budget_bytes: float | None = None,
    *,
    validation: Data | None = None,
    optimizer: Optimizer | None = None,
    learning_rates: Sequence[float] | None = None,
    smallest: int = 1,
    max_epochs: int = 100,
    n_runs: int = 16,
    seed: int = 0,
    names: Sequence[str] | None = None,
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
        Loss to reach, on `validation` if given, else on `data`. Of many examples (more than 32,768
        of a linear model), a sample judges, corrected by what all of them say when the target is
        first met.
    budget_bytes : float, optional
        Memory that a run may hold, as ``cost.memory_per_update`` counts it. Left out, it is not
        limited.
    validation : Data, optional
        Examples that judge but are not learned from.
    optimizer : Optimizer, optional
        ``sgd()`` unless given.
    learning_rates : increasing sequence of float, optional
        Rates for the first batch size; unless given, they lie around the largest at which training
        is stable. Each next batch size races rates from 0.7 times the last winner to 2.8 times it.
        A winner at an end of its grid is not believed: the grid moves on.
    smallest : int
        Batch size to start with.
    max_epochs : int
        Epochs after which a batch size counts as not reaching the target; so do 50,000 updates.
    n_runs : int
        R, runs for each rate; fewer where batches are so large that runs hardly differ.
    seed : int
        Seed of the R streams.
    names : sequence of D str, optional
        Names of the features, to speak of them.
    progress : bool
        Show a bar, which counts updates.

    Returns
    -------
    Choice

    Examples
    --------
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> choice = choose_batch_size(line(), lesson_line(), target=0.9, smallest=25, progress=False)
    >>> [trial.batch_size for trial in choice.trials]
    [25, 50, 100]
    """
    # So many arguments, since each is an option of the command, too; now one Search holds them.
    check_fit(model, data)
    check_positive("target", target)
    smallest = check_whole_number("smallest", smallest, 1, len(data))
    max_epochs = check_whole_number("max_epochs", max_epochs, 1)
    check_flag("progress", progress)
    if budget_bytes is not None:
        check_positive("budget_bytes", budget_bytes)
    if validation is not None:
        check_fit(model, validation, "validation")
    rates = None if learning_rates is None else _check_rates(learning_rates)
    names = None if names is None else _check_names(names, data)
    setup = Setup(model, data, sgd() if optimizer is None else optimizer, smallest, n_runs, seed)
    judge = Judge(model, data if validation is None else validation, seed)
    with progress_bar(progress, unit=" updates") as bar:
        search = Search(setup, judge, float(target), max_epochs, rates, bar)
        stopped = search.run(budget_bytes)
    return Choice(float(target), search.trials, stopped, search.remarks(names))


@dataclass
class Search:
    """A search under way: what it looks for, and the trials so far."""

    setup: Setup
    judge: Judge
    target: float
    max_epochs: int
    rates: np.ndarray | None
    bar: object
    trials: list[Trial] = field(default_factory=list)
    nearest: list[float] = field(default_factory=list)

    def __post_init__(self):
        setup = self.setup
        self.stopwatch = Stopwatch(setup.model, setup.data, setup.optimizer)

    def run(self, budget_bytes) -> str:
        """Try one batch size after the other; return why the search ended."""
        B = smallest = self.setup.batch_size
        try:
            for B in doublings(smallest, len(self.setup.data)):
                peak = memory_per_update(self.setup.model, self.setup.data, self.setup.optimizer, B)
                if budget_bytes is not None and peak > budget_bytes:
                    takes, budget = (f"{size / 1e3:,.1f} kB" for size in (peak, budget_bytes))
                    stopped = f"B = {B} takes {takes}, over the budget of {budget}"
                    break
                self.trials.append(self._trial(B, peak))
                self._time(FEW_ROUNDS)
                if self._reason_to_stop():
                    self._time(ALL_ROUNDS)  # a reason that rests on few timings may be none
                    if stopped := self._reason_to_stop():
                        break
            else:
                stopped = f"B = {B} is the whole data set"
            self._time(ALL_ROUNDS)
            self._repeat_close_races()
        except KeyboardInterrupt:
            stopped = f"it was interrupted at B = {B}"
            self.trials = [each for each in self.trials if each.seconds_per_update > 0]
        return stopped

    def remarks(self, names) -> list[str]:
        """Return how the loss was judged where a sample did, and what slows training down."""
        remarks = []
        some, all_of_them = len(self.judge.some), len(self.judge.data)
        if some < all_of_them and self.trials:
            remarks.append(
                f"The loss was judged by {some:,} of {all_of_them:,} examples, corrected by "
                f"{self.judge.shift:+.2g} as all of them say; at the target this was off by "
                f"{100 * self.judge.error:.1f} % at most."
            )
        fewest = min((trial.updates for trial in self.trials), default=0)
        if fewest > MANY_UPDATES:
            remarks += hints(self.setup.data, names)
        return remarks

    def _trial(self, B, peak):
        """Tune the rate at B; the seconds of an update are filled in when all are timed."""
        setup = replace(self.setup, batch_size=B)
        known = next((each for each in self.trials[::-1] if np.isfinite(each.updates)), None)
        limit = self._limit(B)
        if known:  # a larger batch needs no more updates, so twice those show it
            enough = min(limit, 2 * int(known.updates) + 20)
            found = self._tune(setup, known.lr * NEXT_RATES, enough)
        else:
            found = self._find(setup, limit)
        if not found.has_winner:
            self.nearest.append(found.loss)
            return Trial(B, np.nan, np.inf, np.inf, np.inf, np.nan, peak, 0.0, found.why_not())
        return Trial(B, *lr_and_updates(found), np.nan, peak, relative_error(found))

    def _repeat_close_races(self):
        """Measure the updates of the best trials again: the lowest of many is low by chance too."""
        least = min((trial.seconds for trial in self.trials), default=np.inf)
        for i, trial in enumerate(self.trials):
            if trial.seconds > CLOSE * least or trial.error < UNSURE or np.isinf(least):
                continue
            more = min(FRESH, (trial.error / UNSURE) ** 2)  # an error falls by 1/√R
            n_runs = round(more * self.setup.n_runs)
            setup = replace(
                self.setup, batch_size=trial.batch_size, n_runs=n_runs, seed=self.setup.seed + 1
            )
            slow = trial.high if np.isfinite(trial.high) else 2 * trial.updates
            limit = 3 * int(slow) + 20
            found = self._tune(setup, trial.lr * FRESH_RATES, limit)
            if found.has_winner:
                lr, *updates = lr_and_updates(found)
                self.trials[i] = Trial(
                    trial.batch_size, lr, *updates, trial.seconds_per_update, trial.peak_bytes,
                    relative_error(found),
                )  # fmt: skip

    def _find(self, setup, limit) -> Race:
        """Look for a rate that arrives, with few runs and a wide grid; then race near it."""
        if self.rates is None:
            self.rates = stable_rate(setup, self.judge, self.bar) * FIRST_RATES
        scouts = replace(setup, n_runs=min(SCOUTS, setup.n_runs))
        found = self._tune(scouts, self.rates, limit)
        best = found.best_rate
        if not found.has_winner:
            self.rates = best * FIRST_RATES[2:] / FIRST_RATES[-3]  # the next B starts from there
            return found
        most = 3 * arrival(found.reached[found.winner], WON) + 20  # inf, if fewer than WON arrived
        return self._tune(setup, best * NEAR_RATES, int(min(limit, most)))

    def _tune(self, setup, rates, limit) -> Race:
        return tune(setup, rates, self.judge, self.target, limit, self.bar)

    def _limit(self, B):
        setup = self.setup
        epochs = self.max_epochs * updates_per_epoch(len(setup.data), B)
        work = MOST_WORK // (SCOUTS * numbers_held(setup.model, B, len(FIRST_RATES)))
        return min(epochs, MOST_UPDATES, max(100, work))

    def _time(self, rounds):
        """Time all batch sizes in turn, and put the seconds into their trials."""
        self.stopwatch.time([trial.batch_size for trial in self.trials], rounds)
        self.trials[:] = [
            trial._replace(seconds_per_update=self.stopwatch.seconds(trial.batch_size))
            for trial in self.trials
        ]

    def _reason_to_stop(self):
        """Return why the search should end after these trials, or an empty string."""
        reached = [trial.seconds for trial in self.trials if np.isfinite(trial.updates)]
        last = [trial.batch_size for trial in self.trials[-2:]]
        failed = [np.isinf(trial.updates) for trial in self.trials[-2:]]
        if reached and failed == [True, True]:
            return f"no learning rate reached the target at B = {last[0]} and B = {last[1]}"
        if not reached and _came_no_nearer(self.nearest):
            return f"B = {last[0]} and B = {last[1]} came no nearer to the target"
        if len(reached) > 2 and min(reached[-2:]) > (1 - WORTH_IT) * min(reached[:-2]):
            return f"the last two doublings did not shorten the time by {100 * WORTH_IT:.0f} %"
        return ""


def _came_no_nearer(losses):
    return len(losses) > 2 and min(losses[-2:]) > (1 - LEVEL) * min(losses[:-2])


def doublings(smallest: int, N: int) -> list[int]:
    """Return smallest, twice that, four times … up to N, and N itself at the end.

    Examples
    --------
    >>> doublings(3, 20)
    [3, 6, 12, 20]
    """
    N = check_whole_number("N", N, 1)
    smallest = check_whole_number("smallest", smallest, 1, N)
    return [*(smallest * 2**i for i in range(64) if smallest * 2**i < N), N]


def _check_rates(learning_rates):
    rates = check_list("learning_rates", learning_rates, "learning rates")
    rates = [
        check_one_number("learning_rates", check_positive("each learning rate", rate))
        for rate in rates
    ]
    rates = np.array(rates, dtype=float)
    if len(rates) < 3 or (np.diff(rates) <= 0).any():
        right = "at least 3 in increasing order"
        raise ValueError(f"learning_rates must be {right}, not {learning_rates!r}")
    return rates


def _check_names(names, data):
    names = check_list("names", names, "names")
    if len(names) != data.X.shape[1]:
        raise ValueError(f"names must hold D = {data.X.shape[1]} names, not {len(names)}")
    return names
