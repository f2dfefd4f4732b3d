"""The student edition: no solution in it, and messages that only their behaviour opens."""

import json
import re
import shutil
import subprocess
import warnings
from pathlib import Path

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
from exercises.classroom import mistakes, source
from exercises.outcomes import outcome
from exercises.remarks import RIGHT, form

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
FEEDBACK = ("__init__.py", "outcomes.py", "practice.py", "remarks.py")
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


class ReleaseError(ValueError):
    """Something about the folder has to be put right first."""


def seals(path):
    """Return {``exercise/question``: what `seals.json` holds about it} of a source notebook."""
    return {name: seals_of(name, question) for name, question in source.asked(path).items()}


def seals_of(name, asked):
    """Return what `seals.json` holds about one question, given as `source.asked` gives it."""

    program = mistakes.right_answers(asked.question)[mistakes.RIGHT]
    right = [outcome(program, case) for case in asked.visible]
    messages = [practice.seal(name, right, RIGHT)]
    for _, message, outcomes in mistakes.behaviours(asked.question, asked.visible):
        messages.append(practice.seal(name, outcomes, message))
    return {
        "inputs": practice.inputs_label(name, asked.visible),
        "parts": practice.sealed_parts(name, right),
        "form": form(right),
        "words": [practice.cover(mistakes.words(asked.question, case)) for case in asked.visible],
        "hints": [practice.cover(text) for text in mistakes.hints(asked.question)],
        "messages": dict(reversed(messages)),  # of two with one label the first counts
    }


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
    for path in source.paths():
        source.lint(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # mistakes may divide by zero
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
    for name in ("README.md", "requirements.txt"):
        path = folder / name
        path.write_text(for_students(path.read_text(encoding="utf-8")), encoding="utf-8")
    write_copies(folder / "exercises")
    for name in FEEDBACK:
        shutil.copy(EXERCISES / name, folder / "exercises" / name)
    return Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))


def for_students(text):
    """Return a text without the parts that are marked as not for the student edition."""
    begin, end = (f"{part}: not in the student edition" for part in ("begin", "end"))
    kept, skipping = [], False
    for line in text.splitlines(keepends=True):
        if begin in line or end in line:
            if skipping == (begin in line):
                raise ReleaseError(f"the markers {begin!r} and {end!r} are not in pairs")
            skipping = not skipping
        elif not skipping:
            kept.append(line)
    if skipping:
        raise ReleaseError(f"the markers {begin!r} and {end!r} are not in pairs")
    return re.sub(r"\n{3,}", "\n\n", "".join(kept))


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
