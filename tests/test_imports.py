"""The rooms of course_lib import one way: each only those that stand above it in the table."""

import ast
import re
from itertools import takewhile
from pathlib import Path

import pytest

import course_lib

ROOT = Path(course_lib.__file__).parent
#: The rooms in the order of the table. A line of it starts with a room's name and two spaces.
TABLE = re.findall(r"^([a-z_.]+)  +\S", course_lib.__doc__, re.MULTILINE)
#: Rooms beneath the table, which all others may use.
CELLAR = {"_checks"}
#: Folders of rooms; any other folder is one room.
FLOORS = {"chapters", "lab"}


def rooms():
    """Names of the rooms, each a module or a package, on the first floor or in one of FLOORS."""
    for path in ROOT.rglob("*.py"):
        *folders, name = path.relative_to(ROOT).with_suffix("").parts
        floor = folders[:1] if folders and folders[0] in FLOORS else []
        inside = folders[len(floor) :] or [name]
        if inside != ["__init__"]:
            yield ".".join([*floor, inside[0]])


def imports_of(room):
    """Names of the rooms that a room, a file or a folder of files, imports at any place."""
    path = ROOT.joinpath(*room.split("."))
    files = path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file.name} has a relative import"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for name in names:
                yield from (
                    known for known in rooms() if f"{name}.".startswith(f"course_lib.{known}.")
                )


def test_the_table_of_rooms_is_complete():
    assert set(TABLE) == set(rooms()) - CELLAR
    assert len(TABLE) == len(set(TABLE))


@pytest.mark.parametrize("room", TABLE)
def test_a_room_imports_only_what_stands_above_it(room):
    above = set(takewhile(lambda other: other != room, TABLE))
    assert set(imports_of(room)) - {room} <= above | CELLAR


def test_the_checks_import_nothing_of_the_course():
    assert [*imports_of("_checks")] == []


def test_the_order_would_notice_an_import_the_wrong_way():
    assert "batches" in set(imports_of("training"))
    assert TABLE.index("batches") < TABLE.index("training")
