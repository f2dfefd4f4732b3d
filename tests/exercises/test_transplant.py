"""Reading a submission: lenient to the student, blind to everything but answers."""

import json

import pytest

from exercises.classroom import transplant

from .hostile import ALL, FIRST, RIGHT
from .tools import copy, data, exercise, solved, written


def pieces(content):
    return transplant.answers(exercise(), transplant.cells_of(content))


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
    content = ("\ufeff" + text if encoding == "utf-16-le" else text).encode(encoding)
    assert pieces(content) == {name: [RIGHT[name]] for name in ALL}


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (data(solved())[:3000], "only a part"),
        (b"%PDF-1.7 \x00\xff", "not a notebook"),
        (b"[1, 2]", "not a notebook"),
        (b'"text"', "not a notebook"),
        (b"{}", "no cells"),
        (b'{"cells": 3}', "no cells"),
        (b'{"cells": []}', "no cells"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b"9" * 10_000, "not a notebook"),
    ],
)
def test_what_cannot_be_read_is_refused_in_plain_words(content, reason):
    with pytest.raises(transplant.UnreadableError, match=reason):
        transplant.cells_of(content)


def test_only_files_of_a_bearable_size_are_read(tmp_path):
    huge = tmp_path / "huge.ipynb"
    with huge.open("wb") as file:
        file.truncate(300_000_000)
    with pytest.raises(transplant.UnreadableError, match="300 MB"):
        transplant.read_bytes(huge)
    link = tmp_path / "link.ipynb"
    link.symlink_to("/etc/passwd")
    with pytest.raises(transplant.UnreadableError, match="symbolic link"):
        transplant.read_bytes(link)
    with pytest.raises(transplant.UnreadableError, match="not a file"):
        transplant.read_bytes(tmp_path)
    with pytest.raises(transplant.UnreadableError, match="cannot be read"):
        transplant.read_bytes(tmp_path / "gone.ipynb")


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
    notebook, answers = transplant.pristine(exercise(), pieces(content), True)
    assert mark not in json.dumps(notebook)
    assert mark in answers
    assert "BEGIN SOLUTION" not in json.dumps(notebook)


def test_missing_answer_is_not_judged():
    content = data(written({FIRST: RIGHT[FIRST]}))
    notebook, _ = transplant.pristine(exercise(), pieces(content), True)
    assert [c.id for c in notebook.cells] == ["answers", "setup", f"{FIRST}_answer", FIRST]
