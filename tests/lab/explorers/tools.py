"""What the tests of all explorers use."""

from types import SimpleNamespace

from course_lib.data import lesson_line
from course_lib.lab import explorers
from course_lib.models import line
from course_lib.optimizers import constant, sgd
from course_lib.training import train

KINDS = [getattr(explorers, name) for name in explorers.__all__ if name.endswith("Explorer")]


def move(explorer, **values):
    """Move controls as the browser does; return the message and the buffers that it gets."""
    return told(explorer, {"values": values})


def told(explorer, message):
    """Tell a message, of a change unless it says otherwise; return what the browser gets."""
    answers = []
    explorer.receive(
        {"event": "change"} | message, lambda answer, buffers: answers.append((answer, buffers))
    )
    return answers[0]


def in_panel(explorer, panel, kind):
    """Return the marks of a kind in a panel, or in all panels if it is None."""
    marks = explorer._scene().marks
    return [mark for mark in marks if panel in (None, mark.panel) and mark.kind == kind]


def assert_same_scene(explorer, other):
    """Assert that two explorers show and say the same."""
    one, two = explorer._scene(), other._scene()
    assert [panel.spec() for panel in one.panels] == [panel.spec() for panel in two.panels]
    assert len(one.marks) == len(two.marks)
    assert all(a.same_as(b) for a, b in zip(one.marks, two.marks, strict=True))
    assert explorer._sentence() == other._sentence() and explorer._table() == other._table()
    assert repr(explorer) == repr(other)


def runs_of_lesson(*batch_sizes):
    return [
        train(line(), lesson_line(), sgd(), constant(0.05), batch_size=B, n_updates=100, n_runs=5)
        for B in batch_sizes
    ]


def measured_at(*batch_sizes, updates=lambda B: 300 * (1 + 20 / B), seconds=lambda B: 1e-4):
    return [
        SimpleNamespace(batch_size=B, updates=updates(B), seconds_per_update=seconds(B))
        for B in batch_sizes
    ]
