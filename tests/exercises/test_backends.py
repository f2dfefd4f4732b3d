"""Which backend is taken, what it says of itself, and what a control group bounds."""

import os
import shlex
import subprocess
import sys
import time

import pytest
from packaging.requirements import Requirement

from exercises.classroom import bridge, cgroup, container, limits, sandbox, seccomp


@pytest.fixture(autouse=True)
def nothing_found_out_before():
    known = (sandbox.failing, container.engine, cgroup.found, cgroup.systemd_answers)
    for function in (*known, seccomp.compiled):
        function.cache_clear()
    yield
    for function in (*known, seccomp.compiled):
        function.cache_clear()


def program(folder, name, text):
    """A program that stands for another one."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine that has no other programs than those written into this folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_order_of_the_backends(monkeypatch):
    reasons = {"bubblewrap": None, "container": None}
    monkeypatch.setattr(sandbox, "failing", reasons.get)
    assert sandbox.choose() == "bubblewrap"
    reasons["bubblewrap"] = "no bwrap"
    assert sandbox.choose() == "container"
    assert sandbox.available() is None
    reasons["container"] = "no docker"
    assert sandbox.available() == "no bwrap; no docker"
    with pytest.raises(
        sandbox.NoSandboxError, match=r"no bwrap; no docker.*docker build.*--without"
    ):
        sandbox.choose()
    assert sandbox.choose(without=True) == "limits"


def test_windows_is_sent_to_wsl(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(sandbox.NoSandboxError, match="WSL"):
        sandbox.choose(without=True)


def test_machine_without_programs_says_what_is_missing(machine):
    said = sandbox.available()
    assert "bubblewrap" in said
    assert "docker is not installed, podman is not installed" in said


def test_engine_without_the_image_is_told_from_one_that_does_not_answer(machine):
    program(machine, "docker", 'test "$1" = version')
    program(machine, "podman", "false")
    reason = f"docker has no image {container.IMAGE}, podman does not answer"
    assert container.engine() == (None, reason)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="bubblewrap is of Linux")
def test_bubblewrap_that_is_forbidden_gives_its_reason(machine):
    program(machine, "bwrap", "echo 'bwrap: No permissions to create new namespace' >&2; exit 1")
    assert "No permissions to create new namespace" in sandbox.failing("bubblewrap")


def test_container_is_closed_on_every_side(machine):
    program(machine, "docker", "true")
    command, _ = container.run({"/a b": "/course/a"}, {"PATH": "/x", "HOME": "/tmp"}, "{}")
    line = shlex.join(command)
    for words in (
        "docker run",
        "--network none",
        "--read-only",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        f"--pids-limit {limits.SANDBOX_PROCESSES}",
        f"--memory {limits.SANDBOX_BYTES} --memory-swap {limits.SANDBOX_BYTES}",
        f"--user {limits.NOBODY}:{limits.NOBODY}",
        "--mount 'type=bind,source=/a b,target=/course/a,readonly'",
    ):
        assert words in line
    assert "PATH" not in line
    for word in ("--privileged", "/var/run/docker.sock", "--pid", "host"):
        assert word not in command


STAND_IN = """
case "$1" in
    run) printf '%s\\n' "$$" >> "$DIARY"
         while [ "$1" != --entrypoint ]; do shift; done
         exec "$PYTHON" -I "$RUNNER" "$FOLDERS" "$7" ;;
    rm) printf '%s\\n' "$*" >> "$DIARY" ;;
esac
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux")
def test_each_question_gets_a_container_and_all_are_removed(machine, monkeypatch):
    program(machine, "docker", STAND_IN)
    diary = machine / "diary"
    monkeypatch.setenv("DIARY", str(diary))
    monkeypatch.setenv("PYTHON", sys.executable)
    monkeypatch.setenv("RUNNER", str(sandbox.HERE / "runner.py"))
    monkeypatch.setenv("FOLDERS", f"{sandbox.HERE}:{sandbox.ROOT}")
    cells = {name: ["import os\ndef f(): return os.getppid()"] for name in "abc"}
    answers = bridge.Answers([], cells, "container")
    try:
        kept = [answers.call(cell, "f", [()])[0][0][1] for cell in cells]
    finally:
        answers.close()
    lines = diary.read_text().splitlines()
    started = [line for line in lines if line.isdigit()]
    removed = [line for line in lines if line.startswith("rm --force answers-")]
    assert len(set(kept)) == 3
    assert len(started) == len(set(removed)) == 3


def test_image_names_the_packages_of_the_course():
    known = (sandbox.ROOT / "requirements.txt").read_text().splitlines()
    known = [line.partition("#")[0].strip() for line in known]
    text = (sandbox.ROOT / container.FILE).read_text()
    named = [line.strip(' "\\') for line in text.splitlines() if line.startswith('    "')]
    assert Requirement(named[0]).name == "numpy"
    assert set(named) <= set(known)
    assert container.BUILD in text


