"""What the tests of the exercises share: making submissions, and judging them without a kernel."""

import json
from contextlib import suppress
from functools import cache

import nbformat
from numpy.random import default_rng

from exercises import practice
from exercises.classroom import judging, release, source, submissions, transplant
from exercises.classroom.bridge import Answers
from exercises.outcomes import outcome

SOURCES = source.paths()
NAMES = [path.stem for path in SOURCES]
E04 = "e04_mini_batches"


@cache
def exercise(name=E04):
    """An exercise, read once."""
    return source.load(name)


@cache
def questions(name):
    """What the checks and judges of an exercise are given, read once."""
    return source.asked(source.SOURCES / f"{name}.ipynb")


@cache
def inputs(name, question):
    """The visible and the hidden inputs of a question, made once."""
    q = questions(name)[question]
    return q.visible, q.inputs(default_rng(20))


def remembering():
    """An `outcome` that calls each function once for each case, however often it is asked."""
    known = {}

    def once(function, case):
        key = function, id(case)
        if key not in known:
            known[key] = outcome(function, case), case  # while a case is kept, its id is its own
        return known[key][0]

    return once


def judged(name=E04):
    """The questions of an exercise that are judged by a check, not by a person."""
    return [question for question in exercise(name).questions if not question.manual]


@cache
def solutions(name=E04):
    """{grade_id of the question: source of its solution}, of those that no person need read."""
    sources = {cell.id: cell.source for cell in exercise(name).notebook.cells}
    return {q.grade_id: sources[q.answer] for q in judged(name)}


@cache
def _copy(name):
    return nbformat.writes(release.student_copy(source.SOURCES / f"{name}.ipynb"))


def copy(name=E04):
    """The student's copy, as it was released."""
    return nbformat.reads(_copy(name), as_version=4)


def written(answers, name=E04):
    """A student's copy into which {grade_id: source} was written."""
    notebook = copy(name)
    for question in exercise(name).questions:
        if question.grade_id in answers:
            cell = next(c for c in notebook.cells if c.id == question.answer)
            cell.source = answers[question.grade_id]
    return notebook


def solved(name=E04):
    """A copy with every answer right."""
    return written(solutions(name), name)


WRONG = {q.grade_id: f"def {q.grade_id}(*arguments):\n    return 12345.0" for q in judged()}


def data(notebook):
    """A notebook as a file's content."""
    return json.dumps(notebook).encode()


def verdicts(content, name=E04, backend="bubblewrap"):
    """Judge a submission as the grader does, but run the pristine notebook here, without a kernel.

    Returns
    -------
    dict
        {grade_id: (status, mistake, message)}
    """
    pieces = transplant.answers(exercise(name), submissions.cells_of(content))
    notebook, answers = transplant.pristine(exercise(name), pieces, backend)
    found = {q.grade_id: ("missing", "", "") for q in judged(name)}

    def note(grade_id, verdict):
        found[grade_id] = (verdict.status, verdict.mistake, verdict.message)

    namespace = {"answers": Answers(**json.loads(answers)), "judge": judging.judge}
    before = practice.only_listen(True)
    try:
        with judging.noting(note):
            for cell in notebook.cells[1:]:
                with suppress(judging.NotRight):
                    exec(cell.source, namespace)
    finally:
        practice.only_listen(before)
        namespace["answers"].close()
    return found


def statuses(content, name=E04, backend="bubblewrap"):
    """{grade_id: status}"""
    return {g: v[0] for g, v in verdicts(content, name, backend).items()}
