"""The rooms of course_lib import one way: each only those that stand below it."""

import ast
from pathlib import Path

import pytest

import course_lib

ROOT = Path(course_lib.__file__).parent
MAY_IMPORT = {
    "_checks": set(),
    "data": {"_checks"},
    "own_data": {"data"},
    "models": {"_checks"},
    "batches": {"_checks"},
    "optimizers": {"_checks"},
    "training": {"_checks", "batches"},
    "quadratic": {"_checks"},
    "curvature": {"_checks"},
    "measure": {"_checks", "batches", "optimizers", "training"},
    "choosing": {"_checks", "batches", "optimizers", "training", "measure"},
    "parallel": {"_checks", "training"},
    "ledger": set(),
    "plots": {"_checks", "training"},
    "saving": set(),
    "explorers": {
        "_checks", "data", "models", "batches", "optimizers", "training", "measure", "plots",
        "saving",
    },
}  # fmt: skip


def rooms():
    return sorted(p.stem for p in ROOT.iterdir() if p.name != "__init__.py" and is_room(p))


def is_room(path):
    return path.suffix == ".py" or (path / "__init__.py").exists()


def imports_of(room):
    """Names of the rooms that a room, a file or a folder of files, imports at any place."""
    files = (ROOT / room).rglob("*.py") if (ROOT / room).is_dir() else [ROOT / f"{room}.py"]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
                names += [f"{node.module}.{alias.name}" for alias in node.names]
                assert node.level == 0, f"{file.name} has a relative import"
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            parts = [name.split(".") for name in names]
            yield from {p[1] for p in parts if p[0] == "course_lib" and len(p) > 1} & set(rooms())


def test_every_room_has_its_place_in_the_order():
    assert rooms() == sorted(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_stands_below_it(room):
    assert set(imports_of(room)) - {room} <= MAY_IMPORT[room]


def test_the_table_of_rooms_in_the_package_is_complete():
    public = [room for room in rooms() if not room.startswith("_")]
    assert all(f"\n{room} " in course_lib.__doc__ for room in public)
