"""The controls of an explorer: a name, a label, and the values that can be chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from course_lib._checks import check_one_number, check_positive
from course_lib.lab.explorers.words import format_number, format_whole


@dataclass
class Control:
    """One choice among values, shown by the browser as a native element.

    Attributes
    ----------
    name : str
        Of the explorer's argument that it changes.
    label : str
        What a reader sees and a screen reader says.
    values : list
        What can be chosen, in order.
    text : function of a value
        How a value is written and spoken. Whole numbers are written exactly unless given.
    kind : {"slider", "radios", "checks", "handle"}
        ``checks`` chooses any number of the values, as a tuple. A ``handle`` is no element of its
        own: points in the picture that can be dragged; its value is what `_change` makes of it.
    plays : bool
        Whether a slider goes through the frames of the picture, and has buttons that play it.
    varies : bool
        Whether its texts depend on other controls, so that the browser is told them each time.
    """

    name: str
    label: str
    values: list
    text: Callable | None = None
    kind: str = "slider"
    plays: bool = False
    varies: bool = False
    texts: list = field(init=False)

    def __post_init__(self):
        is_whole = all(isinstance(value, int) for value in self.values)
        self.set_values(self.values, self.text or (format_whole if is_whole else format_number))

    def set_values(self, values: list, text: Callable):
        """Offer other values."""
        self.values, self.text = values, text
        self.texts = [text(value) for value in values]

    def spec(self) -> dict:
        """Return what the browser needs to know."""
        names = ("name", "label", "kind", "texts", "plays")
        return {name: getattr(self, name) for name in names}

    def index(self, value):
        """Return what the browser is told: the number of a value, or the numbers of several."""
        if self.kind == "handle":
            return None  # the picture shows where it is
        if self.kind == "checks":
            return [self.values.index(each) for each in value]
        return self.values.index(value)

    def value(self, index):
        """Return the value that the browser means."""
        if self.kind == "handle":
            return tuple(map(float, index))
        if self.kind == "checks":
            return tuple(self.values[i] for i in sorted(index))
        return self.values[index]


def including(values: Sequence, *wanted) -> list:
    """Return the values in order, with those wanted among them."""
    return sorted({*values, *wanted})


def preferred_numbers(low: float, high: float) -> list[float]:
    """Return 1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8, 10, … from `low` to `high`: even on a log."""
    steps = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8)
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    numbers = [float(f"{step}e{decade}") for decade in decades for step in steps]
    return [number for number in numbers if low * 0.999 <= number <= high * 1.001]


def batch_sizes(N: int) -> list[int]:
    """Return 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, … and N."""
    return including({round(number - 1e-9) for number in preferred_numbers(1, N)}, N)


def check_number(name: str, value, check: Callable = check_positive) -> float:
    """Return a single number as a float, if it passes a check."""
    return float(check_one_number(name, check(name, value)))


def check_offered(name: str, value, offered: Sequence):
    """Return a number if it is one of those offered."""
    if isinstance(value, bool) or not np.isscalar(value) or value not in offered:
        raise ValueError(f"{name} must be one of {', '.join(map(str, offered))}, not {value!r}")
    return value
