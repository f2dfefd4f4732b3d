"""One function a kind of picture.

A function takes the axes first, draws, and returns them; it trains nothing and shows nothing. A
notebook ends a figure with :func:`describe`, which turns it into an image with a text alternative.
The look of all figures stands in ``course.mplstyle``.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape

import matplotlib.patheffects as effects
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from course_lib._checks import check_choice
from course_lib.runs import CLOCKS

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
#: As far as a logarithmic axis can draw, with a margin above.
MOST_DRAWABLE = 1e290
#: A curve of at most so many points is marked at each, so that what was measured is seen.
MOST_MARKED = 20
#: A white outline, so that a line is seen over bands, contours and other lines.
HALO = [effects.withStroke(linewidth=4.5, foreground="white")]
THIN_HALO = [effects.withStroke(linewidth=2.4, foreground="white")]


class Picture:
    """A figure as an image with a text alternative, in JupyterLab and in HTML.

    Attributes
    ----------
    alt : str
        The text alternative.
    png : bytes
        The image at 192 dots an inch.
    width : int
        Width in CSS pixels, half of the image's, so that it is sharp on dense screens.
    """

    def __init__(self, png: bytes, alt: str, width: int):
        self.png, self.alt, self.width = png, alt, width

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode()
        return (
            f'<img alt="{escape(self.alt)}" width="{self.width}" '
            f'style="max-width: 100%; height: auto" src="data:image/png;base64,{data}">'
        )

    def __repr__(self) -> str:
        return self.alt


def describe(fig, alt: str, fixed: str | None = None) -> Picture:
    """Close a figure and return it as a picture with a text alternative.

    Parameters
    ----------
    fig : Figure
    alt : str
        What a reader who cannot see the picture should know of it, in a sentence or two.
    fixed : str, optional
        What the compared runs have in common; it is printed under the figure and added to `alt`.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must say what the picture shows, not {alt!r}")
    if fixed:
        fig.supxlabel(f"Held fixed: {fixed}", x=0.01, ha="left", fontsize=9.5, color=GREY)
        alt = f"{alt} Held fixed: {fixed}."
    png = to_png(fig)
    plt.close(fig)
    return Picture(png, alt, round(fig.get_figwidth() * 96))


def to_png(fig) -> bytes:
    """Return a figure as PNG at 192 dots an inch, in at most 112 colours to keep it small."""
    drawn, file = io.BytesIO(), io.BytesIO()
    fig.savefig(drawn, format="png", dpi=192)
    image = Image.open(drawn).convert("RGB")
    # Keeps colours of which there are few pixels, and moves them to where most are.
    image = image.quantize(112, method=Image.Quantize.MAXCOVERAGE, kmeans=4)
    image.save(file, format="png", optimize=True)
    return file.getvalue()


def draw_data(ax, data):
    """Draw examples with one feature as points."""
    ax.plot(data.X[:, 0], data.y, "o", color=GREY, markersize=4, alpha=0.8, label="examples")
    ax.set(xlabel="feature x", ylabel="target y")
    return ax


def draw_line(ax, w, i: int = 0, label: str | None = None):
    """Draw the line ŷ = w·x + b of parameters (w, b) across the axes, in the i-th look."""
    look = LOOKS[i]
    ax.axline((0, w[1]), slope=w[0], color=look["color"], linestyle=look["linestyle"], label=label)
    return ax


def draw_contours(ax, model, data, slopes: tuple[float, float], biases: tuple[float, float]):
    """Draw contours of the loss over slope and bias; cubic spacing shows the valley's floor too."""
    w, b = np.meshgrid(np.linspace(*slopes, 201), np.linspace(*biases, 201))
    loss = model.loss(np.stack([w, b], axis=-1), data.X, data.y)
    levels = loss.min() + np.ptp(loss) * np.linspace(0, 1, 16)[1:] ** 3
    ax.contour(w, b, loss, levels=levels, colors="#929292", linewidths=0.6)
    ax.set(xlabel="slope w", ylabel="bias b", xlim=slopes, ylim=biases)
    ax.grid(False)
    return ax


def draw_path(ax, path, i: int = 0, label: str | None = None):
    """Draw the path of two parameters, shape (T, 2), from a ring to a marker."""
    look = LOOKS[i]
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
    """Draw points of two parameters, shape (R, 2): end points of runs, or gradients."""
    ax.plot(
        *np.transpose(points), LOOKS[i]["marker"], color=LOOKS[i]["color"], label=label,
        markersize=4, alpha=0.6, markeredgewidth=0, linestyle="none",
    )  # fmt: skip
    return ax


def draw_optimum(ax, w, label: str = "least squares"):
    """Mark the best parameters (slope, bias) with a black cross."""
    style = {"color": "black", "markersize": 10, "markeredgewidth": 2.5, "linestyle": "none"}
    ax.plot(*w, "x", **style, path_effects=HALO, label=label, zorder=6)
    return ax


def draw_arrows(ax, origin, vectors, i: int = 0, label: str | None = None):
    """Draw vectors, shape (n, 2), as arrows from one origin."""
    vectors = np.atleast_2d(vectors)
    ax.quiver(
        *np.broadcast_to(np.reshape(origin, (2, 1)), (2, len(vectors))), *vectors.T,
        angles="xy", scale_units="xy", scale=1, units="inches", width=0.024,
        color=LOOKS[i]["color"], alpha=1 if len(vectors) == 1 else 0.45, label=label, zorder=4,
    )  # fmt: skip
    return ax


