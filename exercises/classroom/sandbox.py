"""Where answers run, held apart from the disk, the network and everybody else.

Three backends, in the order in which they are taken. `bubblewrap`: one sandbox for a submission, in
which no student's code runs but which makes a smaller one for each question. `container`: one
container of docker or podman for each question. `limits`: none, and whoever grades has to ask for
it in so many words. What happens inside stands in `runner` and `isolation`.
"""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path

from exercises.classroom import cgroup, container, limits, seccomp

HERE = Path(__file__).resolve().parent
EXERCISES = HERE.parent
ROOT = EXERCISES.parent
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin")
LIMITS = "limits"
BACKENDS = ("bubblewrap", "container", LIMITS)
ONE_QUESTION = ("container",)  # whose sandbox ends with the question
TRIAL_SECONDS = 60
FIRST_UID = 400_000  # as root, answers run as one of the hundred thousand users from here on
REMEDY = (
    "Install bubblewrap (`apt-get install bubblewrap`) on Linux, or docker or podman, and build "
    f'its image with `{container.BUILD}`; see "Where it runs" in exercises/README.md. To grade '
    "without either, knowing that a submission can then read your files and change marks, add "
    "--without-sandbox."
)
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TQDM_DISABLE": "1",
}


class NoSandboxError(RuntimeError):
    """Nothing here can hold the answers apart; the text gives the reason and the remedy."""


class Sandbox(subprocess.Popen):
    """A runner; its standard input and output are pipes, unbuffered."""

    def __init__(self, command, *, undo=lambda: None, **options):
        self._undo = undo
        super().__init__(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            **{"stderr": subprocess.DEVNULL, **options},
        )

    def end(self):
        """Kill it and everything in it; what is in namespaces of its own ends with their first."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.wait()
        self.stdin.close()
        self.stdout.close()
        self._undo()


def visible():
    """Return {path outside: path inside} of what a sandbox shows of the course, read-only."""
    shown = {str(HERE / f"{name}.py"): f"/course/{name}.py" for name in container.INSIDE}
    shown[str(ROOT / "course_lib")] = "/course/course_lib"
    for name in ("__init__.py", "outcomes.py"):
        shown[str(EXERCISES / name)] = f"/course/exercises/{name}"
    return shown


def settings(*, namespaces=False, uid=None, kept=(), once=False):
    """Return, as JSON, how the runner is to hold each question apart: see `isolation.confine`."""
    instructions = base64.b64encode(seccomp.compiled()).decode()
    held = {"namespaces": namespaces, "uid": uid, "kept": list(kept), "filter": instructions}
    return json.dumps(held | {"once": once})


def interpreters():
    """Return the folders of this Python and its packages that the system's own do not hold."""
    folders = {str(Path(sys.base_prefix).resolve()), sys.base_prefix, sys.prefix}
    return [folder for folder in sorted(folders) if not folder.startswith("/usr/")]


def bubblewrap():
    """Return the command line that runs what follows it in a sandbox."""
    command = [shutil.which("bwrap") or "bwrap"]
    command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    # To make the namespaces of a question, which keeps none of these.
    command += ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"]
    if os.getuid() == 0:
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user"]
    command += ["--die-with-parent", "--new-session", "--hostname", "sandbox"]
    for path in SYSTEM:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            command += ["--ro-bind", path, path]
    command += ["--proc", "/proc", "--dev", "/dev", "--dir", "/tmp"]
    shown = {path: path for path in interpreters()}
    made = {"/", "/tmp"}
    for outside, inside in (shown | visible()).items():
        for parent in reversed(Path(inside).parents):
            if str(parent) not in made:  # those that are not asked for are closed to all but root
                command += ["--dir", str(parent)]
                made.add(str(parent))
        command += ["--ro-bind", outside, inside]
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]


