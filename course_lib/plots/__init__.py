"""One function a kind of picture.

A function takes the axes first, draws, and returns them; it trains nothing and shows nothing. A
notebook ends a figure with :func:`describe`, which turns it into an image with a text alternative.
The look of all figures stands in ``course.mplstyle``.
"""

from course_lib.plots.curves import (
    draw_band,
    draw_clocks,
    draw_loss,
    draw_spread,
    draw_theory,
    excess,
    tick_at,
)
from course_lib.plots.looks import GREY, HALO, LOOKS, THIN_HALO, color_of, thinner
from course_lib.plots.pictures import Picture, describe, image_tag
from course_lib.plots.plane import (
    draw_arrows,
    draw_cloud,
    draw_contours,
    draw_data,
    draw_line,
    draw_optimum,
    draw_path,
)

__all__ = [
    "GREY",
    "HALO",
    "LOOKS",
    "THIN_HALO",
    "Picture",
    "color_of",
    "describe",
    "draw_arrows",
    "draw_band",
    "draw_clocks",
    "draw_cloud",
    "draw_contours",
    "draw_data",
    "draw_line",
    "draw_loss",
    "draw_optimum",
    "draw_path",
    "draw_spread",
    "draw_theory",
    "excess",
    "image_tag",
    "thinner",
    "tick_at",
]
