"""Mistakes that are right answers for other arguments."""

import numpy as np
import pytest

from exercises.classroom import judging, mistakes
from exercises.outcomes import outcome


class Scaled:
    """A made-up question: the mean of some numbers, times a rate, plus n."""

    def right(x, rate, n, m):
        return rate * np.mean(x) + n / m


CASES = [(np.array([1.0, 4.0, 8.0]), 0.3, 5, 7), (np.array([2.0, -3.0]), 0.2, 3, 4)]


@pytest.mark.parametrize(
    "answer, name",
    [
        (lambda x, rate, n, m: np.mean(x) + n / m, "1 for rate"),
        (lambda x, rate, n, m: rate * np.mean(x) + (n + 1) / m, "n + 1 for n"),
        (lambda x, rate, n, m: rate * np.mean(x) + m / n, "n and m swapped"),
        (lambda x, rate, n, m: rate * np.mean(x[1:]) + n / m, "all of x but its first entry for x"),
        (lambda x, rate, n, m: rate * x[0] + n / m, "the first one alone"),
        (lambda x, rate, n, m: n / m, "zeros for x"),
        (lambda x, rate, n, m: 2 * (rate * np.mean(x) + n / m), "times_2"),
    ],
)
def test_answer_that_is_right_for_other_arguments_is_recognized(answer, name):
    outcomes = [outcome(answer, case) for case in CASES]
    verdict = judging.diagnose(outcomes, [], Scaled, CASES, 2, "scaled")
    assert verdict.mistake == name
    assert "in every case" in verdict.message


def test_mistakes_are_not_computed_beyond_the_first_case_that_differs(monkeypatch):
    tried = []

    def right(x, n):
        tried.append(n)
        return x * n

    question = type("Question", (), {"right": right})
    cases = [(2.5, 30), (1.5, 4)]
    assert list(mistakes.behaviours(question, cases, like=[("value", 99.0), ("value", 99.0)])) == []
    assert tried.count(4) == 1  # for the right result alone
    tried.clear()
    assert len(list(mistakes.behaviours(question, cases))) > 10


def test_a_question_may_forbid_other_arguments():
    question = type("Question", (Scaled,), {"right": Scaled.right, "_no_other_arguments": True})
    names = [name for name, *_ in mistakes.behaviours(question, CASES)]
    assert "times_2" in names and "1 for rate" not in names