def draw_loss(
    ax, runs: Sequence, clock: str = "updates", quantity: str = "loss", minus: float = 0.0
):
    """Draw the median of runs against a clock, with a band that holds 80 % of them.

    Parameters
    ----------
    ax : Axes
    runs : sequence of Run
    clock : {"updates", "examples", "epochs"}
    quantity : str
        "loss", or a name that was watched.
    minus : float
        Subtracted from the quantity: the least possible loss, to draw the excess over it.

    Notes
    -----
    Where runs diverge the curve ends in a large ✕, with the word in the legend.
    """
    check_choice("clock", clock, tuple(CLOCKS))
    for i, run in enumerate(runs):
        values = run.loss if quantity == "loss" else run.watched[quantity]
        draw_band(ax, run.clock(clock), values - minus, i, run.label)
    ax.set(
        xlabel=CLOCKS[clock],
        ylabel=excess(quantity) if minus else quantity,
        yscale="log",
    )
    ax.legend()
    return ax


def excess(quantity: str = "loss") -> str:
    """Return the label of an axis for a quantity from which its least value is subtracted."""
    return f"excess {quantity} ({quantity} − least {quantity})"


def draw_band(ax, x, values, i: int = 0, label: str | None = None):
    """Draw the median of values (R, T) over runs, and a band that holds the middle 80 % of them."""
    look = LOOKS[i]
    values = np.where(np.isnan(values), np.inf, values)  # sorts a diverged run above all others
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], axis=0, method="nearest")
    is_finite = middle < MOST_DRAWABLE
    if not is_finite.all():
        label = f"{label} (diverges)"
        if is_finite.any():
            last = np.flatnonzero(is_finite)[-1]
            ax.plot(x[last], middle[last], "X", color=look["color"], markersize=12, zorder=5)
    ax.plot(
        x[is_finite], middle[is_finite], color=look["color"], linestyle=look["linestyle"],
        marker=look["marker"], markersize=5, markevery=1 if len(x) <= MOST_MARKED else 0.17,
        label=label, path_effects=HALO,
    )  # fmt: skip
    both = is_finite & (high < MOST_DRAWABLE)
    ax.fill_between(x[both], low[both], high[both], color=look["color"], alpha=0.15, linewidth=0)
    return ax


def draw_clocks(
    axes, runs: Sequence, minus: float = 0.0, seconds_per_update: Sequence | None = None
):
    """Draw the same runs against each clock: updates, examples, epochs, and seconds if timed.

    Parameters
    ----------
    axes : sequence of 3 Axes, or of 4 with `seconds_per_update`
    runs : sequence of Run
    minus : float
        As in :func:`draw_loss`.
    seconds_per_update : sequence of float, optional
        What an update of each of `runs` takes on this machine.
    """
    for ax, clock in zip(axes, CLOCKS, strict=False):
        draw_loss(ax, runs, clock, minus=minus)
    if seconds_per_update is not None:
        for i, (run, seconds) in enumerate(zip(runs, seconds_per_update, strict=True)):
            draw_band(axes[3], run.updates * seconds, run.loss - minus, i, run.label)
        axes[3].set(xlabel="seconds on this machine", yscale="log")
    for ax in axes[1:]:
        if ax.get_legend():
            ax.get_legend().remove()
        ax.set_ylabel("")
    return axes


def draw_spread(ax, groups: Mapping[str, np.ndarray], reference: float | None = None):
    """Draw one row of dots a group, shape (R,), with a bar that holds the middle 80 %.

    Parameters
    ----------
    ax : Axes
    groups : mapping of label to values
        At most 500 values of each are drawn as dots; bar and median use them all.
    reference : float, optional
        A value to compare with, drawn as a dashed line.
    """
    for i, (_, values) in enumerate(groups.items()):
        look = LOOKS[i % len(LOOKS)]
        dots = np.asarray(values)[:500]
        height = i + 0.6 * (np.arange(len(dots)) * 0.618034 % 1 - 0.5)  # golden ratio: even scatter
        style = {"markersize": 3, "alpha": 0.25} if len(dots) > 100 else {"alpha": 0.7}
        ax.plot(dots, height, "o", color=look["color"], markeredgewidth=0, **style)
        low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
        ax.plot([low, high], [i, i], "-", color="black", linewidth=2, solid_capstyle="butt")
        ax.plot(middle, i, look["marker"], color="white", markeredgecolor="black", markersize=9)
    if reference is not None:
        ax.axvline(reference, color="black", linestyle="--", linewidth=1.2)
    ax.set_yticks(range(len(groups)), list(groups))
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    return ax


def draw_theory(ax, x, theory, measured, i: int = 0, label: str | None = None):
    """Draw measured points over the curve that theory predicts at the same x, on log axes.

    The points are rings, smaller from one `i` to the next, so that all are seen where they meet.
    """
    look = LOOKS[i]
    ax.plot(x, theory, color=look["color"], linestyle=look["linestyle"], label=f"{label}: theory")
    ax.plot(
        x, measured, look["marker"], color=look["color"], markerfacecolor="none",
        markeredgewidth=1.6, markersize=11 - 2 * i, linestyle="none", label=f"{label}: measured",
    )  # fmt: skip
    ax.set(xscale="log", yscale="log")
    return ax


def tick_at(ax, values):
    """Label the x axis at these values and nowhere else, written as they are, on a log axis too."""
    ax.set_xticks(values, [f"{value:g}" for value in values])
    ax.minorticks_off()
    return ax
