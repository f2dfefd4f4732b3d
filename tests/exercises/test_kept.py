"""Kept results: signed, and valid for one submission, one way of judging and one version."""

import json
import os
from dataclasses import replace

import pytest

from exercises.classroom import kept
from exercises.classroom.marks import Mark, Result, Status
from exercises.classroom.submissions import Submission

from .tools import E04, exercise

ADA = Submission("ada", E04, f"ada/{E04}.ipynb", None)
BOB = Submission("bob", E04, f"bob/{E04}.ipynb", None)
RESULT = Result(
    "ada", E04, ADA.where, (Mark("q", 2.0, 2.0, Status.PASSED, "", "right.", "answer"),), "note"
)


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return kept.Kept(tmp_path / "to" / "instructor" / "results")


def test_what_is_kept_comes_back_without_its_log(room):
    room.keep(ADA, "key", replace(RESULT, log="long", junit="long"))
    assert room.read(ADA, "key") == RESULT


def test_nothing_is_kept_of_what_the_machine_failed_to_judge(room):
    lost = replace(RESULT.marks[0], status=Status.UNJUDGED)
    room.keep(ADA, "key", replace(RESULT, marks=(lost,)))
    assert room.read(ADA, "key") is None


def test_another_key_another_student_and_another_file_are_refused(room):
    room.keep(ADA, "key", RESULT)
    assert room.read(ADA, "other key") is None
    room.path(ADA).rename(room.path(BOB))
    assert room.read(BOB, "key") is None
    elsewhere = replace(ADA, where=f"ada/week 2/{E04}.ipynb")
    assert room.path(elsewhere) != room.path(ADA)


@pytest.mark.parametrize("spoil", ["points", "signature", "cut", "no dict", "another secret"])
def test_forged_results_are_refused(room, spoil, tmp_path, monkeypatch):
    room.keep(ADA, "key", replace(RESULT, marks=(replace(RESULT.marks[0], points=0.0),)))
    path = room.path(ADA)
    content = json.loads(path.read_text())
    if spoil == "points":
        content["result"] = content["result"].replace('"points": 0.0', '"points": 2.0')
    elif spoil == "signature":
        content["signature"] = "ü"
    path.write_text(json.dumps([] if spoil == "no dict" else content))
    if spoil == "cut":
        path.write_text(path.read_text()[:50])
    elif spoil == "another secret":
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "of somebody else"))
    assert room.read(ADA, "key") is None


def test_nobody_else_can_read_what_is_kept_nor_the_secret(room, tmp_path):
    room.keep(ADA, "key", RESULT)

    def mode(path):
        return oct(path.stat().st_mode & 0o777)

    assert mode(room.path(ADA)) == "0o600"
    assert mode(room.folder) == mode(room.folder.parent) == "0o700"
    secret = tmp_path / "state" / "batch-size-course" / "secret"
    assert mode(secret) == "0o600" and mode(secret.parent) == "0o700"
    assert len(secret.read_bytes()) == 32
    assert not any(secret.read_bytes() in path.read_bytes() for path in room.folder.iterdir())


def test_secret_that_cannot_be_kept_is_said(room, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(OSError) as said:
        room.keep(ADA, "key", RESULT)
    assert "file" in said.value.filename


def test_fingerprint_follows_all_that_a_mark_depends_on(tmp_path, monkeypatch):
    before = kept.fingerprint(b"data", exercise(), "bubblewrap")
    assert before == kept.fingerprint(b"data", exercise(), "bubblewrap")
    assert before != kept.fingerprint(b"other", exercise(), "bubblewrap")
    assert before != kept.fingerprint(b"data", exercise(), "limits")
    for change in ("exercises/practice.py", "exercises/classroom/bridge.py", "course_lib/data.py"):
        for folder in kept.TOOLS:
            for path in (kept.ROOT / folder).rglob("*.py"):
                copy = tmp_path / path.relative_to(kept.ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
        with (tmp_path / change).open("a") as file:
            file.write("# changed\n")
        kept.tools.cache_clear()
        with monkeypatch.context() as moved:
            moved.setattr(kept, "ROOT", tmp_path)
            assert before != kept.fingerprint(b"data", exercise(), "bubblewrap"), change
    kept.tools.cache_clear()
    monkeypatch.setattr(kept, "version", lambda name: "0.0")
    assert before != kept.fingerprint(b"data", exercise(), "bubblewrap")
    kept.tools.cache_clear()
    assert os.path.exists(kept.ROOT)
