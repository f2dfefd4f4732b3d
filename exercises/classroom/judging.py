"""Right, or which mistake: what the hidden check of a question does.

A question comes with a class of its own whose functions are small programs: those named `right…`
answer it rightly, each in its own way; every other one is a known mistake, and its docstring is
the message for a student who made it.
"""

import inspect
import json

from numpy.random import default_rng

from exercises import practice
from exercises.classroom.bridge import Answer, StoppedError

STATUSES = ("passed", "failed", "missing", "crashed", "timed_out", "manual")


class Verdict(AssertionError):
    """An answer that earns nothing; its text is JSON: status, mistake, message."""

    def __init__(self, status, mistake, message):
        super().__init__(json.dumps({"status": status, "mistake": mistake, "message": message}))


def right_answers(question):
    """Return {name: function} of the right answers that a question's class holds."""
    return {n: f for n, f in _functions(question).items() if n.startswith("right")}


def known_mistakes(question):
    """Return {name: function} of the known mistakes that a question's class holds."""
    return {n: f for n, f in _functions(question).items() if not n.startswith("right")}


def _functions(question):
    return {n: f for n, f in vars(question).items() if inspect.isfunction(f) and n[0] != "_"}


def message(mistake):
    """Return the message of a known mistake, on one line."""
    return " ".join(inspect.getdoc(mistake).split())


def judge(name, function, question, inputs):
    """Judge the answer to a question; print that it is right, or raise a `Verdict`.

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
    if practice._recorder is not None:
        return practice._recorder(name, answer=function, question=question, inputs=inputs)
    cases = inputs(default_rng(20))
    errors = []
    if isinstance(function, Answer):
        try:
            outcomes, errors = function.many(cases)
        except StoppedError as stop:
            raise Verdict(stop.status, "", STOPPED[stop.status]) from None
    else:
        outcomes = [practice.outcome(function, case) for case in cases]
    verdict = diagnose(outcomes, errors, question, cases)
    if verdict is not None:
        raise verdict
    print(f"{name.rpartition('/')[2]}: right.")


STOPPED = {
    "timed_out": "it did not come to an end in time. Is there a loop whose condition stays true?",
    "crashed": "the process that ran it ended without a reply. It may have taken too much memory, "
    "or called exit().",
}


def diagnose(outcomes, errors, question, cases):
    """Return None for a right answer, else the `Verdict`."""
    if not outcomes:
        if errors:
            return Verdict("failed", "", f"its cell stops with {errors[0] or practice.OWN_ERROR}")
        return Verdict("missing", "", "no function of this name is in its cell")
    if any(o[:2] == ("raised", "NotImplementedError") for o in outcomes):
        return Verdict("missing", "", practice.NOT_WRITTEN)

    def behaves_as(function):
        wanted = [practice.outcome(function, case) for case in cases]
        if len(wanted) != len(outcomes):
            return False
        return all(practice.same(got, want) for got, want in zip(outcomes, wanted, strict=True))

    if behaves_as(right_answers(question)["right"]):
        return None
    for name, mistake in known_mistakes(question).items():
        if behaves_as(mistake):
            return Verdict("failed", name, message(mistake))
    return Verdict("failed", "", practice.remark(outcomes) or practice.UNKNOWN)
