"""Every question of every source: right answers pass, known mistakes are told apart."""

import itertools
from copy import deepcopy
from math import isfinite

import nbformat
import pytest
from numpy import float32, ndarray

from exercises import practice, remarks
from exercises.classroom import judging, mistakes, release, source
from exercises.outcomes import all_same, largest, numbers, outcome, plain

from .tools import NAMES, SOURCES, exercise, inputs, questions, remembering

# A mistake may overflow, and so may a right answer on its way.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
QUESTIONS = [(name, question) for name in NAMES for question in questions(name)]
each_question = pytest.mark.parametrize(
    "name, question", QUESTIONS, ids=[question for _, question in QUESTIONS]
)


once = remembering()


def outcomes(function, cases):
    return [once(function, case) for case in cases]


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_source_keeps_the_rules(path):
    source.lint(path)


@pytest.mark.parametrize("name", NAMES)
def test_exercise_has_questions_an_experiment_and_ten_points(name):
    graded = exercise(name).questions
    assert sum(q.points for q in graded) == 10
    assert 4 <= sum(not q.manual for q in graded) <= 6
    by_a_person = {q.grade_id: q.points for q in graded if q.manual}
    assert by_a_person["prediction"] == 0
    assert by_a_person.get("explanation") == 1 or by_a_person.get("report") == 3


@each_question
def test_answer_is_a_function_of_its_givens(name, question):
    q = questions(name)[question]
    visible, hidden = inputs(name, question)
    assert len(visible) >= 2
    assert len(hidden) >= 2
    wanted = outcomes(mistakes.right_answers(q.question)["right"], hidden)
    assert not all_same(wanted[1:], wanted[:1] * (len(wanted) - 1)), "a constant would pass"
    seen = [practice.fingerprint([("value", plain(case))]) for case in visible]
    unseen = [practice.fingerprint([("value", plain(case))]) for case in hidden]
    assert not set(seen) & set(unseen), "visible and hidden inputs have one in common"


@each_question
def test_question_has_hints_and_right_answers_in_five_styles(name, question):
    q = questions(name)[question]
    assert 1 <= len(q.question._hints) <= 3
    assert all(20 < len(hint) < 200 for hint in q.question._hints)
    assert len(mistakes.right_answers(q.question)) >= 5


@each_question
def test_solution_and_every_right_answer_pass(name, question):
    q = questions(name)[question]
    right = mistakes.right_answers(q.question)
    for cases in inputs(name, question):
        wanted = outcomes(right["right"], cases)
        assert all(kind == "value" for kind, *_ in wanted)
        for function in [q.answer, *right.values()]:
            assert all_same(outcomes(function, cases), wanted), function.__name__


@each_question
def test_right_answers_in_other_containers_and_dtypes_pass(name, question):
    right = mistakes.right_answers(questions(name)[question].question)["right"]
    for cases in inputs(name, question):
        wanted = outcomes(right, cases)
        results = [right(*deepcopy(case)) for case in cases]
        for change in (plain, lambda value: _tuples(plain(value)), _single):
            assert all_same([outcome(change, (result,)) for result in results], wanted)


def _tuples(value):
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _single(value):
    if isinstance(value, list | tuple):
        return [_single(item) for item in value]
    if isinstance(value, ndarray):
        return value.astype(float32) if value.dtype.kind == "f" else value
    return float32(value) if isinstance(value, float) else value


@each_question
def test_inputs_tell_all_programs_of_a_question_apart(name, question):
    q = questions(name)[question]
    known = mistakes.known_mistakes(q.question)
    programs = {"right": mistakes.right_answers(q.question)["right"]} | known
    behaviour = {n: outcomes(f, q.visible) for n, f in programs.items()}
    for one, other in itertools.permutations(behaviour, 2):
        assert not all_same(behaviour[one], behaviour[other]), f"{one}, {other}"


@each_question
def test_mistakes_are_many_enough_and_each_has_its_own_message(name, question):
    q = questions(name)[question]
    known = mistakes.known_mistakes(q.question)
    assert len(known) >= 4
    messages = {mistakes.message(f) for f in known.values()}
    assert len(messages) == len(known)
    assert all(25 < len(message) < 300 for message in messages)


@each_question
def test_each_mistake_gets_its_message_at_once_and_when_graded(name, question, capsys, monkeypatch):
    q = questions(name)[question]
    visible, hidden = inputs(name, question)
    for module in (practice, judging, mistakes):
        monkeypatch.setattr(module, "outcome", once)
    for mistake, function in mistakes.known_mistakes(q.question).items():
        practice.check(question, function, visible)
        assert capsys.readouterr().out.endswith(f": {mistakes.message(function)}\n"), mistake
        cases = visible + hidden
        got = outcomes(function, cases)
        verdict = judging.diagnose(got, [], q.question, cases, len(visible), "f")
        assert (verdict.status, verdict.mistake) == ("failed", mistake)
    practice.check(question, q.answer, visible)
    assert capsys.readouterr().out.endswith(": right.\n")


@each_question
def test_visible_values_keep_clear_of_rounding_edges(name, question):
    q = questions(name)[question]
    for mistake, function in vars(q.question).items():
        if not callable(function):
            continue
        for o in outcomes(function, q.visible):
            assert all(abs(largest(o[1]) / size - 1) > 1e-4 for size in practice.SMALL), mistake
            for x in numbers(o[1]):
                if isfinite(x):
                    part = (x * 10 ** practice.decimals(o[1]) + practice.OFF_EDGE) % 1
                    assert 0.002 < part < 0.998, (mistake, x)


@each_question
def test_single_precision_opens_the_same_seal(name, question, capsys):
    q = questions(name)[question]
    right = mistakes.right_answers(q.question)["right"]
    practice.check(question, lambda *arguments: _single(right(*arguments)), q.visible)
    assert capsys.readouterr().out.endswith(": right.\n")


def test_there_are_a_hundred_mistakes_in_all():
    count = sum(len(mistakes.known_mistakes(questions(n)[q].question)) for n, q in QUESTIONS)
    assert count >= 10 * len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_student_copy_runs_through_and_says_where_to_write(name, capsys):
    namespace = {"__name__": "__main__"}
    for cell in nbformat.read(release.EXERCISES / f"{name}.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, namespace)
    asked = tuple(f"· {question.rpartition('/')[2]}: " for question in questions(name))
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith(asked)]
    assert len(said) == len(asked)
    assert all(remarks.NOT_WRITTEN in line for line in said)


@pytest.mark.parametrize("name", NAMES)
def test_released_copy_holds_no_solution_and_no_message(name):
    text = (release.EXERCISES / f"{name}.ipynb").read_text() + practice.SEALS.read_text()
    assert "### BEGIN" not in text and "### END" not in text and "judging" not in text
    for q in questions(name).values():
        for mistake, function in mistakes.known_mistakes(q.question).items():
            assert mistakes.message(function) not in text
            assert f"def {mistake}(" not in text
    cells = {cell.id: cell.source for cell in student_cells(name)}
    for question in exercise(name).questions:
        solution = next(c.source for c in exercise(name).notebook.cells if c.id == question.answer)
        inside = solution.partition("### BEGIN SOLUTION")[2].partition("### END SOLUTION")[0]
        for line in inside.strip().splitlines():
            assert line.strip() not in cells[question.answer] or len(line.strip()) < 20, line


def student_cells(name):
    return nbformat.read(release.EXERCISES / f"{name}.ipynb", as_version=4).cells
