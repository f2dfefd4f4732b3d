"""What updates cost on devices that people measured: ``accelerators.csv``.

``python -m tests.benchmarks accelerator`` writes rows of this form about the machine it runs on,
and ``tests/chapters/test_devices.py`` holds all rows to what :func:`read` and :func:`series` ask.
"""

import csv
from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_lib._checks import check_kind, check_list

#: Parameters of the networks that are timed: the first two are the course's.
NETWORKS = {"line": 2, "digits": 4_810, "wide": 25_076_712, "transformer": 2_092_520}
#: The types of number, with their bytes.
DTYPES = {"float32": 4, "bfloat16": 2}
#: What a cell may hold. Of a series only the largest batch size may be one that was not measured. A
#: clock counts the seconds that the program had the processor, or those on the wall.
CHOICES = {
    "kind": ("cpu", "cuda", "mps"),
    "network": tuple(NETWORKS),
    "dtype": tuple(DTYPES),
    "status": ("measured", "out of memory", "too slow"),
    "clock": ("processor", "wall"),
}
#: At least so many rounds, and what an update can take in seconds.
ROUNDS, SHORTEST, LONGEST = 16, 1e-7, 60.0


class Row(NamedTuple):
    """One batch size on one device.

    Attributes
    ----------
    device, kind, threads, system, python, torch, date, load
        What was measured on, and when: name, kind, threads of the processor, versions, the
        day, and how many programs wanted to run when the measurement began ("" if unknown).
    network, parameters, dtype
        One of NETWORKS, its number of parameters, one of DTYPES.
    batch_size, status
        B, and what became of it.
    clock : str
        Whose seconds.
    seconds : tuple of float
        For one update, in each round; empty unless measured.
    peak_bytes : int or None
        Most bytes held during an update: parameters, gradient, batch and all in between.
    peak_by : str
        How that was found, in words.
    """

    device: str
    kind: str
    threads: int
    system: str
    python: str
    torch: str
    date: str
    load: str
    network: str
    parameters: int
    dtype: str
    batch_size: int
    status: str
    clock: str
    seconds: tuple
    peak_bytes: int | None
    peak_by: str


class Series(NamedTuple):
    """All batch sizes of one network and one type of number on one device.

    Attributes
    ----------
    device, kind, network, dtype : str
    batch_sizes : array of int, shape (sizes,)
    seconds : array, shape (rounds, sizes)
    peak_bytes : array of int, shape (sizes,)
    ended : str
        Why there is no larger one, with its batch size; empty if there was no reason but the plan.
    """

    device: str
    kind: str
    network: str
    dtype: str
    batch_sizes: np.ndarray
    seconds: np.ndarray
    peak_bytes: np.ndarray
    ended: str


def read(path=None) -> list[Row]:
    """Return the rows of a file of measurements, of the course's own if none is named.

    Raises
    ------
    ValueError
        If a column is missing, or a line holds what cannot be; it names the line.

    Examples
    --------
    >>> {row.network for row in read()} == set(NETWORKS)
    True
    """
    try:
        file = files("course_lib.chapters") / "accelerators.csv" if path is None else Path(path)
        text = file.read_text(encoding="utf-8")
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"path must be a file of measurements, not {path!r}: {error}") from None
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != Row._fields:
        raise ValueError(f"path must be a file whose first line is {','.join(Row._fields)}")
    rows = []
    for line, cells in enumerate(reader, 2):
        try:
            rows.append(_row(cells))
        except ValueError as error:
            raise ValueError(f"line {line}: {error}") from None
    return rows


def series(rows: Iterable[Row]) -> list[Series]:
    """Put together the rows of each device, network and type of number, in order of batch size.

    Raises
    ------
    ValueError
        If batch sizes are missing, stand twice, or cannot be of one measurement.

    Examples
    --------
    >>> first = series(read())[0]
    >>> first.seconds.shape[1] == len(first.batch_sizes)
    True
    """
    groups = {}
    for row in check_list("rows", rows, "rows"):
        check_kind("each of rows", row, Row, "read()[0]")
        groups.setdefault((row.device, row.kind, row.network, row.dtype), []).append(row)
    return [
        _series(key, sorted(group, key=lambda row: row.batch_size)) for key, group in groups.items()
    ]


