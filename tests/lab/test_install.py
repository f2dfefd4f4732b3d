"""An installation that cannot succeed says so at once, in one sentence."""

import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from course_lib.lab import install


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "requirements.txt").write_text("anywidget>=0.9  # the pictures\n\n-e .\n")
    (tmp_path / ".venv").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sentence(capsys):
    """What was said in the end: one line."""
    [said] = capsys.readouterr().err.splitlines()
    assert said.startswith("The course was not installed: ") and said.endswith(".")
    return said


def test_without_a_network_it_ends_within_ten_seconds(folder, capsys, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nobody listens there
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    start = time.monotonic()
    assert install._main() == 1
    assert time.monotonic() - start < 10
    assert "the package index cannot be reached" in sentence(capsys)


def test_a_disk_without_room_is_told_before_anything_is_loaded(folder, capsys, monkeypatch):
    monkeypatch.setattr(install.shutil, "disk_usage", lambda _: SimpleNamespace(free=2 * 10**8))
    assert install._main() == 1
    assert "it needs 1.5 GB of disk, of which 0.2 GB are free" in sentence(capsys)


@pytest.mark.parametrize(
    ("pip_says", "means"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: [Errno 30] Read-only file system: 'x'", "this folder is read-only"),
        ("Collecting x\nERROR: no wheel for this Python", "'ERROR: no wheel for this Python'"),
    ],
)
def test_what_pip_says_becomes_a_sentence(folder, capsys, monkeypatch, pip_says, means):
    def run(command, *, stdout, **options):
        code = f"print({pip_says!r}); raise SystemExit(1)"
        return popen([sys.executable, "-c", code], stdout=stdout, **options)

    popen = subprocess.Popen
    monkeypatch.setattr(install, "_ask_the_index", lambda: None)
    monkeypatch.setattr(install.subprocess, "Popen", run)
    assert install._main() == 1
    assert means in sentence(capsys)
    assert pip_says in (folder / ".venv" / "install.log").read_text()


def test_it_says_what_it_installs_and_when_it_is_done(folder, capsys, monkeypatch):
    def run(command, *, stdout, **options):
        code = "print('Collecting a'); print('Installing collected packages: a, b')"
        return popen([sys.executable, "-c", code], stdout=stdout, **options)

    popen = subprocess.Popen
    monkeypatch.setattr(install, "_ask_the_index", lambda: None)
    monkeypatch.setattr(install.subprocess, "Popen", run)
    assert install._main() == 0
    said = capsys.readouterr().out
    assert said.startswith("Installing 1 packages and what they need")
    assert "unpacking 2" in said and "Installed in" in said


def test_it_needs_nothing_that_is_not_in_python(folder):
    done = subprocess.run(
        [sys.executable, "-I", "-S", install.__file__], capture_output=True, text=True
    )
    assert "ModuleNotFoundError" not in done.stderr.splitlines()[0]
