"""Which batch size reaches the target first: updates(B) × seconds an update(B)."""

from collections.abc import Sequence

import numpy as np

from course_lib._checks import check_not_negative, check_positive, check_whole_number
from course_lib.lab.explorers.base import Explorer, Goal
from course_lib.lab.explorers.controls import Control, check_number, including, preferred_numbers
from course_lib.lab.explorers.scene import (
    BLUE,
    FAINT,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PAGE,
    Axis,
    Mark,
    Panel,
    Scene,
)
from course_lib.lab.explorers.words import format_number, format_seconds

LARGEST = 2**16
POWERS = [2**i for i in range(17)]
B = np.unique(np.geomspace(1, LARGEST, 200).round())
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
        checks = {"overhead": check_not_negative}
        values = {name: check_number(name, value, checks.get(name, check_positive))
                  for name, value in values.items()}  # fmt: skip
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
        return (
            f"B = {best:,} is first at the target, in {format_seconds(self.seconds(best))}. "
            f"Every B from {low:,} to {high:,} is within 10\u00a0% of it."
        )

    def _table(self):
        best = self.best()
        rows = [["", "updates", "seconds an update", "time", "÷ the shortest"]]
        for B in sorted({1, best, self.largest}):
            times = self.seconds(B) / self.seconds(best)
            each = format_seconds(self.seconds_per_update(B)), format_seconds(self.seconds(B))
            rows.append([f"B = {B:,}", f"{self.updates(B):,.0f}", *each, f"{times:.2g}"])
        return rows

    def _goal(self):
        low, high = self.as_good()
        return Goal(
            "let the B within 10 % of the best span a factor of 30: then they are all as good.",
            high >= 30 * low, "What happens where the overhead is large, and what where it is not?",
        )  # fmt: skip

    def _scene(self) -> Scene:
        best, (low, high) = self.best(), self.as_good()
        shortest = self.seconds(best)
        spans = {
            "updates": (0.5 * self.min_updates, self.min_updates * 5000),
            "seconds": (1e-6, 10),
            "time": (0.8, 3000),
        }
        titles = ("updates to the target", "× seconds an update", "= time ÷ shortest time")
        panels, marks = [], []
        quantities = (self.updates, self.seconds_per_update, lambda B: self.seconds(B) / shortest)
        for i, (name, title) in enumerate(zip(spans, titles, strict=True)):
            x = Axis("batch size B", 0.8, 1.3 * LARGEST, log=True, ticks=(1, 100, 10_000))
            text = format_seconds if name == "seconds" else None
            y = Axis("", *spans[name], log=True, text=text)
            panels.append(Panel(name, title, x, y))
            marks += self._marks_of(name, quantities[i], spans[name])
        good = [(low, 0.8, max(high, 1.05 * low), 3000)]
        valley = {"color": GREEN, "opacity": 0.25, "label": "within 10 % of the best"}
        marks.insert(0, Mark("areas", "time", good, **valley))
        rings = [(each[0], each[1 + i] / (1, 1, shortest)[i]) for i in range(3)
                 for each in self.measured]  # fmt: skip
        for name, points in zip(spans, np.reshape(rings, (3, -1, 2)), strict=True):
            marks.append(Mark("points", name, points, color=ORANGE, fill=PAGE,
                              label="measured" if self.measured else ""))  # fmt: skip
        return Scene(panels, marks)

    def _marks_of(self, name, quantity, span):
        """Return what does not fit into memory, the curve, and the best batch size on it."""
        best = self.best()
        fits = B <= self.largest
        curve = np.column_stack([B, quantity(B)])
        return [
            Mark("areas", name, [(self.largest, span[0], 2 * LARGEST, span[1])], color=FAINT,
                 opacity=0.6, label="does not fit into memory"),
            Mark("line", name, curve[~fits], color=GREY, dash="2 3"),
            Mark("line", name, curve[fits], color=BLUE, width=2.5, halo=True),
            Mark("points", name, [(best, quantity(best))], color=INK, marker="D", size=12,
                 label=f"best: B = {best:,}"),
        ]  # fmt: skip


DEFAULTS = {"noise_scale": 100.0, "min_updates": 1000.0, "overhead": 1e-3, "pass_seconds": 1e-4}


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
