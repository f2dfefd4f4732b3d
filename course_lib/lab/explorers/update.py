"""One update taken apart: the errors of a batch, a gradient for each, their mean, and the step."""

from itertools import islice

import numpy as np

from course_lib._checks import check_array, check_whole_number
from course_lib.batches import shuffled, streams
from course_lib.data import Data, lesson_line
from course_lib.lab.explorers.base import Explorer, Goal
from course_lib.lab.explorers.controls import (
    Control,
    batch_sizes,
    check_number,
    including,
    preferred_numbers,
)
from course_lib.lab.explorers.scene import GREY, INK, PAGE, Axis, Mark, Panel, Scene, look
from course_lib.lab.explorers.valley import LEVELS, Valley, examples, lines, plane
from course_lib.lab.explorers.words import two_digits
from course_lib.measure import gradients
from course_lib.models import line as line_model
from course_lib.optimizers import sgd

MODEL, OPTIMIZER = line_model(), sgd()
#: How the mean gradient of all examples, and its step, are drawn.
OF_ALL = {"color": INK, "width": 1.6, "dash": "4 3", "label": "those of all"}
#: What the valley shows of slope and bias.
SLOPES, BIASES = (-0.5, 5.0), (-0.5, 7.0)
#: The goal: an update that does harm, with at least so many examples and at most such a rate.
MANY, SLOW = 10, 0.1


