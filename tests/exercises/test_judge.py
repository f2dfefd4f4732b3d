"""One submission: every question stands by itself, and nothing but a passed check earns."""

import json
from itertools import combinations

import pytest

from exercises import practice
from exercises.classroom import judge, judging, marks, sandbox, source, transplant
from exercises.classroom.submissions import Submission
from exercises.outcomes import outcome, plain

from .hostile import ALL, FIRST, RIGHT
from .tools import (
    E04,
    NAMES,
    data,
    exercise,
    inputs,
    questions,
    remembering,
    solutions,
    statuses,
    written,
)

needs_sandbox = pytest.mark.skipif(
    sandbox.available() is not None, reason=f"no sandbox: {sandbox.available()}"
)

SEALS = json.loads(practice.SEALS.read_text())  # as they are released


class InThisProcess:
    """Stands for the sandbox, and for an answer whose rightness is not the question here."""

    def __init__(self, given, answers, backend):
        pass

    def function(self, cell, name):
        return judging.Answer(self, cell, name)

    def call(self, cell, name, cases):
        return [("value", None)] * len(cases), []

    def close(self):
        pass


LEFT_OUT = [
    (name, left_out)
    for name in NAMES
    for size in (1, 2)
    for left_out in combinations(solutions(name), size)
    if not any(q.manual and q.grade_id in left_out for q in exercise(name).questions)
]


@pytest.mark.parametrize("name, left_out", LEFT_OUT, ids=str)
def test_questions_left_out_cost_no_other_question_anything(name, left_out, monkeypatch):
    monkeypatch.setattr("tests.exercises.tools.Answers", InThisProcess)
    right = marks.Verdict.of(marks.Status.PASSED)
    monkeypatch.setattr(judging, "diagnose", lambda outcomes, *rest: outcomes and right)
    answers = {g: text for g, text in solutions(name).items() if g not in left_out}
    assert statuses(data(written(answers, name)), name) == {
        q.grade_id: "missing" if q.grade_id in left_out else "passed"
        for q in exercise(name).questions
        if not q.manual
    }


@needs_sandbox
@pytest.mark.parametrize("left_out", ALL)
def test_question_left_out_costs_no_other_question_anything_through_nbval(left_out):
    answers = {g: text for g, text in RIGHT.items() if g != left_out}
    submission = Submission("ada", E04, f"ada/{E04}.ipynb", None)
    result = judge.judge(submission, data(written(answers)), exercise(), "bubblewrap")
    assert result.unjudged == []
    by_code = {mark.grade_id: mark.status for mark in result.marks if mark.grade_id in ALL}
    assert by_code == {name: "missing" if name == left_out else "passed" for name in ALL}


def looked_up(q):
    """An answer made from the released edition alone: a table of the visible cases."""
    table = {key(case): q.question.right(*case) for case in q.visible}
    last = list(table.values())[-1]
    return lambda *case: table.get(key(case), last)


def key(case):
    return practice.fingerprint([("value", plain(case))])


def constant(value):
    return lambda *case: value


@pytest.fixture
def quick(monkeypatch):
    """Judge with right answers that are computed once, and without asking which mistake it is."""
    monkeypatch.setattr(judging, "outcome", once := remembering())
    monkeypatch.setattr(judging.mistakes, "behaviours", lambda *_, **__: ())
    return once


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_earned_from_the_released_edition_alone(name, quick):
    for question, q in questions(name).items():
        cases = [case for group in inputs(name, question) for case in group]
        table = looked_up(q)
        assert says_right(question, q, table), "the table opens the seal of what is right"
        for attempt in (table, *(constant(quick(q.question.right, case)[1]) for case in cases)):
            outcomes = [outcome(attempt, case) for case in cases]
            verdict = judging.diagnose(outcomes, [], q.question, cases, len(q.visible), "f")
            assert verdict.status == "failed", question


def says_right(question, q, answer):
    outcomes = [outcome(answer, case) for case in q.visible]
    return practice.feedback(question, outcomes, q.visible, SEALS[question]) == marks.RIGHT


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_about_hidden_inputs_comes_from_a_fixed_vocabulary(name, quick):
    for question, q in questions(name).items():
        cases = [case for group in inputs(name, question) for case in group]
        right = [quick(q.question.right, case) for case in cases]
        for bad in (("raised", ""), ("raised", "ValueError"), ("value", None), ("value", "s" * 50)):
            outcomes = right[: len(q.visible)] + [bad] * (len(cases) - len(q.visible))
            verdict = judging.diagnose(outcomes, [], q.question, cases, len(q.visible), "f")
            assert verdict.status == "failed"
            rest = verdict.message.removeprefix(marks.ONLY_VISIBLE)
            assert rest in (
                "",
                " There it stops with an error of its own.",
                " There it stops with ValueError.",
                " There it returns None.",
            )


def junit(folder, *cells):
    """Write what nbval says of cells: (grade_id, passed)."""
    cases = "".join(
        f'<testcase><properties><property name="grade_id" value="{grade_id}"/></properties>'
        f"{'' if passed else '<failure/>'}</testcase>"
        for grade_id, passed in cells
    )
    (folder / "junit.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")


def verdict_lines(folder, *lines):
    content = [
        json.dumps({"grade_id": g, "status": s, "message": "m", "mistake": ""}) for g, s in lines
    ]
    (folder / judging.VERDICTS).write_text("\n".join(content))


def test_only_what_nbval_and_the_verdict_both_say_counts(tmp_path):
    junit(tmp_path, ("a", True), ("b", False), ("c", True), ("d", False), ("e", True))
    verdict_lines(tmp_path, ("a", "passed"), ("b", "passed"), ("c", "failed"), ("d", "failed"))
    found = judge.read_verdicts(tmp_path)
    assert {g: str(v.status) for g, v in found.items()} == {"a": "passed", "d": "failed"}


def test_kernel_that_left_nothing_behind_is_not_the_students_fault(tmp_path):
    assert judge.read_verdicts(tmp_path) == {}
    question = exercise().questions[0]
    assert marks.mark(question, ["text"], None).status == "unjudged"
    assert marks.mark(question, [], None).status == "missing"


def test_feedback_and_grading_use_the_same_words():
    q = questions(E04)[f"{E04}/{FIRST}"]
    cases = [*q.visible, *q.inputs(judging.default_rng(20))]
    seals = SEALS[f"{E04}/{FIRST}"]
    right = q.question.right
    for answer in (
        lambda *a: None,
        lambda *a: 1.0,
        lambda *a: [[1.0]],
        lambda *a: right(*a) * float("nan"),
        lambda *a: right(*a) * 2,
        lambda *a: right(*a) * 1.2345,
        lambda *a: right(*a) if len(a[-1]) == len(q.visible[0][-1]) else right(*a) * 1.2345,
    ):
        outcomes = [outcome(answer, case) for case in cases]
        verdict = judging.diagnose(outcomes, [], q.question, cases, len(q.visible), FIRST)
        visible = outcomes[: len(q.visible)]
        assert verdict.message == practice.feedback(f"{E04}/{FIRST}", visible, q.visible, seals)


def test_judging_needs_no_cell_of_a_submission(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        pieces = {q.grade_id: [] for q in exercise(name).questions}
        notebook, _ = transplant.pristine(exercise(name), pieces, "bubblewrap")
        assert "judge" in notebook.cells[0].source
        assert not any(source.is_judge(cell) for cell in notebook.cells)
