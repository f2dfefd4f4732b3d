"""Pictures in a plane: a line among its examples, and paths and clouds over slope and bias."""

import numpy as np
from matplotlib.axes import Axes

from course_lib._checks import check_array, check_finite, check_kind
from course_lib.data import Data
from course_lib.models import check_fit
from course_lib.plots.looks import GREY, HALO, THIN_HALO, look_of


def draw_data(ax, data):
    """Draw examples with one feature as points.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from course_lib.data import lesson_line
    >>> ax = draw_data(Figure().add_subplot(), lesson_line())
    """
    check_kind("ax", ax, Axes, "plt.subplots()[1]")
    check_kind("data", data, Data, "lesson_line()")
    ax.plot(data.X[:, 0], data.y, "o", color=GREY, markersize=4, alpha=0.8, label="examples")
    ax.set(xlabel="feature x", ylabel="target y")
    return ax


def draw_line(ax, w, i: int = 0, label: str | None = None):
    """Draw the line ŷ = w·x + b of parameters (w, b) across the axes, in the i-th look.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = draw_line(Figure().add_subplot(), w=[3, 4], label="the true line")
    """
    check_kind("ax", ax, Axes, "plt.subplots()[1]")
    w = check_array("w", w, (2,))
    look = look_of(i, label)
    ax.axline((0, w[1]), slope=w[0], color=look["color"], linestyle=look["linestyle"], label=label)
    return ax


def draw_contours(ax, model, data, slopes: tuple[float, float], biases: tuple[float, float]):
    """Draw contours of the loss over slope and bias; cubic spacing shows the valley's floor too.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> ax = Figure().add_subplot()
    >>> ax = draw_contours(ax, line(), lesson_line(), slopes=(0, 6), biases=(1, 7))
    """
    check_kind("ax", ax, Axes, "plt.subplots()[1]")
    check_fit(model, data)
    check_array("slopes", check_finite("slopes", slopes), (2,))
    check_array("biases", check_finite("biases", biases), (2,))
    w, b = np.meshgrid(np.linspace(*slopes, 201), np.linspace(*biases, 201))
    loss = model.loss(np.stack([w, b], axis=-1), data.X, data.y)
    levels = loss.min() + np.ptp(loss) * np.linspace(0, 1, 16)[1:] ** 3
    ax.contour(w, b, loss, levels=levels, colors="#929292", linewidths=0.6)
    ax.set(xlabel="slope w", ylabel="bias b", xlim=slopes, ylim=biases)
    ax.grid(False)
    return ax


def draw_path(ax, path, i: int = 0, label: str | None = None):
    """Draw the path of two parameters, shape (T, 2), from a ring to a marker.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = draw_path(Figure().add_subplot(), [[0, 0], [2, 3], [3, 4]])
    """
    check_kind("ax", ax, Axes, "plt.subplots()[1]")
    path = check_array("path", path, (None, 2))
    look = look_of(i, label)
    ax.plot(
        *np.transpose(path), color=look["color"], linestyle="-", linewidth=1.4,
        path_effects=THIN_HALO,
    )  # fmt: skip
    ax.plot(*path[0], "o", markerfacecolor="white", markeredgecolor=look["color"], markersize=7)
    ax.plot(
        *path[-1], look["marker"], color=look["color"], markeredgecolor="white", markersize=9,
        label=label, zorder=5,
    )  # fmt: skip
    return ax


def draw_cloud(ax, points, i: int = 0, label: str | None = None):
    """Draw points of two parameters, shape (R, 2): end points of runs, or gradients.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = draw_cloud(Figure().add_subplot(), [[3.1, 4.0], [2.8, 4.1], [2.9, 3.9]])
    """
    check_kind("ax", ax, Axes, "plt.subplots()[1]")
    points, look = check_array("points", points, (None, 2)), look_of(i, label)
    ax.plot(
        *np.transpose(points), look["marker"], color=look["color"], label=label,
        markersize=4, alpha=0.6, markeredgewidth=0, linestyle="none",
    )  # fmt: skip
    return ax


def draw_optimum(ax, w, label: str = "least squares"):
    """Mark the best parameters (slope, bias) with a black cross.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = draw_optimum(Figure().add_subplot(), w=[2.77, 4.22])
    """
    check_kind("ax", ax, Axes, "plt.subplots()[1]")
    w = check_array("w", w, (2,))
    style = {"color": "black", "markersize": 10, "markeredgewidth": 2.5, "linestyle": "none"}
    ax.plot(*w, "x", **style, path_effects=HALO, label=label, zorder=6)
    return ax


def draw_arrows(ax, origin, vectors, i: int = 0, label: str | None = None):
    """Draw vectors, shape (n, 2), as arrows from one origin.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = draw_arrows(Figure().add_subplot(), origin=[0, 0], vectors=[[1, 0], [1, 2]])
    """
    check_kind("ax", ax, Axes, "plt.subplots()[1]")
    origin = check_array("origin", origin, (2,))
    vectors = np.atleast_2d(check_array("vectors", vectors, (2,)))
    ax.quiver(
        *np.broadcast_to(np.reshape(origin, (2, 1)), (2, len(vectors))), *vectors.T,
        angles="xy", scale_units="xy", scale=1, units="inches", width=0.024,
        color=look_of(i)["color"], alpha=1 if len(vectors) == 1 else 0.45, label=label, zorder=4,
    )  # fmt: skip
    return ax
