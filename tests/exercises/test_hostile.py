"""Hostile submissions: a trick earns nothing, its twin loses only what it destroyed."""

import os
import socket
import time

import pytest

from exercises.classroom import bridge, limits, sandbox

from .hostile import ALL, EQUAL, FIRST, REARRANGED, RIGHT, TRICKS, as_format_3, rearranged
from .tools import WRONG, data, statuses, verdicts, written


@pytest.fixture(autouse=True)
def short_limits(monkeypatch):
    monkeypatch.setattr(bridge, "QUESTION_SECONDS", 4.0)


@pytest.mark.parametrize("name", TRICKS)
def test_trick_earns_nothing(name, backend):
    assert "passed" not in statuses(TRICKS[name].around(WRONG), backend=backend).values()


@pytest.mark.parametrize("name", TRICKS)
def test_twin_keeps_what_the_trick_did_not_destroy(name, backend, monkeypatch):
    trick = TRICKS[name]
    if "timed_out" not in trick.harms.values():  # taking all memory may take a busy machine long
        monkeypatch.setattr(bridge, "QUESTION_SECONDS", 60.0)
    wanted = dict.fromkeys(ALL, "passed") | trick.harms
    assert statuses(trick.around(RIGHT), backend=backend) == wanted


@pytest.mark.parametrize("change", REARRANGED)
def test_rearranged_notebook_earns_what_its_answers_earn(change):
    assert "passed" not in statuses(rearranged(change, WRONG)).values()
    assert set(statuses(rearranged(change, RIGHT)).values()) == {"passed"}


def test_notebook_of_format_3_earns_what_its_answers_earn():
    assert "passed" not in statuses(as_format_3(WRONG)).values()
    assert set(statuses(as_format_3(RIGHT)).values()) == {"passed"}


@pytest.mark.parametrize(
    "value",
    [
        "Equal()",
        "[Equal()] * 2",
        "np.array([Equal(), Equal()], dtype=object)",
        "float('nan')",
        "10 ** 400",
        "10 ** 4000",
        "type('T', (), {'__array__': lambda s, *a, **k: np.zeros(2)})()",
        "np.zeros(10 ** 8)",
        "iter(int, 1)",
        "deep",
        "loop",
        "{1: {2: 3}}",
        "lambda: 1",
        "b'bytes'",
        "'x' * 10 ** 8",
        "np.array(['NaT'], dtype='M8[s]')",
        "1j",
    ],
)
def test_odd_value_earns_nothing_and_costs_no_neighbour(value):
    before = "import numpy as np\ndeep = []\nfor _ in range(100_000): deep = [deep]\n"
    before += f"loop = []\nloop.append(loop)\n{EQUAL}"
    answers = {**RIGHT, FIRST: f"{before}\ndef {FIRST}(*a):\n    return {value}"}
    result = statuses(data(written(answers)))
    assert result.pop(FIRST) in ("failed", "crashed", "timed_out")
    assert set(result.values()) == {"passed"}


def test_twin_of_odd_values_is_a_right_value_that_equals_everything():
    answers = {}
    for name, source in RIGHT.items():
        wrap = "Equal if isinstance(right(*a), float) else lambda x: x"
        answers[name] = (
            f"{source}\n{AMIABLE}\nright, {name} = {name}, lambda *a: ({wrap})(right(*a))"
        )
    assert set(statuses(data(written(answers))).values()) == {"passed"}


AMIABLE = """
class Equal(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 1
"""


def inside(expression, before=""):
    """What an expression is worth inside the sandbox."""
    cell = f"{before}\ndef probe():\n    return {expression}"
    answers = bridge.Answers([], {"probe": [cell]}, sandbox.choose())
    try:
        (outcome,), errors = answers.call("probe", "probe", [()])
    finally:
        answers.close()
    assert outcome[0] == "value", (outcome, errors)
    return outcome[1]


