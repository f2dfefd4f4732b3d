"""Each question has a sandbox of its own, that nothing outlives; it shows nothing of others."""

import errno
import time

import psutil
import pytest

from exercises.classroom import bridge, limits, sandbox, seccomp

from .hostile import ALL, FIRST, RIGHT
from .hostile_processes import SANDBOX_TRICKS
from .tools import WRONG, data, statuses, written

needs_bubblewrap = pytest.mark.skipif(
    sandbox.failing("bubblewrap") is not None, reason=str(sandbox.failing("bubblewrap"))
)


@pytest.fixture(autouse=True)
def long_limits(monkeypatch):
    # What is measured here may take a busy machine long.
    monkeypatch.setattr(bridge, "QUESTION_SECONDS", 60.0)


def ask(cell, backend, neighbour=None):
    """What `probe()` of a cell returns, after a neighbour's cell was asked in the same sandbox."""
    answers = bridge.Answers([], {"probe": [cell], "neighbour": [neighbour or ""]}, backend)
    try:
        if neighbour is not None:
            answers.call("neighbour", "probe", [()])
        (outcome,), errors = answers.call("probe", "probe", [()])
    finally:
        answers.close()
    assert outcome[0] == "value", (outcome, errors)
    return outcome[1]


@pytest.mark.parametrize("name", SANDBOX_TRICKS)
def test_trick_earns_nothing(name, backend, monkeypatch):
    monkeypatch.setattr(bridge, "QUESTION_SECONDS", 4.0)
    assert "passed" not in statuses(SANDBOX_TRICKS[name].around(WRONG), backend=backend).values()


@pytest.mark.parametrize("name", SANDBOX_TRICKS)
def test_twin_loses_only_what_the_trick_destroyed(name, backend, monkeypatch):
    trick = SANDBOX_TRICKS[name]
    if "timed_out" in trick.harms.values():
        monkeypatch.setattr(bridge, "QUESTION_SECONDS", 4.0)
    wanted = dict.fromkeys(ALL, "passed") | trick.harms
    assert statuses(trick.around(RIGHT), backend=backend) == wanted


NOTES = {
    "a file in /tmp": (
        "open('/tmp/note', 'w').write('seen')",
        "open('/tmp/note').read()",
    ),
    "a file in shared memory": (
        "open('/dev/shm/note', 'w').write('seen')",
        "open('/dev/shm/note').read()",
    ),
    "a device folder": ("open('/dev/note', 'w').write('seen')", "open('/dev/note').read()"),
    "its own files": (
        "open('/course/note', 'w').write('seen')",
        "open('/course/note').read()",
    ),
    "the session keyring": (
        "C.syscall(248, b'user', b'note', b'seen', 4, -3)",
        "key(C.syscall(249, b'user', b'note', None, -3))",
    ),
    "the user's keyring": (
        "C.syscall(248, b'user', b'note', b'seen', 4, -4)",
        "key(C.syscall(250, 10, -4, b'user', b'note', 0))",
    ),
    "System V memory": (
        "C.shmget(77, 4096, 0o1666)",
        "'seen' if C.shmget(77, 0, 0) >= 0 else None",
    ),
    "System V semaphores": ("C.semget(77, 1, 0o1666)", "'seen' if C.semget(77, 0, 0) >= 0 else ''"),
    "System V messages": ("C.msgget(77, 0o1666)", "'seen' if C.msgget(77, 0) >= 0 else None"),
    "POSIX messages": (
        "C.syscall(240, b'note', 0o102, 0o666, None)",
        "'seen' if C.syscall(240, b'note', 0, 0, None) >= 0 else None",
    ),
    "an abstract socket": (
        "listen()",
        "'seen' if socket.socket(socket.AF_UNIX).connect_ex(chr(0) + 'note') == 0 else None",
    ),
    "a process": (
        "os.fork() or time.sleep(5)",
        "'seen' if len([p for p in os.listdir('/proc') if p.isdigit()]) > 3 else None",
    ),
    "patched modules": ("setattr(os, 'note', 'seen')", "os.note"),
    "the host's name": ("C.sethostname(b'seen', 4)", "os.uname().nodename"),
}
TOOLS = """
import ctypes, os, socket, time
C = ctypes.CDLL(None)
def key(number):
    text = ctypes.create_string_buffer(9)
    return text.value.decode() if number > 0 and C.syscall(250, 11, number, text, 9) > 0 else None
def listen():
    s = socket.socket(socket.AF_UNIX); s.bind(chr(0) + 'note'); s.listen()
    if os.fork() == 0: time.sleep(5)
def probe():
    try: WRITTEN
    except BaseException: pass
    try: return READ
    except BaseException: return None
"""


