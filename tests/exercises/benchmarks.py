"""Grade one class with this course's grader and with nbgrader; grade classes of growing size.

``python -m tests.benchmarks grading growth-grading`` prints what comes of it. The class hands in
exercise 4; of four students one is right, one made a known mistake, one crashes, one wrote nothing.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import nbformat
import psutil

from exercises.classroom import grade, source

from .hostile import RIGHT
from .test_grade import DROPPED
from .test_nbgrader import CONFIG, nbgrader
from .tools import E04, written

KINDS = (RIGHT, {**RIGHT, "epoch_batches": DROPPED}, {**RIGHT, "epoch_loss": "1 / 0"}, {})


def hand_in(folder, students):
    """Write what a class hands in below `folder`, laid out as nbgrader wants it."""
    for number in range(students):
        target = folder / f"s{number:03d}" / "batch"
        target.mkdir(parents=True)
        nbformat.write(written(KINDS[number % len(KINDS)]), target / f"{E04}.ipynb")


def grade_and_nbgrader_seconds(students=40):
    """Grade the same class with this grader and with nbgrader's autograde, one after the other.

    Returns
    -------
    tuple of float
        Seconds of this grader, sandboxed and in parallel, and of nbgrader.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        folder = Path(folder)
        (folder / "nbgrader_config.py").write_text(CONFIG.format(root=str(folder)))
        (folder / "source" / "batch").mkdir(parents=True)
        shutil.copy(source.SOURCES / f"{E04}.ipynb", folder / "source" / "batch")
        done = nbgrader(folder, "generate_assignment", "batch", "--create")
        assert done.returncode == 0, done.stderr
        hand_in(folder / "submitted", students)
        started = time.perf_counter()
        results = grade.grade(folder / "submitted", folder / "to", progress=False)
        ours = time.perf_counter() - started
        assert len(results) == students
        started = time.perf_counter()
        done = nbgrader(folder, "autograde", "batch", "--create")
        theirs = time.perf_counter() - started
        assert done.returncode == 0, done.stderr
        return ours, theirs


def grade_seconds_and_memory(class_sizes=(10, 30, 100, 300)):
    """Run ``python -m exercises grade`` once for each class, on its own and from the beginning.

    Parameters
    ----------
    class_sizes : sequence of int
        Numbers of students; each hands in one exercise.

    Returns
    -------
    list of dict
        For each class `students`, `seconds`, `megabytes` (the largest resident memory of the
        grader's own process) and `megabytes_in_all` (the largest memory of it and of all that it
        started: warm interpreters, kernels and sandboxes; shared pages counted once).
    """
    found = []
    for students in class_sizes:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            submitted, to = Path(folder) / "submitted", Path(folder) / "to"
            hand_in(submitted, students)
            command = [sys.executable, "-m", "exercises", "grade", submitted, "--to", to]
            measured = seconds_and_memory(command, cwd=source.SOURCES.parents[1])
            assert len(list((to / "feedback").iterdir())) == students
        found.append({"students": students, **measured})
    return found


def seconds_and_memory(command, **options):
    """Run a command to its end, and watch its memory twenty times a second."""
    started = time.perf_counter()
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    own, in_all, looks = 0, 0, 0
    while process.poll() is None:
        with suppress(psutil.Error):  # it may end while it is looked at
            own = max(own, process.memory_info().rss)
            if looks % 10 == 0:  # looking at every process takes time from them
                family = [process, *process.children(recursive=True)]
                in_all = max(in_all, sum(map(_share, family)))
        looks += 1
        time.sleep(0.05)
    seconds = time.perf_counter() - started
    assert process.returncode == 0, f"{command} ended with {process.returncode}"
    return {"seconds": seconds, "megabytes": own / 1e6, "megabytes_in_all": in_all / 1e6}


def _share(process):
    """Return the bytes of a process, each page divided by the number of processes that share it."""
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0
