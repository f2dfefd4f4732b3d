"""Curves and spreads of many runs."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from course_lib._checks import (
    check_array,
    check_choice,
    check_finite,
    check_kind,
    check_list,
    check_one_number,
    check_positive,
)
from course_lib.measure import middle_80
from course_lib.plots.looks import HALO, LOOKS, look_of, thinner
from course_lib.runs import CLOCKS, Run

#: As far as a logarithmic axis can draw, with a margin above.
MOST_DRAWABLE = 1e290
#: A curve of at most so many points is marked at each, so that what was measured is seen.
MOST_MARKED = 20


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

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> from course_lib.optimizers import constant, sgd
    >>> from course_lib.training import train
    >>> run = train(line(), lesson_line(), sgd(), constant(0.1), batch_size=10, n_updates=100)
    >>> ax = draw_loss(Figure().add_subplot(), [run], clock="epochs")
    """
    check_kind("ax", ax, Axes, "plt.subplots()[1]")
    runs = _check_runs(runs)
    check_choice("clock", clock, tuple(CLOCKS))
    check_one_number("minus", check_finite("minus", minus))
    for i, run in enumerate(runs):
        check_choice("quantity", quantity, ("loss", *run.watched))
        values = run.loss if quantity == "loss" else run.watched[quantity]
        width = thinner(i, len(runs))
        draw_band(ax, run.clock(clock), values - minus, i, run.label, width)
    ax.set(
        xlabel=CLOCKS[clock],
        ylabel=excess(quantity) if minus else quantity,
        yscale="log",
    )
    ax.legend()
    return ax


def excess(quantity: str = "loss") -> str:
    """Return the label of an axis for a quantity from which its least value is subtracted.

    Examples
    --------
    >>> excess()
    'excess loss (loss − least loss)'
    """
    check_kind("quantity", quantity, str, '"loss"')
    return f"excess {quantity} ({quantity} − least {quantity})"


def draw_band(ax, x, values, i: int = 0, label: str | None = None, linewidth: float | None = None):
    """Draw the median of values (R, T) over runs, and a band that holds the middle 80 % of them.

    Curves that meet are all seen if each is thinner than the one before: see :func:`thinner`. With
    a width of their own, they have no white outline, which would hide what is below.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> import numpy as np
    >>> losses = np.random.default_rng(0).random((16, 5))
    >>> ax = draw_band(Figure().add_subplot(), np.arange(5), losses, label="16 runs")
    """
    check_kind("ax", ax, Axes, "plt.subplots()[1]")
    look, x = look_of(i, label), check_array("x", x, (None,))
    outline = HALO if linewidth is None else None
    linewidth = check_positive("linewidth", 2.0 if linewidth is None else linewidth)
    values = check_array("values", values, (None, len(x)))
    low, middle, high = middle_80(values)
    is_finite = middle < MOST_DRAWABLE
    if not is_finite.all():
        label = f"{label} (diverges)"
        if is_finite.any():
            last = np.flatnonzero(is_finite)[-1]
            ax.plot(x[last], middle[last], "X", color=look["color"], markersize=12, zorder=5)
    ax.plot(
        x[is_finite], middle[is_finite], color=look["color"], linestyle=look["linestyle"],
        linewidth=linewidth, marker=look["marker"], markersize=5,
        markevery=1 if len(x) <= MOST_MARKED else 0.17, label=label, path_effects=outline,
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

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> from course_lib.optimizers import constant, sgd
    >>> from course_lib.training import train
    >>> run = train(line(), lesson_line(), sgd(), constant(0.1), batch_size=10, n_updates=100)
    >>> axes = draw_clocks(Figure().subplots(1, 4), [run], seconds_per_update=[1e-5])
    """
    runs = _check_runs(runs)
    n_axes = 3 if seconds_per_update is None else 4
    if len(check_list("axes", axes, "Axes")) < n_axes:
        raise ValueError(f"axes must be {n_axes}, one for each clock, not {len(axes)}")
    for ax, clock in zip(axes, CLOCKS, strict=False):
        draw_loss(ax, runs, clock, minus=minus)
    if seconds_per_update is not None:
        check_array("seconds_per_update", seconds_per_update, (len(runs),))
        for i, (run, seconds) in enumerate(zip(runs, seconds_per_update, strict=True)):
            width = thinner(i, len(runs))
            draw_band(axes[3], run.updates * seconds, run.loss - minus, i, run.label, width)
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

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ends = {"B = 1": [3.9, 4.2, 4.4], "B = 10": [4.1, 4.2]}
    >>> ax = draw_spread(Figure().add_subplot(), ends, reference=4)
    """
    check_kind("ax", ax, Axes, "plt.subplots()[1]")
    check_kind("groups", groups, Mapping, '{"B = 1": [3.9, 4.2]}')
    if reference is not None:
        check_one_number("reference", check_finite("reference", reference))
    for i, (name, values) in enumerate(groups.items()):
        look = look_of(i % len(LOOKS), name)
        dots = check_array(f"groups[{name!r}]", values, (None,))[:500]
        height = i + 0.6 * (np.arange(len(dots)) * 0.618034 % 1 - 0.5)  # golden ratio: even scatter
        style = {"markersize": 3, "alpha": 0.25} if len(dots) > 100 else {"alpha": 0.7}
        ax.plot(dots, height, "o", color=look["color"], markeredgewidth=0, **style)
        low, middle, high = middle_80(values, method="linear")  # values alone, of many runs
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

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> B, theory, measured = [1, 2, 4], [8, 4, 2], [8.1, 3.9, 2.1]
    >>> ax = draw_theory(Figure().add_subplot(), B, theory, measured, label="variance")
    """
    check_kind("ax", ax, Axes, "plt.subplots()[1]")
    look, x = look_of(i, label), check_array("x", x, (None,))
    theory, measured = (
        check_array("theory", theory, x.shape),
        check_array("measured", measured, x.shape),
    )
    ax.plot(x, theory, color=look["color"], linestyle=look["linestyle"], label=f"{label}: theory")
    ax.plot(
        x, measured, look["marker"], color=look["color"], markerfacecolor="none",
        markeredgewidth=1.6, markersize=11 - 2 * i, linestyle="none", label=f"{label}: measured",
    )  # fmt: skip
    ax.set(xscale="log", yscale="log")
    return ax


def tick_at(ax, values):
    """Label the x axis at these values and nowhere else, written as they are, on a log axis too.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = tick_at(Figure().add_subplot(), [1, 10, 100])
    """
    check_kind("ax", ax, Axes, "plt.subplots()[1]")
    for value in check_list("values", values, "numbers"):
        check_one_number("each of values", check_finite("each of values", value))
    ax.set_xticks(values, [f"{value:g}" for value in values])
    ax.minorticks_off()
    return ax


def _check_runs(runs):
    runs = check_list("runs", runs, "Runs")
    for run in runs:
        check_kind("each of runs", run, Run, "train(…)")
    if len(runs) > len(LOOKS):
        raise ValueError(f"runs must be at most {len(LOOKS)}, so that each has a look of its own")
    return runs
