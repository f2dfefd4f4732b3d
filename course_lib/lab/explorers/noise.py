"""The noise of a batch's gradient, and how it shrinks as the batch grows."""

from functools import lru_cache

import numpy as np
from matplotlib.collections import LineCollection

from course_lib._checks import check_choice, check_whole_number
from course_lib.batches import shuffled, with_replacement
from course_lib.data import Data, lesson_line
from course_lib.lab.explorers.base import Explorer, check_drawable
from course_lib.lab.explorers.canvas import Canvas, dot, line, logarithmic, place
from course_lib.lab.explorers.controls import Control, batch_sizes, including
from course_lib.lab.explorers.words import format_number
from course_lib.measure import (
    batch_gradients,
    gradient_noise,
    gradient_variance,
    gradients,
    least_squares,
)
from course_lib.models import line as line_model
from course_lib.plots import GREY, LOOKS

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
    >>> NoiseExplorer(batch_size=4)
    NoiseExplorer(batch_size=4, n_batches=100, seed=0, place='halfway', sampling='with_replacement')
    """

    title = "The noise of a batch's gradient"
    size = (9.0, 4.0)
    scenes = "place"

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
        full, drawn, measured, predicted = self._measured()
        said = (
            f"{self.n_batches} batches of B = {self.batch_size}, drawn "
            f"{SAMPLING_WORDS[self.sampling]}, with gradients taken {PLACE_WORDS[self.place]}: "
            f"they lie {format_number(_floor(measured))} from the gradient of all "
            f"{len(self.data)} examples (root mean square); theory predicts "
            f"{format_number(_floor(predicted))}. "
        )
        if self.place == "optimum":
            return said + "The gradient of all examples is zero here, so all that you see is noise."
        wrong = np.mean(drawn @ full < 0)
        return said + (
            f"The gradient of all examples has length {format_number(np.hypot(*full))}; "
            f"{format_number(100 * wrong)}\u00a0% of the batches point away from it by more "
            "than 90°."
        )

    def _picture(self, canvas: Canvas):
        left, right = canvas.figure.subplots(1, 2, width_ratios=[3, 2])
        left.set(title="gradients of single batches", box_aspect=SHAPE,
                 xlabel="gradient of the slope w", ylabel="gradient of the bias b")  # fmt: skip
        right.set(title="how far they scatter",
                  xlabel="batch size B", ylabel="root mean square distance")  # fmt: skip
        cloud = _Cloud(canvas, left)
        curve = canvas.moves(line(right, LOOKS[1], label="theory"))
        measured = canvas.moves(dot(right, LOOKS[0], linestyle="none", label="these batches"))
        N = len(self.data)
        B = np.unique(np.geomspace(1, N, 200).round())
        logarithmic(right, "x", 0.8, 1.25 * N)
        for ax, where in ((left, "lower right"), (right, "lower left")):
            ax.legend(loc=where)

        def move():
            full, drawn, distance, predicted = self._measured()
            cloud.show(full, drawn, predicted)
            theory = np.sqrt(self._variance(B, self._w(), self.sampling))
            place(curve, np.column_stack([B, _not_zero(theory)]))
            place(measured, [(self.batch_size, _not_zero(distance))])
            if canvas.scene != self.place:
                self._frame(left, right)
            return self.place

        return move

    def _frame(self, left, right):
        """Fit the axes to what batches of one example would show at this place."""
        each = gradients(MODEL, self._w(), self.data)
        low, high = np.quantile(each, [0.02, 0.98], axis=0)
        low, high = np.minimum(low, 0), np.maximum(high, 0)
        width = 1.15 * max(high[0] - low[0], (high[1] - low[1]) / SHAPE)
        half = np.array([width, SHAPE * width]) / 2  # one scale for both axes: a circle is round
        (x0, y0), (x1, y1) = (low + high) / 2 - half, (low + high) / 2 + half
        left.set(xlim=(x0, x1), ylim=(y0, y1))
        largest = np.sqrt(gradient_noise(MODEL, self._w(), self.data))
        logarithmic(right, "y", 0.5 * largest / np.sqrt(len(self.data)), 1.6 * largest)


class _Cloud:
    """What moves in the plane of gradients: the batches', all examples', and theory's circle."""

    def __init__(self, canvas, ax):
        look = LOOKS[0]
        self.shafts = canvas.moves(LineCollection([], colors=look["color"], alpha=0.25))
        self.shafts.set_linewidth(0.8)
        ax.add_collection(self.shafts, autolim=False)
        style = {"linestyle": "none", "markersize": 5, "markeredgewidth": 0.6, "zorder": 2}
        self.tips = canvas.moves(dot(ax, look, **style, label="one batch each"))
        self.circle = canvas.moves(line(ax, LOOKS[1], label="theory's circle for B"))
        style = {"marker": "D", "markevery": [1], "linestyle": "-", "markersize": 6.5}
        self.full = canvas.moves(line(ax, LOOKS[3], **style | {"label": "all examples"}))
        ax.plot(0, 0, "o", color=GREY, markeredgecolor="white", markersize=6)

    def show(self, full, drawn, radius):
        self.shafts.set_segments(np.stack([np.zeros_like(drawn), drawn], axis=1))
        place(self.tips, drawn)
        circle = np.column_stack([np.cos(CIRCLE), np.sin(CIRCLE)])
        place(self.circle, full + radius * circle)
        place(self.full, [(0, 0), full])


def _floor(number):
    """Return zero for what is zero but for rounding, so that every machine says the same."""
    return 0.0 if number < 1e-9 else number


def _not_zero(number):
    """Return nan for what is zero but for rounding: a logarithmic axis has no zero."""
    return np.where(np.asarray(number) < 1e-9, np.nan, number)
