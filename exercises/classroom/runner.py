"""What runs inside the sandbox: a warm interpreter that forks once for each question.

Started as ``python -I runner.py FOLDERS``, where FOLDERS (separated by ``:``) hold `wire` and the
course. Requests come on standard input and replies go to standard output, as frames: four bytes
of length, then a packed value. The first frame to go out is empty and says that all is ready; a
reply is followed by an empty frame once the child that made it has ended. Whatever happens here
can at worst be a wrong answer: the other side does not trust it.
"""

import builtins
import ctypes
import os
import re
import resource
import signal
import struct
import sys
import types

MEGABYTE = 2**20
LIMITS = {
    resource.RLIMIT_AS: 1500 * MEGABYTE,
    resource.RLIMIT_FSIZE: 16 * MEGABYTE,
    resource.RLIMIT_CPU: 120,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NOFILE: 64,
}
MAX_PROCESSES = 16


class Silent:
    """Stands for IPython's shell: any attribute and any call is accepted and does nothing."""

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __iter__(self):
        return iter(())


def without_magics(source):
    """Comment out the lines that only IPython understands."""
    return re.sub(r"^(\s*)([%!])", r"\1pass  # \2", source, flags=re.MULTILINE)


def execute(source, namespace):
    """Run one cell as a notebook would; returns the text of the error that stopped it, or None."""
    try:
        try:
            code = compile(source, "<answer>", "exec")
        except SyntaxError:
            code = compile(without_magics(source), "<answer>", "exec")
        exec(code, namespace)
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:300]}"


def answer(request):
    """Run the cells of a request, call its function, and return (outcomes, errors)."""
    from exercises.outcomes import outcome  # imported before any student's code has run

    # Answers get builtins of their own: who patches `len` must not break the code that replies.
    own = types.ModuleType("builtins")
    vars(own).update(vars(builtins))
    sys.modules["builtins"] = own
    namespace = {"__name__": "__main__", "__builtins__": vars(own)}
    namespace.update(get_ipython=Silent(), display=Silent())
    for source in request["given"]:
        execute(source, namespace)
    errors = [execute(source, namespace) for source in request["answers"]]
    errors = [error for error in errors if error]
    function = namespace.get(request["function"])
    if function is None:
        return [], errors
    outcomes = []
    for case in request["cases"]:
        try:
            outcomes.append(outcome(function, case))
        except BaseException as error:  # exit() and the like
            outcomes.append(("raised", type(error).__name__, str(error)[:300]))
    return outcomes, errors


def reply(wire, request):
    """Return the packed reply to a request, or the packed reason why it cannot be packed."""
    outcomes, errors = answer(request)
    try:
        return wire.pack((outcomes, errors))
    except (TypeError, ValueError, RecursionError) as error:
        return wire.pack(([("raised", "TypeError", str(error)[:300])], errors))


def send(stream, data):
    """Write one frame."""
    stream.write(struct.pack(">I", len(data)) + data)
    stream.flush()


def serve(folders):
    """Answer requests until the input ends."""
    sys.path[:0] = folders
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    import wire

    import exercises.outcomes  # noqa: F401  so that every child has it, and numpy, already

    confine()
    send(replies, b"")
    while header := requests.read(4):
        request = wire.unpack(requests.read(struct.unpack(">I", header)[0]))
        child = os.fork()
        if child == 0:
            try:
                os.setsid()
                mine = os.getpid()
                data = reply(wire, request)
                if os.getpid() == mine:  # an answer may have forked: one reply is enough
                    send(replies, data)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        try:
            os.killpg(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
        send(replies, b"")


def confine():
    """Give up what an answer does not need: rights, memory, processes, file sizes, time."""
    if os.getuid() == 0 and "SANDBOX_UID" in os.environ:
        # Limits on processes do not bind root, so root becomes somebody that nobody else is.
        uid = int(os.environ.pop("SANDBOX_UID"))
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        resource.setrlimit(resource.RLIMIT_NPROC, (MAX_PROCESSES, MAX_PROCESSES))
    elif os.environ.pop("SANDBOX_OWN_USERS", None):
        resource.setrlimit(resource.RLIMIT_NPROC, (MAX_PROCESSES, MAX_PROCESSES))
    for kind, limit in LIMITS.items():
        resource.setrlimit(kind, (limit, limit))
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: end with whoever started us


if __name__ == "__main__":
    serve(sys.argv[1].split(":"))
