"""A source notebook, read: its questions, its rules, and what its checks and judges are given."""

import linecache
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import nbformat
from nbgrader.preprocessors import ClearSolutions

from exercises import practice
from exercises.classroom import judging

SOURCES = Path(__file__).resolve().parent.parent / "source"
MARKERS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
POINTS = 10


class SourceError(ValueError):
    """Something in a source notebook that has to be put right."""


class Cell(NamedTuple):
    """A cell of any notebook, as far as it matters here."""

    kind: str
    source: str
    grade_id: str | None
    id: str | None


@dataclass(frozen=True)
class Question:
    """One graded cell of a source notebook, and the answer cell that it judges."""

    grade_id: str  # also the name of the function that is asked for
    points: float
    manual: bool
    answer: str  # grade_id of the answer cell
    stub: str


@dataclass(frozen=True)
class Exercise:
    """A source notebook, taken apart."""

    name: str
    notebook: nbformat.NotebookNode
    questions: tuple


def paths(folder=SOURCES):
    """Return the paths of the source notebooks, in their order."""
    return sorted(Path(folder).glob("e*.ipynb"))


def meta(cell):
    """Return a cell's nbgrader metadata, or {}."""
    return cell.metadata.get("nbgrader", {})


def is_given(cell):
    """Whether a cell is code that runs before the answers, such as imports."""
    return cell.cell_type == "code" and not (
        meta(cell).get("solution") or meta(cell).get("grade") or is_check(cell) or is_drawing(cell)
    )


def is_check(cell):
    """Whether a cell is the visible check of a question."""
    grade_id = meta(cell).get("grade_id", "")
    return cell.cell_type == "code" and grade_id.endswith("_check") and not is_drawing(cell)


def is_drawing(cell):
    """Whether a cell only draws, for the student's eyes; it is not run when answers are judged."""
    return cell.get("id", "").startswith("draw")


def is_judge(cell):
    """Whether a cell is the hidden check of a question."""
    return cell.cell_type == "code" and bool(meta(cell).get("grade"))


def load(name, folder=SOURCES):
    """Return the `Exercise` called `name`."""
    notebook = nbformat.read(Path(folder) / f"{name}.ipynb", as_version=4)
    stripped, _ = ClearSolutions().preprocess(nbformat.reads(nbformat.writes(notebook), 4), {})
    stubs = {meta(cell)["grade_id"]: cell.source for cell in stripped.cells if meta(cell)}
    questions = []
    for cell in notebook.cells:
        if meta(cell).get("grade"):
            grade_id, manual = meta(cell)["grade_id"], bool(meta(cell).get("solution"))
            answer = grade_id if manual else f"{grade_id}_answer"
            points = float(meta(cell)["points"])
            questions.append(Question(grade_id, points, manual, answer, stubs[answer]))
    return Exercise(name, notebook, tuple(questions))


def lint(path):
    """Raise SourceError if a source notebook breaks a rule that nbgrader would pass over.

    nbgrader finds its markers anywhere in a line, so that a forgotten one gives a solution away.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        where = f"{path.name}, cell {meta(cell).get('grade_id', cell.get('id'))}"
        _lint_markers(cell, where)
        if meta(cell).get("solution") and "BEGIN SOLUTION" not in cell.source:
            raise SourceError(f"{where}: an answer cell without ### BEGIN SOLUTION")
        if is_judge(cell) and "BEGIN HIDDEN TESTS" not in cell.source:
            raise SourceError(f"{where}: a judging cell without ### BEGIN HIDDEN TESTS")
    ids = [meta(cell)["grade_id"] for cell in notebook.cells if meta(cell)]
    questions = load(path.stem, path.parent).questions
    for question in questions:
        check = [] if question.manual else [f"{question.grade_id}_check"]
        for grade_id in (question.answer, *check):
            if ids.count(grade_id) != 1:
                raise SourceError(f"{path.name}: there must be one cell {grade_id}")
    if (points := sum(question.points for question in questions)) != POINTS:
        raise SourceError(f"{path.name}: the points add up to {points:g}, not {POINTS}")


def _lint_markers(cell, where):
    for marker in MARKERS:
        lines = [line.strip("# ").strip() for line in cell.source.splitlines() if marker in line]
        if lines != [f"BEGIN {marker}", f"END {marker}"] * (len(lines) // 2):
            raise SourceError(f"{where}: the markers of {marker} are not in pairs: {lines}")


def asked(path):
    """Run a source notebook, and return what its checks and judges are given.

    Returns
    -------
    dict
        For each ``exercise/question`` a namespace with `visible` (the arguments that the visible
        check tries), `answer`, `question` (the class of right answers and mistakes) and `inputs`.
    """
    found = {}

    def read(name, **what):
        found[name] = SimpleNamespace(visible=practice.tried[name], **what)

    namespace = {"__name__": "__main__"}
    before = practice.only_listen(True)
    try:
        with judging.reading(read):
            for cell in nbformat.read(path, as_version=4).cells:
                if cell.cell_type == "code" and not is_drawing(cell):
                    where = f"{path.name}:{cell.id}"
                    # So that `inspect` finds the source of the programs that are defined here.
                    lines = cell.source.splitlines(keepends=True)
                    linecache.cache[where] = (len(cell.source), None, lines, where)
                    exec(compile(cell.source, where, "exec"), namespace)
    finally:
        practice.only_listen(before)
    return found
