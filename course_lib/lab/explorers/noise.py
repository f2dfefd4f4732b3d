"""The noise of a batch's gradient, and how it shrinks as the batch grows."""

from functools import lru_cache

import numpy as np

from course_lib._checks import check_choice, check_whole_number
from course_lib.batches import shuffled, with_replacement
from course_lib.data import Data, lesson_line
from course_lib.lab.explorers.base import Explorer, Goal, check_drawable
from course_lib.lab.explorers.controls import Control, batch_sizes, including
from course_lib.lab.explorers.scene import (
    DASHES,
    GREY,
    INK,
    ORANGE,
    Axis,
    Mark,
    Panel,
    Scene,
    look,
)
from course_lib.lab.explorers.words import format_number
from course_lib.measure import (
    batch_gradients,
    gradient_noise,
    gradient_variance,
    gradients,
    least_squares,
)
from course_lib.models import line as line_model

MODEL = line_model()
#: How far from the optimum, as a fraction of the way to the start at zero.
PLACES = {"start": 1.0, "halfway": 0.5, "optimum": 0.0}
PLACE_WORDS = {
    "start": "at slope = bias = 0",
    "halfway": "halfway to the optimum",
    "optimum": "at the optimum",
}
SAMPLINGS = {"with_replacement": with_replacement, "shuffled": shuffled}
SAMPLING_WORDS = {"with_replacement": "with replacement", "shuffled": "without replacement"}
#: Height over width of the plane of gradients.
SHAPE = 0.75
CIRCLE = np.linspace(0, 2 * np.pi, 181)


