"""The same runs against each clock: what was the same, decides who was ahead."""

from collections.abc import Sequence

import numpy as np

from course_lib._checks import check_choice, check_not_negative, check_positive
from course_lib.chapters.cost import seconds_per_update
from course_lib.data import lesson_line
from course_lib.lab.explorers.base import Explorer, Goal
from course_lib.lab.explorers.controls import Control, check_number, including, preferred_numbers
from course_lib.lab.explorers.scene import DASHES, GREY, MARKERS, Axis, Mark, Panel, Scene
from course_lib.lab.explorers.words import format_number, listing
from course_lib.measure import least_loss, middle_80
from course_lib.models import line as line_model
from course_lib.optimizers import constant, sgd
from course_lib.plots import LOOKS, excess
from course_lib.plots.looks import color_of, thinner
from course_lib.runs import CLOCKS, Run
from course_lib.training import train

SECONDS = "seconds"
#: A fraction of the largest loss below which nothing is drawn.
LEAST = 1e-5
#: So many moments of a run are drawn.
MOST_MOMENTS = 120


class ClockExplorer(Explorer):
    """The loss of the same runs against updates, examples, epochs or seconds, with a budget.

    Each clock is shown as far as all runs go; the budget is a moment on it, at which the runs are
    compared. Lines are medians, bands and bars hold the middle 80 % of the runs.

    Parameters
    ----------
    runs : sequence of Run, optional
        One to six, each with its label. Left out, the lesson's line is trained with B = 1, 10, 50
        and 100 from common starts at the same learning rate, 16 runs each.
    clock : {"updates", "examples", "epochs", "seconds"}
        What is the same at the budget. Seconds are of this machine.
    budget : float, optional
        On that clock.
    minus : float, optional
        The least possible loss, which is subtracted. 0 unless given, or that of the lesson's line.
    seconds_per_update : sequence of float, optional
        What an update of each of `runs` takes. The lesson's line is timed on this machine when
        seconds are first shown; other runs have that clock only if this is given.

    Examples
    --------
    >>> ClockExplorer(clock="updates")
    ClockExplorer(clock='updates', budget=64.0)
    >>> ClockExplorer(clock="updates")._sentence()
    'At the same 64 updates, B = 100 is lowest and B = 1 is highest.'
    """

    title = "The same runs against each clock"

    def __init__(
        self,
        runs: Sequence[Run] | None = None,
        *,
        clock: str = "examples",
        budget: float | None = None,
        minus: float | None = None,
        seconds_per_update: Sequence[float] | None = None,
    ):
        before = [] if runs is None else ["runs"]
        if minus is not None:
            minus = check_number("minus", minus, check_not_negative)
            before.append(f"minus={minus:.10g}")
        if seconds_per_update is not None:
            before.append("seconds_per_update=seconds_per_update")
        self.runs = lesson_runs() if runs is None else _check_runs(runs)
        self._seconds = _check_seconds(seconds_per_update, self.runs)
        self._colors = [_color(run, i) for i, run in enumerate(self.runs)]
        if minus is None:
            minus = least_loss(lesson_line(), bias=True) if runs is None else 0.0
        self.minus = minus
        has_seconds = runs is None or seconds_per_update is not None
        clocks = [*CLOCKS, SECONDS] if has_seconds else list(CLOCKS)
        clock = check_choice("clock", clock, clocks)
        budgets = Control("budget", "budget", [], varies=True)
        super().__init__(
            [Control("clock", "the same number of", clocks, str, "radios"), budgets],
            {"clock": clock, "budget": None},
            before,
        )
        self._fit_budgets(clock, budget, part=0.6)

    def _change(self, name, value):
        if name == "clock" and value != self.clock:
            budgets = self._controls["budget"].values
            part = budgets.index(self.budget) / max(1, len(budgets) - 1)
            self._fit_budgets(value, None, part)
        super()._change(name, value)

    def _fit_budgets(self, clock, budget, part):
        """Offer budgets that fit a clock; choose `budget`, or the one at a part of the way."""
        low, high = self._span(clock)
        budgets = including(preferred_numbers(low, high), high)
        if budget is not None:
            budget = check_number("budget", budget)
            if not budget <= high:
                raise ValueError(f"budget must be at most {high:g} {clock}, not {budget!r}")
            budgets = including(budgets, budget)
        control = self._controls["budget"]
        control.set_values(budgets, lambda number: f"{format_number(number)} {clock}")
        self._values["budget"] = budget or budgets[round(part * (len(budgets) - 1))]

    def _times(self, clock) -> list[np.ndarray]:
        """Return the moments of each run on a clock."""
        if clock != SECONDS:
            return [run.clock(clock) for run in self.runs]
        if self._seconds is None:
            self._seconds = [time_update(run.batch_size) for run in self.runs]
        return [
            run.updates * seconds for run, seconds in zip(self.runs, self._seconds, strict=True)
        ]

    def _span(self, clock) -> tuple[float, float]:
        """Return the first moment of any run on a clock, and the last one that all reach."""
        times = self._times(clock)
        return min(time[time > 0].min() for time in times), float(min(time[-1] for time in times))

    def _now(self) -> list[int]:
        """Return the number of each run's last moment within the budget."""
        within = self.budget * (1 + 1e-9)
        return [np.searchsorted(time, within, side="right") - 1 for time in self._times(self.clock)]

    def _losses(self) -> np.ndarray:
        """Return the 10th, 50th and 90th percentile of each run's loss at the budget, (runs, 3)."""
        losses = [
            run.loss[:, i] - self.minus for run, i in zip(self.runs, self._now(), strict=True)
        ]
        return np.array([middle_80(loss) for loss in losses])

    def _sentence(self) -> str:
        medians = dict(zip((run.label for run in self.runs), self._losses()[:, 1], strict=True))
        arrived = {label: loss for label, loss in medians.items() if np.isfinite(loss)}
        diverged = [label for label in medians if label not in arrived]
        said = f"At the same {format_number(self.budget)} {self.clock}, "
        if not arrived:
            return said + "all have diverged."
        first, last = min(arrived, key=arrived.get), max(arrived, key=arrived.get)
        said += f"{first} is lowest" + (f" and {last} is highest." if first != last else ".")
        return said + (f" {listing(diverged)} diverged." if diverged else "")

    def _table(self):
        other = "updates" if self.clock != "updates" else "examples"
        rows = [["", other, "median loss above the least" if self.minus else "median loss"]]
        for run, loss, i in zip(self.runs, self._losses()[:, 1], self._now(), strict=True):
            words = f"{loss:.2g}" if np.isfinite(loss) else "diverged"
            rows.append([run.label, format_number(run.clock(other)[i]), words])
        return rows

    def _goal(self):
        if len(self.runs) < 2:
            return None
        medians = self._losses()[:, 1]
        largest = max(self.runs, key=lambda run: run.clock("examples")[-1] / run.updates[-1])
        reached = np.isfinite(medians).any() and self.runs[np.nanargmin(medians)] is largest
        return Goal(
            f"find a clock and a budget at which {largest.label} is lowest.", bool(reached),
            "On which clock does a large batch cost no more than a small one?",
        )  # fmt: skip

    def _scene(self) -> Scene:
        low, high = self._span(self.clock)
        label = excess() if self.minus else "loss"
        y = Axis(label, *self._loss_limits(), log=True)
        x = Axis(CLOCKS.get(self.clock, "seconds of one run on this machine"), low, 1.1 * high,
                 log=True)  # fmt: skip
        places = Axis("", -0.6, len(self.runs) - 0.4, ticks=tuple(range(len(self.runs))),
                      text=lambda i: self.runs[round(i)].label)  # fmt: skip
        panels = [
            Panel(
                "loss", "loss of the runs (press to choose the budget)", x, y, share=5, picks=True
            ),
            Panel("budget", "at the budget", places, Axis("", y.low, y.high, log=True), share=3),
        ]
        times = self._times(self.clock)
        curves = [self._curve(i, run, times[i]) for i, run in enumerate(self.runs)]
        marks = [mark for band in zip(*curves, strict=True) for mark in band]  # bands lie below
        span = [(self.budget, y.low, self.budget, y.high)]
        marks.append(Mark("segments", "loss", span, color=GREY, width=1.5, halo=True))
        for i, (low, middle, high) in enumerate(self._losses()):
            dot = {"color": self._colors[i], "marker": MARKERS[i], "size": 12}
            bar = [(i, low, i, high)]
            marks += [
                Mark("segments", "budget", bar, color=self._colors[i], width=4, opacity=0.5),
                Mark("points", "loss", [(self.budget, middle)], **dot),
                Mark("points", "budget", [(i, middle)], **dot),
            ]
        return Scene(panels, marks)

    def _curve(self, i, run, time):
        """Return the band and the median of a run against the clock."""
        end = self._span(self.clock)[1] * (1 + 1e-9)
        seen = np.flatnonzero((time > 0) & (time <= end))
        if len(seen) > MOST_MOMENTS:  # evenly on the logarithmic clock
            even = np.geomspace(time[seen[0]], time[seen[-1]], MOST_MOMENTS)
            seen = np.unique(np.searchsorted(time, even * (1 - 1e-9)))
        band = np.array(middle_80(run.loss[:, seen] - self.minus)).T
        x, color = time[seen], self._colors[i]
        finite = np.isfinite(band).all(axis=1)
        return [
            Mark("band", "loss", np.column_stack([x, band[:, 0], band[:, 2]])[finite], color=color,
                 opacity=0.12),
            Mark("line", "loss", np.column_stack([x, band[:, 1]])[np.isfinite(band[:, 1])],
                 color=color, dash=DASHES[i], width=thinner(i, len(self.runs)),
                 halo=i == 0, label=run.label),
        ]  # fmt: skip

    def _pick(self, panel, x, y):
        self._nearest("budget", x)

    def _loss_limits(self):
        losses = np.concatenate([np.ravel(run.loss - self.minus) for run in self.runs])
        losses = losses[np.isfinite(losses) & (losses > 0)]
        start = max(np.median(run.loss[:, 0]) - self.minus for run in self.runs)
        high = min(losses.max(), 100 * start)
        return max(losses.min(), LEAST * high) / 1.3, high * 1.3