@pytest.mark.parametrize("channel", NOTES)
@pytest.mark.parametrize("shared", [True, False], ids=["one student", "two students"])
def test_no_note_reaches_another_question(channel, shared, backend):
    write, read = NOTES[channel]
    writer = TOOLS.replace("WRITTEN", write).replace("READ", "1")
    reader = TOOLS.replace("WRITTEN", "pass").replace("READ", read)
    if not shared:
        assert ask(writer, backend) == 1
    assert ask(reader, backend, neighbour=writer if shared else None) != "seen"


@pytest.mark.parametrize(
    "channel", ["a file in /tmp", "a file in shared memory", "patched modules"]
)
def test_a_note_can_be_read_by_who_wrote_it(channel, backend):
    write, read = NOTES[channel]
    assert ask(TOOLS.replace("WRITTEN", write).replace("READ", read), backend) == "seen"


def test_calls_that_no_answer_needs_are_refused(backend):
    pyseccomp = pytest.importorskip("pyseccomp", exc_type=RuntimeError)
    numbers = {n: pyseccomp.resolve_syscall(pyseccomp.system_arch(), n) for n in seccomp.DENIED}
    numbers = {name: number for name, number in numbers.items() if number >= 0}
    assert {"keyctl", "unshare", "ptrace", "io_uring_setup", "socket", "shmget"} <= set(numbers)
    cell = (
        "import ctypes\nC = ctypes.CDLL(None, use_errno=True)\n"
        "def call(n, *a):\n    ctypes.set_errno(0); C.syscall(n, *a); return ctypes.get_errno()\n"
        f"def probe():\n    return {{name: call(n, -1, 0, 0) for name, n in {numbers!r}.items()}}"
    )
    assert ask(cell, backend) == dict.fromkeys(numbers, errno.EPERM)


@pytest.mark.parametrize("flag", seccomp.NAMESPACES)
def test_no_process_gets_a_namespace_of_its_own(flag, backend):
    cell = (
        "import ctypes, os\ndef probe():\n    me = os.getpid()\n"
        f"    child = ctypes.CDLL(None, use_errno=True).syscall(56, {flag} | 17, 0, 0, 0, 0)\n"
        "    if os.getpid() != me or child == 0: os._exit(0)\n    return child, ctypes.get_errno()"
    )
    assert ask(cell, backend) == [-1, errno.EPERM]


def test_rights_are_gone(backend):
    cell = (
        "import os\ndef probe():\n"
        "    lines = open('/proc/self/status').read().splitlines()\n"
        "    return dict(line.split(':\\t', 1) for line in lines if ':\\t' in line)"
    )
    status = ask(cell, backend)
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[kind], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert set(status["Uid"].split()) == {str(limits.NOBODY)}


@needs_bubblewrap
def test_no_further_user_namespace_can_be_made_even_without_the_filter(monkeypatch):
    monkeypatch.setattr(seccomp, "compiled", lambda: b"")
    cell = "import ctypes\ndef probe():\n    return ctypes.CDLL(None).unshare(0x10000000)"
    assert ask(cell, "bubblewrap") == -1
    cell = "def probe():\n    return [l for l in open('/proc/self/status') if 'Seccomp:\t0' in l]"
    assert ask(cell, "bubblewrap") == ["Seccomp:\t0\n"]


@needs_bubblewrap
@pytest.mark.parametrize("channel", NOTES)
def test_no_note_reaches_another_question_even_without_the_filter(channel, monkeypatch):
    monkeypatch.setattr(seccomp, "compiled", lambda: b"")
    test_no_note_reaches_another_question(channel, True, "bubblewrap")


