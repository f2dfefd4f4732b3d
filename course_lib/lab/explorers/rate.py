"""The rate of the full batch against its limit, 2/λmax: the path, the loss, and all other rates."""

from functools import lru_cache
from itertools import islice

import numpy as np

from course_lib._checks import check_array, check_whole_number
from course_lib.batches import in_order
from course_lib.chapters.curvature import hessian_eigenvalues
from course_lib.data import lesson_line
from course_lib.lab.explorers.base import Explorer, Goal
from course_lib.lab.explorers.controls import Control, check_number, including
from course_lib.lab.explorers.scene import (
    GREY,
    ORANGE,
    PAGE,
    Axis,
    Mark,
    Panel,
    Scene,
    alone,
    look,
    until,
)
from course_lib.lab.explorers.valley import Valley
from course_lib.lab.explorers.words import two_digits
from course_lib.models import line as line_model
from course_lib.optimizers import constant, sgd
from course_lib.runs import Setup
from course_lib.training import iterate_runs

MODEL = line_model()
N_UPDATES = 60
RATES = [round(0.01 * k, 2) for k in range(1, 61)]
#: What the valley and the loss show.
SLOPES, BIASES, LOSSES = (-1.0, 6.0), (-1.0, 8.0), (1e-5, 1e3)
#: The goal: the lowest loss after so many updates from here. It is reached at NEAR per cent above
#: the least loss, and BEST is that of the best rate offered.
GOAL_UPDATES, GOAL_START, NEAR, BEST = 20, (0.0, 0.0), 0.5, 0.0949


