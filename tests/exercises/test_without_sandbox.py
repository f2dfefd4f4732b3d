"""What limits alone still hold: marks of the everyday tricks, and time and memory.

Tricks that kill or fork are left out: without a sandbox they would harm whoever runs this test.
What does not hold is said by the grader (see test_grade.py) and by exercises/README.md.
"""

import sys

import pytest

from exercises.classroom import bridge

from .hostile import ALL, RIGHT, TRICKS
from .tools import WRONG, data, statuses, written

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux")
HELD = (
    *("numpy_patched", "builtins_patched", "patched_later", "input_transformer", "shell_patched"),
    *("exit_at_once", "exit_hard", "memory", "output", "reads_input", "deep_recursion"),
    *("patches_the_reply", "at_exit", "tracer", "garbage_replies"),
)


@pytest.fixture(autouse=True)
def long_limits(monkeypatch):
    # Nothing here is endless, but taking all memory may take a busy machine long.
    monkeypatch.setattr(bridge, "QUESTION_SECONDS", 60.0)


@pytest.mark.parametrize("name", HELD)
def test_trick_earns_nothing_and_its_twin_loses_only_what_it_destroyed(name):
    trick = TRICKS[name]
    assert "passed" not in statuses(trick.around(WRONG), backend="limits").values()
    twin = statuses(trick.around(RIGHT), backend="limits")
    assert twin == dict.fromkeys(ALL, "passed") | trick.harms


def test_right_answers_earn_all():
    assert set(statuses(data(written(RIGHT)), backend="limits").values()) == {"passed"}
