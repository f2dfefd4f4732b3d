"""Grade one class with this course's grader and with nbgrader, side by side.

``python -m tests.exercises.benchmarks [STUDENTS]`` prints the seconds of both. The class hands in
exercise 4; of four students one is right, one made a known mistake, one crashes, one wrote nothing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from exercises.classroom import grade, transplant

from .hostile import RIGHT
from .test_grade import DROPPED
from .test_nbgrader import CONFIG, nbgrader
from .tools import E04, written

KINDS = (RIGHT, {**RIGHT, "epoch_batches": DROPPED}, {**RIGHT, "epoch_loss": "1 / 0"}, {})


def hand_in(folder, release, students):
    """Write a class into nbgrader's layout, from nbgrader's own release."""
    for number in range(students):
        notebook = nbformat.read(release, as_version=4)
        answers = {c.id: c.source for c in written(KINDS[number % len(KINDS)]).cells}
        for cell in notebook.cells:
            if cell.id.endswith("_answer"):
                cell.source = answers[cell.id]
        target = folder / "submitted" / f"s{number:03d}" / "batch"
        target.mkdir(parents=True)
        nbformat.write(notebook, target / f"{E04}.ipynb")


def main(students=40):
    """Print the seconds that each grader takes."""
    folder = Path(tempfile.mkdtemp(prefix="benchmark-"))
    try:
        (folder / "nbgrader_config.py").write_text(CONFIG.format(root=str(folder)))
        (folder / "source" / "batch").mkdir(parents=True)
        shutil.copy(transplant.SOURCES / f"{E04}.ipynb", folder / "source" / "batch")
        done = nbgrader(folder, "generate_assignment", "batch", "--create")
        assert done.returncode == 0, done.stderr
        hand_in(folder, folder / "release" / "batch" / f"{E04}.ipynb", students)
        print(f"{students} students, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        started = time.perf_counter()
        results = grade.grade(folder / "submitted", folder / "to", progress=False)
        ours = time.perf_counter() - started
        assert len(results) == students
        print(f"this grader, sandboxed: {ours:.1f} s", flush=True)
        started = time.perf_counter()
        done = nbgrader(folder, "autograde", "batch", "--create")
        theirs = time.perf_counter() - started
        assert done.returncode == 0, done.stderr
        print(f"nbgrader autograde: {theirs:.1f} s, {theirs / ours:.1f} times as long")
    except subprocess.TimeoutExpired as error:
        print(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
