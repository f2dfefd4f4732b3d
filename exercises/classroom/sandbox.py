"""The process in which answers run, held apart from the disk, the network and everybody else.

With bubblewrap: a file system that holds Python, its packages, course_lib and nothing else, all of
it read-only but for a small /tmp; no network; its own processes, which end with it. Without
bubblewrap only the limits of `runner` hold, and whoever grades has to ask for it in so many words.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXERCISES = HERE.parent
ROOT = EXERCISES.parent
TMP_BYTES = "16000000"
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin")
REMEDY = (
    "Answers can only be held apart by bubblewrap 0.8 or newer, on Linux (`apt-get install "
    'bubblewrap`; see "Where it runs" in exercises/README.md). To grade without it, knowing that a '
    "submission can then read your files and change marks, add --without-sandbox."
)


class NoSandboxError(RuntimeError):
    """Nothing here can hold the answers apart; the text gives the reason and the remedy."""


def visible():
    """Return {path outside: path inside} of what the sandbox shows read-only, beside the system."""
    shown = {str(Path(p).resolve()): str(Path(p).resolve()) for p in (sys.base_prefix,)}
    shown[sys.prefix] = sys.prefix
    shown = {out: into for out, into in shown.items() if not out.startswith("/usr")}
    shown[str(HERE / "runner.py")] = "/course/runner.py"
    shown[str(HERE / "wire.py")] = "/course/wire.py"
    shown[str(ROOT / "course_lib")] = "/course/course_lib"
    for name in ("__init__.py", "practice.py", "outcomes.py", "remarks.py"):
        if (EXERCISES / name).exists():
            shown[str(EXERCISES / name)] = f"/course/exercises/{name}"
    return shown


def bubblewrap():
    """Return the command line that runs what follows it in a sandbox."""
    command = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    if os.getuid() == 0:
        # As root without a user namespace, so that `runner` can change into somebody else.
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        command += ["--setenv", "SANDBOX_UID", str(400_000 + os.getpid() % 100_000)]
    else:
        command += ["--unshare-user", "--disable-userns", "--setenv", "SANDBOX_OWN_USERS", "1"]
    command += ["--die-with-parent", "--new-session", "--hostname", "sandbox"]
    for path in SYSTEM:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            command += ["--ro-bind", path, path]
    command += ["--proc", "/proc", "--dev", "/dev"]
    # Before what is visible, which may itself lie under /tmp.
    for path in ("/tmp", "/dev/shm"):
        command += ["--perms", "1777", "--size", TMP_BYTES, "--tmpfs", path]
    made = {"/", "/tmp"}
    for outside, inside in visible().items():
        for parent in reversed(Path(inside).parents):
            if str(parent) not in made:
                command += ["--perms", "0755", "--dir", str(parent)]
                made.add(str(parent))
        command += ["--ro-bind", outside, inside]
    return [*command, "--remount-ro", "/", "--chdir", "/tmp"]


@cache
def available():
    """Return None if a sandbox can be made here, else the reason why not."""
    if not sys.platform.startswith("linux"):
        return f"there is no bubblewrap on {sys.platform}"
    if shutil.which("bwrap") is None:
        return "the program bwrap (bubblewrap) is not installed"
    command = [*bubblewrap(), sys.executable, "-I", "-c", "print('inside')"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=ENVIRONMENT)
    if done.stdout.strip() != "inside":
        return f"bubblewrap does not work here: {(done.stderr.strip() or 'no reason given')[:300]}"
    return None


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


def start(sandboxed):
    """Start the runner; its standard input and output are pipes, unbuffered.

    Parameters
    ----------
    sandboxed : bool
        False is the instructor's word that limits alone will do.

    Raises
    ------
    OSError
        If there is no such program, or no process can be had.
    """
    if sandboxed != LIMITS:
        command = [*bubblewrap(), sys.executable, "-I", "/course/runner.py", "/course"]
        folder = None
    else:
        folders = os.pathsep.join((str(HERE), str(ROOT)))
        command = [sys.executable, "-I", str(HERE / "runner.py"), folders]
        folder = tempfile.gettempdir()
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env=ENVIRONMENT,
        cwd=folder,
        start_new_session=True,
    )


LIMITS = "limits"


def choose():
    if reason := available():
        raise NoSandboxError(f"{reason}. {REMEDY}")
    return "bubblewrap"


def holds(backend):
    return [backend]
