"""Contrast as WCAG 2.2 defines it, and what has too little of it inside a figure."""

import io
from contextlib import contextmanager

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.text import Text
from matplotlib.transforms import Bbox

#: Success criteria 1.4.3 for text and 1.4.11 for lines and markers.
TEXT, LINES = 4.5, 3.0
#: The part of a text or a line that must have it: a thin contour behind it may cross it.
NEARLY_ALL = 0.95
#: Where a line is looked at between two points: not so evenly that it could be in the gaps alone.
UNEVEN = np.arange(50) * 0.618034 % 1


def luminance(color):
    """Return the relative luminance of colours (..., 3) whose channels are from 0 to 1."""
    color = np.asarray(color, dtype=float)
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(color, other):
    """Return the contrast of colours with others, from 1 to 21."""
    one, two = luminance(color) + 0.05, luminance(other) + 0.05
    return np.maximum(one, two) / np.minimum(one, two)


def faint(figure) -> list[str]:
    """Return the texts and lines of a drawn figure that are too faint, with their contrast.

    Each is held against the pixels that are really behind it. Ticks and the grid are left out:
    they repeat what the numbers beside them say.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # else the axes would move as texts are hidden
    texts = [text for text in figure.findobj(Text) if _is_seen(text) and text.get_text().strip()]
    axes = [*figure.axes, *(inset for ax in figure.axes for inset in ax.child_axes)]
    lines = [line for ax in axes for line in ax.lines if _is_seen(line)]
    with _invisible(texts, lambda text: text.set_color("none")):
        behind_texts = _pixels(figure)
    covers = [*figure.findobj(Text), *(ax.get_legend() for ax in axes if ax.get_legend())]
    with _invisible(covers, lambda cover: cover.set_visible(False)):
        drawn = _pixels(figure)
        with _invisible(lines, _leave_halo):
            behind_lines = _pixels(figure)
    found = [(repr(text.get_text()), _of_text(text, behind_texts), TEXT) for text in texts]
    found += [
        (f"{line} {line.get_color()}", _of_line(line, drawn, behind_lines), LINES) for line in lines
    ]
    return [f"{name}: {has:.2f} of {needs}" for name, has, needs in found if has < needs]


def _is_seen(artist):
    return artist.get_visible() and (artist.axes is None or artist.axes.get_visible())


def _leave_halo(line):
    if line.get_path_effects():
        line.set_color("none")
    else:
        line.set_visible(False)


@contextmanager
def _invisible(artists, hide):
    """Hide artists, and put them back as they were."""
    before = [(artist, {"visible": artist.get_visible()}) for artist in artists]
    for artist, state in before:
        if hasattr(artist, "get_color"):
            state["color"] = artist.get_color()
        hide(artist)
    try:
        yield
    finally:
        for artist, state in before:
            artist.set(**state)


def _pixels(figure):
    """Return the figure's pixels, shape (height, width, 3), the lowest row first."""
    file = io.BytesIO()
    figure.savefig(file, format="rgba", dpi="figure")
    width, height = figure.canvas.get_width_height(physical=True)
    pixels = np.frombuffer(file.getvalue(), np.uint8).reshape(height, width, 4)
    return pixels[::-1, :, :3] / 255


def _of_text(text, pixels):
    box = Bbox.intersection(text.get_window_extent(), text.get_figure(root=True).bbox)
    if box is None:  # the label of a tick that lies beyond the axes
        return np.inf
    x0, y0, x1, y1 = np.round(box.extents).astype(int)
    color = to_rgba(text.get_color(), text.get_alpha())
    return _least(color, pixels[y0:y1, x0:x1].reshape(-1, 3))


def _of_line(line, drawn, behind):
    """Return the contrast of a line's stroke or of its marker, whichever is less.

    Only what is seen counts: neither gaps between dashes nor what another line covers.
    """
    points = line.get_transform().transform(line.get_xydata())
    contrasts = [np.inf]
    if line.get_linestyle() != "None":
        along = points[:-1] + UNEVEN[:, None, None] * np.diff(points, axis=0)
        stroke = to_rgba(line.get_color(), line.get_alpha())
        contrasts.append(_least(stroke, _behind(line, stroke, along.reshape(-1, 2), drawn, behind)))
    if line.get_marker() not in (None, "None", ""):
        face = to_rgba(line.get_markerfacecolor(), line.get_alpha())
        edge = to_rgba(line.get_markeredgecolor(), line.get_alpha())
        seen = _behind(line, face, points, drawn, behind)
        sides = [_least(face, seen), _least(edge, seen)]
        if line.get_markeredgewidth() > 0.5:  # the one is seen on the other
            sides.append(_least(face, np.array([edge[:3]])))
        if line.get_path_effects():  # it is seen on its halo, which is white and has a hole
            sides.append(_least(face, np.ones((1, 3))))
        contrasts.append(max(sides))
    return min(contrasts)


def _behind(line, color, points, drawn, behind):
    """Return the pixels behind points of a line, where its own colour is seen, shape (n, 3)."""
    box = line.axes.bbox
    points = points[np.isfinite(points).all(axis=1)]
    inside = (points > box.min + 1).all(axis=1) & (points < box.max - 1).all(axis=1)
    x, y = points[inside].astype(int).T
    is_seen = np.abs(drawn[y, x] - _over(color, behind[y, x])).max(axis=1, initial=0) < 0.1
    return behind[y, x][is_seen]


def _over(color, behind):
    """Return what a colour with an alpha looks like over pixels (n, 3)."""
    *color, alpha = color
    return alpha * np.array(color) + (1 - alpha) * behind


def _least(color, behind):
    """Return the contrast that nearly all of a colour has with the pixels (n, 3) behind it."""
    if not len(behind):
        return np.inf
    return np.quantile(contrast(_over(color, behind), behind), 1 - NEARLY_ALL)
