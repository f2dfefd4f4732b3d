"""Several learning rates on their way to a target, in lock-step."""

from dataclasses import dataclass, field

import numpy as np

from course_lib.data import Data
from course_lib.optimizers import constant
from course_lib.runs import Setup, lock_step, loss_over
from course_lib.training import iterate_runs

#: Of more examples than this a sample judges, and of fewer where a model computes much for each.
MOST_JUDGED, FEWEST_JUDGED, UNITS_JUDGED = 2**15, 2048, 2**15
#: So many of them tell which runs are above the target by this factor, and need no closer look.
GLANCES = {256: 1.5, 1024: 1.1, 4096: 1.03}
#: From look to look, updates grow by this part.
LOOK = 1 / 10
#: A rate has won when this part of its runs has arrived.
WON = 0.75
#: A loss that fell by less than this part in the second half of the updates has levelled off.
LEVEL = 0.02


class Judge:
    """Says what the loss over all examples is, from a sample of them where they are many.

    The sample's loss differs from that of all by a `shift` that hardly depends on w. It is measured
    now and then until the target is first met, and then stays: all batch sizes are judged alike.

    Attributes
    ----------
    some : Data
        The sample.
    shift : float
        Loss over all less loss over the sample, where they were last compared.
    is_settled : bool
        Whether they were compared at a loss near the target.
    error : float
        The largest relative error seen since then.
    """

    def __init__(self, model, data, seed):
        self.model, self.data, self.some = model, data, data
        self.shift, self.error = 0.0, 0.0
        units = -(-model.P // model.D)
        most = min(MOST_JUDGED, max(FEWEST_JUDGED, UNITS_JUDGED // units))
        rows = np.random.default_rng(seed).permutation(len(data))[:most]
        self.is_settled = len(data) <= most
        if not self.is_settled:
            self.some = Data(data.X[rows], data.y[rows])
        self.glances = [
            (Data(data.X[rows[:n]], data.y[rows[:n]]), far)
            for n, far in GLANCES.items()
            if n <= len(self.some) / 2
        ]

    def loss(self, w, target, arrived):
        """Return the loss of each of a stack of runs, inf if diverged.

        It is rough where a run is far from the target, or has arrived before.
        """
        loss, near = np.full(w.shape[:-1], np.inf), np.full(w.shape[:-1], True)
        for examples, far in [*self.glances, (self.some, 1)]:
            loss[near] = self._corrected(w[near], examples)
            near = (loss < far * target) & ~arrived
            if not near.any():
                break
        return loss

    def _corrected(self, w, examples):
        """Return losses over some examples, as the best run says that all of them would judge."""
        loss = loss_over(self.model, w, examples)
        loss = np.where(np.isfinite(loss), loss, np.inf)
        best = loss.argmin()
        if examples is not self.some and np.isfinite(loss[best]):  # these may be hard ones
            loss += loss_over(self.model, w[best], self.some) - loss[best]
        return loss + self.shift

    def compare(self, w) -> float:
        """Measure the shift at w of one run, and return by how much it has changed."""
        before = self.shift
        with lock_step():
            self.shift = float(
                loss_over(self.model, w, self.data) - loss_over(self.model, w, self.some)
            )
        return self.shift - before

    def settle(self, w, target) -> None:
        """Compare at a run that has just met the target; later only see how far off it is."""
        if self.some is self.data:
            return
        if self.is_settled:
            kept = self.shift
            self.error = max(self.error, abs(self.compare(w)) / target)
            self.shift = kept
        else:
            self.compare(w)
            self.is_settled = True


@dataclass
class Race:
    """How far each learning rate came.

    Attributes
    ----------
    rates : array, shape (S,)
    reached : array, shape (S, R)
        Updates after which each run met the target, inf if it did not.
    losses : list of arrays of shape (S,)
        Median loss over the runs of each rate, at each look.
    looks : list of int
        Updates made at each look.
    """

    rates: np.ndarray
    reached: np.ndarray
    losses: list = field(default_factory=list)
    looks: list = field(default_factory=list)

    @property
    def winner(self) -> int:
        """The index of the rate that came first; of those that never arrive, the lowest loss."""
        medians, quartiles = arrival(self.reached, 0.5), arrival(self.reached, WON)
        arrived = np.isfinite(self.reached).mean(axis=1)
        return int(np.lexsort((self.losses[-1], medians, -arrived, quartiles))[0])

    @property
    def best_rate(self) -> float:
        """The rate that came first."""
        return float(self.rates[self.winner])

    @property
    def has_winner(self) -> bool:
        """Whether half of the winner's runs met the target."""
        return bool(np.isfinite(arrival(self.reached[self.winner], 0.5)))

    @property
    def diverged(self) -> np.ndarray:
        """Which rates ended above the loss that they started with."""
        return ~(self.losses[-1] <= self.losses[0])

    @property
    def loss(self) -> float:
        """The lowest median loss at the end."""
        return float(self.losses[-1].min())

    def why_not(self) -> str:
        """Say why no rate met the target: each diverged, or was too slow, or has levelled off."""
        if self.diverged.all():
            return f"diverged at every learning rate, down to {self.rates.min():.2g}"
        best, updates = self.winner, self.looks[-1]
        half = int(np.searchsorted(self.looks, updates / 2, side="right")) - 1
        now = f"{self.losses[-1][best]:.4g} after {updates:,} updates"
        if self.losses[-1][best] < (1 - LEVEL) * self.losses[half][best]:
            return f"too slow: the loss was still falling, at {now}"
        return f"levelled off at a loss of {now}"


def race(setup: Setup, rates, judge: Judge, target: float, limit: int, bar) -> Race:
    """Train all rates in one stack until three quarters of the runs of one of them have arrived.

    Parameters
    ----------
    setup : Setup
    rates : increasing array, shape (S,)
    judge : Judge
    target : float
    limit : int
        Updates after which the race ends in any case.
    bar : tqdm
        Moved on with the updates.
    """
    found = Race(np.asarray(rates), np.full((len(rates), setup.n_runs), np.inf))
    moments = iterate_runs(setup, [constant(rate) for rate in rates])
    before, last, next_look = None, 0, 1
    with lock_step():
        for updates, _, w in moments:
            if 0 < updates < min(next_look, limit):
                continue
            loss = judge.loss(w, target, np.isfinite(found.reached))
            if not judge.is_settled and len(found.looks) % 8 == 7:
                loss += judge.compare(w.reshape(-1, w.shape[-1])[loss.argmin()])
            found.looks.append(updates)
            found.losses.append(np.median(loss, axis=1))
            is_new = (loss <= target) & np.isinf(found.reached)
            if is_new.any():
                when = _between(last, updates, before, loss, target)
                found.reached = np.where(is_new, when, found.reached)
            _show(bar, updates - last, setup, found, target)
            before, last, next_look = loss, updates, updates + 1 + int(updates * LOOK)
            arrived = np.isfinite(found.reached).mean(axis=1)
            if arrived.max() >= WON or updates >= limit or not np.isfinite(loss).any():
                break
    if found.has_winner:
        runs = found.reached[found.winner]
        judge.settle(w[found.winner, runs.argmin()], target)
    return found


def arrival(reached, fraction):
    """Return the updates after which a fraction of the runs (..., R) was there."""
    return np.quantile(reached, fraction, axis=-1, method="inverted_cdf")


def _between(last, updates, before, loss, target):
    """Return when each loss met the target, on a straight line from one look to the next."""
    if before is None:
        return np.full(loss.shape, updates)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = (before - target) / (before - loss)
    part = np.where(np.isfinite(part), part.clip(0, 1), 1)
    return np.ceil(last + part * (updates - last))


def _show(bar, updates, setup, found, target):
    bar.set_description_str(setup.label, refresh=False)
    bar.set_postfix_str(f"loss {found.loss:.4g} → {target:.4g}", refresh=False)
    bar.update(updates)
