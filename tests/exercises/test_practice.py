"""Instant feedback: what it says, and what a seal gives away."""

import json

import nbformat
import numpy as np
import pytest

from exercises import outcomes, practice
from exercises.remarks import form

from .tools import solved, written


def value(x):
    return "value", outcomes.plain(x)


def test_a_seal_opens_for_its_behaviour_alone():
    seals = dict([practice.seal("e/q", [value([1.0, 2.0])], "Think of the mean.")])
    assert practice.unseal("e/q", [value((1, 2.00001))], seals) == "Think of the mean."
    assert practice.unseal("e/q", [value([1.0, 2.1])], seals) is None
    assert practice.unseal("e/other", [value([1.0, 2.0])], seals) is None
    assert "mean" not in str(seals)


def test_every_locked_text_has_one_of_two_lengths():
    locked = [practice.seal("e/q", [value(x)], "right." * x)[1] for x in (1, 20, 30, 50)]
    assert [len(text) for text in locked] == [200, 200, 400, 400]
    with pytest.raises(ValueError, match="longer than"):
        practice.seal("e/q", [value(1)], "x" * 400)


CASES = [(1,), (2,)]
RIGHT = [value(2.0), value(4.0)]


def seals(messages=(), cases=CASES, right=RIGHT, words=None):
    """Seals of a question whose right answer doubles a number."""
    locked = dict([practice.seal("e/q", right, "right."), *messages])
    return {
        "inputs": practice.inputs_label("e/q", cases),
        "parts": practice.sealed_parts("e/q", right),
        "form": form(right),
        "words": [practice.cover(text) for text in words or [""] * len(cases)],
        "hints": [practice.cover(text) for text in ("Think.", "Think twice.")],
        "messages": locked,
    }


@pytest.fixture
def sealed(tmp_path, monkeypatch):
    """A folder of exercises with one question, whose right answer doubles a number."""
    monkeypatch.setattr(practice, "SEALS", tmp_path / "seals.json")
    halved = practice.seal("e/q", [value(0.5), value(1.0)], "Doubled, not halved?")
    practice.SEALS.write_text(json.dumps({"e/q": seals([halved])}))


def stops(x):
    raise ZeroDivisionError("division by zero")


def unwritten(x):
    raise NotImplementedError


@pytest.mark.parametrize(
    "answer, said",
    [
        (lambda x: 2 * x, "q: right."),
        (lambda x: x / 2, "Doubled, not halved?"),
        (unwritten, "not written yet: put your code in its cell"),
        (stops, "it stops with ZeroDivisionError: division by zero"),
        (lambda x: None, "it returns None. Is there a `return`?"),
        (lambda x: object(), "it holds a object where a number"),
        (lambda x, y: 1, "it stops with TypeError"),
        (lambda x: 10**400, "returns the same for every input"),
        (lambda x: float("nan"), "q(1) gives nan"),
        (lambda x: 1 / (x - 1) if x > 1 else float("inf"), "q(1) gives an infinite number"),
        (lambda x: {1, 2}, "it holds a set"),
        (lambda x: [2.0 * x], "q(1) is a list, where a number is asked for"),
        (lambda x: 2 if x == 1 else 5, "right in 1 of the 2 cases tried, and wrong for q(2)"),
        (lambda x: 17 * x, "it is too large for every input tried, as for q(1)"),
        (lambda x: 17.0 / x**4, "it is too large for q(1), and too small for q(2)"),
        (lambda x: -3.0 * x, "q(1) gives a number below 0"),
        (lambda x: 2.1 * x, "about as large as they should be, and right in none"),
        (lambda x: 2.1 if x == 1 else -9.0, "q(2) gives a number below 0"),
        (lambda x: 1e308, "it returns the same for every input tried"),
        (lambda x: x > 1, "q(1) holds True or False, where numbers are asked for"),
        (lambda x: "a" * x, "q(1) is a text, where a number is asked for"),
        (3, "it stops with TypeError: 'int' object is not callable"),
    ],
)
def test_check_says_something_helpful_and_raises_nothing(answer, said, sealed, capsys):
    practice.check("e/q", answer, CASES)
    printed = capsys.readouterr().out
    assert said in printed
    assert printed.startswith("·") or ("✓" in printed) == (said == "q: right.") != ("✗" in printed)


def test_what_an_answer_keeps_between_calls_is_noticed(sealed, capsys):
    kept = []

    def adds_up(x):
        kept.append(x)
        return 2.1 * sum(kept)

    practice.check("e/q", adds_up, CASES)
    assert "called again with the same arguments" in capsys.readouterr().out


PAIRS = [value([1.0, 2.0, 3.0]), value([4.0, 0.5, 6.0])]


