"""A scene as a still picture: for stored notebooks, for nbval, and for print."""

import io

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, NullLocator
from PIL import Image

from course_lib.lab.explorers.scene import Axis, Mark, Panel, Scene

WIDTH, HEIGHT = 9.0, 3.9
DPI = 128
STYLE = ["default", "course_lib.course"]
HALO = [withStroke(linewidth=4, foreground="white")]


def image(scene: Scene, frame: int | None = None) -> bytes:
    """Return a scene as it is in one frame, as WebP of its own colours and few more."""
    file = io.BytesIO()
    with plt.style.context(STYLE):
        figure(scene, frame).savefig(file, format="png", dpi=DPI)
    picture = Image.open(file).convert("RGB")
    picture = picture.quantize(palette=_palette(scene, picture), dither=Image.Dither.NONE)
    file = io.BytesIO()
    picture.convert("RGB").save(file, format="webp", lossless=True, quality=100, method=4)
    return file.getvalue()


def figure(scene: Scene, frame: int | None = None) -> Figure:
    """Return a figure of a scene, which is not known to pyplot.

    Parameters
    ----------
    frame : int, optional
        Of the marks that have frames; unless given they are shown whole.
    """
    with plt.style.context(STYLE):
        fig = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained")
        shares = [panel.share for panel in scene.panels]
        row = np.atleast_1d(fig.subplots(1, len(scene.panels), width_ratios=shares))
        axes = {panel.name: ax for panel, ax in zip(scene.panels, row, strict=True)}
        for panel in scene.panels:
            _set_up(axes[panel.name], panel)
        for order, mark in enumerate(scene.marks):
            DRAW[mark.kind](axes[mark.panel], mark, mark.at(frame), 2 + order / 1000)
        samples = [_sample(mark) for mark in legend(scene)]
        if samples:
            fig.legend(handles=samples, loc="outside upper left", ncols=6, handlelength=2.4)
    return fig


def _palette(scene: Scene, picture: Image.Image) -> Image.Image:
    """Return greys and the colours of the marks, each in steps towards white, and a few others."""
    pure = {mark.color[0] for mark in scene.marks} | {"black"}
    shades = np.array([1, 0.75, 0.5, 0.25, 0.12])[:, None]
    own = [255 * (1 - shades * (1 - np.array(to_rgb(color)))) for color in sorted(pure)]
    others = np.reshape(picture.quantize(24).getpalette(), (-1, 3))[:24]
    colors = np.concatenate([*own, others]).round()
    colors = colors[colors.min(axis=1) < 236]  # nearly white would take the place of white
    colors = np.vstack([[255] * 3, colors])[:256]
    palette = Image.new("P", (1, 1))
    palette.putpalette(colors.astype(int).ravel().tolist() + [255] * 3 * (256 - len(colors)))
    return palette


def legend(scene: Scene) -> list[Mark]:
    """Return the first mark of each label."""
    marks = {}
    for mark in scene.marks:
        if mark.label:
            marks.setdefault(mark.label, mark)
    return list(marks.values())


def _set_up(ax, panel: Panel):
    for which, axis in (("x", panel.x), ("y", panel.y)):
        _set_up_axis(ax, which, axis)
    ax.set_title(panel.title)
    if panel.shape is not None:
        ax.set_box_aspect(panel.shape)


def _set_up_axis(ax, which: str, axis: Axis):
    getattr(ax, f"set_{which}scale")("log" if axis.log else "linear")
    getattr(ax, f"set_{which}lim")(axis.low, axis.high)
    getattr(ax, f"set_{which}label")(axis.label)
    ticks = axis.marked()
    spine = getattr(ax, f"{which}axis")
    spine.set_minor_locator(NullLocator())
    spine.set_major_locator(FixedLocator([at for at, _ in ticks]))
    spine.set_ticklabels([words for _, words in ticks])


def _dashes(mark: Mark):
    return (0, [float(each) / mark.width for each in mark.dash.split()]) if mark.dash else "-"


def _within(ax, values):
    """Return coordinates a renderer can draw: what is infinite or far outside ends just outside."""
    limits = np.array([ax.get_xlim(), ax.get_ylim()])
    is_log = [ax.get_xscale() == "log", ax.get_yscale() == "log"]
    values = np.array(values, dtype=float)
    for column in range(values.shape[1]):
        low, high = limits[column % 2]
        margin = 10 * (high - low)
        floor = low / 10 if is_log[column % 2] else low - margin
        is_nan = np.isnan(values[:, column])
        clipped = np.clip(values[:, column], floor, high + margin)
        values[:, column] = np.where(is_nan, np.nan, clipped)
    return values


def _line(ax, mark, rows, order):
    ax.plot(
        *_within(ax, rows).T, color=mark.color[0], linewidth=mark.width, linestyle=_dashes(mark),
        alpha=mark.opacity, zorder=order, path_effects=HALO if mark.halo else None,
    )  # fmt: skip


def _points(ax, mark, rows, order):
    fill = mark.color[0] if mark.fill is None else mark.fill[0]
    is_outline = mark.fill is not None or mark.marker == "x"  # a cross is nothing but its edge
    ax.plot(
        *_within(ax, rows).T, mark.marker, color=mark.color[0], markerfacecolor=fill,
        markeredgecolor=mark.color[0] if is_outline else "white", markersize=0.8 * mark.size,
        markeredgewidth=1.6 if is_outline else 0.8, alpha=mark.opacity, zorder=order,
    )  # fmt: skip


def _band(ax, mark, rows, order):
    x, low, high = rows.T
    ax.fill_between(x, low, high, color=mark.color[0], alpha=mark.opacity, lw=0, zorder=order)


def _segments(ax, mark, rows, order):
    lines = LineCollection(
        _within(ax, rows).reshape(-1, 2, 2), colors=mark.color[0], linewidths=mark.width,
        alpha=mark.opacity, zorder=order, linestyles=[_dashes(mark)],
    )  # fmt: skip
    ax.add_collection(lines, autolim=False)


def _areas(ax, mark, rows, order):
    boxes = [Rectangle((x0, y0), x1 - x0, y1 - y0) for x0, y0, x1, y1 in _within(ax, rows)]
    color = mark.color[0]
    if mark.shades is not None:
        color = LinearSegmentedColormap.from_list("page to color", ["white", color])(mark.shades)
    boxes = PatchCollection(boxes, facecolors=color, alpha=mark.opacity, lw=0, zorder=order)
    ax.add_collection(boxes, autolim=False)


def _text(ax, mark, rows, order):
    sides = {"start": "left", "middle": "center", "end": "right"}
    for x, y in rows:
        ax.text(
            x, y, mark.words, color=mark.color[0], ha=sides[mark.anchor], va="center", zorder=order,
            clip_on=True, path_effects=HALO,
        )  # fmt: skip


DRAW = {
    "line": _line,
    "points": _points,
    "band": _band,
    "segments": _segments,
    "areas": _areas,
    "text": _text,
}


def _sample(mark: Mark) -> Line2D:
    """Return what stands for a mark in the legend."""
    if mark.kind == "points":
        fill = mark.color[0] if mark.fill is None else mark.fill[0]
        style = {"marker": mark.marker, "linestyle": "none", "markerfacecolor": fill}
    elif mark.kind in ("line", "segments"):
        style = {"linewidth": mark.width, "linestyle": _dashes(mark)}
    else:
        style = {"linewidth": 9, "alpha": mark.opacity}
    return Line2D([], [], color=mark.color[0], label=mark.label, **style)
