"""What a search for a batch size has found, drawn: both factors and their product."""

import matplotlib.pyplot as plt
import numpy as np

from course_lib.chapters.choosing.choice import Choice, Trial
from course_lib.plots import GREY, LOOKS
from course_lib.plots.pictures import to_png

#: Labels that fit below a panel.
MOST_TICKS = 6
WIDTH, HEIGHT = 9.0, 3.4
DARK = {
    "figure.facecolor": "#161616",
    "axes.facecolor": "#161616",
    "savefig.facecolor": "#161616",
    "text.color": "#E8E8E8",
    "axes.labelcolor": "#E8E8E8",
    "axes.titlecolor": "#E8E8E8",
    "xtick.color": "#E8E8E8",
    "ytick.color": "#E8E8E8",
    "axes.edgecolor": "#AAAAAA",
    "grid.color": "#3A3A3A",
}


def draw_choice(axes, choice: Choice):
    """Draw updates, time of an update and time to the target against B, on three axes.

    Bars hold the middle half of the runs; an arrow stands where the slowest quarter was not waited
    for. The shaded batch sizes cost the same, and the thin line is the chosen one.
    """
    trials = _reached(choice)
    B = np.array([trial.batch_size for trial in trials])
    S, low, high, c = np.array([(t.updates, t.low, t.high, t.seconds_per_update) for t in trials]).T
    bars = np.array([S - low, np.where(np.isinf(high), 0.2 * S, high - S)])
    panels = {
        "updates": (S, bars),
        "× µs an update": (1e6 * c, None),
        "= ms to the target": (1e3 * S * c, 1e3 * c * bars),
    }
    smallest, largest = choice.interval
    for ax, look, (title, (y, errors)) in zip(axes, LOOKS, panels.items(), strict=False):
        ax.axvspan(smallest / 1.2, largest * 1.2, color=GREY, alpha=0.2, lw=0)
        ax.axvline(choice.batch_size, color=GREY, linewidth=1.4)
        ax.errorbar(B, y, errors, lolims=np.isinf(high) & (errors is not None), capsize=3, **look)
        ax.set(xscale="log", yscale="log", xlabel="batch size B", title=title)
        ax.set_xticks(*_ticks(B))
        middle = np.sqrt(y.min() * y.max())
        reach = max(6, np.sqrt(y.max() / y.min()) * 1.5)
        ax.set_ylim(middle / reach, reach * middle)
        ax.set_yticks(*_round_numbers(*ax.get_ylim()))
        ax.minorticks_off()
    return axes


def png(choice: Choice, dark: bool = False) -> bytes:
    """Return the picture on a light or a dark ground."""
    with plt.style.context(["course_lib.course", DARK if dark else {}]):
        fig, axes = plt.subplots(1, 3, figsize=(WIDTH, HEIGHT))
        draw_choice(axes, choice)
        image = to_png(fig)
        plt.close(fig)
    return image


def alternative(choice: Choice) -> str:
    """Return in words what the picture shows."""
    trials = _reached(choice)
    first, chosen, last = trials[0], choice.best(), trials[-1]
    low, high = choice.interval
    shaded = f"B = {low} to {high} cost the same." if low < high else "No other costs the same."
    parts = [
        f"at B = {t.batch_size}, {t.updates:,.0f} updates of {1e6 * t.seconds_per_update:,.0f} µs "
        f"take {1e3 * t.seconds:,.2f} ms"
        for t in dict.fromkeys([first, chosen, last])
    ]
    return (
        "Three panels against the batch size: updates, time of an update, and their product, the "
        f"time to the target: {'; '.join(parts)}. The chosen batch size is {chosen.batch_size}. "
        f"{shaded}"
    )


def bars(choice: Choice, width: int = 40) -> list[str]:
    """Return the times to the target as bars of text, on a log scale from half the least."""
    trials = _reached(choice)
    seconds = np.array([trial.seconds for trial in trials])
    length = np.log(2 * seconds / seconds.min())
    length = (width * length / length.max()).round().astype(int)
    low, high = choice.interval
    return [
        f"{t.batch_size:6} {'█' * n} {1e3 * t.seconds:,.2f} ms"
        + (" ← chosen" if t.batch_size == choice.batch_size else "")
        + (" (costs the same)" if low <= t.batch_size <= high != low else "")
        for t, n in zip(trials, length, strict=True)
    ]


def _reached(choice) -> list[Trial]:
    return [trial for trial in choice.trials if np.isfinite(trial.updates)]


def _ticks(B):
    step = -(-len(B) // MOST_TICKS)
    at = B[::-1][::step][::-1]
    return at, [f"{size:,}" if size < 10_000 else f"{size / 1000:,.0f}k" for size in at]


def _round_numbers(low, high):
    """Return ticks at 1, 2 and 5 times the powers of ten, fewer where the axis is long."""
    digits = (1, 2, 5) if high < 300 * low else (1,)
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [digit * 10.0**power for power in powers for digit in digits]
    ticks = [tick for tick in ticks if low <= tick <= high]
    return ticks, [f"{tick:,.10g}" for tick in ticks]
