"""What an explorer shows, as data: panels with their axes, and marks in them.

Two small renderers draw the same scene: ``draw.js`` in the browser, at the rate of the screen, and
:mod:`course_lib.lab.explorers.still` with matplotlib, for stored notebooks and print. Ticks and
their words are made here, so that both show the same.
"""

from dataclasses import dataclass, field, fields

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from course_lib.lab.explorers.words import format_number, superscript
from course_lib.plots.looks import color_of

KINDS = {"line": 2, "points": 2, "band": 3, "segments": 4, "areas": 4, "text": 2}

#: Each colour is a pair: on a light page and on a dark one.
INK = ("#1a1a1a", "#f2f2f2")
GREY = ("#6b6b6b", "#a0a0a0")
PAGE = ("#ffffff", "#1a1a1a")
FAINT = ("#dcdcdc", "#454545")
CONTOUR = ("#7f7f7f", "#858585")
BLUE = ("#0072b2", "#56b4e9")
ORANGE = ("#d55e00", "#ff9a4d")
GREEN = ("#007a59", "#2fd3a6")

#: A dash and a marker for each of several curves, so that a colour never stands alone.
DASHES = ("", "8 3", "8 3 2 3", "2 2.5", "6 2 2 2 2 2", "10 4")
MARKERS = ("o", "s", "^", "D", "v", "P")


def look(batch_size: int, i: int) -> dict:
    """Return colour, dash and marker of a batch size, the i-th of those that are shown."""
    return {"color": color_of(batch_size), "dash": DASHES[i], "marker": MARKERS[i]}


def until(rows) -> np.ndarray:
    """Return spans that show, in each frame, all rows up to its own."""
    return np.column_stack([np.zeros_like(rows), np.asarray(rows) + 1])


def alone(rows) -> np.ndarray:
    """Return spans that show, in each frame, its own row alone."""
    return np.column_stack([rows, np.asarray(rows) + 1])


@dataclass(frozen=True)
class Axis:
    """One direction of a panel.

    Attributes
    ----------
    label : str
        What is measured, with its unit.
    low, high : float
        Where the panel begins and ends.
    log : bool
        Whether equal steps are equal factors.
    text : function of a number, optional
        How a tick is written; by its number of digits unless given.
    ticks : sequence of float, optional
        Where the ticks stand; on round numbers unless given.
    """

    label: str
    low: float
    high: float
    log: bool = False
    text: object = None
    ticks: tuple = None

    def marked(self) -> list[tuple[float, str]]:
        """Return the ticks with their words."""
        if self.ticks is not None:
            at = np.array(self.ticks, dtype=float)
        elif self.log:
            steps = (1, 2, 5) if self.high < 150 * self.low else (1,)
            at = LogLocator(subs=steps, numticks=9).tick_values(self.low, self.high)
        else:
            at = MaxNLocator(nbins=5, steps=[1, 2, 5, 10]).tick_values(self.low, self.high)
        margin = 1e-9 * (self.low if self.log else self.high - self.low)
        at = at[(at >= self.low - margin) & (at <= self.high + margin)]
        words = self.text or (_as_powers if self.log and _needs_powers(at) else format_number)
        return [(float(x), words(float(x))) for x in at]

    def spec(self) -> dict:
        """Return what the browser needs to know."""
        ticks = self.marked()
        return {
            "label": self.label, "low": self.low, "high": self.high, "log": self.log,
            "ticks": [at for at, _ in ticks], "words": [words for _, words in ticks],
        }  # fmt: skip


def _needs_powers(at) -> bool:
    return len(at) > 0 and (at.min() < 1e-3 or at.max() > 1e5)


def _as_powers(number: float) -> str:
    """Return 1, 10⁻³ or 2 × 10⁻³: one way for all ticks of an axis."""
    exponent = int(np.floor(np.log10(number) + 1e-9))
    factor = number / 10.0**exponent
    power = f"10{superscript(exponent)}"
    return power if abs(factor - 1) < 1e-6 else f"{factor:.0f} × {power}"


