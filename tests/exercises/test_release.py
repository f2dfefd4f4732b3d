"""The student edition: complete, and silent about the answers."""

import ast
import base64
import json
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from importlib.metadata import packages_distributions

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from exercises import practice
from exercises.classroom import mistakes, release, source

from .tools import NAMES, questions


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "student edition"
    archive = release.release(folder)
    return folder, archive


def texts(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def test_edition_has_what_a_student_needs(edition):
    folder, _ = edition
    for name in ("requirements.txt", "pyproject.toml", "Makefile", "course_lib/__init__.py"):
        assert (folder / name).exists()
    for name in NAMES:
        assert (folder / "exercises" / f"{name}.ipynb").exists()
    assert (folder / "exercises" / "practice.py").exists()


@pytest.mark.parametrize("name", NAMES)
def test_stored_copies_are_up_to_date(edition, name):
    made, stored = (
        nbformat.read(folder / f"{name}.ipynb", as_version=4)
        for folder in (edition[0] / "exercises", release.EXERCISES)
    )
    assert stored == made, "run: python -m exercises copies"


def test_stored_seals_are_up_to_date(edition):
    made = json.loads((edition[0] / "exercises" / "seals.json").read_text())
    stored = json.loads(practice.SEALS.read_text())
    assert {name.partition("/")[0] for name in made} == set(NAMES)
    assert {q: stored.get(q) for q in made} == made, "run: python -m exercises copies"


def imported(path):
    """The top names that the code cells of a notebook import."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Import):
                    yield from (alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    yield node.module.partition(".")[0]


def test_students_install_what_their_notebooks_import(edition):
    folder, _ = edition
    lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    lines = [line.partition("#")[0].strip() for line in lines]
    names = {Requirement(x).name for x in lines if x and not x.startswith("-e")}
    installed = {canonicalize_name(name) for name in names}
    packages = packages_distributions()
    missing = {}
    for path in [*folder.glob("notebooks/*.ipynb"), *folder.glob("exercises/*.ipynb")]:
        for name in {*imported(path)} - {*sys.stdlib_module_names, "course_lib", "exercises"}:
            if not installed & {canonicalize_name(x) for x in packages[name]}:
                missing.setdefault(path.stem[:2], set()).add(name)
    assert missing == {"13": {"sklearn"}}  # which says so itself


def test_readme_tells_students_what_they_can_do(edition):
    folder, _ = edition
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "make lab" in text and "make check" in text
    assert not re.search("make test|pytest|instructor|SUBMITTED|student edition|benchmarks", text)
    assert "\n\n\n" not in text
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        assert "://" in target or (folder / target).exists(), target


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
def test_make_offers_students_what_they_can_do(edition):
    folder, _ = edition
    done = subprocess.run(["make"], cwd=folder, capture_output=True, text=True)
    assert "make check" in done.stdout
    assert "make test" not in done.stdout and "make store" not in done.stdout


def test_edition_has_nothing_of_the_instructor(edition):
    folder, _ = edition
    names = {path.name for path in folder.rglob("*")}
    assert not names & {"source", "classroom", "tests", ".git"}
    assert not (folder / "exercises" / "__main__.py").exists()


@cache
def secrets():
    found = set()
    asked = {question.rpartition("/")[2] for name in NAMES for question in questions(name)}
    for name in NAMES:
        for q in questions(name).values():
            for mistake, function in mistakes.known_mistakes(q.question).items():
                found |= {mistakes.message(function)}
                found |= {f"def {mistake}("} if mistake not in asked else set()
    return {s.encode() for s in found} | {base64.b64encode(s.encode()) for s in found}


def test_edition_gives_no_answer_away(edition):
    folder, _ = edition
    for path, content in texts(folder / "exercises"):
        assert not [secret for secret in secrets() if secret in content], path
        for marker in (b"BEGIN SOLUTION", b"HIDDEN TESTS", b"def right", b"default_rng(20)"):
            assert marker not in content, path


def test_notebooks_come_without_outputs(edition):
    folder, _ = edition
    for path in folder.rglob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs")


def test_zip_holds_the_same(edition):
    folder, archive = edition
    with zipfile.ZipFile(archive) as file:
        packed = {n for n in file.namelist() if not n.endswith("/")}
    assert packed == {f"{folder.name}/{p.relative_to(folder).as_posix()}" for p, _ in texts(folder)}


def test_checks_work_in_the_edition(edition):
    folder, _ = edition
    cells = nbformat.read(folder / "exercises" / f"{NAMES[0]}.ipynb", as_version=4).cells
    code = "\n".join(c.source for c in cells if c.cell_type == "code")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "not written yet" in done.stdout


@pytest.mark.parametrize(
    "grade_id, old, new, said",
    [
        ("mean_gradient_answer", "### END SOLUTION", "", "not in pairs"),
        ("mean_gradient_answer", "### BEGIN SOLUTION", "", "not in pairs"),
        ("mean_gradient", "### END HIDDEN TESTS", "", "not in pairs"),
    ],
)
def test_lint_finds_a_forgotten_marker(tmp_path, grade_id, old, new, said):
    notebook = nbformat.read(source.SOURCES / "e04_mini_batches.ipynb", as_version=4)
    cell = next(c for c in notebook.cells if c.id == grade_id)
    cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, tmp_path / "e04_mini_batches.ipynb")
    with pytest.raises(source.SourceError, match=said):
        source.lint(tmp_path / "e04_mini_batches.ipynb")


def test_lint_wants_ten_points_and_all_cells(tmp_path):
    notebook = nbformat.read(source.SOURCES / "e04_mini_batches.ipynb", as_version=4)
    notebook.cells = [c for c in notebook.cells if c.id != "mean_gradient_check"]
    path = tmp_path / "e04_mini_batches.ipynb"
    nbformat.write(notebook, path)
    with pytest.raises(source.SourceError, match="one cell mean_gradient_check"):
        source.lint(path)
    notebook.cells = [c for c in notebook.cells if c.id != "epoch_loss"]
    nbformat.write(notebook, path)
    with pytest.raises(source.SourceError, match=r"add up to 8|one cell"):
        source.lint(path)


@pytest.mark.parametrize("marker", ["begin", "end"])
def test_marker_without_its_other_is_said(marker):
    line = f"<!-- {marker}: not in the student edition -->\n"
    with pytest.raises(release.ReleaseError, match="not in pairs"):
        release.for_students(f"a\n{line}b\n")
