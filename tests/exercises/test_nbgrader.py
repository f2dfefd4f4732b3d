"""A school that runs nbgrader can take the sources as they are."""

import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook

from exercises.classroom import transplant

from .tools import E04, NAMES, exercise, solutions

CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "batch"
c.CourseDirectory.root = {root!r}
c.CourseDirectory.db_url = "sqlite:///" + {root!r} + "/gradebook.db"
c.ExecutePreprocessor.timeout = 60
"""


def nbgrader(folder, *arguments):
    scripts = os.path.dirname(sys.executable)  # nbgrader calls alembic by its bare name
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([scripts, os.environ["PATH"]]),
        "JUPYTER_CONFIG_DIR": str(folder),
        "IPYTHONDIR": str(folder),
    }
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """A school's course folder, with every exercise generated as one assignment."""
    folder = tmp_path_factory.mktemp("school")
    (folder / "nbgrader_config.py").write_text(CONFIG.format(root=str(folder)))
    (folder / "source" / "batch").mkdir(parents=True)
    for name in NAMES:
        shutil.copy(transplant.SOURCES / f"{name}.ipynb", folder / "source" / "batch")
    done = nbgrader(folder, "generate_assignment", "batch", "--create", "--force")
    assert done.returncode == 0, done.stderr
    return folder


def test_nbgrader_generates_every_exercise_without_solutions(school):
    for name in NAMES:
        text = (school / "release" / "batch" / f"{name}.ipynb").read_text()
        assert "raise NotImplementedError()" in text
        assert "BEGIN SOLUTION" not in text
        assert "HIDDEN TESTS" not in text


def test_nbgrader_gives_solutions_full_marks_and_stubs_none(school, monkeypatch):
    for student, answers in {"solved": solutions(), "stub": {}}.items():
        notebook = nbformat.read(school / "release" / "batch" / f"{E04}.ipynb", as_version=4)
        for question in exercise().questions:
            cell = next(c for c in notebook.cells if c.id == question.answer)
            cell.source = answers.get(question.grade_id, cell.source)
        target = school / "submitted" / student / "batch"
        target.mkdir(parents=True)
        nbformat.write(notebook, target / f"{E04}.ipynb")
    done = nbgrader(school, "autograde", "batch", "--create")
    assert done.returncode == 0, done.stderr
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    with Gradebook(f"sqlite:///{school}/gradebook.db") as book:
        scores = {
            student: {g.name: g.auto_score for g in notebook.grades}
            for student in ("solved", "stub")
            for notebook in book.find_submission("batch", student).notebooks
            if notebook.name == E04
        }
    assert scores["solved"] == {q.grade_id: q.points for q in exercise().questions}
    assert scores["stub"] == {q.grade_id: 0 for q in exercise().questions}
