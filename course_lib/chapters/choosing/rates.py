"""Which learning rate is best at a batch size: the largest stable one, and a grid that moves."""

from dataclasses import replace

import numpy as np

from course_lib.chapters.choosing.race import Judge, Race, arrival, race
from course_lib.runs import Setup

#: The first race has these rates, times the largest at which training is stable.
FIRST_RATES = 2.0 ** np.arange(-7, 2)
#: Once a rate has arrived, the same batch size races these around it, …
NEAR_RATES = 2.0 ** np.arange(-1, 1.5, 0.5)
#: … and the next batch size these, times the last winner.
NEXT_RATES = 2.0 ** np.arange(-0.5, 2, 0.5)
#: Races that a grid may take to find where it belongs.
MOST_MOVES = 6
#: Numbers that a stack may hold for one update; of large batches, fewer runs tell as much.
STACK = 2**23


def stable_rate(setup: Setup, judge: Judge, bar) -> float:
    """Return about the largest learning rate at which 32 updates do not raise the loss.

    It is looked for among powers of 64, from 2⁻⁶⁰ to 2³⁶, and then among powers of two.
    """
    small = replace(setup, batch_size=min(setup.batch_size, 32), n_runs=min(2, setup.n_runs))
    rates = 2.0 ** np.arange(-60, 42, 6)
    for step in (6, 1):
        found = race(small, rates, judge, 0.0, 32, bar)
        stable = np.flatnonzero(~found.diverged)
        largest = rates[stable[-1]] if len(stable) else rates[0]
        rates = largest * 2.0 ** np.arange(step)
    return float(largest)


def tune(setup, rates, judge, target, limit, bar) -> Race:
    """Race the rates; while the best stands at an end of the grid, move the grid and repeat."""
    setup = replace(setup, n_runs=_runs_that_fit(setup, len(rates)))
    for _ in range(MOST_MOVES):
        found = race(setup, rates, judge, target, limit, bar)
        if found.diverged.all():
            rates = rates * (rates[0] / rates[-1]) / 2
        elif 0 < found.winner < len(rates) - 1 and not found.diverged[found.winner]:
            break
        else:
            rates = rates * (rates[found.winner] / rates[len(rates) // 2])
    return found


def lr_and_updates(found):
    """Return the winning rate, and the updates to the target: median and quartiles over runs."""
    reached = found.reached[found.winner]
    return found.best_rate, *arrival(reached, [0.5, 0.25, 0.75]).tolist()


def relative_error(found):
    """Return the standard error of the median of the updates, as a fraction of it.

    That is 1.25 σ/√R, and quartiles are 1.35 σ apart. Runs that never arrive count as three times
    the median.
    """
    reached = found.reached[found.winner]
    median, low, high = arrival(reached, [0.5, 0.25, 0.75])
    high = min(high, 3 * median)
    return float(1.25 / 1.35 * (high - low) / np.sqrt(len(reached)) / median)


def numbers_held(model, B, n_rates):
    """Return about how many numbers a run with each of the rates holds for an update."""
    units = -(-model.P // model.D)
    return B * (model.D + 3 * n_rates * units)


def _runs_that_fit(setup, n_rates):
    fit = STACK // numbers_held(setup.model, setup.batch_size, n_rates)
    return max(1, min(setup.n_runs, fit))
