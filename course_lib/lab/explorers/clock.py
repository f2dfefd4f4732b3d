"""The same runs against each clock: what was the same, decides who was ahead."""

from collections.abc import Sequence

import numpy as np

from course_lib._checks import check_choice, check_not_negative, check_positive
from course_lib.chapters.cost import seconds_per_update
from course_lib.data import lesson_line
from course_lib.lab.explorers.base import Explorer
from course_lib.lab.explorers.canvas import Canvas, dot, hide, line, logarithmic, place
from course_lib.lab.explorers.controls import Control, including, preferred_numbers
from course_lib.lab.explorers.words import format_number
from course_lib.measure import least_loss, middle_80
from course_lib.models import line as line_model
from course_lib.optimizers import constant, sgd
from course_lib.plots import GREY, HALO, LOOKS, draw_band, excess
from course_lib.runs import CLOCKS, Run
from course_lib.training import train

SECONDS = "seconds"
#: A fraction of the largest loss below which nothing is drawn.
LEAST = 1e-5


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
        What is the same at the budget.
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
    """

    title = "The same runs against each clock"
    size = (9.0, 4.0)
    scenes = "clock"

    def __init__(
        self,
        runs: Sequence[Run] | None = None,
        *,
        clock: str = "updates",
        budget: float | None = None,
        minus: float | None = None,
        seconds_per_update: Sequence[float] | None = None,
    ):
        before = [] if runs is None else ["runs"]
        if minus is not None:
            before.append(f"minus={check_not_negative('minus', minus):.10g}")
        if seconds_per_update is not None:
            before.append("seconds_per_update=seconds_per_update")
        self.runs = lesson_runs() if runs is None else _check_runs(runs)
        self._seconds = _check_seconds(seconds_per_update, self.runs)
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
            check_positive("budget", budget)
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
        medians = self._losses()[:, 1]
        other = "updates" if self.clock != "updates" else "examples"
        said = [
            f"{run.label}: {format_number(loss) if np.isfinite(loss) else 'has diverged'} "
            f"({format_number(run.clock(other)[i])} {other})"
            for run, loss, i in zip(self.runs, medians, self._now(), strict=True)
        ]
        what = f"loss above the least one, {self.minus:.3g}" if self.minus else "loss"
        best = self.runs[int(np.argmin(medians))].label
        return (
            f"At the same {format_number(self.budget)} {self.clock}, the median {what}, is: "
            f"{'; '.join(said)}. Lowest: {best}."
        )

    def _picture(self, canvas: Canvas):
        left, right = canvas.figure.subplots(1, 2, width_ratios=[5, 2], sharey=True)
        logarithmic(left, "y", *self._loss_limits())
        left.set(title="loss of the runs", ylabel=excess() if self.minus else "loss")
        right.set(title="at the budget", xlim=(-0.6, len(self.runs) - 0.4))
        right.set_xticks(range(len(self.runs)), [run.label for run in self.runs])
        right.tick_params(axis="x", rotation=30 if len(self.runs) > 3 else 0)
        right.tick_params(axis="y", labelleft=False)
        curves = []
        cursor = canvas.moves(left.axvline(1, color=GREY, linewidth=1.5, path_effects=HALO))
        looks = LOOKS[: len(self.runs)]
        bars = [canvas.moves(line(right, look, linestyle="-", linewidth=3)) for look in looks]
        dots = [canvas.moves(dot(ax, look)) for look in looks for ax in (left, right)]

        def move():
            if canvas.scene != self.clock:
                low, high = self._span(self.clock)
                logarithmic(left, "x", low, high * 1.1)
            if canvas.is_new(self.clock):
                hide(curves)
                curves[:] = self._draw_curves(left)
            cursor.set_xdata([self.budget] * 2)
            for i, (low, middle, high) in enumerate(self._losses()):
                place(bars[i], [(i, low), (i, high)])
                place(dots[2 * i], [(self.budget, middle)])
                place(dots[2 * i + 1], [(i, middle)])
            return self.clock

        return move

    def _draw_curves(self, ax):
        """Draw all runs against the clock; return what was drawn."""
        before = set(ax.get_children())
        _, high = self._span(self.clock)
        for i, (run, time) in enumerate(zip(self.runs, self._times(self.clock), strict=True)):
            seen = (time > 0) & (time <= high * (1 + 1e-9))
            draw_band(ax, time[seen], run.loss[:, seen] - self.minus, i, run.label)
        ax.set_xlabel(CLOCKS.get(self.clock, "seconds of one run on this machine"))
        drawn = set(ax.get_children()) - before
        labelled = zip(*ax.get_legend_handles_labels(), strict=True)
        ax.legend(handles=[handle for handle, _ in labelled if handle in drawn], loc="lower left")
        return drawn

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
