"""The noise ball: where runs at a constant rate end, beside runs whose rate decays."""

from dataclasses import replace
from functools import lru_cache
from itertools import islice

import numpy as np

from course_lib._checks import check_whole_number
from course_lib.batches import with_replacement
from course_lib.data import lesson_line
from course_lib.lab.explorers.base import Explorer, Goal
from course_lib.lab.explorers.controls import (
    Control,
    batch_sizes,
    check_number,
    including,
    preferred_numbers,
)
from course_lib.lab.explorers.scene import BLUE, GREEN, INK, Axis, Mark, Panel, Scene, alone, until
from course_lib.lab.explorers.valley import CIRCLE, LEVELS, Valley
from course_lib.lab.explorers.words import listing, two_digits
from course_lib.models import line as line_model
from course_lib.optimizers import constant, inverse_time, sgd
from course_lib.runs import Setup
from course_lib.training import iterate_runs

MODEL = line_model()
N_RUNS, N_UPDATES, HALF, EVERY = 16, 1000, 500, 20
FRAMES = np.arange(0, N_UPDATES + 1, EVERY)
#: Frames in the cloud.
IN_CLOUD = (FRAMES > HALF) & (FRAMES % (2 * EVERY) == 0)
NOW, UNTIL = alone(np.arange(len(FRAMES))), until(np.arange(len(FRAMES)))
#: Colour, marker and dash of each of the two schedules.
LOOKS = {"constant": (BLUE, "o", ""), "decaying": (GREEN, "^", "8 3")}
#: How far from the optimum the picture reaches, in slope and in bias.
REACH = 1.0
#: The goal: so near to the least loss, as a part of it, and the fewest examples that suffice.
NEAR, BEST = 0.01, N_UPDATES


