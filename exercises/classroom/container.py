"""Answers in containers of docker or podman, where there is no bubblewrap.

A container answers one question and ends. The image holds Python and the packages; the course's own
files are shown to it read-only, so that it need not be built anew when they change.
"""

import itertools
import json
import os
import shutil
import subprocess
from functools import cache

from exercises.classroom import cgroup, isolation

IMAGE = "batch-size-answers"
FILE = "exercises/workflows/Containerfile"
BUILD = f"docker build --tag {IMAGE} --file {FILE} exercises/workflows"
ENGINES = ("docker", "podman")
ENGINE_SECONDS = 20
INSIDE = ("runner", "isolation", "wire")  # what of this package answers are shown
PYTHON = "python3"  # of the image
_numbers = itertools.count()


@cache
def engine():
    """Return (name of the engine that answers here and has the image, or None; reason)."""
    reasons = []
    for name in ENGINES:
        if shutil.which(name) is None:
            reasons.append(f"{name} is not installed")
            continue
        try:
            asked = _ask(name, "image", "inspect", IMAGE)
        except (OSError, subprocess.TimeoutExpired):
            reasons.append(f"{name} does not answer")
            continue
        if asked.returncode == 0:
            return name, None
        answers = _ask(name, "version").returncode == 0
        reasons.append(f"{name} has no image {IMAGE}" if answers else f"{name} does not answer")
    return None, ", ".join(reasons)


def _ask(*command):
    return subprocess.run(command, capture_output=True, timeout=ENGINE_SECONDS, text=True)


def rootless(name):
    """Whether the engine itself runs without root's rights, as far as it says so."""
    told = _ask(name, "info", "--format", "{{json .}}")
    try:
        told = json.loads(told.stdout)
    except ValueError:
        return False
    docker = any("rootless" in option for option in told.get("SecurityOptions") or ())
    return docker or bool(told.get("host", {}).get("security", {}).get("rootless"))


def run(visible, environment, settings):
    """Return the command line of one container, and the function that removes it."""
    name, _ = engine()
    label = f"answers-{os.getpid()}-{next(_numbers)}"
    tmp = f"rw,nosuid,nodev,size={isolation.TMP_BYTES},nr_inodes=1000,mode=1777"
    command = [name, "run", "--name", label, "--rm", "--interactive"]
    command += ["--network", "none", "--read-only", "--cap-drop", "ALL", "--ipc", "private"]
    command += ["--security-opt", "no-new-privileges", "--pids-limit", str(cgroup.MAX_PROCESSES)]
    command += ["--memory", str(cgroup.MEMORY_BYTES), "--memory-swap", str(cgroup.MEMORY_BYTES)]
    command += ["--ulimit", "nofile=256:256", "--ulimit", "core=0:0"]
    command += ["--user", f"{isolation.NOBODY}:{isolation.NOBODY}", "--workdir", "/tmp"]
    command += ["--shm-size", str(isolation.TMP_BYTES), "--tmpfs", f"/tmp:{tmp}"]
    for variable in environment.items():
        command += ["--env", "=".join(variable)]
    for outside, inside in visible.items():
        command += ["--mount", f"type=bind,source={outside},target={inside},readonly"]
    command += ["--entrypoint", PYTHON, IMAGE, "-I", "/course/runner.py", "/course", settings]

    def remove():
        # The engine's client was killed; the container itself does not end with it.
        _ask(name, "rm", "--force", label)

    return command, remove
