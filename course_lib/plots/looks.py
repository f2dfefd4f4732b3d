"""Colours, dashes and markers, the same in every picture of the course."""

import matplotlib.patheffects as effects

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


def look_of(i: int) -> dict:
    """Return the i-th look, or say how many there are."""
    return LOOKS[check_whole_number("i", i, 0, len(LOOKS) - 1)]