class RateExplorer(Explorer):
    """The path of the full batch at one rate, and the loss to which each other rate leads.

    The start (○) can be dragged, and a press in the panel of rates chooses one.

    Parameters
    ----------
    learning_rate : float
        α.
    start : pair of float
        Slope and bias at the start, inside the picture.
    update : int
        How many of 60 updates are shown.

    Examples
    --------
    >>> print(RateExplorer(learning_rate=0.5)._sentence())
    α = 0.5 is beyond the limit 0.484: after 20 updates the loss is 750 times the least.
    """

    title = "The rate and its limit"

    def __init__(
        self,
        *,
        learning_rate: float = 0.1,
        start=GOAL_START,
        update: int = GOAL_UPDATES,
    ):
        learning_rate = check_number("learning_rate", learning_rate)
        if learning_rate > RATES[-1]:
            raise ValueError(f"learning_rate must be at most {RATES[-1]}, not {learning_rate}")
        slope, bias = check_array("start", start, (2,))
        if not (SLOPES[0] <= slope <= SLOPES[1] and BIASES[0] <= bias <= BIASES[1]):
            raise ValueError(
                f"start must be a slope in {SLOPES} and a bias in {BIASES}, not {start}"
            )
        update = check_whole_number("update", update, 0, N_UPDATES)
        self._data = lesson_line()
        self._valley = Valley(self._data)
        self._valley.slopes, self._valley.biases = SLOPES, BIASES
        self._contours = self._valley.marks()
        self.limit = 2 / hessian_eigenvalues(self._data, bias=True)[0]
        self._rates = including(RATES, learning_rate)
        self._paths = lru_cache(8)(self._paths)
        super().__init__(
            [
                Control("learning_rate", "learning rate α", self._rates),
                Control("start", "start", [], kind="handle"),
                Control("update", "updates shown", list(range(N_UPDATES + 1)), plays=True),
            ],
            {
                "learning_rate": learning_rate,
                "start": (float(slope), float(bias)),
                "update": update,
            },
        )

    def _change(self, name, value):
        super()._change(name, tuple(round(x, 2) for x in value) if name == "start" else value)

    def _pick(self, panel, x, y):
        self._nearest("learning_rate", x)

    def _paths(self, start) -> tuple[np.ndarray, np.ndarray]:
        """Return the paths of all rates, shape (T, S, 2), and their excess losses, (T, S)."""
        N = len(self._data)
        setup = Setup(MODEL, self._data, sgd(), N, 1, sampling=in_order, start=np.array(start))
        moments = iterate_runs(setup, [constant(rate) for rate in self._rates])
        w = np.array([w[:, 0] for _, _, w in islice(moments, N_UPDATES + 1)])
        return w, self._valley.excess(w)

    def _chosen(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the path of the chosen rate, shape (T, 2), and its excess losses, (T,)."""
        w, excess = self._paths(self.start)
        at = self._rates.index(self.learning_rate)
        return w[:, at], excess[:, at]

    def _sentence(self) -> str:
        side = "below" if self.learning_rate < self.limit else "beyond"
        ratio = 1 + self._chosen()[1][self.update] / self._valley.least
        far = (
            f"{two_digits(100 * (ratio - 1))} % above"
            if ratio < 3
            else f"{two_digits(ratio)} times"
        )
        return (
            f"α = {self.learning_rate:g} is {side} the limit {self.limit:.3g}: "
            f"after {self.update} updates the loss is {far} the least."
        )

    def _table(self):
        curvatures, directions = np.linalg.eigh(self._valley.hessian)
        away = abs((self._chosen()[0][[0, self.update]] - self._valley.optimum) @ directions)
        rows = [["", "λ", "each update: times 1 − αλ", "distance at the start", "and now"]]
        for name, i in (("across the valley", 1), ("along the valley", 0)):
            factor = 1 - self.learning_rate * curvatures[i]
            rows.append([name, *map(two_digits, (curvatures[i], factor, *away[:, i]))])
        return rows

    def _goal(self):
        above = float(100 * self._chosen()[1][self.update] / self._valley.least)
        is_there = self.update == GOAL_UPDATES and self.start == GOAL_START
        return Goal(
            f"from slope 0 and bias 0, come within {NEAR} % of the least loss in {GOAL_UPDATES} "
            "updates, and then as near as you can.",
            is_there and above <= NEAR,
            "Just below the limit the path jumps across the valley, and is quick along it.",
            cost=float(f"{above:.3g}"), best=BEST, unit="% above the least loss",
        )  # fmt: skip

    def _scene(self) -> Scene:
        panels = [
            self._valley.panel("the path (drag the start ○)", 3),
            Panel("loss", "its loss", Axis("updates", 0, N_UPDATES),
                  Axis("loss above the least", *LOSSES, log=True), share=2),
            Panel("rates", "all rates (press one)", Axis("learning rate α", 0.005, 0.605),
                  Axis("loss above the least", *LOSSES, log=True), share=2, picks=True),
        ]  # fmt: skip
        return Scene(panels, [*self._contours, *self._of_path(), *self._of_rates()])

    def _of_path(self):
        w, excess = self._chosen()
        color = look(len(self._data), 0)["color"]
        frames = np.arange(N_UPDATES + 1)
        curve = np.column_stack([frames, excess])
        return [
            Mark("line", "valley", w, spans=until(frames), color=color, halo=True,
                 label=f"B = {len(self._data)}, all examples"),
            Mark("points", "valley", w, spans=until(frames), color=color, size=5),
            Mark("points", "valley", w, spans=alone(frames), color=color, size=12),
            Mark("points", "valley", w[:1], size=13, color=GREY, fill=PAGE, drag="start",
                 name="start"),
            Mark("line", "loss", curve, spans=until(frames), color=color),
            Mark("points", "loss", curve, spans=alone(frames), color=color, size=12),
        ]  # fmt: skip

    def _of_rates(self):
        _, excess = self._paths(self.start)
        color = look(len(self._data), 0)["color"]
        n = len(self._rates)
        curves = np.column_stack([np.tile(self._rates, len(excess)), excess.ravel()])
        chosen = np.arange(len(excess)) * n + self._rates.index(self.learning_rate)
        first = n * np.arange(len(excess))
        low, high = LOSSES
        return [
            Mark("areas", "rates", [self.limit, low, 1, high], color=ORANGE, opacity=0.15),
            Mark("segments", "rates", [self.limit, low, self.limit, high], color=ORANGE,
                 dash="6 3", label=f"limit 2/λmax = {self.limit:.3f}"),
            Mark("line", "rates", curves, spans=np.column_stack([first, first + n]), color=color),
            Mark("points", "rates", curves, spans=alone(chosen),
                 color=color, size=12),
        ]  # fmt: skip
