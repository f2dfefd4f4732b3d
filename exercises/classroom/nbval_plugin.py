"""The hook that puts a cell's grade_id, points and verdict into nbval's JUnit file."""

import json
from pathlib import Path

import pytest

from exercises.classroom.judging import VERDICTS


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Add the properties once, to the report of the call."""
    if call.when == "call":
        meta = item.cell.metadata.get("nbgrader", {})
        grade_id = meta.get("grade_id", "")
        properties = {"cell_id": item.cell.get("id", ""), "grade_id": grade_id}
        properties["points"] = meta.get("points", 0)
        verdicts = Path(item.path).parent / VERDICTS
        for line in verdicts.read_text().splitlines() if verdicts.exists() else ():
            verdict = json.loads(line)
            if verdict["grade_id"] == grade_id:
                properties |= verdict
        item.user_properties.extend(properties.items())
    return (yield)
