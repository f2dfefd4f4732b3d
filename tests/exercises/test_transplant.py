"""Reading a submission: lenient to the student, blind to everything but answers."""

import json

import pytest

from exercises.classroom import submissions, transplant

from .hostile import ALL, FIRST, RIGHT
from .tools import copy, data, exercise, solved, written

MANUAL = {q.grade_id: [] for q in exercise().questions if q.manual}


def pieces(content):
    found = transplant.answers(exercise(), submissions.cells_of(content))
    return {name: found[name] for name in ALL}


def test_answers_are_found_and_stubs_are_not():
    assert pieces(data(solved())) == {name: [RIGHT[name]] for name in ALL}
    assert pieces(data(copy())) == {name: [] for name in ALL}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"], ids=str
)
def test_every_usual_encoding_is_read(encoding):
    notebook = solved()
    notebook.cells[0].source = "Größe"
    text = json.dumps(notebook, ensure_ascii=False)
    content = ("\ufeff" + text if encoding == "utf-16-le" else text).encode(encoding, "replace")
    assert pieces(content) == {name: [RIGHT[name]] for name in ALL}


def test_halves_of_a_split_cell_both_count():
    notebook = solved()
    at = next(i for i, c in enumerate(notebook.cells) if c.id == f"{FIRST}_answer")
    half = json.loads(json.dumps(notebook.cells[at]))
    half["id"] = "half"
    half["source"] = "import math"
    notebook.cells.insert(at, half)
    assert pieces(data(notebook))[FIRST] == ["import math", RIGHT[FIRST]]


def test_pristine_notebook_holds_nothing_of_the_student():
    mark = "mark_of_the_student"
    content = data(written(dict.fromkeys(ALL, f"{mark} = 1")))
    notebook, answers = transplant.pristine(exercise(), pieces(content) | MANUAL, "bubblewrap")
    assert mark not in json.dumps(notebook)
    assert mark in answers
    assert "BEGIN SOLUTION" not in json.dumps(notebook)


def test_missing_answer_is_not_judged():
    content = data(written({FIRST: RIGHT[FIRST]}))
    notebook, _ = transplant.pristine(exercise(), pieces(content) | MANUAL, "bubblewrap")
    ids = [c.id for c in notebook.cells]
    assert ids[:2] == ["begin", "setup"]
    assert [name for name in ALL if name in ids] == [FIRST]
    assert {f"{name}_check" for name in ALL} < set(ids), "a check may need what another defines"


STUB = {c.id: c.source for c in copy().cells}[f"{FIRST}_answer"]


@pytest.mark.parametrize(
    "stub",
    [
        STUB,
        STUB.replace("\n", "\r\n"),
        STUB.replace("\n", "  \n") + "\n\n",
        STUB.replace("# YOUR CODE HERE", "# here"),
    ],
    ids=["as it was", "line ends of Windows", "trailing blanks", "another comment"],
)
def test_untouched_stub_never_counts_wherever_it_stands(stub):
    below = f"{RIGHT[FIRST]}\n\n\n{stub}"
    above = f"{stub}\n\n{RIGHT[FIRST]}"
    assert pieces(data(written({FIRST: stub})))[FIRST] == []
    for both in (below, above):
        (piece,) = pieces(data(written({FIRST: both})))[FIRST]
        assert "NotImplementedError" not in piece
        assert RIGHT[FIRST].strip() in piece.replace("\r", "")
    notebook = written({FIRST: RIGHT[FIRST]})
    cell = json.loads(json.dumps(next(c for c in notebook.cells if c.id == f"{FIRST}_answer")))
    notebook.cells.append(cell | {"source": stub})
    assert pieces(data(notebook))[FIRST] == [RIGHT[FIRST]]


def test_hints_are_counted_for_the_question_above_them():
    notebook = solved()
    at = next(i for i, c in enumerate(notebook.cells) if c.id == f"{FIRST}_check")
    for k in range(2):
        notebook.cells.insert(at + 1, {"cell_type": "code", "source": " hint()\n", "id": f"h{k}"})
    notebook.cells.append({"cell_type": "code", "source": "hint()", "id": "last"})
    notebook.cells.append({"cell_type": "markdown", "source": "hint()", "id": "prose"})
    found = transplant.hints(exercise(), submissions.cells_of(data(notebook)))
    assert found == {FIRST: 2, ALL[-1]: 1}
