"""Run notebooks from top to bottom in a fresh kernel, and keep their outputs.

    python -m tests.tools.store notebooks/00_four_batch_sizes.ipynb

A notebook is stored only if every cell ran. What would differ from one run to the next, or tells of
the machine, is left out: times of execution, states of widgets, versions of Python.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from course_lib.lab.saving import WIDGET_VIEW
from tests.tools.environment import CELL_TIMEOUT, ENVIRONMENT

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE_INFO = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}


class StoreError(Exception):
    """A notebook did not run from top to bottom."""


def execute(notebook, folder):
    """Run every code cell of `notebook` in `folder`; return the seconds that each cell took.

    The notebook is changed in place. A cell that fails raises a StoreError.
    """
    started, seconds = {}, {}

    def start(cell, cell_index):
        started[cell_index] = time.perf_counter()

    def stop(cell, cell_index, **_):
        seconds[cell_index] = time.perf_counter() - started[cell_index]

    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name=KERNELSPEC["name"],
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        on_cell_execute=start,
        on_cell_executed=stop,
    )
    try:
        client.execute(env={**os.environ, **ENVIRONMENT})
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        index = max(started, default=0)
        raise StoreError(
            f"cell {index + 1} of {len(notebook.cells)} did not run:\n{error}"
        ) from None
    return seconds


def read(path):
    """Return the notebook at `path`, or say that it is none."""
    try:
        return nbformat.read(path, as_version=4)
    except OSError:
        raise
    except Exception as error:  # a damaged file makes nbformat stumble anywhere
        raise StoreError(f"it is not a notebook: {error}") from None


def merge_streams(outputs):
    """Join neighbouring pieces of the same stream, since where a stream is cut is chance."""
    merged = []
    for output in outputs:
        same = ("stream", output.get("name"))
        if merged and (merged[-1]["output_type"], merged[-1].get("name")) == same:
            merged[-1]["text"] += output["text"]
        else:
            merged.append(output)
    return merged


def without_widgets(outputs):
    """Leave out references to widgets, which mean nothing without their kernel."""
    for output in outputs:
        output.get("data", {}).pop(WIDGET_VIEW, None)
        output.get("metadata", {}).pop(WIDGET_VIEW, None)
    return [output for output in outputs if output.get("data") != {}]


#: What editors note in a cell for themselves.
UNKEPT = ("execution", "ExecuteTime", "collapsed", "scrolled", "trusted", "lines_to_next_cell")


def normalize(notebook):
    """Keep of an executed notebook only what is the same after every run, in place."""
    for name in ("widgets", "jupytext"):
        notebook.metadata.pop(name, None)
    notebook.metadata["kernelspec"] = dict(KERNELSPEC)
    notebook.metadata["language_info"] = dict(LANGUAGE_INFO)
    taken = set()
    for number, cell in enumerate(notebook.cells):
        if not cell.get("id") or cell["id"] in taken:
            cell["id"] = f"cell-{number:02d}"
        taken.add(cell["id"])
        for name in UNKEPT:
            cell.metadata.pop(name, None)
        if cell.cell_type == "code":
            cell.outputs = merge_streams(without_widgets(cell.outputs))
    notebook.nbformat, notebook.nbformat_minor = 4, 5


def store(path):
    """Run the notebook at `path` and write it back with its outputs; return each cell's seconds."""
    path = Path(path)
    notebook = read(path)
    seconds = execute(notebook, path.resolve().parent)
    normalize(notebook)
    nbformat.validate(notebook)
    # Written beside it and moved, so that an interruption never leaves half a notebook.
    beside = path.with_suffix(".ipynb.part")
    try:
        beside.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return seconds


def main(arguments=None):
    """Store every notebook named; return 1 if one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.store", description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path, help="notebooks to run and to store")
    failed = 0
    for path in parser.parse_args(arguments).notebooks:
        start = time.perf_counter()
        try:
            seconds = store(path)
        except (StoreError, OSError) as error:
            print(f"{path}: left as it was: {error}", file=sys.stderr)
            failed = 1
            continue
        took = time.perf_counter() - start
        slowest = max(seconds, key=seconds.get, default=None)
        report = f"{path}: {took:.1f} s, {path.stat().st_size / 1000:.0f} kB"
        if slowest is not None:
            report += f", slowest cell {slowest + 1} ({seconds[slowest]:.1f} s)"
        print(report)
    return failed


if __name__ == "__main__":
    sys.exit(main())
