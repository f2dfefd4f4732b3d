"""The chosen batch size beside brute force, on data of which some were not looked at before.

Brute force tries every power of two with its own seeds and its own timings, and has no rule to stop
but that a larger batch cannot be better: a doubling at most halves the updates.
"""

import os
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from sklearn import datasets

from course_lib.chapters.choosing import choose_batch_size
from course_lib.chapters.choosing.race import Judge, arrival, race
from course_lib.chapters.choosing.rates import stable_rate, tune
from course_lib.chapters.choosing.search import doublings
from course_lib.chapters.choosing.stopwatch import Stopwatch
from course_lib.data import Data, linear_data
from course_lib.measure import least_squares
from course_lib.models import linear, mlp
from course_lib.optimizers import sgd
from course_lib.runs import Setup, progress_bar

from .side_by_side import Comparison

SEED, RUNS = 1000, 32
#: Brute force races these around the last winner.
GRID = 2.0 ** np.arange(-1.5, 2.5, 0.5)
#: No batch size that is so many times slower than the best needs to be measured exactly.
HOPELESS = 2
UPDATES = 100_000


class Nearness(Comparison):
    """How near each chosen batch size came to the best: the row is as good as the worst of them."""

    @property
    def ratio(self) -> float:
        """The least of the ratios."""
        return self.spread[0]


def nearness(names=None) -> Nearness:
    """Choose for each set of data, find the best by brute force, and compare both afresh."""
    chosen, remarks = [], [f"load while measured: {os.getloadavg()[0]:.1f}"]
    for name in progress_bar(True, names or [*SETS], desc="choosing", leave=False):
        model, data, target = SETS[name]()
        choice = choose_batch_size(model, data, target, progress=False)
        times = brute_force(model, data, target, choice)
        best = min(times, key=times.get)
        chosen.append(times[choice.batch_size] / times[best])
        remarks.append(
            f"{name} ({len(data):,} examples): the chosen B = {choice.batch_size} takes "
            f"{1e3 * times[choice.batch_size]:.2f} ms, the best, {best}, {1e3 * times[best]:.2f} ms"
        )
    proof = "the same updates, with fresh seeds, and timings of all batch sizes in turn"
    return Nearness(chosen, [1.0] * len(chosen), proof, {}, remarks)


def brute_force(model, data, target, choice) -> dict[int, float]:
    """Return seconds to the target for every batch size, the chosen one's at the chosen rate."""
    updates, stopwatch, times = {}, Stopwatch(model, data, sgd()), {}
    judge = Judge(model, data, SEED)
    rates = None
    with progress_bar(False) as bar:
        for B in doublings(1, len(data)):
            setup = Setup(model, data, sgd(), B, RUNS, SEED)
            if rates is None:
                scouts = replace(setup, n_runs=4)
                rates = stable_rate(setup, judge, bar) * 2.0 ** np.arange(-7, 2)
                rates = tune(scouts, rates, judge, target, UPDATES, bar).best_rate * GRID
            if B == choice.batch_size:
                found = race(setup, [choice.lr], judge, target, UPDATES, bar)
                updates[B] = float(arrival(found.reached[0], 0.5))
                continue
            limit = min([UPDATES, *(2 * int(n) + 20 for n in [*updates.values()][-1:])])
            found = tune(setup, rates, judge, target, limit, bar)
            updates[B] = float(arrival(found.reached[found.winner], 0.5))
            rates = found.best_rate * GRID
            stopwatch.time([B], rounds=4)
            times[B] = updates[B] * stopwatch.seconds(B)
            if B > choice.batch_size and times[B] > HOPELESS * min(times.values()):
                break
    stopwatch.time([*updates], rounds=40)
    return {B: n * stopwatch.seconds(B) for B, n in updates.items()}


def standardized(X):
    """Return the features with mean 0 and standard deviation 1, constant ones as 0."""
    spread = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)


def regression(X, y):
    """Return a linear model, data, and a target 2 % above the least loss."""
    data = Data(standardized(X), standardized(y))
    model = linear(X.shape[1])
    return model, data, 1.02 * float(model.loss(least_squares(data), data.X, data.y))


def classes(X, y, target, hidden=()):
    """Return a model for classes, data, and the target."""
    return mlp((X.shape[1], *hidden, int(y.max()) + 1)), Data(standardized(X), y), target


def _of(data):
    return data.X, data.y


#: The last five were never looked at while the search was written.
SETS: dict[str, Callable] = {
    "wine": lambda: classes(*datasets.load_wine(return_X_y=True), 0.05),
    "diabetes": lambda: regression(*datasets.load_diabetes(return_X_y=True)),
    "breast cancer": lambda: classes(*datasets.load_breast_cancer(return_X_y=True), 0.07),
    "linear": lambda: regression(*_of(linear_data(20_000, 20, condition_number=10))),
    "large linear": lambda: regression(*_of(linear_data(200_000, 20, condition_number=10))),
    "iris, a network": lambda: classes(*datasets.load_iris(return_X_y=True), 0.1, (16,)),
    "digits": lambda: classes(*datasets.load_digits(return_X_y=True), 0.2),
    "digits, a network": lambda: classes(*datasets.load_digits(return_X_y=True), 0.1, (32,)),
    "friedman": lambda: regression(*datasets.make_friedman1(5000, random_state=0)),
    "moons": lambda: classes(
        *datasets.make_moons(2000, noise=0.2, random_state=0), 0.15, (16,)
    ),
}  # fmt: skip
