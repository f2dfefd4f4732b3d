"""Finding, naming and reading submissions: everything hostile in a file or a name ends here."""

import os

import pytest

from exercises.classroom import submissions
from exercises.classroom.submissions import Submission

from .tools import data, solved


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
    with pytest.raises(submissions.UnreadableError, match=reason):
        submissions.cells_of(content)


def read(path):
    return submissions.read_bytes(Submission("s", "e", "s/e.ipynb", path))


def test_only_files_of_a_bearable_size_are_read(tmp_path):
    huge = tmp_path / "huge.ipynb"
    with huge.open("wb") as file:
        file.truncate(300_000_000)
    with pytest.raises(submissions.UnreadableError, match="300 MB"):
        read(huge)
    link = tmp_path / "link.ipynb"
    link.symlink_to("/etc/passwd")
    with pytest.raises(submissions.UnreadableError, match="symbolic link"):
        read(link)
    with pytest.raises(submissions.UnreadableError, match="not a file"):
        read(tmp_path)
    with pytest.raises(submissions.UnreadableError, match="cannot be read"):
        read(tmp_path / "gone.ipynb")


def hand_in(folder, *names):
    for name in names:
        path = os.path.join(os.fsencode(folder), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"{}")


def test_submissions_are_found_as_they_are_handed_in(tmp_path):
    hand_in(tmp_path, b"ada/e01_x.ipynb", b"bob/week 1/e01_x.ipynb", b"bob/week 1/deep/e02.ipynb")
    hand_in(tmp_path, b".git/e01_x.ipynb", b"ada/.ipynb_checkpoints/e01_x.ipynb", b"ada/notes.txt")
    (tmp_path / "linked").symlink_to(tmp_path / "ada")
    (tmp_path / "bob" / "linked").symlink_to(tmp_path / "ada")
    found = submissions.find(tmp_path)
    assert [(s.student, s.exercise, s.where) for s in found] == [
        ("ada", "e01_x", "ada/e01_x.ipynb"),
        ("bob", "e01_x", "bob/week 1/e01_x.ipynb"),
    ]


def test_names_that_could_mislead_are_shown_escaped(tmp_path):
    names = [
        b"\xff\xfe/e01.ipynb",
        b"\x1b[31mred/e01.ipynb",
        b"a\rb,c/e01.ipynb",
        b"a\\rb/e01.ipynb",
    ]
    hand_in(tmp_path, *names, "ünï/e01.ipynb".encode(), "\u202eevil/e01.ipynb".encode())
    students = [s.student for s in submissions.find(tmp_path)]
    assert len(set(students)) == 6
    assert all((name.isprintable() and name.isascii()) or name == "ünï" for name in students)
    for name in students:
        name.encode()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs the permissions of POSIX")
def test_folder_that_cannot_be_read_is_named_and_stops_nobody(tmp_path, monkeypatch):
    hand_in(tmp_path, b"ada/e01.ipynb", b"closed/e01.ipynb", b"zoe/e01.ipynb")
    iterdir = submissions.Path.iterdir

    def refusing(path):  # as mode 000 does to everybody but root
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return iterdir(path)

    monkeypatch.setattr(submissions.Path, "iterdir", refusing)
    ada, closed, zoe = submissions.find(tmp_path)
    assert (ada.problem, zoe.problem) == ("", "")
    assert closed.problem == "its folder cannot be read: Permission denied"
    with pytest.raises(submissions.UnreadableError, match="Permission denied"):
        submissions.read_bytes(closed)


@pytest.mark.parametrize("made, said", [(False, "not a folder"), (True, "holds no submission")])
def test_nothing_to_grade_is_said(made, said, tmp_path):
    if made:
        (tmp_path / "in").mkdir()
    with pytest.raises(submissions.NoSubmissionsError, match=said):
        submissions.find(tmp_path / "in")
