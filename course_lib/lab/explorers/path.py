"""The path of the parameters: the lesson's line, learned update by update."""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from course_lib._checks import check_fraction, check_positive, check_whole_number
from course_lib.chapters.curvature import hessian_eigenvalues
from course_lib.data import Data, lesson_line
from course_lib.lab.explorers.base import Explorer, check_drawable
from course_lib.lab.explorers.canvas import Canvas, Key, dot, hide, line, note, place
from course_lib.lab.explorers.controls import Control, batch_sizes, including, preferred_numbers
from course_lib.lab.explorers.words import format_number, listing
from course_lib.measure import least_loss, least_squares
from course_lib.models import line as line_model
from course_lib.optimizers import constant, momentum
from course_lib.plots import GREY, LOOKS, THIN_HALO, draw_contours, draw_data, draw_optimum
from course_lib.training import train

MODEL = line_model()
MOMENTA = [0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98]
#: A path diverges once its loss is this many times the loss at the start.
FAR = 100


class PathExplorer(Explorer):
    """The path of a line's slope and bias over the contours of the loss, and the line itself.

    Parameters
    ----------
    data : Data, optional
        Examples with one feature; the lesson's 100 points unless given.
    batch_size : int
        B, from 1 to N.
    learning_rate : float, optional
        α; about a quarter of 2/λmax unless given.
    momentum : float
        β of heavy-ball momentum, from 0 up to 1.
    seed : int
        Of the start and of the batches. All batch sizes start alike.
    update : int, optional
        How many updates are shown; all of them unless given.
    compare : sequence of int
        Batch sizes to lay over it: same start, learning rate and number of updates.
    n_updates : int
        How many updates are made.

    Examples
    --------
    >>> PathExplorer(batch_size=8, learning_rate=0.1, seed=3)
    PathExplorer(batch_size=8, learning_rate=0.1, momentum=0.0, seed=3, update=200, compare=())
    """

    title = "The path of one training run"
    size = (9.0, 4.0)

    def __init__(
        self,
        data: Data | None = None,
        *,
        batch_size: int = 8,
        learning_rate: float | None = None,
        momentum: float = 0.0,
        seed: int = 0,
        update: int | None = None,
        compare=(),
        n_updates: int = 200,
    ):
        # An argument for each control, so that a picture can be asked for in any state.
        before = [] if data is None else ["data"]
        data = check_drawable(lesson_line() if data is None else data)
        N = len(data)
        batch_size = check_whole_number("batch_size", batch_size, 1, N)
        if not isinstance(compare, Iterable):
            raise ValueError(f"compare must be a list of batch sizes, not {compare!r}")
        compare = {check_whole_number("each of compare", B, 1, N) for B in compare}
        check_fraction("momentum", momentum)
        seed = check_whole_number("seed", seed, 0)
        n_updates = check_whole_number("n_updates", n_updates, 1, 10_000)
        update = n_updates if update is None else update
        update = check_whole_number("update", update, 0, n_updates)
        limit = 2 / hessian_eigenvalues(data, bias=True)[0]
        rates = preferred_numbers(limit / 500, limit * 4)
        if learning_rate is None:
            learning_rate = max(rate for rate in rates if rate <= limit / 4)
        learning_rate = float(check_positive("learning_rate", learning_rate))
        self.data, self.n_updates, self.optimum = data, n_updates, least_squares(data, bias=True)
        self.least = least_loss(data, bias=True)
        self._train = lru_cache(256)(self._train)
        layers = including({1, min(10, N), N}, *compare)
        if len(layers) >= len(LOOKS):
            raise ValueError(
                f"compare must name at most 2 others beside 1, 10 and N, not {compare}"
            )
        self._n_looks = 1 + len(layers)
        moments = including(np.linspace(0, n_updates, min(n_updates, 200) + 1).astype(int), update)
        state = {
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "momentum": momentum,
            "seed": seed,
            "update": update,
            "compare": tuple(sorted(compare)),
        }
        offered = {
            "batch_size": including(batch_sizes(N), batch_size),
            "learning_rate": including(rates, learning_rate),
            "momentum": including(MOMENTA, momentum),
            "seed": including(range(21), seed),
            "update": list(map(int, moments)),
            "compare": layers,
        }
        before += [f"n_updates={n_updates}"] if n_updates != 200 else []
        super().__init__(_controls(offered), state, before)

    def _train(self, batch_size, learning_rate, beta, seed):
        """Return every (slope, bias) on the way, shape (T, 2), and its loss, shape (T,)."""
        run = train(
            MODEL,
            self.data,
            momentum(beta),
            constant(learning_rate),
            batch_size=batch_size,
            n_updates=self.n_updates,
            n_runs=1,
            seed=seed,
            record=range(self.n_updates + 1),
            watch={"w": lambda w: w},
        )
        return run.watched["w"][0], run.loss[0]

    def _path(self, B):
        """Return the path at B up to the update shown, its losses, and whether it diverges.

        A path that diverges ends where it does, since from there on it only crosses the picture.
        """
        w, loss = self._train(B, self.learning_rate, self.momentum, self.seed)
        w, loss = w[: self.update + 1], loss[: self.update + 1]
        is_far = ~(loss < FAR * loss[0])  # nan is far, too
        return (w[: is_far.argmax() + 1] if is_far.any() else w), loss, bool(is_far.any())

    def _shown(self) -> dict[int, int]:
        """Return the batch size of each look that is shown: the chosen one, then the compared."""
        values = self._controls["compare"].values
        others = {1 + values.index(B): B for B in self.compare if self.batch_size != B}
        return {0: self.batch_size} | others

    def _sentence(self) -> str:
        rule = f"α = {format_number(self.learning_rate)}"
        if self.momentum:
            rule += f" and β = {format_number(self.momentum)}"
        said = "; ".join(self._outcome(B) for B in self._shown().values())
        return (
            f"After {self.update} of {self.n_updates} updates with {rule}: {said}. "
            f"The least possible loss is {format_number(self.least)}."
        )

    def _outcome(self, B) -> str:
        w, loss, diverges = self._path(B)
        if diverges:
            return (
                f"B = {B} diverges: its loss is {FAR} times the start's after {len(w) - 1} updates"
            )
        slope, bias, epochs = map(format_number, (*w[-1], self.update * B / len(self.data)))
        return (
            f"B = {B} has seen {epochs} epochs and is at slope {slope}, bias {bias}, "
            f"loss {format_number(loss[-1])}"
        )

    def _picture(self, canvas: Canvas):
        left, right = canvas.figure.subplots(1, 2, width_ratios=[2, 3])
        draw_data(left, self.data)
        slopes, biases = self._limits()
        draw_contours(right, self._surface(), self.data, slopes, biases)
        inset = self._draw_inset(right, slopes, biases)
        left.set(xlim=left.get_xlim(), ylim=left.get_ylim(), title="the line")
        right.set_title("its path over the loss, from ○ (✕ is the optimum)")
        traces = {
            i: _Trace(canvas, left, right, inset, LOOKS[i])
            for i in reversed(range(self._n_looks))  # the chosen batch size on top
        }
        canvas.keeps_clear(inset)
        canvas.moves(*(trace.inner for trace in traces.values()))
        for ax in (right, inset):
            draw_optimum(ax, self.optimum)
            canvas.moves(ax.lines[-1]).set(markersize=12, markeredgewidth=2)
        for i in range(self._n_looks):
            canvas.moves(*traces[i].ends)
        key = Key(canvas, left, len(traces), at_bottom=self.optimum[0] >= 0)
        warning = canvas.moves(note(right, 0.98, 0.05, ha="right", color="#A33B00", weight="bold"))

        def move():
            rows, diverging = [], []
            for trace in traces.values():
                trace.hide()
            for i, B in self._shown().items():
                w, _, diverges = self._path(B)
                traces[i].show(w)
                rows.append((LOOKS[i], f"B = {B}"))
                diverging += [f"B = {B}"] * diverges
            key.show(rows)
            warning.set_text(f"{listing(diverging)}: diverging" if diverging else "")

        return move

    def _surface(self):
        """Return the model with the same loss as a parabola about the optimum.

        It costs the same for any number of examples.
        """
        X = np.column_stack([self.data.X, np.ones(len(self.data))])
        hessian = 2 / len(X) * X.T @ X

        def loss(w, *_):
            away = w - self.optimum
            return self.least + 0.5 * np.vecdot(away @ hessian, away)

        return MODEL._replace(loss=loss)

    def _limits(self):
        """Return limits of slope and bias that hold the optimum and nearly all starts."""
        starts = np.array([[-2.5], [2.5]])  # they are standard normal
        points = np.vstack([starts * [1, 1], self.optimum])
        low, high = points.min(axis=0), points.max(axis=0)
        margin = 0.12 * (high - low)
        return list(zip(low - margin, high + 3 * margin, strict=True))

    def _draw_inset(self, ax, slopes, biases):
        """Draw the surroundings of the optimum once more, magnified, in a corner off the path."""
        is_right, is_above = self.optimum > 0  # paths come from about the origin
        inset = ax.inset_axes([0.02 if is_right else 0.62, 0.54 if is_above else 0.04, 0.36, 0.42])
        near = [
            (center - 0.06 * (high - low), center + 0.06 * (high - low))
            for center, (low, high) in zip(self.optimum, (slopes, biases), strict=True)
        ]
        draw_contours(inset, self._surface(), self.data, *near)
        inset.set(xlabel="", ylabel="", xticks=[], yticks=[], facecolor="white")
        inset.spines[:].set(visible=True, color=GREY)
        ax.indicate_inset_zoom(inset, edgecolor=GREY, alpha=1)
        return inset


