"""A wheel of the course, for students and sites, holds no solution; instructors lose nothing."""

import contextlib
import subprocess
import sys
import zipfile

import nbformat
import pytest
from hatchling.build import build_editable, build_wheel

from exercises.classroom import release, source

from .tools import NAMES, solutions


def built(builder, folder):
    """Build a distribution as pip does; returns the file."""
    with contextlib.chdir(release.ROOT):
        return folder / builder(str(folder))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(built(build_wheel, folder)) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_it_holds_what_students_need(wheel):
    copies = {path.stem for path in (wheel / "exercises").glob("*.ipynb")}
    assert copies == {path.stem for path in source.paths()}
    code = f"import sys; sys.path.insert(0, {str(wheel)!r}); import course_lib, exercises.practice"
    code += "; print(course_lib.__file__, exercises.__file__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=wheel)
    assert done.stdout.count(str(wheel)) == 2, done.stderr


def test_it_holds_no_tool_of_the_instructor(wheel):
    inside = {path.relative_to(wheel).parts[:2] for path in wheel.rglob("*") if path.is_file()}
    names = {second for first, second in inside if first == "exercises"}
    assert not names & {"source", "classroom", "__main__.py"}
    assert {"practice.py", "__init__.py"} <= names


def text_of(path):
    """What stands in a file, or in the cells of a notebook."""
    if path.suffix == ".ipynb":
        return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    return path.read_text(encoding="utf-8", errors="replace")


def test_it_holds_no_solution(wheel):
    """Neither the markers of one, nor the text of one."""
    text = "\n".join(text_of(path) for path in wheel.rglob("*") if path.is_file())
    for marker in ("BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME"):
        assert marker not in text
    for answer in [text for name in NAMES for text in solutions(name).values()]:
        inner = answer.split("### BEGIN SOLUTION\n")[1].split("### END SOLUTION")[0].strip()
        assert len(inner) < 30 or inner not in text  # as short as `return 172` it may be by chance


def test_an_editable_installation_reads_the_whole_folder(tmp_path):
    with zipfile.ZipFile(built(build_editable, tmp_path)) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".pth"))
        assert archive.read(path).decode().strip() == str(release.ROOT)
