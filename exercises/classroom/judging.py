"""Right, or which mistake: what the hidden check of a question does.

An answer is tried on the inputs of its visible check and on hidden ones, all together. It earns
its points only if it is right for all of them.
"""

import json
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

from numpy.random import default_rng

from exercises import practice
from exercises.classroom import mistakes
from exercises.classroom.bridge import Answer, Answers, StoppedError
from exercises.classroom.marks import CELL_STOPS, NO_FUNCTION, ONLY_VISIBLE, Status, Verdict
from exercises.outcomes import all_same, near, outcome, tolerance
from exercises.remarks import OWN_ERROR, call, form, parts, remark

VERDICTS = "verdicts.jsonl"

_reader = None  # see `reading`
_note = None  # see `noting`


class NotRight(AssertionError):
    """An answer that earns nothing; its text says why."""


@contextmanager
def reading(reader):
    """Within this context `judge` hands what it is given to `reader`, and judges nothing."""
    global _reader
    before, _reader = _reader, reader
    try:
        yield
    finally:
        _reader = before


@contextmanager
def noting(note):
    """Within this context each verdict is handed to `note`, with the question's grade_id."""
    global _note
    before, _note = _note, note
    try:
        yield
    finally:
        _note = before


def begin(answers="answers.json"):
    """Begin to judge a submission, in the kernel that nbval drives; returns its `Answers`.

    From here on visible checks only say what they would try, and each verdict is written down.
    """
    global _note
    practice.only_listen(True)
    _note = partial(_write_down, Path(VERDICTS).resolve())
    return Answers.read(answers)


def _write_down(path, grade_id, verdict):
    with path.open("a") as file:
        file.write(json.dumps({"grade_id": grade_id, **asdict(verdict)}) + "\n")


def judge(name, function, question, inputs):
    """Judge the answer to a question; print that it is right, or raise `NotRight`.

    Parameters
    ----------
    name : str
        ``exercise/question``.
    function : callable or Answer
        The student's function.
    question : type
        The class of right answers and known mistakes.
    inputs : callable
        ``inputs(rng)`` returns the list of arguments to try. The generator always starts alike, so
        that grading again gives the same marks.
    """
    if _reader is not None:
        return _reader(name, answer=function, question=question, inputs=inputs)
    visible = list(practice.tried.get(name, []))
    cases = visible + list(inputs(default_rng(20)))
    grade_id = name.rpartition("/")[2]
    tried = [*cases, cases[0]]  # the first once more: an answer may keep something between calls
    try:
        if isinstance(function, Answer):
            outcomes, errors = function.many(tried)
        else:
            outcomes, errors = [outcome(function, case) for case in tried], []
        again = outcomes.pop() if outcomes else None
        verdict = diagnose(outcomes, errors, question, cases, len(visible), grade_id, again)
    except StoppedError as stop:
        verdict = Verdict.of(Status(stop.status))
    if _note is not None:
        _note(grade_id, verdict)
    if verdict.status is not Status.PASSED:
        raise NotRight(verdict.message)
    print(f"{grade_id}: {verdict.message}")


def diagnose(outcomes, errors, question, cases, visible, name, again=None):
    """Return the `Verdict` about outcomes.

    Parameters
    ----------
    outcomes : list of tuple
        One a case; none if the cell defines no such function.
    errors : list of str
        Names of the errors that stopped the cell.
    question : type
    cases : list of tuple
        What was tried: the visible inputs first.
    visible : int
        How many of the cases are visible.
    name : str
        Of the function, for a remark about one of the visible cases.
    again : tuple, optional
        The outcome of the first case when it is called once more.
    """
    if not outcomes:
        text = CELL_STOPS.format(errors[0] or OWN_ERROR) if errors else NO_FUNCTION
        return Verdict(Status.FAILED if errors else Status.MISSING, text)
    if any(o[:2] == ("raised", "NotImplementedError") for o in outcomes):
        return Verdict.of(Status.MISSING)
    right = mistakes.right_answers(question)[mistakes.RIGHT]
    wanted = [outcome(right, case) for case in cases]
    if all_same(outcomes, wanted):
        return Verdict.of(Status.PASSED)
    if made := _mistake(outcomes, question, cases):
        return Verdict(Status.FAILED, *made)
    if visible and all_same(outcomes[:visible], wanted[:visible]):
        return Verdict(Status.FAILED, _beyond_the_visible(outcomes[visible:], wanted[visible:]))
    if made := _mistake(outcomes[:visible], question, cases[:visible]):
        return Verdict(Status.FAILED, *made)
    got, want = outcomes[:visible], wanted[:visible]
    right_in = [_agreement(*pair) for pair in zip(got, want, strict=True)]
    calls = [call(name, case, mistakes.words(question, case)) for case in cases[:visible]]
    return Verdict(Status.FAILED, remark(got, again, form(want), right_in, calls))


def _mistake(outcomes, question, cases):
    """Return (message, name) of the first mistake that behaves like this, or None."""
    for name, message, _ in mistakes.behaviours(question, cases, like=outcomes):
        return message, name


def _agreement(got, want):
    """Return {name of a part: whether it is right}."""
    mine = parts(got[1]) if got[0] == "value" else {}
    within = tolerance(want[1])
    return {
        name: name in mine and near(mine[name], part, within)
        for name, part in parts(want[1]).items()
    }


def _beyond_the_visible(outcomes, wanted):
    """What may be said about hidden cases: no value, no input, no text of the student's."""
    for o in outcomes:
        if o[0] == "raised":
            return f"{ONLY_VISIBLE} There it stops with {o[1] or OWN_ERROR}."
    if any(o[1] is None for o in outcomes) and all(w[1] is not None for w in wanted):
        return f"{ONLY_VISIBLE} There it returns None."
    return ONLY_VISIBLE