class _Trace:
    """What moves for one batch size: its line, and its path in both views.

    The path in the inset and the ends are left to be added to the canvas, on top of all paths.
    """

    def __init__(self, canvas, left, right, inset, look):
        self.line = canvas.moves(line(left, look, linewidth=2.4))
        style = {"linestyle": "-", "linewidth": 1.4, "path_effects": THIN_HALO}
        if look is not LOOKS[0]:  # laid over: thinner, so that the chosen one stands out
            style |= {"linewidth": 0.9}
        self.path = canvas.moves(line(right, look, **style))
        ring = {"marker": "o", "markerfacecolor": "white", "markeredgecolor": look["color"]}
        self.start = canvas.moves(line(right, look, **ring, linestyle="none", markersize=7))
        self.inner = line(inset, look, **style)
        size = 12.5 if look is LOOKS[0] else 6.5  # both are seen where they meet
        self.ends = [dot(ax, look, markersize=size) for ax in (right, inset)]
        self.across = np.array(left.get_xlim())

    def show(self, w):
        """Show a path (T, 2), and the line of its last point."""
        with np.errstate(over="ignore", invalid="ignore"):
            w = np.clip(w, -1e6, 1e6)  # a renderer cannot draw to infinity; nan stays
            place(self.line, np.column_stack([self.across, w[-1, 0] * self.across + w[-1, 1]]))
        place(self.start, w[:1])
        for path, end in zip((self.path, self.inner), self.ends, strict=True):
            place(path, w)
            place(end, w[-1:])

    def hide(self):
        hide([self.line, self.start, self.path, self.inner, *self.ends])


def _controls(offered):
    labels = {
        "batch_size": "batch size B",
        "learning_rate": "learning rate α",
        "momentum": "momentum β",
        "seed": "seed",
    }
    overlay = "lay over it, from the same start"
    return [
        *(Control(name, label, offered[name]) for name, label in labels.items()),
        Control("update", "updates shown", offered["update"], plays=True),
        Control("compare", overlay, offered["compare"], text=lambda B: f"B = {B}", kind="checks"),
    ]
