"""A control group for each sandbox, which bounds the memory and the processes of all that is in it.

Only version 2 of control groups will do. A group is made beside this process's own, in the nearest
folder above it that may be written, as root's or one that was handed over; where systemd keeps the
groups to itself, it is asked for a scope.
"""

import itertools
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from exercises.classroom import limits

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
LIMITS = {
    "memory.max": limits.SANDBOX_BYTES,
    "memory.swap.max": 0,
    "memory.oom.group": 0,
    "pids.max": limits.SANDBOX_PROCESSES,
}
PREFIX = "answers-"
ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
_numbers = itertools.count()


def parent():
    """Return the nearest folder above this process's group in which groups can be made, or None."""
    try:
        own = [line[3:] for line in OWN.read_text().splitlines() if line.startswith("0::")]
    except OSError:
        return None
    for path in own:
        folder = ROOT / path.strip("/")
        for candidate in (folder, *folder.parents):
            if candidate == ROOT.parent:
                break
            if _bounds_its_groups(candidate):
                return candidate
    return None


def _bounds_its_groups(folder):
    try:
        controllers = (folder / "cgroup.subtree_control").read_text().split()
    except OSError:
        return False
    writable = os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK)
    return writable and {"memory", "pids"} <= set(controllers)


class Group:
    """A group made in `folder`; `entering` is the command line that runs what follows it inside."""

    def __init__(self, folder):
        self.path = folder / f"{PREFIX}{os.getpid()}-{next(_numbers)}"
        self.path.mkdir()
        for name, limit in LIMITS.items():
            if name.startswith("memory.") and not (self.path / name).exists():
                continue  # a kernel without swap has no file for it
            (self.path / name).write_text(str(limit))
        self.entering = ["/bin/sh", "-c", ENTER, str(self.path)]

    def remove(self):
        """Remove the group; all that was in it must have ended."""
        try:
            self.path.rmdir()
        except OSError:
            pass  # the kernel has not forgotten the last process yet: `sweep` removes it


def sweep(folder):
    """Remove the empty groups that were left in `folder`; the kernel keeps those in use."""
    for path in folder.glob(f"{PREFIX}*"):
        try:
            path.rmdir()
        except OSError:
            pass


def scope():
    """Return the command line that asks systemd for a scope."""
    whose = [] if os.getuid() == 0 else ["--user"]
    bounds = (
        f"MemoryMax={limits.SANDBOX_BYTES}",
        "MemorySwapMax=0",
        f"TasksMax={limits.SANDBOX_PROCESSES}",
    )
    properties = [word for bound in bounds for word in ("--property", bound)]
    return ["systemd-run", *whose, "--scope", "--quiet", "--collect", *properties, "--"]


@cache
def systemd_answers():
    """Whether systemd makes scopes here."""
    if not sys.platform.startswith("linux") or shutil.which("systemd-run") is None:
        return False
    try:
        asked = subprocess.run([*scope(), "true"], capture_output=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


@cache
def found():
    """Return how groups can be had here: a folder to make them in, "systemd", or None."""
    if (folder := parent()) is not None:
        sweep(folder)
        return folder
    return "systemd" if systemd_answers() else None


def holds():
    """Say in one sentence what bounds the memory of a sandbox here."""
    if found() is None:
        total = limits.MAX_PROCESSES * limits.MEMORY_BYTES // 2**20
        return (
            "No control group of version 2 can be had here: a question has at most "
            f"{limits.MAX_PROCESSES} processes and threads of {limits.MEMORY_BYTES >> 20} MB "
            f"each, {total} MB in all."
        )
    return (
        f"A control group bounds each sandbox to {limits.SANDBOX_BYTES >> 20} MB and "
        f"{limits.SANDBOX_PROCESSES} processes."
    )


def group():
    """Return (command line to run what follows it in a new group, function that removes it)."""
    how = found()
    if how is None:
        return [], lambda: None
    if how == "systemd":
        return scope(), lambda: None  # systemd removes a scope with its last process
    made = Group(how)
    return made.entering, made.remove