class UpdateExplorer(Explorer):
    """One update of the lesson's line: errors, gradients, their mean, and the step against it.

    The parameters before the update (○) can be dragged.

    Parameters
    ----------
    batch_size : int
        B, from 1 to 100.
    learning_rate : float
        α.
    seed : int
        Of the batch. A larger batch of the same seed holds the smaller one.
    w : pair of float
        Slope and bias before the update, inside the picture.

    Examples
    --------
    >>> UpdateExplorer(batch_size=8, learning_rate=0.2)._sentence()
    'The step lowers the loss of its 8 examples, and of all 100.'
    """

    title = "One update taken apart"

    def __init__(
        self,
        *,
        batch_size: int = 8,
        learning_rate: float = 0.2,
        seed: int = 0,
        w=(1.0, 3.0),
    ):
        self.data = lesson_line()
        batch_size = check_whole_number("batch_size", batch_size, 1, len(self.data))
        learning_rate = check_number("learning_rate", learning_rate)
        seed = check_whole_number("seed", seed, 0)
        slope, bias = check_array("w", w, (2,))
        if not (SLOPES[0] <= slope <= SLOPES[1] and BIASES[0] <= bias <= BIASES[1]):
            raise ValueError(
                f"w must be a slope in {SLOPES} and a bias in {BIASES}, so that it is seen, not {w}"
            )
        self._valley = Valley(self.data)
        self._valley.slopes, self._valley.biases = SLOPES, BIASES
        self._contours = self._valley.marks(LEVELS[::2])
        sizes = including(batch_sizes(len(self.data)), batch_size)
        rates = including(preferred_numbers(0.01, 1), learning_rate)
        super().__init__(
            [
                Control("batch_size", "batch size B", sizes),
                Control("learning_rate", "learning rate α", rates),
                Control("seed", "seed of the batch", including(range(21), seed)),
                Control("w", "slope and bias", [], kind="handle"),
            ],
            {
                "batch_size": batch_size,
                "learning_rate": learning_rate,
                "seed": seed,
                "w": (float(slope), float(bias)),
            },
        )

    def _change(self, name, value):
        super()._change(name, tuple(round(x, 2) for x in value) if name == "w" else value)

    def _batch(self) -> np.ndarray:
        """Return the rows of the batch."""
        [rows] = islice(shuffled(len(self.data), self.batch_size, streams(self.seed, 1)), 1)
        return rows[0]

    def _step(self, rows) -> np.ndarray:
        """Return the parameters after an update on these rows."""
        w = np.array(self.w)
        gradient = MODEL.grad(w, self.data.X[rows], self.data.y[rows])
        return OPTIMIZER.update(w, gradient, None, self.learning_rate)[0]

    def _losses(self) -> np.ndarray:
        """Return the loss of the batch, and of all, before and after the update: shape (2, 2)."""
        rows, everyone = self._batch(), np.arange(len(self.data))
        before_after = np.array([self.w, self._step(rows)])
        parts = [(self.data.X[part], self.data.y[part]) for part in (rows, everyone)]
        return np.array([MODEL.loss(before_after, X, y) for X, y in parts])

    def _sentence(self) -> str:
        of_batch, of_all = (
            "lowers" if after < before else "raises" for before, after in self._losses()
        )
        B, N = self.batch_size, len(self.data)
        if B == N:
            return f"The step {of_all} the loss of all {N} examples."
        batch = "example" if B == 1 else f"{B} examples"
        if of_batch == of_all:
            return f"The step {of_batch} the loss of its {batch}, and of all {N}."
        return f"The step {of_batch} the loss of its {batch}, but {of_all} that of all {N}."

    def _table(self):
        losses = self._losses().T
        numbers = np.column_stack([[self.w, self._step(self._batch())], losses])
        rows = {"before": numbers[0], "step": numbers[1] - numbers[0], "after": numbers[1]}
        head = ["", "slope w", "bias b", "loss of the batch", "loss of all"]
        return [head, *([name, *map(two_digits, row)] for name, row in rows.items())]

    def _goal(self):
        before, after = self._losses()[1]
        reached = self.batch_size >= MANY and self.learning_rate <= SLOW and after > before
        return Goal(
            f"find a place where a step of {MANY} examples or more, at α = {SLOW} or less, raises "
            "the loss of all.",
            bool(reached), "Drag ○ to where the thin arrows point to all sides.",
        )  # fmt: skip

    def _scene(self) -> Scene:
        rows, each = self._batch(), gradients(MODEL, np.array(self.w), self.data)
        panels = [
            plane(self.data, "1 errors of the batch", 2),
            Panel("gradients", "2 their gradients",
                  _around_zero("derivative by w", each[:, 0]),
                  _around_zero("derivative by b", each[:, 1]), share=2),
            self._valley.panel("3 the step (drag ○)", 2),
        ]  # fmt: skip
        marks = self._of_plane(rows) + self._of_gradients(rows, each) + self._of_valley(rows)
        return Scene(panels, marks)

    def _of_plane(self, rows):
        batch = Data(self.data.X[rows], self.data.y[rows])
        x, predicted = batch.X[:, 0], MODEL.predict(np.array(self.w), batch.X)
        color = look(self.batch_size, 0)["color"]
        errors = np.column_stack([x, batch.y, x, predicted])
        return [
            examples(self.data, label=f"all {len(self.data)}", size=4.5, opacity=1),
            lines(self.data, np.array([self.w]), color=INK, label="line before"),
            lines(self.data, self._step(rows)[None], color=color, dash="8 3", label="after"),
            Mark("segments", "plane", errors, color=color, width=1.3),
            examples(batch, color=color, size=9, opacity=1, label=f"batch of {len(rows)}"),
        ]

    def _of_gradients(self, rows, each):
        color = look(self.batch_size, 0)["color"]
        mean = each[rows].mean(axis=0)
        return [
            Mark("points", "gradients", each, color=GREY, size=4.5),
            Mark("segments", "gradients", _arrows([0, 0], each[rows]), color=color, width=1),
            Mark("points", "gradients", each[rows], color=color, size=7),
            Mark("segments", "gradients", _arrows([0, 0], [mean]), color=color, width=4, halo=True),
            Mark("points", "gradients", [mean], color=color, marker="D", size=11,
                 label="mean and step"),
            Mark("segments", "gradients", _arrows([0, 0], [each.mean(axis=0)]), **OF_ALL),
        ]  # fmt: skip

    def _of_valley(self, rows):
        after, of_all = self._step(rows), self._step(np.arange(len(self.data)))
        color = look(self.batch_size, 0)["color"]
        return [
            *self._contours,
            Mark("segments", "valley", _arrows(self.w, [after]), color=color, width=4, halo=True),
            Mark("points", "valley", [after], color=color, marker="D", size=11),
            Mark("segments", "valley", _arrows(self.w, [of_all]), **OF_ALL),
            Mark("points", "valley", [self.w], size=14, color=GREY, fill=PAGE, drag="w",
                 name="slope and bias"),
        ]  # fmt: skip


def _arrows(start, ends) -> np.ndarray:
    ends = np.asarray(ends)
    return np.column_stack([np.broadcast_to(start, ends.shape), ends])


def _around_zero(label: str, values: np.ndarray) -> Axis:
    """Return an axis that holds zero and the values, and is the same for values much alike."""
    step = 10.0 ** np.floor(np.log10(abs(values).max())) / 5
    low, high = np.floor(min(values.min(), 0) / step), np.ceil(max(values.max(), 0) / step)
    return Axis(label, float((low - 0.5) * step), float((high + 0.5) * step))