def test_keyring_of_whoever_grades_is_out_of_reach(backend, monkeypatch):
    import ctypes

    libc = ctypes.CDLL(None)
    monkeypatch.setattr(seccomp, "compiled", lambda: b"")
    if libc.syscall(248, b"user", b"mark", b"seen", 4, -3) < 0:
        pytest.skip("no key can be made here")
    find = "key(C.syscall(250, 10, -3, b'user', b'mark', 0))"
    assert ask(TOOLS.replace("WRITTEN", "pass").replace("READ", find), backend) is None


def test_memory_of_all_processes_together_is_bounded(backend):
    cell = (
        "import os, struct\ndef probe():\n    reader, writer = os.pipe()\n    children = 0\n"
        "    for _ in range(40):\n        try: children += os.fork() and 1 or hoard(writer)\n"
        "        except OSError: break\n    os.close(writer)\n    taken = 0\n"
        "    while part := os.read(reader, 8): taken += struct.unpack('d', part)[0]\n"
        "    return children, taken\n"
        "def hoard(writer):\n    held = []\n"
        "    try:\n        while True: held.append(b'x' * 50_000_000)\n"
        "    except MemoryError: os.write(writer, struct.pack('d', 50.0 * len(held)))\n"
        "    import time; time.sleep(0.5); os._exit(0)"
    )
    try:
        children, taken = ask(cell, backend)
    except bridge.StoppedError as stop:
        assert backend == "container"  # whose kernel ends who takes too much
        assert stop.status == "crashed"
        return
    if backend == "container":
        assert 0 < children < limits.SANDBOX_PROCESSES
        assert taken < limits.SANDBOX_BYTES / 1e6
    else:
        assert 0 < children < limits.MAX_PROCESSES
        assert 500 < taken < children * limits.MEMORY_BYTES / 1e6


def test_folders_that_can_be_written_are_small(backend):
    cell = (
        "import os\ndef probe():\n    found = {}\n    for top, _, _ in os.walk('/'):\n"
        "        if top.startswith(('/proc', '/sys')): continue\n        try:\n"
        "            for i in range(9): open(f'{top}/{i}', 'wb').write(bytes(10_000_000))\n"
        "            found[top] = 90\n"
        "        except OSError as e: found[top] = i * 10 if e.errno == 28 else None\n"
        "    return {top: size for top, size in found.items() if size is not None}"
    )
    written = ask(cell, backend)
    assert set(written) <= {"/tmp", "/dev/shm", "/var/tmp", "/run", "/dev/mqueue"}
    assert "/tmp" in written
    assert max(written.values()) <= limits.FILE_BYTES / 1e6


def test_seals_are_not_shown(backend):
    cell = "import os\ndef probe():\n    return [t[2] for t in os.walk('/course')]"
    shown = {name for names in ask(cell, backend) for name in names}
    assert "outcomes.py" in shown
    assert "seals.json" not in shown


def test_tries_of_one_question_share_its_time(backend, monkeypatch):
    monkeypatch.setattr(bridge, "QUESTION_SECONDS", 3.0)
    slow = "import time\ntime.sleep(2)\ndef probe():\n    return elsewhere"
    answers = bridge.Answers([], {"a": [slow], "b": ["elsewhere = 1"]}, backend)
    answers.call("b", "none", [()])
    try:
        outcomes, _ = answers.call("a", "probe", [()])
    finally:
        answers.close()
    assert outcomes == [("raised", "NameError")]


@pytest.mark.slow
def test_hanging_submission_costs_at_most_45_seconds(backend, monkeypatch):
    monkeypatch.undo()
    started = time.monotonic()
    hanging = {name: f"while True: pass\n{source}" for name, source in RIGHT.items()}
    assert set(statuses(data(written(hanging)), backend=backend).values()) == {"timed_out"}
    assert time.monotonic() - started < 45


def test_daemon_of_the_first_question_has_ended_before_the_second(backend):
    daemon = f"import os, time\nif os.fork() == 0:\n    time.sleep(99)\n{RIGHT[FIRST]}"
    before = psutil.Process().children(recursive=True)  # other tests' workers, say
    started = time.monotonic()
    assert set(statuses(data(written(RIGHT | {FIRST: daemon})), backend=backend).values()) == {
        "passed"
    }
    assert time.monotonic() - started < 20
    assert set(psutil.Process().children(recursive=True)) <= set(before)
