"""The student edition: no solution in it, and messages that only their behaviour opens."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import nbformat
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)

from exercises import practice
from exercises.classroom import judging, transplant

EXERCISES = Path(__file__).resolve().parent.parent
ROOT = EXERCISES.parent
STRIPPERS = (
    LockCells,
    ClearSolutions,
    ClearOutput,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
)
# What a student gets besides the notebooks and the exercises; what is not there is left out.
SHARED = (
    "course_lib",
    "requirements.txt",
    "pyproject.toml",
    "Makefile",
    "README.md",
    "LICENSE",
    "CITATION.cff",
    ".jupyter",
)
WHOLE_COURSE = "If you only want to read|make test|-m pytest"  # lines that no student needs
MARKERS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")


class ReleaseError(ValueError):
    """Something in a source notebook, or about the folder, has to be put right first."""


def sources(folder=transplant.SOURCES):
    """Return the paths of the source notebooks, in their order."""
    return sorted(Path(folder).glob("e*.ipynb"))


def lint(path):
    """Raise ReleaseError if a source notebook breaks a rule that nbgrader would pass over.

    nbgrader finds its markers anywhere in a line, so that a forgotten one gives a solution away.
    """
    notebook = nbformat.read(path, as_version=4)
    ids, points = [], 0.0
    for cell in notebook.cells:
        meta = transplant.nbgrader(cell)
        where = f"{path.name}, cell {meta.get('grade_id', cell.get('id'))}"
        for marker in MARKERS:
            lines = [
                line.strip("# ").strip() for line in cell.source.splitlines() if marker in line
            ]
            expected = [f"BEGIN {marker}", f"END {marker}"] * (len(lines) // 2)
            if lines != expected:
                raise ReleaseError(f"{where}: the markers of {marker} are not in pairs: {lines}")
        if meta.get("solution") and not meta.get("grade") and "BEGIN SOLUTION" not in cell.source:
            raise ReleaseError(f"{where}: an answer cell without ### BEGIN SOLUTION")
        if meta.get("grade"):
            points += meta["points"]
            if not meta.get("solution") and "BEGIN HIDDEN TESTS" not in cell.source:
                raise ReleaseError(f"{where}: a judging cell without ### BEGIN HIDDEN TESTS")
        if meta:
            ids.append(meta["grade_id"])
    for question in transplant.load(path.stem, path.parent).questions:
        wanted = (
            [question.answer]
            if question.manual
            else [question.answer, f"{question.grade_id}_check"]
        )
        for grade_id in wanted:
            if ids.count(grade_id) != 1:
                raise ReleaseError(f"{path.name}: there must be one cell {grade_id}")
    if points != 10:
        raise ReleaseError(f"{path.name}: the points add up to {points:g}, not 10")


def questions(path):
    """Run a source notebook, and return what its checks and judges are given.

    Returns
    -------
    dict
        For each ``exercise/question`` a namespace with `visible` (the arguments that the visible
        check tries), `answer`, `question` (the class of right answers and mistakes) and `inputs`.
    """
    found = {}

    def record(name, **what):
        vars(found.setdefault(name, SimpleNamespace())).update(what)

    namespace = {"__name__": "__main__"}
    with practice.recording(record):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, f"{path.name}:{cell.id}", "exec"), namespace)
    return found


def seals(path):
    """Return {``exercise/question``: {label: locked message}} of a source notebook."""
    sealed = {}
    for name, q in questions(path).items():
        programs = {"right.": judging.right_answers(q.question)["right"]}
        programs |= {judging.message(f): f for f in judging.known_mistakes(q.question).values()}
        sealed[name] = dict(
            practice.seal(name, [practice.outcome(function, case) for case in q.visible], message)
            for message, function in programs.items()
        )
    return sealed


def student_copy(path):
    """Return a source notebook as a student gets it."""
    notebook = nbformat.read(path, as_version=4)
    resources = {}
    for stripper in STRIPPERS:
        notebook, resources = stripper().preprocess(notebook, resources)
    return notebook


def write_copies(folder):
    """Write every student's copy, and the seals, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    sealed = {}
    for path in sources():
        lint(path)
        sealed |= seals(path)
        nbformat.write(student_copy(path), folder / path.name)
    (folder / "seals.json").write_text(json.dumps(sealed, indent=1, sort_keys=True) + "\n")


def release(folder):
    """Write the student edition into `folder`, and as a zip file beside it.

    Returns
    -------
    Path
        The zip file.
    """
    folder = Path(folder).resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ReleaseError(f"{folder} is not an empty folder; the student edition needs one")
    if folder.is_relative_to(ROOT / "exercises"):
        raise ReleaseError(f"{folder} is among the exercises; choose a folder elsewhere")
    pictures = [path for path in tracked(".github") if path.suffix == ".png"]  # of the README
    for files in (pictures, *map(tracked, SHARED)):
        for path in files:
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    for path in tracked("notebooks"):
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".ipynb":
            notebook, _ = ClearOutput().preprocess(nbformat.read(path, as_version=4), {})
            nbformat.write(notebook, target)
        else:
            shutil.copy(path, target)
    readme = folder / "README.md"
    readme.write_text(for_students(readme.read_text(encoding="utf-8")), encoding="utf-8")
    write_copies(folder / "exercises")
    for name in ("__init__.py", "practice.py"):
        shutil.copy(EXERCISES / name, folder / "exercises" / name)
    return Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))


def for_students(readme):
    """Return the README without what only the whole course has: outputs, tests, how to grade."""
    readme = re.sub(r"^## For instructors\n.*?(?=^## )", "", readme, flags=re.DOTALL | re.MULTILINE)
    lines = readme.splitlines(keepends=True)
    return "".join(line for line in lines if not re.search(WHOLE_COURSE, line))


def tracked(name):
    """Return the files at or below `name` that belong to the course, not what was made later."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--", name], capture_output=True, text=True
    )
    if listed.returncode == 0 and listed.stdout:
        files = [ROOT / line for line in listed.stdout.split("\0") if line]
    else:  # a downloaded copy without its history
        top = ROOT / name
        files = [top] if top.is_file() else sorted(top.rglob("*"))
    made = {"__pycache__", ".ipynb_checkpoints"}
    return [p for p in files if p.is_file() and not made & set(p.relative_to(ROOT).parts)]