def _row(cells):
    if None in cells or None in cells.values():
        raise ValueError(f"it must have {len(Row._fields)} cells")
    _check_words(cells)
    _hold(not cells["load"] or _number(cells, "load", float) >= 0, "load must not be negative")
    numbers = {name: _number(cells, name, int) for name in ("threads", "parameters", "batch_size")}
    for name, number in numbers.items():
        _hold(number >= 1, f"{name} must be at least 1, not {number}")
    parameters = NETWORKS[cells["network"]]
    _hold(
        numbers["parameters"] == parameters,
        f"{cells['network']} has {parameters} parameters, not {numbers['parameters']}",
    )
    if cells["status"] != "measured":
        is_empty = not cells["seconds"] and not cells["peak_bytes"]
        _hold(is_empty, "only what was measured has numbers")
        return Row(**{**cells, **numbers, "seconds": (), "peak_bytes": None})
    seconds = tuple(_seconds(cells["seconds"]))
    peak, least = _number(cells, "peak_bytes", int), parameters * DTYPES[cells["dtype"]]
    _hold(
        least <= peak < 1e13,
        f"peak_bytes must be bytes, at least the {least:,} of the parameters, not {peak:,}",
    )
    return Row(**{**cells, **numbers, "seconds": seconds, "peak_bytes": peak})


def _check_words(cells):
    for name in ("device", "system", "python", "torch"):
        _hold(cells[name].strip(), f"{name} must not be empty")
    for name, choices in CHOICES.items():
        right = f"{name} must be one of {', '.join(choices)}"
        _hold(cells[name] in choices, f"{right}, not {cells[name]!r}")
    try:
        date.fromisoformat(cells["date"])
    except ValueError:
        raise ValueError(f"date must be a day such as 2026-11-24, not {cells['date']!r}") from None


def _seconds(cell):
    try:
        seconds = [float(number) for number in cell.split()]
    except ValueError:
        raise ValueError(f"seconds must be numbers with spaces between, not {cell!r}") from None
    _hold(len(seconds) >= ROUNDS, f"seconds must be of {ROUNDS} rounds or more, not {len(seconds)}")
    for number in seconds:
        _hold(
            SHORTEST < number < LONGEST,
            f"seconds must be seconds for one update, {SHORTEST:g} to {LONGEST:g}, not {number:g}",
        )
    return seconds


def _series(key, rows):
    name = ", ".join((key[0], *key[2:]))
    sizes = [row.batch_size for row in rows]
    _hold(len({*sizes}) == len(sizes), f"{name}: a batch size stands twice")
    done = [row for row in rows if row.status == "measured"]
    _hold(done and sizes[0] == 1, f"{name}: it must start with batch size 1, measured")
    _hold(
        rows[: len(done)] == done and len(rows) <= len(done) + 1,
        f"{name}: only the largest batch size may be one that was not measured",
    )
    _hold(len({len(row.seconds) for row in done}) == 1, f"{name}: rounds are missing somewhere")
    seconds = np.array([row.seconds for row in done]).T
    middle = np.median(seconds, axis=0)
    _hold(middle[-1] > middle[0] / 2, f"{name}: its largest batch took less time than its smallest")
    peaks = np.array([row.peak_bytes for row in done])
    _hold(
        len(done) == 1 or peaks[-1] > peaks[0],
        f"{name}: its largest batch held no more memory than its smallest",
    )
    ended = "" if rows[-1] is done[-1] else f"B = {rows[-1].batch_size:,}: {rows[-1].status}"
    return Series(*key, np.array(sizes[: len(done)]), seconds, peaks, ended)


def _number(cells, name, kind):
    try:
        return kind(cells[name])
    except ValueError:
        right = "a whole number" if kind is int else "a number"
        raise ValueError(f"{name} must be {right}, not {cells[name]!r}") from None


def _hold(is_right, message):
    if not is_right:
        raise ValueError(message)