def test_report_can_say_what_holds(monkeypatch):
    monkeypatch.setattr(cgroup, "found", lambda: None)
    monkeypatch.setattr(seccomp, "compiled", lambda: b"")
    said = " ".join(sandbox.holds("bubblewrap"))
    assert "No control group" in said
    assert "4096 MB in all" in said
    assert "not filtered" in said
    monkeypatch.setattr(cgroup, "found", lambda: "systemd")
    monkeypatch.setattr(seccomp, "compiled", lambda: b"x")
    said = " ".join(sandbox.holds("bubblewrap"))
    assert "A control group bounds each sandbox to 1500 MB" in said
    assert "refused (seccomp)" in said
    assert "not held apart" in " ".join(sandbox.holds("limits"))


def test_filter_is_missing_where_its_library_is(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    assert seccomp.compiled() == b""


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """A folder that imitates a control group which was handed over, and our own below it."""
    own = tmp_path / "user" / "session"
    own.mkdir(parents=True)
    for folder, controllers in (
        (tmp_path, "cpu"),
        (tmp_path / "user", "memory pids"),
        (own, ""),
    ):
        (folder / "cgroup.subtree_control").write_text(controllers)
        (folder / "cgroup.procs").write_text("")
    (tmp_path / "self").write_text("4:memory:/elsewhere\n0::/user/session\n")
    monkeypatch.setattr(cgroup, "ROOT", tmp_path)
    monkeypatch.setattr(cgroup, "OWN", tmp_path / "self")
    monkeypatch.setattr(cgroup, "systemd_answers", lambda: False)
    return tmp_path / "user"


def test_group_is_made_where_memory_and_processes_are_bounded(groups):
    assert cgroup.found() == groups
    entering, remove = cgroup.group()
    (made,) = groups.glob(f"{cgroup.PREFIX}*")
    assert int((made / "memory.max").read_text()) == limits.SANDBOX_BYTES
    assert int((made / "pids.max").read_text()) == limits.SANDBOX_PROCESSES
    done = subprocess.run([*entering, "sh", "-c", "echo $$"], capture_output=True, text=True)
    assert (made / "cgroup.procs").read_text() == done.stdout
    for file in made.iterdir():  # the kernel's own files go with the folder
        file.unlink()
    remove()
    assert not made.exists()


def test_no_group_without_the_controllers(groups):
    (groups / "cgroup.subtree_control").write_text("memory")
    assert cgroup.found() is None
    assert cgroup.group()[0] == []


def test_empty_groups_of_a_killed_grader_are_removed(groups):
    (groups / f"{cgroup.PREFIX}1-0").mkdir()
    busy = groups / f"{cgroup.PREFIX}2-0"
    busy.mkdir()
    (busy / "cgroup.procs").write_text("1")
    cgroup.found()
    assert [path.name for path in groups.glob(f"{cgroup.PREFIX}*")] == [busy.name]


def test_systemd_is_asked_where_it_keeps_the_groups(machine, monkeypatch):
    program(machine, "systemd-run", 'test "$1 $2" = "--user --scope" -o "$1" = --scope')
    monkeypatch.setattr(cgroup, "parent", lambda: None)
    assert cgroup.found() == "systemd"
    line = shlex.join(cgroup.group()[0])
    assert f"MemoryMax={limits.SANDBOX_BYTES}" in line
    assert f"TasksMax={limits.SANDBOX_PROCESSES}" in line
    assert ("--user" in line) == (os.getuid() != 0)


@pytest.mark.skipif(
    cgroup.found() is None or sandbox.failing("bubblewrap") is not None,
    reason="no control group of version 2 can be had here, or no bubblewrap",
)
def test_real_group_bounds_the_memory_of_a_sandbox():
    cell = "def f(): return [l for l in open('/proc/self/cgroup') if l.startswith('0::')]"
    hoard = "import os\nfor _ in range(3): os.fork()\nheld = b'x' * 900_000_000\ndef f(): return 1"
    answers = bridge.Answers(
        [], {"a": [cell], "b": [hoard], "c": ["def f(): return 2"]}, "bubblewrap"
    )
    try:
        assert answers.call("a", "f", [()])[0][0][0] == "value"
        started = time.monotonic()
        try:
            answers.call("b", "f", [()])
        except bridge.StoppedError as stop:
            assert stop.status in ("crashed", "timed_out")
        assert time.monotonic() - started < 15
        assert answers.call("c", "f", [()])[0] == [("value", 2)]
    finally:
        answers.close()
