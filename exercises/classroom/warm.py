"""A warm interpreter: imports pytest, nbval and the kernel once, and forks for each submission.

``python -m exercises.classroom.warm FOLDER BACKEND`` reads lines from its input, each a JSON list
of a folder to work in and pytest's arguments, and answers each with the exit code. A child runs
stock pytest with stock nbval. Its kernel is this interpreter's child as well: nbval is told to
start a kernel named ``warm``, whose command is ``warm.py kernel …``, a doorman that asks for a fork
and lives as long as it. Only the importing is saved, which is most of the time of a small notebook.
"""

import atexit
import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUBMISSION_SECONDS = 300  # then a pytest that has not ended is given up


class Warm:
    """A warm interpreter, seen from the grader; `lives` until it is closed or given up.

    Parameters
    ----------
    backend : str
        Which sandbox will hold the answers.
    """

    def __init__(self, backend):
        from exercises.classroom import temporary

        self.backend = backend
        self.folder = temporary.make("warm")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "exercises.classroom.warm", self.folder, backend],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env=os.environ | self._environment(),
            start_new_session=True,
        )
        _all.append(self)

    def _environment(self):
        return {
            "PYTHONPATH": str(ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "",
            "IPYTHONDIR": f"{self.folder}/ipython",
            "OPENBLAS_NUM_THREADS": "1",
            "TQDM_DISABLE": "1",
        }

    @property
    def lives(self):
        return self in _all and self.process.poll() is None

    def run(self, folder, arguments):
        """Run pytest in `folder`, unless it takes far too long."""
        try:
            self.process.stdin.write(json.dumps([str(folder), *arguments]) + "\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], SUBMISSION_SECONDS)
            ended = ready and self.process.stdout.readline()
        except BrokenPipeError:
            ended = False
        if not ended:
            self.close()

    def close(self):
        """End it, and everything that it started."""
        if self in _all:
            _all.remove(self)
            with self.process:  # closes its pipes and waits for its end
                if self.process.poll() is None:
                    os.killpg(self.process.pid, signal.SIGKILL)
            shutil.rmtree(self.folder, ignore_errors=True)


_all = []


@atexit.register
def close_all():
    """End the warm interpreters of this process."""
    while _all:
        _all[0].close()


def serve(folder, backend):
    """Answer until the input ends."""
    import ipykernel.kernelapp
    import nbval.plugin  # noqa: F401
    import pytest

    import exercises.classroom.judging  # noqa: F401  and numpy with it
    from exercises.classroom import sandbox

    sandbox.prepare(backend)

    gc.freeze()  # else every child's garbage collector touches, and so copies, all of this memory
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "door"))
    listener.listen()
    install_kernel(folder)
    requests, replies = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for line in requests:
        work, *arguments = json.loads(line)
        over, alive = os.pipe()  # only the child holds `alive`, so that its end can be seen
        child = os.fork()
        if child == 0:
            code = 3
            try:
                listener.close()
                os.chdir(work)
                redirect(os.open("pytest.log", os.O_CREAT | os.O_WRONLY | os.O_TRUNC))
                code = int(pytest.main([*arguments, "--nbval-kernel-name=warm"]))
                sys.stdout.flush()
            finally:
                os._exit(code)
        os.close(alive)
        while over not in (ready := select.select([over, listener], [], [])[0]):
            if listener in ready:
                fork_kernel(listener, ipykernel.kernelapp.IPKernelApp)
        os.close(over)
        _, status = os.waitpid(child, 0)
        reap()
        print(os.waitstatus_to_exitcode(status), file=replies, flush=True)


def reap():
    """Collect the kernels that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def install_kernel(folder):
    """Make jupyter_client find the kernel ``warm``."""
    spec = folder / "kernels" / "warm"
    spec.mkdir(parents=True)
    doorman = [sys.executable, "-I", "-S", __file__, "kernel", str(folder / "door")]
    content = {
        "argv": [*doorman, "{connection_file}"],
        "display_name": "warm",
        "language": "python",
    }
    (spec / "kernel.json").write_text(json.dumps(content))
    os.environ["JUPYTER_PATH"] = str(folder)


def redirect(output):
    """Let output and errors go to a file, and nothing come from the input."""
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def fork_kernel(listener, application):
    """Become a kernel, in a child, for the doorman who knocks."""
    door, _ = listener.accept()
    if os.fork():
        door.close()
        return
    try:
        listener.close()
        os.setsid()
        folder, connection_file = json.loads(door.makefile().readline())
        os.chdir(folder)
        redirect(os.open(os.devnull, os.O_RDWR))
        threading.Thread(target=obey, args=(door,), daemon=True).start()
        application.launch_instance(["-f", connection_file])
    finally:
        os._exit(0)


def obey(door):
    """Interrupt this process when told so, and end it with the doorman."""
    while door.recv(1):
        os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGKILL)


def keep_the_door(door, connection_file):
    """Stand for a kernel: whoever interrupts or kills this process means the kernel.

    It leaves, and the kernel with it, when whoever started it is gone.
    """
    parent = os.getppid()
    kernel = socket.socket(socket.AF_UNIX)
    kernel.connect(door)
    kernel.sendall(json.dumps([os.getcwd(), connection_file]).encode() + b"\n")
    kernel.settimeout(1)
    while os.getppid() == parent:
        try:
            if not kernel.recv(1):
                return
        except TimeoutError:
            pass
        except KeyboardInterrupt:
            kernel.send(b"i")


if __name__ == "__main__":
    if sys.argv[1] == "kernel":
        keep_the_door(*sys.argv[2:])
    else:
        serve(Path(sys.argv[1]), sys.argv[2])
