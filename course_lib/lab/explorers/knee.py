"""Updates and examples to a target against the batch size, with a knee at the noise scale."""

from collections.abc import Mapping
from itertools import product

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
    ORANGE,
    PAGE,
    Axis,
    Mark,
    Panel,
    Scene,
    look,
)
from course_lib.lab.explorers.words import format_number, two_digits

LARGEST = 65_536
B = np.geomspace(1, LARGEST, 200)


class KneeExplorer(Explorer):
    """The curve with a knee: S(B) = S_min · (1 + B_noise / B) updates, B times as many examples.

    This is the model of McCandlish et al. (2018, arXiv 1812.06162, equation 2.11). A press on the
    panel of updates puts the knee there, one on the panel of examples chooses B.

    Parameters
    ----------
    noise_scale : float
        B_noise, or the critical batch size: where twice the fewest updates are needed.
    min_updates : float
        S_min, the updates of an endless batch. A harder target needs more.
    batch_size : int
        B, up to 65,536.
    measured : mapping of int to float, optional
        Updates that were measured at some batch sizes, through which the curve is to be laid.

    Examples
    --------
    >>> KneeExplorer(noise_scale=100, min_updates=400).updates(100)
    800.0
    """

    title = "The knee of diminishing returns"

    def __init__(
        self,
        noise_scale: float = 100.0,
        min_updates: float = 400.0,
        *,
        batch_size: int = 16,
        measured: Mapping | None = None,
    ):
        self.measured = {} if measured is None else _check_measured(measured)
        values = {"noise_scale": noise_scale, "min_updates": min_updates}
        values = {name: check_number(name, value) for name, value in values.items()}
        size = check_whole_number("batch_size", batch_size, 1, LARGEST)
        scales = including(preferred_numbers(1, 3200), values["noise_scale"])
        least = including(preferred_numbers(10, 3200), values["min_updates"])
        super().__init__(
            [
                Control("noise_scale", "noise scale, in examples", scales),
                Control("min_updates", "fewest updates to the target", least),
                Control("batch_size", "batch size B", including(batch_sizes(LARGEST), size)),
            ],
            values | {"batch_size": size},
            [f"measured={self.measured}"] if self.measured else [],
        )
        if self.measured:
            self._best_miss = min(self._miss(*each) for each in product(scales, least))

    def updates(self, B):
        """Return the updates to the target at batch size B, a number or an array."""
        return self.min_updates * (1 + self.noise_scale / B)

    def examples(self, B):
        """Return the examples to the target at batch size B."""
        return B * self.updates(B)

    def _price(self, B):
        """Return the updates and the examples at B, each in units of the fewest possible."""
        return self.updates(B) / self.min_updates, self.examples(B) / self._fewest_examples()

    def _fewest_examples(self):
        return self.min_updates * self.noise_scale

    def _pick(self, panel, x, y):
        if panel == "examples":
            return self._nearest("batch_size", x)
        self._nearest("noise_scale", x)
        self._nearest("min_updates", y / 2)

    def _sentence(self) -> str:
        B = self.batch_size
        updates, examples = map(two_digits, self._price(B))
        saved = 100 * (1 - self.updates(2 * B) / self.updates(B))
        return (
            f"B = {B:,} takes {updates} times the fewest updates and {examples} times the fewest "
            f"examples. Twice that batch would save {two_digits(saved)} % of the updates."
        )

    def _table(self):
        shown = {"chosen": self.batch_size, "a tenth of the knee": self.noise_scale / 10,
                 "the knee": self.noise_scale, "ten knees": 10 * self.noise_scale}  # fmt: skip
        rows = [["", "B", "updates", "÷ fewest", "examples", "÷ fewest"]]
        for name, B in shown.items():
            updates, examples = self._price(B)
            numbers = self.updates(B), updates, self.examples(B), examples
            rows.append([name, format_number(B), *map(two_digits, numbers)])
        return rows

    def _miss(self, noise_scale, min_updates):
        """Return how far the curve misses what was measured, at most, in %."""
        sizes, updates = np.array(list(self.measured.items()), dtype=float).T
        curve = min_updates * (1 + noise_scale / sizes)
        return float(100 * (np.exp(np.abs(np.log(curve / updates)).max()) - 1))

    def _goal(self):
        if self.measured:
            miss = self._miss(self.noise_scale, self.min_updates)
            return Goal(
                "lay the curve through the measured points (■), each within 50 %.", miss <= 50,
                "The right end gives the fewest updates, then the left end the noise scale.",
                cost=miss, best=self._best_miss, unit="%",
            )  # fmt: skip
        sizes = np.array(self._controls["batch_size"].values)
        updates, examples = self._price(sizes)
        return Goal(
            "spend at most twice the fewest updates, and as few examples as that allows.",
            self._price(self.batch_size)[0] <= 2, "What is special about the knee?",
            cost=self._price(self.batch_size)[1], best=float(examples[updates <= 2].min()),
            unit="times the fewest examples",
        )  # fmt: skip

    def _scene(self) -> Scene:
        x = Axis("batch size B", 1, LARGEST, log=True, ticks=(1, 10, 100, 1000, 10_000))
        least, most = min(self.min_updates, 10) / 2, max(self.min_updates, 1e6)
        updates = Axis("updates", least, most, log=True)
        examples = Axis("examples", 100, max(self._fewest_examples(), 1e8), log=True)
        panels = [
            Panel("updates", "updates to the target (drag the knee ◇)", x, updates, picks=True),
            Panel("examples", "examples to the target (drag B ●)", x, examples, picks=True),
        ]
        return Scene(panels, [
            *self._curves("updates", self.min_updates + 0 * B, self._fewest_examples() / B),
            *self._curves("examples", self._fewest_examples() + 0 * B, self.min_updates * B),
            *self._points("updates", self.updates), *self._points("examples", self.examples),
        ])  # fmt: skip

    def _curves(self, panel, fewest, grows):
        """Return the curve, which is the sum of its two limits, and these."""
        dotted = {"color": GREY, "dash": "2 2.5", "width": 1.6}
        dashed = {"color": GREY, "dash": "8 3", "width": 1.6}
        words = "in proportion to 1/B, or to B"
        return [
            Mark("line", panel, np.column_stack([B, fewest]), **dashed, label="the fewest"),
            Mark("line", panel, np.column_stack([B, grows]), **dotted, label=words),
            Mark("line", panel, np.column_stack([B, fewest + grows]), color=BLUE, width=2.6),
        ]

    def _points(self, panel, of):
        knee, size, style = self.noise_scale, self.batch_size, look(self.batch_size, 0)
        measured = [(B, n if panel == "updates" else B * n) for B, n in self.measured.items()]
        ring = {"color": GREEN, "fill": PAGE, "marker": "D", "size": 14}
        marks = [
            Mark("segments", panel, [(knee, 1e-9, knee, of(knee))], color=GREEN, dash="6 4",
                 width=1.4),
            Mark("points", panel, [(knee, of(knee))], **ring, label="the knee: twice the fewest"),
            Mark("points", panel, [(size, of(size))], color=style["color"], size=14,
                 label=f"B = {size:,}"),
        ]  # fmt: skip
        if measured:
            marks.append(Mark("points", panel, measured, color=ORANGE, marker="s", size=9,
                              label="measured"))  # fmt: skip
        return marks


def _check_measured(measured) -> dict:
    if not isinstance(measured, Mapping) or len(measured) < 2:
        raise ValueError(f"measured must be like {{4: 1100.0, 500: 37.0}}, not {measured!r}")
    return {
        check_whole_number("each batch size of measured", B, 1, LARGEST):
            check_number("each of measured", updates) for B, updates in measured.items()
    }  # fmt: skip
