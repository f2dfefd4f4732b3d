"""A school that runs nbgrader can take the sources as they are."""

import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook

from exercises.classroom import source

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
        shutil.copy(source.SOURCES / f"{name}.ipynb", folder / "source" / "batch")
    done = nbgrader(folder, "generate_assignment", "batch", "--create", "--force")
    assert done.returncode == 0, done.stderr
    return folder


def test_nbgrader_generates_every_exercise_without_solutions(school):
    for name in NAMES:
        text = (school / "release" / "batch" / f"{name}.ipynb").read_text()
        assert "raise NotImplementedError()" in text
        assert "BEGIN SOLUTION" not in text
        assert "HIDDEN TESTS" not in text


@pytest.mark.parametrize(
    "names",
    [[E04], pytest.param([name for name in NAMES if name != E04], marks=pytest.mark.slow)],
    ids=["exercise 4", "the other ten"],
)
def test_nbgrader_gives_solutions_full_marks_and_stubs_none(school, names, monkeypatch):
    students = {f"solved {len(names)}": solutions, f"stub {len(names)}": lambda name: {}}
    for student, answers in students.items():
        target = school / "submitted" / student / "batch"
        target.mkdir(parents=True)
        for name in names:
            notebook = nbformat.read(school / "release" / "batch" / f"{name}.ipynb", as_version=4)
            for question in exercise(name).questions:
                cell = next(c for c in notebook.cells if c.id == question.answer)
                cell.source = answers(name).get(question.grade_id, cell.source)
            nbformat.write(notebook, target / f"{name}.ipynb")
    done = nbgrader(school, "autograde", "batch", "--create")
    assert done.returncode == 0, done.stderr
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    solved, stub = students
    with Gradebook(f"sqlite:///{school}/gradebook.db") as book:
        scores = {
            (student, notebook.name): {grade.name: grade.auto_score for grade in notebook.grades}
            for student in students
            for notebook in book.find_submission("batch", student).notebooks
        }
    for name in names:
        # Nothing was written for a person to read.
        points = {q.grade_id: 0 if q.manual else q.points for q in exercise(name).questions}
        assert scores[solved, name] == points
        assert scores[stub, name] == dict.fromkeys(points, 0)
