"""Which batch size reaches the target first: updates(B) × seconds an update(B)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Rectangle

from course_lib._checks import check_not_negative, check_positive, check_whole_number
from course_lib.lab.explorers.base import Explorer
from course_lib.lab.explorers.canvas import Canvas, dot, line, logarithmic, note, place
from course_lib.lab.explorers.controls import Control, including, preferred_numbers
from course_lib.lab.explorers.words import format_number, format_seconds
from course_lib.plots import LOOKS

LARGEST = 2**16
POWERS = [2**i for i in range(17)]
B = np.unique(np.geomspace(1, LARGEST, 400).round())
#: A batch size is as good as the best if it takes at most this much longer.
AS_GOOD = 1.1


class DecisionExplorer(Explorer):
    """The time to a target for every batch size, and the best one that fits into memory.

    A batch of B needs ``min_updates · (1 + noise_scale / B)`` updates (McCandlish et al. 2018,
    arXiv 1812.06162, equations 2.11 and 2.12), and an update takes ``overhead + pass_seconds ·
    max(1, B / at_once)`` seconds: as many examples as the hardware computes at once cost no more
    than one.

    Parameters
    ----------
    measured : sequence, optional
        What was measured at two or more batch sizes: objects with ``batch_size``, ``updates`` and
        ``seconds_per_update``, such as the trials of :mod:`course_lib.chapters.choosing`. They are
        drawn, and what is not given below is fitted to them.
    noise_scale : float
        The B at which twice the least number of updates is needed.
    min_updates : float
        Updates that the largest batches need.
    overhead : float
        Seconds of an update that do not depend on B.
    pass_seconds : float
        Seconds to compute one example, or as many as the hardware computes at once.
    at_once : int
        How many these are.
    largest : int
        The largest B that fits into memory, up to 65,536.

    Examples
    --------
    >>> DecisionExplorer(noise_scale=100, overhead=1e-3).state["noise_scale"]
    100.0
    """

    title = "The decision: seconds to the target"
    size = (9.0, 3.8)

    def __init__(
        self,
        measured: Sequence | None = None,
        *,
        noise_scale: float | None = None,
        min_updates: float | None = None,
        overhead: float | None = None,
        pass_seconds: float | None = None,
        at_once: int = 1,
        largest: int = 4096,
    ):
        self.measured = [] if measured is None else _check_measured(measured)
        fitted = fit(self.measured) if self.measured else DEFAULTS
        given = {
            "noise_scale": noise_scale,
            "min_updates": min_updates,
            "overhead": overhead,
            "pass_seconds": pass_seconds,
        }
        values = {name: fitted[name] if value is None else value for name, value in given.items()}
        for name, value in values.items():
            (check_not_negative if name == "overhead" else check_positive)(name, value)
        values = {name: float(value) for name, value in values.items()}
        self.min_updates = values.pop("min_updates")
        at_once = check_whole_number("at_once", at_once, 1, LARGEST)
        largest = check_whole_number("largest", largest, 1, LARGEST)
        offered = {
            "noise_scale": ("noise scale (in examples)", (1, 3200), format_number),
            "overhead": ("overhead of an update", (1e-5, 0.1), format_seconds),
            "pass_seconds": ("time of one pass", (1e-7, 1e-2), format_seconds),
        }
        controls = [
            Control(name, label, including(preferred_numbers(*span), values[name]), text)
            for name, (label, span, text) in offered.items()
        ]
        controls += [
            Control("at_once", "examples computed at once", including(POWERS[:13], at_once)),
            Control("largest", "largest batch in memory", including(POWERS, largest)),
        ]
        before = ["measured"] if self.measured else []
        if self.min_updates != fitted["min_updates"]:
            before.append(f"min_updates={self.min_updates!r}")
        super().__init__(controls, values | {"at_once": at_once, "largest": largest}, before)

    def updates(self, B):
        """Return the updates to the target at batch size B, a number or an array."""
        return self.min_updates * (1 + self.noise_scale / B)

    def seconds_per_update(self, B):
        """Return the seconds that an update takes at batch size B."""
        return self.overhead + self.pass_seconds * np.maximum(1, B / self.at_once)

    def seconds(self, B):
        """Return the seconds to the target at batch size B."""
        return self.updates(B) * self.seconds_per_update(B)

    def best(self) -> int:
        """Return the batch size that fits into memory and takes the shortest time."""
        fits = np.arange(1, self.largest + 1)
        return int(fits[np.argmin(self.seconds(fits))])

    def as_good(self) -> tuple[int, int]:
        """Return the least and the largest B that fits and takes at most 10 % longer."""
        fits = np.arange(1, self.largest + 1)
        good = fits[self.seconds(fits) <= AS_GOOD * self.seconds(self.best())]
        return int(good[0]), int(good[-1])

    def _sentence(self) -> str:
        best, (low, high) = self.best(), self.as_good()
        shortest = self.seconds(best)
        others = [
            f"B = {B:,} takes {format_number(self.seconds(B) / shortest)} times as long"
            for B in sorted({1, self.largest} - {best})
        ]
        said = f"; {' and '.join(others)}" if others else ""
        return (
            f"The best batch size that fits is B = {best:,}: "
            f"{format_number(self.updates(best))} updates × "
            f"{format_seconds(self.seconds_per_update(best))} = {format_seconds(shortest)} "
            f"to the target{said}. "
            f"Every B from {low:,} to {high:,} is within 10\u00a0% of the best."
        )

    def _picture(self, canvas: Canvas):
        axes = canvas.figure.subplots(1, 3)
        titles = ("updates to the target", "× seconds an update", "= time ÷ shortest time")
        highest = self.min_updates * 5000
        limits = ((0.5 * self.min_updates, highest), (1e-6, 10), (0.8, 3000))
        for ax, title, span in zip(axes, titles, limits, strict=True):
            ax.set(title=title, xlabel="batch size B")
            logarithmic(ax, "x", 0.8, 1.3 * LARGEST)
            ax.xaxis.set_major_formatter(lambda B, _: f"{B:,.0f}" if B in (1, 100, 10_000) else "")
            logarithmic(ax, "y", *span)
        axes[1].yaxis.set_major_formatter(lambda seconds, _: format_seconds(seconds))
        walls = [canvas.moves(_wall(ax)) for ax in axes]
        valley = canvas.moves(axes[2].axvspan(1, 2, color=LOOKS[2]["color"], alpha=0.25, lw=0))
        curves = [canvas.moves(line(ax, LOOKS[0])) for ax in axes]
        rings = [canvas.moves(dot(ax, LOOKS[1], **RING)) for ax in axes]
        bests = [canvas.moves(dot(ax, LOOKS[3])) for ax in axes]
        words = canvas.moves(note(axes[2], 0.97, 0.95, ha="right", va="top"))
        too_large = canvas.moves(note(axes[0], 0.97, 0.95, ha="right", va="top", color="#444444"))

        def move():
            best, (low, high) = self.best(), self.as_good()
            shortest = self.seconds(best)
            for i, quantity in enumerate((self.updates, self.seconds_per_update, self.seconds)):
                unit = shortest if i == 2 else 1
                place(curves[i], np.column_stack([B, quantity(B) / unit]))
                place(bests[i], [(best, quantity(best) / unit)])
                place(rings[i], [(each[0], each[1 + i] / unit) for each in self.measured])
                walls[i].set_bounds(self.largest, 1e-9, 10 * LARGEST, 1e12)
            valley.set_bounds(low, 0, max(high - low, 0.05 * low), 1)
            words.set_text(f"◆ best: B = {best:,}\nwithin 10 %: {low:,} to {high:,}")
            too_large.set_text(f"hatched: B > {self.largest:,}\ndoes not fit")

        return move


DEFAULTS = {"noise_scale": 100.0, "min_updates": 1000.0, "overhead": 1e-3, "pass_seconds": 1e-4}
RING = {"markerfacecolor": "white", "markeredgecolor": LOOKS[1]["color"], "linestyle": "none"}


def fit(measured: Sequence[tuple]) -> dict:
    """Fit the four numbers to tuples (B, updates, seconds an update, …), each to 3 digits."""
    B, updates, seconds = np.array(measured, dtype=float).T[:3]
    least, slope = _fit_line(1 / B, updates)
    overhead, each = _fit_line(B, seconds)
    least = max(least, 1e-3 * updates.min())
    numbers = {
        "noise_scale": np.clip(slope / least, 0.1, 1e5),
        "min_updates": least,
        "overhead": overhead,
        "pass_seconds": max(each, 1e-12),
    }
    return {name: float(f"{number:.3g}") for name, number in numbers.items()}


def _fit_line(x, y):
    """Return a and b, neither negative, for which a + b·x is nearest to y in relative terms."""
    columns = np.column_stack([np.ones_like(x), x]) / y[:, None]
    a, b = np.linalg.lstsq(columns, np.ones_like(y))[0]
    if a < 0:
        return 0.0, float(np.exp(np.mean(np.log(y / x))))
    if b < 0:
        return float(np.exp(np.mean(np.log(y)))), 0.0
    return float(a), float(b)


def _wall(ax):
    """Return a hatched area, to be placed where a batch does not fit into memory."""
    area = Rectangle((1, 1), 1, 1, facecolor="#F2F2F2", edgecolor="#B5B5B5", hatch="///", lw=0)
    return ax.add_patch(area)


def _check_measured(measured):
    """Return (B, updates, seconds an update, seconds) of each that reached the target."""
    try:
        rows = [(each.batch_size, each.updates, each.seconds_per_update) for each in measured]
    except (AttributeError, TypeError):
        raise ValueError(
            "measured must be a list of objects with batch_size, updates and seconds_per_update, "
            f"not {measured!r}"
        ) from None
    for row in rows:
        check_whole_number("each measured batch_size", row[0], 1, LARGEST)
        check_positive("each measured seconds_per_update", row[2])
    rows = [(*row, row[1] * row[2]) for row in rows if np.isfinite(row[1])]
    for row in rows:
        check_positive("each measured updates", row[1])
    if len({row[0] for row in rows}) < 2:
        raise ValueError(
            f"measured must hold at least two batch sizes that reached the target, not {measured!r}"
        )
    return rows
