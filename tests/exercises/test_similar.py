"""Copied work is found, and people who wrote alike by themselves are left alone."""

import ast
import shutil
import sys

import pytest

from exercises.__main__ import main
from exercises.classroom import similar

from .copied import COPIED, COPIES
from .honest import HONEST, answers
from .tools import E04, NAMES, data, exercise, written

GIVENS = {name: similar.given_texts(exercise(name)) for name in NAMES}
# What this class was asked once: the lengths of the answers matter here, not the question.
GIVEN = GIVENS[E04] | {"gradient_variance": ["def gradient_variance(G, B):\n    pass"]}
CLASS = {student: answers(text) for student, text in HONEST.items()}
COPIERS = {student: answers(text) for student, text in COPIED.items()}
PAIRS = {frozenset(pair) for pair in COPIES.items()}


def pairs(people):
    """The pairs that are named."""
    return {frozenset((p.first, p.second)) for p in similar.alike(people, GIVEN)}


def test_the_honest_are_left_alone():
    assert pairs(CLASS) == set()


def test_two_who_wrote_the_shortest_of_everything_are_as_well():
    shortest = CLASS["anna"] | {"gradient_variance": CLASS["lena"]["gradient_variance"]}
    assert pairs(CLASS | {"oskar": shortest, "pia": shortest}) == set()


@pytest.mark.parametrize("absent", HONEST)
def test_they_are_in_a_class_of_others_as_well(absent):
    assert pairs({s: texts for s, texts in CLASS.items() if s != absent}) == set()


def right_programs(name):
    """Students who wrote the right programs of a source notebook, each of them once."""
    people = {}
    for cell in exercise(name).notebook.cells:
        judged = cell.id in GIVENS[name] and cell.cell_type == "code"
        for node in ast.parse(cell.source).body if judged else []:
            programs = node.body if isinstance(node, ast.ClassDef) else []
            rights = [p for p in programs if getattr(p, "name", "").startswith("right")]
            for k, program in enumerate(rights):
                people.setdefault(f"s{k}", {})[cell.id] = ast.unparse(program)
    return people


@pytest.mark.parametrize("name", NAMES)
def test_different_right_programs_are_not_alike(name):
    people = right_programs(name)
    assert len(people) >= 3
    fourth = dict.fromkeys(GIVENS[name], "def f(x):\n    raise NotImplementedError")
    assert similar.alike(people | {"fourth": fourth}, GIVENS[name]) == []


def test_copies_are_found_and_nobody_else():
    assert pairs(CLASS | COPIERS) == PAIRS


@pytest.mark.parametrize("copier", COPIED)
def test_a_copy_is_found_where_it_is_the_only_one(copier):
    assert pairs(CLASS | {copier: COPIERS[copier]}) == {frozenset((copier, COPIES[copier]))}


@pytest.mark.parametrize("size", [4, 6, 10])
def test_a_copy_is_found_in_a_small_class(size):
    people = dict(list(CLASS.items())[: size - 1]) | {"paul": COPIERS["paul"]}
    assert pairs(people) == {frozenset(("paul", "ben"))}


@pytest.mark.parametrize(
    ("copied", "whole"),
    [
        (("mean_gradient", "gradient_variance"), "rosa"),
        (("epoch_batches", "gradient_variance"), "paul"),
    ],
)
def test_half_a_copy_is_found_and_the_questions_named(copied, whole):
    half = CLASS["jonas"] | {question: COPIERS[whole][question] for question in copied}
    people = {s: texts for s, texts in CLASS.items() if s != "jonas"} | {"half": half}
    (pair,) = similar.alike(people, GIVEN)
    assert {pair.first, pair.second} == {"half", COPIES[whole]}
    assert set(pair.questions) == set(copied)


def test_what_was_given_is_no_likeness():
    empty = {student: {q: GIVEN[q][0] for q in GIVEN} for student in "qrs"}
    assert pairs(CLASS | empty) == set()


def test_names_comments_docstrings_and_layout_change_nothing():
    text = "def f(x):\n    return np.sum(x ** 2)  # squares\n"
    other = 'def g(values):\n    """Mine."""\n\n    return np.sum( values**2 )\n'
    assert similar.fingerprint(text) == similar.fingerprint(other)
    assert similar.fingerprint(text) != similar.fingerprint(text.replace("sum", "mean"))


@pytest.mark.parametrize("text", ["", "def f(:", "%%time\nx = 1", "\0", "(" * 5000, "-" * 20_000])
def test_what_is_no_python_has_a_fingerprint(text):
    assert isinstance(similar.fingerprint(text), set)


def test_copied_prose_is_found():
    words = {
        "a": "I take the size at which the time to the target stops falling on my machine. "
        "That is 64 in my table. Memory would allow for four times as much.",
        "b": "Because of memory 256 is the most, and beyond 64 an epoch takes no less time. "
        "With 32 I lose a third of the speed, so 64 it is.",
        "c": "The curve is flat between 32 and 128; I choose 32, since it fits twice on the card. "
        "A run that fails costs me least then, and nobody waits for it.",
        "d": "My measurements say 64. Larger ones need more epochs and gain nothing per second. "
        "Smaller ones leave both cores idle half of the time.",
        "e": "Updates fall as B grows until about 50; seconds per update rise there. Hence 50. "
        "I would measure again on a laptop with more cores.",
    }
    copy = words["c"].replace("I choose", "we choose").upper()
    people = {s: {"rationale": text} for s, text in (words | {"f": copy}).items()}
    (pair,) = similar.alike(people, {"rationale": ["YOUR ANSWER HERE"]}, {"rationale"})
    assert (pair.first, pair.second) == ("c", "f")


@pytest.fixture
def submitted(tmp_path):
    """The class and its copiers, as they handed in."""
    known = {question.grade_id for question in exercise().questions}
    for student, texts in (CLASS | COPIERS).items():
        path = tmp_path / student / f"{E04}.ipynb"
        path.parent.mkdir()
        own = {question: text for question, text in texts.items() if question in known}
        path.write_bytes(data(written(own)))
    return tmp_path


def test_the_command_names_places_and_no_verdict(submitted, capsys):
    (submitted / "zoe").mkdir()
    (submitted / "zoe" / f"{E04}.ipynb").write_text("{")
    shutil.copytree(submitted / "paul", submitted / "eve\x1b[2J")
    assert main(["similar", str(submitted)]) == 0
    text = capsys.readouterr().out
    assert "not verdicts" in text and "files that could not be read: 1" in text
    for pair in COPIES.items():
        assert ", ".join(sorted(pair)) in text
    assert r"eve\x1b[2J" in text and "\x1b" not in text
    assert not any(f"{name}," in text or f", {name}" in text for name in ("anna", "lena", "mateo"))


def test_without_the_library_it_says_what_to_install(submitted, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "copydetect", None)
    assert main(["similar", str(submitted)]) == 2
    assert "install copydetect" in capsys.readouterr().err
