"""One submission, judged: stock pytest with stock nbval runs the pristine notebook.

The trusted kernel writes its verdicts to a file; nbval's JUnit file only says which cells passed.
"""

import json
import threading
import xml.etree.ElementTree as ET
from dataclasses import replace

import nbformat

from exercises.classroom import judging, submissions, temporary, transplant
from exercises.classroom.marks import TRY_AGAIN, UNREADABLE, Result, Status, Verdict, mark
from exercises.classroom.warm import Warm

# A cell asks the sandbox for at most bridge.START_SECONDS and QUESTION_SECONDS.
CELL_SECONDS = 60
PYTEST = (
    *("-p", "nbval.plugin", "-p", "exercises.classroom.nbval_plugin"),
    *("--nbval", f"--nbval-cell-timeout={CELL_SECONDS}"),
    *("--noconftest", "-c", "/dev/null", "--rootdir=.", "-p", "no:cacheprovider"),
    *("-p", "no:unraisableexception", "-p", "no:threadexception"),  # they collect garbage for long
    *("-q", "--color=no", "--junitxml=junit.xml", "-o", "junit_family=xunit1"),
    *("-o", "junit_logging=no"),
)
LOG_CHARACTERS = 100_000

_local = threading.local()


def judge(submission, data, exercise, backend):
    """Judge one submission.

    Parameters
    ----------
    submission : submissions.Submission
    data : bytes
        The notebook as it was handed in.
    exercise : source.Exercise
    backend : str
        Which sandbox holds the answers.

    Returns
    -------
    Result
    """
    try:
        cells = submissions.cells_of(data)
    except submissions.UnreadableError as error:
        return unreadable(submission, exercise, error)
    pieces, opened = transplant.answers(exercise, cells), transplant.hints(exercise, cells)
    notebook, answers = transplant.pristine(exercise, pieces, backend)
    with temporary.folder("judge") as folder:
        nbformat.write(notebook, folder / f"{exercise.name}.ipynb")
        (folder / "answers.json").write_text(answers)
        _warm(backend).run(folder, [*PYTEST, f"{exercise.name}.ipynb"])
        verdicts = read_verdicts(folder)
        junit, log = (_text(folder / name) for name in ("junit.xml", "pytest.log"))
    marks = tuple(
        mark(q, pieces[q.grade_id], verdicts.get(q.grade_id), opened.get(q.grade_id, 0))
        for q in exercise.questions
    )
    result = Result(submission.student, exercise.name, submission.where, marks, "", junit, log)
    lost = ", ".join(result.unjudged)
    return replace(result, note=TRY_AGAIN.format(lost)) if lost else result


def unreadable(submission, exercise, error):
    """Return the `Result` of a file that is no notebook; `exercise` may be None."""
    verdict = Verdict(Status.MISSING, UNREADABLE.format(error))
    marks = tuple(mark(q, [], verdict) for q in exercise.questions) if exercise else ()
    return Result(submission.student, submission.exercise, submission.where, marks, str(error))


def read_verdicts(folder):
    """Return {grade_id: Verdict} of what nbval and the trusted kernel left in a folder.

    Only a cell that nbval calls passed has passed, whatever the verdicts say.
    """
    said = {}
    for line in _text(folder / judging.VERDICTS).splitlines():
        content = json.loads(line)
        grade_id, status = content.pop("grade_id"), Status(content.pop("status"))
        said[grade_id] = Verdict(status, **content)
    passed = _passed_cells(folder / "junit.xml")
    return {
        grade_id: verdict
        for grade_id, verdict in said.items()
        if (verdict.status is Status.PASSED) == (grade_id in passed)
    }


def _passed_cells(junit):
    """Return the grade_ids of the cells that passed."""
    passed = set()
    for case in ET.parse(junit).iter("testcase") if junit.exists() else ():
        grade_ids = [p.get("value") for p in case.iter("property") if p.get("name") == "grade_id"]
        if not any(case.find(kind) is not None for kind in ("failure", "error", "skipped")):
            passed.update(grade_ids)
    return passed


def _text(path):
    return path.read_text(errors="replace")[-LOG_CHARACTERS:] if path.exists() else ""


def _warm(backend):
    """Return this thread's warm pytest."""
    warm = getattr(_local, "warm", None)
    if warm is None or not warm.lives or warm.backend != backend:
        _local.warm = Warm(backend)
    return _local.warm
