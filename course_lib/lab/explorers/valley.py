"""The loss of a line over its slope and bias: a valley, which several explorers walk in."""

from itertools import islice

import numpy as np

from course_lib.batches import with_replacement
from course_lib.data import Data
from course_lib.lab.explorers.scene import CONTOUR, GREY, INK, Axis, Mark, Panel
from course_lib.measure import least_loss, least_squares
from course_lib.models import line
from course_lib.optimizers import constant, sgd
from course_lib.runs import Setup, lock_step
from course_lib.training import iterate_runs

ANGLES = np.linspace(0, 2 * np.pi, 121)
#: The unit circle, shape (121, 2).
CIRCLE = np.column_stack([np.cos(ANGLES), np.sin(ANGLES)])
#: Fractions of the highest loss in the picture; cubic, so that the floor is seen, too.
LEVELS = np.linspace(0, 1, 12)[1:] ** 3


class Valley:
    """The loss of a line as the parabola that it is about its optimum.

    Attributes
    ----------
    data : Data
        Examples with one feature.
    optimum : ndarray, shape (2,)
        Slope and bias of the least loss.
    least : float
        That loss.
    hessian : ndarray, shape (2, 2)
    slopes, biases : pair of float
        Limits that hold the optimum and nearly all standard normal starts.
    """

    def __init__(self, data: Data):
        self.data = data
        X = np.column_stack([data.X, np.ones(len(data))])
        self.hessian = 2 / len(X) * X.T @ X
        self.optimum = least_squares(data, bias=True)
        self.least = least_loss(data, bias=True)
        starts = np.array([[-2.2, -2.2], [2.2, 2.2]])
        points = np.vstack([starts, self.optimum])
        low, high = points.min(axis=0), points.max(axis=0)
        margin = 0.15 * (high - low)
        self.slopes, self.biases = zip(low - margin, high + 3 * margin, strict=True)

    def excess(self, w) -> np.ndarray:
        """Return the loss above the least one at w (..., 2)."""
        away = w - self.optimum
        return 0.5 * np.vecdot(away @ self.hessian, away)

    def runs(self, batch_size: int, rates, n_updates: int, n_runs: int, seed: int) -> np.ndarray:
        """Return the loss above the least one at each update, of shape (T, rates, runs).

        All rates share starts and batches, drawn with replacement; a run that diverges ends in inf.
        """
        setup = Setup(line(), self.data, sgd(), batch_size, n_runs, seed, with_replacement)
        with lock_step():
            moments = iterate_runs(setup, [constant(rate) for rate in rates])
            w = np.array([w for _, _, w in islice(moments, n_updates + 1)])
            excess = self.excess(w)
        return np.where(np.isfinite(excess), excess, np.inf)

    def panel(self, title: str, share: float = 1.0, **options) -> Panel:
        """Return a panel named "valley", of slope and bias."""
        axes = Axis("slope w", *self.slopes), Axis("bias b", *self.biases)
        return Panel("valley", title, *axes, share=share, **options)

    def marks(self, levels=LEVELS) -> list[Mark]:
        """Return contours at these parts of the highest loss, and a cross at the optimum."""
        corners = np.array([[w, b] for w in self.slopes for b in self.biases])
        curvatures, directions = np.linalg.eigh(self.hessian)
        rings = []
        for height in levels * self.excess(corners).max():
            ring = CIRCLE * np.sqrt(2 * height / np.maximum(curvatures, 1e-12))
            rings += [self.optimum + ring @ directions.T, [[np.nan, np.nan]]]
        cross = Mark("points", "valley", [self.optimum], color=INK, marker="x", size=11)
        return [Mark("line", "valley", np.vstack(rings), color=CONTOUR, width=0.8), cross]


def plane(data: Data, title: str, share: float = 1.0) -> Panel:
    """Return a panel named "plane", of feature and target, that holds the examples."""
    axes = []
    for label, values in (("feature x", data.X[:, 0]), ("target y", data.y)):
        low, high = float(values.min()), float(values.max())
        margin = 0.08 * (high - low or 1)
        axes.append(Axis(label, low - margin, high + margin))
    return Panel("plane", title, *axes, share=share)


def examples(data: Data, **options) -> Mark:
    """Return the examples as points of the plane."""
    points = np.column_stack([data.X[:, 0], data.y])
    style = {"color": GREY, "size": 6.5, "opacity": 0.85}
    return Mark("points", "plane", points, **style | options)


def lines(data: Data, w: np.ndarray, **options) -> Mark:
    """Return the lines ŷ = w·x + b of parameters w (F, 2), one a frame."""
    x = np.array([data.X.min() - 10, data.X.max() + 10])
    with np.errstate(over="ignore", invalid="ignore"):
        y = w[:, :1] * x + w[:, 1:]
    points = np.stack([np.broadcast_to(x, y.shape), y], axis=-1).reshape(-1, 2)
    spans = np.column_stack([2 * np.arange(len(w)), 2 * np.arange(len(w)) + 2])
    return Mark("line", "plane", points, spans=spans, **options)
