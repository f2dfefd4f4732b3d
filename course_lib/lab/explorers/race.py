"""Several batch sizes run down one valley: who is ahead depends on the clock."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

import numpy as np

from course_lib._checks import check_choice, check_whole_number
from course_lib.chapters.cost import seconds_per_update
from course_lib.data import lesson_line
from course_lib.lab.explorers.base import Explorer, Goal
from course_lib.lab.explorers.controls import Control, check_number, including, preferred_numbers
from course_lib.lab.explorers.scene import MARKERS, Axis, Mark, Panel, Scene, alone, look, until
from course_lib.lab.explorers.valley import Valley
from course_lib.lab.explorers.words import format_number, format_seconds
from course_lib.models import line as line_model
from course_lib.optimizers import constant, sgd
from course_lib.runs import Setup
from course_lib.training import iterate_runs

MODEL = line_model()
FRAMES = 200
N_RUNS = 16
#: The end of the race on each clock; on that of seconds, so many updates of the quickest.
ENDS = {"updates": 60, "examples": 600, "epochs": 6, "seconds": 120}
#: Above the least, so many times the least loss: below it, all is called arrived.
FLOOR = 1e-3


class RaceExplorer(Explorer):
    """Batch sizes that train the lesson's line side by side, shown at the same moment of a clock.

    The valley shows one run of each; the curves are medians of 16, by which the race is judged.

    Parameters
    ----------
    batch_sizes : sequence of int
        Two to six of them, from 1 to 100.
    clock : {"updates", "examples", "epochs", "seconds"}
        What is the same for all at each moment. Seconds are timed on this machine when they are
        first asked for.
    learning_rate : float
        α, the same for all.
    seed : int
        Of starts and batches.
    moment : int
        From 0, the start, to 200, the end of the race.

    Examples
    --------
    >>> RaceExplorer(clock="updates")._sentence()
    'After 60 updates each B = 100 is ahead, and B = 1 is last.'
    """

    title = "The race down one valley"

    def __init__(
        self,
        batch_sizes: Sequence[int] = (1, 10, 50, 100),
        *,
        clock: str = "examples",
        learning_rate: float = 0.05,
        seed: int = 0,
        moment: int = FRAMES,
    ):
        self._valley = Valley(lesson_line())
        N = len(self._valley.data)
        self.batch_sizes = sorted({check_whole_number("each of batch_sizes", B, 1, N)
                                   for B in batch_sizes})  # fmt: skip
        if not 2 <= len(self.batch_sizes) <= len(MARKERS):
            raise ValueError(
                f"batch_sizes must be 2 to {len(MARKERS)} different ones, not {batch_sizes!r}"
            )
        check_choice("clock", clock, ENDS)
        learning_rate = check_number("learning_rate", learning_rate)
        seed = check_whole_number("seed", seed, 0)
        moment = check_whole_number("moment", moment, 0, FRAMES)
        self._contours = self._valley.marks()
        self._run = lru_cache(64)(self._run)
        self._seconds = {}
        is_usual = self.batch_sizes == [1, 10, 50, 100]
        rates = including(preferred_numbers(0.005, 0.5), learning_rate)
        super().__init__(
            [
                Control("clock", "at the same number of", list(ENDS), str, "radios"),
                Control("learning_rate", "learning rate α", rates),
                Control("seed", "seed", including(range(21), seed)),
                Control("moment", "moment", list(range(FRAMES + 1)), plays=True, varies=True),
            ],
            {"clock": clock, "learning_rate": learning_rate, "seed": seed, "moment": moment},
            [] if is_usual else [f"batch_sizes={self.batch_sizes}"],
        )
        self._name_moments()

    def _change(self, name, value):
        super()._change(name, value)
        if name == "clock":
            self._name_moments()

    def _name_moments(self):
        times = self._times()
        if self.clock == "seconds":
            words = [format_seconds(time) if time else "0 s" for time in times]
        else:
            words = [f"{format_number(time)} {self.clock}" for time in times]
        moments = self._controls["moment"]
        moments.set_values(moments.values, words.__getitem__)

    def _per_update(self, B) -> float:
        """Return how far an update of B moves the clock."""
        if self.clock == "seconds" and B not in self._seconds:
            timed = seconds_per_update(
                MODEL, self._valley.data, sgd(), B, n_repeats=5, seconds=0.01
            )
            self._seconds[B] = float(np.median(timed))
        N = len(self._valley.data)
        return {"updates": 1, "examples": B, "epochs": B / N, "seconds": self._seconds.get(B)}[
            self.clock
        ]

    def _times(self) -> np.ndarray:
        """Return the moments of the clock, shape (F,)."""
        end = ENDS[self.clock]
        if self.clock == "seconds":
            end *= min(self._per_update(B) for B in self.batch_sizes)
        return np.linspace(0, end, FRAMES + 1)

    def _updates(self, B) -> np.ndarray:
        """Return how many updates B has made at each moment, shape (F,)."""
        return np.floor(self._times() / self._per_update(B) + 1e-9).astype(int)

    def _run(self, B, learning_rate, seed, n_updates):
        """Return the parameters of all runs after each update, shape (T, R, 2)."""
        setup = Setup(MODEL, self._valley.data, sgd(), batch_size=B, n_runs=N_RUNS, seed=seed)
        moments = islice(iterate_runs(setup, [constant(learning_rate)]), n_updates + 1)
        return np.array([w[0] for _, _, w in moments])

    def _paths(self, B) -> tuple[np.ndarray, np.ndarray]:
        """Return one run's path, and the median excess loss of all, after each update."""
        w = self._run(B, self.learning_rate, self.seed, int(self._updates(B)[-1]))
        with np.errstate(over="ignore", invalid="ignore"):
            excess = np.median(self._valley.excess(w), axis=1) / self._valley.least
        return w[:, 0], np.where(np.isfinite(excess), excess, np.inf)

    def _standing(self) -> dict[int, float]:
        """Return the batch sizes with their median excess loss now, the best first."""
        now = {B: self._paths(B)[1][self._updates(B)[self.moment]] for B in self.batch_sizes}
        return dict(sorted(now.items(), key=lambda each: each[1]))

    def _sentence(self) -> str:
        first, *_, last = self._standing()
        time = self._controls["moment"].texts[self.moment]
        if self.moment == 0:
            return "All start at the same places."
        return f"After {time} each B = {first} is ahead, and B = {last} is last."

    def _table(self):
        rows = [["", "updates", "examples", "loss above the least, ÷ the least"]]
        for B, excess in self._standing().items():
            n = self._updates(B)[self.moment]
            rows.append([f"B = {B}", f"{n:,}", f"{n * B:,}", f"{excess:.2g}"])
        return rows

    def _goal(self):
        largest = self.batch_sizes[-1]
        reached = self.moment == FRAMES and next(iter(self._standing())) == largest
        return Goal(f"find the clock on which B = {largest} wins.", reached,
                    "What does one update cost on each clock?")  # fmt: skip

    def _scene(self) -> Scene:
        times = self._times()
        label = "seconds on this machine" if self.clock == "seconds" else f"{self.clock} of each"
        panels = [
            self._valley.panel("the valley of the loss", 3),
            Panel("loss", "median of 16 runs", Axis(label, 0, 1.03 * times[-1]),
                  Axis("loss above the least, ÷ the least", FLOOR, 100, log=True), share=2),
        ]  # fmt: skip
        marks = list(self._contours)
        for i, B in enumerate(self.batch_sizes):
            style = look(B, i)
            line = {"color": style["color"], "dash": style["dash"], "width": 1.6}
            dot = {"color": style["color"], "marker": style["marker"], "size": 12}
            w, excess = self._paths(B)
            done = self._updates(B)
            curve = np.column_stack([self._per_update(B) * np.arange(len(excess)), excess])
            marks += [
                Mark("line", "valley", w, spans=until(done), color=style["color"], width=1.4),
                Mark("line", "loss", curve, spans=until(done), **line),
                Mark("points", "valley", w, spans=alone(done), label=f"B = {B}", **dot),
                Mark("points", "loss", curve, spans=alone(done), **dot),
            ]
        return Scene(panels, marks)