class BallExplorer(Explorer):
    """The last half of 16 runs as a cloud about the optimum, at a constant and a decaying rate.

    Both schedules share the start, slope and bias 0, and the batches, drawn with replacement.

    Parameters
    ----------
    learning_rate : float
        α of the constant rate, and of the decaying one at the start.
    half_after : int
        After so many updates the decaying rate, a 1/t rate, is half of α.
    batch_size : int
        B, from 1 to 100.
    update : int
        How many of 1,000 updates are shown: a multiple of 20.

    Examples
    --------
    >>> sorted(BallExplorer().state)
    ['batch_size', 'half_after', 'learning_rate', 'update']
    """

    title = "The noise ball"

    def __init__(
        self,
        *,
        learning_rate: float = 0.05,
        half_after: int = 200,
        batch_size: int = 1,
        update: int = N_UPDATES,
    ):
        learning_rate = check_number("learning_rate", learning_rate)
        half_after = check_whole_number("half_after", half_after, 1)
        self._data = lesson_line()
        N = len(self._data)
        batch_size = check_whole_number("batch_size", batch_size, 1, N)
        update = check_whole_number("update", update, 0, N_UPDATES)
        if update % EVERY:
            raise ValueError(f"update must be a multiple of {EVERY}, not {update}")
        self._valley = Valley(self._data)
        slope, bias = self._valley.optimum
        self._valley.slopes = (slope - REACH, slope + REACH)
        self._valley.biases = (bias - REACH, bias + REACH)
        self._contours, self._cross = self._valley.marks(LEVELS[1:5:3])
        self._train = lru_cache(32)(self._train)
        halves = including((5, 10, 15, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000), half_after)
        rates = including(preferred_numbers(0.005, 0.4), learning_rate)
        super().__init__(
            [
                Control("learning_rate", "learning rate α, at the start", rates),
                Control("half_after", "decay: halved after", halves, _updates),
                Control("batch_size", "batch size B", including(batch_sizes(N // 2), batch_size)),
                Control("update", "updates shown", FRAMES.tolist(), plays=True),
            ],
            {
                "learning_rate": learning_rate,
                "half_after": half_after,
                "batch_size": batch_size,
                "update": update,
            },
        )

    def _train(self, learning_rate, half_after, batch_size) -> dict[str, np.ndarray]:
        """Return the parameters at each frame by the name of the schedule, shape (F, R, 2)."""
        schedules = constant(learning_rate), inverse_time(learning_rate, half_after)
        setup = Setup(
            MODEL, self._data, sgd(), batch_size, N_RUNS, sampling=with_replacement,
            start=np.zeros(2),
        )  # fmt: skip
        with np.errstate(over="ignore", invalid="ignore"):
            moments = iterate_runs(setup, schedules)
            shown = [w for _, _, w in islice(moments, 0, N_UPDATES + 1, EVERY)]
        return dict(zip(LOOKS, np.stack(shown, axis=1), strict=True))

    def _runs(self):
        return self._train(self.learning_rate, self.half_after, self.batch_size)

    def _excess(self, w) -> np.ndarray:
        """Return the loss above the least, as a part of it; infinite where a run has diverged."""
        with np.errstate(over="ignore", invalid="ignore"):
            excess = self._valley.excess(w) / self._valley.least
        return np.where(np.isfinite(excess), excess, np.inf)

    def _radius(self, w) -> float:
        """Return the root mean square distance of the last half from the optimum."""
        with np.errstate(over="ignore", invalid="ignore"):
            squared = ((w[FRAMES > HALF] - self._valley.optimum) ** 2).sum(axis=-1).mean()
        return float(np.sqrt(squared)) if np.isfinite(squared) else np.inf

    def _above(self, w) -> float:
        """Return how far the loss of the last half is above the least, as a part of it."""
        return float(self._excess(w[FRAMES > HALF]).mean())

    def _sentence(self) -> str:
        radius = {name: self._radius(w) for name, w in self._runs().items()}
        lost = [name for name, size in radius.items() if np.isinf(size)]
        if lost:
            also = f"a {listing(lost)} rate" + (" diverge" if len(lost) > 1 else " diverges")
            return f"With α = {self.learning_rate:g} at the start, {also}."
        near, far = sorted(radius, key=radius.get)
        times = two_digits(radius[far] / radius[near])
        return (
            f"In the last half, runs at a {far} rate lie {times} times as far from the optimum as "
            f"those at a {near} one."
        )

    def _table(self):
        rows = [["", "radius of the ball", "loss above the least"]]
        for name, w in self._runs().items():
            above = f"{two_digits(100 * self._above(w))} %"
            rows.append([f"{name} rate", two_digits(self._radius(w)), above])
        return rows

    def _goal(self):
        above = min(map(self._above, self._runs().values()))
        return Goal(
            f"bring the loss of the last half to within {100 * NEAR:g} % of the least, in the mean "
            "of 16 runs, with the fewest examples.",
            above <= NEAR and self.update == N_UPDATES,
            "A rate must be high to arrive, and low to stay near. A large batch is quieter, too.",
            cost=N_UPDATES * self.batch_size, best=BEST, unit="examples a run",
        )  # fmt: skip

    def _scene(self) -> Scene:
        panels, marks = [], []
        for name, w in self._runs().items():
            title = f"{name} rate: radius {two_digits(self._radius(w))}"
            panels.append(replace(self._valley.panel(title), name=name))
            marks += self._cloud(name, w) + self._curve(name, w)
        loss = Axis("loss above the least, ÷ the least", 1e-4, 100, log=True)
        updates = Axis("updates", 0, 1.03 * N_UPDATES)
        panels.append(Panel("loss", "median of 16 runs", updates, loss))
        line = [[0, NEAR], [N_UPDATES, NEAR]]
        marks.append(Mark("line", "loss", line, color=INK, width=1.2, dash="2 3",
                          label=f"{100 * NEAR:g} % above the least"))  # fmt: skip
        return Scene(panels, marks)

    def _cloud(self, name, w):
        """Return the last half until each frame, its circle, and the runs at each frame."""
        color, *_ = LOOKS[name]
        seen = N_RUNS * np.cumsum(IN_CLOUD)[:, None] * [0, 1]
        circle = CIRCLE * self._radius(w)
        drawn = len(circle) * (FRAMES > HALF)[:, None] * [0, 1]
        return [
            replace(self._contours, panel=name),
            Mark("points", name, w[IN_CLOUD].reshape(-1, 2), spans=seen, color=color, size=5),
            Mark("line", name, self._valley.optimum + circle, spans=drawn, color=color, width=3,
                 halo=True),
            replace(self._cross, panel=name),
            Mark("points", name, w.reshape(-1, 2), spans=N_RUNS * NOW, color=INK, size=7),
        ]  # fmt: skip

    def _curve(self, name, w):
        curve = np.column_stack([FRAMES, np.median(self._excess(w), axis=1)])
        color, marker, dash = LOOKS[name]
        return [
            Mark("line", "loss", curve, spans=UNTIL, color=color, dash=dash, label=f"{name} rate"),
            Mark("points", "loss", curve, spans=NOW, color=color, marker=marker, size=12),
        ]


def _updates(number: int) -> str:
    return f"{number:,} updates"
