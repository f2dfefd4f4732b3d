"""Instant feedback: what counts as the same, and what a seal gives away."""

import nbformat
import numpy as np
import pytest

from exercises import practice

from .tools import solved, written


def value(x):
    return "value", practice.plain(x)


@pytest.mark.parametrize(
    "got, want",
    [
        ([1, 2], np.array([1.0, 2.0])),
        (np.float32(0.1), 0.1),
        (np.array(3.0), 3),
        (12.000000001, 12),
        ((np.arange(3), [3]), [[0, 1, 2], np.array([3])]),
        (range(3), [0, 1, 2]),
        ((x for x in [1, 2]), [1, 2]),
        (True, 1),
        (np.nan, float("nan")),
        (np.inf, float("inf")),
        ({"a": np.ones(2)}, {"a": [1, 1]}),
        ("b", "b"),
        (None, None),
    ],
)
def test_same_however_it_is_written(got, want):
    assert practice.same(value(got), value(want))


@pytest.mark.parametrize(
    "got, want",
    [
        (12.01, 12),
        (100_001, 100_000),
        (0.1001, 0.1002),
        ([1, 2], [1, 2, 3]),
        ([1.0], 1.0),
        (1.0, [1.0]),
        (np.nan, 1.0),
        (1.0, np.nan),
        (np.inf, 1.0),
        (None, 0),
        ("1", 1),
        (10**400, 1.5),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, [1]),
    ],
)
def test_not_the_same(got, want):
    assert not practice.same(value(got), value(want))


def test_a_seal_opens_for_its_behaviour_alone():
    seals = dict([practice.seal("e/q", [value([1.0, 2.0])], "Think of the mean.")])
    assert practice.unseal("e/q", [value((1, 2.00001))], seals) == "Think of the mean."
    assert practice.unseal("e/q", [value([1.0, 2.1])], seals) is None
    assert practice.unseal("e/other", [value([1.0, 2.0])], seals) is None
    assert "mean" not in str(seals)


def stops(x):
    raise ZeroDivisionError("division by zero")


def unwritten(x):
    raise NotImplementedError


@pytest.mark.parametrize(
    "answer, said",
    [
        (unwritten, "not written yet: put your code in its cell"),
        (stops, "it stops with ZeroDivisionError: division by zero"),
        (lambda x: None, "it returns None. Is there a `return`?"),
        (lambda x: object(), "it holds a object where a number"),
        (lambda x, y: 1, "it stops with TypeError"),
        (lambda x: 10**400, "none of the mistakes known here"),
        (lambda x: float("nan"), "none of the mistakes known here"),
        (lambda x: {1, 2}, "it holds a set"),
        (3, "it stops with TypeError: 'int' object is not callable"),
    ],
)
def test_check_says_something_helpful_and_raises_nothing(answer, said, capsys):
    practice.check("e/q", answer, [(1,), (2,)])
    assert said in capsys.readouterr().out


def test_check_gives_each_call_fresh_arguments(capsys):
    seen = []

    def spoils(x):
        seen.append(x.copy())
        x[:] = 0

    array = np.ones(2)
    practice.check("e/q", spoils, [(array,), (array,)])
    assert np.array_equal(seen, np.ones((2, 2)))


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
