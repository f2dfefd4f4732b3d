"""Workers that share a batch: seconds to the target, and the speed-up beside the ideal one."""

import numpy as np

from course_lib._checks import check_not_negative, check_whole_number
from course_lib.lab.explorers.base import Explorer, Goal
from course_lib.lab.explorers.controls import (
    Control,
    batch_sizes,
    check_number,
    including,
    preferred_numbers,
)
from course_lib.lab.explorers.scene import (
    BLUE,
    GREEN,
    GREY,
    INK,
    PAGE,
    Axis,
    Mark,
    Panel,
    Scene,
    look,
)
from course_lib.lab.explorers.words import format_seconds, two_digits

MOST = 4096
W = np.arange(1, MOST + 1)
SHOWN = np.unique(np.geomspace(1, MOST, 150).round().astype(int))
#: About as notebook 11 measured them once, of softmax regression and Dask: S_min, a, and t₀.
CONSTANTS = {"min_updates": 22.0, "fixed": 7e-5, "call": 0.04}
#: Ticks of a clock, from 1 µs to 100 h.
TIMES = (*(10.0**i for i in range(-6, 2)), 60, 600, 3600, 36_000, 360_000)
#: The goal: so many workers, so many times as fast.
CREW, AIM = 64, 32


class WorkersExplorer(Explorer):
    """The time model of notebook 11: W workers with b examples each share a batch of W·b.

    T(W) = S_min · (1 + B_crit / (W·b)) · (a + e·b + t₀ + t₁·W) seconds, the rate tuned for each W.
    One machine does not talk, and takes the batch size that is best for it.

    Parameters
    ----------
    workers : int
        W, up to 4,096; a press on a panel chooses it, too.
    link : float
        t₁, the seconds that the messages of one worker more take in each update.
    critical : float
        B_crit, the critical batch size in examples.
    example : float
        e, the seconds to compute one example.
    per_worker : int
        b, the examples of each worker, up to 64.
    min_updates, fixed, call : float
        S_min, a and t₀: seconds of computing and of talking that depend on neither B nor W.

    Examples
    --------
    >>> WorkersExplorer(critical=40, per_worker=4).ceiling()
    11.0
    """

    title = "How many workers pay?"

    def __init__(
        self,
        workers: int = 16,
        *,
        link: float = 4e-3,
        critical: float = 250.0,
        example: float = 0.064,
        per_worker: int = 4,
        min_updates: float = CONSTANTS["min_updates"],
        fixed: float = CONSTANTS["fixed"],
        call: float = CONSTANTS["call"],
    ):
        workers = check_whole_number("workers", workers, 1, MOST)
        per_worker = check_whole_number("per_worker", per_worker, 1, 64)
        positive = {"link": link, "critical": critical, "example": example}
        values = {name: check_number(name, value) for name, value in positive.items()}
        self.min_updates = check_number("min_updates", min_updates)
        self.fixed = check_number("fixed", fixed, check_not_negative)
        self.call = check_number("call", call, check_not_negative)
        links = including(preferred_numbers(1e-5, 0.1), values["link"])
        sizes = including(preferred_numbers(10, 1e5), values["critical"])
        examples = including(preferred_numbers(1e-6, 1), values["example"])
        shards = including([2**i for i in range(7)], per_worker)
        super().__init__(
            [
                Control("workers", "workers W", including(batch_sizes(MOST), workers)),
                Control("link", "messages of one worker more", links, format_seconds),
                Control("critical", "critical batch size", sizes),
                Control("example", "time to compute an example", examples, format_seconds),
                Control("per_worker", "examples of each worker", shards),
            ],
            {"workers": workers, **values, "per_worker": per_worker},
            [f"{name}={getattr(self, name)!r}" for name, usual in CONSTANTS.items()
             if getattr(self, name) != usual],
        )  # fmt: skip

    def updates(self, B):
        """Return the updates to the target with a batch of B, a number or an array."""
        return self.min_updates * (1 + self.critical / B)

    def computing(self, W):
        """Return the seconds to the target that W workers compute."""
        return self.updates(W * self.per_worker) * (self.fixed + self.example * self.per_worker)

    def talking(self, W):
        """Return the seconds to the target that W workers talk."""
        return self.updates(W * self.per_worker) * (self.call + self.link * W)

    def seconds(self, W):
        """Return the seconds to the target with W workers."""
        return self.computing(W) + self.talking(W)

    def alone(self) -> float:
        """Return the seconds of one machine at its best batch size up to 4,096."""
        return float(np.min(self.updates(W) * (self.fixed + self.example * W)))

    def speed_up(self, W):
        """Return how many times as fast as that machine W workers are."""
        return self.alone() / self.seconds(W)

    def ceiling(self) -> float:
        """Return the speed-up over one machine at B = b that no number of workers can pass."""
        return 1 + self.critical / self.per_worker

    def best(self) -> int:
        """Return the number of workers that reach the target first."""
        return int(W[self.seconds(W).argmin()])

    def _pick(self, panel, x, y):
        self._nearest("workers", x)

    def _sentence(self) -> str:
        best, ratio = self.best(), self.speed_up(self.workers)
        than = "as fast as" if ratio >= 1 else "slower than"
        are = f"{self.workers:,} workers are" if self.workers > 1 else "1 worker is"
        said = f"{are} {two_digits(max(ratio, 1 / ratio))} times {than} one machine alone"
        if self.workers == best:
            return f"{said}. No other number of workers is faster."
        return f"{said}. The fastest number is {best:,}: {two_digits(self.speed_up(best))} times."

    def _table(self):
        rows = [["", "W", "batch", "updates", "to the target", "of it talking", "speed-up"]]
        for name, W in {"chosen": self.workers, "the fastest": self.best()}.items():
            B, part = W * self.per_worker, self.talking(W) / self.seconds(W)
            time = format_seconds(float(f"{self.seconds(W):.2g}"))
            rows.append([name, f"{W:,}", f"{B:,}", two_digits(self.updates(B)), time,
                         f"{100 * part:.0f} %", two_digits(self.speed_up(W))])  # fmt: skip
        return rows

    def _goal(self):
        if any(getattr(self, name) != usual for name, usual in CONSTANTS.items()):
            return None  # with other constants the best would be another
        return Goal(
            f"make {CREW} workers {AIM} times as fast as one machine, at the least critical batch.",
            self.workers == CREW and self.speed_up(CREW) >= AIM,
            "Little talk for much work. And what does each worker add to the batch?",
            cost=self.critical, best=80, unit="examples",
        )  # fmt: skip

    def _scene(self) -> Scene:
        x = Axis("workers W", 1, MOST, log=True, ticks=(1, 10, 100, 1000))
        low, high = 10.0 ** np.floor(np.log10([self.alone() / 1000, self.alone() * 100]))
        panels = [
            Panel("seconds", "the time (drag W)", x, picks=True,
                  y=Axis("seconds to the target", low, high, log=True, text=format_seconds,
                         ticks=TIMES)),
            Panel("speed", "the speed-up (drag W)", x, picks=True,
                  y=Axis("times as fast as one machine", 0.1, MOST, log=True)),
        ]  # fmt: skip
        return Scene(panels, [*self._times(), *self._speeds(), *self._points()])

    def _times(self):
        computing, talking = self.computing(SHOWN), self.talking(SHOWN)
        return [
            _curve("seconds", computing, GREY, "computing", dash="8 3"),
            _curve("seconds", talking, INK, "talking", dash="2 2.5"),
            _curve("seconds", computing + talking, BLUE, "W workers", width=2.8),
            _curve("seconds", 0 * SHOWN + self.alone(), INK, "one machine", width=1.4),
        ]

    def _speeds(self):
        ceiling = self.ceiling() * self.alone() / self.computing(1)  # over the best B of one
        return [
            _curve("speed", SHOWN, GREY, dash="6 2 2 2 2 2"),
            _curve("speed", 0 * SHOWN + ceiling, GREEN, dash="8 3 2 3"),
            Mark("text", "speed", [(600, 1000)], words="ideal: W times", anchor="end", color=GREY),
            Mark("text", "speed", [(1.4, 1.7 * ceiling)], words="ceiling by B_crit", color=GREY),
            _curve("speed", self.speed_up(SHOWN), BLUE, width=2.8),
            _curve("speed", 0 * SHOWN + 1, INK, width=1.4),
        ]  # fmt: skip

    def _points(self):
        ring = {"color": BLUE, "fill": PAGE, "marker": "D", "size": 12}
        best, chosen, B = self.best(), self.workers, self.workers * self.per_worker
        dot = {"color": look(B, 0)["color"], "size": 14, "label": f"W = {chosen:,}, B = {B:,}"}
        return [
            Mark("points", panel, [(at, of(at))], **style)
            for panel, of in (("seconds", self.seconds), ("speed", self.speed_up))
            for at, style in ((best, ring | {"label": "the fastest"}), (chosen, dot))
        ]


def _curve(panel, y, color, label="", **style):
    return Mark("line", panel, np.column_stack([SHOWN, y]), color=color, label=label, **style)
