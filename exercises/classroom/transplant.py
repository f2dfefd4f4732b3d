"""Take the text of the answers out of a submission, and set it into a pristine notebook.

Nothing else of a submission is used: no metadata, tag, output or extra cell, so that none of them
can matter. A submission is read leniently, since whoever pressed the wrong button has still worked.
"""

import json
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.preprocessors import ClearSolutions

MAX_BYTES = 64_000_000
SOURCES = Path(__file__).resolve().parent.parent / "source"


class UnreadableError(ValueError):
    """A submission that cannot be read; its text is the reason, in one plain sentence."""


@dataclass(frozen=True)
class Question:
    """One graded cell of a source notebook, and the answer cell that it judges."""

    grade_id: str
    points: float
    manual: bool
    answer: str  # grade_id of the answer cell
    function: str
    stub: str


@dataclass(frozen=True)
class Exercise:
    """A source notebook, taken apart."""

    name: str
    notebook: nbformat.NotebookNode
    questions: tuple


def nbgrader(cell):
    """Return a cell's nbgrader metadata, or {}."""
    return cell.metadata.get("nbgrader", {})


def is_given(cell):
    """Whether a cell of a source is code that runs before the answers, such as imports."""
    meta = nbgrader(cell)
    checks = meta.get("grade_id", "").endswith("_check")
    return cell.cell_type == "code" and not (meta.get("solution") or meta.get("grade") or checks)


def load(name, folder=SOURCES):
    """Return the `Exercise` called `name`."""
    notebook = nbformat.read(Path(folder) / f"{name}.ipynb", as_version=4)
    stripped = nbformat.from_dict(notebook)
    stripped, _ = ClearSolutions().preprocess(nbformat.reads(nbformat.writes(notebook), 4), {})
    stubs = {nbgrader(c)["grade_id"]: c.source for c in stripped.cells if nbgrader(c)}
    questions = []
    for cell in notebook.cells:
        meta = nbgrader(cell)
        if not meta.get("grade"):
            continue
        manual = bool(meta.get("solution"))
        name_ = meta["grade_id"]
        answer = name_ if manual else f"{name_}_answer"
        questions.append(
            Question(name_, float(meta["points"]), manual, answer, name_, stubs[answer])
        )
    return Exercise(name, notebook, tuple(questions))


def read_bytes(path):
    """Return the bytes of a submission.

    Raises
    ------
    UnreadableError
        If it is not a regular file of at most `MAX_BYTES`.
    """
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            raise UnreadableError("it is a symbolic link, and only files are read")
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("it is not a file")
        if status.st_size > MAX_BYTES:
            size = f"{status.st_size / 1e6:.0f} MB, more than {MAX_BYTES / 1e6:.0f} MB"
            raise UnreadableError(f"it is too large: {size}. Clear its outputs and submit again")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"it cannot be read: {error.strerror}") from None


def cells_of(data):
    """Return the cells of a notebook given as bytes, as (kind, source, grade_id, id).

    Raises
    ------
    UnreadableError
        If they hold no notebook.
    """
    if not data.strip():
        raise UnreadableError("the file is empty")
    utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = data.decode("utf-16" if utf16 else "utf-8-sig", errors="replace")
    try:
        content = json.loads(text)
    except RecursionError:
        raise UnreadableError("it is nested too deeply to be a notebook") from None
    except (ValueError, MemoryError):
        raise UnreadableError("it is not a notebook, or only a part of one") from None
    if not isinstance(content, dict):
        raise UnreadableError("it is not a notebook")
    sheets = content.get("worksheets")  # where format 3 kept its cells
    sheets = sheets if isinstance(sheets, list) else [content]
    cells = []
    for sheet in sheets:
        found = sheet.get("cells") if isinstance(sheet, dict) else None
        cells += found if isinstance(found, list) else []
    if not cells:
        raise UnreadableError("it is not a notebook: it has no cells")
    return [_cell(cell) for cell in cells if isinstance(cell, dict)]


def _cell(cell):
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    source = source if isinstance(source, str) else ""
    meta = cell.get("metadata")
    meta = meta.get("nbgrader") if isinstance(meta, dict) else None
    grade_id = meta.get("grade_id") if isinstance(meta, dict) else None
    return cell.get("cell_type"), source.encode(errors="replace").decode(), grade_id, cell.get("id")


def answers(exercise, cells):
    """Return {grade_id of the question: list of the pieces of its answer}.

    An answer's cells are found by their grade_id; if there are none, by the cell id; if there is
    none either, by the definition of the function. All that are found count, in their order, as
    they would in a notebook run from top to bottom (a cell that was split has two halves, a cell
    that was copied has two versions); the untouched stub does not count.
    """
    found = {}
    for question in exercise.questions:
        for belongs in _ways(question):
            pieces = [source for cell in cells for source in [cell[1]] if belongs(cell)]
            written = [p for p in pieces if p.strip() and p.strip() != question.stub.strip()]
            if written:
                break
        found[question.grade_id] = written
    return found


def _ways(question):
    defines = re.compile(rf"^(def\s+{question.function}\s*\(|{question.function}\s*=)", re.M)
    yield lambda cell: cell[2] == question.answer
    yield lambda cell: cell[3] == question.answer
    if not question.manual:
        yield lambda cell: cell[0] == "code" and defines.search(cell[1])


def pristine(exercise, pieces, backend):
    """Return what judges a submission: a notebook of trusted cells, and the answers beside it.

    Returns
    -------
    notebook : NotebookNode
        The given cells, one proxy for each answer and the hidden checks; of the student nothing.
    answers : str
        JSON for `bridge.Answers.read`.
    """
    given = [cell.source for cell in exercise.notebook.cells if is_given(cell)]
    texts = {q.answer: pieces[q.grade_id] for q in exercise.questions if not q.manual}
    judged = {q.grade_id: q for q in exercise.questions if pieces[q.grade_id]}
    opening = nbformat.v4.new_code_cell(
        "from exercises.classroom.bridge import Answers\n\nanswers = Answers.read('answers.json')",
        id="answers",
        execution_count=1,
    )
    cells = [opening]
    for cell in exercise.notebook.cells:
        meta = nbgrader(cell)
        if is_given(cell):
            cells.append(cell)
        elif meta.get("grade") and cell.cell_type == "code" and meta["grade_id"] in judged:
            question = judged[meta["grade_id"]]
            proxy = f"answers.function({question.answer!r}, {question.function!r})"
            cells.append(
                nbformat.v4.new_code_cell(
                    f"{question.function} = {proxy}", id=question.answer, execution_count=1
                )
            )
            cells.append(cell)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=exercise.notebook.metadata)
    return notebook, json.dumps({"given": given, "answers": texts, "backend": backend})
