"""Answers in containers of docker or podman, where there is no bubblewrap.

A container answers one question and ends. The image holds Python and the packages; the course's own
files are shown to it read-only, so that it need not be built anew when they change.
"""

import itertools
import os
import shutil
import subprocess
from functools import cache

from exercises.classroom import limits

IMAGE = "batch-size-answers"
FILE = "exercises/workflows/Containerfile"
BUILD = f"docker build --tag {IMAGE} --file {FILE} exercises/workflows"
ENGINES = ("docker", "podman")
ENGINE_SECONDS = 20
INSIDE = ("runner", "isolation", "limits", "wire")  # what of this package answers are shown
PYTHON = "python3"  # of the image
ULIMITS = ("nofile=256:256", "nproc=1024:1024", "core=0:0")
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


def holds():
    """Say what a container holds, in plain sentences."""
    return [
        f"Each question runs in a container of its own ({engine()[0]}): no network, no rights, no "
        "file but Python, its packages and course_lib, all of it read-only.",
        f"The container is bound to {limits.SANDBOX_BYTES >> 20} MB and {limits.SANDBOX_PROCESSES} "
        "processes.",
    ]


def run(visible, environment, settings):
    """Return the command line of one container, and the function that removes it."""
    name, _ = engine()
    label = f"answers-{os.getpid()}-{next(_numbers)}"
    tmp = f"rw,nosuid,nodev,size={limits.FILE_BYTES},mode=1777"
    command = [name, "run", "--name", label, "--rm", "--interactive"]
    command += ["--network", "none", "--read-only", "--cap-drop", "ALL", "--ipc", "private"]
    command += ["--security-opt", "no-new-privileges", "--security-opt", "label=disable"]
    if name == "podman":  # it would add folders of its own that can be written
        command += ["--read-only-tmpfs=false"]
    memory, processes = str(limits.SANDBOX_BYTES), str(limits.SANDBOX_PROCESSES)
    command += ["--memory", memory, "--memory-swap", memory, "--pids-limit", processes]
    command += [word for limit in ULIMITS for word in ("--ulimit", limit)]
    command += ["--user", f"{limits.NOBODY}:{limits.NOBODY}", "--workdir", "/tmp"]
    command += ["--shm-size", str(limits.FILE_BYTES), "--tmpfs", f"/tmp:{tmp}"]
    for variable, value in environment.items():
        if variable != "PATH":  # the image knows where its Python is
            command += ["--env", f"{variable}={value}"]
    for outside, inside in visible.items():
        command += ["--mount", f"type=bind,source={outside},target={inside},readonly"]
    command += ["--entrypoint", PYTHON, IMAGE, "-I", "/course/runner.py", "/course", settings]

    def remove():
        # The engine's client was killed; the container itself does not end with it.
        try:
            _ask(name, "rm", "--force", label)
        except (OSError, subprocess.TimeoutExpired):
            pass  # it ends by itself: the runner's time is limited

    return command, remove
