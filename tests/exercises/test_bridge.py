"""Whatever the untrusted side sends becomes plain outcomes or a `StoppedError`, nothing else."""

import json
import os
import struct
import sys

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.classroom import bridge, sandbox, wire
from exercises.outcomes import outcome

numbers = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
dtypes = st.sampled_from(["<f8", "|b1", "<c16", "<f16", "|O8", "<U1", "<i8", ">f4", "x", "M8[s]"])
arrays = st.fixed_dictionaries(
    {"array": st.tuples(dtypes, st.lists(st.integers(-1, 10**12), max_size=3), st.text(max_size=9))}
)
words = st.sampled_from(["value", "raised", "array", "tuple", "dict", "ValueError"])
packed = st.recursive(
    numbers | words | arrays,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries({"tuple": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"dict": st.lists(st.tuples(inner, inner), max_size=2)})
        | st.fixed_dictionaries({"tuple": st.tuples(words, inner)})
    ),
    max_leaves=12,
)
replies = st.fixed_dictionaries({"tuple": st.tuples(st.lists(packed, max_size=3) | packed, packed)})


def is_plain(value):
    if isinstance(value, list):
        return all(is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(is_plain(item) for pair in value.items() for item in pair)
    return value is None or type(value) in (bool, int, float, str)


def assert_understood_or_stopped(data, n_cases):
    try:
        outcomes, errors = bridge.understood(data, n_cases)
    except bridge.StoppedError as stop:
        assert stop.status == "crashed"
        return
    assert len(outcomes) in (0, n_cases)
    for kind, content in outcomes:
        if kind == "raised":
            assert content in {*bridge.EXCEPTIONS, ""}
        else:
            assert kind == "value"
            assert is_plain(content)
    assert set(errors) <= {*bridge.EXCEPTIONS, ""}


@settings(max_examples=300, deadline=None, database=None)
@given(replies | packed, st.integers(0, 3))
def test_any_packed_value_is_understood_or_stops(reply, n_cases):
    assert_understood_or_stopped(json.dumps(reply).encode(), n_cases)


@settings(max_examples=300, deadline=None, database=None)
@given(st.binary(max_size=200), st.integers(0, 3))
def test_any_bytes_are_understood_or_stop(data, n_cases):
    assert_understood_or_stopped(data, n_cases)


@settings(max_examples=40, deadline=None, database=None)
@given(replies, st.binary(max_size=20))
def test_any_frames_are_understood_or_stop(reply, garbage):
    for sent in (garbage, wire.CONFINED + json.dumps(reply).encode() + garbage):
        frames = struct.pack(">I", len(sent)) + sent + bytes(4) + garbage
        answers = answers_of(frames)
        try:
            outcomes, _ = answers.call("a", "f", [(1,), (2,)])
            assert len(outcomes) in (0, 2)
        except bridge.StoppedError as stop:
            assert stop.status == "crashed"
        except sandbox.NoSandboxError:
            assert not sent.startswith(wire.CONFINED)  # what only the runner can say
        finally:
            answers.close()


def answers_of(frames):
    """Answers whose sandbox has already sent what it will ever send."""
    answers = bridge.Answers([], {"a": ["def f(x): return x"]}, "limits")
    answers._start = lambda: setattr(answers, "_process", answers._process or Sent(frames))
    return answers


class Sent:
    def __init__(self, frames):
        self.pipes = [os.pipe(), os.pipe()]
        os.write(self.pipes[1][1], frames)
        os.close(self.pipes[1][1])
        self.stdin = os.fdopen(self.pipes[0][1], "wb", buffering=0)
        self.stdout = os.fdopen(self.pipes[1][0], "rb", buffering=0)

    def end(self):
        self.stdin.close()
        self.stdout.close()
        os.close(self.pipes[0][0])


def test_a_right_reply_is_understood():
    reply = ([("value", 1.5), ("raised", "ValueError"), ("raised", "Mine")], ["KeyError", "x" * 99])
    outcomes = [("value", 1.5), ("raised", "ValueError"), ("raised", "")]
    assert bridge.understood(wire.pack(reply), 3) == (outcomes, ["KeyError", ""])


@pytest.mark.parametrize(
    "name", ["ValueError", "KeyError", "LinAlgError", "AxisError", "SystemExit"]
)
def test_known_exceptions_keep_their_names(name):
    assert name in bridge.EXCEPTIONS


def test_backend_must_be_one_that_there_is():
    with pytest.raises(ValueError, match="backend is 'magic'"):
        bridge.Answers([], {}, "magic")


VALUES = {
    "np.longdouble(1.5)": 1.5,
    "np.array([1, 2], np.longdouble)": [1.0, 2.0],
    "np.array(3.0)": 3.0,
    "np.float32(0.5)": 0.5,
    "np.int8(3)": 3,
    "np.bool_(True)": True,
    "2 + 0j": 2.0,
    "np.array([1 + 0j, 2])": [1.0, 2.0],
    "np.clongdouble(2)": 2.0,
    "fractions.Fraction(1, 4)": 0.25,
    "[fractions.Fraction(1, 4)] * 2": [0.25, 0.25],
    "np.array([[fractions.Fraction(1, 4), 1]])": [[0.25, 1]],
    "decimal.Decimal('0.1')": 0.1,
    "{'a': decimal.Decimal(1)}": {"a": 1.0},
    "(x for x in (1, 2))": [1, 2],
    "np.ma.array([1.0, 2.0])": [1.0, 2.0],
    "np.matrix([[1.0]])": [[1.0]],
    "np.array([1.0], '>f8')": [1.0],
}


def test_numbers_of_every_make_are_values():
    for backend in [name for name in ("bubblewrap",) if sandbox.failing(name) is None] + ["limits"]:
        cells = {
            f"a{i}": [f"import decimal, fractions, numpy as np\ndef f(): return {text}"]
            for i, text in enumerate(VALUES)
        }
        answers = bridge.Answers([], cells, backend)
        try:
            got = {t: answers.call(c, "f", [()])[0] for t, c in zip(VALUES, cells, strict=True)}
        finally:
            answers.close()
        assert got == {text: [("value", value)] for text, value in VALUES.items()}


@pytest.mark.parametrize("value", [1j, np.array([1j]), {1}, b"x", open, np.array(["NaT"], "M8[s]")])
def test_what_is_no_number_is_not_taken_for_one(value):
    kind, *content = outcome(lambda: value, ())
    assert kind == "raised" or content == [[None]]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found in /proc")
def test_without_a_sandbox_no_process_is_left_behind():
    mark = f"98.{os.getpid()}"
    leave = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n"
        f"    os.execvp('sleep', ['sleep', '{mark}'])\n"
        "time.sleep(0.3)\ndef f(): return len([p for p in os.listdir('/proc') if asleep(p)])\n"
        "def asleep(p):\n    try: return "
        f"b'{mark}' in open(f'/proc/{{p}}/cmdline', 'rb').read()\n    except OSError: return False"
    )
    answers = bridge.Answers([], {"a": [leave]}, "limits")
    try:
        assert answers.call("a", "f", [()])[0] == [("value", 1)]
    finally:
        answers.close()
    assert not any(mark in p.info["cmdline"] for p in psutil.process_iter(["cmdline"], ad_value=()))


def test_megabytes_of_source_are_no_failure_of_the_machine():
    answers = bridge.Answers([], {"a": ["#" * 9_000_000]}, "limits")
    try:
        with pytest.raises(bridge.StoppedError, match="crashed"):
            answers.call("a", "f", [()])
    finally:
        answers.close()