def test_sandbox_shows_neither_sources_nor_other_work(tmp_path):
    neighbour = tmp_path / "neighbour.ipynb"
    neighbour.write_text("secret")
    hidden = [
        *(str(path) for path in (neighbour, tmp_path, sandbox.EXERCISES, sandbox.ROOT / "tests")),
        *(os.path.expanduser("~/.ssh"), "/etc/passwd", "/home", "/var", "/root/.bashrc", "/run"),
    ]
    seen = inside(f"[p for p in {hidden!r} if os.path.exists(p)]", "import os")
    assert seen == []
    listing = inside("sorted(os.listdir('/course'))", "import os")
    files = ["isolation.py", "limits.py", "runner.py", "wire.py"]
    assert listing == ["course_lib", "exercises", *files]
    listing = inside("sorted(os.listdir('/course/exercises'))", "import os")
    assert listing == ["__init__.py", "outcomes.py"]


def test_sandbox_shows_no_environment_and_no_other_process(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "secret")
    assert "secret" not in str(inside("dict(os.environ)", "import os"))
    processes = inside("[p for p in os.listdir('/proc') if p.isdigit()]", "import os")
    assert processes == ["1"]
    assert inside("os.listdir('/proc/self/fd').__len__()", "import os") < 10


def test_sandbox_has_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        before = (
            "import socket\ndef reached():\n"
            f"    try: return socket.socket().connect_ex(('127.0.0.1', {port})) == 0\n"
            "    except OSError: return False"
        )
        assert inside("reached()", before) is False


def test_nothing_is_written_outside(tmp_path):
    target = tmp_path / "written"
    places = [str(target), "/usr/written", "/course/written", f"{sandbox.ROOT}/written", "/written"]
    before = (
        "def attempt(p):\n    try:\n        open(p, 'w').write('x'); return p\n"
        "    except OSError: return None"
    )
    assert inside(f"[attempt(p) for p in {places!r}]", before) == [None] * len(places)
    assert not target.exists()


def test_rights_and_limits_hold_inside():
    lines = "open('/proc/self/status').read().splitlines()"
    status = dict(line.split(":\t", 1) for line in inside(lines) if ":\t" in line)
    assert int(status["CapEff"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    forks = (
        "import os, time\ndef forks():\n    n = 0\n    try:\n"
        "        while n < 200:\n            if os.fork() == 0: time.sleep(9); os._exit(0)\n"
        "            n += 1\n    except OSError: pass\n    return n"
    )
    assert 0 < inside("forks()", forks) < limits.MAX_PROCESSES


def test_no_process_is_left_behind():
    mark = f"left-behind-{os.getpid()}"
    before = (
        f"import os, sys, time\n"
        f"if os.fork() == 0:\n    os.setsid()\n"
        f"    sleep = [sys.executable, '-c', 'import time; time.sleep(99)', '{mark}']\n"
        f"    os.execv(sys.executable, sleep)"
    )
    inside("1", before)
    time.sleep(0.2)
    left = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as file:
                left += [pid] if mark in file.read() else []
        except OSError:
            pass
    assert left == []


def test_hanging_submission_costs_a_bounded_time(monkeypatch):
    monkeypatch.setattr(bridge, "QUESTION_SECONDS", 1.0)
    monkeypatch.setattr(bridge, "SUBMISSION_SECONDS", 2.0)
    started = time.monotonic()
    result = statuses(data(written({g: f"{s}\nwhile True: pass" for g, s in RIGHT.items()})))
    assert set(result.values()) == {"timed_out"}
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(
    "program, reason",
    [("sleep 60", "not ready within"), ("false", "ended at once"), ("no-such-program", "No such")],
)
def test_sandbox_that_does_not_start_is_no_fault_of_the_answer(program, reason, monkeypatch):
    command = program.split()
    monkeypatch.setattr(sandbox, "start", lambda backend: sandbox.Sandbox(command))
    monkeypatch.setattr(bridge, "START_SECONDS", 0.5)
    with pytest.raises(sandbox.NoSandboxError, match=reason):
        statuses(data(written(RIGHT)))


def test_messages_name_the_error_of_a_cell():
    answers = {**RIGHT, FIRST: "def broken(:"}
    status, _, message = verdicts(data(written(answers)))[FIRST]
    assert status == "failed"
    assert "SyntaxError" in message
