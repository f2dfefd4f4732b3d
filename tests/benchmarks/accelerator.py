"""Seconds and peak memory of an update against the batch size, on whatever PyTorch finds.

Batch sizes double from 1 until the memory ends or an update takes too long; the neighbours of 32
and of 128 are measured too. Every round visits all of them, so that what disturbs the machine for a
moment disturbs none of them alone. All is warmed up, and the clock is read when the device has
finished: on one thread of the processor, the clock of what this program used of it, so that other
programs do not count; elsewhere the clock on the wall. The file has the form of
``course_lib/chapters/accelerators.csv``.
"""

import csv
import datetime
import os
import platform
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from course_lib.chapters.devices import DTYPES, NETWORKS, ROUNDS, Row, read, series
from course_lib.runs import progress_bar

from .torch_updates import PEAK_BY, Updates

OUTPUT = Path(__file__).parents[1] / "output" / "accelerator.csv"
LARGEST = 2**20
NEIGHBOURS = (31, 33, 127, 129)
#: Seconds: a visit repeats the update for about so long, and no update may take more.
VISIT, SLOWEST = 0.01, 0.5
CLOCKS = {"processor": process_time, "wall": perf_counter}


def measure(path: Path = OUTPUT, networks=tuple(NETWORKS), largest: int = LARGEST) -> dict:
    """Measure all that PyTorch finds, write the file, and return what JSON is to keep."""
    os.environ.setdefault("KINETO_LOG_LEVEL", "9")  # the profiler talks of itself
    import torch

    path.parent.mkdir(exist_ok=True)
    before = torch.get_num_threads()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Row._fields)
        for device, threads in devices():
            torch.set_num_threads(threads)
            for row in rows_of(device, threads, networks, largest):
                writer.writerow(row)
                file.flush()  # what was measured is kept, whatever comes
    torch.set_num_threads(before)
    found = series(read(path))
    for each in found:
        middle = 1e6 * np.median(each.seconds, axis=0)
        print(
            f"  {each.device}, {each.network}, {each.dtype}: {middle[0]:.0f} µs at B = 1, "
            f"{middle[-1]:.0f} µs at {each.batch_sizes[-1]:,}; ended by {each.ended or 'the plan'}"
        )
    print(f"rows for course_lib/chapters/accelerators.csv: {path}")
    return {"file": str(path), "series": len(found)}


def devices() -> list:
    """Return the devices that PyTorch finds, each with a number of threads."""
    import torch

    found = [(torch.device("cpu"), threads) for threads in sorted({1, torch.get_num_threads()})]
    if torch.cuda.is_available():
        found.append((torch.device("cuda"), 1))
    if torch.backends.mps.is_available():
        found.append((torch.device("mps"), 1))
    return found


def rows_of(device, threads: int, networks, largest: int) -> Iterator[tuple]:
    """Yield the rows of a device, network by network."""
    import torch

    clock = "processor" if device.type == "cpu" and threads == 1 else "wall"
    about = (
        name_of(device, threads), device.type, threads, f"{platform.system()} {platform.machine()}",
        platform.python_version(), torch.__version__, datetime.date.today().isoformat(),
        f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "",
    )  # fmt: skip
    for network, dtype in progress_bar(True, [*product(networks, DTYPES)], desc=about[0]):
        updates = Updates(network, device, getattr(torch, dtype), CLOCKS[clock])
        peaks, ended = climb(updates, largest)
        seconds = visit(updates, [*peaks])
        of_network = (*about, network, updates.parameters, dtype)
        for B in sorted(peaks):
            taken = " ".join(f"{each:.4g}" for each in seconds[B])
            yield (*of_network, B, "measured", clock, taken, peaks[B], PEAK_BY[device.type])
        if ended:
            yield (*of_network, *ended, clock, "", "", "")


def climb(updates, largest: int = LARGEST) -> tuple[dict, tuple]:
    """Double the batch size until it ends; return peaks by batch size, and what ended it."""
    peaks, B, ended = {}, 1, ()
    while B <= largest and not ended:
        try:
            peak, seconds = updates.peak(B), timed(updates, B, 1)
            if seconds > SLOWEST:
                ended = (B, "too slow")
            else:
                peaks[B] = peak
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            ended = (B, "out of memory")
        B *= 2
    return peaks | {B: updates.peak(B) for B in NEIGHBOURS if B < max(peaks, default=0)}, ended


def is_out_of_memory(error: Exception) -> bool:
    """Say whether an error means that memory has ended; its words differ between devices."""
    words = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, MemoryError) or any(each in str(error).lower() for each in words)


def visit(updates, sizes, rounds: int = ROUNDS) -> dict[int, list]:
    """Time every batch size once a round, for VISIT seconds; return seconds for one update."""
    repeats = {}
    for B in sizes:
        timed(updates, B, 3)  # warms up
        repeats[B] = int(np.ceil(VISIT / timed(updates, B, 3)))
    found = {B: [] for B in sizes}
    for _ in range(rounds):
        for B in sizes:
            found[B].append(timed(updates, B, repeats[B]))
    return found


def timed(updates, B: int, n: int) -> float:
    """Return the seconds of one of n updates, from a device at rest to a device at rest."""
    updates.wait()
    start = updates.clock()
    for _ in range(n):
        updates.run(B)
    updates.wait()
    return (updates.clock() - start) / n


def name_of(device, threads: int) -> str:
    """Return what a device is called, so that it is told from others."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_name()
    if device.type == "mps":
        return f"{processor()}, its GPU"
    return f"{processor()}, {threads} thread" + ("s" if threads > 1 else "")


def processor() -> str:
    """Return the name of this machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
