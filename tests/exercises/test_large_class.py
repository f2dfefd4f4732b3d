"""Slow tests, each of some minutes: large classes, all tricks through nbval, a killed worker."""

import csv
import os
import signal
import subprocess
import sys
import time

import pytest

from exercises.classroom import bridge, grade, sandbox

from .benchmarks import grade_seconds_and_memory
from .hostile import ALL, REARRANGED, RIGHT, TRICKS, WRONG, rearranged
from .test_grade import CLASS, hand_in
from .tools import data, exercise, written

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sandbox.available() is not None, reason=f"no sandbox: {sandbox.available()}"
    ),
]


def points(to):
    with (to / "summary.csv").open(newline="") as file:
        return {row["student"]: float(row["points"]) for row in csv.DictReader(file)}


def test_class_of_200_with_20_hostile_ones(tmp_path):
    kinds = [CLASS["Ada"], CLASS["half"], CLASS["all stubs"], data(written(WRONG))]
    worth = [10, 2, 0, 0]
    honest = {f"s{n:03d}": kinds[n % 4] for n in range(180)}
    hostile = {f"h_{name}": TRICKS[name].around(WRONG) for name in list(TRICKS)[:20]}
    hand_in(tmp_path / "in", honest | hostile)
    grade.grade(tmp_path / "in", tmp_path / "to", progress=False)
    earned = points(tmp_path / "to")
    assert len(earned) == 200
    assert all(earned[f"s{n:03d}"] == worth[n % 4] for n in range(180))
    assert all(earned[name] == 0 for name in hostile)


def test_every_trick_and_its_twin_through_nbval(tmp_path):
    value = {q.grade_id: q.points for q in exercise().questions}
    submissions, worth = {}, {}
    for name, trick in TRICKS.items():
        submissions[f"{name}-wrong"], worth[f"{name}-wrong"] = trick.around(WRONG), 0
        submissions[f"{name}-right"] = trick.around(RIGHT)
        worth[f"{name}-right"] = sum(value[q] for q in ALL if q not in trick.harms)
    for change in REARRANGED:
        name = change.__name__
        submissions[f"{name}-wrong"], worth[f"{name}-wrong"] = rearranged(change, WRONG), 0
        submissions[f"{name}-right"], worth[f"{name}-right"] = rearranged(change, RIGHT), 10
    hand_in(tmp_path / "in", submissions)
    grade.grade(tmp_path / "in", tmp_path / "to", progress=False)
    assert points(tmp_path / "to") == worth


def test_memory_does_not_grow_with_the_class():
    small, large = grade_seconds_and_memory((10, 100))
    assert large["megabytes"] < 1.1 * small["megabytes"]
    assert large["megabytes_in_all"] < 1.25 * small["megabytes_in_all"]


def test_killed_worker_of_a_cluster_loses_nothing(tmp_path):
    from dask.distributed import Client, LocalCluster

    hand_in(tmp_path / "in", {f"s{n}": CLASS["half"] for n in range(12)})
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            victim, *_ = client.run(os.getpid).values()
        command = [
            sys.executable,
            "-m",
            "exercises",
            "grade",
            tmp_path / "in",
            "--to",
            tmp_path / "to",
        ]
        process = subprocess.Popen([*command, "--cluster", cluster.scheduler_address])
        results = tmp_path / "to" / "instructor" / "results"
        while not (results.is_dir() and len(list(results.glob("*.json"))) >= 2):
            assert process.poll() is None
            time.sleep(0.1)
        os.kill(victim, signal.SIGKILL)
        assert process.wait(timeout=300) == 0
    assert points(tmp_path / "to") == {f"s{n}": 2 for n in range(12)}


def test_interrupt_leaves_no_process_and_the_next_run_goes_on(tmp_path):
    hang = {q: f"{source}\nwhile True: pass" for q, source in RIGHT.items()}
    hand_in(tmp_path / "in", {"a": CLASS["half"], "b": data(written(hang))})
    command = [sys.executable, "-m", "exercises", "grade", tmp_path / "in", "--to", tmp_path / "to"]
    environment = {**os.environ, "PYTHONHASHSEED": "20"}
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    time.sleep(bridge.QUESTION_SECONDS)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 130
    deadline = time.monotonic() + 20
    while (left := offspring("PYTHONHASHSEED=20")) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert left == []
    assert points(tmp_path / "to") == {"a": 2}
    subprocess.run(command, check=True, timeout=300)
    assert points(tmp_path / "to") == {"a": 2, "b": 0}


def offspring(mark):
    """The processes whose environment holds a mark."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ") as file:
                found += [pid] if mark in file.read().split("\0") else []
        except OSError:
            pass
    return found
