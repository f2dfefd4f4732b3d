"""The path of the parameters: the lesson's line, learned update by update."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice

import numpy as np

from course_lib._checks import check_array, check_fraction, check_whole_number
from course_lib.chapters.curvature import hessian_eigenvalues
from course_lib.data import Data, lesson_line
from course_lib.lab.explorers.base import Explorer, Goal, check_drawable
from course_lib.lab.explorers.controls import (
    Control,
    batch_sizes,
    check_number,
    including,
    preferred_numbers,
)
from course_lib.lab.explorers.scene import (
    GREY,
    MARKERS,
    PAGE,
    Axis,
    Mark,
    Panel,
    Scene,
    alone,
    look,
    until,
)
from course_lib.lab.explorers.valley import Valley, examples, lines, plane
from course_lib.lab.explorers.words import listing
from course_lib.models import line as line_model
from course_lib.optimizers import constant, momentum
from course_lib.runs import Setup
from course_lib.training import iterate_runs

MODEL = line_model()
MOMENTA = [0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98]
#: A path diverges once its loss is this many times the loss at the start.
FAR = 100
#: The goal: so near to the least loss, as a multiple of it; and the fewest examples that are needed
#: for it, found by trying every batch size, rate and momentum that is offered.
NEAR, FEWEST = 1.1, 108


class PathExplorer(Explorer):
    """The path of a line's slope and bias over the contours of the loss, the line, and its loss.

    The start (○) and the examples can be dragged.

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
    start : pair of float, optional
        Slope and bias at the start; drawn by the seed unless given.
    moved : mapping of int to pair of float
        Examples that stand elsewhere, by their number: (x, y).
    n_updates : int
        How many updates are made.

    Examples
    --------
    >>> PathExplorer(batch_size=8, learning_rate=0.1, seed=3).state["learning_rate"]
    0.1
    """

    title = "The path of one training run"

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
        start=None,
        moved: Mapping | None = None,
        n_updates: int = 200,
    ):
        # An argument for each control, so that a picture can be asked for in any state.
        before = [] if data is None else ["data"]
        self.data = check_drawable(lesson_line() if data is None else data)
        N = len(self.data)
        batch_size = check_whole_number("batch_size", batch_size, 1, N)
        if not isinstance(compare, Iterable):
            raise ValueError(f"compare must be a list of batch sizes, not {compare!r}")
        compare = {check_whole_number("each of compare", B, 1, N) for B in compare}
        check_fraction("momentum", momentum)
        seed = check_whole_number("seed", seed, 0)
        self.n_updates = n_updates = check_whole_number("n_updates", n_updates, 1, 10_000)
        update = n_updates if update is None else update
        update = check_whole_number("update", update, 0, n_updates)
        if start is not None:
            start = _pair("start", start)
        moved = {check_whole_number("each of moved", i, 0, N - 1): _pair("each of moved", place)
                 for i, place in _mapping(moved).items()}  # fmt: skip
        limit = 2 / hessian_eigenvalues(self.data, bias=True)[0]
        rates = preferred_numbers(limit / 500, limit * 4)
        if learning_rate is None:
            learning_rate = max(rate for rate in rates if rate <= limit / 4)
        learning_rate = check_number("learning_rate", learning_rate)
        layers = including({1, min(10, N), N}, *compare)
        if len(layers) >= len(MARKERS):
            raise ValueError(
                f"compare must name at most 2 others beside 1, 10 and N, not {compare}"
            )
        self._moments = np.unique(
            np.append(np.linspace(0, n_updates, min(n_updates, 200) + 1).astype(int), update)
        )
        state = {
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "momentum": momentum,
            "seed": seed,
            "update": update,
            "compare": tuple(sorted(compare)),
            "start": start,
            "moved": moved,
        }
        offered = {
            "batch_size": including(batch_sizes(N), batch_size),
            "learning_rate": including(rates, learning_rate),
            "momentum": including(MOMENTA, momentum),
            "seed": including(range(21), seed),
            "update": self._moments.tolist(),
            "compare": layers,
        }
        before += [f"n_updates={n_updates}"] if n_updates != 200 else []
        super().__init__(_controls(offered), state, before)
        self._train = lru_cache(64)(self._train)
        self._stand(moved)

    def _stand(self, moved):
        """Put examples where they were moved to."""
        X, y = self.data.X.copy(), self.data.y.astype(float)
        for i, (x, target) in moved.items():
            X[i, 0], y[i] = x, target
        self._valley = Valley(Data(X, y))
        self._contours = self._valley.marks()

    def _change(self, name, value):
        if name == "moved":
            i, *place = value
            value = self.moved | {int(i): tuple(_rounded(place))}
            self._stand(value)
            self._train.cache_clear()
        if name == "start":
            value = tuple(_rounded(value))
        super()._change(name, value)

    def _train(self, batch_size, learning_rate, beta, seed, start):
        """Return every (slope, bias) on the way, shape (T, 2)."""
        setup = Setup(
            MODEL, self._valley.data, momentum(beta), batch_size=batch_size, n_runs=1, seed=seed,
            start=None if start is None else np.array(start),
        )  # fmt: skip
        moments = islice(iterate_runs(setup, [constant(learning_rate)]), self.n_updates + 1)
        return np.array([w[0, 0] for _, _, w in moments])

    def _path(self, B):
        """Return the path at B, its excess loss, and the update at which it diverges, or None.

        A path that diverges ends where it does, since from there on it only crosses the picture.
        """
        w = self._train(B, self.learning_rate, self.momentum, self.seed, self.start)
        with np.errstate(over="ignore", invalid="ignore"):
            excess = self._valley.excess(w)
            is_far = ~(excess + self._valley.least < FAR * (excess[0] + self._valley.least))
        if not is_far.any():
            return w, excess, None
        end = int(is_far.argmax())
        return w[: end + 1], excess[: end + 1], end

    def _shown(self) -> list[int]:
        return [*(B for B in self.compare if B != self.batch_size), self.batch_size]

    def _sentence(self) -> str:
        ends = {B: self._end(B) for B in self._shown()}
        diverging = [f"B = {B}" for B, excess in ends.items() if excess is None]
        near = {B: excess for B, excess in ends.items() if excess is not None}
        said = [f"{listing(diverging)} {'diverges' if len(diverging) == 1 else 'diverge'}"]
        said = said if diverging else []
        if near:
            best = min(near, key=near.get)
            others = [f"B = {B}" for B in near if B != best]
            what = "is nearest to the optimum" if others else f"is at {_times(near[best], self)}"
            said.append(f"B = {best} {what}")
        return f"After {self.update} updates {' and '.join(said)}."

    def _end(self, B) -> float | None:
        """Return the excess loss at the update shown, or None if it has diverged until then."""
        _, excess, end = self._path(B)
        return None if end is not None and end <= self.update else float(excess[self.update])

    def _table(self):
        head = ["", "epochs seen", "slope", "bias", "loss above the least"]
        rows = [head]
        for B in sorted(self._shown()):
            w, excess, end = self._path(B)
            at = min(self.update, len(w) - 1)
            epochs = self.update * B / len(self.data)
            numbers = [f"{number:.2g}" for number in (epochs, *w[at], excess[at])]
            if end is not None and end <= self.update:
                numbers[1:] = ["diverges"] * 3
            rows.append([f"B = {B}", *numbers])
        return rows

    def _goal(self):
        if self.seed or self.moved or self.start or len(self.data) != 100 or self.n_updates != 200:
            return None  # in another valley or from another start the best would be another
        arrival = self._arrival(self._path(self.batch_size)[1])
        hint = "A small batch is quick but does not stay. A small rate with a large momentum?"
        return Goal(
            "come within 10 % of the least loss and stay there, after the fewest examples.",
            arrival is not None, hint,
            cost=(arrival or 0) * self.batch_size, best=FEWEST, unit="examples",
        )  # fmt: skip

    def _arrival(self, excess) -> int | None:
        """Return the update from which on the loss stays near the least one, or None."""
        is_away = ~(excess <= (NEAR - 1) * self._valley.least)
        if is_away[-1] or len(excess) <= self.n_updates:
            return None
        return int(np.flatnonzero(is_away)[-1]) + 1

    def _scene(self) -> Scene:
        data, least = self._valley.data, self._valley.least
        top = 3 * float(self._valley.excess(np.array([-2.2, -2.2])))
        panels = [
            plane(data, "the line (drag an example)", 2),
            self._valley.panel("its path (drag the start ○)", 3),
            Panel("loss", "its loss",
                  Axis("updates", 0, self.n_updates),
                  Axis("loss above the least", 1e-3 * max(least, 1e-9), top, log=True), share=2),
        ]  # fmt: skip
        marks = [*self._contours, examples(data, drag="moved", name="example")]
        marks += [self._key(B) for B in sorted(self._shown())]
        for B in self._shown():
            marks += self._marks_of(B)
        return Scene(panels, marks)

    def _look(self, B):
        return look(B, sorted({*self.compare, self.batch_size}).index(B))

    def _key(self, B):
        """Return a mark that is only in the legend, whose order is that of B."""
        style = self._look(B)
        end = self._path(B)[2]
        label = f"B = {B}" + ("" if end is None else " (diverges)")
        return Mark("points", "valley", [], color=style["color"], marker=style["marker"],
                    size=11, label=label)  # fmt: skip

    def _marks_of(self, B):
        w, excess, _ = self._path(B)
        style = self._look(B)
        is_chosen = B == self.batch_size
        moments = np.minimum(self._moments, len(w) - 1)
        wide = {"width": 2.2 if is_chosen else 1.3, "halo": is_chosen}
        curve = np.column_stack([np.arange(len(w)), excess])
        dot = {"size": 12 if is_chosen else 9, "spans": alone(moments), "color": style["color"],
               "marker": style["marker"]}  # fmt: skip
        line = {"color": style["color"], "dash": style["dash"]}
        marks = [
            lines(self._valley.data, w[moments], **line, width=2.6),
            Mark("line", "valley", w, spans=until(moments), color=style["color"], **wide),
            Mark("line", "loss", curve, spans=until(moments), **line, **wide),
            Mark("points", "loss", curve, **dot),
            Mark("points", "valley", w, **dot),
        ]
        if is_chosen:
            marks.append(Mark("points", "valley", w[:1], size=13, color=GREY, fill=PAGE,
                              drag="start", name="start"))  # fmt: skip
        return marks


def _times(excess: float, explorer) -> str:
    return f"{1 + excess / explorer._valley.least:.3g} times the least loss"


def _rounded(numbers):
    return [float(f"{number:.3g}") for number in numbers]


def _pair(name, numbers):
    return tuple(map(float, check_array(name, numbers, (2,))))


def _mapping(moved):
    if moved is None:
        return {}
    if not isinstance(moved, Mapping):
        raise ValueError(f"moved must be like {{3: (1.0, 5.0)}}, not {moved!r}")
    return moved


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
        Control("start", "start", [], kind="handle"),
        Control("moved", "example", [], kind="handle"),
    ]