@dataclass(frozen=True)
class Panel:
    """A coordinate system.

    Attributes
    ----------
    name : str
        By which marks name it.
    title : str
    x, y : Axis
    share : float
        Of the width, beside the other panels' shares.
    shape : float, optional
        Height over width of the plotted area, where one scale holds for both axes.
    picks : bool
        Whether a press or a drag in it chooses a place: the explorer's ``_pick(name, x, y)``.
    """

    name: str
    title: str
    x: Axis
    y: Axis
    share: float = 1.0
    shape: float | None = None
    picks: bool = False

    def spec(self) -> dict:
        """Return what the browser needs to know."""
        plain = {name: getattr(self, name) for name in ("name", "title", "share", "shape", "picks")}
        return plain | {"x": self.x.spec(), "y": self.y.spec()}


@dataclass(frozen=True, eq=False)
class Mark:
    """Something drawn in a panel.

    Attributes
    ----------
    kind : {"line", "points", "band", "segments", "areas", "text"}
    panel : str
    points : ndarray
        Rows of (x, y); for a band (x, low, high); for segments and areas (x₀, y₀, x₁, y₁). A row
        of nan interrupts a line. An infinite number reaches the edge.
    color : pair of str
        On a light page and on a dark one.
    fill : pair of str or "", optional
        Inside of points; the colour unless given.
    shades : ndarray, optional
        Of areas: a number from 0 to 1 for each, from the colour of the page to `color`.
    width, size, opacity : float
        Of a line, of points (across), and of the whole.
    dash : str
        As SVG's stroke-dasharray; "" is solid.
    marker : {"o", "s", "^", "D", "v", "P", "x"}
    label : str
        In the legend; "" leaves it out.
    words : str
        Of a text.
    anchor : {"start", "middle", "end"}
        Of a text: the side that stands at its point.
    halo : bool
        An outline in the colour of the page, which keeps it legible over others.
    spans : ndarray of int, shape (F, 2), optional
        The rows shown at each of F frames, so that playing needs no answer of the kernel.
    drag : str
        The control that follows when its points are dragged.
    name : str
        What a dragged point is called.
    """

    kind: str
    panel: str
    points: np.ndarray
    color: tuple = INK
    fill: tuple = None
    shades: np.ndarray = None
    width: float = 2.0
    size: float = 9.0
    opacity: float = 1.0
    dash: str = ""
    marker: str = "o"
    label: str = ""
    words: str = ""
    anchor: str = "start"
    halo: bool = False
    spans: np.ndarray = None
    drag: str = ""
    name: str = ""

    def __post_init__(self):
        columns = KINDS[self.kind]
        object.__setattr__(
            self, "points", np.reshape(np.asarray(self.points, float), (-1, columns))
        )

    def at(self, frame: int | None) -> np.ndarray:
        """Return the rows that a frame shows."""
        if self.spans is None or frame is None:
            return self.points
        start, stop = self.spans[frame]
        return self.points[start:stop]

    def style(self) -> dict:
        """Return all of it but the numbers."""
        arrays = {"points", "spans", "shades"}
        style = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in style.items() if name not in arrays}

    def same_as(self, other: "Mark | None") -> bool:
        """Return whether both look the same."""
        if other is None or self.style() != other.style():
            return False
        pairs = [
            (self.points, other.points),
            (self.spans, other.spans),
            (self.shades, other.shades),
        ]
        return all(a is b or np.array_equal(a, b, equal_nan=True) for a, b in pairs
                   if not (a is None and b is None))  # fmt: skip


@dataclass
class Scene:
    """Panels beside each other, and marks in the order in which they are drawn."""

    panels: list[Panel]
    marks: list[Mark]


@dataclass
class Wire:
    """What one browser was shown, so that only what changed travels."""

    panels: list = field(default_factory=list)
    marks: list = field(default_factory=list)

    def pack(self, scene: Scene) -> tuple[dict, list[bytes]]:
        """Return what changed since the scene before: a message, and its numbers as one buffer."""
        message = {"n_marks": len(scene.marks), "changed": []}
        panels = [panel.spec() for panel in scene.panels]
        if panels != self.panels:
            message["panels"] = panels
        before = self.marks + [None] * len(scene.marks)
        numbers, offset = [], 0
        for i, mark in enumerate(scene.marks):
            if mark.same_as(before[i]):
                continue
            sent = {"index": i, **mark.style()}
            for name in ("points", "spans", "shades"):
                values = getattr(mark, name)
                if values is not None:
                    sent[name] = [offset, values.size]
                    numbers.append(np.ravel(values).astype("<f4"))
                    offset += values.size
            message["changed"].append(sent)
        self.panels, self.marks = panels, scene.marks
        return message, [np.concatenate(numbers).tobytes()] if numbers else []
