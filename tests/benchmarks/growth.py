"""How time and memory grow with the size of the work, each over two orders of magnitude."""

import time
import tracemalloc
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from course_lib.data import Data
from course_lib.models import linear
from course_lib.optimizers import constant, sgd
from course_lib.plots import LOOKS
from course_lib.runs import progress_bar
from course_lib.training import train

OUTPUT = Path(__file__).parents[1] / "output"
BASE = {"R": 16, "N": 1000, "D": 20, "B": 32, "updates": 200, "records": 101}
#: What grows, from where to where, and what else is changed so that it is most of the work.
GROWS = {
    "R": ((20, 2_000), {}),
    "N": ((1_000, 100_000), {}),
    "D": ((20, 2_000), {}),
    "B": ((10, 1_000), {"D": 200, "N": 1_000}),
    "updates": ((300, 30_000), {"R": 100, "B": 100, "D": 1}),  # more than is drawn ahead at once
    "records": ((10, 1_000), {"R": 1_000, "N": 100, "D": 1, "B": 10, "updates": 1_000}),
}
POINTS = 5


def grow(what: str, progress: bool = True) -> dict:
    """Train at sizes that grow; return sizes, seconds, peak megabytes and kept megabytes.

    Seconds are those of the processor, the least of three calls. The peak is what numpy and Python
    allocate while training, and kept is what the record of the runs holds afterwards.
    """
    (first, last), changes = GROWS[what]
    sizes = np.geomspace(first, last, POINTS).round().astype(int).tolist()
    found = {"size": sizes, "seconds": [], "peak": [], "kept": []}
    for size in progress_bar(progress, sizes, desc=f"growth with {what}", leave=False):
        work = prepare(**{**BASE, **changes, what: size})
        found["seconds"].append(min(_seconds(work) for _ in range(3)))
        peak, kept = _megabytes(work)
        found["peak"].append(peak)
        found["kept"].append(kept)
    return found


def prepare(R, N, D, B, updates, records):
    """Return a function without arguments that trains R runs once."""
    rng = np.random.default_rng(0)
    data, model = Data(rng.standard_normal((N, D)), rng.standard_normal(N)), linear(D)
    record = np.unique(np.linspace(0, updates, records).round().astype(int)).tolist()
    return lambda: train(
        model, data, sgd(), constant(1e-4), batch_size=B, n_updates=updates, n_runs=R, record=record
    )


def exponent(sizes, values) -> float:
    """Return p of values ∝ sizes**p over the upper decade, by least squares on log axes."""
    sizes, values = np.array(sizes), np.array(values)
    upper = sizes >= sizes[-1] / 10.5
    return float(np.polyfit(np.log(sizes[upper]), np.log(values[upper]), 1)[0])


@plt.style.context("course_lib.course")
def draw(found: dict, path: Path = OUTPUT / "growth.png") -> Path:
    """Draw seconds and peak memory of every series against how many times its first size."""
    fig, axes = plt.subplots(1, 2, figsize=(9, 5.2))
    for ax, value, label in zip(
        axes, ("seconds", "peak"), ("time (s)", "peak memory (MB)"), strict=True
    ):
        for i, (what, series) in enumerate(found.items()):
            times = np.divide(series["size"], series["size"][0])
            power = exponent(series["size"], series[value])
            ax.plot(times, series[value], **LOOKS[i % len(LOOKS)], label=f"{what}: {power:.2f}")
        ax.set(xscale="log", yscale="log", xlabel="size (times the first)", ylabel=label)
        ax.legend(
            title="grows with: exponent", fontsize="small", ncols=3,
            loc="upper center", bbox_to_anchor=(0.5, -0.16),
        )  # fmt: skip
    path.parent.mkdir(exist_ok=True)
    fig.savefig(path, dpi=150)
    plt.close(fig)
    return path


def _seconds(work):
    start = time.process_time()  # what other programs do meanwhile does not count
    work()
    return time.process_time() - start


def _megabytes(work):
    tracemalloc.start()
    try:
        run = work()
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del run
    return peak / 1e6, kept / 1e6