def start(backend, **options):
    """Start the runner.

    Parameters
    ----------
    backend : str
        One of `BACKENDS`.

    Returns
    -------
    Sandbox

    Raises
    ------
    OSError
        If there is no such program, or no process can be had.
    """
    if backend == "bubblewrap":
        uid = FIRST_UID + os.getpid() % 100_000 if os.getuid() == 0 else None
        inside = [sys.executable, "-I", "/course/runner.py", "/course"]
        entering, undo = cgroup.group()
        kept = [path for path in interpreters() if path.startswith("/tmp/")]
        held = settings(namespaces=True, uid=uid, kept=kept)
        command = [*entering, *bubblewrap(), *inside, held]
        return Sandbox(command, undo=undo, env=ENVIRONMENT, **options)
    if backend == "container":
        command, undo = container.run(visible(), ENVIRONMENT, settings(once=True))
        return Sandbox(command, undo=undo, **options)
    folders = os.pathsep.join((str(HERE), str(ROOT)))
    command = [sys.executable, "-I", str(HERE / "runner.py"), folders, settings()]
    return Sandbox(command, env=ENVIRONMENT, cwd=tempfile.gettempdir(), **options)


def ready(process, seconds):
    """Whether a runner said within so many seconds that it is."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        return process.stdout.read(4) == bytes(4)
    finally:
        timer.cancel()


@cache
def failing(backend):
    """Return None if a backend works here, else the reason why not, in a few words."""
    if backend == LIMITS:
        return None
    if backend == "container" and (reason := container.engine()[1]):
        return reason
    if backend == "bubblewrap" and not sys.platform.startswith("linux"):
        return f"there is no bubblewrap on {sys.platform}"
    if backend == "bubblewrap" and shutil.which("bwrap") is None:
        return "the program bwrap (bubblewrap) is not installed"
    with tempfile.TemporaryFile("w+") as errors:
        process = start(backend, stderr=errors)
        works = ready(process, TRIAL_SECONDS)
        process.end()
        errors.seek(0)
        said = errors.read().strip().splitlines()
    return None if works else f"{backend} does not work here: {said[-1] if said else 'no reason'}"


def available():
    """Return None if answers can be held apart here, else the reason why not."""
    reasons = [failing(backend) for backend in BACKENDS if backend != LIMITS]
    return None if None in reasons else "; ".join(reasons)


def choose(without=False):
    """Return the name of the first backend that works here.

    Parameters
    ----------
    without : bool
        The instructor's word that limits alone will do.

    Raises
    ------
    NoSandboxError
        If no sandbox can be had; the text gives the reason and the remedy.
    """
    if sys.platform == "win32":
        raise NoSandboxError("Grading needs Linux or macOS; on Windows, run it inside WSL")
    if without:
        return LIMITS
    for backend in BACKENDS:
        if backend != LIMITS and failing(backend) is None:
            return backend
    raise NoSandboxError(f"{available()}. {REMEDY}")


def prepare(backend):
    """Find out beforehand, for all processes that are forked from this one, what `start` needs."""
    seccomp.compiled()
    if backend == "bubblewrap":
        cgroup.found()
    elif backend == "container":
        container.engine()


def holds(backend):
    """Say what holds answers on this machine and what does not, in plain sentences."""
    if backend == "bubblewrap":
        kept = [
            "Each question runs in a sandbox of its own (bubblewrap), as nobody in a user "
            "namespace: no network, no other process, no file but Python, its packages and "
            "course_lib, all of it read-only.",
            cgroup.holds(),
        ]
    elif backend == "container":
        kept = container.holds()
    else:
        kept = [
            "Answers are not held apart: a submission can read and write your files, end your "
            "processes, and change marks.",
            f"Only limits hold it: {limits.MEMORY_BYTES >> 20} MB of memory a process, files of "
            f"{limits.FILE_BYTES >> 20} MB, and time. What it leaves running is ended as far as "
            "it can be found.",
        ]
    return [*kept, seccomp.holds()]
