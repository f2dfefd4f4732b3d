"""The map of learning rate and batch size: what so many examples or updates lead to."""

from functools import cache

import numpy as np

from course_lib._checks import check_choice
from course_lib.data import lesson_line
from course_lib.lab.explorers.base import Explorer, Goal
from course_lib.lab.explorers.controls import Control, check_offered
from course_lib.lab.explorers.scene import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    PAGE,
    Axis,
    Mark,
    Panel,
    Scene,
    look,
)
from course_lib.lab.explorers.valley import Valley
from course_lib.lab.explorers.words import format_number, two_digits
from course_lib.measure import middle_80
from course_lib.optimizers import linear_rule, square_root_rule

SIZES = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
#: Each about √2 times the one before.
RATES = [float(f"{0.002 * 2 ** (i / 2):.2g}") for i in range(19)]
BUDGETS = {"examples": [80, 160, 320, 640], "updates": [10, 20, 40, 80]}
N_RUNS = 16
#: Losses above the least one, in units of it: of the strongest colour, of none, and diverged.
BEST, WORST, FAR = 0.01, 10, 1000
#: The goal: so near to the least loss.
NEAR = 0.05


class MapExplorer(Explorer):
    """What each learning rate leads to at each batch size, for the lesson's line.

    A press on the map chooses a cell, whose runs are shown and from which both rules start.

    Parameters
    ----------
    batch_size : int
        One of 1, 2, 3, 4, 6, 8, 12, …, 64.
    learning_rate : float
        α, one of those of the map.
    held : {"examples", "updates"}
        Of what all runs get the same number.
    budget : int
        That number: 80, 160, 320 or 640 examples, or 10, 20, 40 or 80 updates.

    Examples
    --------
    >>> MapExplorer().best_rate(4)
    0.045
    """

    title = "The map of learning rate and batch size"

    def __init__(
        self,
        batch_size: int = 4,
        learning_rate: float = 0.045,
        *,
        held: str = "examples",
        budget: int = 640,
    ):
        check_offered("batch_size", batch_size, SIZES)
        check_offered("learning_rate", learning_rate, RATES)
        check_choice("held", held, BUDGETS)
        check_offered("budget", budget, BUDGETS[held])
        runs()  # trains now, so that no answer has to wait
        controls = [
            Control("batch_size", "batch size B", SIZES),
            Control("learning_rate", "learning rate α", RATES),
            Control("held", "the same number of", list(BUDGETS), str, "radios"),
            Control("budget", "for all of them", BUDGETS[held], varies=True),
        ]
        cell = {"batch_size": batch_size, "learning_rate": learning_rate}
        super().__init__(controls, cell | {"held": held, "budget": budget})
        self._name_budgets()

    def _name_budgets(self):
        self._controls["budget"].set_values(BUDGETS[self.held], ("{} " + self.held).format)

    def _change(self, name, value):
        level = BUDGETS[self.held].index(self.budget)
        super()._change(name, value)
        if name == "held":
            self._values["budget"] = BUDGETS[value][level]
            self._name_budgets()

    def _pick(self, panel, x, y):
        self._nearest("batch_size", x)
        self._nearest("learning_rate", y)

    def _updates(self, B) -> int:
        return self.budget if self.held == "updates" else self.budget // B

    def losses(self) -> np.ndarray:
        """Return the median losses above the least one, in units of it, of shape (B, rates)."""
        return _losses(self.held, self.budget)

    def best_rate(self, B: int) -> float:
        """Return the rate of the lowest median at a batch size of the map."""
        return RATES[int(self.losses()[SIZES.index(B)].argmin())]

    def _excess(self, rate) -> float:
        return float(self.losses()[SIZES.index(self.batch_size), RATES.index(rate)])

    def _sentence(self) -> str:
        B, rate, best = self.batch_size, self.learning_rate, self.best_rate(self.batch_size)
        said = f"At B = {B} the best rate is {best}"
        if rate != best:
            ratio = two_digits((1 + self._excess(rate)) / (1 + self._excess(best)))
            ends = "diverges" if self._excess(rate) > FAR else f"ends at {ratio} times its loss"
            said += f"; {format_number(rate)} {ends}"
        grows = two_digits(self.best_rate(SIZES[-1]) / self.best_rate(SIZES[0]))
        return f"{said}. While B grows {SIZES[-1]} times, the best rate grows {grows} times."

    def _table(self):
        rows = [["B", "updates", "best rate α", "α / B", "α / √B", "loss above the least, ÷ it"]]
        for B, losses in zip(SIZES, self.losses(), strict=True):
            rate = self.best_rate(B)
            numbers = (rate, rate / B, rate / B**0.5, losses.min())
            rows.append([f"{B}", f"{self._updates(B)}", *(f"{each:.2g}" for each in numbers)])
        return rows

    def _goal(self):
        n, is_near = self._updates(self.batch_size), self._excess(self.learning_rate) <= NEAR
        return Goal(
            "come within 5 % of the least loss, from at most 640 examples, in the fewest updates.",
            is_near and n * self.batch_size <= BUDGETS["examples"][-1],
            "Follow the valley to the right until it ends.", cost=n, best=13, unit="updates",
        )  # fmt: skip

    def _scene(self) -> Scene:
        sizes = Axis("batch size B", *_edges(SIZES)[[0, -1]], log=True, ticks=(1, 4, 16, 64))
        rates = Axis("learning rate α", *_edges(RATES)[[0, -1]], log=True)
        clock = Axis(f"{self.held} of each run", 0, 1.02 * self.budget)
        loss = Axis("loss above the least, ÷ the least", BEST / 10, FAR, log=True)
        now = f"after {self.budget} {self.held} (press a cell)"
        cell = f"B = {self.batch_size}, α = {self.learning_rate}: 80 % of {N_RUNS} runs"
        panels = [Panel("map", now, sizes, rates, picks=True), Panel("run", cell, clock, loss)]
        return Scene(panels, self._cells() + self._rules() + self._curves())

    def _cells(self):
        """Return the cells, shaded by their losses, and the best one at each batch size."""
        x, y, losses = _edges(SIZES), _edges(RATES), self.losses()
        boxes = np.array([[(x[i], y[j], x[i + 1], y[j + 1]) for j in range(len(RATES))]
                          for i in range(len(SIZES))])  # fmt: skip
        shades = 1 - np.log(np.clip(losses, BEST, WORST) / BEST) / np.log(WORST / BEST)
        shades = np.round(8 * shades) / 8  # as contours, and for a small still picture
        is_far = losses > FAR
        shown = {"color": BLUE, "shades": shades[~is_far], "label": "strong: low loss"}
        ring = {"color": INK, "fill": PAGE, "size": 8, "label": "best α"}
        return [
            Mark("areas", "map", boxes[~is_far], **shown),
            Mark("areas", "map", boxes[is_far], color=ORANGE, opacity=0.35, label="diverges"),
            Mark("points", "map", [(B, self.best_rate(B)) for B in SIZES], **ring),
        ]

    def _rules(self):
        """Return the lines of both rules through the chosen cell."""
        here = self.learning_rate, self.batch_size
        rules = {"linear rule": (linear_rule, ""), "square-root rule": (square_root_rule, "8 3")}
        return [
            Mark("line", "map", [(B, rule(*here)(B)) for B in _edges(SIZES)], color=INK, dash=dash,
                 halo=True, label=label)
            for label, (rule, dash) in rules.items()
        ]  # fmt: skip

    def _curves(self):
        B, color = self.batch_size, look(self.batch_size, 0)["color"]
        n, per_update = self._updates(B), B if self.held == "examples" else 1
        dot, clock = {"color": color, "size": 14}, per_update * np.arange(n + 1)
        here, best = (
            middle_80(runs()[B][: n + 1, RATES.index(rate)], axis=1)
            for rate in (self.learning_rate, self.best_rate(B))
        )
        return [
            Mark("points", "map", [(B, self.learning_rate)], **dot),
            Mark("band", "run", np.column_stack([clock, *here[::2]]), color=color, opacity=0.25),
            Mark("line", "run", np.column_stack([clock, best[1]]), color=GREY, width=3.5,
                 label="at the best α"),
            Mark("line", "run", np.column_stack([clock, here[1]]), color=color, width=1.6),
            Mark("points", "run", [(clock[-1], here[1, -1])], **dot),
        ]  # fmt: skip


@cache
def runs() -> dict[int, np.ndarray]:
    """Return losses above the least one, in units of it: for each B of shape (T, rates, runs)."""
    valley = Valley(lesson_line())
    ends = {B: max(BUDGETS["examples"][-1] // B, BUDGETS["updates"][-1]) for B in SIZES}
    return {B: valley.runs(B, RATES, n, N_RUNS, seed=0) / valley.least for B, n in ends.items()}


@cache
def _losses(held, budget):
    ends = np.array([runs()[B][budget // (B if held == "examples" else 1)] for B in SIZES])
    return middle_80(ends, axis=2)[1]


def _edges(values) -> np.ndarray:
    """Return the edges of cells around values, on a log scale."""
    middles = np.sqrt(np.multiply(values[1:], values[:-1]))
    return np.array([values[0] ** 2 / middles[0], *middles, values[-1] ** 2 / middles[-1]])
