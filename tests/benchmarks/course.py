"""What is measured as a whole: the explorers in a browser, a class, the notebooks through nbval."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from tests.exercises.benchmarks import grade_and_nbgrader_seconds

from .side_by_side import Comparison

ROOT = Path(__file__).parents[2]
#: The form of report that holds what a test records.
XUNIT1 = ("-o", "junit_family=xunit1")


def latency() -> Comparison:
    """Press keys in a browser: each explorer beside the same picture by ipywidgets' interact."""
    cases, _ = run_pytest("-m", "slow", "tests/browser/test_latency.py", "-k", "five_times")
    if not any("ours_ms" in case for case in cases):
        raise RuntimeError(f"nothing was measured: {[case['outcome'] for case in cases]}")
    remarks = [
        f"{case['name'].partition('[')[2].rstrip(']')}: {case['ours_ms']:.0f} ms, 95 % within "
        f"{case['ours_95_ms']:.0f} ms; interact {case['interact_ms']:.0f} ms"
        for case in cases
    ]
    ours, peer = ([case[of] / 1e3 for case in cases] for of in ("ours_ms", "interact_ms"))
    return Comparison(ours, peer, "the same scenes", {}, remarks)


def grading() -> Comparison:
    """Grade a class of 40, once with each grader: nbgrader alone takes a minute."""
    ours, peer = grade_and_nbgrader_seconds(40)
    return Comparison([ours], [peer], "the same 40 notebooks handed in, each of them graded")


def notebooks() -> Comparison:
    """Run every notebook through nbval on two processes; the peer is the limit, three minutes."""
    cases, seconds = run_pytest("-n", "2", "notebooks")
    failed = [
        f"{case['classname']} {case['name']}" for case in cases if case["outcome"] != "passed"
    ]
    assert not failed, failed
    of_each = {}
    for case in cases:
        of_each[case["classname"]] = of_each.get(case["classname"], 0) + case["seconds"]
    slowest = max(of_each, key=of_each.get)
    remark = f"the slowest of {len(of_each)} takes {of_each[slowest]:.0f} s: {slowest}"
    return Comparison([seconds], [180], f"{len(cases)} cells passed", {}, [remark])


def run_pytest(*options):
    """Run pytest; return a dict for each test, with what it recorded, and the seconds in all."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *XUNIT1, *options]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        if not report.exists():
            raise RuntimeError(f"pytest did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return [_case(case) for case in ElementTree.parse(report).iter("testcase")], seconds


def _case(element):
    failed = (child.tag for child in element if child.tag in ("failure", "error", "skipped"))
    recorded = {each.get("name"): float(each.get("value")) for each in element.iter("property")}
    return {
        "classname": element.get("classname"),
        "name": element.get("name"),
        "seconds": float(element.get("time")),
        "outcome": next(failed, "passed"),
        **recorded,
    }
