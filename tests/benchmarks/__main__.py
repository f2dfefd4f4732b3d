"""The command: measure what was asked for, print it as a table, keep it as JSON."""

import argparse
import datetime
import json
import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_info

from tests.exercises.benchmarks import grade_seconds_and_memory

from . import accelerator, choosing, course, digits, growth, lesson
from .side_by_side import Comparison, Sides, compare

PEERS = "python -m pip install -r tests/requirements-benchmarks.txt"
PACKAGES = ("numpy", "scikit-learn", "torch", "jax", "numba", "nbgrader", "nbval", "jupyterlab")


class Row(NamedTuple):
    """A row of the table: what is compared with what, and the ratio that is to be reached."""

    what: str
    peer: str
    goal: float
    measure: Callable[[], Sides | Comparison]


ROWS = {
    "torch": Row(
        "1,000 draws of the lesson's experiment, B = 1, 10, 50 and 100",
        "PyTorch, a loop for each draw",
        500,
        lesson.against_torch,
    ),
    "sgdregressor": Row(
        "the same at B = 1",
        "scikit-learn's SGDRegressor (compiled), a fit for each draw",
        2,
        lesson.against_scikit_learn,
    ),
    "jax": Row(
        "the same, B = 1, 10, 50 and 100",
        "JAX, vmap and scan inside jit, compiled beforehand",
        3,
        lesson.against_jax,
    ),
    "digits": Row(
        "16 networks of 64-32-10 units on digits, B = 16",
        "scikit-learn's MLPClassifier, a fit for each",
        8,
        digits.against_scikit_learn,
    ),
    "digits-64": Row(
        "the same with 64-64-10 units",
        "the same",
        8,
        lambda: digits.against_scikit_learn(64),
    ),
    "choosing": Row(
        "the chosen batch size's time to the target, on ten data sets",
        "the best batch size, by brute force",
        0.83,
        choosing.nearness,
    ),
    "latency": Row(
        "an explorer in a browser: from the key to the new picture",
        "ipywidgets' interact with an inline figure",
        5,
        course.latency,
    ),
    "grading": Row(
        "grading a class of 40, sandboxed",
        "nbgrader autograde (not sandboxed, not parallel)",
        3,
        course.grading,
    ),
    "notebooks": Row(
        "every notebook through nbval, two processes", "three minutes", 1, course.notebooks
    ),
}
CLASSES = (2, 6, 20, 60, 200)


def measure(name: str) -> dict:
    """Measure a row of the table; return it as what JSON can hold."""
    row = ROWS[name]
    measured = row.measure()
    if isinstance(measured, Sides):
        measured = compare(measured, name=name)
    return {
        "name": name,
        "what": row.what,
        "peer": row.peer,
        "goal": row.goal,
        "ratio": measured.ratio,
        "spread": measured.spread,
        "seconds": measured.ours,
        "peer_seconds": measured.peer,
        "same_work": measured.proof,
        "limit_seconds": measured.limit,
        "remarks": measured.remarks,
    }


def table(rows) -> str:
    """Return the rows as a table in Markdown, as it stands in the README."""
    lines = ["| what | against | times as fast | goal |", "|---|---|---|---|"]
    for row in rows:
        spread = " to ".join(map(_short, row["spread"]))
        spread = f" ({spread})" if len(row["seconds"]) > 1 else ""
        lines.append(
            f"| {row['what']} | {row['peer']} | {_short(row['ratio'])}{spread} | {row['goal']} |"
        )
    return "\n".join(lines)


def describe(row) -> str:
    """Return what the table has no room for: seconds, the proof, the limit, remarks."""
    seconds, peer = np.median(row["seconds"]), np.median(row["peer_seconds"])
    lines = [
        f"{row['name']}: {_short(row['ratio'])} times as fast, the goal is {row['goal']}",
        f"  {seconds:.3g} s against {peer:.3g} s, medians of {len(row['seconds'])}",
        f"  {row['same_work']}",
    ]
    limits = [f"{name} {seconds:.2f} s" for name, seconds in row["limit_seconds"].items()]
    lines += [f"  of a whole call, {', '.join(limits)}"] if limits else []
    return "\n".join([*lines, *(f"  {remark}" for remark in row["remarks"])])


def machine() -> dict:
    """Return what the numbers depend on beside the code."""
    blas = [each for each in threadpool_info() if each["user_api"] == "blas"]
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": accelerator.processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "blas": ", ".join(f"{each['internal_api']} ({each.get('architecture')})" for each in blas),
        "versions": versions,
    }


def measure_growth() -> dict:
    """Measure the growth of training with everything that can grow, and draw it."""
    found = {what: growth.grow(what) for what in growth.GROWS}
    print("exponents over the upper of two decades: time, peak memory, kept memory")
    for what, series in found.items():
        powers = (growth.exponent(series["size"], series[of]) for of in ("seconds", "peak", "kept"))
        ends = f"{series['size'][0]:,} to {series['size'][-1]:,}"
        print(f"  {what:8} {ends:>20}", *(f"{power:7.2f}" for power in powers))
    print(f"picture: {growth.draw(found).relative_to(course.ROOT)}")
    return found


def measure_growth_of_grading() -> dict:
    """Grade classes of growing size."""
    rows = grade_seconds_and_memory(CLASSES)
    found = {of: [row[of] for row in rows] for of in rows[0]}
    for of in ("seconds", "megabytes", "megabytes_in_all"):
        power = growth.exponent(found["students"], found[of])
        print(f"  {of} of a class of {CLASSES[0]} to {CLASSES[-1]}: exponent {power:.2f}")
    return found


#: What is measured alone, each with the key under which JSON keeps it.
ALONE = {
    "growth": ("growth", measure_growth),
    "growth-grading": ("growth_of_grading", measure_growth_of_grading),
    "accelerator": ("accelerator", accelerator.measure),
}


def main(arguments=None) -> int:
    """Run the command; return its exit code: 1 if a goal was missed, 2 for a wrong argument."""
    names = [*ROWS, *ALONE]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"what to measure (all): {', '.join(names)}"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all that was measured")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in names]:
        parser.error(f"{unknown[0]!r} is not one of {', '.join(names)}")
    if options.json and not options.json.absolute().parent.is_dir():
        parser.error(f"there is no folder {options.json.absolute().parent} to keep the file in")
    found = {"machine": machine(), "rows": [], "left_out": {}}
    print(*(f"{key}: {value}" for key, value in found["machine"].items()), sep="\n", end="\n\n")
    for name in options.names or names:
        try:
            if name in ALONE:
                key, measure_it = ALONE[name]
                found[key] = measure_it()
            else:
                found["rows"].append(measure(name))
                print(describe(found["rows"][-1]))
        except ModuleNotFoundError as missing:
            found["left_out"][name] = f"{missing.name} is not installed: {PEERS}"
            print(f"{name}: left out, {found['left_out'][name]}")
        print(flush=True)
        if options.json:  # after each row: what was measured is kept, whatever comes
            options.json.write_text(json.dumps(found, indent=1))
    if found["rows"]:
        print(table(found["rows"]))
    return int(any(row["ratio"] < row["goal"] for row in found["rows"]))


def _short(ratio):
    return f"{ratio:,.0f}" if ratio >= 20 else f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"


if __name__ == "__main__":
    sys.exit(main())
