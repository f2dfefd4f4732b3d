"""Predict, run, reconcile: what is kept, what is said, what is refused."""

import pytest

from course_lib.lab.explorers import Prediction, Predictions
from course_lib.lab.explorers.prediction import NOTHING, how_far_off


def test_prediction_keeps_what_the_browser_sends_and_tells_a_new_view():
    guess = Prediction("How many?", unit="times")
    answers = []
    guess.receive({"event": "change", "values": {"value": 8}}, answers.append)
    guess.receive({"event": "open"}, answers.append)
    assert guess.value == 8
    assert answers == [{"values": {"value": 8.0}}]
    assert Prediction("How many?", unit="times").value == 8  # the cell was run again
    assert Prediction("How many?", unit="updates").value is None  # another question
    guess.receive({"event": "change", "values": {"value": None}}, answers.append)
    assert Prediction("How many?", unit="times").value is None


def test_several_questions_are_one_form():
    form = Predictions({"a": Prediction("Which one?", choices=["this", "that"]),
                        "b": Prediction("How many of it?")})  # fmt: skip
    answers = []
    form.receive({"event": "change", "values": {"a": 1}}, answers.append)
    form.receive({"event": "open"}, answers.append)
    assert form["a"].value == "that" and form["b"].value is None
    assert answers == [{"values": {"a": 1, "b": None}}]
    assert repr(form) == "a: Which one?\n    that\nb: How many of it?\n    no prediction yet"
    assert list(form) == ["a", "b"] and "How many of it?" in form._repr_mimebundle_()["text/html"]
    form.receive({"event": "change", "values": {"a": 0}}, answers.append)


@pytest.mark.parametrize("asked", [{}, {"a": "How many?"}, ["a"]])
def test_a_form_of_something_else_is_refused(asked):
    with pytest.raises(ValueError, match="asked must be a mapping of names to Predictions, not"):
        Predictions(asked)


def test_reveal_says_so_if_nothing_was_predicted():
    for guess, outcome in [
        (Prediction("How many?", unit="times"), 63.66),
        (Prediction("Which?", choices=["this", "that"]), "that"),
    ]:
        assert guess.value is None
        reveal = guess.reveal(outcome)
        assert NOTHING in repr(reveal)
        assert "<details><summary>You have not predicted it yet" in reveal._repr_html_()
    assert "that" in repr(reveal)


def test_reveal_is_the_record_of_its_moment():
    guess = Prediction("How many?")
    guess.value = 2
    reveal = guess.reveal(4)
    guess.value = 100
    assert "predicted: 2 (2 times too small)" in repr(reveal)


def test_shown_text_does_not_depend_on_the_answer_so_nbval_can_compare_it():
    guess = Prediction("Which?", choices=["this", "that"])
    before = guess._repr_mimebundle_()
    guess.value = "this"
    after = guess._repr_mimebundle_()
    assert before == after
    assert "Which?" in before["text/plain"] and "that" in before["text/html"]


@pytest.mark.parametrize(
    ("predicted", "outcome", "words"),
    [
        (8, 8.0001, "right"),
        (8, 64, "8 times too small"),
        (64, 8, "8 times too large"),
        (-8, -64, "8 times too small"),
        (1.05, 1, "too large by 5 %"),
        (0, 3, "too small by 3 epochs"),
        (2, -1, "too large by 3 epochs"),
    ],
)
def test_a_prediction_is_off_by_a_factor_or_else_by_a_difference(predicted, outcome, words):
    assert how_far_off(predicted, outcome, "epochs") == words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"question": "  "}, "question must be some words, not '  '"),
        ({"question": "Which?", "choices": ["one"]}, "at least two different texts, not"),
        ({"question": "Which?", "choices": "ab"}, "at least two different texts, not 'ab'"),
        ({"question": "Which?", "choices": ["a", "a"]}, "at least two different texts"),
        ({"question": "Which?", "choices": ["a", 2]}, "each of choices must be some words, not 2"),
        ({"question": "Which?", "unit": 3}, "unit must be some words, not 3"),
    ],
)
def test_a_bad_question_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Prediction(**arguments)


def test_an_answer_or_outcome_that_is_none_is_refused():
    guess, choice = Prediction("How many?"), Prediction("Which?", choices=["this", "that"])
    with pytest.raises(ValueError, match="outcome must be one of 'this', 'that', not 'these'"):
        choice.reveal("these")
    with pytest.raises(ValueError, match="value must be one of"):
        choice.value = 3
    with pytest.raises(ValueError, match="outcome must be a finite number, not nan"):
        guess.reveal(float("nan"))
    with pytest.raises(ValueError, match="value must be a finite number, not True"):
        guess.value = True
