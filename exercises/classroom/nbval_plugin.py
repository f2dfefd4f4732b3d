"""The hook that puts a cell's grade_id, points and verdict into nbval's JUnit file."""

import json
import re

import pytest

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
VERDICT = re.compile(r"^Verdict: (\{.*\})$", re.M)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Add the properties once, to the report of the call."""
    if call.when == "call":
        meta = item.cell.metadata.get("nbgrader", {})
        properties = {"cell_id": item.cell.get("id", ""), "grade_id": meta.get("grade_id", "")}
        properties["points"] = meta.get("points", 0)
        traceback = getattr(call.excinfo and call.excinfo.value, "inner_traceback", None) or ""
        for verdict in VERDICT.findall(COLOURS.sub("", traceback))[-1:]:
            properties.update(json.loads(verdict))
        item.user_properties.extend(properties.items())
    return (yield)
