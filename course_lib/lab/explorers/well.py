"""The tilted double well: how many runs leave the shallow well, at two batch sizes."""

from functools import lru_cache
from itertools import islice

import numpy as np

from course_lib._checks import check_finite, check_one_number, check_whole_number
from course_lib.batches import in_order, with_replacement
from course_lib.data import Data
from course_lib.lab.explorers.base import Explorer, Goal
from course_lib.lab.explorers.controls import Control, check_number, including, preferred_numbers
from course_lib.lab.explorers.scene import GREY, INK, Axis, Mark, Panel, Scene, alone, look, until
from course_lib.lab.explorers.words import two_digits
from course_lib.models import Model
from course_lib.optimizers import constant, sgd
from course_lib.runs import Setup
from course_lib.training import iterate_runs

N, N_RUNS, N_FRAMES = 300, 32, 101
#: α × updates: the way down a slope that every run has time for.
WAY = 100
SIZES = [1, 2, 3, 4, 6, 8, 12, 16, 20, 25, 32, 40, 50, 64, N]
#: The goal: this share of the runs of so large a batch in the deep well, from this start.
SHARE, LARGE, START = 0.9, 32, -1.0
NOW, UNTIL = alone(np.arange(N_FRAMES)), until(np.arange(N_FRAMES))


def _double_well() -> Model:
    """Return the model of one parameter x with the loss (x² − 1)²/4 − z·x of an example z."""

    def predict(w, X):
        return w + 0 * X[..., 0]  # x, whatever the example

    def loss(w, X, z):
        x = w[..., 0]
        return (x**2 - 1) ** 2 / 4 - z.mean(axis=-1) * x

    def grad(w, X, z):
        return w**3 - w - z.mean(axis=-1)[..., None]

    return Model(1, None, 1, lambda rng: np.full(1, START), predict, loss, grad)


def _tilts() -> Data:
    """Return 300 examples z of mean 0.2 and standard deviation 2.4, as targets."""
    z = np.random.default_rng(0).standard_normal(N)
    z = 0.2 + 2.4 * (z - z.mean()) / z.std()
    return Data(np.zeros((N, 1)), z)


WELL, EXAMPLES = _double_well(), _tilts()