@pytest.mark.parametrize(
    "got, said",
    [
        ([[1.0, 2.0, 7.0], [4.0, 0.5, 6.0]], "items 1 and 2 are right, and the third item is not"),
        ([[3.0, 2.0, 1.0], [4.0, 6.0, 0.5]], "the numbers of q(1) are right, but not their order"),
        ([[1.0, 2.0], [4.0, 0.5]], "q(1) has 2 items, where 3 items are asked for"),
        ([None, [4.0, 0.5, 6.0]], "q(1) is None, where a list is asked for"),
        ([[2.5, 2.5, 2.5], [3.0, 3.0, 3.0]], "all numbers of q(1) are equal"),
        ([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], "right in 1 of the 2 cases tried, and too small for"),
    ],
)
def test_what_is_right_in_a_list_is_said(got, said):
    found = [value(x) for x in got]
    assert said in practice.feedback("e/q", found, CASES, seals(right=PAIRS))


def test_a_case_is_named_in_the_words_of_the_author():
    found = seals(words=["an odd number", ""])
    said = practice.feedback("e/q", [value(9.0), value(4.0)], CASES, found)
    assert "too large for q(1) (an odd number). What is different" in said


def test_calls_that_look_alike_are_told_apart_by_their_numbers():
    cases = [([0] * 20 + [x],) for x in (1, 2, 3)]
    right = [value(2.0), value(4.0), value(6.0)]
    said = practice.feedback("e/q", [*right[:2], value(50.0)], cases, seals((), cases, right))
    assert "too large for input 3 (q([0, 0, 0" in said


@pytest.mark.parametrize("small", [0.3, 0.03, 0.003])
def test_a_seal_sees_four_digits_of_a_small_number(small):
    found = practice.fingerprint([value(small)])
    assert practice.fingerprint([value(small * (1 + 1e-7))]) == found
    assert practice.fingerprint([value(small * 1.003)]) != found
    assert practice.fingerprint([value(small / 10)]) != found


def test_check_that_cannot_know_says_so_and_calls_nothing_wrong(sealed, capsys, monkeypatch):
    practice.check("e/q", lambda x: 2 * x, [(1,), (3,)])
    assert "the inputs of its check were changed" in capsys.readouterr().out
    practice.check("e/unknown", lambda x: 2 * x, CASES)
    assert "it cannot be checked here" in capsys.readouterr().out
    practice.SEALS.unlink()
    practice.check("e/q", lambda x: 2 * x, CASES)
    assert "it cannot be checked here" in capsys.readouterr().out


def test_check_gives_each_call_fresh_arguments(capsys):
    seen = []

    def spoils(x):
        seen.append(x.copy())
        x[:] = 0

    array = np.ones(2)
    practice.check("e/q", spoils, [(array,), (array,)])
    assert np.array_equal(seen, np.ones((3, 2)))  # the first once more


def test_all_exercises_are_checked_at_once_and_left_as_they_are(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(practice, "CELL_SECONDS", 5)
    spoiled = solved()
    answers = [cell for cell in spoiled.cells if cell.id.endswith("_answer")]
    answers[0].source = "def (:"
    answers[1].source += "\n\nwhile True:\n    pass"
    answers[2].source = answers[2].source.replace(":\n", ":\n    print('so far')\n", 1)
    for name, notebook in {"done": solved(), "new": written({}), "spoiled": spoiled}.items():
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    (tmp_path / "torn.ipynb").write_text("{")
    paths = sorted(tmp_path.iterdir())
    before = [path.read_bytes() for path in paths]

    practice.main(paths)

    said = capsys.readouterr().out.splitlines()
    headings = [line for line in said if not line.startswith(" ")]
    assert headings[:2] == ["done: 5 of 5 right", "new: 0 of 5 right"]
    assert headings[2] == "spoiled: 4 of 5 right"
    assert headings[3].startswith("torn: it cannot be run: ")
    assert sum("not written yet" in line for line in said) == 5
    assert sum("NameError" in line for line in said) == 1
    assert [path.read_bytes() for path in paths] == before


def test_hints_are_opened_one_after_the_other(sealed, capsys, monkeypatch):
    monkeypatch.setattr(practice, "_opened", {})
    practice.hint()
    practice.check("e/q", lambda x: x, CASES)
    for _ in range(3):
        practice.hint()
    practice.check("e/other", lambda x: x, CASES)
    practice.hint()
    practice.check("e/q", lambda x: x, CASES)
    practice.hint()
    said = [
        line for line in capsys.readouterr().out.splitlines() if "check" in line or "hint" in line
    ]
    assert said[0] == practice.NO_HINT
    assert said[1:4] == [
        "q, hint 1 of 2: Think.",
        "q, hint 2 of 2: Think twice.",
        practice.LAST_HINT.format("q"),
    ]
    assert said[-2:] == [practice.NO_HINT, practice.LAST_HINT.format("q")]
    assert "Think" not in practice.SEALS.read_text()
