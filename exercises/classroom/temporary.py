"""Temporary folders of a grader, which the next one clears away if it was killed."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psutil

PREFIX = "batch-size-course"


def make(what):
    """Make a folder that only this user can read; its name says whose it is."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}-{os.getpid()}-{what}-"))


@contextmanager
def folder(what):
    """A folder that is gone when the context is left."""
    path = make(what)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def clear():
    """Remove the folders of graders that no longer run."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}-*-*-*"):
        pid = path.name.removeprefix(f"{PREFIX}-").partition("-")[0]
        if path.is_symlink() or not pid.isdigit() or path.stat().st_uid != os.getuid():
            continue
        if not psutil.pid_exists(int(pid)):
            shutil.rmtree(path, ignore_errors=True)