class WellExplorer(Explorer):
    """32 runs each of two batch sizes in a tilted double well: who leaves the shallow well.

    All have α × updates = 100. Batches are drawn with replacement; that of 300 is all examples.

    Parameters
    ----------
    batch_size : int
        B of the runs on the left, from 1 to 300.
    other : int
        B of the runs on the right.
    learning_rate : float
        α of both, from 0.2 to 0.5.
    start : float
        x at the start, from −1.5 to 1.5. A press in a well chooses it, too.
    moment : int
        In per cent of the updates.

    Examples
    --------
    >>> WellExplorer(moment=0)._sentence()
    'All runs start at x = −1.'
    """

    title = "Out of the shallow well"

    def __init__(
        self,
        *,
        batch_size: int = 8,
        other: int = 64,
        learning_rate: float = 0.2,
        start: float = START,
        moment: int = 100,
    ):
        batch_size = check_whole_number("batch_size", batch_size, 1, N)
        other = check_whole_number("other", other, 1, N)
        learning_rate = check_number("learning_rate", learning_rate)
        if not 0.2 <= learning_rate <= 0.5:
            raise ValueError(f"learning_rate must be from 0.2 to 0.5, not {learning_rate}")
        if abs(check_one_number("start", check_finite("start", start))) > 1.5:
            raise ValueError(f"start must be from −1.5 to 1.5, not {start}")
        moment = check_whole_number("moment", moment, 0, N_FRAMES - 1)
        self._train = lru_cache(32)(self._train)
        sizes = including(SIZES, batch_size, other)
        rates = including(preferred_numbers(0.2, 0.5), learning_rate)
        starts = including([k / 10 for k in range(-15, 16)], float(start))
        super().__init__(
            [
                Control("batch_size", "batch size B, left", sizes),
                Control("other", "batch size B, right", sizes),
                Control("learning_rate", "learning rate α", rates),
                Control("start", "start x", starts),
                Control("moment", "part shown", list(range(N_FRAMES)), "{} %".format, plays=True),
            ],
            {"batch_size": batch_size, "other": other, "learning_rate": learning_rate,
             "start": float(start), "moment": moment},
        )  # fmt: skip

    def _pick(self, panel, x, y):
        starts = self._controls["start"].values
        self._change("start", min(starts, key=lambda each: abs(each - x)))

    def _train(self, B, learning_rate, start) -> np.ndarray:
        """Return x of all runs at each frame, shape (F, R)."""
        draw, updates = in_order if B == N else with_replacement, _updates(learning_rate)
        setup = Setup(WELL, EXAMPLES, sgd(), B, N_RUNS, sampling=draw, start=np.array([start]))
        with np.errstate(over="ignore", invalid="ignore"):
            moments = islice(iterate_runs(setup, [constant(learning_rate)]), updates[-1] + 1)
            return np.array([w[0, :, 0] for _, _, w in moments])[updates]

    def _runs(self) -> list[tuple[int, np.ndarray]]:
        """Return both batch sizes with x of the runs at each frame, shape (F, R)."""
        sizes = self.batch_size, self.other
        return [(B, self._train(B, self.learning_rate, self.start)) for B in sizes]

    def _loss(self, x) -> np.ndarray:
        """Return the loss over all examples at x, infinite where a run has diverged."""
        with np.errstate(over="ignore", invalid="ignore"):
            loss = WELL.loss(x[..., None], EXAMPLES.X, EXAMPLES.y)
        return np.where(np.isfinite(loss), loss, np.inf)

    def _sentence(self) -> str:
        if self.moment == 0:
            return f"All runs start at x = {two_digits(self.start)}."
        n = _updates(self.learning_rate)[self.moment]
        (B, one), (other, two) = ((B, _is_deep(x[self.moment]).sum()) for B, x in self._runs())
        left = f"{one} of {N_RUNS} runs of B = {B} are in the deep well"
        return f"{left} after {n} updates, against {two} of B = {other}."

    def _table(self):
        rows = [["", "α / B", "in the deep well", "mean loss"]]
        for B, x in self._runs():
            now = x[self.moment]
            numbers = self.learning_rate / B, 100 * _is_deep(now).mean(), self._loss(now).mean()
            ratio, share, loss = map(two_digits, numbers)
            rows.append([f"B = {B}", ratio, f"{share} %", loss])
        return rows

    def _goal(self):
        out = max((_is_deep(x[-1]).mean() for B, x in self._runs() if B >= LARGE), default=0)
        return Goal(
            f"from x = −1, bring {100 * SHARE:.0f} % of the runs of B ≥ {LARGE} to the deep well.",
            bool(out >= SHARE and self.start == START and self.moment == N_FRAMES - 1),
            "The push of the noise goes by α / B: what does a larger batch need?",
        )  # fmt: skip

    def _scene(self) -> Scene:
        panels, marks = [], []
        axes = Axis("x (press: the start)", -2, 2.2), Axis("mean loss", -0.4, 1.1)
        for i, (B, x) in enumerate(self._runs()):
            title = f"B = {B}: {_is_deep(x[self.moment]).sum()} of {N_RUNS} over the hill"
            panels.append(Panel(f"well {i}", title, *axes, picks=True))
            marks += self._of_runs(B, x, f"well {i}", **look(B, i))
        axes = (
            Axis("updates", 0, 1.03 * _updates(self.learning_rate)[-1]),
            Axis("runs", -1, N_RUNS + 1),
        )
        return Scene([*panels, Panel("count", "in the deep well", *axes)], marks)

    def _of_runs(self, B, x, well, color, marker, dash):
        """Return a well with its runs as balls, each a little above the one before, and a count."""
        bottom = np.linspace(-2, 2.2, 120)
        heights = self._loss(x) + 0.02 * np.arange(N_RUNS)
        balls = np.column_stack([x.ravel(), heights.ravel()])
        count = np.column_stack([_updates(self.learning_rate), _is_deep(x).sum(axis=1)])
        dot = {"color": color, "marker": marker}
        return [
            Mark("line", well, np.column_stack([bottom, self._loss(bottom)]), color=INK),
            Mark("segments", well, [0, -0.4, 0, 1.1], color=GREY, width=1, dash="4 4"),
            Mark("points", well, balls, spans=N_RUNS * NOW, **dot),
            Mark("line", "count", count, spans=UNTIL, color=color, dash=dash, halo=True,
                 label=f"B = {B}"),
            Mark("points", "count", count, spans=NOW, size=12, **dot),
        ]  # fmt: skip


def _updates(learning_rate) -> np.ndarray:
    """Return the number of updates at each frame, shape (F,)."""
    return np.linspace(0, round(WAY / learning_rate), N_FRAMES).astype(int)


def _is_deep(x) -> np.ndarray:
    return (x > 0) & (x < 3)  # beyond it a run has diverged