class NoiseExplorer(Explorer):
    """The gradients of many random batches, with the circle that theory draws around them.

    The circle's radius is the square root of tr Σ/B, or of tr Σ/B · (N − B)/(N − 1) for batches
    without a repeated example: the root mean square distance from the gradient of all examples.

    Parameters
    ----------
    data : Data, optional
        Examples with one feature; the lesson's 100 points unless given.
    batch_size : int
        B, from 1 to N.
    n_batches : int
        How many batches are drawn.
    place : {"start", "halfway", "optimum"}
        Where the gradients are taken: at slope = bias = 0, halfway from there to the least loss, or
        there.
    sampling : {"with_replacement", "shuffled"}
        How a batch is drawn.
    seed : int
        Of the batches.

    Examples
    --------
    >>> NoiseExplorer(batch_size=4)._sentence()
    '100 batches of 4 scatter by 3.15; theory says 3.36.'
    """

    title = "The noise of a batch's gradient"

    def __init__(
        self,
        data: Data | None = None,
        *,
        batch_size: int = 8,
        n_batches: int = 100,
        place: str = "halfway",
        sampling: str = "with_replacement",
        seed: int = 0,
    ):
        before = [] if data is None else ["data"]
        self.data = check_drawable(lesson_line() if data is None else data, at_least=2)
        N = len(self.data)
        batch_size = check_whole_number("batch_size", batch_size, 1, N)
        n_batches = check_whole_number("n_batches", n_batches, 2, 1000)
        check_choice("place", place, PLACES)
        check_choice("sampling", sampling, SAMPLINGS)
        seed = check_whole_number("seed", seed, 0)
        self._measure = lru_cache(64)(self._measure)
        self.optimum = least_squares(self.data, bias=True)
        super().__init__(
            [
                Control("batch_size", "batch size B", including(batch_sizes(N), batch_size)),
                Control("n_batches", "batches", including((25, 50, 100, 200, 400), n_batches)),
                Control("seed", "seed of the batches", including(range(21), seed)),
                Control("place", "gradients taken", list(PLACES), PLACE_WORDS.get, "radios"),
                Control(
                    "sampling", "each batch drawn", list(SAMPLINGS), SAMPLING_WORDS.get, "radios"
                ),
            ],
            {
                "batch_size": batch_size,
                "n_batches": n_batches,
                "seed": seed,
                "place": place,
                "sampling": sampling,
            },
            before,
        )

    def _w(self):
        return (1 - PLACES[self.place]) * self.optimum

    def _measure(self, place, sampling, B, n_batches, seed):
        """Return the gradient of all examples, those of the batches, and two distances.

        The distances are the root mean square of the batches', measured and predicted.
        """
        w = (1 - PLACES[place]) * self.optimum
        full = gradients(MODEL, w, self.data).mean(axis=0)
        drawn = batch_gradients(
            MODEL, w, self.data, B, n_batches, seed=seed, sampling=SAMPLINGS[sampling]
        )
        measured = np.sqrt(((drawn - full) ** 2).sum(axis=1).mean())
        return full, drawn, measured, np.sqrt(self._variance(B, w, sampling))

    def _measured(self):
        return self._measure(self.place, self.sampling, self.batch_size, self.n_batches, self.seed)

    def _variance(self, B, w, sampling):
        N = len(self.data) if sampling == "shuffled" else None
        return gradient_variance(gradient_noise(MODEL, w, self.data), B, N)

    def _sentence(self) -> str:
        _, _, measured, predicted = self._measured()
        said = (
            f"{self.n_batches} batches of {self.batch_size} scatter by "
            f"{format_number(_floor(measured))}; theory says {format_number(_floor(predicted))}."
        )
        if self.place == "optimum":
            return said + " All that you see is noise: the gradient of all examples is zero here."
        return said

    def _table(self):
        full, drawn, measured, predicted = self._measured()
        rows = [
            ["", "length or distance"],
            ["gradient of all examples", f"{_floor(np.hypot(*full)):.2g}"],
            ["batches from it (root mean square)", f"{_floor(measured):.2g}"],
            ["theory", f"{_floor(predicted):.2g}"],
        ]
        if self.place != "optimum":
            wrong = np.mean(drawn @ full < 0)
            rows.append(["batches that point away by more than 90°", f"{100 * wrong:.2g} %"])
        return rows

    def _goal(self):
        expected = np.sqrt(self._variance(self.batch_size, self._w(), self.sampling))
        return Goal(
            "let the batches scatter a fifth as far as single examples, with the smallest batch.",
            bool(expected <= self._limit()), "Halving takes a batch four times as large.",
            cost=self.batch_size, best=self._smallest(), unit="examples a batch",
        )  # fmt: skip

    def _limit(self) -> float:
        """Return a fifth of what single examples are expected to scatter."""
        return np.sqrt(self._variance(1, self._w(), "with_replacement")) / 5

    def _smallest(self) -> int:
        """Return the least B offered that reaches the goal, drawn one way or the other."""
        B = np.array(self._controls["batch_size"].values)
        expected = [np.sqrt(self._variance(B, self._w(), sampling)) for sampling in SAMPLINGS]
        return int(B[np.min(expected, axis=0) <= self._limit()][0])

    def _scene(self) -> Scene:
        full, drawn, distance, predicted = self._measured()
        style = look(self.batch_size, 0)
        B = np.unique(np.geomspace(1, len(self.data), 100).round())
        theory = np.column_stack([B, _not_zero(self._theory(B))])
        circle = full + predicted * np.column_stack([np.cos(CIRCLE), np.sin(CIRCLE)])
        shafts = np.column_stack([np.zeros_like(drawn), drawn])
        color, here = style["color"], (self.batch_size, _not_zero(distance))
        marks = [
            Mark("segments", "plane", shafts, color=color, width=0.9, opacity=0.3),
            Mark("points", "plane", drawn, color=color, size=6, label="one batch each"),
            Mark("line", "plane", circle, color=ORANGE, dash=DASHES[1], halo=True,
                 label="theory's circle for B"),
            Mark("line", "plane", [(0, 0), full], color=INK, width=2.5, halo=True),
            Mark("points", "plane", [full], color=INK, marker="D", size=11, label="all examples"),
            Mark("points", "plane", [(0, 0)], color=GREY, size=8),
            Mark("line", "scatter", theory, color=ORANGE, dash=DASHES[1]),
            Mark("points", "scatter", [here], color=color, size=13),
        ]  # fmt: skip
        return Scene(self._panels(), marks)

    def _theory(self, B):
        return np.sqrt(self._variance(B, self._w(), self.sampling))

    def _panels(self):
        """Fit the axes to what batches of one example would show at this place."""
        each = gradients(MODEL, self._w(), self.data)
        low, high = np.quantile(each, [0.02, 0.98], axis=0)
        low, high = np.minimum(low, 0), np.maximum(high, 0)
        width = 1.15 * max(high[0] - low[0], (high[1] - low[1]) / SHAPE)
        half = np.array([width, SHAPE * width]) / 2  # one scale for both axes: a circle is round
        (x0, y0), (x1, y1) = (low + high) / 2 - half, (low + high) / 2 + half
        largest = float(np.sqrt(gradient_noise(MODEL, self._w(), self.data)))
        N = len(self.data)
        return [
            Panel("plane", "gradients of single batches", Axis("gradient of the slope w", x0, x1),
                  Axis("gradient of the bias b", y0, y1), share=3, shape=SHAPE),
            Panel("scatter", "how far they scatter (press to choose B)",
                  Axis("batch size B", 0.8, 1.25 * N, log=True),
                  Axis("root mean square distance", 0.5 * largest / np.sqrt(N), 1.6 * largest,
                       log=True), share=2, picks=True),
        ]  # fmt: skip

    def _pick(self, panel, x, y):
        self._nearest("batch_size", x)


def _floor(number):
    """Return zero for what is zero but for rounding, so that every machine says the same."""
    return 0.0 if number < 1e-9 else number


def _not_zero(number):
    """Return nan for what is zero but for rounding: a logarithmic axis has no zero."""
    return np.where(np.asarray(number) < 1e-9, np.nan, number)
