"""The workflow files are valid, and call commands that exist."""

import subprocess
import sys

import pytest

from exercises.__main__ import parser
from exercises.classroom import release

WORKFLOWS = sorted((release.EXERCISES / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_keeps_to_the_schema(path):
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    done = subprocess.run(
        [*checker, "vendor.github-workflows", path], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_workflow_for_grading_calls_the_commands():
    text = (release.EXERCISES / "workflows" / "grade.yml").read_text()
    calls = [
        line.split("-m exercises ")[1] for line in text.splitlines() if "-m exercises " in line
    ]
    assert [call.split()[0] for call in calls] == ["grade", "report"]
    for call in calls:
        parser().parse_args(call.partition("&&")[0].split())


def test_workflow_for_practising_calls_what_students_have():
    text = (release.EXERCISES / "workflows" / "practise.yml").read_text()
    assert ".venv/bin/python -m exercises.practice\n" in text
