"""A figure that is drawn again and again, fast enough to follow a slider.

What stays is drawn once and kept as pixels; only what moves is drawn for each picture. That, and a
fixed palette, is what makes a picture take about 20 ms instead of 250.
"""

import io
from collections.abc import Callable, Iterable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from PIL import Image

from course_lib.lab.explorers.words import format_number
from course_lib.plots import GREY, HALO, LOOKS

STYLE = "course_lib.course"
DPI = 192


class Canvas:
    """A persistent figure of which some artists move.

    Parameters
    ----------
    width, height : float
        Size in inches; the image has 192 dots an inch and is shown at half size.

    Attributes
    ----------
    scene : hashable
        The one that was drawn last.

    Notes
    -----
    The figure is not known to pyplot, so that it is freed with its last reference.
    """

    def __init__(self, width: float, height: float):
        with self.style():
            self.figure = Figure(figsize=(width, height), dpi=DPI)
        self._agg = FigureCanvasAgg(self.figure)
        self.width = round(width * 96)
        self._steps = []  # artists to draw, and axes to clear, in order
        self._backgrounds = {}
        self.scene = None
        self._palette = None

    @staticmethod
    def style():
        """Return a context in which figures look as all figures of the course."""
        return plt.style.context(STYLE)

    def moves(self, *artists):
        """Draw these artists anew for each picture, in this order; return them."""
        for artist in artists:
            artist.set_animated(True)
        self._steps += artists
        return artists if len(artists) > 1 else artists[0]

    def keeps_clear(self, ax):
        """Wipe off `ax` what the artists before have drawn over it: it lies on top of them."""
        self._steps.append(ax)

    def is_new(self, scene) -> bool:
        """Return whether what stays in this scene was not drawn yet, so that it may be set up."""
        return scene not in self._backgrounds

    def png(self, move: Callable) -> bytes:
        """Return the picture as PNG.

        Parameters
        ----------
        move : callable
            Puts what moves in its place and returns the scene, which names what stays: a change
            of it (other limits of an axis, say) draws that anew once.
        """
        with self.style():
            scene = move()
            if self.is_new(scene):
                self._backgrounds[scene] = self._background()
            elif scene != self.scene:
                for ax, position in self._backgrounds[scene][2].items():
                    _stand(ax, position)
            self.scene = scene
            background, kept, _ = self._backgrounds[scene]
            self._agg.restore_region(background)
            for step in self._steps:
                if step in kept:
                    self._agg.restore_region(kept[step])
                elif step.get_visible():
                    step.axes.draw_artist(step)
        return self._encode()

    def _background(self):
        """Draw what stays; return its pixels, those of axes to keep clear, and where axes stand."""
        for ax in self.figure.axes:  # else the layout would depend on the scene before
            _stand(ax, ax.get_subplotspec().get_position(self.figure))
        self.figure.set_layout_engine("constrained")
        self._agg.draw()
        self.figure.set_layout_engine("none")  # the layout holds until the scene changes
        kept = {ax: self._agg.copy_from_bbox(ax.bbox) for ax in self._steps if isinstance(ax, Axes)}
        positions = {ax: ax.get_position() for ax in self.figure.axes}
        return self._agg.copy_from_bbox(self.figure.bbox), kept, positions

    def _encode(self) -> bytes:
        """Return the drawn pixels as PNG of 256 colours, which are chosen at the first picture."""
        size = self._agg.get_width_height(physical=True)
        image = Image.frombuffer("RGBA", size, self._agg.buffer_rgba(), "raw", "RGBA", 0, 1)
        image = image.convert("RGB")
        if self._palette is None:
            self._palette = _palette(image)
        file = io.BytesIO()
        run_lengths = 3  # of zlib's strategies by far the fastest on large plain areas
        image.quantize(palette=self._palette, dither=Image.Dither.NONE).save(
            file, format="png", compress_level=1, compress_type=run_lengths
        )
        return file.getvalue()


def _stand(ax, position):
    """Put axes in a place from which a later layout may still move them."""
    ax.set_position(position)
    ax.set_in_layout(True)


def _palette(image):
    """Return a palette of the image's colours and of the course's, in steps towards white."""
    shades = np.linspace(1, 0.15, 12)[:, None]
    colors = [to_rgb(color) for color in (*(look["color"] for look in LOOKS), GREY)]
    course = np.concatenate([1 - shades * (1 - np.array(color)) for color in colors])
    course = [255] * 3 + np.round(255 * course).astype(int).ravel().tolist()
    of_image = np.reshape(image.quantize(256 - len(course) // 3).getpalette(), (-1, 3))
    of_image = of_image[of_image.min(axis=1) < 236]  # nearly white would take the place of white
    colors = course + of_image.ravel().tolist()
    palette = Image.new("P", (1, 1))
    palette.putpalette(colors + colors[:3] * (256 - len(colors) // 3))
    return palette


def line(ax, look: dict, **options):
    """Return an empty line on `ax` in one of the LOOKS, without its marker, to be filled later."""
    style = {"color": look["color"], "linestyle": look["linestyle"], "path_effects": HALO}
    return ax.plot([], [], **style | options)[0]


def dot(ax, look: dict, **options):
    """Return an empty marker on `ax` in one of the LOOKS, to be placed later."""
    style = {"color": look["color"], "markeredgecolor": "white", "markersize": 9, "zorder": 5}
    return ax.plot([], [], look["marker"], **style | options)[0]


def note(ax, x: float, y: float, **options):
    """Return an empty text at (x, y) in fractions of the axes, on a plate that keeps it legible."""
    plate = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 2.5}
    return ax.text(x, y, "", transform=ax.transAxes, bbox=plate, zorder=9, **options)


class Key:
    """A legend whose rows can change from one picture to the next, in a right corner of `ax`."""

    def __init__(self, canvas: Canvas, ax, n_rows: int, *, at_bottom: bool = True):
        self._rows = []
        for i in range(n_rows):
            y = 0.06 + 0.08 * i if at_bottom else 0.94 - 0.08 * i
            sample = ax.plot([0.68, 0.73, 0.78], [y, y, y], transform=ax.transAxes, markersize=7)[0]
            sample.set(markevery=[1], markeredgecolor="white", linewidth=2)
            text = note(ax, 0.81, y, va="center", fontsize=10)
            self._rows.append(canvas.moves(text, sample))

    def show(self, rows: Sequence[tuple[dict, str]]):
        """Show rows of (look, words); as many as there is room for."""
        for text, sample in self._rows:
            hide([text, sample])
        for (text, sample), (look, words) in zip(self._rows, rows, strict=False):
            sample.set(**look, visible=True)
            text.set(text=words, visible=True)


def logarithmic(ax, which: str, low: float, high: float):
    """Make the x or y axis logarithmic from `low` to `high`, with plain numbers at its ticks."""
    getattr(ax, f"set_{which}scale")("log")
    getattr(ax, f"set_{which}lim")(low, high)
    axis = getattr(ax, f"{which}axis")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 150 * low else (1,), numticks=12))
    axis.set_major_formatter(lambda number, _: format_number(number))
    axis.set_minor_locator(NullLocator())


def place(artist, points: Sequence | np.ndarray, visible: bool = True):
    """Move a line or a marker to points (n, 2), of which those that are not finite are left out."""
    points = np.reshape(np.asarray(points, dtype=float), (-1, 2))
    points = points[np.isfinite(points).all(axis=1)]
    artist.set_data(points[:, 0], points[:, 1])
    artist.set_visible(visible and len(points) > 0)


def hide(artists: Iterable):
    """Leave artists out of the next picture."""
    for artist in artists:
        artist.set_visible(False)
