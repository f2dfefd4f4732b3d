"""Colours, dashes and markers, the same in every picture of the course."""

import re

import matplotlib.patheffects as effects
import numpy as np
from matplotlib.colors import to_hex, to_rgb

from course_lib._checks import check_whole_number

#: Colour, dash and marker that belong together: a colour never stands alone. The colours are Okabe
#: and Ito's, the last two darkened, so that each has a contrast of 3 with white.
LOOKS = [
    {"color": color, "linestyle": dash, "marker": marker}
    for color, dash, marker in [
        ("#0072B2", "-", "o"),
        ("#D55E00", "--", "s"),
        ("#009E73", "-.", "^"),
        ("#000000", ":", "D"),
        ("#C46E9E", (0, (5, 1, 1, 1, 1, 1)), "v"),
        ("#BF8400", (0, (8, 2)), "P"),
    ]
]
#: What is not the subject: data points, contours, reference lines.
GREY = "#6B6B6B"
#: A white outline, so that a line is seen over bands, contours and other lines.
HALO = [effects.withStroke(linewidth=4.5, foreground="white")]
THIN_HALO = [effects.withStroke(linewidth=2.4, foreground="white")]


def thinner(i: int, n: int) -> float:
    """Return the width of the i-th of n curves: thin on thick, so that all are seen.

    Examples
    --------
    >>> [thinner(i, 3) for i in range(3)]
    [4.0, 3.0, 2.0]
    """
    check_whole_number("i", i, 0, check_whole_number("n", n, 1) - 1)
    return 2.0 + (n - 1 - i)


def look_of(i: int, label: str | None = None) -> dict:
    """Return the i-th look, or say how many there are.

    What is named after a batch size has that batch size's colour, in every figure.

    Examples
    --------
    >>> look_of(0, "B = 10")["color"] == look_of(3, "B = 10, momentum")["color"]
    True
    """
    look = LOOKS[check_whole_number("i", i, 0, len(LOOKS) - 1)]
    named = re.match(r"B = (\d[\d,]*)", label or "")
    if named and (B := int(named[1].replace(",", ""))):
        return look | {"color": color_of(B)[0]}
    return look


#: The colour of a batch size, at B = 1, 10, 100 and 1,000: on a light page the larger the darker,
#: on a dark page the larger the bluer. Between them it is mixed; beyond them it stays.
_SCALE = {
    "light": ["#CE7A00", "#C8385A", "#6A3D9A", "#10264F"],
    "dark": ["#FFC265", "#FF8393", "#C69CFF", "#7FB2FF"],
}


def color_of(batch_size: int) -> tuple[str, str]:
    """Return the colour of a batch size on a light page and on a dark one.

    Examples
    --------
    >>> color_of(1), color_of(1000)
    (('#ce7a00', '#ffc265'), ('#10264f', '#7fb2ff'))
    """
    B = check_whole_number("batch_size", batch_size, 1)
    return tuple(_mixed(anchors, np.log10(B)) for anchors in _SCALE.values())


def _mixed(anchors, at):
    """Return the colour at a place between evenly spaced ones, each channel by itself."""
    channels = np.array([to_rgb(color) for color in anchors]).T
    return to_hex([np.interp(at, range(len(anchors)), channel) for channel in channels])
