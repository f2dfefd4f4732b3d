"""What an update on B examples costs: seconds, and bytes against the memory that there is."""

import numpy as np

from course_lib._checks import check_whole_number
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
from course_lib.lab.explorers.words import format_bytes, format_number, format_seconds, two_digits

LARGEST = 65_536
B = np.geomspace(1, LARGEST, 200)
#: About as notebook 06 measured them once, of its network of 4,810 parameters on one thread.
DEFAULTS = {"fixed": 1e-4, "each": 1.25e-6, "per_example": 1688.0}
MODEL_BYTES = 194_000.0
#: The goal: this part of the ceiling.
ENOUGH = 0.9
LABELS = {"fixed": "fixed cost a", "each": "cost per example b", "per_example": "bytes per example"}
SPANS = {"fixed": (1e-5, 1e-2), "each": (1e-7, 1e-4), "per_example": (100, 1e6)}


class CostExplorer(Explorer):
    """An update costs a + b·B seconds, and as many bytes as the model and B examples hold.

    A press on the first two panels chooses B, on the third the memory.

    Parameters
    ----------
    batch_size : int
        B, up to 65,536.
    fixed, each : float
        a, the seconds of an update whatever the batch, and b, the seconds of each example.
    memory : float
        Bytes that there are.
    per_example : float
        Bytes that each example of the batch holds: the activations, for the most part.
    model_bytes : float
        Bytes whatever the batch: parameters, gradient, the optimizer's state and scratch arrays.

    Examples
    --------
    >>> CostExplorer(batch_size=80).state["memory"]
    1000000.0
    """

    title = "What a batch costs: seconds and bytes"

    def __init__(
        self,
        batch_size: int = 16,
        *,
        fixed: float = DEFAULTS["fixed"],
        each: float = DEFAULTS["each"],
        memory: float = 1e6,
        per_example: float = DEFAULTS["per_example"],
        model_bytes: float = MODEL_BYTES,
    ):
        values = {"fixed": fixed, "each": each, "memory": memory, "per_example": per_example}
        values = {name: check_number(name, value) for name, value in values.items()}
        B = check_whole_number("batch_size", batch_size, 1, LARGEST)
        self.model_bytes = check_number("model_bytes", model_bytes)
        offered = {name: including(preferred_numbers(*span), values[name])
                   for name, span in SPANS.items()}  # fmt: skip
        self._memories = including(preferred_numbers(1e5, 1e9), values["memory"])
        controls = [
            Control("batch_size", "batch size B", including(batch_sizes(LARGEST), B)),
            Control("memory", "memory", self._memories, format_bytes),
            *(Control(name, LABELS[name], offered[name],
                      format_bytes if name == "per_example" else format_seconds)
              for name in LABELS),
        ]  # fmt: skip
        before = [] if model_bytes == MODEL_BYTES else [f"model_bytes={self.model_bytes!r}"]
        super().__init__(controls, {"batch_size": B, **values}, before)

    def seconds(self, B):
        """Return the seconds of an update on B examples, a number or an array."""
        return self.fixed + self.each * B

    def rate(self, B):
        """Return the examples a second at batch size B."""
        return B / self.seconds(B)

    def bytes(self, B):
        """Return the bytes that an update on B examples holds."""
        return self.model_bytes + self.per_example * B

    def largest(self) -> int:
        """Return the largest B that fits into the memory, 0 if none does."""
        return max(0, int((self.memory - self.model_bytes) / self.per_example))

    def _pick(self, panel, x, y):
        self._nearest(*(("memory", y) if panel == "bytes" else ("batch_size", x)))

    def _sentence(self) -> str:
        B, largest = self.batch_size, self.largest()
        part = f"{100 * self.each * self.rate(B):.0f} % of the highest speed"
        if B <= largest:
            return f"B = {B:,} runs at {part}. The largest batch that fits is B = {largest:,}."
        room = f"at most B = {largest:,} fits" if largest else "not even one example fits"
        return f"B = {B:,} would run at {part}, but {room} into {format_bytes(self.memory)}."

    def _table(self):
        half = self.fixed / self.each
        shown = {"chosen": self.batch_size, "largest that fits": self.largest(),
                 "a/b": half, "9 a/b": 9 * half}  # fmt: skip
        head = ["", "B", "an update takes", "examples a second", "of the highest", "it holds"]
        rows = [
            [name, format_number(round(B)), format_seconds(float(f"{self.seconds(B):.2g}")),
             two_digits(self.rate(B)), f"{100 * self.each * self.rate(B):.0f} %",
             format_bytes(float(f"{self.bytes(B):.2g}"))]
            for name, B in shown.items() if B
        ]  # fmt: skip
        return [head, *rows]

    def _goal(self):
        if any(self.state[name] != value for name, value in DEFAULTS.items()):
            return None  # at other costs the best would be another
        B = self.batch_size
        reached = B <= self.largest() and self.each * self.rate(B) >= ENOUGH
        return Goal(
            "run at 90 % of the highest speed, in as little memory as you can.",
            reached, "At B = a/b you get half of it, at 3 a/b three quarters.",
            cost=self.memory / 1e6, best=1.6 if self.model_bytes == MODEL_BYTES else None,
            unit="MB",
        )  # fmt: skip

    def _scene(self) -> Scene:
        x = Axis("batch size B", 1, LARGEST, log=True, ticks=(1, 100, 10_000))
        longest = sum(self._controls[name].values[-1] for name in ("fixed", "each"))
        seconds = Axis(
            "an update takes a + b·B",
            min(1e-6, self.fixed / 10),
            max(10, longest),
            log=True,
            text=format_seconds,
        )
        slowest, fastest = (1 / self._controls["each"].values[i] for i in (-1, 0))
        rates = Axis("examples a second", min(slowest, 1e4) / 100, 2 * fastest, log=True)
        bytes_ = Axis("an update holds", 1e4, 2 * max(1e9, *self._memories), log=True,
                      text=format_bytes)  # fmt: skip
        panels = [
            Panel("seconds", "seconds (drag: B)", x, seconds, picks=True),
            Panel("rate", "speed (drag: B)", x, rates, picks=True),
            Panel("bytes", "bytes (drag: memory)", x, bytes_, picks=True),
        ]
        sums = [("seconds", self.seconds, self.fixed, self.each),
                ("bytes", self.bytes, self.model_bytes, self.per_example)]  # fmt: skip
        marks = [self._too_large(panel) for panel in panels]
        for panel, total, fixed, each in sums:
            marks += [
                _curve(panel, fixed + 0 * B, GREY, "whatever the batch", dash="8 3", width=1.6),
                _curve(panel, each * B, GREY, "for its examples", dash="2 2.5", width=1.6),
                _curve(panel, total(B), BLUE, "both"),
            ]
        return Scene(panels, marks + self._limits() + self._chosen())

    def _limits(self):
        """Return the ceiling, half of it, and the memory, with their names."""
        ceiling, half = 1 / self.each, self.fixed / self.each
        ring = {"color": GREEN, "fill": PAGE, "marker": "D", "size": 11}
        return [
            _curve("rate", self.rate(B), BLUE),
            _curve("rate", ceiling + 0 * B, GREEN, dash="8 3 2 3"),
            Mark("text", "rate", [(1.5, 1.8 * ceiling)], words="ceiling 1/b", color=INK),
            Mark("points", "rate", [(half, ceiling / 2)], **ring),
            Mark("text", "rate", [(2 * half, ceiling / 3)], words="half, at a/b", color=INK),
            _curve("bytes", self.memory + 0 * B, INK, dash="6 2 2 2 2 2"),
            Mark("text", "bytes", [(1.5, 2 * self.memory)], words="the memory", color=INK),
        ]

    def _too_large(self, panel):
        box = (max(0.5, self.largest() + 0.5), panel.y.low, LARGEST, panel.y.high)
        return Mark("areas", panel.name, [box], color=GREY, opacity=0.2, label="does not fit")

    def _chosen(self):
        at, style = self.batch_size, look(self.batch_size, 0)
        places = {"seconds": self.seconds, "rate": self.rate, "bytes": self.bytes}
        return [
            Mark("points", panel, [(at, of(at))], color=style["color"], size=13,
                 label=f"B = {at:,}")
            for panel, of in places.items()
        ]  # fmt: skip


def _curve(panel, y, color, label="", **style):
    return Mark("line", panel, np.column_stack([B, y]), color=color, label=label, **style)