def lesson_runs() -> list[Run]:
    """Train the lesson's line with its four batch sizes, for 1,000 updates and 10,000 examples."""
    data, runs = lesson_line(), []
    for B in (1, 10, 50, 100):
        n_updates = max(1_000, 10_000 // B)
        budgets = np.array(preferred_numbers(1, max(10_000, n_updates)))
        moments = np.concatenate([budgets, budgets // B, np.geomspace(1, n_updates, 40)])
        moments = np.unique(np.append(moments[moments <= n_updates], 0).astype(int)).tolist()
        runs.append(
            train(
                line_model(), data, sgd(), constant(0.05),
                batch_size=B, n_updates=n_updates, record=moments,
            )
        )  # fmt: skip
    return runs


def time_update(batch_size: int) -> float:
    """Return the seconds that an update of the lesson's line takes on this machine."""
    options = {"n_repeats": 3, "seconds": 0.01}
    return float(
        np.median(seconds_per_update(line_model(), lesson_line(), sgd(), batch_size, **options))
    )


def _color(run, i):
    """Return the colour of a run's batch size; of its place in the list, if B changes in it."""
    if isinstance(run.batch_size, int | np.integer):
        return color_of(int(run.batch_size))
    return (LOOKS[i]["color"],) * 2


def _check_runs(runs):
    is_fine = isinstance(runs, Sequence) and all(isinstance(run, Run) for run in runs)
    if not is_fine or not 1 <= len(runs) <= len(LOOKS):
        raise ValueError(f"runs must be a list of 1 to {len(LOOKS)} Runs, not {runs!r}")
    if any(run.updates[-1] == 0 for run in runs):
        raise ValueError("runs must each have made at least one update")
    return list(runs)


def _check_seconds(seconds, runs):
    if seconds is None:
        return None
    check_positive("seconds_per_update", seconds)
    if np.shape(seconds) != (len(runs),):
        raise ValueError(
            f"seconds_per_update must have {len(runs)} numbers, one a run, not {seconds!r}"
        )
    return [float(number) for number in seconds]
